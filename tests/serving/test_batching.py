"""Micro-batching: everybody's scores come back to them, in fair shares, and one bad request spoils no other."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from framecls.documents import Sentence
from framecls.serving.batching import Batcher, ScoringError

Scores = npt.NDArray[np.float32]


def numbered(*numbers: int) -> list[Sentence]:
    return [Sentence(None, None, str(number)) for number in numbers]


class Recorder:
    """Score a sentence by the number it says, and remember the batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, sentences: Sequence[Sentence]) -> Scores:
        self.gate.wait(5)
        self.batches.append([int(sentence.text) for sentence in sentences])
        if -1 in self.batches[-1]:
            raise RuntimeError("words of the sentence".upper())
        return np.array([[int(sentence.text)] for sentence in sentences], dtype=np.float32)


def running(
    score: Recorder, work: Callable[[Batcher], Coroutine[Any, Any, None]], *, max_batch: int, wait: float = 0.05
) -> None:
    async def main() -> None:
        batcher = Batcher(score, max_batch=max_batch, wait=wait)
        worker = asyncio.create_task(batcher.run())
        try:
            async with asyncio.timeout(10):
                await work(batcher)
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    asyncio.run(main())


def test_what_arrives_together_is_scored_together() -> None:
    score = Recorder()

    async def work(batcher: Batcher) -> None:
        found = await asyncio.gather(*(batcher(numbered(number, number + 100)) for number in range(5)))
        assert [array.ravel().tolist() for array in found] == [[number, number + 100] for number in range(5)]

    running(score, work, max_batch=64)
    assert score.batches == [[0, 100, 1, 101, 2, 102, 3, 103, 4, 104]]


def test_a_long_request_does_not_hold_up_a_short_one() -> None:
    score = Recorder()
    finished = []

    async def one(batcher: Batcher, name: str, numbers: range) -> None:
        found = await batcher(numbered(*numbers))
        assert found.ravel().tolist() == list(numbers)
        finished.append(name)

    async def work(batcher: Batcher) -> None:
        await asyncio.gather(one(batcher, "long", range(100)), one(batcher, "short", range(1000, 1003)))

    running(score, work, max_batch=8)
    assert finished == ["short", "long"]
    assert score.batches[0] == [0, 1, 2, 3, 1000, 1001, 1002]
    assert max(map(len, score.batches)) == 8


def test_more_requests_than_a_batch_holds_take_turns() -> None:
    score = Recorder()

    async def work(batcher: Batcher) -> None:
        found = await asyncio.gather(*(batcher(numbered(number, number + 10)) for number in range(5)))
        assert [array.ravel().tolist() for array in found] == [[number, number + 10] for number in range(5)]

    running(score, work, max_batch=2)
    assert score.batches == [[0, 1], [2, 3], [4, 10], [11, 12], [13, 14]]


def test_a_request_that_breaks_the_model_breaks_alone(caplog: pytest.LogCaptureFixture) -> None:
    score = Recorder()

    async def work(batcher: Batcher) -> None:
        good, bad, other = await asyncio.gather(
            batcher(numbered(1)), batcher(numbered(-1)), batcher(numbered(2)), return_exceptions=True
        )
        assert isinstance(good, np.ndarray)
        assert isinstance(other, np.ndarray)
        assert (good.item(), other.item()) == (1, 2)
        assert isinstance(bad, ScoringError)
        assert str(bad) == "the model failed on these sentences (RuntimeError)"
        # And the worker goes on.
        assert (await batcher(numbered(3))).item() == 3

    with caplog.at_level(logging.ERROR):
        running(score, work, max_batch=64)
    assert score.batches == [[1, -1, 2], [1], [-1], [2], [3]]
    assert "scoring failed: RuntimeError" in caplog.text
    assert "WORDS" not in caplog.text


def test_a_failing_part_ends_the_whole_request() -> None:
    score = Recorder()

    async def work(batcher: Batcher) -> None:
        with pytest.raises(ScoringError):
            await batcher(numbered(0, -1, 2, 3, 4, 5))

    running(score, work, max_batch=2)
    assert score.batches == [[0, -1]]


def test_a_cancelled_request_is_not_scored() -> None:
    score = Recorder()
    score.gate.clear()

    async def work(batcher: Batcher) -> None:
        first = asyncio.create_task(batcher(numbered(1)))
        await asyncio.sleep(0.01)
        gone = asyncio.create_task(batcher(numbered(2)))
        kept = asyncio.create_task(batcher(numbered(3)))
        await asyncio.sleep(0.01)
        gone.cancel()
        score.gate.set()
        assert ((await first).item(), (await kept).item()) == (1, 3)
        assert gone.cancelled()

    running(score, work, max_batch=64, wait=0)
    assert score.batches == [[1], [3]]
