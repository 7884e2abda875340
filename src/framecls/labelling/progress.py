"""Labelling progress on stderr: a bar on a terminal, a plain line every half minute elsewhere."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["progress_bar"]

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 30


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, int], None]]:
    """
    Show files read and sentences labelled while the context is open.

    :returns: a function of files read, files in all, and sentences labelled.
    """
    started = last = time.monotonic()
    bar = Progress(
        TextColumn("labelling"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[sentences]:,} sentences"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("labelling", total=None, sentences=0)

    def update(done: int, total: int, sentences: int) -> None:
        nonlocal last
        bar.update(task, completed=done, total=total, sentences=sentences)
        now = time.monotonic()
        if not bar.console.is_terminal and now - last >= _EVERY_SECONDS:
            last = now
            logger.info(
                "%d of %d files, %d sentences, %.0f sentences/s", done, total, sentences, sentences / (now - started)
            )

    if bar.console.is_terminal:
        bar.start()
    try:
        yield update
    finally:
        # Stopping a bar that was never started writes an empty line.
        if bar.console.is_terminal:
            bar.stop()
