"""Is one system better than another on the same sentences, or was it luck of the documents?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.errors import EvaluationError
from framecls.evaluation.bootstrap import expanded_p, f1_of_draws, percentiles, whole_and_draws
from framecls.evaluation.metrics import Bools, Floats, Interval

__all__ = ["Difference", "compare"]


@dataclass(frozen=True, slots=True)
class Difference:
    """
    F1 of one system less that of another.

    :param system: the one.
    :param other: the other.
    :param frame: or ``macro``.
    :param value: the difference; ``None`` where one of them is undefined.
    :param interval: 95 %, from a bootstrap of documents that draws both systems' sentences together.
    :param p: two-sided, corrected for the number of others by Holm's method; ``None`` where there is no interval.
    """

    system: str
    other: str
    frame: str
    value: float | None
    interval: Interval | None
    p: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give the difference as plain values for JSON."""
        return asdict(self)


def compare(
    gold: Bools,
    decisions: Mapping[str, Bools],
    *,
    frames: Sequence[str],
    document_ids: Sequence[str],
    weights: Floats | None = None,
    seed: int = 0,
    draws: int = 2000,
) -> list[Difference]:
    """
    Compare the first system with each other one.

    Documents are drawn with replacement, and each draw scores all systems (a paired cluster bootstrap; Davison and
    Hinkley 1997, sections 3.8 and 4.4). Twice the smaller share of draws on either side of zero is the p-value, larger
    where documents are few, just as the interval is wider; those of one frame are corrected together (Holm 1979, "A
    simple sequentially rejective multiple test procedure").

    :param gold: *Shape:* ``(N, F)``, bool.
    :param decisions: of each system. *Shape:* ``(N, F)``, bool.
    :param frames: names of the F frames.
    :param document_ids: document of each sentence.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :param seed: of the bootstrap.
    :param draws: of the bootstrap.
    :returns: for each other system a difference a frame and one for the macro mean.
    :raises EvaluationError: the arrays do not fit together.
    """
    for name, array in decisions.items():
        if array.shape != gold.shape:
            raise EvaluationError(f"decisions of {name} have shape {array.shape}, gold has {gold.shape}")
    _, documents = np.unique(np.asarray(document_ids), return_inverse=True)
    size = int(documents.max()) + 1
    rows = whole_and_draws(size, rng=np.random.default_rng(seed), draws=draws)
    scores = {}
    for name, decided in decisions.items():
        by_frame, macro, _ = f1_of_draws(gold, decided, documents, rows, weights)
        scores[name] = np.column_stack([by_frame, macro])
    first, *others = decisions
    found = []
    for column, frame in enumerate((*frames, "macro")):
        differences = [scores[first][:, column] - scores[other][:, column] for other in others]
        shares = [_p(values[1:], size) if size > 1 else None for values in differences]
        for other, values, p in zip(others, differences, _holm(shares), strict=True):
            value = None if np.isnan(values[0]) else float(values[0])
            interval = percentiles(values[1:], size) if size > 1 and value is not None else None
            found.append(Difference(first, other, frame, value, interval, p if interval else None))
    return found


def _p(values: npt.NDArray[np.float64], size: int) -> float | None:
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    # One more in numerator and denominator, so that no finite number of draws gives 0.
    below, above = ((values <= 0).sum() + 1, (values >= 0).sum() + 1)
    return expanded_p(min(1.0, 2 * min(below, above) / (len(values) + 1)), size)


def _holm(values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values for their number, step by step from the smallest."""
    known = sorted((value, index) for index, value in enumerate(values) if value is not None)
    corrected: list[float | None] = [None] * len(values)
    worst = 0.0
    for rank, (value, index) in enumerate(known):
        worst = max(worst, min(1.0, (len(known) - rank) * value))
        corrected[index] = worst
    return corrected
