"""Reading order of a page of a PDF: rows of words, columns, tables with ruled cells."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple, TypeVar

import numpy as np

from framecls.documents.pdf_words import Rule, Word

__all__ = ["Line", "Table", "align", "in_order", "lines_of"]

#: Shares of the font size: how far baselines of one line may differ, and how wide the white between columns is.
_SAME_LINE, _GUTTER = 0.5, 0.9
#: Columns have at least so many lines, and so many words in each on average.
_COLUMN_LINES, _COLUMN_WORDS = 4, 2.5
_BIN = 2.0
#: A page with one column is no narrower than so many times its type.
_NARROWEST = 24
#: Ruled lines nearer than this meet; a page with more of them is a drawing.
_TOUCH, _MOST_RULES = 3.0, 500


class Line(NamedTuple):
    """
    A line of text in a column.

    :param left: where the lines of its column begin.
    :param right: where they end.
    """

    words: tuple[Word, ...]
    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    page: int
    left: float
    right: float


class Table(NamedTuple):
    """A table: rows of cells, each a list of lines."""

    rows: list[list[list[Line]]]
    x0: float
    x1: float
    y: float
    bottom: float
    page: int


class _Item(NamedTuple):
    """A word or a table, as far as its place matters."""

    x0: float
    x1: float
    y: float
    size: float
    thing: Word | Table


_Placed = TypeVar("_Placed", Word, _Item)


def in_order(words: Sequence[Word], rules: Sequence[Rule], page: int) -> list[list[Line | Table]]:
    """
    Bring what stands on a page into the order in which it is read.

    :param words: its words.
    :param rules: its ruled lines.
    :param page: its number, from 1.
    :returns: its columns, and the stretches that run over all columns, each from top to bottom.
    """
    tables, rest = _ruled_tables(words, rules, page)
    items = [_Item(word.x0, word.x1, word.y, word.size, word) for word in rest]
    items += [_Item(table.x0, table.x1, table.y, 1.0, table) for table in tables]
    if not items:
        return []
    columns: list[list[Line | Table]] = []
    for column in _columns(items):
        text = [item.thing for item in column if isinstance(item.thing, Word)]
        things: list[Line | Table] = [item.thing for item in column if isinstance(item.thing, Table)]
        things += lines_of(text, page)
        columns.append(sorted(things, key=lambda thing: thing.y))
    return columns


def align(pages: Sequence[list[list[Line | Table]]]) -> None:
    """
    Give the pages with one column the right edge that is usual among them, so that a short line is known as one.

    :param pages: the columns of each page, whose lines are replaced.
    """
    alone = [columns[0] for columns in pages if len(columns) == 1]
    edges = sorted(
        max(thing.right for thing in column if isinstance(thing, Line)) for column in alone if _has_line(column)
    )
    usual = edges[int(0.75 * (len(edges) - 1))] if edges else 0.0
    for column in alone:
        for index, thing in enumerate(column):
            if isinstance(thing, Line):
                right = max(thing.right, usual, thing.left + _NARROWEST * thing.size)
                column[index] = thing._replace(right=right)


def _has_line(column: Sequence[Line | Table]) -> bool:
    return any(isinstance(thing, Line) for thing in column)


def lines_of(words: Sequence[Word], page: int) -> list[Line]:
    """
    Put words that share a baseline on lines.

    :param words: words of one column or cell.
    :param page: the page they stand on.
    :returns: lines from top to bottom.
    """
    if not words:
        return []
    left, right = min(word.x0 for word in words), max(word.x1 for word in words)
    lines = []
    for row in _rows(words):
        row.sort(key=lambda word: word.x0)
        weights: dict[float, int] = {}
        bold = 0
        for word in row:
            weights[word.size] = weights.get(word.size, 0) + len(word.text)
            bold += len(word.text) if word.bold else 0
        size = max(weights, key=lambda each: (weights[each], each))
        baseline = next(word.y for word in row if word.size == size)
        text = " ".join(word.text for word in row)
        count = sum(weights.values())
        lines.append(
            Line(tuple(row), text, row[0].x0, row[-1].x1, baseline, size, bold >= 0.9 * count, page, left, right)
        )
    return lines


def _rows(things: Sequence[_Placed]) -> Iterator[list[_Placed]]:
    """Yield what stands on one baseline, from top to bottom."""
    row: list[_Placed] = []
    top = size = 0.0
    for thing in sorted(things, key=lambda each: (each.y, each.x0)):
        if row and thing.y - top > _SAME_LINE * max(size, thing.size):
            yield row
            row = []
        if not row:
            top, size = thing.y, thing.size
        row.append(thing)
        size = max(size, thing.size)
    if row:
        yield row


def _columns(items: Sequence[_Item]) -> Iterator[list[_Item]]:
    """Yield the columns of a page in reading order, what runs over several of them apart."""
    gutter = _gutter(items) if len(items) > _COLUMN_LINES else None
    if gutter is None:
        if items:
            yield list(items)
        return
    x, top, bottom = gutter
    yield from _columns([item for item in items if item.y < top])
    within = [item for item in items if top <= item.y <= bottom]
    yield from _columns([item for item in within if item.x1 <= x])
    yield from _columns([item for item in within if item.x1 > x])
    yield from _columns([item for item in items if item.y > bottom])


def _gutter(items: Sequence[_Item]) -> tuple[float, float, float] | None:
    """
    Find the white between two columns: a place that no word of many successive rows covers, with text on both sides.

    :returns: its place, and the first and the last baseline beside it; ``None`` where the text is in one column.
    """
    rows = list(_rows(items))
    if len(rows) < _COLUMN_LINES:
        return None
    half = _GUTTER * median(item.size for item in items) / 2
    begin, end = min(item.x0 for item in items), max(item.x1 for item in items)
    cover = np.zeros((len(rows), int((end - begin) / _BIN) + 1), dtype=bool)
    for number, row in enumerate(rows):
        for item in row:
            cover[number, max(0, int((item.x0 - half - begin) / _BIN)) : int((item.x1 + half - begin) / _BIN) + 1] = (
                True
            )
    places = begin + (np.arange(cover.shape[1]) + 0.5) * _BIN
    left = ~cover & (np.array([min(item.x0 for item in row) for row in rows])[:, None] < places)
    right = ~cover & (np.array([max(item.x1 for item in row) for row in rows])[:, None] > places)
    found: dict[tuple[int, int], list[int]] = {}
    scores: dict[tuple[int, int], int] = {}
    for place in np.flatnonzero(np.minimum(left.sum(0), right.sum(0)) >= _COLUMN_LINES):
        edges = np.flatnonzero(np.diff(np.concatenate(([True], cover[:, place], [True])).astype(np.int8)))
        for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
            stretch = slice(first, last + 1)
            score = min(left[stretch, place].sum(), right[stretch, place].sum())
            if score >= _COLUMN_LINES:
                found.setdefault((int(first), int(last)), []).append(int(place))
                scores[int(first), int(last)] = max(int(score), scores.get((int(first), int(last)), 0))
    for first, last in sorted(found, key=lambda stretch: (-scores[stretch], stretch))[:8]:
        at = found[first, last]
        x = float(places[at[len(at) // 2]])
        stretch_rows = _trim(rows[first : last + 1], x, above=first > 0, below=last < len(rows) - 1)
        beside = [item for row in stretch_rows for item in row]
        if all(_is_column(side, end - begin) for side in _sides(beside, x)):
            return x, min(item.y for item in beside), max(item.y for item in beside)
    return None


def _sides(items: Sequence[_Item], x: float) -> tuple[list[_Item], list[_Item]]:
    return [item for item in items if item.x1 <= x], [item for item in items if item.x1 > x]


def _trim(rows: list[list[_Item]], x: float, *, above: bool, below: bool) -> list[list[_Item]]:
    """Leave out what stands apart on one side over or under the columns: it belongs to the text over or under them."""
    gaps = [after[0].y - row[0].y for row, after in pairwise(rows)]
    usual = median(gaps) if gaps else 0.0
    first, last = 0, len(rows)
    for index in range(min(3, len(gaps))) if above else ():
        if gaps[index] > 2 * usual and all(item.x1 > x for row in rows[: index + 1] for item in row):
            first = index + 1
    for index in range(len(gaps) - 1, max(len(gaps) - 4, first), -1) if below else ():
        if gaps[index] > 1.8 * usual and not all(_sides([item for row in rows[index + 1 :] for item in row], x)):
            last = index + 1
    return rows[first:last]


def _is_column(items: Sequence[_Item], width: float) -> bool:
    """Tell a column of running text from one of a table: it is wide, and most of its lines are filled with words."""
    if any(isinstance(item.thing, Table) for item in items):
        return True
    rows = list(_rows(items))
    if len(rows) < _COLUMN_LINES or len(items) < _COLUMN_WORDS * len(rows):
        return False
    begin, end = min(item.x0 for item in items), max(item.x1 for item in items)
    if end - begin < max(0.15 * width, 6 * median(item.size for item in items)):
        return False
    filled = sum(max(item.x1 for item in row) - begin >= 0.7 * (end - begin) for row in rows)
    return filled >= 0.45 * len(rows)


def _ruled_tables(words: Sequence[Word], rules: Sequence[Rule], page: int) -> tuple[list[Table], list[Word]]:
    """Find the tables whose cells have ruled lines around them; gives them, and the words outside."""
    tables = []
    rest = list(words)
    for group in _touching(rules):
        columns = _distinct(rule.x0 for rule in group if rule.x0 == rule.x1)
        lines = _distinct(rule.y0 for rule in group if rule.y0 == rule.y1)
        if len(columns) < 2 or len(lines) < 2 or len(columns) + len(lines) < 5:
            continue
        box = (columns[0], lines[0], columns[-1], lines[-1])
        inside = [word for word in rest if _is_inside(word, box)]
        if inside:
            kept = set(map(id, inside))
            rest = [word for word in rest if id(word) not in kept]
            tables.append(_table(inside, columns, lines, group, page))
    return tables, rest


def _touching(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Group the ruled lines that meet; each line once, however often it was drawn."""
    groups: list[list[Rule]] = []
    for rule in list(dict.fromkeys(Rule(*(float(round(place)) for place in rule)) for rule in rules))[:_MOST_RULES]:
        near = [group for group in groups if any(_touch(rule, other) for other in group)]
        groups = [group for group in groups if not any(group is each for each in near)]
        groups.append([rule, *(other for group in near for other in group)])
    return groups


