"""The HTML page of a labelled run: documents with their sentences highlighted by frame. Computes nothing but counts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from framecls.codebook import Codebook
from framecls.documents.tables import truth, whole_number
from framecls.errors import FrameclsError
from framecls.files import refuse_overwriting, write_text
from framecls.report.environment import environment
from framecls.report.labels import LabelFrame, label_frames, label_rows

__all__ = ["write_report"]

_PARAGRAPH = 8


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
    :raises FrameclsError: the file holds no labels, or none with text, or was made with another codebook; or it is the
        output.
    """
    labels, output = Path(labels), Path(output)
    refuse_overwriting(output, [labels])
    documents: dict[str, _Document] = {}
    frames: list[LabelFrame] = []
    model = ""
    shown = 0
    for row in label_rows(labels):
        if not frames:
            frames = label_frames(labels, row, codebook)
            model = str(row.get("model", ""))
        id = str(row["document_id"])
        if id not in documents:
            documents[id] = _Document(id, [0] * len(frames))
        document = documents[id]
        try:
            present = [index for index, frame in enumerate(frames) if truth(row[frame.name], frame.name)]
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


def _place(document: _Document, row: Mapping[str, Any], frames: Sequence[LabelFrame], present: list[int]) -> None:
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
