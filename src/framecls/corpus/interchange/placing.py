"""
Where a range of another tool stands in a text: positions counted its way, held against the words it quotes.

Tools differ in what they count (a line end as one character or two, a character beyond the basic plane as one or two)
and in whether the end is the last character or the one behind it, and files do not say. So each way of counting is
tried on ranges of all documents, the one under which most of them quote rightly or begin and end with words is taken,
and a range that still does not stand on its words is looked for by them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

__all__ = ["Counting", "GivenRange", "Placement", "Placements", "count", "place"]

#: Ranges the ways of counting are tried on.
_TRIED = 2000
#: One in this many ranges may speak for another kind of end by chance.
_DOUBT = 10
#: Words in this number, and characters, are taken for a quotation even where other names of ranges are none.
_LONG_WORDS, _LONG_CHARACTERS = 3, 15
_ELLIPSES = ("…", "...", "[…]", "[...]")
#: A quotation of this many characters may have been cut short without a mark.
_CUT = 20

LineEnd = Literal["stored", "one", "two"]
CharacterUnit = Literal["code point", "utf-16"]
RangeEnd = Literal["exclusive", "inclusive"]


@dataclass(frozen=True, slots=True)
class Counting:
    """
    How a tool counts positions.

    :param line_end: what a line end counts: ``stored`` (as many characters as the text has there), ``one`` or ``two``.
    :param unit: ``code point``, or ``utf-16`` where a character beyond the basic plane counts two.
    :param end: whether the end is ``exclusive``, one behind the last character, or ``inclusive``, the last character.
    """

    line_end: LineEnd = "stored"
    unit: CharacterUnit = "code point"
    end: RangeEnd = "exclusive"

    def __str__(self) -> str:
        ends = {"stored": "line ends as they are stored", "one": "a line end as one", "two": "a line end as two"}
        units = {"code point": "code points", "utf-16": "UTF-16 units"}
        return f"{units[self.unit]}, {ends[self.line_end]}, the end {self.end}"


@dataclass(frozen=True, slots=True)
class GivenRange:
    """
    A range as a file gives it.

    :param document: id of the document.
    :param start: first position, in whatever the tool counts.
    :param end: last position.
    :param quote: the words said to stand there; may be cut short, or be no quotation but some other name.
    """

    document: str
    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """
    Where a range stands.

    :param start: first character in code points, or ``None`` where it could not be placed.
    :param end: one past the last character, or ``None``.
    :param moved: whether it was found by its words, not where the file says.
    :param reason: why it could not be placed, or empty.
    """

    start: int | None
    end: int | None
    moved: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Placements:
    """
    Where ranges stand.

    :param ranges: one for each range given, in order.
    :param counting: the way of counting that fits them best.
    """

    ranges: tuple[Placement, ...]
    counting: Counting


@dataclass(slots=True)
class _Ruler:
    """A text with the positions of its characters under each way of counting, made when first asked for."""

    text: str
    scales: dict[tuple[str, str], npt.NDArray[np.int64] | None] = field(default_factory=dict)

    def range(self, start: int, end: int, counting: Counting) -> tuple[int, int] | None:
        """Give a range in code points; ``None`` where it is empty, reversed or leaves the text."""
        last = end + (counting.end == "inclusive")
        if not 0 <= start < last:
            return None
        scale = self.scale(counting)
        if scale is None:
            return (start, last) if last <= len(self.text) else None
        if last > scale[-1]:
            return None
        first, behind = np.searchsorted(scale, (start, last))
        return (int(first), int(behind)) if first < behind else None

    def scale(self, counting: Counting) -> npt.NDArray[np.int64] | None:
        """Give the position of each character and of the end; ``None`` where positions are those of code points."""
        key = counting.line_end, counting.unit
        if key not in self.scales:
            self.scales[key] = self._measure(counting)
        return self.scales[key]

    def _measure(self, counting: Counting) -> npt.NDArray[np.int64] | None:
        text = self.text
        wide = counting.unit == "utf-16" and not text.isascii()
        pairs = counting.line_end == "one" and "\r\n" in text
        bare = counting.line_end == "two" and ("\n" in text or "\r" in text)
        if not (wide or pairs or bare):
            return None
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        widths = np.ones(len(points), dtype=np.int64)
        if wide:
            widths[points > 0xFFFF] = 2
        returns, feeds = points == 13, points == 10
        in_pair = np.zeros(len(points), dtype=bool)
        in_pair[:-1] = returns[:-1] & feeds[1:]
        if pairs:
            widths[in_pair] = 0
        if bare:
            after_return = np.concatenate([[False], returns[:-1]])
            widths[(returns & ~in_pair) | (feeds & ~after_return)] = 2
        return np.concatenate([[0], np.cumsum(widths)])


def place(
    texts: Mapping[str, str],
    ranges: Sequence[GivenRange],
    *,
    preferred: Counting | None = None,
    known: bool = False,
    certain: bool = False,
) -> Placements:
    """
    Place ranges in their texts.

    :param texts: text of each document, by id.
    :param ranges: the ranges of one file, which counts all of them alike.
    :param preferred: how the tool is known to count; taken unless another way fits better.
    :param known: whether the file is sure to count as preferred, so that words decide only where a range leaves the
        text.
    :param certain: whether ``quote`` is always a quotation; otherwise it may be a name people gave, and a short one is
        only believed where most others of the file are quotations.
    :returns: their places.
    """
    rulers = {id: _Ruler(text) for id, text in texts.items()}
    counting = preferred or Counting()
    if not known:
        counting = _best(rulers, ranges, counting)
    trusted = certain or _mostly_quotations(rulers, ranges, counting)
    found = []
    for given in ranges:
        ruler = rulers[given.document]
        exact = ruler.range(given.start, given.end, counting) if known else None
        found.append(Placement(*exact) if exact else _place(ruler, given, counting, trusted, certain))
    return Placements(tuple(found), counting)


def count(text: str, ranges: Sequence[tuple[int, int]], counting: Counting) -> list[tuple[int, int]]:
    """
    Say where ranges stand as a tool counts.

    :param text: the text.
    :param ranges: first characters and those one past the last, in code points.
    :param counting: how the tool counts.
    :returns: the same ranges in its positions.
    """
    scale = _Ruler(text).scale(counting)
    last = counting.end == "inclusive"
    if scale is None:
        return [(start, end - last) for start, end in ranges]
    return [(int(scale[start]), int(scale[end]) - last) for start, end in ranges]


def _sample(ranges: Sequence[GivenRange]) -> Sequence[GivenRange]:
    return ranges[:: max(1, len(ranges) // _TRIED)]


def _best(rulers: Mapping[str, _Ruler], ranges: Sequence[GivenRange], preferred: Counting) -> Counting:
    sample = _sample(ranges)
    best = preferred
    most = _score(rulers, sample, preferred)
    for counting in _countings(preferred):
        # How ends are meant touches every range, so a few that are odd must not decide it.
        doubt = len(sample) // _DOUBT if counting.end != preferred.end else 0
        if (score := _score(rulers, sample, counting) - doubt) > most:
            best, most = counting, score
    return best


def _countings(preferred: Counting) -> Iterator[Counting]:
    """Yield every way of counting, those nearest to the preferred one first."""
    ways = [Counting(*way) for way in product(get_args(LineEnd), get_args(CharacterUnit), get_args(RangeEnd))]
    for name in ("end", "unit", "line_end"):
        ways.sort(key=lambda way: getattr(way, name) != getattr(preferred, name))
    yield from ways


def _score(rulers: Mapping[str, _Ruler], sample: Sequence[GivenRange], counting: Counting) -> int:
    score = 0
    for given in sample:
        ruler = rulers[given.document]
        found = ruler.range(given.start, given.end, counting)
        if found is not None:
            score += 1 + _fit(ruler.text, *found, given.quote)
    return score


def _fit(text: str, start: int, end: int, quote: str) -> int:
    """
    Grade how a range fits its quotation, and only where that leaves it open, how its ends fit the text.

    :returns: 15 for the quotation to the character, 10 for its words with other white space, 5 to 9 for the first of
        them and 0 to 4 for none, by whether its ends stand beside words. So no way of counting is better than one that
        quotes every range to the character.
    """
    if quote and text[start:end] == quote:
        return 15
    if quote and _same_words(text, start, end, quote):
        return 10
    return _clean(text, start, end) + 5 * _quotes(text, start, end, quote)


def _clean(text: str, start: int, end: int) -> int:
    """Count 2 for each end of a range that stands beside a word, 1 for one on white space, 0 for one inside a word."""
    return _beside(text, start, text[start]) + _beside(text, end, text[end - 1])


def _beside(text: str, cut: int, inner: str) -> int:
    if inner.isspace():
        return 1
    return 0 if 0 < cut < len(text) and text[cut - 1].isalnum() and text[cut].isalnum() else 2


def _quotes(text: str, start: int, end: int, quote: str) -> bool:
    """Tell whether a quotation, of all words or of the first, is one of a range."""
    if not quote:
        return False
    if text[start:end] == quote or _same_words(text, start, end, quote):
        return True
    found, wanted = " ".join(text[start:end].split()), " ".join(quote.split())
    head = _head(wanted)
    return (len(head) < len(wanted) or len(wanted) >= _CUT) and bool(head) and found.startswith(head)


def _same_words(text: str, start: int, end: int, quote: str) -> bool:
    return text[start:end].split() == quote.split()


def _head(quote: str) -> str:
    """Give a quotation without the mark that it was cut short."""
    for mark in _ELLIPSES:
        if quote.endswith(mark):
            return quote.removesuffix(mark).rstrip()
    return quote


def _mostly_quotations(rulers: Mapping[str, _Ruler], ranges: Sequence[GivenRange], counting: Counting) -> bool:
    named = [given for given in _sample(ranges) if given.quote]
    right = 0
    for given in named:
        ruler = rulers[given.document]
        found = ruler.range(given.start, given.end, counting)
        right += found is not None and _quotes(ruler.text, *found, given.quote)
    return 2 * right > len(named)


def _place(ruler: _Ruler, given: GivenRange, counting: Counting, trusted: bool, certain: bool) -> Placement:
    text, quote = ruler.text, given.quote.strip()
    expected = ruler.range(given.start, given.end, counting)
    believed = bool(quote) and (trusted or (len(quote) >= _LONG_CHARACTERS and len(quote.split()) >= _LONG_WORDS))
    if expected is not None and (not believed or _quotes(text, *expected, quote)):
        return Placement(*expected)
    if believed:
        for other in _countings(counting):
            found = ruler.range(given.start, given.end, other)
            if found is not None and _quotes(text, *found, quote):
                return Placement(*found, moved=True)
        nearest = _find(text, quote, given)
        if nearest is not None:
            return Placement(*nearest, moved=True)
    if certain and believed:
        return Placement(None, None, reason="its words do not stand in the text, neither in its range nor elsewhere")
    if expected is not None:
        return Placement(*expected)
    if given.start >= given.end + (counting.end == "inclusive"):
        return Placement(None, None, reason=f"its range {given.start} to {given.end} is empty")
    return Placement(
        None, None, reason=f"its range {given.start} to {given.end} leaves the text, which has {len(text)} characters"
    )


def _find(text: str, quote: str, given: GivenRange) -> tuple[int, int] | None:
    """Find a quotation, the place nearest to where it is expected; ``None`` where the text does not have it."""
    head = _head(quote)
    if not head:
        return None
    pattern = r"\s+".join(map(re.escape, head.split()))
    places = [match.span() for match in re.finditer(pattern, text)]
    if not places:
        return None
    start, end = min(places, key=lambda span: abs(span[0] - given.start))
    if head != quote:
        # Only the first words are known; the rest is as long as the range says.
        end = min(len(text), max(end, start + given.end - given.start))
    return start, end
