"""
doccano: JSON Lines, one file an annotator; several come as a zip archive, as doccano itself exports them.

A line is a document with spans (sequence labelling), or a sentence with labels (text classification). The file does
not say who read what, so a line without a label is not taken as coded.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from framecls.corpus.interchange.collecting import (
    ProjectCollector,
    by_unit,
    code_labels,
    first_given,
    lay_out,
    merge_readings,
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
    if path.suffix.lower() != ".zip":
        return _read(path.stem, str(path), path.read_bytes())
    readings = [
        _read(name.stem, f"{path}: {name}", content)
        for name, content in read_entries(path, (".jsonl",))
        if name.stem not in ("all", "unknown")
    ]
    if not readings:
        raise CorpusError(f"{path}: holds no .jsonl file of an annotator; export the data set as JSONL")
    return merge_readings(path.stem, readings)


def _read(annotator: str, source: str, content: bytes) -> ProjectReading:
    try:
        # Other line ends than this one may stand inside of a text.
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{source}: byte {error.start} is not UTF-8; export it again") from error
    collector = ProjectCollector(annotator)
    rows = list(_rows(lines, source, collector))
    if collector.problems and not rows:
        first = collector.problems[0]
        raise CorpusError(f"{first.where}: {first.reason}, nor is any other line; export the data set as JSONL")
    sentences = [one for one in rows if not _has_spans(one[1])]
    documents = [one for one in rows if _has_spans(one[1])]
    # Lines without a label are of the kind that the others are.
    if documents and sentences and not any(_names(row) for _, row, _ in sentences):
        documents, sentences = rows, []
    given: dict[str, dict[str, tuple[object, str]]] = {}
    for where, row, text in sentences:
        units = given.setdefault(_document(row, where), {})
        if _sentence(row, where) in units:
            collector.problems.append(Problem(where, "its sentence is there twice; the first counts", text))
        units.setdefault(_sentence(row, where), (row.get("start"), text))
    places: dict[tuple[str, str], tuple[int, int]] = {}
    for document, units in given.items():
        text, found = lay_out(units)
        collector.document(document, text, units=found)
        places.update(((document, unit.id), (unit.start, unit.end)) for unit in found)
    for where, row, _ in sentences:
        if labels := _names(row):
            document = _document(row, where)
            collector.mark(
                document,
                str(row.get("annotator") or annotator),
                labels,
                places[document, _sentence(row, where)],
                where=where,
                note=_comments(row),
                exact=True,
            )
    for where, row, text in documents:
        _add_document(collector, where, row, text, annotator)
    return collector.reading()


def _rows(
    lines: Sequence[str], source: str, collector: ProjectCollector
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{source}: line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            collector.problems.append(Problem(where, f"is no JSON: {error}"))
            continue
        text = row.get("text", row.get("data")) if isinstance(row, dict) else None
        if isinstance(text, str):
            yield where, row, text
        else:
            collector.problems.append(Problem(where, "has no 'text'"))


def _given(row: Mapping[str, Any]) -> list[Any]:
    found: object = next((row[key] for key in _LABELS if row.get(key)), [])
    return found if isinstance(found, list) else [found]


def _names(row: Mapping[str, Any]) -> list[str]:
    """Give the labels of a sentence."""
    return [label for label in _given(row) if isinstance(label, str)]


def _has_spans(row: Mapping[str, Any]) -> bool:
    return "entities" in row or any(isinstance(label, list) for label in _given(row)) or row.get("spans") == _OURS


def _document(row: Mapping[str, Any], where: str) -> str:
    return first_given(row.get("document_id"), row.get("id"), where.rpartition(" ")[2])


def _sentence(row: Mapping[str, Any], where: str) -> str:
    return first_given(row.get("sentence_id"), row.get("id"), where.rpartition(" ")[2])


def _comments(row: Mapping[str, Any]) -> str:
    found = row.get("Comments") or row.get("comments") or []
    texts = [one.get("text", "") if isinstance(one, dict) else one for one in found] if isinstance(found, list) else []
    return "; ".join(str(text) for text in texts if text)


def _add_document(collector: ProjectCollector, where: str, row: Mapping[str, Any], text: str, annotator: str) -> None:
    document, annotator = _document(row, where), str(row.get("annotator") or annotator)
    if not collector.document(document, text, name=str(row.get("name") or ""), sentences=row.get("sentences")):
        collector.problems.append(Problem(where, f"document {document!r} is there twice with different texts"))
        return
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
    _write(project, path, _document_rows)


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
    document: CodedDocument, selections: Sequence[Selection], labels: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    spans = [
        [selection.start, selection.end, labels[code]]
        for selection in selections
        if selection.start is not None
        for code in selection.codes
    ]
    # doccano keeps what it does not know beside the text: that a line without a span could have one, and what positions
    # count.
    row = {"text": document.text, "label": spans, "document_id": document.id, "name": document.name, "spans": _OURS}
    yield row | sentence_ranges(document)


def _sentence_rows(
    document: CodedDocument, selections: Sequence[Selection], labels: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for unit, here in by_unit(document, selections):
        found = {labels[code]: None for selection in here for code in selection.codes}
        row = {"text": document.text[unit.start : unit.end], "label": list(found)}
        yield row | {"document_id": document.id, "sentence_id": unit.id, "start": unit.start}
