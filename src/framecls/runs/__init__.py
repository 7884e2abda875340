"""Whole runs, joined from the rooms below: evaluate a saved model, or a recipe by cross-validation."""

from framecls.runs.folds import cross_validate
from framecls.runs.holdout import evaluate_model

__all__ = ["cross_validate", "evaluate_model"]
