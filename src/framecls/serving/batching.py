"""Requests that arrive together are scored together, in one thread, each getting its fair share of every batch."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from framecls.documents import Sentence
from framecls.serving.faults import log_fault

__all__ = ["Batcher", "ScoringError"]

Scores = npt.NDArray[np.float32]


class ScoringError(Exception):
    """The model broke down over a request's sentences; no fault of the user's, so it is outside the error tree."""


@dataclass(slots=True, eq=False)
class _Job:
    """The sentences of one request, and how far it has come."""

    sentences: Sequence[Sentence]
    future: asyncio.Future[Scores]
    parts: list[Scores] = field(default_factory=list)
    taken: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """The sentences of a job that go into one batch."""

    job: _Job
    sentences: Sequence[Sentence]


class Batcher:
    """
    Score the sentences of many requests.

    All of its state belongs to the event loop; only the model runs elsewhere, in one thread, since two calls at once
    would compete for the same cores.

    :param score: N sentences to an array with a row for each. *Shape:* ``(N, F)``.
    :param max_batch: most sentences scored together.
    :param wait: seconds to wait for company when nothing was waiting before.
    """

    def __init__(self, score: Callable[[Sequence[Sentence]], Scores], *, max_batch: int, wait: float) -> None:
        self._score = score
        self._max_batch = max_batch
        self._wait = wait
        self._jobs: deque[_Job] = deque()
        self._work = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "framecls-score")

    async def __call__(self, sentences: Sequence[Sentence]) -> Scores:
        """
        Score the sentences of one request.

        :param sentences: N sentences, at least one.
        :returns: scores in their order. *Shape:* ``(N, F)``.
        :raises ScoringError: the model raised an error.
        """
        job = _Job(sentences, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._work.set()
        return await job.future

    async def run(self) -> None:
        """Score what comes in, until cancelled."""
        try:
            while True:
                if not self._jobs:
                    self._work.clear()
                    await self._work.wait()
                    if sum(len(job.sentences) for job in self._jobs) < self._max_batch:
                        await asyncio.sleep(self._wait)
                await self._run(self._next())
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> list[_Part]:
        """Take a batch: an equal share of every waiting job, so that a long text does not hold up a sentence."""
        # A job whose client has gone, or whose time is over, was cancelled.
        self._jobs = deque(job for job in self._jobs if not job.future.done())
        parts: list[_Part] = []
        room = self._max_batch
        waiting = self._jobs
        self._jobs = deque()
        while waiting and room:
            share = max(room // len(waiting), 1)
            job = waiting.popleft()
            part = job.sentences[job.taken : job.taken + share]
            job.taken += len(part)
            room -= len(part)
            parts.append(_Part(job, part))
            if job.taken < len(job.sentences):
                self._jobs.append(job)
        # Those that found no room come first the next time.
        self._jobs.extendleft(reversed(waiting))
        return parts

    async def _run(self, parts: Sequence[_Part]) -> None:
        sentences = [sentence for part in parts for sentence in part.sentences]
        if not sentences:
            return
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._score, sentences)
        await asyncio.wait([running])
        error = running.exception()
        if error is None:
            scores = running.result()
            start = 0
            for part in parts:
                self._deliver(part, scores[start : start + len(part.sentences)])
                start += len(part.sentences)
        elif len(parts) > 1:
            # One request must not spoil those that happened to arrive with it.
            for part in parts:
                await self._run([part])
        else:
            log_fault("scoring failed", error)
            self._jobs = deque(job for job in self._jobs if job is not parts[0].job)
            if not parts[0].job.future.done():
                parts[0].job.future.set_exception(
                    ScoringError(f"the model failed on these sentences ({type(error).__name__})")
                )

    @staticmethod
    def _deliver(part: _Part, scores: Scores) -> None:
        job = part.job
        job.parts.append(scores)
        if not job.future.done() and sum(map(len, job.parts)) == len(job.sentences):
            job.future.set_result(np.concatenate(job.parts))
