"""
The one decision path: a score is calibrated to a probability, and a probability is held against its frame's threshold.

Both are fitted per frame, on a split that is named and stored with them.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from framecls.config import Target
from framecls.errors import EvaluationError

__all__ = ["Decision", "FrameDecision", "best_f1_threshold", "expected_f1_threshold", "f1_threshold", "threshold_at"]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]

#: Share of the best F1 that the threshold to be expected best may cost.
_LOSS = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDecision:
    """
    How scores of one frame become a decision.

    :param slope: of the calibration, above 0, so that it never reorders sentences.
    :param intercept: of the calibration.
    :param threshold: least probability at which the frame is present.
    :param support: sentences with the frame among those it was fitted on.
    """

    slope: float
    intercept: float
    threshold: float
    support: int

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"the slope of a calibration must be above 0, found {self.slope}")
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"a threshold must be from 0 to 1, found {self.threshold}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    The decisions of all F frames, in the codebook's order.

    :param frames: one for each frame.
    :param fitted_on: name of the split it was fitted on.
    :param size: sentences in that split.
    :param target: what the thresholds were fitted for.
    """

    frames: tuple[FrameDecision, ...]
    fitted_on: str
    size: int
    target: str = "f1"

    @classmethod
    def fit(
        cls,
        scores: npt.NDArray[np.floating],
        gold: npt.NDArray[np.bool_],
        *,
        frames: Sequence[str],
        fitted_on: str,
        target: str = "f1",
        strict: bool = True,
    ) -> Self:
        """
        Fit calibration and thresholds.

        :param scores: logits. *Shape:* ``(N, F)``.
        :param gold: frames of the same sentences. *Shape:* ``(N, F)``, bool.
        :param frames: names of the frames, for messages.
        :param fitted_on: name of the split the sentences are from.
        :param target: what thresholds are fitted for; see :class:`framecls.config.Target`.
        :param strict: refuse a target that is out of reach for a frame; else that frame is fitted for F1, with a
            warning.
        :returns: the decision.
        :raises ConfigError: the target cannot be read.
        :raises EvaluationError: a frame is on none, or on all, of the sentences, or the target is out of reach.
        """
        wanted = Target.parse(target)
        fitted = []
        for column, frame in enumerate(frames):
            support = int(gold[:, column].sum())
            if support in (0, len(gold)):
                raise EvaluationError(
                    f"{fitted_on}: {support} of {len(gold)} sentences carry {frame!r}; "
                    "fitting its threshold needs sentences with and without it, so add annotated documents"
                )
            slope, intercept = _platt(scores[:, column].astype(np.float64), gold[:, column])
            probabilities = _calibrate(scores[:, column], slope, intercept)
            if wanted.value is None:
                threshold = f1_threshold(probabilities, gold[:, column])
            else:
                try:
                    threshold = threshold_at(probabilities, gold[:, column], wanted, f"{fitted_on}: {frame}")
                except EvaluationError as error:
                    if strict:
                        raise
                    logger.warning("%s; its threshold is fitted for F1", error)
                    threshold = f1_threshold(probabilities, gold[:, column])
            fitted.append(FrameDecision(slope=slope, intercept=intercept, threshold=threshold, support=support))
        return cls(frames=tuple(fitted), fitted_on=fitted_on, size=len(gold), target=str(wanted))

    def probabilities(self, scores: npt.NDArray[np.floating]) -> Floats:
        """
        Calibrate scores.

        :param scores: logits. *Shape:* ``(N, F)``.
        :returns: probabilities, 0 to 1. *Shape:* ``(N, F)``, float32.
        """
        columns = [_calibrate(scores[:, i], f.slope, f.intercept) for i, f in enumerate(self.frames)]
        return np.stack(columns, axis=1)

    def decide(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """
        Hold probabilities against the thresholds.

        :param probabilities: calibrated ones. *Shape:* ``(N, F)``.
        :returns: whether each frame is present. *Shape:* ``(N, F)``, bool.
        """
        # Both in float64: a threshold between two neighbouring float32 numbers would be rounded to one of them.
        return np.asarray(probabilities, dtype=np.float64) >= np.array([frame.threshold for frame in self.frames])


def _calibrate(scores: npt.NDArray[np.floating], slope: float, intercept: float) -> Floats:
    probabilities: Floats = expit(slope * np.asarray(scores, dtype=np.float64) + intercept).astype(np.float32)
    return probabilities


def _platt(scores: npt.NDArray[np.float64], gold: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """
    Fit ``sigmoid(slope · score + intercept)`` to gold by maximum likelihood with Platt's smoothed targets.

    Platt 1999, "Probabilistic outputs for support vector machines", section 2.2. The slope is kept above 0 by fitting
    its logarithm; the search starts from a standardised score, so the scale of the scores does not matter.
    """
    positives = int(gold.sum())
    negatives = len(gold) - positives
    targets = np.where(gold, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    center, spread = scores.mean(), scores.std() or 1.0
    standard = (scores - center) / spread

    def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        slope = np.exp(parameters[0])
        logits = slope * standard + parameters[1]
        value = -(targets * log_expit(logits) + (1 - targets) * log_expit(-logits)).mean()
        residual = expit(logits) - targets
        return float(value), np.array([(residual * standard).mean() * slope, residual.mean()])

    start = np.array([0.0, np.log((positives + 1) / (negatives + 1))])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-7.0, 7.0), (-50.0, 50.0)]).x
    slope = float(np.exp(found[0]) / spread)
    return slope, float(found[1] - slope * center)


