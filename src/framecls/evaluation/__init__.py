"""Evaluation against gold. Knows nothing of torch and runs no model."""

from framecls.evaluation.evaluation import Evaluation, FrameScores, evaluate
from framecls.evaluation.metrics import Interval

__all__ = ["Evaluation", "FrameScores", "Interval", "evaluate"]
