"""How far into a table a run is: rows are counted before they are read, without parsing them."""

import gzip
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from framecls.documents import Failure, LocatedSentence, Source
from framecls.documents.tables import TableKind, read_rows, table_kind
from framecls.errors import DocumentError

__all__ = ["TableShare", "count_rows"]


def count_rows(path: Path) -> int | None:
    """
    Count the rows of a table, near enough for the time left.

    :param path: the table.
    :returns: its rows, blank ones and a header included; ``None`` for a table that cannot be read.
    """
    name = path.name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    try:
        if suffix == ".parquet":
            return int(pq.read_metadata(path).num_rows)
        rows, quoted = 0, False
        with gzip.open(path) if name.endswith(".gz") else path.open("rb") as file:
            while chunk := file.read(1 << 20):
                if suffix in (".csv", ".tsv"):
                    # Every other piece between quotes is a cell, and line ends in it are no ends of rows.
                    pieces = chunk.split(b'"')
                    rows += sum(piece.count(b"\n") for piece in pieces[quoted::2])
                    quoted ^= len(pieces) % 2 == 0
                else:
                    rows += chunk.count(b"\n")
    except (OSError, EOFError, zlib.error, pa.ArrowException):
        return None
    return rows


class TableShare:
    """
    Count rows as they are read.

    :param source: the table.
    :param table: what its rows are; told from the first by default.
    """

    def __init__(self, source: Source, table: TableKind | None) -> None:
        self._rows = count_rows(source.path)
        self._sentences = (table or _kind(source.path)) == "sentences"
        self._read = 0
        self._document: str | None = None

    def add(self, item: LocatedSentence | Failure) -> None:
        """
        Count what was read.

        :param item: a sentence, or a row that gave none.
        """
        if isinstance(item, Failure) or self._sentences or item.document_id != self._document:
            self._read += 1
        if isinstance(item, LocatedSentence):
            self._document = item.document_id

    @property
    def share(self) -> float:
        """Rows read, of all: from 0 to 1."""
        return min(1.0, self._read / self._rows) if self._rows else 0.0


def _kind(path: Path) -> TableKind | None:
    try:
        row = next(iter(read_rows(path)), None)
    except DocumentError:
        return None
    return None if row is None else table_kind(row.values)
