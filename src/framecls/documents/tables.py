"""Tables of documents or of ready sentences: JSON Lines, CSV, Parquet; plain or gzipped, read row by row."""

import codecs
import csv
import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Literal, TextIO, cast, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from framecls.documents.document import Sentence, Unit
from framecls.errors import DocumentError

__all__ = [
    "TABLE_SUFFIXES",
    "Row",
    "TableKind",
    "adjoin",
    "read_rows",
    "sentence_before",
    "sentence_of_row",
    "table_kind",
    "truth",
    "whole_number",
]

TABLE_SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
TableKind = Literal["documents", "sentences"]
#: How people and spreadsheets write yes and no.
_TRUE, _FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no", "")
#: Characters between a sentence and the next at the most: empty lines, a mark of a list, a number on a line of its own.
_APART = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: where it stands, and its values or the reason why it has none."""

    where: str
    values: Mapping[str, Any]
    problem: str | None = None


def read_rows(path: Path, *, encoding: str | None = None) -> Iterator[Row]:
    """
    Read a table row by row; a row that cannot be read comes with its problem and does not end the reading.

    A CSV file whose header has no comma is parted by semicolons or tabs where it has those, as spreadsheets of many
    countries save it. A cell that a row lacks is ``None``.

    :param path: a ``.jsonl``, ``.ndjson``, ``.csv``, ``.tsv`` or ``.parquet`` file, the text ones optionally ``.gz``.
    :param encoding: of the text ones; UTF-8 by default.
    :returns: the rows in order.
    :raises DocumentError: the file cannot be opened, or is not of the kind its name says; or from some place on it
        cannot be read, as where a quotation mark of CSV is not closed. Rows before that place were given.
    """
    name = path.name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    encoding = encoding or "utf-8"
    try:
        if suffix == ".parquet":
            yield from _parquet_rows(path)
            return
        if codecs.lookup(encoding).name == "utf-8":
            encoding = "utf-8-sig"
        opened = gzip.open(path) if name.endswith(".gz") else path.open("rb")  # noqa: SIM115
        with opened as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as file:
            yield from (
                _csv_rows(file, "\t" if suffix == ".tsv" else ",") if suffix in (".csv", ".tsv") else _json_rows(file)
            )
    except UnicodeDecodeError as error:
        # Where it stands is known within a chunk of the file only.
        byte = error.object[error.start]
        name = encoding.removesuffix("-sig").upper()
        raise DocumentError(f"has the byte 0x{byte:02x}, which is not {name}; save the table as UTF-8") from error
    except UnicodeError as error:
        raise DocumentError(f"is not {encoding.upper()}: {error}; save the table as UTF-8") from error
    except LookupError as error:
        raise DocumentError(f"unknown encoding {encoding!r}; give a name such as utf-8 or cp1252") from error
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DocumentError("is not a complete gzip file; copy it again") from error
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror or error}") from error


def _json_rows(file: TextIO) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            values = json.loads(line)
        except ValueError as error:
            yield Row(where, {}, f"is not valid JSON: {error}")
            continue
        except RecursionError:
            yield Row(where, {}, "is not valid JSON: nested too deep")
            continue
        if "\\ud" in line.lower() and not _is_unicode(values):
            yield Row(where, {}, "holds half of a surrogate pair, which is no character; save it as valid Unicode")
        elif isinstance(values, dict):
            yield Row(where, values)
        else:
            yield Row(where, {}, f"expected a JSON object, found {type(values).__name__}")


def _is_unicode(values: object) -> bool:
    """Tell whether texts can be written as UTF-8; JSON can escape halves of characters."""
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _csv_rows(file: TextIO, delimiter: str) -> Iterator[Row]:
    # A whole document may stand in one cell.
    csv.field_size_limit(1 << 30)
    first = file.readline()
    if delimiter not in first:
        delimiter = next((other for other in ";\t" if other in first), delimiter)
    reader = csv.reader(chain([first], file), delimiter=delimiter, strict=True)
    line = 1
    header: list[str] = []
    try:
        for cells in reader:
            where, line = f"line {line}", reader.line_num + 1
            if not cells:
                continue
            if not header:
                header = cells
                if twice := [name for name, count in Counter(header).items() if name and count > 1]:
                    raise DocumentError(f"{where}: two columns are called {twice[0]!r}; rename one")
            elif len(cells) > len(header):
                yield Row(where, {}, f"has more cells than the {len(header)} columns of the header")
            else:
                yield Row(where, dict(zip_longest(header, cells)))
    except csv.Error as error:
        raise DocumentError(f"line {line}: is not valid CSV: {error}") from error


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        with pq.ParquetFile(path) as file:
            number = 0
            # A row may hold a whole document, so that few of them fill memory.
            for batch in file.iter_batches(batch_size=64):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", values)
    except pa.ArrowException as error:
        raise DocumentError(f"is not a Parquet file: {error}") from error


def table_kind(columns: Mapping[str, Any]) -> TableKind:
    """
    Tell documents from ready sentences by the columns of a row.

    :param columns: a row; rows of sentences have a ``sentence_id``, or an ``id`` beside their ``document_id``.
    :returns: what the table holds.
    """
    return "sentences" if "sentence_id" in columns or {"id", "document_id"} <= set(columns) else "documents"


def sentence_of_row(values: Mapping[str, Any]) -> Sentence:
    """
    Make a sentence of a row that has one.

    :param values: ``text``, and where known ``start``, ``end``, ``unit``, ``before``, ``heading``, ``page``.
    :returns: the sentence.
    :raises DocumentError: an offset is no number, the offsets are no range, or the unit is unknown.
    """
    unit = values.get("unit") or "sentence"
    if unit not in get_args(Unit):
        raise DocumentError(f"unknown unit {unit!r}; expected one of {', '.join(get_args(Unit))}")
    try:
        start, end, page = (whole_number(values, key) for key in ("start", "end", "page"))
    except ValueError as error:
        raise DocumentError(str(error)) from error
    if start is not None and end is not None and not 0 <= start <= end:
        raise DocumentError(f"a sentence cannot range from {start} to {end}; expected 0 <= start <= end")
    return Sentence(
        start,
        end,
        str(values["text"]),
        cast(Unit, unit),
        str(values.get("before") or ""),
        str(values.get("heading") or ""),
        page,
    )


def sentence_before(values: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    """
    Give the sentence before that of a row.

    The row before holds it only where it ends right there: between sampled sentences, and where sentences were left
    out, others stand in the document.

    :param values: ``document_id``, and where known ``start``; or ``before``, which is taken as it is.
    :param last: the row before it, with ``text`` and where known ``end``; may be empty.
    :returns: its text; empty where it is not known.
    :raises ValueError: an offset is no whole number.
    """
    if "before" in values:
        return str(values["before"] or "")
    if last.get("document_id") != values["document_id"]:
        return ""
    end, start = whole_number(last, "end"), whole_number(values, "start")
    return str(last["text"]) if end is not None and start is not None and adjoin(end, start) else ""


def adjoin(end: int, start: int) -> bool:
    """
    Tell whether a sentence follows right upon another one of its document.

    :param end: where the other one ends, in characters.
    :param start: where it begins.
    :returns: whether no more stands between them than empty lines, a mark of a list or a number could take.
    """
    return 0 <= start - end <= _APART


def whole_number(values: Mapping[str, Any], key: str) -> int | None:
    """
    Read a cell that holds a whole number or nothing.

    :param values: a row.
    :param key: its column.
    :returns: the number, ``None`` for an empty or missing cell; ``12.0``, as spreadsheets write it, is 12.
    :raises ValueError: the cell holds something else.
    """
    value = values.get(key)
    if value in (None, ""):
        return None
    try:
        number = float(value) if isinstance(value, str) and "." in value else value
        whole = int(number)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"column {key!r} must be a whole number, found {value!r}") from None
    if isinstance(number, float) and number != whole:
        raise ValueError(f"column {key!r} must be a whole number, found {value!r}")
    return whole


def truth(value: object, key: str) -> bool:
    """
    Read a cell that says yes or no.

    :param value: the cell: a truth value, a number, or a word of whatever case; nothing in it is no.
    :param key: its column.
    :returns: whether it says yes.
    :raises ValueError: it says neither.
    """
    word = str("" if value is None else value).strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(f"column {key!r} must be 1 or 0, true or false, found {value!r}")
    return word in _TRUE
