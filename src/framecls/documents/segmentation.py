"""Cut the blocks of a document into sentences: nupunkt finds full stops, the rules here know official layout."""

import re
from collections.abc import Iterator
from functools import cache

from nupunkt import PunktSentenceTokenizer, load

from framecls.documents.document import Block, Document, Sentence, Unit
from framecls.documents.layout import ENUMERATOR

__all__ = ["sentences"]

#: A sentence longer than this is cut at its semicolons; resolutions run to thousands of words in one.
_LONG_WORDS = 90
_WORD = re.compile(r"[^\W\d_]{2,}")
#: A footnote mark between a full stop and the next capital: "policy.12 The", "policy.[3] The", "policy.”12 The".
_GLUED_FOOTNOTE = re.compile(r"(?<=[a-z)”’\"])[.!?][”’\")]?(?:\d{1,3}|\[\d{1,3}\])(?=\s+[\"“‘(]?[A-Z])")
#: A lone enumerator, which belongs to the words after it: "2.", "(b)", "Article 4.", "SEC. 12.".
_LONE_ENUMERATOR = re.compile(
    r"[\"“‘]?(?:(?:art(?:icle)?|sec(?:tion)?|para(?:graph)?|chapter|rule|nos?)\.?(?:\s+\d+[a-z]?[.:]?)?\s*)?"
    r"(?:\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxl]{1,6})[.)])?",
    re.IGNORECASE,
)
#: A full stop that ends no sentence though nupunkt may think so, by what stands before it.
_NO_END = re.compile(
    r"(?:\b(?:Arts?|Nos?|Secs?|[Pp]aras?|cf|e\.g|i\.e|vs|Fig|Vol|Doc|Res|Reg|Dir|Ch|St|approx|resp|incl|et al|H\.E"
    r"|Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Sen|Rep|Gov|Hon|U\.S|U\.N|U\.K)\.|\b[A-Z]\.)$"
)
_SEMICOLON = re.compile(r";(?:\s+(?:and|or))?\s+")
#: An item of a list whose line ends were lost: "… Connecticut - State of …", "… surgery ¥ Treatment …".
_INLINE_ITEM = re.compile(r"\s+(?=[-–•¥▪]\s+[A-Z0-9])")


@cache
def _punkt() -> PunktSentenceTokenizer:
    return load("default")


def sentences(document: Document) -> list[Sentence]:
    """
    Cut a document into the units that are coded.

    Furniture and blocks without a word give none. Headings are sentences too, and stand in the heading path of
    what follows them.

    :param document: the document.
    :returns: its sentences in order; ``document.text[s.start:s.end] == s.text`` for each.
    """
    found: list[Sentence] = []
    headings: list[tuple[int, str]] = []
    before = ""
    for block in document.blocks:
        if block.kind == "furniture":
            continue
        if block.kind == "heading":
            level = block.level or 1
            headings = [(depth, text) for depth, text in headings if depth < level]
        path = " > ".join(text for _, text in headings)
        for start, end in _cut(document.text, block):
            text = document.text[start:end]
            page = document.page_at(start) or block.page
            found.append(Sentence(start, end, text, _unit(block, text), before, path, page))
            before = text
        if block.kind == "heading":
            headings.append((block.level or 1, _one_line(document.text[block.start : block.end])))
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unit(block: Block, text: str) -> Unit:
    if block.kind == "heading":
        return "heading"
    if block.kind == "list_item":
        return "list_item"
    return "clause" if re.search(r"[;,](?:\s+(?:and|or))?$", text) else "sentence"


def _cut(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a block's sentences, without white space at their ends."""
    content = text[block.start : block.end]
    spans = [(0, len(content))] if block.kind == "heading" else list(_sentence_spans(content))
    for start, end in spans:
        while start < end and content[start].isspace():
            start += 1
        while end > start and content[end - 1].isspace():
            end -= 1
        if start < end and _WORD.search(content, start, end):
            yield block.start + start, block.start + end


def _sentence_spans(content: str) -> Iterator[tuple[int, int]]:
    cuts = _boundaries(content)
    start = 0
    for end in [*cuts, len(content)]:
        yield from _shorten(content, start, end)
        start = end


def _boundaries(content: str) -> list[int]:
    """Give the positions inside a block where one sentence ends and the next begins."""
    cuts = {end for _, end in _punkt().span_tokenize(content)} if len(content) > 1 else set()
    for note in _GLUED_FOOTNOTE.finditer(content):
        # nupunkt may cut before the mark, which belongs to the sentence that it ends.
        cuts.difference_update(range(note.start(), note.end()))
        cuts.add(note.end())
    cuts -= {0, len(content)}
    kept: list[int] = []
    start = 0
    for cut in sorted(cuts):
        part, rest = content[start:cut].strip(), content[cut:].lstrip()
        if not rest or not _WORD.search(part) or not _WORD.search(rest) or _LONE_ENUMERATOR.fullmatch(part):
            continue
        if _NO_END.search(part) and not re.search(r"\b(?:U\.S|U\.N|U\.K)\.$", part):
            continue
        if rest[0].islower() and not ENUMERATOR.match(rest):
            continue
        kept.append(cut)
        start = cut
    return kept


def _shorten(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut an overlong sentence at its semicolons and inline items, each part of at least three words."""
    if len(_WORD.findall(content, start, end)) <= _LONG_WORDS:
        yield start, end
        return
    cuts = {match.end() for pattern in (_SEMICOLON, _INLINE_ITEM) for match in pattern.finditer(content, start, end)}
    part = start
    for cut in sorted(cuts):
        if min(len(_WORD.findall(content, part, cut)), len(_WORD.findall(content, cut, end))) >= 3:
            yield part, cut
            part = cut
    yield part, end
