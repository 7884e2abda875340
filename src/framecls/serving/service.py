"""What a server does with a request, whatever protocol it came by: segment, score, decide."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from framecls.documents import Sentence
from framecls.model import FrameClassifier
from framecls.serving.batching import Batcher
from framecls.serving.limits import Limits
from framecls.serving.schemas import About

__all__ = ["RequestTooLargeError", "Service"]

Found = TypeVar("Found")


class RequestTooLargeError(Exception):
    """A request holds more sentences than the server takes at once."""


class Service:
    """
    A classifier behind queues, for use from one event loop.

    :param classifier: labels.
    :param model_hash: tells its checkpoint from others, from :func:`framecls.model.identity.checkpoint_sha256`.
    :param limits: how much at once.
    """

    def __init__(self, classifier: FrameClassifier, *, model_hash: str, limits: Limits) -> None:
        codebook = classifier.codebook
        self.classifier = classifier
        self.limits = limits
        self.about = About(
            framecls=version("framecls"),
            model=classifier.name,
            model_sha256=model_hash,
            codebook=f"{codebook.name} {codebook.version}",
            codebook_sha256=codebook.sha256,
        )
        self._batcher = Batcher(self._probabilities, max_batch=limits.max_batch, wait=limits.wait)
        # Segmentation is Python alone, so a second thread would only take turns with the first.
        self._segmenting = ThreadPoolExecutor(1, "framecls-segment")

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            await self._batcher.run()
        finally:
            self._segmenting.shutdown(wait=False, cancel_futures=True)

    async def segment(self, cut: Callable[[], Found]) -> Found:
        """
        Run what reads and cuts text outside the event loop, which other requests need.

        :param cut: the work.
        :returns: what it found.
        """
        return await asyncio.get_running_loop().run_in_executor(self._segmenting, cut)

    async def probabilities(self, sentences: Sequence[Sentence]) -> npt.NDArray[np.float32]:
        """
        Score sentences together with those of other requests.

        :param sentences: N sentences.
        :returns: calibrated probabilities. *Shape:* ``(N, F)``, float32.
        :raises RequestTooLargeError: there are more than one request may have.
        :raises ScoringError: the model raised an error.
        """
        most = self.limits.max_sentences
        if len(sentences) > most:
            raise RequestTooLargeError(f"{len(sentences)} sentences; a request may have {most}, so send less at once")
        if not sentences:
            return np.empty((0, len(self.classifier.codebook.frames)), dtype=np.float32)
        return await self._batcher(sentences)

    def _probabilities(self, sentences: Sequence[Sentence]) -> npt.NDArray[np.float32]:
        return self.classifier.probabilities(
            [sentence.text for sentence in sentences],
            [sentence.before for sentence in sentences],
            [sentence.heading for sentence in sentences],
        )
