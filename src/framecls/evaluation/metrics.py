"""Metrics as pure functions of arrays. Undefined is ``None``, never 0."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from framecls.macro import macro_mean

__all__ = [
    "Counts",
    "Interval",
    "average_precision",
    "brier_score",
    "calibration_error",
    "count",
    "f1",
    "macro",
    "matthews",
    "mean",
    "precision",
    "recall",
    "roc_auc",
]

#: Bins of the reliability curve.
_BINS = 15

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Counts:
    """Decisions of one frame against gold: sentences, or the sums of their weights."""

    true_positive: float
    false_positive: float
    false_negative: float

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


def count(gold: Bools, decisions: Bools, weights: Floats | None = None) -> Counts:
    """
    Count one frame's decisions against gold.

    :param gold: *Shape:* ``(N,)``, bool.
    :param decisions: *Shape:* ``(N,)``, bool.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: the counts.
    """
    parts = (gold & decisions, ~gold & decisions, gold & ~decisions)
    return Counts(*(float(part.sum() if weights is None else weights[part].sum()) for part in parts))


def precision(counts: Counts) -> float | None:
    """Give TP / (TP + FP), or ``None`` where nothing was decided present."""
    decided = counts.true_positive + counts.false_positive
    return counts.true_positive / decided if decided else None


def recall(counts: Counts) -> float | None:
    """Give TP / (TP + FN), or ``None`` where gold has none."""
    support = counts.true_positive + counts.false_negative
    return counts.true_positive / support if support else None


def f1(counts: Counts) -> float | None:
    """Give F1 of the positive class, 2 TP / (2 TP + FP + FN), or ``None`` where nothing is there and nothing found."""
    total = 2 * counts.true_positive + counts.false_positive + counts.false_negative
    return 2 * counts.true_positive / total if total else None


def average_precision(gold: Bools, probabilities: Floats, weights: Floats | None = None) -> float | None:
    """
    Give the area under the precision–recall curve as scikit-learn's ``average_precision_score`` sums it.

    :param gold: *Shape:* ``(N,)``, bool.
    :param probabilities: anything that ranks the sentences. *Shape:* ``(N,)``.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: from 0 to 1, or ``None`` where gold has none.
    """
    return float(average_precision_score(gold, probabilities, sample_weight=weights)) if gold.any() else None


def roc_auc(gold: Bools, probabilities: Floats, weights: Floats | None = None) -> float | None:
    """
    Give the area under the ROC curve, the chance that a sentence with the frame is ranked above one without.

    :param gold: *Shape:* ``(N,)``, bool.
    :param probabilities: anything that ranks the sentences. *Shape:* ``(N,)``.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: from 0 to 1, or ``None`` where gold has none, or nothing else.
    """
    if gold.all() or not gold.any():
        return None
    return float(roc_auc_score(gold, probabilities, sample_weight=weights))


def matthews(gold: Bools, decisions: Bools, weights: Floats | None = None) -> float | None:
    """
    Give Matthews' correlation of decisions with gold.

    :param gold: *Shape:* ``(N,)``, bool.
    :param decisions: *Shape:* ``(N,)``, bool.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: from -1 to 1, or ``None`` where gold or the decisions are all of one kind.
    """
    if any(kind.all() or not kind.any() for kind in (gold, decisions)):
        return None
    counts = count(gold, decisions, weights)
    hit, wrong, missed = counts.true_positive, counts.false_positive, counts.false_negative
    rest = count(~gold, ~decisions, weights).true_positive
    product = (hit + wrong) * (hit + missed) * (rest + wrong) * (rest + missed)
    return float((hit * rest - wrong * missed) / np.sqrt(product))


def brier_score(gold: Bools, probabilities: Floats, weights: Floats | None = None) -> float:
    """
    Give the mean squared distance of probabilities from what was there (Brier 1950).

    :param gold: *Shape:* ``(N,)``, bool.
    :param probabilities: from 0 to 1. *Shape:* ``(N,)``.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: from 0 to 1.
    """
    return float(np.average((np.asarray(probabilities, dtype=np.float64) - gold) ** 2, weights=weights))


def calibration_error(gold: Bools, probabilities: Floats, weights: Floats | None = None) -> float:
    """
    Give the expected calibration error, over 15 bins of equal width.

    The mean distance of a bin's share of present sentences from its mean probability, bins weighted by their sentences
    (Naeini, Cooper & Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning", section 4).

    :param gold: *Shape:* ``(N,)``, bool.
    :param probabilities: from 0 to 1. *Shape:* ``(N,)``.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: from 0 to 1.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    counts = np.ones(len(gold)) if weights is None else np.asarray(weights, dtype=np.float64)
    bins = np.minimum((given * _BINS).astype(int), _BINS - 1)
    distance = np.bincount(bins, weights=counts * (given - gold), minlength=_BINS)
    return float(np.abs(distance).sum() / counts.sum())


def macro(values: Sequence[float | None], support: Sequence[int]) -> float | None:
    """Give the mean over the frames that gold has, as :func:`framecls.macro.macro_mean`, or ``None``."""
    found = float(macro_mean(np.array(values, dtype=np.float64), np.array(support)))
    return None if np.isnan(found) else found


def mean(values: list[float | None]) -> float | None:
    """Give the mean of the defined values, or ``None`` where none is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
