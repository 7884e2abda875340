"""
Tables of sentences for spreadsheets and statistics: CSV and XLSX.

Long: a row for each sentence, annotator and code; a row with an empty code says that the annotator found none.
One-hot: a row for each sentence and annotator, and a column of 1 and 0 for each code.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from framecls.corpus.interchange.collecting import ProjectCollector, by_unit, code_labels, lay_out
from framecls.corpus.interchange.project import CodedDocument, Problem, Project, ProjectReading, Selection
from framecls.corpus.interchange.xml import elements
from framecls.corpus.interchange.zips import DAMAGED, check_entries
from framecls.corpus.reading import table_rows
from framecls.documents.tables import TABLE_SUFFIXES, truth, whole_number
from framecls.errors import CorpusError
from framecls.files import whole_file

__all__ = ["detect", "detect_workbook", "read", "write_long", "write_one_hot"]

_FACTS = ("document_id", "sentence_id", "start", "end", "text", "annotator")
#: What other people's tables call these columns.
_NAMES = {
    "document_id": ("document_id", "document", "doc_id", "doc"),
    "sentence_id": ("sentence_id", "id", "unit_id", "unit"),
    "text": ("text", "sentence", "segment"),
    "annotator": ("annotator", "coder", "user"),
    "frame": ("frame", "code", "label"),
    "note": ("note", "comment", "memo"),
    "probability": ("probability", "score"),
}
#: Columns that are no codes, whatever they hold.
_NO_CODES = {name for names in _NAMES.values() for name in names} | {"start", "end", "frames", "before", "heading"}
_NO_CODES |= {"page", "unit", "model", "codebook", "borderline", "codes", "split", "model_annotator"}
#: What openpyxl, and the parsers below it, raise for files that are no workbook: it does not check them itself.
_NO_WORKBOOK = (*DAMAGED, SyntaxError, ValueError, KeyError, TypeError, AttributeError, IndexError)
#: What a sheet holds: rows, its header among them, and characters in a cell.
_MOST_ROWS, _MOST_IN_CELL = 1_048_576, 32_767


def detect(path: Path) -> bool:
    """
    Tell whether a file is a table of coded sentences in text.

    :param path: the file.
    :returns: whether it is.
    """
    return path.suffix.lower() in (".csv", ".tsv") and _has_sentences(path)


def detect_workbook(path: Path) -> bool:
    """
    Tell whether a file is a workbook with a table of coded sentences.

    :param path: the file.
    :returns: whether it is.
    """
    return path.suffix.lower() == ".xlsx" and _has_sentences(path)


def _has_sentences(path: Path) -> bool:
    try:
        first = next(_rows(path), None)
    except CorpusError:
        return False
    return first is not None and _column(first[1], "text") is not None and _column(first[1], "sentence_id") is not None


def _column(row: Mapping[str, Any], name: str) -> str | None:
    return next((known for known in _NAMES[name] if known in row), None)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if path.suffix.lower() in TABLE_SUFFIXES:
        for row in table_rows(path):
            yield f"{path}: {row.where}", row.values
    else:
        yield from _sheet_rows(path)


def _sheet_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Read the first sheet of a workbook."""
    openpyxl = _openpyxl()
    try:
        with zipfile.ZipFile(path) as archive:
            check_entries(str(path), archive.infolist())
            for info in archive.infolist():
                # What is no XML is left to openpyxl: a picture is fine, and a sheet is not.
                with archive.open(info) as entry, suppress(etree.XMLSyntaxError):
                    next(elements(entry, f"{path}: {info.filename}"), None)
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            rows = iter(book.worksheets[0].iter_rows(values_only=True))
            header = [str(name).strip() if name is not None else "" for name in next(rows, ())]
            for number, cells in enumerate(rows, 2):
                if any(cell not in (None, "") for cell in cells):
                    known = zip(header, cells, strict=False)
                    values = {name: cell for name, cell in known if name and cell is not None}
                    # A column that is there, and blank in this row, is still there.
                    yield f"{path}: row {number}", dict.fromkeys(filter(None, header), "") | values
    except _NO_WORKBOOK as error:
        raise CorpusError(f"{path}: is no readable XLSX workbook ({error}); save it as .xlsx again") from error


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise CorpusError("openpyxl is not installed; run: pip install 'framecls[xlsx]'") from error
    return openpyxl


