"""Write labels as Parquet, JSON Lines or CSV, row group by row group, under a temporary name until all is written."""

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
from framecls.labelling.failures import FAILURES

__all__ = ["OUTPUT_SUFFIXES", "LabelWriter", "check_output", "label_schema"]

OUTPUT_SUFFIXES = (".parquet", ".jsonl", ".csv")


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
    Write batches of labels to a file that appears under its name only when everything is in it.

    :param path: the file; its suffix chooses the format.
    :param schema: the columns.
    :param metadata: stored in the file's header where the format has one (Parquet).
    :raises ConfigError: the suffix is none of the known ones, or the folder cannot be written to.
    """

    def __init__(self, path: Path, schema: pa.Schema, metadata: Mapping[str, str]) -> None:
        check_output(path)
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._schema = schema
        self._metadata = metadata
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.suffix == ".parquet":
                schema = self._schema.with_metadata(dict(self._metadata))
                self._parquet = self._stack.enter_context(pq.ParquetWriter(self._partial, schema, compression="zstd"))
            else:
                # Spreadsheets take a CSV file for UTF-8 only where a byte order mark says so.
                encoding = "utf-8-sig" if self._path.suffix == ".csv" else "utf-8"
                self._file = self._stack.enter_context(self._partial.open("w", encoding=encoding, newline=""))
                if self._path.suffix == ".csv":
                    self._csv = csv.writer(self._file)
                    self._csv.writerow(self._schema.names)
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be written: {error.strerror or error}") from error
        return self

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """
        Write rows.

        :param rows: one mapping a sentence, with every column of the schema.
        """
        if self._path.suffix == ".parquet":
            self._parquet.write_table(pa.Table.from_pylist(list(rows), schema=self._parquet.schema))
        elif self._path.suffix == ".jsonl":
            self._file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            self._csv.writerows([_cell(row[name]) for name in self._schema.names] for row in rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return ";".join(value) if isinstance(value, list) else value
