"""Evaluation against gold. Knows nothing of torch and runs no model."""

from framecls.evaluation.agreement import Agreement, PairAgreement, Reading, disagreement, evaluate_agreement
from framecls.evaluation.bootstrap import IntervalKind, Resampling
from framecls.evaluation.ceiling import Ceiling, FrameCeiling, evaluate_ceiling
from framecls.evaluation.comparison import Difference, compare
from framecls.evaluation.curves import Curves, evaluate_curves
from framecls.evaluation.errors import Confusion, Mistake, confusions, mistakes
from framecls.evaluation.evaluation import Evaluation, FrameScores, evaluate
from framecls.evaluation.metrics import Interval
from framecls.evaluation.slices import Slice, evaluate_slices

__all__ = [
    "Agreement",
    "Ceiling",
    "Confusion",
    "Curves",
    "Difference",
    "Evaluation",
    "FrameCeiling",
    "FrameScores",
    "Interval",
    "IntervalKind",
    "Mistake",
    "PairAgreement",
    "Reading",
    "Resampling",
    "Slice",
    "compare",
    "confusions",
    "disagreement",
    "evaluate",
    "evaluate_agreement",
    "evaluate_ceiling",
    "evaluate_curves",
    "evaluate_slices",
    "mistakes",
]
