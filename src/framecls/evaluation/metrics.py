"""Metrics as pure functions of arrays. Undefined is ``None``, never 0."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

__all__ = [
    "Counts",
    "Interval",
    "average_precision",
    "bootstrap_f1",
    "calibration_error",
    "count",
    "document_draws",
    "f1",
    "f1_of_draws",
    "mean",
    "percentiles",
    "precision",
    "recall",
]

#: Bins of the reliability curve.
_BINS = 15

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Counts:
    """Decisions of one frame against gold."""

    true_positive: int
    false_positive: int
    false_negative: int

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


def count(gold: Bools, decisions: Bools) -> Counts:
    """
    Count one frame's decisions against gold.

    :param gold: *Shape:* ``(N,)``, bool.
    :param decisions: *Shape:* ``(N,)``, bool.
    :returns: the counts.
    """
    return Counts(int((gold & decisions).sum()), int((~gold & decisions).sum()), int((gold & ~decisions).sum()))


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


def average_precision(gold: Bools, probabilities: npt.NDArray[np.floating]) -> float | None:
    """
    Give the area under the precision–recall curve as scikit-learn's ``average_precision_score`` sums it.

    :param gold: *Shape:* ``(N,)``, bool.
    :param probabilities: anything that ranks the sentences. *Shape:* ``(N,)``.
    :returns: from 0 to 1, or ``None`` where gold has none.
    """
    return float(average_precision_score(gold, probabilities)) if gold.any() else None


def calibration_error(gold: Bools, probabilities: npt.NDArray[np.floating]) -> float:
    """
    Give the expected calibration error, over 15 bins of equal width.

    The mean distance of a bin's share of present sentences from its mean probability, bins weighted by their sentences
    (Naeini, Cooper & Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning", section 4).

    :param gold: *Shape:* ``(N,)``, bool.
    :param probabilities: from 0 to 1. *Shape:* ``(N,)``.
    :returns: from 0 to 1.
    """
    bins = np.minimum((np.asarray(probabilities, dtype=np.float64) * _BINS).astype(int), _BINS - 1)
    distance = np.bincount(bins, weights=np.asarray(probabilities, dtype=np.float64) - gold, minlength=_BINS)
    return float(np.abs(distance).sum() / len(gold))


def mean(values: list[float | None]) -> float | None:
    """Give the mean of the defined values, or ``None`` where none is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def bootstrap_f1(
    gold: Bools, decisions: Bools, documents: npt.NDArray[np.intp], *, rng: np.random.Generator, draws: int = 2000
) -> tuple[list[Interval | None], Interval | None, Interval | None]:
    """
    Draw documents with replacement and take the 2.5 and 97.5 percentiles of F1.

    Documents are drawn, not sentences, because sentences of one document are not independent (a cluster bootstrap;
    Davison and Hinkley 1997, section 3.8). Draws in which a value is undefined are left out of its percentiles.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param documents: index of each sentence's document, 0 to D - 1. *Shape:* ``(N,)``.
    :param rng: source of the draws.
    :param draws: how many.
    :returns: the interval of each frame, of their mean (macro), and of all frames together (micro); ``None`` where
        there is a single document.
    """
    size, frames = int(documents.max()) + 1, gold.shape[1]
    if size < 2:
        return [None] * frames, None, None
    weights = document_draws(size, rng=rng, draws=draws)
    scores, macro, micro = f1_of_draws(gold, decisions, documents, weights)
    return [percentiles(scores[:, column]) for column in range(frames)], percentiles(macro), percentiles(micro)


def document_draws(size: int, *, rng: np.random.Generator, draws: int) -> npt.NDArray[np.float64]:
    """
    Draw documents with replacement.

    :param size: how many documents there are, D.
    :param rng: source of the draws.
    :param draws: how many times D documents are drawn, B.
    :returns: how often each document was drawn. *Shape:* ``(B, D)``.
    """
    return rng.multinomial(size, np.full(size, 1 / size), size=draws).astype(float)


def f1_of_draws(
    gold: Bools, decisions: Bools, documents: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """
    Give F1 of each draw of documents; nan where it is undefined.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param documents: index of each sentence's document. *Shape:* ``(N,)``.
    :param weights: from :func:`document_draws`. *Shape:* ``(B, D)``.
    :returns: F1 of each frame, *shape:* ``(B, F)``; their mean, *shape:* ``(B,)``; all frames together, likewise.
    """
    frames = gold.shape[1]
    doubled = np.zeros((weights.shape[1], 2 * frames))
    np.add.at(doubled[:, :frames], documents, 2 * (gold & decisions))
    # 2 TP + FP + FN is the number of positives in gold and decisions together.
    np.add.at(doubled[:, frames:], documents, gold.astype(int) + decisions)
    sums = weights @ doubled
    hits, totals = sums[:, :frames], sums[:, frames:]
    with np.errstate(invalid="ignore"):
        scores = hits / totals
        micro = hits.sum(axis=1) / totals.sum(axis=1)
    defined = ~np.isnan(scores)
    macro = np.where(defined, scores, 0).sum(axis=1) / np.maximum(defined.sum(axis=1), 1)
    macro[~defined.any(axis=1)] = np.nan
    return scores, macro, micro


def percentiles(values: npt.NDArray[np.floating]) -> Interval | None:
    """Give the 2.5 and 97.5 percentiles of the defined values, or ``None`` where none is."""
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))
