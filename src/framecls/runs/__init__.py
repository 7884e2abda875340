"""Whole runs, joined from the rooms below: judge models and recipes, tell what more coding brings, and what to code."""

from framecls.runs.folds import cross_validate
from framecls.runs.holdout import evaluate_model
from framecls.runs.learning import learning_curve
from framecls.runs.suggestion import suggest_sentences

__all__ = ["cross_validate", "evaluate_model", "learning_curve", "suggest_sentences"]
