"""What other thresholds would give, and whether probabilities mean what they say."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

from framecls.evaluation.metrics import Bools, Floats

__all__ = ["Curves", "OperatingPoint", "ReliabilityBin", "evaluate_curves"]

#: Recalls and precisions a user may ask for.
_LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_BINS = 10


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """
    The best of one that a threshold gives with at least so much of the other.

    :param at_least: precision or recall asked for.
    :param best: the other one; ``None`` where no threshold gives what is asked.
    :param threshold: the least probability accepted there.
    """

    at_least: float
    best: float | None
    threshold: float | None


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """
    Sentences of like probability.

    :param sentences: how many (or the sum of their weights).
    :param probability: their mean.
    :param present: share of them that carry the frame.
    """

    sentences: float
    probability: float
    present: float


@dataclass(frozen=True, slots=True)
class Curves:
    """
    One frame.

    :param frame: its name.
    :param recall_at_precision: best recall with at least a precision.
    :param precision_at_recall: best precision with at least a recall.
    :param reliability: ten bins of equal width, those without a sentence left out; empty where scores are no
        probabilities.
    """

    frame: str
    recall_at_precision: tuple[OperatingPoint, ...]
    precision_at_recall: tuple[OperatingPoint, ...]
    reliability: tuple[ReliabilityBin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the curves as plain values for JSON."""
        return asdict(self)


def evaluate_curves(
    gold: Bools, probabilities: Floats, *, frame: str, calibrated: bool = False, weights: Floats | None = None
) -> Curves | None:
    """
    Trace one frame over all thresholds.

    These are the thresholds of hindsight: one that is fitted on other sentences gives up to a few points less.

    :param gold: *Shape:* ``(N,)``, bool.
    :param probabilities: *Shape:* ``(N,)``.
    :param frame: its name.
    :param calibrated: whether they are meant as probabilities.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: the curves; ``None`` where gold has no such sentence.
    """
    if not gold.any():
        return None
    scores = np.asarray(probabilities, dtype=np.float64)
    precision, recall, thresholds = precision_recall_curve(gold, scores, sample_weight=weights)
    # The last point of scikit-learn's curve, recall 0 at precision 1, belongs to no threshold.
    precision, recall = precision[:-1], recall[:-1]
    return Curves(
        frame,
        tuple(_best(recall, precision, thresholds, level) for level in _LEVELS),
        tuple(_best(precision, recall, thresholds, level) for level in _LEVELS),
        _reliability(gold, scores, np.ones(len(gold)) if weights is None else weights) if calibrated else (),
    )


def _best(
    wanted: npt.NDArray[np.float64], given: npt.NDArray[np.float64], thresholds: npt.NDArray[np.float64], level: float
) -> OperatingPoint:
    enough = given >= level - 1e-9
    if not enough.any():
        return OperatingPoint(level, None, None)
    # Thresholds rise along the curve; of points as good the highest is taken, as it accepts fewest.
    best = len(wanted) - 1 - int(np.argmax(np.where(enough, wanted, -1.0)[::-1]))
    return OperatingPoint(level, float(wanted[best]), float(thresholds[best]))


def _reliability(gold: Bools, scores: npt.NDArray[np.float64], weights: Floats) -> tuple[ReliabilityBin, ...]:
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    found = []
    for number in range(_BINS):
        rows = bins == number
        if rows.any():
            given = weights[rows]
            probability, present = (float(np.average(values[rows], weights=given)) for values in (scores, gold))
            found.append(ReliabilityBin(float(given.sum()), probability, present))
    return tuple(found)
