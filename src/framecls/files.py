"""Files that appear under their name only when all of their content is in them, and hashes of files."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["file_sha256", "whole_file", "write_json", "write_jsonl", "write_text"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """
    Give a temporary name to write to; the file gets its own when the block ends without an error.

    :param path: the file; its folder is made where it is not there.
    :returns: the temporary name, in the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
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
