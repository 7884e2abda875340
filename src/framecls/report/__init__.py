"""Pages and tables from records. Runs no model."""

from framecls.report.card import write_model_card
from framecls.report.page import write_report
from framecls.report.tables import (
    ceiling_markdown,
    curves_markdown,
    differences_markdown,
    evaluation_markdown,
    slices_markdown,
)

__all__ = [
    "ceiling_markdown",
    "curves_markdown",
    "differences_markdown",
    "evaluation_markdown",
    "slices_markdown",
    "write_model_card",
    "write_report",
]
