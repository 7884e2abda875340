"""Whole runs, joined from the rooms below: evaluate a saved model, a recipe by cross-validation, what to code next."""

from framecls.runs.folds import cross_validate
from framecls.runs.holdout import evaluate_model
from framecls.runs.suggestion import suggest_sentences

__all__ = ["cross_validate", "evaluate_model", "suggest_sentences"]
