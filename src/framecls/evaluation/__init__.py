"""Evaluation against gold. Knows nothing of torch and runs no model."""

from framecls.evaluation.bootstrap import IntervalKind
from framecls.evaluation.comparison import Difference, compare
from framecls.evaluation.evaluation import Evaluation, FrameScores, evaluate
from framecls.evaluation.metrics import Interval
from framecls.evaluation.slices import Slice, evaluate_slices

__all__ = [
    "Difference",
    "Evaluation",
    "FrameScores",
    "Interval",
    "IntervalKind",
    "Slice",
    "compare",
    "evaluate",
    "evaluate_slices",
]
