"""Write labels as Parquet, JSON Lines or CSV, some rows at a time."""

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from framecls.errors import ConfigError
from framecls.files import formula_free
from framecls.labelling.failures import FAILURES

__all__ = ["OUTPUT_SUFFIXES", "LabelWriter", "check_output", "label_schema"]

OUTPUT_SUFFIXES = (".parquet", ".jsonl", ".csv")

#: Rows of a Parquet row group, about.
_ROW_GROUP = 65_536
#: Columns whose values repeat, so that Parquet gains by keeping each once; it would try the others in vain.
_REPEATING = ["document_id", "heading", "unit", "frames.list.element", "model", "codebook"]
_JSON = json.JSONEncoder(ensure_ascii=False)


def label_schema(frames: Sequence[str], *, text: bool = True) -> pa.Schema:
    """
    Give the columns of labels.

    :param frames: the codebook's frames, in order.
    :param text: whether the sentences' text is among them.
    :returns: the schema.
    """
    return pa.schema(
        [
            ("document_id", pa.string()),
            ("sentence_id", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("page", pa.int32()),
            ("heading", pa.string()),
            ("unit", pa.string()),
            ("language", pa.string()),
            *([("text", pa.string())] if text else []),
            *((f"prob_{frame}", pa.float32()) for frame in frames),
            *((frame, pa.bool_()) for frame in frames),
            ("frames", pa.list_(pa.string())),
            ("model", pa.string()),
            ("codebook", pa.string()),
        ]
    )


def check_output(path: Path) -> None:
    """
    Refuse an output that could not be written, before a model is loaded for it.

    :param path: the file.
    :raises ConfigError: its suffix is none of the known ones, or it is the record of failures or a folder.
    """
    if path.suffix not in OUTPUT_SUFFIXES:
        known = " ".join(OUTPUT_SUFFIXES)
        raise ConfigError(f"{path}: unknown kind of output {path.suffix!r}; expected one of {known}")
    if path.name == FAILURES:
        raise ConfigError(f"{path}: is the name of the record of failures; give the labels another")
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; give a file to write the labels to")


class LabelWriter:
    """
    Write tables of labels to a file, a row group or some lines at a time.

    :param path: the file.
    :param schema: the columns.
    :param metadata: stored in the file's header where the format has one (Parquet).
    :param kind: the format: one of :data:`OUTPUT_SUFFIXES`.
    :param spreadsheet: in CSV, put an apostrophe before texts that a spreadsheet would take for a formula.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        metadata: Mapping[str, str],
        kind: str,
        *,
        spreadsheet: bool = False,
    ) -> None:
        self._path = path
        self._kind = kind
        self._schema = schema
        self._metadata = metadata
        self._spreadsheet = spreadsheet
        self._stack = ExitStack()
        self._waiting: list[pa.Table] = []

    def __enter__(self) -> Self:
        if self._kind == ".parquet":
            schema = self._schema.with_metadata(dict(self._metadata))
            self._parquet = self._stack.enter_context(
                pq.ParquetWriter(self._path, schema, compression="zstd", use_dictionary=_REPEATING)
            )
        else:
            # Spreadsheets take a CSV file for UTF-8 only where a byte order mark says so.
            encoding = "utf-8-sig" if self._kind == ".csv" else "utf-8"
            self._file = self._stack.enter_context(self._path.open("w", encoding=encoding, newline=""))
            self._csv = csv.writer(self._file)
            if self._kind == ".csv":
                self._csv.writerow(self._schema.names)
        return self

    def write(self, table: pa.Table) -> None:
        """
        Write rows.

        :param table: with the columns of the schema.
        """
        if self._kind == ".parquet":
            self._waiting.append(table)
            if sum(part.num_rows for part in self._waiting) >= _ROW_GROUP:
                self._write_row_group()
        elif self._kind == ".jsonl":
            names = self._schema.names
            rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
            self._file.writelines(_JSON.encode(dict(zip(names, row, strict=True))) + "\n" for row in rows)
        else:
            self._csv.writerows(zip(*map(self._cells, table.columns), strict=True))

    def _write_row_group(self) -> None:
        table = pa.concat_tables(self._waiting).replace_schema_metadata(self._parquet.schema.metadata)
        self._parquet.write_table(table, row_group_size=2 * _ROW_GROUP)
        self._waiting.clear()

    def _cells(self, column: pa.ChunkedArray) -> list[Any]:
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        values: list[Any] = column.to_pylist()
        if pa.types.is_list(column.type):
            return [";".join(value) for value in values]
        if self._spreadsheet and pa.types.is_string(column.type):
            return [formula_free(value) if value else value for value in values]
        return values

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._waiting:
            self._write_row_group()
        self._stack.close()
