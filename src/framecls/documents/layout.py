"""Find the blocks of plain text: paragraphs, hard-wrapped or not, headings, list items, page furniture."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles

from framecls.documents.document import Block, BlockKind

__all__ = ["ENUMERATOR", "find_blocks", "is_page_number"]

_BULLET = r"[-–—•●▪◦*·‣○■□\uf0b7]\s+"
_LETTERED = r"\(?(?:[a-z]|[A-Z]|[ivxl]{1,6})\)\s+"
_NUMBERED = r"(?:\(\d{1,3}\)|\d{1,3}(?:\.\d{1,3})*[.)]|\d{1,3}(?:\.\d{1,3})+)\s+"
#: What may stand before the words of an item or a numbered paragraph.
ENUMERATOR = re.compile(rf"(?:{_BULLET}|{_LETTERED}|{_NUMBERED})")
_ITEM = re.compile(rf"(?:{_BULLET}|{_LETTERED})")
_PAGE_NUMBER = re.compile(
    r"(?:page\s+)?[-–—|\[(]*\s*(?:\d{1,4}|[ivxl]{1,6})\s*(?:(?:of|/|sur|von)\s*\d{1,4})?\s*[-–—|\])]*", re.IGNORECASE
)
_FINAL = re.compile(r"[.!?…][\"'”’»)\]]*\d{0,3}$")
#: A clause that another follows: "noting the report;", "to meet; and".
_CLAUSE_END = re.compile(r"[;,:](?:\s+(?:and|or))?$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SECTION = re.compile(
    r"(?:(?:part|title|chapter|section|sec\.|article|art\.|annex|appendix|protocol|preamble)\b|\d+(?:\.\d+)*\.?\s|[IVXL]+\.\s|[A-Z]\.\s)",
    re.IGNORECASE,
)
_HEADING_WORDS = 16
_WRAPPED_WIDTH = 130


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def is_page_number(line: str) -> bool:
    """
    Tell whether a line holds nothing but a page number.

    :param line: the line without white space at its ends.
    :returns: whether it does.
    """
    return bool(line) and any(c.isdigit() for c in line) and _PAGE_NUMBER.fullmatch(line) is not None


def find_blocks(text: str) -> tuple[Block, ...]:
    """
    Find the blocks of a plain text.

    An empty line always ends a block. Without one, a line goes on in the next when the text is hard-wrapped and
    nothing (an enumerator, a semicolon, a short line before a capital) speaks against it.

    :param text: the text, with line ends of any kind.
    :returns: its blocks, in order; together they hold every character that is not white space.
    """
    groups = list(_line_groups(text))
    wrapped = _is_hard_wrapped(groups)
    blocks = []
    for group in groups:
        for lines in _split_group(group, wrapped=wrapped):
            kind = _kind(lines)
            level = _level(lines[0].text) if kind == "heading" else None
            blocks.append(Block(kind, lines[0].start, lines[-1].end, level=level))
    return tuple(blocks)


def _line_groups(text: str) -> Iterator[list[_Line]]:
    """Yield the runs of lines between empty lines."""
    group: list[_Line] = []
    position = 0
    for raw in text.splitlines(keepends=True):
        content = raw.strip()
        if content:
            start = position + len(raw) - len(raw.lstrip())
            group.append(_Line(start, start + len(content), content))
        elif group:
            yield group
            group = []
        position += len(raw)
    if group:
        yield group


def _is_hard_wrapped(groups: Sequence[Sequence[_Line]]) -> bool:
    """Tell whether line ends fall inside sentences: often no full stop before and no capital after them."""
    pairs = [(line, after) for group in groups for line, after in pairwise(group)]
    if len(pairs) < 2:
        return bool(pairs) and _runs_on(*pairs[0])
    lengths = [len(line.text) for line, _ in pairs]
    # The inclusive method stays within the lengths seen; the other goes past them where there are only a few lines.
    widest = quantiles(lengths, n=10, method="inclusive")[-1]
    return widest <= _WRAPPED_WIDTH and sum(_runs_on(*pair) for pair in pairs) >= 0.3 * len(pairs)


def _runs_on(line: _Line, after: _Line) -> bool:
    return not re.search(r"[.;:!?]$", line.text) and after.text[0].islower() and not ENUMERATOR.match(after.text)


def _split_group(group: Sequence[_Line], *, wrapped: bool) -> Iterator[list[_Line]]:
    if not wrapped:
        yield from ([line] for line in group)
        return
    # Not the longest line: one title that was not wrapped would make every other line look short.
    width = sorted(len(line.text) for line in group)[int(0.9 * (len(group) - 1))]
    block = [group[0]]
    for line, after in pairwise(group):
        if _ends_block(line, after, width):
            yield block
            block = []
        block.append(after)
    yield block


def _ends_block(line: _Line, after: _Line, width: int) -> bool:
    starts_new = after.text[0].isupper() or ENUMERATOR.match(after.text) is not None
    clause_end = _CLAUSE_END.search(line.text)
    if is_page_number(line.text) or is_page_number(after.text):
        return True
    if ENUMERATOR.match(after.text) and not re.match(r"\d", after.text):
        return True
    if ENUMERATOR.match(after.text) and (_FINAL.search(line.text) or clause_end):
        return True
    if clause_end and clause_end[0][0] != "," and starts_new:
        return True
    return starts_new and len(line.text) < 0.6 * width and len(line.text) + len(after.text.split()[0]) + 1 < width


def _kind(lines: Sequence[_Line]) -> BlockKind:
    first = lines[0].text
    if len(lines) == 1 and is_page_number(first):
        return "furniture"
    if _ITEM.match(first):
        return "list_item"
    if len(lines) == 1 and _looks_like_heading(first):
        return "heading"
    return "paragraph"


def _looks_like_heading(line: str) -> bool:
    words = _WORD.findall(line)
    if not words or len(words) > _HEADING_WORDS:
        return False
    if line[-1] in ".?!…–—-" or _FINAL.search(line) or _CLAUSE_END.search(line):
        return False
    if line.isupper() or _SECTION.match(line):
        return True
    return line[0].isupper() or line[0].isdigit()


def _level(line: str) -> int:
    """Guess the depth of a heading: capitals and parts above numbered sections, these by their numbers."""
    number = re.match(r"(\d+(?:\.\d+)*)", line)
    if number:
        return 1 + len(number[1].split("."))
    return 1 if line.isupper() else 2
