"""
doccano: JSON Lines, one file an annotator; several come as a zip archive, as doccano itself exports them.

A line is a document with spans (sequence labelling), or a sentence with labels (text classification). The file does
not say who read what, so a line without a label is not taken as coded.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from framecls.corpus.interchange.collecting import (
    ProjectCollector,
    by_unit,
    code_labels,
    first_given,
    lay_out,
    ranges_without_code,
    sentence_ranges,
)
from framecls.corpus.interchange.project import CodedDocument, Problem, Project, ProjectReading, Selection
from framecls.corpus.interchange.zips import entry_names, read_entries, write_entries
from framecls.errors import CorpusError
from framecls.files import write_text

__all__ = ["detect", "read", "write", "write_sentences"]

_LABELS = ("label", "labels")
#: Says of a line written here that its spans count code points.
_OURS = "code points"
_RowsOf = Callable[[CodedDocument, Sequence[Selection], Mapping[str, str]], Iterator[dict[str, Any]]]


def detect(path: Path) -> bool:
    """
    Tell whether a file is doccano's JSON Lines, or an archive of such files.

    :param path: the file.
    :returns: whether it is.
    """
    if path.suffix.lower() == ".zip":
        names = entry_names(path)
        return bool(names) and all(name.lower().endswith(".jsonl") for name in names)
    if path.suffix.lower() not in (".jsonl", ".json"):
        return False
    with path.open("rb") as file:
        first = file.readline(1 << 24)
    try:
        row = json.loads(first.decode("utf-8-sig"))
    except ValueError:
        return False
    return (
        isinstance(row, dict) and ("text" in row or "data" in row) and any(key in row for key in (*_LABELS, "entities"))
    )


def read(path: Path, sources: Path | None = None) -> ProjectReading:
    """
    Read what doccano exported.

    :param path: a ``.jsonl`` file, named after its annotator, or a ``.zip`` archive of such files.
    :param sources: not needed; lines carry their text.
    :returns: what is in it.
    :raises CorpusError: it is no such file.
    """
    collector = ProjectCollector(path.stem)
    if path.suffix.lower() != ".zip":
        rows = _rows(path.read_bytes(), str(path), path.stem, collector)
    else:
        files = [one for one in read_entries(path, (".jsonl",)) if one[0].stem not in ("all", "unknown")]
        if not files:
            raise CorpusError(f"{path}: holds no .jsonl file of an annotator; export the data set as JSONL")
        rows = [row for name, content in files for row in _rows(content, f"{path}: {name}", name.stem, collector)]
    sentences = [row for row in rows if not _has_spans(row.values)]
    documents = [row for row in rows if _has_spans(row.values)]
    # Lines without a label are of the kind that the others are.
    if documents and sentences and not any(_names(row.values) for row in sentences):
        documents, sentences = rows, []
    _add_sentences(collector, sentences)
    for row in documents:
        _add_document(collector, row)
    return collector.reading()


@dataclass(frozen=True, slots=True)
class _Row:
    """A line: where it stands, the annotator it is by, what it holds, and its text."""

    where: str
    annotator: str
    values: Mapping[str, Any]
    text: str

    @property
    def document(self) -> str:
        return first_given(self.values.get("document_id"), self.values.get("id"), self.where.rpartition(" ")[2])

    @property
    def sentence(self) -> str:
        return first_given(self.values.get("sentence_id"), self.values.get("id"), self.where.rpartition(" ")[2])


def _rows(content: bytes, source: str, annotator: str, collector: ProjectCollector) -> list[_Row]:
    """Give the lines of one file; those that cannot be read become problems."""
    try:
        # Other line ends than this one may stand inside of a text.
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{source}: byte {error.start} is not UTF-8; export it again") from error
    rows = []
    problems = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{source}: line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(where, f"is no JSON: {error}"))
            continue
        text = row.get("text", row.get("data")) if isinstance(row, dict) else None
        if isinstance(text, str):
            rows.append(_Row(where, str(row.get("annotator") or annotator), row, text))
        else:
            problems.append(Problem(where, "has no 'text'"))
    if problems and not rows:
        first = problems[0]
        raise CorpusError(f"{first.where}: {first.reason}, nor is any other line; export the data set as JSONL")
    collector.problems += problems
    return rows


def _given(row: Mapping[str, Any]) -> list[Any]:
    found: object = next((row[key] for key in _LABELS if row.get(key)), [])
    return found if isinstance(found, list) else [found]


def _names(row: Mapping[str, Any]) -> list[str]:
    """Give the labels of a sentence."""
    return [label for label in _given(row) if isinstance(label, str)]


def _has_spans(row: Mapping[str, Any]) -> bool:
    return "entities" in row or any(isinstance(label, list) for label in _given(row)) or row.get("spans") == _OURS


def _comments(row: Mapping[str, Any]) -> str:
    found = row.get("Comments") or row.get("comments") or []
    texts = [one.get("text", "") if isinstance(one, dict) else one for one in found] if isinstance(found, list) else []
    return "; ".join(str(text) for text in texts if text)


def _add_sentences(collector: ProjectCollector, rows: Sequence[_Row]) -> None:
    """Lay the sentences of each document out once, for all annotators, and mark what they said of them."""
    given: dict[str, dict[str, tuple[object, str]]] = {}
    said: dict[tuple[str, str, str], _Row] = {}
    for row in rows:
        known = given.setdefault(row.document, {}).setdefault(row.sentence, (row.values.get("start"), row.text))
        if known[1] != row.text:
            collector.problems.append(Problem(row.where, f"sentence {row.sentence!r} has another text above", row.text))
        elif said.setdefault((row.annotator, row.document, row.sentence), row) is not row:
            reason = "its sentence is there twice; the first counts"
            collector.problems.append(Problem(row.where, reason, row.text))
    places: dict[tuple[str, str], tuple[int, int]] = {}
    for document, sentences in given.items():
        text, units = lay_out(sentences)
        collector.document(document, text, units=units)
        places.update(((document, unit.id), (unit.start, unit.end)) for unit in units)
    for row in said.values():
        if labels := _names(row.values):
            collector.mark(
                row.document,
                row.annotator,
                labels,
                places[row.document, row.sentence],
                where=row.where,
                note=_comments(row.values),
                exact=True,
            )


def _add_document(collector: ProjectCollector, given: _Row) -> None:
    where, row, document, annotator = given.where, given.values, given.document, given.annotator
    if not collector.document(document, given.text, name=str(row.get("name") or ""), sentences=row.get("sentences")):
        collector.problems.append(Problem(where, f"document {document!r} is there twice with different texts"))
        return
    if (ranges := row.get("read_in_part")) is not None:
        collector.read_in_part(annotator, document, ranges, where=where)
    spans = [
        (one.get("start_offset"), one.get("end_offset"), one.get("label")) if isinstance(one, dict) else one
        for one in (row.get("entities") or _given(row))
    ]
    for span in spans:
        if isinstance(span, list | tuple) and len(span) == 3 and all(isinstance(one, int) for one in span[:2]):
            start, end, label = span
            exact = row.get("spans") == _OURS
            collector.mark(document, annotator, [str(label)], (start, end), where=where, exact=exact)
        else:
            collector.problems.append(Problem(where, f"has a label {span!r:.80}, which is no [start, end, label]"))
    if comments := _comments(row):
        collector.notices[f"comments on whole texts were left out, such as {comments[:80]!r}"] = None


def write(project: Project, path: Path) -> None:
    """
    Write a project for sequence labelling, a line a document.

    :param project: the project.
    :param path: ``.jsonl`` for one annotator, ``.zip`` for several.
    :raises CorpusError: there are several annotators and it is no archive.
    """
    _write(project, path, partial(_document_rows, read_in_part=project.partial))


def write_sentences(project: Project, path: Path) -> None:
    """
    Write a project for text classification, a line a sentence.

    :param project: its documents have units.
    :param path: ``.jsonl`` for one annotator, ``.zip`` for several.
    :raises CorpusError: a document has no units, or there are several annotators and it is no archive.
    """
    _write(project, path, _sentence_rows)


def _write(project: Project, path: Path, rows_of: _RowsOf) -> None:
    labels = code_labels(project)
    files = {}
    for number, annotator in enumerate(project.annotators or ("nobody",), 1):
        said: dict[str, list[Selection]] = {document.id: [] for document in project.documents}
        for selection in project.selections:
            if selection.annotator == annotator:
                said[selection.document].append(selection)
        rows = (row for document in project.documents for row in rows_of(document, said[document.id], labels))
        lines = (json.dumps({**row, "annotator": annotator}, ensure_ascii=False) + "\n" for row in rows)
        # Two names may differ only in what a file name cannot hold.
        name = re.sub(r"[^\w.@ -]", "_", annotator)
        files[f"{name}.jsonl" if f"{name}.jsonl" not in files else f"{name}-{number}.jsonl"] = "".join(lines)
    if path.suffix.lower() == ".zip":
        write_entries(path, {name: content.encode() for name, content in files.items()})
    elif len(files) == 1:
        write_text(path, next(iter(files.values())))
    else:
        raise CorpusError(
            f"{path}: there are {len(files)} annotators, and doccano has a file for each; give a name that "
            "ends in .zip, and the --format"
        )


def _document_rows(
    document: CodedDocument,
    selections: Sequence[Selection],
    labels: Mapping[str, str],
    *,
    read_in_part: frozenset[tuple[str, str]],
) -> Iterator[dict[str, Any]]:
    spans = [
        [selection.start, selection.end, labels[code]]
        for selection in selections
        if selection.start is not None
        for code in selection.codes
    ]
    # doccano keeps what it does not know beside the text: that a line without a span could have one, what positions
    # count, and what was read and got none.
    row = {"text": document.text, "label": spans, "document_id": document.id, "name": document.name, "spans": _OURS}
    in_part = any((selection.annotator, document.id) in read_in_part for selection in selections)
    read = {"read_in_part": ranges_without_code(selections)} if in_part else {}
    yield row | read | sentence_ranges(document)


def _sentence_rows(
    document: CodedDocument, selections: Sequence[Selection], labels: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for unit, here in by_unit(document, selections):
        found = {labels[code]: None for selection in here for code in selection.codes}
        row = {"text": document.text[unit.start : unit.end], "label": list(found)}
        yield row | {"document_id": document.id, "sentence_id": unit.id, "start": unit.start}
