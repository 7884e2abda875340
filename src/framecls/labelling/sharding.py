"""
Cut a run's inputs into parts, and what is read from a part into shards.

A part is one table, or neighbouring files of some size; which files it holds follows from their names and sizes, so
that several machines can read different parts without asking each other. A shard is so many sentences of a part. The
same inputs always give the same shards.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Self

from framecls.documents import Failure, LocatedSentence, Source, read_all
from framecls.documents.tables import TableKind
from framecls.labelling.languages import in_languages
from framecls.labelling.rows import TableShare

__all__ = ["Input", "Part", "Reading", "Shard", "cut_parts", "cut_shards", "hash_inputs", "read_parts"]

#: What an input gave.
Read = tuple[Source, LocatedSentence | Failure]

#: Bytes and files of a part: large enough to fill several shards, small enough to be read again after a crash.
_PART_BYTES, _PART_FILES = 32 << 20, 4096


@dataclass(frozen=True, slots=True)
class Input:
    """
    An input file as it was when the run began.

    :param source: the file and its id.
    :param bytes: its size.
    :param sha256: of its content; empty for a file that cannot be opened, which reading will say.
    """

    source: Source
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Reading:
    """
    How inputs are read; see :func:`framecls.documents.read_all`.

    :param encoding: of text files; ``None`` detects it.
    :param table: what rows of tables are; ``None`` tells it from their columns.
    :param text_column: the column of tables that holds the text.
    :param workers: processes that read; their number changes nothing that is read.
    :param languages: what sentences may be in; ``None`` for any.
    """

    encoding: str | None = None
    table: TableKind | None = None
    text_column: str = "text"
    workers: int = 1
    languages: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """
    Inputs that are read one after another.

    :param number: from 0, in the order of the inputs.
    :param inputs: one table, or files that are none.
    """

    number: int
    inputs: tuple[Input, ...]

    @property
    def bytes(self) -> int:
        """Size of its inputs."""
        return sum(item.bytes for item in self.inputs)


@dataclass(frozen=True, slots=True)
class Shard:
    """
    Sentences that are labelled, and kept, together.

    :param part: number of the part.
    :param number: from 0 within its part.
    :param sentences: in order; only the last shard of a part may hold none.
    :param failures: what could not be read on the way.
    :param inputs: inputs of the part that were read to their end when the shard was full.
    :param share: of the part's bytes that was read by then, from 0 to 1; in a table, of its rows.
    :param last: whether it is the last of its part.
    """

    part: int
    number: int
    sentences: tuple[LocatedSentence, ...]
    failures: tuple[Failure, ...]
    inputs: int
    share: float
    last: bool

    def emptied(self) -> Self:
        """
        Leave the sentences out, where only the rest is still needed.

        :returns: the shard without them.
        """
        return replace(self, sentences=())


def hash_inputs(sources: Sequence[Source]) -> list[Input]:
    """
    Hash the inputs, several at a time.

    :param sources: the files.
    :returns: their sizes and hashes, in the same order.
    """
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        return list(pool.map(_hashed, sources))


def _hashed(source: Source) -> Input:
    try:
        with source.path.open("rb") as file:
            return Input(source, os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError:
        return Input(source, 0, "")


def cut_parts(inputs: Iterable[Input]) -> Iterator[Part]:
    """
    Group inputs into parts.

    :param inputs: in the order of the run.
    :returns: the parts, in that order.
    """
    number = size = 0
    group: list[Input] = []
    for item in inputs:
        full = size + item.bytes > _PART_BYTES or len(group) == _PART_FILES
        if group and (full or item.source.is_table or group[0].source.is_table):
            yield Part(number, tuple(group))
            number, group, size = number + 1, [], 0
        group.append(item)
        size += item.bytes
    if group:
        yield Part(number, tuple(group))


def read_parts(parts: Sequence[Part], reading: Reading) -> Iterator[tuple[Part, Iterator[Read]]]:
    """
    Read parts, one after another.

    :param parts: in the order of the run.
    :param reading: how.
    :returns: each part with what is read from it, to be taken before the next part is asked for. Every input gives
        something, be it a failure, so every part comes.
    """
    by_number = {part.number: part for part in parts}
    number_of = {item.source.id: part.number for part in parts for item in part.inputs}
    for number, items in groupby(_read(parts, reading), key=lambda item: number_of[item[0].id]):
        yield by_number[number], items


def _read(parts: Sequence[Part], reading: Reading) -> Iterator[Read]:
    found = read_all(
        [item.source for part in parts for item in part.inputs],
        workers=reading.workers,
        encoding=reading.encoding,
        table=reading.table,
        text_column=reading.text_column,
    )
    if reading.languages is None:
        yield from found
        return
    for source, items in groupby(found, key=itemgetter(0)):
        for item in in_languages((item for _, item in items), reading.languages):
            yield source, item


def cut_shards(part: Part, items: Iterable[Read], size: int, *, table: TableKind | None = None) -> Iterator[Shard]:
    """
    Cut what is read from a part into shards, holding no more than one of them.

    :param part: the part.
    :param items: what is read from it.
    :param size: sentences of a shard.
    :param table: what rows of tables are; told from their columns by default.
    :returns: the shards; there is always a last one, even where nothing could be read.
    """
    number = inputs = 0
    sentences: list[LocatedSentence] = []
    failures: list[Failure] = []
    first = part.inputs[0].source
    rows = TableShare(first, table) if first.is_table else None
    ends = list(accumulate((item.bytes for item in part.inputs), initial=0))
    order = {item.source.id: place for place, item in enumerate(part.inputs)}
    for source, item in items:
        inputs = order[source.id]
        if rows is not None:
            rows.add(item)
        if isinstance(item, Failure):
            failures.append(item)
            continue
        sentences.append(item)
        if len(sentences) == size:
            share = ends[inputs] / max(ends[-1], 1) if rows is None else rows.share
            yield Shard(part.number, number, tuple(sentences), tuple(failures), inputs, share, last=False)
            number, sentences, failures = number + 1, [], []
    yield Shard(part.number, number, tuple(sentences), tuple(failures), len(part.inputs), 1.0, last=True)
