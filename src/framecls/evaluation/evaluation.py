"""Gold, probabilities and decisions in, one record out. Runs no model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.errors import EvaluationError
from framecls.evaluation.bootstrap import IntervalKind, Resampling, bootstrap_f1
from framecls.evaluation.metrics import (
    Counts,
    Floats,
    Interval,
    average_precision,
    brier_score,
    calibration_error,
    count,
    f1,
    macro,
    matthews,
    mean,
    precision,
    recall,
    roc_auc,
)

__all__ = ["Evaluation", "FrameScores", "evaluate"]


@dataclass(frozen=True, slots=True)
class FrameScores:
    """
    How well one frame was found; values are ``None`` where undefined.

    :param frame: its name, or ``macro`` or ``micro``.
    :param precision: TP / (TP + FP).
    :param recall: TP / (TP + FN).
    :param f1: of the positive class.
    :param f1_interval: 95 %, from a bootstrap of documents.
    :param average_precision: area under the precision–recall curve; ``None`` also for ``micro``.
    :param support: sentences that carry it in gold.
    :param calibration_error: expected calibration error of the probabilities; ``None`` for ``micro``, and where the
        scores are no probabilities.
    :param brier: mean squared distance of the probabilities from gold; ``None`` likewise.
    :param roc_auc: area under the ROC curve; ``None`` for ``micro``.
    :param matthews: correlation of decisions with gold; ``None`` for ``micro``.
    """

    frame: str
    precision: float | None
    recall: float | None
    f1: float | None
    f1_interval: Interval | None
    average_precision: float | None
    support: int
    calibration_error: float | None = None
    brier: float | None = None
    roc_auc: float | None = None
    matthews: float | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    One system on one set of sentences.

    :param system: what decided.
    :param sentences: N.
    :param documents: D.
    :param frames: one for each frame, in the codebook's order.
    :param macro: unweighted mean over the frames that gold has, whatever the system decided; of calibration error and
        Brier score over all frames.
    :param micro: all frames' decisions counted together.
    :param exact_match: share of sentences with exactly the gold frames.
    :param weighted: whether sentences count by their weight.
    :param interval: how the intervals of F1 were drawn.
    """

    system: str
    sentences: int
    documents: int
    frames: tuple[FrameScores, ...]
    macro: FrameScores
    micro: FrameScores
    exact_match: float
    weighted: bool = False
    interval: Resampling = field(kw_only=True)

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain values for JSON."""
        return asdict(self)


def evaluate(
    gold: npt.NDArray[np.bool_],
    probabilities: npt.NDArray[np.floating],
    decisions: npt.NDArray[np.bool_],
    *,
    frames: Sequence[str],
    document_ids: Sequence[str] | npt.NDArray[Any],
    system: str = "model",
    calibrated: bool = False,
    weights: Floats | None = None,
    interval: IntervalKind = "percentile",
    seed: int = 0,
    draws: int = 2000,
) -> Evaluation:
    """
    Evaluate decisions against gold.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param probabilities: their order counts, for average precision. *Shape:* ``(N, F)``.
    :param decisions: what the system decided with them. *Shape:* ``(N, F)``, bool.
    :param frames: names of the F frames, in column order.
    :param document_ids: document of each sentence, the unit that is resampled: a list, an array, a column of a data
        frame.
    :param system: name for tables.
    :param calibrated: whether they are meant as probabilities, so that their calibration can be judged.
    :param weights: what each sentence counts for, such as one over the chance it had to be drawn, so that an enriched
        sample speaks for what it was drawn from; 1 by default. Support counts sentences. *Shape:* ``(N,)``.
    :param interval: kind of the intervals.
    :param seed: of the bootstrap.
    :param draws: of the bootstrap.
    :returns: the record.
    :raises EvaluationError: the arrays do not fit together, or there is no sentence.
    """
    size = (len(document_ids), len(frames))
    for name, array in (("gold", gold), ("probabilities", probabilities), ("decisions", decisions)):
        if array.shape != size:
            raise EvaluationError(f"{name} has shape {array.shape}, expected {size} (sentences, frames)")
    if not len(document_ids):
        raise EvaluationError("there is no sentence to evaluate on")
    if not np.isfinite(probabilities).all():
        raise EvaluationError("a probability is not a finite number; the model is damaged")
    if calibrated and not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise EvaluationError("a probability is not from 0 to 1; calibration cannot be judged")
    if weights is not None and (weights.shape != (size[0],) or not (np.isfinite(weights) & (weights > 0)).all()):
        raise EvaluationError("weights must be one number above 0 for each sentence")
    ids, documents = np.unique(np.asarray(document_ids), return_inverse=True)
    intervals, macro_interval, micro_interval = bootstrap_f1(
        gold,
        decisions,
        documents,
        rng=np.random.default_rng(seed),
        draws=draws,
        weights=weights,
        kind=interval,
    )
    counts = [count(gold[:, i], decisions[:, i], weights) for i in range(len(frames))]
    scores = tuple(
        FrameScores(
            frame=frame,
            precision=precision(counts[i]),
            recall=recall(counts[i]),
            f1=f1(counts[i]),
            f1_interval=intervals[i],
            average_precision=average_precision(gold[:, i], probabilities[:, i], weights),
            support=int(gold[:, i].sum()),
            calibration_error=calibration_error(gold[:, i], probabilities[:, i], weights) if calibrated else None,
            brier=brier_score(gold[:, i], probabilities[:, i], weights) if calibrated else None,
            roc_auc=roc_auc(gold[:, i], probabilities[:, i], weights),
            matthews=matthews(gold[:, i], decisions[:, i], weights),
        )
        for i, frame in enumerate(frames)
    )
    support = [s.support for s in scores]
    total = sum(counts, start=Counts(0, 0, 0))
    averaged = FrameScores(
        frame="macro",
        precision=macro([s.precision for s in scores], support),
        recall=macro([s.recall for s in scores], support),
        f1=macro([s.f1 for s in scores], support),
        f1_interval=macro_interval,
        average_precision=macro([s.average_precision for s in scores], support),
        support=sum(support),
        calibration_error=mean([s.calibration_error for s in scores]),
        brier=mean([s.brier for s in scores]),
        roc_auc=macro([s.roc_auc for s in scores], support),
        matthews=macro([s.matthews for s in scores], support),
    )
    micro = FrameScores("micro", precision(total), recall(total), f1(total), micro_interval, None, sum(support))
    exact = float(np.average((gold == decisions).all(axis=1), weights=weights))
    return Evaluation(
        system,
        len(document_ids),
        len(ids),
        scores,
        averaged,
        micro,
        exact,
        weights is not None,
        interval=Resampling(interval, draws, seed),
    )
