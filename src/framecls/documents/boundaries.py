"""Where a sentence ends within a block: nupunkt's full stops, corrected by what official texts look like."""

import re
from collections.abc import Iterator
from functools import cache

from nupunkt import PunktSentenceTokenizer, load

from framecls.documents.layout import ENUMERATOR
from framecls.documents.wording import (
    ABBREVIATIONS,
    AFTER_COMMA,
    BEFORE_NUMBER,
    LABELS,
    MAY_END,
    OPERATIVE,
    PREAMBULAR,
    STARTERS,
    alternatives,
)

__all__ = ["WORD", "sentence_ranges"]

#: What makes a run of characters a sentence: two letters side by side.
WORD = re.compile(r"[^\W\d_]{2,}")

#: A sentence longer than this is cut at its semicolons; resolutions run to thousands of words in one.
_LONG_WORDS = 90
#: No word, and the space after it, is shorter: what has fewer characters need not be counted.
_WORD_LENGTH = 3

_CLOSING = r"[”’»\"')\]]*"
_OPENING = r"[“‘«\"'(\[—–-]*"
_CAPITAL = r"A-ZÀ-ÖØ-ÞЀ-Я"
_STARTER = rf"(?={_OPENING}(?:{alternatives(STARTERS)})\b)"
_STARTS = re.compile(_STARTER)
#: A place that may end a sentence; a block without one inside has nothing to ask nupunkt about.
_CANDIDATE = re.compile(r"[.!?…]\S{0,12}\s")
#: A plain word with a full stop, and a capital after it.
_PLAIN_END = re.compile(
    rf"(?<![\w.])(?P<word>[^\W\d_]{{2,}})[.!?]{_CLOSING}(?P<end>)\s+(?=[¿¡]?{_OPENING}[{_CAPITAL}\u0600-\u06ff])"
)
#: An abbreviation that can stand last, and a word that begins sentences after it.
_ABBREVIATED_END = re.compile(rf"(?<!\w)(?:{alternatives(MAY_END)})\.{_CLOSING}(?P<end>)\s+{_STARTER}")
#: Times of day end a sentence before any capital but that of a day or a time zone.
_TIME_END = re.compile(
    r"\b[ap]\.m\.(?P<end>)\s+(?=[A-Z][a-z])"
    r"(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Eastern|Central|Mountain|Pacific|Greenwich)"
)
#: A letter that names something, as in "Annex B. The Board" and "vitamin D. It", or a person's initial.
_LETTER_END = re.compile(rf"(?<!\w)(?P<word>[^\W\d_]+)\s+[A-Z]\.{_CLOSING}(?P<end>)\s+{_STARTER}")
#: A remark in brackets that is a sentence of its own, as in minutes: "(Applause.) The session".
_REMARK_END = re.compile(r"\([A-Z][^()]{0,80}[.!?]\)(?P<end>)\s+(?=[“‘\"(]?[A-Z])")
#: nupunkt knows an ellipsis before a capital, and not before a quotation.
_ELLIPSIS_END = re.compile(r"(?<=\w)(?:…|\.\.\.)(?P<end>)\s+(?=[“\"][A-Z])")
#: Full stops of other scripts, some of which need no space after them.
_FOREIGN_END = re.compile(r"(?:[。！？]+[」』”’）]*(?P<end>)(?=\s*\S)|[؟۔।]+[”’»)]*(?P<spaced>)(?=\s+\S))")

