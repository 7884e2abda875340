"""The record of what could not be labelled: ``errors.jsonl`` beside the labels, a row a failure."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from framecls.documents import Failure
from framecls.errors import ConfigError
from framecls.files import write_jsonl

__all__ = ["FAILURES", "check_record", "write_failures"]

#: Name of the record. One folder may hold several labels, so each row says which it belongs to.
FAILURES = "errors.jsonl"


def check_record(output: Path) -> None:
    """
    Refuse a run whose failures could not be recorded, before anything is labelled.

    :param output: the labels about to be written.
    :raises ConfigError: a file of the record's name is there and is no record of failures, so it is somebody's own.
    """
    _others(output)


def write_failures(output: Path, failures: Sequence[Failure]) -> Path | None:
    """
    Write the record, or take it away where nothing is left to record; rows of other labels in the folder stay.

    :param output: the labels the failures belong to.
    :param failures: of this run.
    :returns: the record; ``None`` where this run had no failure.
    :raises ConfigError: a file of the record's name has come there meanwhile and is no record of failures.
    """
    path = output.with_name(FAILURES)
    with _locked(path.parent):
        rows = [*_others(output), *({**asdict(failure), "output": output.name} for failure in failures)]
        if not rows:
            path.unlink(missing_ok=True)
            return None
        write_jsonl(path, rows)
    return path if failures else None


def _others(output: Path) -> list[dict[str, Any]]:
    """Read the failures recorded for other labels in the folder of these."""
    path = output.with_name(FAILURES)
    try:
        # Texts that are written as they are may hold what str.splitlines takes for the end of a line.
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError):
        rows = [None]
    if not all(isinstance(row, dict) and {"path", "stage", "reason", "output"} <= row.keys() for row in rows):
        raise ConfigError(f"{path}: is in the way of the record of failures and is none itself; move it elsewhere")
    return [row for row in rows if row["output"] != output.name]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Have the record of a folder to oneself; where folders cannot be locked, two runs may end at the same moment."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems have no locks.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