def _touch(one: Rule, other: Rule) -> bool:
    return (
        one.x0 <= other.x1 + _TOUCH
        and other.x0 <= one.x1 + _TOUCH
        and one.y0 <= other.y1 + _TOUCH
        and other.y0 <= one.y1 + _TOUCH
    )


def _distinct(places: Iterator[float]) -> list[float]:
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > _TOUCH:
            found.append(place)
    return found


def _middle(word: Word) -> tuple[float, float]:
    return (word.x0 + word.x1) / 2, word.y - 0.3 * word.size


def _is_inside(word: Word, box: tuple[float, float, float, float]) -> bool:
    x, y = _middle(word)
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _table(words: Sequence[Word], columns: list[float], lines: list[float], rules: list[Rule], page: int) -> Table:
    """Put words into the cells of a table; cells with no rule between them are one."""
    standing = [rule for rule in rules if rule.x0 == rule.x1]
    lying = [rule for rule in rules if rule.y0 == rule.y1]

    def wall(x: float, y: float) -> bool:
        return any(abs(rule.x0 - x) <= _TOUCH and rule.y0 <= y <= rule.y1 for rule in standing)

    def floor(x: float, y: float) -> bool:
        return any(abs(rule.y0 - y) <= _TOUCH and rule.x0 <= x <= rule.x1 for rule in lying)

    home: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(len(lines) - 1):
        y = (lines[row] + lines[row + 1]) / 2
        for column in range(len(columns) - 1):
            x = (columns[column] + columns[column + 1]) / 2
            if column and not wall(columns[column], y):
                home[row, column] = home[row, column - 1]
            elif row and not floor(x, lines[row]):
                home[row, column] = home[row - 1, column]
            else:
                home[row, column] = (row, column)
    cells: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        x, y = _middle(word)
        row = max(index for index in range(len(lines) - 1) if lines[index] <= y)
        column = max(index for index in range(len(columns) - 1) if columns[index] <= x)
        cells.setdefault(home[row, column], []).append(word)
    rows: dict[int, list[list[Line]]] = {}
    for row, column in sorted(cells):
        rows.setdefault(row, []).append(lines_of(cells[row, column], page))
    return Table(list(rows.values()), columns[0], columns[-1], lines[0], lines[-1], page)
