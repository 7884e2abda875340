"""The HTML page of a labelled run: documents with their sentences highlighted by frame. Computes nothing but counts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from framecls.codebook import Codebook
from framecls.documents.tables import TABLE_SUFFIXES, read_rows, whole_number
from framecls.errors import DocumentError, FrameclsError
from framecls.files import write_text
from framecls.report.environment import environment

__all__ = ["write_report"]

#: Colours for frames where no codebook is given.
_PALETTE = ("#2563a8", "#2e7d4f", "#a8641a", "#a62f4b", "#6a4c93", "#00707a", "#7a6a00", "#5a5a5a")
_PARAGRAPH = 8


@dataclass(frozen=True, slots=True)
class _Frame:
    name: str
    title: str
    color: str
    question: str
    threshold: float | None


@dataclass(slots=True)
class _Sentence:
    text: str
    present: list[int]
    percentages: str
    where: str


@dataclass(slots=True)
class _Document:
    id: str
    counts: list[int]
    sentences: int = 0
    framed: int = 0
    blocks: list[tuple[str, list[_Sentence]]] = field(default_factory=list)
    end: int | None = None


def write_report(
    labels: Path | str, output: Path | str, *, codebook: Codebook | None = None, max_sentences: int = 20_000
) -> Path:
    """
    Write the page.

    :param labels: what ``framecls label`` wrote, with text.
    :param output: the HTML file.
    :param codebook: gives titles, colours and questions of the frames; must be the one the labels were made with.
    :param max_sentences: documents are shown in full until this many sentences stand in the page; the counts always
        cover all of them, and the page says what it leaves out.
    :returns: the file.
    :raises FrameclsError: the file holds no labels, or none with text, or was made with another codebook.
    """
    labels, output = Path(labels), Path(output)
    if not labels.exists():
        raise FrameclsError(f"{labels}: no such file; label documents first with 'framecls label'")
    if "".join(labels.suffixes[-1:]) not in TABLE_SUFFIXES:
        raise FrameclsError(
            f"{labels}: holds no labels; expected the .parquet, .jsonl or .csv file 'framecls label' wrote"
        )
    documents: dict[str, _Document] = {}
    frames: list[_Frame] = []
    model = ""
    shown = 0
    for row in _rows(labels):
        if not frames:
            frames = _frames(labels, row, codebook)
            model = str(row.get("model", ""))
        id = str(row["document_id"])
        if id not in documents:
            documents[id] = _Document(id, [0] * len(frames))
        document = documents[id]
        try:
            present = [index for index, frame in enumerate(frames) if _true(row[frame.name])]
            if shown < max_sentences or document.blocks:
                _place(document, row, frames, present)
                shown += 1
        except (KeyError, ValueError) as error:
            raise FrameclsError(
                f"{labels}: sentence {row.get('sentence_id')!r}: {error}; label again, or restore what was changed"
            ) from error
        document.sentences += 1
        document.framed += bool(present)
        for index in present:
            document.counts[index] += 1
    if not documents:
        raise FrameclsError(f"{labels}: holds no labelled sentence")
    page = (
        environment(autoescape=True)
        .get_template("report.html.j2")
        .render(
            frames=frames,
            frames_json=[asdict(frame) for frame in frames],
            documents=list(documents.values()),
            totals=[sum(document.counts[index] for document in documents.values()) for index in range(len(frames))],
            sentences=sum(document.sentences for document in documents.values()),
            framed=sum(document.framed for document in documents.values()),
            shown=sum(bool(document.blocks) for document in documents.values()),
            model=model,
            codebook=codebook,
            labels=labels.name,
        )
    )
    write_text(output, page)
    return output


def _rows(labels: Path) -> Iterator[Mapping[str, Any]]:
    try:
        for row in read_rows(labels):
            if row.problem is not None:
                raise FrameclsError(f"{labels}: {row.where}: {row.problem}")
            yield row.values
    except DocumentError as error:
        raise FrameclsError(f"{labels}: {error}") from error


def _frames(labels: Path, row: Mapping[str, Any], codebook: Codebook | None) -> list[_Frame]:
    # The probability of a sentence that a screen discarded is missing; the decision never is.
    names = [key for key in row if f"prob_{key}" in row or isinstance(row[key], bool)]
    if not names or "document_id" not in row:
        raise FrameclsError(f"{labels}: holds no labels; expected the file 'framecls label' wrote")
    if "text" not in row:
        raise FrameclsError(f"{labels}: was written with --no-text; label again with the text to get a report")
    if codebook is not None and row.get("codebook") != codebook.sha256:
        raise FrameclsError(
            f"{labels}: was not made with codebook {codebook.name} {codebook.version}; give the model's codebook.toml"
        )
    thresholds: Mapping[str, float] = {}
    if labels.suffix == ".parquet":
        stored = json.loads((pq.read_schema(labels).metadata or {}).get(b"framecls.decision", b"{}"))
        thresholds = {name: frame["threshold"] for name, frame in zip(names, stored.get("frames", ()), strict=False)}
    return [
        _Frame(
            name,
            codebook[name].title if codebook else name.replace("_", " "),
            codebook[name].color if codebook else _PALETTE[index % len(_PALETTE)],
            codebook[name].question if codebook else "",
            thresholds.get(name),
        )
        for index, name in enumerate(names)
    ]


def _true(value: object) -> bool:
    return value is True or str(value).lower() in ("1", "true")


def _place(document: _Document, row: Mapping[str, Any], frames: Sequence[_Frame], present: list[int]) -> None:
    """Put a sentence in the block it belongs to: a heading, an item, or a running paragraph."""
    start, end = whole_number(row, "start"), whole_number(row, "end")
    unit = str(row.get("unit") or "sentence")
    # Sentences of one paragraph stand one character apart.
    gap = document.end is None or start is None or start - document.end > 1
    given = [row.get(f"prob_{frame.name}") for frame in frames]
    percentages = ",".join("" if value in (None, "") else str(round(100 * float(value))) for value in given)
    where = f"{row.get('sentence_id', '')}" + (f", page {row['page']}" if row.get("page") not in (None, "") else "")
    sentence = _Sentence(str(row["text"]), present, percentages, where)
    document.end = end
    last = document.blocks[-1] if document.blocks else None
    if last is None or unit != "sentence" or last[0] != "sentence" or gap or len(last[1]) >= _PARAGRAPH:
        document.blocks.append((unit, [sentence]))
    else:
        last[1].append(sentence)