def f1_threshold(probabilities: npt.NDArray[np.floating], gold: npt.NDArray[np.bool_]) -> float:
    """
    Find a threshold for F1: the one to be expected best, unless the sentences speak clearly against it.

    F1 counted on the sentences themselves is flat around its top, and with fifty of a frame its best threshold lies
    anywhere on the plateau, while a calibration has two numbers only. Where these cannot follow the scores, as on a few
    sentences that are told apart without a mistake, the threshold to be expected best costs more than 8 % of the best
    F1 counted, and the one counted is taken.

    :param probabilities: calibrated ones of one frame. *Shape:* ``(N,)``.
    :param gold: whether each sentence carries it; at least one does. *Shape:* ``(N,)``, bool.
    :returns: the threshold.
    """
    ranked, present = _ranked(probabilities, gold)
    counted = _f1_curve(present)
    expected = expected_f1_threshold(probabilities)
    accepted = int((ranked >= expected).sum())
    if counted[accepted - 1] < (1 - _LOSS) * counted.max():
        return best_f1_threshold(probabilities, gold)
    return expected


def best_f1_threshold(probabilities: npt.NDArray[np.floating], gold: npt.NDArray[np.bool_]) -> float:
    """
    Find the threshold with the best F1.

    F1 is computed from counts, ``2 TP / (2 TP + FP + FN)``, so that precision and recall of 0 give 0 and never NaN.
    The threshold lies midway between the last probability accepted and the first rejected; of several with the same
    F1 the one that accepts fewest sentences is taken.

    :param probabilities: of one frame. *Shape:* ``(N,)``.
    :param gold: whether each sentence carries it; at least one does. *Shape:* ``(N,)``, bool.
    :returns: the threshold.
    """
    ranked, present = _ranked(probabilities, gold)
    return _between(ranked, _f1_curve(present))


def expected_f1_threshold(probabilities: npt.NDArray[np.floating]) -> float:
    """
    Find the threshold with the best F1 to be expected of calibrated probabilities.

    Accepting the ``n`` likeliest of sentences whose probabilities are ``p``, one expects ``sum of the n largest p`` of
    them to be right and ``sum of p`` to carry the frame, and so an F1 of ``2 sum(accepted p) / (n + sum(p))`` (the
    plug-in rule; Ye et al. 2012, "Optimizing F-measures: a tale of two approaches", and Lipton et al. 2014, "Optimal
    thresholding of classifiers to maximize F1 measure").

    :param probabilities: of one frame. *Shape:* ``(N,)``.
    :returns: the threshold, midway between the last probability accepted and the first rejected.
    """
    ranked = np.sort(probabilities.astype(np.float64))[::-1]
    expected = 2 * np.cumsum(ranked) / (np.arange(1, len(ranked) + 1) + ranked.sum())
    return _between(ranked, expected)


def _ranked(
    probabilities: npt.NDArray[np.floating], gold: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    order = np.argsort(-probabilities, kind="stable")
    return probabilities[order].astype(np.float64), gold[order]


def _f1_curve(present: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Give F1 of accepting the first sentence, the first two, and so on. *Shape:* ``(N,)``."""
    found = np.cumsum(present)
    curve: npt.NDArray[np.float64] = 2 * found / (np.arange(1, len(present) + 1) + found[-1])
    return curve


def _between(ranked: npt.NDArray[np.float64], curve: npt.NDArray[np.float64]) -> float:
    """Put a threshold where the curve is highest."""
    # Only between two different probabilities can a threshold fall.
    possible = np.append(ranked[:-1] > ranked[1:], True)
    best = int(np.argmax(np.where(possible, curve, -np.inf)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    middle = (ranked[best] + below) / 2
    return float(middle if middle > below else ranked[best])


def threshold_at(
    probabilities: npt.NDArray[np.floating], gold: npt.NDArray[np.bool_], target: Target, where: str
) -> float:
    """
    Find the threshold that keeps a precision or a recall and gives up least of the other.

    For a precision that is the lowest threshold at which so large a share of what is accepted is right; for a recall
    the highest at which so large a share of what is there is accepted. Both hold exactly on these sentences and about
    on others.

    :param probabilities: of one frame. *Shape:* ``(N,)``.
    :param gold: whether each sentence carries it; at least one does. *Shape:* ``(N,)``, bool.
    :param target: a precision or a recall.
    :param where: named in the message.
    :returns: the threshold.
    :raises EvaluationError: no threshold gives such a precision.
    """
    assert target.value is not None
    ranked, present = _ranked(probabilities, gold)
    found = np.cumsum(present)
    if target.metric == "recall":
        enough = found >= target.value * found[-1] - 1e-9
        return _between(ranked, np.where(enough, -np.arange(len(ranked), dtype=float), -np.inf))
    possible = np.append(ranked[:-1] > ranked[1:], True)
    precision = np.where(possible, found / np.arange(1, len(ranked) + 1), 0.0)
    enough = precision >= target.value - 1e-9
    if not enough.any():
        raise EvaluationError(
            f"{where}: no threshold gives precision {target.value:g}, the best is {precision.max():.2f}; ask for less"
        )
    return _between(ranked, np.where(enough, np.arange(len(ranked), dtype=float), -1.0))
