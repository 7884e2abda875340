"""Reading order of a page of a PDF: rows of words, columns, tables with ruled cells."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple, TypeVar

import numpy as np

from framecls.documents.layout import ENUMERATOR
from framecls.documents.pdf_words import Rule, Word

__all__ = ["Gutter", "Line", "Table", "align", "in_order", "lines_of"]

#: Shares of the font size: how far baselines of one line may differ, and how wide the white between columns is.
_SAME_LINE, _GUTTER = 0.5, 0.75
#: Columns have at least so many lines, and so many words in each on average.
_COLUMN_LINES, _COLUMN_WORDS = 4, 2.5
_BIN = 1.0
#: A page with one column is no narrower than so many times its type.
_NARROWEST = 24
#: White of this many times the type parts the cells of a row; even white up to so much is that of a justified line.
_CELL_GAP, _LOOSEST = 1.5, 3.5
#: Ruled lines nearer than this meet; a page with more of them is a drawing.
_TOUCH, _MOST_RULES = 3.0, 500


class Gutter(NamedTuple):
    """The white between two columns: a place in it, and where the right one begins."""

    x: float
    edge: float


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


def in_order(
    words: Sequence[Word], rules: Sequence[Rule], page: int, gutters: Sequence[Gutter] = ()
) -> tuple[list[list[Line | Table]], list[Gutter]]:
    """
    Bring what stands on a page into the order in which it is read.

    :param words: its words.
    :param rules: its ruled lines.
    :param page: its number, from 1.
    :param gutters: those of other pages; where this one has the same, one line beside it is enough.
    :returns: its columns, and the stretches that run over all columns, each from top to bottom; and its gutters.
    """
    tables, rest = _ruled_tables(words, rules, page)
    items = [_Item(word.x0, word.x1, word.y, word.size, word) for word in rest]
    items += [_Item(table.x0, table.x1, table.y, 1.0, table) for table in tables]
    if not items:
        return [], []
    columns: list[list[Line | Table]] = []
    found: list[Gutter] = []
    for column in _columns(items, gutters, found):
        text = [item.thing for item in column if isinstance(item.thing, Word)]
        things: list[Line | Table] = [item.thing for item in column if isinstance(item.thing, Table)]
        things += _with_open_tables(lines_of(text, page))
        columns.append(sorted(things, key=lambda thing: thing.y))
    return columns, found


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
        if thing.size > size:
            size = thing.size
        if row and thing.y - top > _SAME_LINE * size:
            yield row
            row = []
        if not row:
            top, size = thing.y, thing.size
        row.append(thing)
    if row:
        yield row


def _columns(items: Sequence[_Item], known: Sequence[Gutter], found: list[Gutter]) -> Iterator[list[_Item]]:
    """Yield the columns of a page in reading order, what runs over several of them apart."""
    place = _gutter(items, known) if len(items) > _COLUMN_LINES else None
    if place is None:
        if items:
            yield list(items)
        return
    gutter, top, bottom = place
    found.append(gutter)
    yield from _columns([item for item in items if item.y < top], known, found)
    left, right = _sides([item for item in items if top <= item.y <= bottom], gutter.x)
    yield from _columns(left, known, found)
    yield from _columns(right, known, found)
    yield from _columns([item for item in items if item.y > bottom], known, found)


def _gutter(items: Sequence[_Item], known: Sequence[Gutter]) -> tuple[Gutter, float, float] | None:
    """
    Find the white between two columns: a place that no word of many successive rows covers, with text on both sides.

    :returns: it, and the first and the last baseline beside it; ``None`` where the text is in one column.
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
    seen: dict[bytes, list[tuple[int, int]]] = {}
    for place in np.flatnonzero(np.minimum(left.sum(0), right.sum(0)) >= _COLUMN_LINES):
        # Places beside each other are mostly covered by the same rows.
        key = left[:, place].tobytes() + right[:, place].tobytes()
        if key in seen:
            for stretch in seen[key]:
                found[stretch].append(int(place))
            continue
        seen[key] = []
        edges = np.flatnonzero(np.diff(np.concatenate(([True], cover[:, place], [True])).astype(np.int8)))
        for first, last in zip(edges[::2].tolist(), (edges[1::2] - 1).tolist(), strict=True):
            rows_beside = slice(first, last + 1)
            score = int(min(left[rows_beside, place].sum(), right[rows_beside, place].sum()))
            if score >= _COLUMN_LINES:
                seen[key].append((first, last))
                found.setdefault((first, last), []).append(int(place))
                scores[first, last] = max(score, scores.get((first, last), 0))
    for first, last in sorted(found, key=lambda stretch: (-scores[stretch], stretch[0] - stretch[1], stretch))[:8]:
        at = found[first, last]
        x = float(places[at[len(at) // 2]])
        stretch_rows = _trim(rows[first : last + 1], x, above=first > 0, below=last < len(rows) - 1)
        beside = [item for row in stretch_rows for item in row]
        if all(_is_column(side, end - begin) for side in _sides(beside, x)):
            edge = min(item.x0 for item in _sides(beside, x)[1])
            return Gutter(x, edge), min(item.y for item in beside), max(item.y for item in beside)
    for gutter in known:
        near = _beside(rows, gutter)
        if near is not None:
            return gutter, min(item.y for item in near), max(item.y for item in near)
    return None


def _beside(rows: Sequence[list[_Item]], gutter: Gutter) -> list[_Item] | None:
    """Give what stands beside a gutter that other pages have, if it keeps to the columns and one of them is filled."""
    free = [row for row in rows if all(item.x1 <= gutter.x or item.x0 >= gutter.edge - _TOUCH for item in row)]
    beside = [item for row in free for item in row]
    left, right = _sides(beside, gutter.x)
    begins = [min(item.x0 for item in row) for row in _rows(right)]
    if not left or not right or any(begin - gutter.edge > 3 * right[0].size for begin in begins):
        return None
    width = max(item.x1 for item in beside) - min(item.x0 for item in beside)
    inner = [row for row in rows if min(item.y for item in beside) <= row[0].y <= max(item.y for item in beside)]
    return beside if len(inner) == len(free) and any(_is_column(side, width) for side in (left, right)) else None


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


def _with_open_tables(lines: Sequence[Line]) -> Iterator[Line | Table]:
    """Put lines that stand in columns of short cells, without rules around them, together as tables."""
    group: list[tuple[Line, list[list[Word]]]] = []
    for line in lines:
        parts = _parts(line)
        if group and not _fits_below(group, line, parts):
            yield from _open_table(group)
            group = []
        if len(parts) > 1 or group:
            group.append((line, parts))
        else:
            yield line
    yield from _open_table(group)


def _parts(line: Line) -> list[list[Word]]:
    """Cut a line where it has gaps wider than its others, though not behind the number of an item."""
    gaps = [after.x0 - word.x1 for word, after in pairwise(line.words)]
    wide = _CELL_GAP * line.size
    if len(gaps) > 1:
        # A justified line may be loose, but evenly so.
        even = max(gaps) - min(gaps) < 0.15 * max(gaps) < 0.15 * _LOOSEST * line.size
        wide = max(gaps) + 1 if even else max(wide, 2.2 * min(gaps) if min(gaps) < wide else wide)
    parts = [[line.words[0]]]
    for gap, after in zip(gaps, line.words[1:], strict=True):
        first = " ".join(each.text for each in parts[0]) + " "
        if gap >= wide and not (len(parts) == 1 and ENUMERATOR.fullmatch(first)):
            parts.append([after])
        else:
            parts[-1].append(after)
    return parts


def _fits_below(group: Sequence[tuple[Line, list[list[Word]]]], line: Line, parts: Sequence[Sequence[Word]]) -> bool:
    last = group[-1][0]
    if line.y - last.y > 2.6 * max(line.size, last.size):
        return False
    cells = [(part[0].x0, part[-1].x1) for _, row in group for part in row]
    aligned = [
        any(
            min(abs(x0 - part[0].x0), abs(x1 - part[-1].x1), abs(x0 + x1 - part[0].x0 - part[-1].x1) / 2) <= _TOUCH
            for x0, x1 in cells
        )
        for part in parts
    ]
    if len(parts) == 1:
        # The rest of a cell that did not fit on a line; below the first column, it may as well be the next paragraph.
        return aligned[0] and line.x0 > group[0][0].x0 + line.size and line.y - last.y < 1.5 * line.size
    return sum(aligned) >= max(2, len(parts) - 1)


def _open_table(group: Sequence[tuple[Line, list[list[Word]]]]) -> Iterator[Line | Table]:
    rows: list[list[list[Line]]] = []
    for line, parts in group:
        cells = [lines_of(part, line.page) for part in parts]
        small = all(part[0].text[0].islower() for part in parts)
        homes = [_home(rows[-1], part[0].x0) if rows and (len(parts) == 1 or small) else None for part in parts]
        if rows and all(home is not None for home in homes):
            for home, cell in zip(homes, cells, strict=True):
                if home is not None:
                    home += cell
        else:
            rows.append(cells)
    wide = sum(len(row) > 2 for row in rows)
    if len(rows) < 3 and wide < 2:
        yield from (line for line, _ in group)
        return
    lines = [line for line, _ in group]
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    yield Table(rows, left, right, lines[0].y, lines[-1].y, lines[0].page)


def _home(row: Sequence[list[Line]], x: float) -> list[Line] | None:
    return next((cell for cell in row if abs(cell[0].x0 - x) <= _TOUCH), None)