def read(path: Path, sources: Path | None = None) -> ProjectReading:
    """
    Read a table, long or one-hot.

    :param path: ``.csv``, ``.tsv`` or ``.xlsx``; of a workbook the first sheet.
    :param sources: not needed; rows carry their sentences.
    :returns: what is in it; its documents are made of its sentences.
    :raises CorpusError: it is no table, or has no columns for sentences and codes.
    """
    rows = list(_rows(path))
    if not rows:
        raise CorpusError(f"{path}: has no rows")
    first = rows[0][1]
    if (text := _column(first, "text")) is None or (sentence := _column(first, "sentence_id")) is None:
        raise CorpusError(f"{path}: needs columns 'sentence_id' and 'text', found {', '.join(map(str, first))}")
    collector = ProjectCollector(path.stem)
    frame = _column(first, "frame")
    columns = [] if frame else _code_columns(rows, collector)
    if not frame and not columns:
        raise CorpusError(f"{path}: has neither a column 'frame' nor columns of 1 and 0, so nothing is coded in it")
    document, annotator = _column(first, "document_id"), _column(first, "annotator")
    given: dict[str, dict[str, tuple[object, str]]] = {}
    placed: list[tuple[str, Mapping[str, Any]]] = []
    for where, row in rows:
        id, words = str(row.get(document or "", "")) or path.stem, str(row.get(text, ""))
        if not str(row.get(sentence, "")).strip():
            collector.problems.append(Problem(where, "has no sentence id; the row is left out", words))
            continue
        known = given.setdefault(id, {}).setdefault(str(row.get(sentence)), (_start(where, row, collector), words))
        if known[1] != words:
            named = "" if document else "; where ids begin anew in each document, name it in a column 'document_id'"
            reason = f"sentence {row.get(sentence)!r} has another text above; the row is left out{named}"
            collector.problems.append(Problem(where, reason, words))
            continue
        placed.append((where, row))
    places: dict[tuple[str, str], tuple[int, int]] = {}
    for id, of_document in given.items():
        whole, units = lay_out(of_document)
        collector.document(id, whole, units=units)
        places.update(((id, unit.id), (unit.start, unit.end)) for unit in units)
    notes, chance = _column(first, "note"), _column(first, "probability")
    for where, row in placed:
        id = str(row.get(document or "", "")) or path.stem
        who = str(row.get(annotator or "", "")) or "annotator"
        collector.annotator(who, model=_is_model(where, row, collector))
        labels = _ticked(row, columns) if frame is None else [label] if (label := str(row.get(frame) or "")) else []
        if labels is None:
            continue
        collector.mark(
            id,
            who,
            labels,
            places[id, str(row.get(sentence))],
            where=where,
            note=str(row.get(notes or "", "")),
            probabilities=_chances(row, labels, chance),
            exact=True,
        )
    return collector.reading()


def _start(where: str, row: Mapping[str, Any], collector: ProjectCollector) -> int | None:
    try:
        return whole_number(row, "start")
    except ValueError as error:
        collector.problems.append(Problem(where, str(error)))
        return None


def _is_model(where: str, row: Mapping[str, Any], collector: ProjectCollector) -> bool:
    """Tell whether a row is a model's; whoever is not said to be one is a person."""
    try:
        return truth(row.get("model_annotator"), "model_annotator")
    except ValueError as error:
        collector.problems.append(Problem(where, str(error)))
        return False


def _code_columns(rows: Sequence[tuple[str, Mapping[str, Any]]], collector: ProjectCollector) -> list[str]:
    """Find the columns that hold nothing but 1 and 0; one that nearly does is a problem, never passed over."""
    found = []
    for name in rows[0][1]:
        if name in _NO_CODES or name.startswith("prob_"):
            continue
        others = [(where, row[name]) for where, row in rows if not _is_truth(row, name)]
        if not others:
            found.append(name)
        elif 2 * sum(_is_truth(row, name) and not _is_blank(row, name) for _, row in rows) > len(rows):
            where, cell = others[0]
            reason = f"column {name!r} is 1 or 0 in most rows and {cell!r} here, so the whole column is left out"
            collector.problems.append(Problem(where, f"{reason}; mend the cell", str(cell)))
    return found


def _is_truth(row: Mapping[str, Any], name: str) -> bool:
    try:
        truth(row.get(name), name)
    except ValueError:
        return False
    return True


def _is_blank(row: Mapping[str, Any], name: str) -> bool:
    return row.get(name) is None or not str(row[name]).strip()


def _ticked(row: Mapping[str, Any], columns: Sequence[str]) -> list[str] | None:
    """Give the codes of a row; ``None`` where all are blank, so that it is not coded yet."""
    if all(_is_blank(row, name) for name in columns):
        return None
    return [name for name in columns if truth(row.get(name), name)]


def _chances(row: Mapping[str, Any], labels: Sequence[str], column: str | None) -> list[float]:
    cells = [row.get(column)] * len(labels) if column else [row.get(f"prob_{label}") for label in labels]
    try:
        found = [float(str(cell)) for cell in cells]
    except ValueError:
        return []
    return found if all(0 <= chance <= 1 for chance in found) else []


