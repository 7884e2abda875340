"""Pages and tables from records. Runs no model."""

from framecls.report.agreement import DisputedSentence, agreement_markdown, merge_markdown
from framecls.report.card import write_model_card
from framecls.report.evaluation_page import ShownMistake, write_evaluation_page, write_learning_page
from framecls.report.page import write_report
from framecls.report.review import write_review
from framecls.report.tables import (
    ceiling_markdown,
    curves_markdown,
    differences_markdown,
    evaluation_markdown,
    learning_markdown,
    slices_markdown,
)

__all__ = [
    "DisputedSentence",
    "ShownMistake",
    "agreement_markdown",
    "ceiling_markdown",
    "curves_markdown",
    "differences_markdown",
    "evaluation_markdown",
    "learning_markdown",
    "merge_markdown",
    "slices_markdown",
    "write_evaluation_page",
    "write_learning_page",
    "write_model_card",
    "write_report",
    "write_review",
]
