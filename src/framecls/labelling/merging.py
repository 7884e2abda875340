"""Shards into one file, in order, with what only the whole run can tell: documents that two inputs both have."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from framecls.documents import Failure
from framecls.labelling.sharding import Part
from framecls.labelling.unfinished import ShardRecord, UnfinishedRun

__all__ = ["Merger"]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Merger:
    """
    Take shards in order, each row once.

    :param run: holds the shards.
    :param told: whether failures are logged as they are found.
    :param failures: what could not be labelled; grows with the shards.
    :param sentences: rows given so far.
    """

    run: UnfinishedRun
    told: bool
    failures: list[Failure]
    sentences: int = 0
    _owners: dict[str, str] = field(default_factory=dict)
    _files: frozenset[str] = frozenset()
    _reported: set[tuple[str, str]] = field(default_factory=set)

    @property
    def documents(self) -> int:
        """Documents with a row so far."""
        return len(self._owners)

    def tables(self, parts: Sequence[Part]) -> Iterator[pa.Table]:
        """
        Read the shards of all parts.

        :param parts: the parts, all of their shards finished.
        :returns: labels, without the rows of a document id that an earlier input has; a document in a file of its own
            comes before the rows of any table, which may be a sample of it.
        """
        self._files = frozenset(item.source.id for part in parts for item in part.inputs if not item.source.is_table)
        for part in parts:
            number = 0
            while True:
                record = self.run.records[part.number, number]
                self.failures += record.failures
                if record.rows:
                    rows = self._own_rows(part, record)
                    self.sentences += rows.num_rows
                    yield rows
                if record.last:
                    break
                number += 1

    def _own_rows(self, part: Part, record: ShardRecord) -> pa.Table:
        table = self.run.read(record)
        ids = pc.unique(table.column("document_id")).to_pylist()
        others = [id for id in ids if self._owner(part, id) != _source(part, id)]
        if not others:
            return table
        for id in others:
            source, owner = _source(part, id), self._owner(part, id)
            found = "which is the id of a file" if owner == id else f"found in {owner} before"
            reason = f"duplicate document id {id!r}, {found}; make ids unique"
            if (source, id) not in self._reported:
                self._reported.add((source, id))
                if self.told:
                    logger.warning("%s: %s", source, reason)
                self.failures.append(Failure(source, "read", reason))
        return table.filter(pc.invert(pc.is_in(table.column("document_id"), pa.array(others))))

    def _owner(self, part: Part, document_id: str) -> str:
        """Tell whose rows of a document are taken."""
        source = _source(part, document_id)
        if document_id in self._files and source != document_id:
            return document_id
        return self._owners.setdefault(document_id, source)


def _source(part: Part, document_id: str) -> str:
    """Tell the input of a document: its table, or the file that has its id."""
    first = part.inputs[0].source
    return first.id if first.is_table else document_id
