"""Cells and rows of Markdown tables."""

from collections.abc import Sequence

from framecls.evaluation import Interval

__all__ = ["fine", "header", "row", "value", "with_interval"]


def row(cells: Sequence[str]) -> str:
    """
    Lay out a row.

    :param cells: their text; line breaks become blanks and bars are escaped.
    :returns: a line.
    """
    # What a corpus calls its genres or coders must not end a cell.
    plain = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(plain)} |"


def header(cells: Sequence[str]) -> list[str]:
    """
    Lay out the head of a table.

    :param cells: names of the columns.
    :returns: its two lines.
    """
    return [row(cells), row(["---"] * len(cells))]


def value(number: float | None) -> str:
    """
    Write a score.

    :param number: the score, ``None`` where it is undefined.
    :returns: two digits, or an en dash.
    """
    return "–" if number is None else f"{number:.2f}"


def fine(number: float | None) -> str:
    """
    Write a measure of agreement, with three digits: two readings of one kind of reader differ in the third.

    :param number: the measure, ``None`` where it is undefined.
    :returns: three digits, or an en dash.
    """
    return "–" if number is None else f"{number:.3f}"


def with_interval(number: float | None, interval: Interval | None, *, digits: int = 2) -> str:
    """
    Write a score and its interval.

    :param number: the score, ``None`` where it is undefined.
    :param interval: its interval, ``None`` where there is none.
    :param digits: behind the point.
    :returns: such as ``0.81 (0.78–0.84)``, or an en dash.
    """
    if number is None:
        return "–"
    bounds = "" if interval is None else f" ({interval.low:.{digits}f}–{interval.high:.{digits}f})"
    return f"{number:.{digits}f}{bounds}"
