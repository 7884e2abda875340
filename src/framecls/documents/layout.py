"""Find the blocks of plain text: paragraphs, hard-wrapped or not, headings, list items, tables, page furniture."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import quantiles

from framecls.documents.document import Block, BlockKind
from framecls.documents.wording import BEFORE_NUMBER, LEADING, PREAMBULAR, alternatives

__all__ = ["BULLET", "ENUMERATOR", "ITEM", "find_blocks", "is_page_number"]

_BULLET = r"[-–—•●▪◦*·‣○■□\uf0b7]\s+"
_LETTER = r"(?:[a-z]|[A-Z]|[ivxl]{1,6})"
#: The space behind an enumerator is often lost; before a capital, or after a lone bracket, it is one all the same.
_LETTERED = rf"(?:\(?{_LETTER}\)\.?\s+|\({_LETTER}\)(?=[A-Z])|{_LETTER}\)(?=[A-Za-z]))"
_NUMBERED = (
    r"(?:(?:\(\d{1,3}\)\.?|\d{1,3}(?:\.\d{1,3})*[.)]{1,2}|\d{1,3}(?:\.\d{1,3})+)\s+"
    r"|\d{1,3}(?:\.\d{1,3})*\.(?=[A-Z][a-z]))"
)
#: What stands before an item that is not counted.
BULLET = re.compile(_BULLET)
#: What may stand before the words of an item or a numbered paragraph.
ENUMERATOR = re.compile(rf"(?:{_BULLET}|{_LETTERED}|{_NUMBERED})")
#: What stands before an item of a list, counted or not.
ITEM = re.compile(rf"(?:{_BULLET}|{_LETTERED}|\d{{1,3}}\)\.?\s+)")
#: A line with nothing but an enumerator, whose words stand on the next; a dash or an asterisk alone parts sections.
_LONE = re.compile(r"[•●▪◦‣○■□\uf0b7]|\(?(?:\d{1,3}|[A-Za-z]|[ivxl]{1,6})\)|(?:\d{1,3}(?:\.\d{1,3})*|[A-Z]|[IVXL]+)\.")
_PAGE_NUMBER = re.compile(
    r"(?:page\s+)?[-–—|\[(]*\s*(?:\d{1,4}|[ivxl]{1,6})\s*(?:(?:of|/|sur|von)\s*\d{1,4})?\s*[-–—|\])]*", re.IGNORECASE
)
_PAGE_NUMBER_LENGTH = 40
_DIGIT = re.compile(r"\d")
_SYMBOL = r"(?:[A-Z]{1,8}(?:/[A-Z0-9][\w.()-]*)+|\d{1,2}-\d{4,6}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,4}(?:/\d{1,4})?)"
#: What stands at the top or bottom of a page beside its number: "A/70/PV.24  01/10/2015", "09-52592 38".
_RUNNING = re.compile(rf"{_SYMBOL}(?:\s+{_SYMBOL}){{0,5}}")
_RUNNING_LENGTH = 60
#: How a sentence ends, footnote marks included.
_FINAL = re.compile(r"[.!?…。！？؟۔][\"'”’»)\]]*(?:\d{1,3}|\[\d{1,3}\]|[¹²³⁰⁴-⁹*†‡]+)?$")
#: A clause that another follows: "noting the report;", "to meet; and".
_CLAUSE_END = re.compile(r"[;,:](?:\s+(?:and|or))?$")
#: How far from its end a line is looked at for how it ends.
_TAIL = 12
_OPEN_END = re.compile(r"[^.;:!?,…”\"»)\]]$")
#: A reference that goes on in the next line, where "13)" or "4." stands first.
_REFERENCE = re.compile(rf"(?<!\w)(?:{alternatives(BEFORE_NUMBER)})\.$")
_PREAMBULAR = re.compile(rf"(?:{alternatives(PREAMBULAR)})\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SECTION = re.compile(
    r"(?:(?:part|title|chapter|section|sec\.|article|art\.|annex|appendix|protocol|preamble)\b|\d+(?:\.\d+)*\.?\s|[IVXL]+\.\s|[A-Z]\.\s)",
    re.IGNORECASE,
)
#: One sentence ends and the next begins, which no heading has.
_INNER_END = re.compile(r"[a-z]{3}[.!?]\s+[A-Z]")
_HEADING_WORDS = 16
_HEADING_LENGTH = 400
_WRAPPED_WIDTH = 130

_ATTRIBUTES = r"(?:\s+[\w:-]+=\"[^\"]{0,8000}\")*"
#: Tags that end a run of words, whole or with their bracket lost: "<td>", "</tr", "<figure class="wide"".
_BLOCK_TAG = re.compile(
    rf"</?(?:table|thead|tbody|tfoot|tr|t[dh]|colgroup|col|figure|figcaption|img|ul|ol|li|div|svg){_ATTRIBUTES}\s*/?>?"
)
_EDGE_TAG = re.compile(rf"\s*(?:</?\w+{_ATTRIBUTES}\s*/?>|</?(?:a|p|span|br|sup){_ATTRIBUTES}\s*/?>?(?![a-z]))")


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
    return (
        len(line) <= _PAGE_NUMBER_LENGTH
        and _DIGIT.search(line) is not None
        and _PAGE_NUMBER.fullmatch(line) is not None
    )


def _is_furniture(line: str) -> bool:
    if len(line) > _RUNNING_LENGTH or not _DIGIT.search(line):
        return False
    return _RUNNING.fullmatch(line) is not None or is_page_number(line)


def _ends(line: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    return pattern.search(line, max(0, len(line) - _TAIL))


def find_blocks(text: str) -> tuple[Block, ...]:
    """
    Find the blocks of a plain text.

    An empty line always ends a block, unless a hard-wrapped sentence plainly runs over it. Without one, a line goes on
    in the next when the text is hard-wrapped and nothing (an enumerator, a semicolon, a short line before a capital)
    speaks against it. Rows of cells between tabs or bars are tables, and tags left in a text are furniture.

    :param text: the text, with line ends of any kind.
    :returns: its blocks, in order; together they hold every character that is not white space.
    """
    groups = list(_with_enumerators(_line_groups(text)))
    wrapped = _is_hard_wrapped(groups)
    blocks: list[Block] = []
    for group in _over_empty_lines(groups) if wrapped else groups:
        for is_table, lines in _tables(group):
            if is_table:
                blocks += _cells(lines)
                continue
            for part in _split_group(lines, wrapped=wrapped):
                kind = _kind(part)
                level = _level(part[0].text) if kind == "heading" else None
                blocks.append(Block(kind, part[0].start, part[-1].end, level=level))
    if "<" in text and _BLOCK_TAG.search(text):
        blocks = [part for block in blocks for part in _without_tags(text, block)]
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


def _with_enumerators(groups: Iterable[list[_Line]]) -> Iterator[list[_Line]]:
    """Join each line that holds nothing but an enumerator to the line after it, over empty lines too."""
    lone: _Line | None = None
    for group in groups:
        joined: list[_Line] = []
        for line in group:
            if lone is not None:
                if _is_furniture(line.text) or ENUMERATOR.match(f"{line.text} "):
                    joined.append(lone)
                else:
                    line = _Line(lone.start, line.end, f"{lone.text} {line.text}")
                lone = None
            if len(line.text) <= 8 and _LONE.fullmatch(line.text):
                lone = line
            else:
                joined.append(line)
        if joined:
            yield joined
    if lone is not None:
        yield [lone]


def _is_hard_wrapped(groups: Sequence[Sequence[_Line]]) -> bool:
    """Tell whether line ends fall inside sentences: often no full stop before and no capital after them."""
    pairs = [(line, after) for group in groups for line, after in pairwise(group)]
    if len(pairs) < 2:
        return bool(pairs) and _runs_on(*pairs[0])
    lengths = [len(line.text) for line, _ in pairs]
    # The inclusive method stays within the lengths seen; the other goes past them where there are only a few lines.
    widest = quantiles(lengths, n=10, method="inclusive")[-1]
    if widest > _WRAPPED_WIDTH:
        return False
    running = [line for line, after in pairs if _runs_on(line, after)]
    if len(running) >= 0.3 * len(pairs):
        return True
    # In a text of items and clauses most line ends tell nothing; of those that could, most must.
    open_ended = sum(
        _ends(line.text, _OPEN_END) is not None and not ENUMERATOR.match(after.text) for line, after in pairs
    )
    return sum(len(line.text) >= 0.6 * widest for line in running) > 0.5 * open_ended


def _runs_on(line: _Line, after: _Line) -> bool:
    return line.text[-1] not in ".;:!?" and after.text[0].islower() and not ENUMERATOR.match(after.text)


def _over_empty_lines(groups: Iterable[list[_Line]]) -> Iterator[list[_Line]]:
    """Join groups between which a hard-wrapped sentence runs on, as it does where a page ended."""
    open_group: list[_Line] = []
    for group in groups:
        if open_group:
            last, first = open_group[-1], group[0]
            width = max(len(line.text) for line in open_group[-4:])
            if (
                len(open_group) > 1
                and len(last.text) >= 0.6 * width
                and _ends(last.text, _OPEN_END)
                and _runs_on(last, first)
                and not _is_furniture(last.text)
            ):
                open_group.extend(group)
                continue
            yield open_group
        open_group = group
    if open_group:
        yield open_group


def _row(line: _Line) -> list[tuple[int, int, str]]:
    """Give the cells of a row of a table, and the bars between them; nothing where the line is no row."""
    if line.text[0] == line.text[-1] == "|" and len(line.text) > 2:
        parts = re.finditer(r"\|[|\s:-]*|[^|]+", line.text)
    elif "\t" in line.text and not ENUMERATOR.match(line.text):
        parts = re.finditer(r"[^\t]+", line.text)
    else:
        return []
    found = []
    for part in parts:
        content = part[0].strip()
        if content:
            start = line.start + part.start() + len(part[0]) - len(part[0].lstrip())
            found.append((start, start + len(content), content))
    return found if len(found) > 1 or line.text[0] == "|" else []


def _tables(group: list[_Line]) -> Iterator[tuple[bool, list[_Line]]]:
    """Yield the runs of a group's lines that are rows of a table, and those that are not."""
    rows = ["\t" in line.text or line.text[0] == "|" for line in group]
    if sum(rows) > 1:
        rows = [rows[index] and bool(_row(line)) for index, line in enumerate(group)]
        alone = [
            rows[index] and not any(rows[other] for other in (index - 1, index + 1) if 0 <= other < len(rows))
            for index in range(len(rows))
        ]
        rows = [row and not single for row, single in zip(rows, alone, strict=True)]
    if sum(rows) < 2:
        yield False, group
        return
    for is_table, part in groupby(zip(rows, group, strict=True), key=lambda pair: pair[0]):
        yield is_table, [line for _, line in part]


