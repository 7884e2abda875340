"""What is done with a shard, on this machine as on a cluster."""

import hashlib
import logging
from collections.abc import Callable

from framecls.labelling.labeller import Labeller
from framecls.labelling.sharding import Shard
from framecls.labelling.unfinished import ShardRecord, encode_shard

__all__ = ["label_shard", "warn"]

logger = logging.getLogger(__name__)


def label_shard(
    shard: Shard, labeller: Labeller, progress: Callable[[int], None] | None = None
) -> tuple[ShardRecord, bytes]:
    """
    Label one shard.

    :param shard: its sentences.
    :param labeller: labels them.
    :param progress: called with the number of its sentences labelled so far.
    :returns: the record to keep, and the content of the shard's file.
    """
    content = encode_shard(labeller(shard.sentences, progress=progress)) if shard.sentences else b""
    failures = (*shard.failures, *labeller.cut(shard.sentences))
    digest = hashlib.sha256(content).hexdigest() if content else ""
    record = ShardRecord(shard.part, shard.number, len(shard.sentences), digest, shard.last, failures)
    return record, content


def warn(shard: Shard, *, several: bool) -> None:
    """
    Tell what could not be read.

    :param shard: the shard.
    :param several: whether there are several inputs. What is wrong with an only one is said once, at the end; the rows
        of a table may be thousands.
    """
    if several:
        for failure in shard.failures:
            logger.warning("%s: %s", failure.path, failure.reason)
