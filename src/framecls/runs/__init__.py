"""Whole runs, joined from the rooms below: judge models, recipes and coders, and tell what to code next."""

from framecls.runs.agreement import measure_agreement
from framecls.runs.folds import cross_validate
from framecls.runs.holdout import evaluate_model
from framecls.runs.learning import learning_curve
from framecls.runs.suggestion import suggest_sentences

__all__ = ["cross_validate", "evaluate_model", "learning_curve", "measure_agreement", "suggest_sentences"]
