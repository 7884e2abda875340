"""How far a run is, and how it is shown on stderr: a bar on a terminal, a plain line every half minute elsewhere."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from framecls.labelling.sharding import Part, Shard
from framecls.labelling.unfinished import UnfinishedRun

__all__ = ["Done", "Tally", "progress_bar"]

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """
    How far a run is.

    :param files: inputs read to their end.
    :param of_files: inputs in all.
    :param sentences: labelled so far.
    :param share: of the inputs' bytes, from 0 to 1.
    :param kept: sentences that an earlier run had labelled.
    :param kept_share: of the bytes that an earlier run had done.
    """

    files: int
    of_files: int
    sentences: int
    share: float
    kept: int
    kept_share: float

    def describe(self, seconds: float) -> str:
        """
        Tell the speed, and the time left if it stays as it is.

        :param seconds: since this run began.
        :returns: for example ``812 sentences/s, 0:04:10 left``.
        """
        speed = f"{(self.sentences - self.kept) / max(seconds, 1e-9):,.0f} sentences/s"
        now = self.share - self.kept_share
        if now <= 0:
            return speed
        return f"{speed}, {timedelta(seconds=round(seconds * (1 - self.share) / now))} left"


class Tally:
    """
    Count what is done, and tell of it.

    :param parts: of the run.
    :param run: the run, before any shard of it is labelled now.
    :param progress: called with files read, files in all, and sentences labelled.
    :param watch: called at the same times with all that is known.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        run: UnfinishedRun,
        progress: Callable[[int, int, int], None] | None,
        watch: Callable[[Done], None] | None,
    ) -> None:
        self._progress, self._watch = progress, watch
        self._of_files = sum(len(part.inputs) for part in parts)
        self._of_bytes = max(sum(part.bytes for part in parts), 1)
        self._sentences = self._kept = run.kept
        self._files, self._bytes = 0, 0.0
        for part in parts:
            if run.complete(part.number):
                self._files += len(part.inputs)
                self._bytes += part.bytes
        self._kept_bytes = self._bytes
        #: Of parts that are begun: files and bytes of them that are counted.
        self._begun: dict[int, tuple[int, float]] = {}

    def labelled(self, part: Part, shard: Shard, sentences: int) -> None:
        """
        Tell that some of a shard's sentences are labelled.

        :param part: the shard's part.
        :param shard: the shard.
        :param sentences: how many of it.
        """
        files, size = self._begun.get(part.number, (0, 0.0))
        of_shard = sentences / len(shard.sentences) if shard.sentences else 1.0
        files = self._files + max(shard.inputs - files, 0)
        size = self._bytes + max(shard.share * part.bytes - size, 0.0) * of_shard
        if self._progress is not None:
            self._progress(files, self._of_files, self._sentences + sentences)
        if self._watch is not None:
            self._watch(
                Done(
                    files=files,
                    of_files=self._of_files,
                    sentences=self._sentences + sentences,
                    share=min(size / self._of_bytes, 1.0),
                    kept=self._kept,
                    kept_share=self._kept_bytes / self._of_bytes,
                )
            )

    def finished(self, part: Part, shard: Shard, sentences: int) -> None:
        """
        Count a shard that was labelled and is kept.

        :param part: the shard's part.
        :param shard: the shard, with or without its sentences.
        :param sentences: how many it has.
        """
        self._sentences += sentences
        self._read(part, shard)

    def skipped(self, part: Part, shard: Shard) -> None:
        """
        Count a shard that an earlier run had labelled.

        :param part: the shard's part.
        :param shard: the shard.
        """
        self._kept_bytes += self._read(part, shard)

    def _read(self, part: Part, shard: Shard) -> float:
        """Count what of a part was read by the end of a shard; on a cluster a later shard may have come before it."""
        files, size = self._begun.get(part.number, (0, 0.0))
        more_files, more = max(shard.inputs - files, 0), max(shard.share * part.bytes - size, 0.0)
        self._begun[part.number] = (files + more_files, size + more)
        self._files += more_files
        self._bytes += more
        return more


@contextmanager
def progress_bar() -> Iterator[Callable[[Done], None]]:
    """
    Show files read and sentences labelled while the context is open.

    :returns: a function of how far the run is.
    """
    started = last = time.monotonic()
    bar = Progress(
        TextColumn("labelling"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("labelling", total=1.0, text="")

    def update(done: Done) -> None:
        nonlocal last
        now = time.monotonic()
        speed = done.describe(now - started)
        text = f"{done.files:,} of {done.of_files:,} files, {done.sentences:,} sentences, {speed}"
        bar.update(task, completed=done.share, text=text)
        if not bar.console.is_terminal and now - last >= _EVERY_SECONDS:
            last = now
            logger.info("%s", text)

    if bar.console.is_terminal:
        bar.start()
    try:
        yield update
    finally:
        # Stopping a bar that was never started writes an empty line.
        if bar.console.is_terminal:
            bar.stop()
