"""Cut the blocks of a document into sentences, and say of everything else why it is in none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from framecls.documents.boundaries import WORD, sentence_ranges
from framecls.documents.document import Block, Document, Sentence, Unit
from framecls.documents.language import document_language, sentence_languages
from framecls.documents.layout import BULLET
from framecls.documents.stems import Stems

__all__ = ["Gap", "sentences", "unsegmented"]

_CLAUSE_END = re.compile(r"[;,](?:\s+(?:and|or))?$")
_CLAUSE_TAIL = 12


@dataclass(frozen=True, slots=True)
class Gap:
    """
    A range of a document that is in no sentence.

    :param start: first character, in code points; no white space.
    :param end: one past the last.
    :param reason: ``furniture``: kept, and never labelled; ``no words``: numbers and marks alone; ``outside blocks``:
        the reader of the format put it into no block.
    """

    start: int
    end: int
    reason: Literal["furniture", "no words", "outside blocks"]


def sentences(document: Document) -> list[Sentence]:
    """
    Cut a document into the units that are coded.

    Furniture and blocks without a word give none; :func:`unsegmented` lists them. Headings are sentences too, and
    stand in the heading path of what follows them.

    :param document: the document.
    :returns: its sentences in order; ``document.text[s.start:s.end] == s.text`` for each.
    """
    found: list[Sentence] = []
    headings: list[tuple[int, str]] = []
    stems = Stems()
    path = before = ""
    for block in document.blocks:
        if block.kind == "furniture":
            continue
        is_heading = block.kind == "heading"
        if is_heading:
            level = block.level or 1
            headings = [(depth, text) for depth, text in headings if depth < level]
            path = " > ".join(text for _, text in headings)
        stem = stems.enter(document.text, block)
        for start, end in _cut(document.text, block):
            text = document.text[start:end]
            page = document.page_at(start) or block.page
            unit = _unit(block, text, is_first=start == block.start)
            found.append(Sentence(start, end, text, unit, before, path, page, stems.inline(text) or stem))
            stems.leave(text, is_heading=is_heading)
            before = text
        if is_heading:
            headings.append((block.level or 1, " ".join(document.text[block.start : block.end].split())))
            path = " > ".join(text for _, text in headings)
    return _with_languages(found, document_language(document))


def _with_languages(found: list[Sentence], overall: str) -> list[Sentence]:
    languages = sentence_languages([one.text for one in found], [one.unit == "heading" for one in found], overall)
    return [replace(sentence, language=language) for sentence, language in zip(found, languages, strict=True)]


def unsegmented(document: Document) -> list[Gap]:
    """
    List what is in no sentence, and why. With the sentences it makes up every character that is no white space.

    :param document: the document.
    :returns: the gaps in order, without white space at their ends.
    """
    gaps: list[Gap] = []
    position = 0
    for block in document.blocks:
        gaps += _gaps(document.text, position, block.start, "outside blocks")
        position = block.start
        if block.kind == "furniture":
            gaps += _gaps(document.text, block.start, block.end, "furniture")
        else:
            for start, end in _cut(document.text, block):
                gaps += _gaps(document.text, position, start, "no words")
                position = end
            gaps += _gaps(document.text, position, block.end, "no words")
        position = block.end
    gaps += _gaps(document.text, position, len(document.text), "outside blocks")
    return gaps


def _gaps(text: str, start: int, end: int, reason: Literal["furniture", "no words", "outside blocks"]) -> Iterator[Gap]:
    start, end = _tight(text, start, end)
    if start < end:
        yield Gap(start, end, reason)


def _unit(block: Block, text: str, *, is_first: bool) -> Unit:
    if block.kind == "heading":
        return "heading"
    if block.kind == "list_item" or (not is_first and BULLET.match(text)):
        return "list_item"
    return "clause" if _CLAUSE_END.search(text, max(0, len(text) - _CLAUSE_TAIL)) else "sentence"


def _cut(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a block's sentences, without white space at their ends."""
    content = text[block.start : block.end]
    for start, end in [(0, len(content))] if block.kind == "heading" else sentence_ranges(content):
        start, end = _tight(content, start, end)
        if start < end and WORD.search(content, start, end):
            yield block.start + start, block.start + end


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
