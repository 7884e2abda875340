"""Pages and tables from records. Runs no model."""

from framecls.report.page import write_report
from framecls.report.tables import evaluation_markdown

__all__ = ["evaluation_markdown", "write_report"]
