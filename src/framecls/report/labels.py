"""Labels as ``framecls label`` wrote them, read for pages: rows, frames, thresholds."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from framecls.codebook import PALETTE, Codebook
from framecls.documents.tables import TABLE_SUFFIXES, read_rows
from framecls.errors import DocumentError, FrameclsError

__all__ = ["LabelFrame", "label_frames", "label_rows"]


@dataclass(frozen=True, slots=True)
class LabelFrame:
    """
    A frame as a page shows it.

    :param name: of the frame.
    :param title: what it is called.
    :param color: ``#rrggbb``.
    :param question: what coders ask; empty where no codebook is at hand.
    :param threshold: of the model's decision; ``None`` where it is not known.
    """

    name: str
    title: str
    color: str
    question: str
    threshold: float | None


def label_rows(labels: Path) -> Iterator[Mapping[str, Any]]:
    """
    Read labels row by row.

    :param labels: the file.
    :returns: the rows.
    :raises FrameclsError: the file is not there, is none of labels, or cannot be read.
    """
    if not labels.exists():
        raise FrameclsError(f"{labels}: no such file; label documents first with 'framecls label'")
    if "".join(labels.suffixes[-1:]) not in TABLE_SUFFIXES:
        raise FrameclsError(
            f"{labels}: holds no labels; expected the .parquet, .jsonl or .csv file 'framecls label' wrote"
        )
    try:
        for row in read_rows(labels):
            if row.problem is not None:
                raise FrameclsError(f"{labels}: {row.where}: {row.problem}")
            yield row.values
    except DocumentError as error:
        raise FrameclsError(f"{labels}: {error}") from error


def label_frames(labels: Path, row: Mapping[str, Any], codebook: Codebook | None) -> list[LabelFrame]:
    """
    Tell the frames of labels from their first row.

    :param labels: the file, whose header has the thresholds where it is Parquet.
    :param row: its first row.
    :param codebook: gives titles, colours and questions; must be the one the labels were made with.
    :returns: the frames, in order of columns.
    :raises FrameclsError: these are no labels, have no text, or were made with another codebook.
    """
    # The probability of a sentence that a screen discarded is missing; the decision never is.
    names = [key for key in row if f"prob_{key}" in row or isinstance(row[key], bool)]
    if not names or "document_id" not in row:
        raise FrameclsError(f"{labels}: holds no labels; expected the file 'framecls label' wrote")
    if "text" not in row:
        raise FrameclsError(f"{labels}: was written with --no-text; label again with the text to get a report")
    if codebook is not None and row.get("codebook") != codebook.sha256:
        raise FrameclsError(
            f"{labels}: was not made with codebook {codebook.name} {codebook.version}; give the model's codebook.toml"
        )
    thresholds: Mapping[str, float] = {}
    if labels.suffix == ".parquet":
        stored = json.loads((pq.read_schema(labels).metadata or {}).get(b"framecls.decision", b"{}"))
        thresholds = {name: frame["threshold"] for name, frame in zip(names, stored.get("frames", ()), strict=False)}
    return [
        LabelFrame(
            name,
            codebook[name].title if codebook else name.replace("_", " "),
            codebook[name].color if codebook else PALETTE[index % len(PALETTE)],
            codebook[name].question if codebook else "",
            thresholds.get(name),
        )
        for index, name in enumerate(names)
    ]
