"""The record of what could not be labelled: ``errors.jsonl`` beside the labels, a row a failure."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from framecls.documents import Failure
from framecls.errors import ConfigError
from framecls.files import write_jsonl

__all__ = ["FAILURES", "read_others", "write_failures"]

#: Name of the record. One folder may hold several labels, so each row says which it belongs to.
FAILURES = "errors.jsonl"


def read_others(output: Path) -> list[dict[str, Any]]:
    """
    Read the failures recorded for other labels in the folder of these.

    :param output: the labels about to be written.
    :returns: rows to keep.
    :raises ConfigError: a file of that name is there and is no record of failures, so it is somebody's own.
    """
    path = output.with_name(FAILURES)
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError):
        rows = [None]
    if not all(isinstance(row, dict) and {"path", "stage", "reason", "output"} <= row.keys() for row in rows):
        raise ConfigError(f"{path}: is in the way of the record of failures and is none itself; move it elsewhere")
    return [row for row in rows if row["output"] != output.name]


def write_failures(output: Path, failures: Sequence[Failure], others: Sequence[dict[str, Any]]) -> Path | None:
    """
    Write the record, or take it away where nothing is left to record.

    :param output: the labels the failures belong to.
    :param failures: of this run.
    :param others: rows of other labels in the folder, from :func:`read_others`.
    :returns: the record; ``None`` where this run had no failure.
    """
    path = output.with_name(FAILURES)
    rows = [*others, *({**asdict(failure), "output": output.name} for failure in failures)]
    if not rows:
        path.unlink(missing_ok=True)
        return None
    write_jsonl(path, rows)
    return path if failures else None
