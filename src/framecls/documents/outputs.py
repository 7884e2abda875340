"""Files that framecls itself wrote: among documents they are no documents."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from framecls.documents.tables import read_rows
from framecls.errors import DocumentError

__all__ = ["GENERATOR", "output_kind"]

#: What the pages of framecls call their generator, before its version.
GENERATOR = "framecls"
_META = f'<meta name="generator" content="{GENERATOR} '.encode()
#: Bytes of a page in which its generator stands.
_HEAD = 1024
_FAILURE = {"path", "stage", "reason", "output"}


def output_kind(path: Path, *, is_table: bool) -> str:
    """
    Tell what framecls wrote from what others did.

    :param path: a table, or a page of HTML.
    :param is_table: which of them.
    :returns: what it is; empty for a file of others, and for one that cannot be read, which reading will say.
    """
    if not is_table:
        return "a page" if _META in _head(path) else ""
    columns = _columns(path)
    if any(name.startswith("prob_") for name in columns):
        if {"model", "codebook"} <= columns:
            return "labels"
        if any(name.startswith("gold_") for name in columns):
            return "an evaluation"
        if "model_annotator" in columns:
            return "an export"
    return "failures" if columns == _FAILURE else ""


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _columns(path: Path) -> set[str]:
    """Give the columns of a table; those of JSON Lines are told from the first row."""
    try:
        if path.suffix.lower() == ".parquet":
            return set(pq.read_schema(path).names)
        row = next(iter(read_rows(path)), None)
    except (DocumentError, OSError, pa.ArrowException):
        return set()
    return set() if row is None else set(row.values)