def _cells(rows: Sequence[_Line]) -> Iterator[Block]:
    for row in rows:
        for start, end, content in _row(row):
            yield Block("furniture" if content[0] == "|" else "table_cell", start, end)


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
    if _is_furniture(line.text) or _is_furniture(after.text):
        return True
    enumerated = ENUMERATOR.match(after.text) is not None
    starts_new = enumerated or after.text[0].isupper()
    if not starts_new:
        return False
    clause_end = _ends(line.text, _CLAUSE_END)
    if enumerated and not after.text[0].isdigit():
        return True
    if enumerated and (clause_end or (_ends(line.text, _FINAL) and not _ends(line.text, _REFERENCE))):
        return True
    if clause_end and (clause_end[0][0] != "," or _PREAMBULAR.match(after.text)):
        return True
    return len(line.text) < 0.6 * width and len(line.text) + len(after.text.split(None, 1)[0]) + 1 < width


def _kind(lines: Sequence[_Line]) -> BlockKind:
    first = lines[0].text
    if len(lines) == 1 and _is_furniture(first):
        return "furniture"
    if ITEM.match(first):
        return "list_item"
    if len(lines) == 1 and _looks_like_heading(first):
        return "heading"
    return "paragraph"


def _looks_like_heading(line: str) -> bool:
    if len(line) > _HEADING_LENGTH or line[-1] in ".?!…–—-":
        return False
    words = _WORD.findall(line)
    if not words or len(words) > _HEADING_WORDS:
        return False
    if _ends(line, _FINAL) or _ends(line, _CLAUSE_END) or words[-1] in LEADING:
        return False
    if line.isupper() or _SECTION.match(line):
        return True
    if _INNER_END.search(line):
        return False
    return line[0].isupper() or line[0].isdigit()