def write_long(project: Project, path: Path) -> None:
    """
    Write a row for each sentence, annotator and code.

    :param project: its documents have units.
    :param path: ``.csv`` or ``.xlsx``.
    :raises CorpusError: a document has no units, or a cell would be too long for a workbook.
    """
    columns = (*_FACTS, "model_annotator", "frame", "probability", "note")
    _write(path, columns, _long_rows(project, code_labels(project)))


def write_one_hot(project: Project, path: Path) -> None:
    """
    Write a row for each sentence and annotator, with a column for each code.

    :param project: its documents have units.
    :param path: ``.csv`` or ``.xlsx``.
    :raises CorpusError: a document has no units, a code is called like a column, or a cell would be too long.
    """
    labels = code_labels(project)
    if clash := sorted(set(labels.values()) & _NO_CODES):
        raise CorpusError(f"{path}: code {clash[0]!r} is called like a column of the table; write a long table")
    chances = [f"prob_{label}" for label in labels.values()] if project.models else []
    columns = (*_FACTS, "model_annotator", *labels.values(), *chances, "note")
    _write(path, columns, _one_hot_rows(project, labels))


def _coded(project: Project) -> Iterator[tuple[dict[str, Any], dict[str, float | None], str]]:
    """Yield the facts, codes with probabilities, and notes of each sentence an annotator has coded."""
    said: dict[tuple[str, str], list[Selection]] = {}
    for selection in project.selections:
        if selection.start is not None:
            said.setdefault((selection.document, selection.annotator), []).append(selection)
    for document in project.documents:
        for annotator in project.annotators:
            selections = said.get((document.id, annotator), [])
            read = (annotator, document.id) in project.completed
            yield from _of_document(document, annotator, selections, read=read, model=annotator in project.models)


def _of_document(
    document: CodedDocument, annotator: str, selections: Sequence[Selection], *, read: bool, model: bool
) -> Iterator[tuple[dict[str, Any], dict[str, float | None], str]]:
    for unit, here in by_unit(document, selections):
        if not here and not read:
            continue
        codes: dict[str, float | None] = {}
        for selection in here:
            codes.update(zip(selection.codes, selection.probabilities or [None] * len(selection.codes), strict=True))
        facts = {"document_id": document.id, "sentence_id": unit.id, "start": unit.start, "end": unit.end}
        facts |= {"text": document.text[unit.start : unit.end], "annotator": annotator, "model_annotator": int(model)}
        yield facts, codes, "; ".join(dict.fromkeys(s.note for s in here if s.note))


def _long_rows(project: Project, labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for facts, codes, note in _coded(project):
        for code, probability in codes.items() or [("", None)]:
            yield {**facts, "frame": labels.get(code, ""), "probability": probability, "note": note}


def _one_hot_rows(project: Project, labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for facts, codes, note in _coded(project):
        row = {**facts, **{label: int(code in codes) for code, label in labels.items()}, "note": note}
        yield row | {f"prob_{labels[code]}": chance for code, chance in codes.items() if chance is not None}


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    if path.suffix.lower() == ".xlsx":
        _write_sheet(path, columns, rows)
        return
    # Spreadsheets take a CSV file for UTF-8 only where a byte order mark says so.
    with whole_file(path) as partial, partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([row.get(column) for column in columns] for row in rows)


def _write_sheet(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    openpyxl = _openpyxl()
    # Looked through before the workbook is begun, which does not like to be left half written.
    found = list(islice(rows, _MOST_ROWS))
    if len(found) == _MOST_ROWS:
        raise CorpusError(f"{path}: a sheet holds {_MOST_ROWS} rows, its header among them; write CSV")
    for number, row in enumerate(found, 2):
        for column, value in row.items():
            if isinstance(value, str) and len(value) > _MOST_IN_CELL:
                raise CorpusError(
                    f"{path}: row {number}: {column!r} has {len(value)} characters, and a cell holds {_MOST_IN_CELL}; "
                    "write CSV"
                )
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("sentences")
    sheet.freeze_panes = "A2"
    sheet.append(list(columns))
    for row in found:
        cells = [row.get(column) for column in columns]
        sheet.append([_text_cell(openpyxl, sheet, cell) if isinstance(cell, str) else cell for cell in cells])
    with whole_file(path) as partial:
        book.save(partial)


def _text_cell(openpyxl: Any, sheet: Any, value: str) -> Any:
    """Make a cell of a text that is never taken for a formula; what XML cannot hold is replaced."""
    cell = openpyxl.cell.WriteOnlyCell(sheet, value="")
    cell.value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
    cell.data_type = "s"
    return cell
