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
#: One still longer, of more than some 250 word pieces, is cut at dashes and enumerators too.
_VERY_LONG_WORDS = 160
#: No word, and the space after it, is shorter: what has fewer characters need not be counted.
_WORD_LENGTH = 3

_CLOSING = r"[”’»\"')\]]*"
_OPENING = r"[“‘«\"'(\[—–-]*"
_CAPITAL = r"A-ZÀ-ÖØ-ÞЀ-Я"
_STARTS = re.compile(rf"{_OPENING}(?:{alternatives(STARTERS)})(?![\w/.-])")
#: The same less what also counts: "Art. I of", "Fig. A shows".
_STARTS_AFTER_REFERENCE = re.compile(rf"{_OPENING}(?:{alternatives(STARTERS - {'A', 'I'})})(?![\w/.-])")
#: A place that may end a sentence; a block without one inside has nothing to ask nupunkt about.
_CANDIDATE = re.compile(r"[.!?…]\S{0,12}\s")
#: A full stop, and what can begin a sentence after it.
_STOP = re.compile(rf"[.!?]{_CLOSING}(?P<end>)\s+(?=[¿¡]?{_OPENING}[{_CAPITAL}\u0600-\u06ff])")
#: Times of day end a sentence before any capital but that of a day or a time zone.
_TIME = ("a.m", "p.m")
_OF_TIME = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Eastern|Central|Mountain|Pacific|Greenwich|[A-Z]{2}")
#: A remark in brackets that is a sentence of its own, as in minutes: "(Applause.) The session".
_REMARK = re.compile(r"\([A-Z][^()\d]{0,80}[.!?]\)")
_REMARK_END = re.compile(r"\([A-Z][^()]{0,80}[.!?]\)(?P<end>)\s+(?=[“‘\"(]?[A-Z])")
#: nupunkt knows an ellipsis before a capital, and not before a quotation.
_ELLIPSIS_END = re.compile(r"(?<=\w)(?:…|\.\.\.)(?P<end>)\s+(?=[“\"][A-Z])")
#: Full stops of other scripts, some of which need no space after them.
_FOREIGN_END = re.compile(r"(?:[。！？]+[」』”’）]*(?P<end>)(?=\s*\S)|[؟۔।]+[”’»)]*(?P<spaced>)(?=\s+\S))")

#: A footnote mark between a full stop and the next capital: "policy.12 The", "policy.[3] The", "policy.”12 The".
_GLUED_FOOTNOTE = re.compile(
    r"[.!?](?:(?<=[^\W\d_].)|(?<=[”’)\"].)|(?<=\s(?:19|20)\d\d.))[”’\")]?"
    r"(?:\d{1,3}(?:,\d{1,3})*|\[\d{1,3}\]|[¹²³⁰⁴-⁹]+|[*†‡]+)(?=\s+(?:\(?\d{1,3}[.)]\s+)?[\"“‘(]?[A-Z])"
)
#: A counted paragraph within a line: "report. 2. It invites", "report; 2. Invites".
_INLINE_NUMBER = re.compile(
    rf"(?P<before>[.;:!?…]{_CLOSING}|;\s+and)(?P<gap>\s+)(?:§\s*)?"
    rf"(?:\(\d{{1,3}}\)|\d{{1,3}}(?:\.\d{{1,3}})*[.)])\s+(?={_OPENING}[{_CAPITAL}])"
)
#: An enumerator, whatever stands before it; only those that count on from one another are believed.
_COUNT = re.compile(rf"(?:^|(?<=\s))(?P<value>\d{{1,2}}\.)(?=\s+{_OPENING}[{_CAPITAL}])")
_LEAST_RUN = 3
_ENUMERATED = r"(?:\(?(?:[a-z]|[ivx]{1,5}|\d{1,3})[.)]\s+|(?:PP|OP)\d+\w*\.?\s+)?"
#: A clause whose line end was lost, told by how the clauses of resolutions begin.
_CLAUSE = re.compile(
    rf"(?:;(?:\s+and)?\s+(?={_ENUMERATED}(?:{alternatives(PREAMBULAR | OPERATIVE)})\b)"
    rf"|;\s+(?=Now,?\s+[Tt]herefore)|,\s*(?=(?:(?:PP|OP)\d+\w*\.?\s+)?(?:{alternatives(AFTER_COMMA)})\b))"
)
#: In a preamble, what the body resolves follows a comma too.
_PREAMBLE = re.compile(rf"(?:^|[;,]\s)(?:{alternatives(AFTER_COMMA)})\b")
_RESOLVES = re.compile(rf",\s+(?=(?:{alternatives(OPERATIVE)})\b)")
#: A lone enumerator, which belongs to the words after it: "2.", "(b)", "Article 4.", "SEC. 12.", "Option 1.".
_LONE_ENUMERATOR = re.compile(
    r"[\"“‘]?(?:(?:§|(?:art(?:icle)?|sec(?:tion)?|para(?:graph)?|chapter|rule|nos?"
    rf"|{alternatives(LABELS)})\.?(?:\s+\d+[a-z]?[.:]?)?)\s*)?"
    r"(?:\(?(?:(?:PP|OP)?\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxl]{1,6})[.)]{1,2})?",
    re.IGNORECASE,
)
_LONE_LENGTH = 40
_TOKEN_LENGTH = 24
_WORD_LETTERS = 4
#: "U.S", "ASEAN-U.S", "D.R.C", less the last full stop.
_DOTTED = re.compile(r"(?<![^\W\d_])(?:[A-Z]\.)+[A-Z]$")
_NEXT = re.compile(r"\s*(?P<next>\S)")
#: How far the end of a bracket is looked for.
_BRACKET = 300