def _level(line: str) -> int:
    """Guess the depth of a heading: capitals and parts above numbered sections, these by their numbers."""
    number = re.match(r"(\d+(?:\.\d+)*)", line)
    if number:
        return 1 + len(number[1].split("."))
    return 1 if line.isupper() else 2


def _without_tags(text: str, block: Block) -> Iterator[Block]:
    """Cut a block at the tags of tables, lists and figures that were left in it; each tag is furniture."""
    if block.kind == "furniture" or not _BLOCK_TAG.search(text, block.start, block.end):
        yield block
        return
    position = block.start
    opened = ""
    for tag in _BLOCK_TAG.finditer(text, block.start, block.end):
        yield from _between_tags(text, block, position, tag.start(), opened)
        yield Block("furniture", tag.start(), tag.start() + len(tag[0].rstrip()), block.page)
        position, opened = tag.end(), tag[0]
    yield from _between_tags(text, block, position, block.end, opened)


def _between_tags(text: str, block: Block, start: int, end: int, opened: str) -> Iterator[Block]:
    """Yield what stands between two tags, without the links and the like at its beginning."""
    while edge := _EDGE_TAG.match(text, start, end):
        left = edge.start() + len(edge[0]) - len(edge[0].lstrip())
        yield Block("furniture", left, edge.start() + len(edge[0].rstrip()), block.page)
        start = edge.end()
    content = text[start:end]
    if not content.strip():
        return
    kind = block.kind
    if opened.startswith(("<td", "<th")):
        kind = "table_cell"
    elif opened.startswith("<li"):
        kind = "list_item"
    left, right = start + len(content) - len(content.lstrip()), start + len(content.rstrip())
    yield Block(kind, left, right, block.page, block.level if kind == "heading" else None)
