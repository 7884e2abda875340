"""Blocks of a PDF out of its lines: paragraphs, over column and page ends too, headings, items, cells, footnotes."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from framecls.documents.document import BlockKind
from framecls.documents.layout import ENUMERATOR, find_blocks
from framecls.documents.pdf_order import Line, Table
from framecls.documents.pdf_words import Rule

__all__ = ["Draft", "Style", "blocks_of_page", "finish", "note_marks", "style_of", "without_marks"]

_FINAL = re.compile(r"[.!?…][\"'”’»)\]]*\d{0,3}$")
_CLAUSE_END = re.compile(r"[;:](?:\s+(?:and|or))?$")
_NUMBERED = re.compile(r"(?:[A-Z]|[IVX]+|\d+(?:\.\d+)*)\.?\s")
#: What a footnote begins with.
_MARK = re.compile(r"(?:(\d{1,3})|[*†‡§]{1,3}|\[(\d{1,3})\]|\((\d{1,3})\))(?:[.)]?\s|(?=[A-Z\"“(]))")
_LONE_MARK = re.compile(r"\d{1,3}|[ivxl]{1,5}|[*†‡§]{1,3}")
_BULLET_OR_LETTER = re.compile(r"[^\w\s(]|\(?[A-Za-z]{1,6}\)")
#: A line of a table of contents: dots, then the page.
_LEADER = re.compile(r"(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxl]{1,6})$")
_BROKEN_WORD = re.compile(r"\w[-\u2010\xad]$")
_DASHES = "-–—"
#: Type this much larger than the body's is a heading's; this much smaller is a footnote's.
_LARGER, _SMALLER = 1.12, 0.93
_HEADING_WORDS, _HEADING_LINES = 30, 4
#: White between lines beyond this multiple of the usual is between paragraphs.
_PARAGRAPH_GAP = 1.35


@dataclass(frozen=True, slots=True)
class Style:
    """
    What is usual in a document.

    :param size: the size of its body type.
    :param leading: from one baseline to the next, as a multiple of the size.
    """

    size: float
    leading: float


@dataclass(slots=True)
class Draft:
    """A block that is still growing."""

    kind: BlockKind | None
    lines: list[Line]
    level: int | None = None
    styled: bool = field(default=False)

    @property
    def text(self) -> str:
        """The words of its last line, by which it is told whether it goes on."""
        return self.lines[-1].text


def style_of(columns: Sequence[Sequence[Line | Table]]) -> Style:
    """
    Find what is usual in a document.

    :param columns: all its columns.
    :returns: the size and the leading of most of its text.
    """
    sizes: Counter[float] = Counter()
    leadings: Counter[float] = Counter()
    for column in columns:
        lines = [thing for thing in column if isinstance(thing, Line)]
        for line in lines:
            sizes[round(line.size, 1)] += len(line.text)
        for line, after in pairwise(lines):
            if abs(line.size - after.size) < 0.2 and 0.8 * line.size < after.y - line.y < 2.6 * line.size:
                leadings[round((after.y - line.y) / line.size, 1)] += len(line.text)
    size = max(sizes, key=lambda each: sizes[each]) if sizes else 10.0
    return Style(size, max(leadings, key=lambda each: leadings[each]) if leadings else 1.2)


def blocks_of_page(
    columns: Sequence[Sequence[Line | Table]], rules: Sequence[Rule], style: Style, last: Draft | None
) -> tuple[list[Draft], list[Draft]]:
    """
    Make blocks of a page.

    :param columns: its lines and tables in reading order.
    :param rules: its ruled lines.
    :param style: what is usual in the document.
    :param last: the last block of the page before, to which the first lines are added where it goes on.
    :returns: the blocks that begin on this page, and its footnotes.
    """
    body: list[Draft] = []
    notes: list[Draft] = []
    for column in columns:
        things, foot = _split_footnotes(column, rules, style)
        notes += _footnotes(foot)
        for draft in _drafts(things, style):
            if last is not None and _goes_on(last, draft):
                last.lines += draft.lines
            else:
                body.append(draft)
                last = draft
    return body, notes


def _drafts(things: Sequence[Line | Table], style: Style) -> Iterator[Draft]:
    lines: list[Line] = []
    for thing in things:
        if isinstance(thing, Line):
            lines.append(thing)
            continue
        yield from _paragraphs(lines, style)
        lines = []
        for row in thing.rows:
            for cell in row:
                for draft in _paragraphs(cell, style):
                    yield Draft("list_item" if draft.kind == "list_item" else "table_cell", draft.lines)
    yield from _paragraphs(lines, style)


def _paragraphs(lines: Sequence[Line], style: Style) -> Iterator[Draft]:
    if not lines:
        return
    steps = [after.y - line.y for line, after in pairwise(lines) if abs(line.size - after.size) < 0.2]
    close = [step for step in steps if step < 1.3 * style.leading * style.size]
    # A stretch with a leading of its own, such as a double-spaced one, is judged by that.
    leading = style.leading * style.size if close or not steps else median(steps)
    block = [lines[0]]
    for line, after in pairwise(lines):
        if _breaks(block, line, after, leading, style):
            yield _draft(block, style)
            block = []
        block.append(after)
    yield _draft(block, style)


def _breaks(block: Sequence[Line], line: Line, after: Line, leading: float, style: Style) -> bool:
    """Tell whether a line begins a new block."""
    if _LEADER.search(line.text) or _LEADER.search(after.text):
        return not (line.text[-1].isalpha() and after.text[0].islower())
    usual = leading * max(line.size, after.size) / style.size
    gap = after.y - line.y
    small = after.text[0].islower()
    final = _FINAL.search(line.text) is not None
    clause = _CLAUSE_END.search(line.text) is not None
    unfinished = small and not final and not clause
    if gap > _PARAGRAPH_GAP * usual and not (unfinished and gap <= 1.6 * usual):
        return True
    if abs(line.size - after.size) > 0.08 * line.size or (line.bold != after.bold and not unfinished):
        return True
    room = line.right - line.x1
    fits = room > _first_width(after) + 0.3 * line.size + 0.02 * (line.right - line.left)
    shift = after.x0 - line.x0
    if _BROKEN_WORD.search(line.text) and not fits:
        return False
    if ENUMERATOR.match(after.text) and _begins_item(line, after, shift, done=final or clause, fits=fits):
        return True
    if fits and (final or (clause and (not small or room > 0.1 * (line.right - line.left) + _first_width(after)))):
        return True
    if clause and after.text[0].isupper() and line.text[-1] != ":":
        return True
    if line.bold and line.size >= style.size * _LARGER:
        return False
    short = 0.25 if len(block) == 1 else 0.5
    if fits and not small and room > short * (line.right - line.left) and not _is_hanging(block, shift):
        return True
    if final and shift > 0.8 * line.size and not _is_hanging(block, shift):
        return True
    return final and shift < -0.8 * line.size and len(block) > 1


def _first_width(line: Line) -> float:
    """Give the width of what a line would have to begin with: its first word, and what cannot be parted from it."""
    last = next((word for word in line.words if not word.tied), line.words[-1])
    return last.x1 - line.x0


def _begins_item(line: Line, after: Line, shift: float, *, done: bool, fits: bool) -> bool:
    aside = abs(shift) > 0.5 * line.size
    if after.text[0] in _DASHES and not done:
        # A dash in the middle of a sentence may come to stand at the beginning of a line.
        return aside
    if done or (fits and not after.text[0].isdigit()):
        return True
    if _BULLET_OR_LETTER.match(after.text):
        return aside or line.text.endswith((",", " and", " or"))
    return aside and fits


def _is_hanging(block: Sequence[Line], shift: float) -> bool:
    """Tell whether a line to the right of its predecessor goes on with an item, whose mark stands to the left of it."""
    return len(block) == 1 and shift > 0 and ENUMERATOR.match(block[0].text) is not None


def _draft(lines: Sequence[Line], style: Style) -> Draft:
    if _LEADER.search(lines[-1].text):
        return Draft("furniture", list(lines))
    words = sum(len(line.words) for line in lines)
    first, last = lines[0], lines[-1]
    short = words <= _HEADING_WORDS and len(lines) <= _HEADING_LINES and last.text[-1] not in ",;"
    ends = last.text[-1] == "." and not (words <= 8 and _NUMBERED.match(first.text))
    lettered = any(char.isalpha() for char in first.text)
    large = min(line.size for line in lines) >= style.size * _LARGER
    bold = all(line.bold for line in lines)
    if short and lettered and not ends and (large or bold):
        return Draft("heading", list(lines), styled=True)
    return Draft(None, list(lines))


def _goes_on(last: Draft, draft: Draft) -> bool:
    """Tell whether the first block of a column or page goes on with what the one before ended with."""
    before, after = last.lines[-1], draft.lines[0]
    if last.kind is not None or draft.kind is not None:
        return False
    if abs(before.size - after.size) > 0.08 * before.size or before.bold != after.bold:
        return False
    if _FINAL.search(before.text) or _CLAUSE_END.search(before.text):
        return False
    if after.text[0].islower() and not ENUMERATOR.match(after.text):
        return True
    # A line that ends though the next word would have fitted ends what it belongs to.
    full = before.right - before.x1 < _first_width(after) + 0.5 * before.size or before.text[-1] in ",-"
    return full and (len(last.lines) > 1 or len(before.words) > 5) and not ENUMERATOR.match(after.text)


def _split_footnotes(
    column: Sequence[Line | Table], rules: Sequence[Rule], style: Style
) -> tuple[Sequence[Line | Table], list[Line]]:
    """Cut the footnotes off the end of a column: below a short rule, or in small type from a mark on."""
    start = len(column)
    while start and isinstance(column[start - 1], Line):
        start -= 1
    tail = [thing for thing in column[start:] if isinstance(thing, Line)]
    for index, line in enumerate(tail):
        above = tail[index - 1].y if index else line.y - 8 * style.size
        under_rule = any(_is_footnote_rule(rule, above, line) for rule in rules)
        if under_rule and (_MARK.match(line.text) or _is_small(tail[index:], style)):
            return column[: start + index], tail[index:]
    first = len(tail)
    while first and _is_small(tail[first - 1 : first], style):
        first -= 1
    for index in range(first, len(tail)):
        if (start + index) and _MARK.match(tail[index].text):
            return column[: start + index], tail[index:]
    return column, []


def _is_footnote_rule(rule: Rule, above: float, line: Line) -> bool:
    """Tell whether a rule parts footnotes from the text: it lies right above a line, at its left end, and is short."""
    length = rule.x1 - rule.x0
    return (
        rule.y0 == rule.y1
        and above < rule.y0 < line.y
        and abs(rule.x0 - line.left) <= 2 * line.size
        and length <= 0.6 * max(line.right - line.left, 12 * line.size)
    )


def _is_small(lines: Sequence[Line], style: Style) -> bool:
    return all(line.size <= _SMALLER * style.size for line in lines)


def _footnotes(lines: Sequence[Line]) -> Iterator[Draft]:
    """Cut footnotes at their marks; a number must be the next one, since a line may begin with any other."""
    block: list[Line] = []
    number = 0
    for line in lines:
        mark = _MARK.match(line.text)
        value = int(next((group for group in mark.groups() if group), 0)) if mark else 0
        if mark and block and (not value or value == number + 1 or (not number and _FINAL.search(block[-1].text))):
            yield Draft("footnote", block)
            block = []
        if mark and not block:
            number = value
        block.append(line)
    if block:
        yield Draft("footnote", block)


def note_marks(drafts: Sequence[Draft]) -> set[str]:
    """
    Find the marks of the notes of a document, by which the marks in its text are known.

    :param drafts: its blocks.
    :returns: what its footnotes and endnotes begin with, "12" or "*".
    """
    marks = set()
    for draft in drafts:
        words = draft.lines[0].words
        found = _MARK.match(draft.lines[0].text) if draft.kind == "footnote" else None
        if found:
            marks.add(next((group for group in found.groups() if group), found[0].strip()))
        elif len(words) > 1 and words[0].size < _SMALLER * words[1].size and _LONE_MARK.fullmatch(words[0].text):
            marks.add(words[0].text)
    return marks


def without_marks(line: Line, marks: set[str]) -> str:
    """
    Give the text of a line without the marks of notes, as they are no part of its sentences.

    :param line: the line.
    :param marks: the marks of the notes there are; any other raised number stays.
    :returns: its text.
    """
    if not any(word.mark in marks for word in line.words if word.mark):
        return line.text
    return " ".join(word.bare if word.mark in marks else word.text for word in line.words)


def finish(drafts: Sequence[Draft]) -> None:
    """
    Settle what the kinds and levels of blocks are, now that they are whole.

    Levels of headings follow their type, the largest first, then their numbers: "2.1" is below "2".

    :param drafts: the blocks of a document in order.
    """
    looks = sorted({_look(draft) for draft in drafts if draft.styled})
    for draft in drafts:
        if draft.styled:
            number = re.match(r"\d+((?:\.\d+)*)", draft.lines[0].text)
            draft.level = min(6, 1 + looks.index(_look(draft)) + (number[1].count(".") if number else 0))
        elif draft.kind is None:
            first = find_blocks(draft.lines[0].text)[0]
            draft.kind = first.kind
            if first.kind in ("heading", "furniture") and len(draft.lines) > 1:
                draft.kind = "paragraph"
            elif first.kind == "heading":
                draft.level = min(6, (first.level or 1) + len(looks))


def _look(draft: Draft) -> tuple[float, bool]:
    return -round(draft.lines[0].size), not draft.lines[0].bold