#: A footnote mark between a full stop and the next capital: "policy.12 The", "policy.[3] The", "policy.”12 The".
_GLUED_FOOTNOTE = re.compile(
    r"(?:(?<=[^\W\d_”’)\"])|(?<=[”’)\"])|(?<=\s(?:19|20)\d\d))"
    r"[.!?][”’\")]?(?:\d{1,3}(?:,\d{1,3})*|\[\d{1,3}\]|[¹²³⁰⁴-⁹]+|[*†‡]+)(?=\s+[\"“‘(]?[A-Z])"
)
#: A counted paragraph within a line: "report. 2. It invites", "report; 2. Invites".
_INLINE_NUMBER = re.compile(
    rf"(?P<before>[.;:!?…]{_CLOSING}|;\s+and)(?P<gap>\s+)(?:§\s*)?"
    rf"(?:\(\d{{1,3}}\)|\d{{1,3}}(?:\.\d{{1,3}})*[.)])\s+(?={_OPENING}[{_CAPITAL}])"
)
_ENUMERATED = r"(?:\(?(?:[a-z]|[ivx]{1,5}|\d{1,3})[.)]\s+|PP\d+\s+)?"
#: A clause whose line end was lost, told by how the clauses of resolutions begin.
_CLAUSE = re.compile(
    rf"(?:;(?:\s+and)?\s+(?={_ENUMERATED}(?:{alternatives(PREAMBULAR | OPERATIVE)})\b)"
    rf"|;\s+(?=Now,?\s+[Tt]herefore)|,\s*(?=(?:PP\d+\s+)?(?:{alternatives(AFTER_COMMA)})\b))"
)
#: A lone enumerator, which belongs to the words after it: "2.", "(b)", "Article 4.", "SEC. 12.", "Option 1.".
_LONE_ENUMERATOR = re.compile(
    r"[\"“‘]?(?:(?:§|(?:art(?:icle)?|sec(?:tion)?|para(?:graph)?|chapter|rule|nos?"
    rf"|{alternatives(LABELS)})\.?(?:\s+\d+[a-z]?[.:]?)?)\s*)?"
    r"(?:\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxl]{1,6})[.)])?",
    re.IGNORECASE,
)
_LONE_LENGTH = 40
_LAST_TOKEN = re.compile(r"\S{1,24}\Z")
_NEXT = re.compile(r"\s*(?P<next>\S)")
#: How far the end of a bracket is looked for.
_BRACKET = 300

#: Where an overlong sentence is cut, the better places first; each later row only for what is still too long.
_SHORTENING = (
    (
        re.compile(r";(?:\s+(?:and|or))?\s+"),
        # An item of a list whose line ends were lost: "… Connecticut - State of …", "… surgery ¥ Treatment …".
        re.compile(r"\s+(?=[-–•¥▪]\s+[A-Z0-9])"),
    ),
    (
        # A text in lower case, or with its spaces lost, has no capital to tell where a sentence begins.
        re.compile(r"(?<=[a-z]{3})[.!?]\s+(?=[a-z])"),
        re.compile(r"\s+(?=(?:ARTICLE|SECTION|CHAPTER|ANNEX)\s+[\dIVX]+)"),
        re.compile(r"(?<=[;:,.–—-])\s*(?=\((?:[a-z]{1,2}|[ivx]{1,5}|\d{1,2})\)\s?\w)"),
        re.compile(r"(?<=[a-z.;,])\s+(?=(?:[a-z]|\d{1,2})\.\s+[a-z]{2})"),
        re.compile(r":\s+(?=[A-Z“\"(])"),
        re.compile(r",\s+(?=(?:Striving|Proceeding|Intending|Hoping)\b)"),
    ),
    (
        re.compile(r";\s*(?=\S)"),
        re.compile(r"\s+(?=\((?:[a-z]{1,2}|[ivx]{1,5}|\d{1,2})\)\s+\w)"),
        re.compile(r"\s+[-–—]+\s+(?=\S)"),
    ),
)


@cache
def _punkt() -> PunktSentenceTokenizer:
    return load("default")


def sentence_ranges(content: str) -> Iterator[tuple[int, int]]:
    """
    Cut the text of a block.

    :param content: the text.
    :returns: ranges that follow one another and hold all of it, white space included.
    """
    start = 0
    for end in [*_boundaries(content), len(content)]:
        yield from _shorten(content, start, end, 0)
        start = end


def _boundaries(content: str) -> list[int]:
    """Give the positions where one sentence ends and the next begins."""
    cuts: set[int] = set()
    # What a rule of ours found is not asked again whether an abbreviation stands before it.
    sure = {match.end() for match in _CLAUSE.finditer(content)}
    if _CANDIDATE.search(content):
        cuts.update(end for _, end in _punkt().span_tokenize(content))
        cuts.update(_plain_ends(content))
        sure.update(_abbreviated_ends(content))
        for note in _GLUED_FOOTNOTE.finditer(content):
            # nupunkt may cut before the mark, which belongs to the sentence that it ends.
            cuts.difference_update(range(note.start(), note.end()))
            sure.add(note.end())
    for number in _INLINE_NUMBER.finditer(content):
        if _is_reference(content, number.start("before") + 1):
            continue
        cuts.difference_update(range(number.end("gap") + 1, number.end() + 1))
        if number["before"][0] != ":":
            sure.add(number.end("before"))
    if not content.isascii():
        sure.update(max(match.span("end"), match.span("spaced"))[0] for match in _FOREIGN_END.finditer(content))
    return _kept(content, cuts, sure) if cuts or sure else []