#: Where a sentence of more than so many words is cut; the better places first, each later row only for what is left.
_SHORTENING = (
    (
        _LONG_WORDS,
        re.compile(r";(?:\s+(?:and|or))?\s+"),
        # An item of a list whose line ends were lost: "… Connecticut - State of …", "… surgery ¥ Treatment …".
        re.compile(r"\s+(?=[-–•¥▪]\s+[A-Z0-9])"),
        # A text in lower case, or with its spaces lost, has no capital to tell where a sentence begins.
        re.compile(r"(?<=[a-z]{3})[.!?]\s+(?=[a-z]{2,}\s)"),
        re.compile(r"(?<=[a-z]{4})\.(?=(?:the|each|any|this|these|in|it|no|if|such|once|where|when|all|upon)\s)"),
        re.compile(r"(?<=[a-z]{3}[.;])(?=\d{1,2}\.\s?[a-z]{2})"),
        re.compile(r"\s+(?=(?:ARTICLE|SECTION|CHAPTER|ANNEX)\s+[\dIVX]+)"),
    ),
    (
        _LONG_WORDS,
        re.compile(r"(?<=[;:,.–—-])\s*(?=\((?:[a-z]{1,2}|[ivx]{1,5}|\d{1,2})\)\s?\w)"),
        re.compile(r"(?<=[a-z.;,])\s+(?=(?:[a-z]|\d{1,2})\.\s+[a-z]{2})"),
        re.compile(r":\s+(?=[A-Z“\"(])"),
    ),
    (
        _VERY_LONG_WORDS,
        re.compile(r";\s*(?=\S)"),
        re.compile(r"\s+(?=\((?:[a-z]{1,2}|[ivx]{1,5}|\d{1,2})\)\s+\w)"),
        re.compile(r"\s+[-–—]+\s+(?=\S)"),
        re.compile(rf",\s*(?=(?:{alternatives(PREAMBULAR)})\b)", re.IGNORECASE),
        re.compile(r"(?<=[a-z]{4})\.(?=[a-z]{4,}[\s:,])(?!(?:info|html|aspx|name)\b)|(?<=\d)\.(?=[a-z]{4,}[\s:])"),
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
    if _PREAMBLE.search(content):
        sure.update(match.end() for match in _RESOLVES.finditer(content))
    if _CANDIDATE.search(content):
        cuts.update(end for _, end in _punkt().span_tokenize(content))
        for end, is_sure in _own_ends(content):
            (sure if is_sure else cuts).add(end)
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
    for first, last in _counted_runs(content):
        cuts.difference_update(range(first + 1, last + 1))
        if _token(content, first)[-1:] != ":":
            sure.add(first)
    if not content.isascii():
        sure.update(max(match.span("end"), match.span("spaced"))[0] for match in _FOREIGN_END.finditer(content))
    return _kept(content, cuts, sure) if cuts or sure else []


def _own_ends(content: str) -> Iterator[tuple[int, bool]]:
    """
    Yield ends of sentences that nupunkt may not see, and whether they are sure.

    It holds six thousand words for abbreviations, "century" and "South" among them, since they were so in case law.
    """
    for stop in _STOP.finditer(content):
        token = _token(content, stop.start())
        starts = _STARTS.match(content, stop.end()) is not None
        if token in BEFORE_NUMBER:
            if _STARTS_AFTER_REFERENCE.match(content, stop.end()):
                yield stop.start("end"), True
        elif token in MAY_END:
            if starts or (token in _TIME and not _OF_TIME.match(content, stop.end())):
                yield stop.start("end"), True
        elif len(token) == 1:
            # "Annex B. The Board" and "vitamin D. It", but not the initial of a person.
            before = _token(content, stop.start() - len(token) - 1)
            if starts and token.isalpha() and (before in LABELS or before.islower()):
                yield stop.start("end"), True
        elif token.isalpha() and token not in ABBREVIATIONS and (starts or _is_word(token, content, stop.end())):
            yield stop.start("end"), False
    for pattern in (_REMARK_END, _ELLIPSIS_END):
        for match in pattern.finditer(content):
            yield match.start("end"), True


def _is_word(token: str, content: str, after: int) -> bool:
    """Tell a word from what might be an abbreviation that no list of ours has, as of a journal before its year."""
    if not token[0].isupper():
        return True
    return len(token) >= _WORD_LETTERS and (content[after] != "(" or _REMARK.match(content, after) is not None)


def _token(content: str, end: int) -> str:
    """Give the run of characters before a place, without brackets and quotation marks at its beginning."""
    parts = content[max(0, end - _TOKEN_LENGTH) : max(0, end)].split()
    return parts[-1].lstrip("([“‘«\"'—–-") if parts else ""


def _counted_runs(content: str) -> Iterator[tuple[int, int]]:
    """Yield the enumerators of lists whose line ends were lost: "1. Algeria 2. Angola 3. Benin", three at least."""
    run: list[tuple[int, int]] = []
    for number in _COUNT.finditer(content):
        value = int(number["value"][:-1])
        if value == len(run) + 1 and not (run and _is_reference(content, number.start())):
            run.append(number.span("value"))
        elif value == 1 and len(run) < _LEAST_RUN:
            run = [number.span("value")]
    # What refers repeats its noun: "under section 1. … under section 2. …".
    if len({_token(content, first) for first, _ in run}) > 1 and len(run) >= _LEAST_RUN:
        yield from run


def _is_reference(content: str, end: int) -> bool:
    """Tell whether a number belongs to the word before it, as in "Art. 4." and "Jan. 5."."""
    return _token(content, end).removesuffix(".") in BEFORE_NUMBER


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
    token = _token(content, cut)
    if token[-1:] != ".":
        return False
    word = token[:-1]
    if _DOTTED.search(word):
        # "The U.S. Secretary" is far commoner than a sentence that ends in it; where one does, a rule of ours is sure.
        return True
    if len(word) == 1 and word.isupper():
        return True
    if word not in ABBREVIATIONS or word in MAY_END:
        return False
    return word not in BEFORE_NUMBER or _STARTS_AFTER_REFERENCE.match(content, after) is None


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


def _shorten(content: str, start: int, end: int, row: int) -> Iterator[tuple[int, int]]:
    """Cut an overlong sentence where clauses and items end, each part of at least three words."""
    if row == len(_SHORTENING) or end - start <= _LONG_WORDS * _WORD_LENGTH:
        yield start, end
        return
    limit, *patterns = _SHORTENING[row]
    if len(WORD.findall(content, start, end)) <= limit:
        yield start, end
        return
    cuts = sorted({match.end() for pattern in patterns for match in pattern.finditer(content, start, end)})
    part = start
    for cut in cuts:
        if _has_words(content, part, cut) and _has_words(content, cut, end):
            yield from _shorten(content, part, cut, row + 1)
            part = cut
    yield from _shorten(content, part, end, row + 1)


def _has_words(content: str, start: int, end: int) -> bool:
    """Tell whether a range holds three words."""
    for _ in range(3):
        word = WORD.search(content, start, end)
        if word is None:
            return False
        start = word.end()
    return True
