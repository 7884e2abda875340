"""Shards into one file, in order, with what only the whole run can tell: ids that two inputs both have."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from framecls.documents import Failure
from framecls.documents.seen import Seen
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
    _reported: set[tuple[str, str]] = field(default_factory=set)
    _ids: Seen = field(default_factory=Seen)

    @property
    def documents(self) -> int:
        """Documents with a row so far."""
        return len(self._owners)

    def tables(self, parts: Sequence[Part]) -> Iterator[pa.Table]:
        """
        Read the shards of all parts.

        :param parts: the parts, all of their shards finished.
        :returns: labels, without the rows of a document id, or of a sentence id, that an earlier input has.
        """
        # Within a table, ids were held against each other while it was read.
        several = sum(part.inputs[0].source.is_table for part in parts) > 1
        for part in parts:
            number = repeated = 0
            example = ""
            while True:
                record = self.run.records[part.number, number]
                self.failures += record.failures
                if record.rows:
                    rows = self._own_rows(part, record)
                    if several and part.inputs[0].source.is_table:
                        rows, ids = self._new_ids(rows)
                        repeated += len(ids)
                        example = example or next(iter(ids), "")
                    for id in pc.unique(rows.column("document_id")).to_pylist():
                        self._owners.setdefault(id, _source(part, id))
                    self.sentences += rows.num_rows
                    yield rows
                if record.last:
                    break
                number += 1
            if repeated:
                more = f" (and {repeated - 1:,} more)" if repeated > 1 else ""
                reason = f"duplicate sentence id {example!r}{more}, found in a table before; make ids unique"
                self._report(part.inputs[0].source.id, reason)

    def _own_rows(self, part: Part, record: ShardRecord) -> pa.Table:
        """Leave out documents that an earlier input has."""
        table = self.run.read(record)
        ids = pc.unique(table.column("document_id")).to_pylist()
        others = [id for id in ids if self._owners.get(id, _source(part, id)) != _source(part, id)]
        if not others:
            return table
        for id in others:
            source, owner = _source(part, id), self._owners[id]
            if (source, id) not in self._reported:
                self._reported.add((source, id))
                self._report(source, f"duplicate document id {id!r}, found in {owner} before; make ids unique")
        return table.filter(pc.invert(pc.is_in(table.column("document_id"), pa.array(others))))

    def _new_ids(self, table: pa.Table) -> tuple[pa.Table, list[str]]:
        """Leave out sentences whose ids an earlier table has, and give these ids."""
        ids, documents = (table.column(name).to_pylist() for name in ("sentence_id", "document_id"))
        # Sentences numbered under their document's id are as unique as that is, and may be very many.
        new = [id.startswith(f"{document}#") or self._ids.add(id) for id, document in zip(ids, documents, strict=True)]
        repeated = [id for id, is_new in zip(ids, new, strict=True) if not is_new]
        return table.filter(pa.array(new, pa.bool_())), repeated

    def _report(self, source: str, reason: str) -> None:
        if self.told:
            logger.warning("%s: %s", source, reason)
        self.failures.append(Failure(source, "read", reason))


def _source(part: Part, document_id: str) -> str:
    """Tell the input of a document: its table, or the file that has its id."""
    first = part.inputs[0].source
    return first.id if first.is_table else document_id
