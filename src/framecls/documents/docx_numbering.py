"""The numbers that Word sets before paragraphs: "1.", "(a)", "Article 4"; they stand in no text, only in rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from lxml.etree import _Element

from framecls.documents.numerals import written

__all__ = ["Level", "Numbering", "number", "value_of"]

_LEVELS = 9


def value_of(element: _Element | None, path: str) -> str | None:
    """
    Give the ``w:val`` of an element below another.

    :param element: where to look; ``None`` has nothing below it.
    :param path: names of elements, each in another, such as ``w:pPr/w:pStyle``.
    :returns: its value, ``None`` if there is no such element.
    """
    for name in path.split("/"):
        if element is None:
            return None
        element = element.find(qn(name))
    return None if element is None else element.get(qn("w:val"), "")


def number(value: str | None, default: int = 0) -> int:
    """
    Read a number from an attribute.

    :param value: its value.
    :param default: what a missing or malformed one counts as.
    :returns: the number.
    """
    return int(value) if value is not None and re.fullmatch(r"-?\d{1,9}", value) else default


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: what its numbers look like."""

    start: int = 1
    form: str = "decimal"
    pattern: str = "%1."
    restart: int | None = None
    legal: bool = False


@dataclass(slots=True)
class Numbering:
    """
    The lists of a Word document, counted on as its paragraphs are read in order.

    :param lists: what each list looks like, by its number: the counters it shares with others, and its levels.
    :param restarts: where a list starts anew, by its number and level.
    """

    lists: Mapping[str, tuple[str, Mapping[int, Level]]]
    restarts: dict[str, dict[int, int]]
    _counters: dict[str, list[int | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: _Element | None) -> "Numbering":
        """
        Read the lists of a document.

        :param root: its numbering; ``None`` where it has none.
        :returns: its lists, not yet counted.
        """
        if root is None:
            return cls({}, {})
        abstract = {each.get(qn("w:abstractNumId")): each for each in root.iterfind(qn("w:abstractNum"))}
        styled = {value_of(each, "w:styleLink"): each for each in abstract.values()}
        lists: dict[str, tuple[str, Mapping[int, Level]]] = {}
        restarts: dict[str, dict[int, int]] = {}
        for num in root.iterfind(qn("w:num")):
            id, key = num.get(qn("w:numId"), ""), value_of(num, "w:abstractNumId") or ""
            found = abstract.get(key)
            link = value_of(found, "w:numStyleLink")
            if link is not None and styled.get(link) is not None:
                found = styled[link]
                key = found.get(qn("w:abstractNumId"), key)
            levels = {} if found is None else _levels(found)
            for override in num.iterfind(qn("w:lvlOverride")):
                depth = number(override.get(qn("w:ilvl")))
                levels.update(_levels(override))
                start = value_of(override, "w:startOverride")
                if start is not None:
                    restarts.setdefault(id, {})[depth] = number(start, 1)
            lists[id] = (key, levels)
        return cls(lists, restarts)

    def label(self, id: str, depth: int) -> str:
        """
        Count on, and give what Word shows before a paragraph.

        :param id: the number of its list.
        :param depth: the level of the list it is on, from 0.
        :returns: its number with what is around it; empty for a bullet, or a list that is not known.
        """
        if id not in self.lists or not 0 <= depth < _LEVELS:
            return ""
        key, levels = self.lists[id]
        level = levels.get(depth, Level())
        counters = self._counters.setdefault(key, [None] * _LEVELS)
        again = self.restarts.get(id, {}).pop(depth, None)
        current = counters[depth]
        counters[depth] = again if again is not None else level.start if current is None else current + 1
        for deeper in range(depth + 1, _LEVELS):
            after = levels.get(deeper, Level()).restart
            if after is None or (after and depth < after):
                counters[deeper] = None
        if level.form in ("bullet", "none"):
            return "" if level.form == "bullet" else re.sub(r"%\d", "", level.pattern).strip()

        def shown(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            other = levels.get(index, Level())
            count = counters[index]
            return written(other.start if count is None else count, "decimal" if level.legal else other.form)

        return re.sub(r"%([1-9])", shown, level.pattern).strip()


def _levels(element: _Element) -> dict[int, Level]:
    levels = {}
    for level in element.iterfind(qn("w:lvl")):
        restart = value_of(level, "w:lvlRestart")
        levels[number(level.get(qn("w:ilvl")))] = Level(
            number(value_of(level, "w:start"), 1),
            value_of(level, "w:numFmt") or "decimal",
            value_of(level, "w:lvlText") or "",
            None if restart is None else number(restart),
            value_of(level, "w:isLgl") not in (None, "0", "false"),
        )
    return levels
