"""HTML pages of evaluations: records as plots and tables, and the surest mistakes in context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from framecls.codebook import Codebook
from framecls.files import write_text
from framecls.report.environment import environment

__all__ = ["ShownMistake", "write_evaluation_page", "write_learning_page"]


@dataclass(frozen=True, slots=True)
class ShownMistake:
    """
    A mistake with the sentence it was made on.

    :param frame: name of the frame.
    :param kind: ``wrong`` or ``missed``.
    :param probability: the system's.
    :param id: of the sentence.
    :param before: the sentence before it.
    :param text: the sentence.
    :param borderline: whether coders would differ over it.
    :param pushes: start, end and push of each word, where the system was asked for them.
    """

    frame: str
    kind: str
    probability: float
    id: str
    before: str
    text: str
    borderline: bool
    pushes: tuple[tuple[int, int, float], ...] = ()

    def stretches(self) -> list[tuple[str, float]]:
        """Cut the sentence into stretches, each with its push from -1 to 1 against the strongest of its words."""
        most = max((abs(value) for _, _, value in self.pushes), default=0.0) or 1.0
        found, position = [], 0
        for start, end, value in self.pushes:
            found += [(self.text[position:start], 0.0), (self.text[start:end], value / most)]
            position = end
        return [*found, (self.text[position:], 0.0)]


def write_evaluation_page(
    path: Path, record: Mapping[str, Any], tables: str, codebook: Codebook, mistakes: Sequence[ShownMistake] = ()
) -> Path:
    """
    Write the page: one file that needs no other.

    :param path: the HTML file.
    :param record: what was written as JSON.
    :param tables: the same as Markdown tables.
    :param codebook: gives titles and colours of the frames.
    :param mistakes: shown at the end, in this order.
    :returns: the file.
    """
    # matplotlib takes a third of a second to import, and the other pages do without it.
    from framecls.report.plots import f1_plot, reliability_plot

    titles, colors = _shown_as(codebook)
    page = (
        environment(autoescape=True)
        .get_template("evaluation.html.j2")
        .render(
            first=record["evaluations"][0],
            what=record.get("split") or record.get("protocol"),
            codebook=codebook,
            titles=titles,
            colors=colors,
            f1=f1_plot(record["evaluations"], titles, colors),
            reliability=reliability_plot(record["curves"], titles, colors),
            tables=_rendered(tables),
            explained=any(one.pushes for one in mistakes),
            mistakes=[(frame, [one for one in mistakes if one.frame == frame]) for frame in codebook.frames],
        )
    )
    write_text(path, page)
    return path


def write_learning_page(path: Path, points: Sequence[Mapping[str, Any]], table: str, codebook: Codebook) -> Path:
    """
    Write the page of a learning curve: one file that needs no other.

    :param path: the HTML file.
    :param points: what was written as JSON, smallest first.
    :param table: the same as a Markdown table.
    :param codebook: gives titles and colours of the frames.
    :returns: the file.
    """
    from framecls.report.plots import learning_plot

    titles, colors = _shown_as(codebook)
    page = (
        environment(autoescape=True)
        .get_template("learning.html.j2")
        .render(
            codebook=codebook,
            systems=[evaluation["system"] for evaluation in points[0]["evaluations"]],
            plot=learning_plot(points, titles, colors),
            table=_rendered(table),
        )
    )
    write_text(path, page)
    return path


def _shown_as(codebook: Codebook) -> tuple[dict[str, str], dict[str, str]]:
    """Give titles and colours of the frames, by name."""
    definitions = codebook.definitions
    return {frame.name: frame.title for frame in definitions}, {frame.name: frame.color for frame in definitions}


def _rendered(markdown: str) -> str:
    page: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return page
