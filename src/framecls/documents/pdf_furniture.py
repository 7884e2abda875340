"""Running headers, footers and page numbers of a PDF, told from body text by comparing its pages."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain, pairwise
from statistics import median
from typing import NamedTuple

from framecls.documents.layout import is_page_number
from framecls.documents.pdf_order import Line

__all__ = ["find_furniture"]

#: Lines this near the top or bottom of a page, and no deeper in it than this share of its height, may be furniture.
_EDGE_LINES, _MARGIN = 4, 0.16
_LONGEST = 110
_SECTION = re.compile(r"(?:article|section|chapter|annex|appendix|part|title|rule|schedule)\s+#\.?", re.IGNORECASE)
_ROMAN = re.compile(r"\b[ivxl]{1,6}\b")
_LAST_NUMBER = re.compile(r"(?<![\d.,])(\d{1,4})\W*$|^\W*(\d{1,4})(?![\d.,)])")


class _Candidate(NamedTuple):
    page: int
    row: int
    side: str
    depth: float
    apart: bool
    line: Line
    key: str


def find_furniture(pages: Sequence[Sequence[Line]], edges: Sequence[tuple[float, float]]) -> list[set[int]]:
    """
    Find the lines at the edge of a page that hold its number or recur, but for their digits, on many pages.

    Only lines without a body line between them and the edge count. A line recurs if it is on a third of the pages,
    or on two of them in the very same place and well apart from the text. A line is also furniture if the number
    at its end grows with the pages.

    :param pages: the lines of each page, from top to bottom, whichever column they stand in.
    :param edges: the top and the height of each page.
    :returns: the indices of such lines, a set for each page.
    """
    sides = [
        (_candidates(page, lines, edge, "top"), _candidates(page, lines, edge, "bottom"))
        for page, (lines, edge) in enumerate(zip(pages, edges, strict=True))
    ]
    everywhere = [candidate for both in sides for side in both for candidate in side]
    counts = Counter(key for both in sides for key in {candidate.key for side in both for candidate in side})
    places: dict[tuple[str, str], list[float]] = defaultdict(list)
    offsets: Counter[tuple[str, int]] = Counter()
    for candidate in everywhere:
        places[candidate.side, candidate.key].append(candidate.depth)
        if candidate.apart and (number := _number(candidate)) is not None:
            offsets[candidate.side, number] += 1
    often = 2 if len(pages) == 2 else max(3, 0.3 * len(pages))
    weights: Counter[float] = Counter()
    smallest: dict[str, float] = {}
    for candidate in everywhere:
        smallest[candidate.key] = min(candidate.line.size, smallest.get(candidate.key, candidate.line.size))
    for line in chain.from_iterable(pages):
        weights[round(line.size, 1)] += len(line.text)
    largest = 1.1 * max(weights, key=lambda size: weights[size], default=0.0)

    def is_furniture(candidate: _Candidate) -> bool:
        text = candidate.line.text
        if is_page_number(text):
            return True
        if _SECTION.fullmatch(candidate.key) or len(text) > 2 * _LONGEST:
            return False
        if candidate.line.size > 1.2 * smallest[candidate.key]:
            # A title in large type stands above the text, and again small on the pages behind it.
            return False
        ends_as_text = len(text) > _LONGEST or text[-1] in ".;:,"
        if counts[candidate.key] >= often and not ends_as_text:
            return True
        if not candidate.apart or candidate.line.size > largest or not any(char.isalpha() for char in text):
            return False
        same = sum(abs(depth - candidate.depth) <= 2 for depth in places[candidate.side, candidate.key])
        if same >= (2 if len(pages) < 8 or not ends_as_text else 3):
            return True
        number = _number(candidate)
        # The very number of the page is less of a chance than one that only grows with it.
        needed = 2 if number == 1 else often
        return not ends_as_text and number is not None and offsets[candidate.side, number] >= needed

    found: list[set[int]] = [set() for _ in pages]
    for both in sides:
        for side in both:
            for candidate in side:
                if not is_furniture(candidate):
                    break
                found[candidate.page].add(candidate.row)
    return found


def _candidates(page: int, lines: Sequence[Line], edge: tuple[float, float], side: str) -> list[_Candidate]:
    """Give the lines at one edge of a page, from the edge inwards."""
    top, height = edge
    count = len(lines)
    indices = (
        range(min(_EDGE_LINES, count)) if side == "top" else range(count - 1, max(-1, count - 1 - _EDGE_LINES), -1)
    )
    step = 1 if side == "top" else -1
    gaps = [after.y - line.y for line, after in pairwise(lines)]
    usual = median(gaps) if gaps else 0.0
    found: list[_Candidate] = []
    for index in indices:
        line, inner = lines[index], index + step
        depth = line.y - top if side == "top" else top + height - line.y
        gap = abs(lines[inner].y - line.y) if 0 <= inner < count else 0.0
        white = gap >= 1.6 * usual > 0 or (count <= 3 and gap >= 2 * line.size)
        found.append(_Candidate(page, index, side, depth, white and depth <= _MARGIN * height, line, _key(line.text)))
    # The lines of one header stand close together; the white is behind the innermost.
    for index in range(len(found) - 2, -1, -1):
        if found[index + 1].apart:
            found[index] = found[index]._replace(apart=True)
    return found


def _key(text: str) -> str:
    key = re.sub(r"\d+", "#", text.lower())
    return _ROMAN.sub("#", key) if len(key) < 12 else key


def _number(candidate: _Candidate) -> int | None:
    """Tell by how much the number at an end of the line differs from the number of the page."""
    found = _LAST_NUMBER.search(candidate.line.text)
    return int(found[1] or found[2]) - candidate.page if found else None
