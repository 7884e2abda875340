"""The one scoring path: sentences to logits."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
import numpy.typing as npt

from framecls.errors import ModelError
from framecls.model.encoding import Encoder, Features, batches, pad
from framecls.model.engine import Engine

__all__ = ["WINDOW", "Scorer", "listed_inputs", "score_encoded"]

#: Sentences sorted by length together: in batches of 1,024 tokens less than 1 % is padding, and memory stays flat.
WINDOW = 8192


class Scorer:
    """
    An engine, and the way sentences are put to it.

    :param encoder: of the model.
    :param engine: computes logits.
    :param choose: given the first encoded sentences, gives the engine; for where none is given.
    """

    def __init__(
        self, *, encoder: Encoder, engine: Engine | None = None, choose: Callable[[Features], Engine] | None = None
    ) -> None:
        if (engine is None) == (choose is None):
            raise ValueError("a scorer takes an engine, or a way to choose one")
        self.encoder = encoder
        self.engine = engine
        self._choose = choose
        self._lock = Lock()

    def __call__(
        self, texts: Sequence[str], before: Sequence[str] | None = None, heading: Sequence[str] | None = None
    ) -> npt.NDArray[np.float32]:
        """
        Score sentences, batched by length inside windows, in the order given.

        :param texts: N sentences.
        :param before: the sentence before each, or ``None``.
        :param heading: the heading path of each, or ``None``.
        :returns: logits. *Shape:* ``(N, F)``, float32.
        :raises ModelError: ``texts`` is one string or holds what is none, or ``before`` or ``heading`` is not as long.
        """
        texts, before, heading = listed_inputs(texts, before, heading)
        windows = [slice(start, start + WINDOW) for start in range(0, len(texts), WINDOW)] or [slice(0)]

        def encode(window: slice) -> Features:
            return self.encoder(texts[window], before and before[window], heading and heading[window])

        # The next window is encoded while one is being scored: the tokenizer leaves Python's lock alone.
        with ThreadPoolExecutor(1) as thread:
            ahead = thread.submit(encode, windows[0])
            found = []
            for window in (*windows[1:], None):
                features = ahead.result()
                if window is not None:
                    ahead = thread.submit(encode, window)
                found.append(score_encoded(self.settle(features), features, self.encoder))
        return np.concatenate(found)

    def score_features(self, features: Features) -> npt.NDArray[np.float32]:
        """
        Score sentences that are encoded already, batched by length.

        :param features: N sentences, as the encoder gave them.
        :returns: logits. *Shape:* ``(N, F)``, float32.
        """
        return score_encoded(self.settle(features), features, self.encoder)

    def settle(self, features: Features) -> Engine:
        """
        Give the engine, chosen now where it was left open.

        :param features: encoded sentences to choose by.
        :returns: the engine.
        """
        # A server scores from several threads; the choice is made once.
        with self._lock:
            if self.engine is None:
                assert self._choose is not None
                self.engine = self._choose(features)
            return self.engine


def _texts(texts: Iterable[str]) -> list[str]:
    """
    Take sentences of whatever holds them: a list, an array, a column of a data frame.

    :param texts: N sentences.
    :returns: them as a list.
    :raises ModelError: it is one string, or one of them is no string.
    """
    if isinstance(texts, str):
        raise ModelError("give a list of sentences, not one string, which would be read letter by letter")
    found = list(texts)
    for row, text in enumerate(found):
        if not isinstance(text, str):
            raise ModelError(f"sentence {row}, counted from 0, is {text!r}, which is no text; leave it out")
    return found


def listed_inputs(
    texts: Iterable[str], before: Iterable[str] | None, heading: Iterable[str] | None
) -> tuple[list[str], list[str] | None, list[str] | None]:
    """
    Take sentences and what surrounds them of whatever holds them.

    :param texts: N sentences.
    :param before: the sentence before each, or ``None``.
    :param heading: the heading path of each, or ``None``.
    :returns: each as a list, or ``None``.
    :raises ModelError: ``texts`` is one string or holds what is none, or ``before`` or ``heading`` is not as long.
    """
    found = _texts(texts)
    before, heading = (given if given is None else list(given) for given in (before, heading))
    for name, given in (("before", before), ("heading", heading)):
        if given is not None and len(given) != len(found):
            raise ModelError(f"{len(given)} values of {name!r} for {len(found)} texts; give one for each, or none")
    return found, before, heading


def score_encoded(engine: Engine, features: Features, encoder: Encoder) -> npt.NDArray[np.float32]:
    """
    Put one window of encoded sentences to an engine.

    :param engine: computes logits.
    :param features: what the encoder gave for N sentences.
    :param encoder: gives the padding.
    :returns: logits, in the order given. *Shape:* ``(N, F)``, float32.
    """
    scores = np.empty((len(features), engine.outputs), dtype=np.float32)
    cut = list(batches([len(feature["input_ids"]) for feature in features], engine.token_budget))

    def compute(rows: list[int]) -> None:
        scores[rows] = engine(pad([features[row] for row in rows], encoder.tokenizer))

    if engine.workers == 1:
        for rows in cut:
            compute(rows)
        return scores
    with ThreadPoolExecutor(engine.workers) as threads:
        # The list raises what a thread has raised.
        list(threads.map(compute, cut))
    return scores
