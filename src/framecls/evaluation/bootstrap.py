"""
Intervals by drawing documents with replacement: of F1, and of whatever else is computed of each draw.

Documents are drawn, not sentences, because sentences of one document are not independent (a cluster bootstrap; Davison
and Hinkley 1997, "Bootstrap methods and their application", section 3.8). Draws of few documents vary less than the
documents themselves, so the percentiles lie further out, the fewer there are (the expanded percentile interval;
Hesterberg 2015, "What teachers should know about the bootstrap", section 5.3).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from framecls.errors import EvaluationError
from framecls.evaluation.metrics import Bools, Floats, Interval
from framecls.macro import macro_mean

__all__ = [
    "IntervalKind",
    "Resampling",
    "bootstrap_f1",
    "document_draws",
    "expanded_p",
    "f1_of_draws",
    "percentiles",
    "whole_and_draws",
]

#: ``percentile``: the expanded percentiles of the draws. ``bca``: the same, corrected for bias and skewness.
IntervalKind = Literal["percentile", "bca"]


@dataclass(frozen=True, slots=True)
class Resampling:
    """
    How intervals were drawn, so that they can be drawn again.

    :param kind: of the intervals.
    :param draws: of documents.
    :param seed: of the draws.
    """

    kind: IntervalKind
    draws: int
    seed: int

    def __str__(self) -> str:
        return f"{'BCa' if self.kind == 'bca' else self.kind}, {self.draws:,} draws"


def bootstrap_f1(
    gold: Bools,
    decisions: Bools,
    documents: npt.NDArray[np.intp],
    *,
    rng: np.random.Generator,
    draws: int = 2000,
    weights: Floats | None = None,
    kind: IntervalKind = "percentile",
) -> tuple[list[Interval | None], Interval | None, Interval | None]:
    """
    Draw documents with replacement and give 95 % intervals of F1.

    Draws in which a value is undefined are left out of its interval.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param documents: index of each sentence's document, 0 to D - 1. *Shape:* ``(N,)``.
    :param rng: source of the draws.
    :param draws: how many.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :param kind: ``percentile``, or ``bca`` (Efron 1987, "Better bootstrap confidence intervals").
    :returns: the interval of each frame, of the mean of those that gold has in a draw (macro), and of all frames
        together (micro); ``None`` where there is a single document.
    :raises EvaluationError: the kind is unknown.
    """
    if kind not in get_args(IntervalKind):
        raise EvaluationError(f"interval {kind!r}: give one of {', '.join(get_args(IntervalKind))}")
    size, frames = int(documents.max()) + 1, gold.shape[1]
    if size < 2:
        return [None] * frames, None, None

    sums = _document_sums(gold, decisions, documents, size, weights)
    drawn = np.column_stack(_f1_of_sums(document_draws(size, rng=rng, draws=draws) @ sums))
    if kind == "percentile":
        found = [percentiles(column, size) for column in drawn.T]
    else:
        total = sums.sum(axis=0, keepdims=True)
        whole = np.column_stack(_f1_of_sums(total))[0]
        # A row for each document, in which it alone is left out.
        without = np.column_stack(_f1_of_sums(total - sums))
        found = [_bca(drawn[:, i], float(whole[i]), without[:, i], size) for i in range(frames + 2)]
    return found[:frames], found[frames], found[frames + 1]


def _bca(drawn: npt.NDArray[np.float64], value: float, without: npt.NDArray[np.float64], size: int) -> Interval | None:
    """
    Correct the percentiles for bias and skewness.

    Efron and Tibshirani 1993, "An introduction to the bootstrap", section 14.3; ties with the value count half.
    """
    drawn, without = drawn[~np.isnan(drawn)], without[~np.isnan(without)]
    if not len(drawn) or np.isnan(value):
        return None
    below = ((drawn < value).sum() + 0.5 * (drawn == value).sum()) / len(drawn)
    if below in (0, 1) or drawn.min() == drawn.max():
        return percentiles(drawn, size)
    bias = ndtri(below)
    distance = without.mean() - without
    spread = (distance**2).sum() ** 1.5
    skew = (distance**3).sum() / (6 * spread) if spread > 0 else 0.0
    normal = _expanded(size)
    shares = ndtr(bias + (bias + normal) / (1 - skew * (bias + normal)))
    low, high = np.quantile(drawn, shares)
    return Interval(float(low), float(high))


def document_draws(size: int, *, rng: np.random.Generator, draws: int) -> npt.NDArray[np.float64]:
    """
    Draw documents with replacement.

    :param size: how many documents there are, D.
    :param rng: source of the draws.
    :param draws: how many times D documents are drawn, B.
    :returns: how often each document was drawn. *Shape:* ``(B, D)``.
    """
    return rng.multinomial(size, np.full(size, 1 / size), size=draws).astype(float)


def whole_and_draws(size: int, *, rng: np.random.Generator, draws: int) -> npt.NDArray[np.float64]:
    """
    Draw documents with replacement, after a row that counts each once and so gives the value itself.

    :param size: how many documents there are, D.
    :param rng: source of the draws.
    :param draws: how many times D documents are drawn, B.
    :returns: how often each document counts. *Shape:* ``(1 + B, D)``.
    """
    return np.concatenate([np.ones((1, size)), document_draws(size, rng=rng, draws=draws)])


def f1_of_draws(
    gold: Bools,
    decisions: Bools,
    documents: npt.NDArray[np.intp],
    times: npt.NDArray[np.float64],
    weights: Floats | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """
    Give F1 of each draw of documents; nan where it is undefined.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param documents: index of each sentence's document. *Shape:* ``(N,)``.
    :param times: from :func:`document_draws`. *Shape:* ``(B, D)``.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: F1 of each frame, *shape:* ``(B, F)``; the mean of those that gold has in the draw, *shape:* ``(B,)``; all
        frames together, likewise.
    """
    return _f1_of_sums(times @ _document_sums(gold, decisions, documents, times.shape[1], weights))


def _document_sums(
    gold: Bools, decisions: Bools, documents: npt.NDArray[np.intp], size: int, weights: Floats | None
) -> npt.NDArray[np.float64]:
    """Sum up by document twice the hits, the positives of gold and decisions, and those of gold: ``(D, 3 F)``."""
    each = np.ones((len(gold), 1)) if weights is None else np.asarray(weights, dtype=np.float64)[:, None]
    # 2 TP + FP + FN is the number of positives in gold and decisions together.
    parts = np.concatenate([2 * each * (gold & decisions), each * (gold.astype(int) + decisions), each * gold], axis=1)
    sums = np.zeros((size, parts.shape[1]))
    np.add.at(sums, documents, parts)
    return sums


def _f1_of_sums(
    sums: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    # Where documents were taken away again, what is left of a frame that is gone may be a rounding error.
    sums = np.where(np.abs(sums) < 1e-9, 0.0, sums)
    hits, totals, support = np.split(sums, 3, axis=1)
    with np.errstate(invalid="ignore"):
        scores = hits / totals
        micro = hits.sum(axis=1) / totals.sum(axis=1)
    return scores, macro_mean(scores, support), micro


def percentiles(values: npt.NDArray[np.floating], size: int) -> Interval | None:
    """
    Give the 95 % interval of drawn values.

    :param values: of each draw; undefined ones are left out.
    :param size: how many documents were drawn from, at least 2.
    :returns: the interval; ``None`` where no value is defined.
    """
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return None
    low, high = np.quantile(values, ndtr(_expanded(size)))
    return Interval(float(low), float(high))


def expanded_p(share: float, size: int) -> float:
    """
    Turn twice the smaller share of draws on either side of a value into the p-value that goes with :func:`percentiles`.

    It is below 0.05 just where the expanded interval leaves the value out, as far as the draws reach: with fewer than
    five documents the interval ends at the outermost of 2,000 draws, and the p-value stays above 0.05.

    :param share: 0 to 1, without 0.
    :param size: how many documents were drawn from, at least 2.
    :returns: the p-value.
    """
    deviations = -ndtri(share / 2) * np.sqrt((size - 1) / size)
    return float(2 * stdtr(size - 1, -deviations))


def _expanded(size: int) -> npt.NDArray[np.float64]:
    """Give the ends of a 95 % interval in standard deviations of the draws of so many documents."""
    end = float(np.sqrt(size / (size - 1)) * stdtrit(size - 1, 0.975))
    return np.array([-end, end])
