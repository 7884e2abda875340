"""Whole runs, joined from the rooms below: evaluate a model, a recipe or its engines; what to code next."""

from framecls.runs.engines import compare_engines, engines_markdown, keep_held_out
from framecls.runs.folds import cross_validate
from framecls.runs.holdout import evaluate_model
from framecls.runs.screening import fit_screen, screen_markdown
from framecls.runs.suggestion import suggest_sentences

__all__ = [
    "compare_engines",
    "cross_validate",
    "engines_markdown",
    "evaluate_model",
    "fit_screen",
    "keep_held_out",
    "screen_markdown",
    "suggest_sentences",
]
