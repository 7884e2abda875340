"""Files that appear under their name only when all of their content is in them; hashes of files, cells of CSV."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from framecls.errors import ConfigError

__all__ = [
    "file_sha256",
    "formula_free",
    "placed",
    "refuse_overwriting",
    "whole_file",
    "write_json",
    "write_jsonl",
    "write_text",
]

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def refuse_overwriting(output: Path, inputs: Iterable[Path]) -> None:
    """
    Refuse an output that would replace what it is made from.

    :param output: the file to write.
    :param inputs: the files to read.
    :raises ConfigError: the output is one of them, by whatever name.
    """
    # What is not there yet is no input; the names of many would take long to resolve.
    if output.exists() and output.resolve() in {path.resolve() for path in inputs}:
        raise ConfigError(f"{output}: is what is read; give --output another name")


@contextmanager
def placed(path: Path) -> Iterator[None]:
    """
    Let errors say where they happened: what fails while it is written, as on a full disk, does not.

    :param path: the place, for errors that name none.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """
    Give a temporary name to write to; the file gets its own when the block ends without an error.

    :param path: the file; its folder is made where it is not there.
    :returns: the temporary name, in the same folder.
    :raises ConfigError: a folder, a pipe or a device has its name.
    :raises OSError: it cannot be written; the error names a place.
    """
    if path.exists() and not path.is_file():
        what = "folder" if path.is_dir() else "pipe or a device"
        raise ConfigError(f"{path}: is a {what}; give the name of a file to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        with placed(path):
            yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """
    Write a text file.

    :param path: the file.
    :param text: its content, written as UTF-8.
    """
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, content: object) -> None:
    """
    Write one JSON value, indented.

    :param path: the file.
    :param content: the value.
    """
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """
    Write a line of JSON for each row.

    :param path: the file.
    :param rows: the rows; taken one by one.
    """
    with whole_file(path) as partial, partial.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def file_sha256(path: Path) -> str:
    """
    Hash a file, once for as long as it stays the same by its size and times; weights are hashed several times a job.

    :param path: the file.
    :returns: SHA-256, in hexadecimal digits.
    :raises OSError: it cannot be read.
    """
    stat = path.stat()
    return _hashed(path.absolute(), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(maxsize=256)
def _hashed(path: Path, *state: int) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def formula_free(text: str) -> str:
    """
    Keep a spreadsheet from taking a text of a CSV file for a formula.

    :param text: of a cell.
    :returns: the text, behind an apostrophe where it begins as a formula does.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
