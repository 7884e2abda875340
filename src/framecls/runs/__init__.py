"""
Whole runs, joined from the rooms below.

Evaluate a saved model, a recipe by cross-validation, what to code next, how far coders agree.
"""

from framecls.runs.agreement import measure_agreement
from framecls.runs.folds import cross_validate
from framecls.runs.holdout import evaluate_model
from framecls.runs.suggestion import suggest_sentences

__all__ = ["cross_validate", "evaluate_model", "measure_agreement", "suggest_sentences"]
