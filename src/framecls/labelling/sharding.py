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
from typing import Self

from framecls.documents import Failure, LocatedSentence, Source, read_sentences
from framecls.documents.tables import TableKind
from framecls.labelling.rows import TableShare

__all__ = ["Input", "Part", "Reading", "Shard", "cut_parts", "cut_shards", "hash_inputs"]

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
    How inputs are read; see :func:`framecls.documents.read_sentences`.

    :param encoding: of text files; ``None`` detects it.
    :param table: what rows of tables are; ``None`` tells it from their columns.
    :param text_column: the column of tables that holds the text.
    """

    encoding: str | None = None
    table: TableKind | None = None
    text_column: str = "text"


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


def cut_shards(part: Part, reading: Reading, size: int) -> Iterator[Shard]:
    """
    Read a part and cut it into shards, holding no more than one of them.

    :param part: what to read.
    :param reading: how.
    :param size: sentences of a shard.
    :returns: the shards; there is always a last one, even where nothing could be read.
    """
    number = 0
    sentences: list[LocatedSentence] = []
    failures: list[Failure] = []
    first = part.inputs[0].source
    table = TableShare(first, reading.table) if first.is_table else None
    whole, before = part.bytes, 0
    for done, item in enumerate(part.inputs):
        for read in read_sentences(
            item.source, encoding=reading.encoding, table=reading.table, text_column=reading.text_column
        ):
            if table is not None:
                table.add(read)
            if isinstance(read, Failure):
                failures.append(read)
                continue
            sentences.append(read)
            if len(sentences) == size:
                share = before / max(whole, 1) if table is None else table.share
                yield Shard(part.number, number, tuple(sentences), tuple(failures), done, share, last=False)
                number, sentences, failures = number + 1, [], []
        before += item.bytes
    yield Shard(part.number, number, tuple(sentences), tuple(failures), len(part.inputs), 1.0, last=True)