def _plain_ends(content: str) -> Iterator[int]:
    for match in _PLAIN_END.finditer(content):
        word = match["word"]
        if word not in ABBREVIATIONS and (not word[0].isupper() or _STARTS.match(content, match.end())):
            yield match.start("end")


def _abbreviated_ends(content: str) -> Iterator[int]:
    for pattern in (_ABBREVIATED_END, _TIME_END, _REMARK_END, _ELLIPSIS_END):
        for match in pattern.finditer(content):
            yield match.start("end")
    for match in _LETTER_END.finditer(content):
        if match["word"] in LABELS or match["word"].islower():
            yield match.start("end")


def _is_reference(content: str, end: int) -> bool:
    """Tell whether a number is what the word before it refers to, as in "Art. 4."."""
    token = _LAST_TOKEN.search(content, max(0, end - 24), end)
    return token is not None and token[0].lstrip("([“‘\"'").removesuffix(".") in BEFORE_NUMBER


def _kept(content: str, cuts: set[int], sure: set[int]) -> list[int]:
    """Drop the cuts after abbreviations and enumerators, before small letters, and beside what holds no word."""
    last_word = _last_word(content)
    kept: list[int] = []
    start = 0
    first = WORD.search(content)
    for cut in sorted(cuts | sure):
        if not 0 < cut <= last_word:
            continue
        if first is None or first.end() > cut:
            continue
        if cut - start <= _LONE_LENGTH and _LONE_ENUMERATOR.fullmatch(content[start:cut].strip()):
            continue
        after = _NEXT.match(content, cut)
        if after is None or not _may_follow(content, after.start("next")):
            continue
        if cut not in sure and _ends_in_abbreviation(content, cut, after.start("next")):
            continue
        if _in_brackets(content, start, cut):
            continue
        kept.append(cut)
        start = cut
        first = WORD.search(content, start)
    return kept


def _last_word(content: str) -> int:
    """Give where the last word ends, less its last letter: a cut after it leaves no word behind."""
    end = len(content)
    while end > 1:
        if content[end - 1].isalpha() and content[end - 2].isalpha():
            return end - 2
        end -= 1
    return -1


def _may_follow(content: str, place: int) -> bool:
    """Tell whether a sentence may begin here: not with a small letter, unless it counts or is a name like "eBoard"."""
    if not content[place].islower():
        return True
    return content[place + 1 : place + 2].isupper() or ENUMERATOR.match(content, place) is not None


def _ends_in_abbreviation(content: str, cut: int, after: int) -> bool:
    end = cut
    while end > 0 and content[end - 1].isspace():
        end -= 1
    token = _LAST_TOKEN.search(content, max(0, end - 24), end)
    if token is None or token[0][-1] != ".":
        return False
    word = token[0].lstrip("([“‘\"'")[:-1]
    if len(word) == 1 and word.isupper():
        return True
    if word not in ABBREVIATIONS or word in MAY_END:
        return False
    return word not in BEFORE_NUMBER or _STARTS.match(content, after) is None


def _in_brackets(content: str, start: int, cut: int) -> bool:
    """Tell whether a cut lies inside a bracket after which the sentence goes on."""
    opened = content.rfind("(", max(start, cut - _BRACKET), cut)
    if opened < 0 or content.find(")", opened, cut) >= 0:
        return False
    closed = content.find(")", cut, cut + _BRACKET)
    if closed < 0 or content.find("(", cut, closed) >= 0:
        return False
    after = _NEXT.match(content, closed + 1)
    return after is not None and (after["next"].islower() or after["next"] in ",;:")


def _shorten(content: str, start: int, end: int, tier: int) -> Iterator[tuple[int, int]]:
    """Cut an overlong sentence at its semicolons and inline items, each part of at least three words."""
    if (
        tier == len(_SHORTENING)
        or end - start <= _LONG_WORDS * _WORD_LENGTH
        or len(WORD.findall(content, start, end)) <= _LONG_WORDS
    ):
        yield start, end
        return
    cuts = sorted({match.end() for pattern in _SHORTENING[tier] for match in pattern.finditer(content, start, end)})
    part = start
    for cut in cuts:
        if _has_words(content, part, cut) and _has_words(content, cut, end):
            yield from _shorten(content, part, cut, tier + 1)
            part = cut
    yield from _shorten(content, part, end, tier + 1)


def _has_words(content: str, start: int, end: int) -> bool:
    """Tell whether a range holds three words."""
    for _ in range(3):
        word = WORD.search(content, start, end)
        if word is None:
            return False
        start = word.end()
    return True
