"""A document as framecls sees it: one text, and blocks that say what each range of it is."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal, Self, get_args

__all__ = ["Block", "BlockKind", "Document", "Piece", "Sentence", "Unit"]

BlockKind = Literal["heading", "paragraph", "list_item", "table_cell", "footnote", "furniture"]
Unit = Literal["sentence", "clause", "list_item", "heading"]


@dataclass(frozen=True, slots=True)
class Block:
    """
    A range of a document's text.

    :param kind: what the range is; ``furniture`` (page numbers, running headers) is kept and never labelled.
    :param start: first character, in Unicode code points.
    :param end: one past the last character.
    :param page: page it begins on, from 1; ``None`` where the format has no pages.
    :param level: depth of a heading, and in Word and HTML of a list item, from 1; ``None`` elsewhere.
    """

    kind: BlockKind
    start: int
    end: int
    page: int | None = None
    level: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(BlockKind):
            raise ValueError(f"unknown kind of block {self.kind!r}; expected one of {', '.join(get_args(BlockKind))}")
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a block cannot range from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A block before it has a place in a text: what readers of structured formats produce."""

    kind: BlockKind
    text: str
    page: int | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """
    A document.

    :param id: identifies the document within a run.
    :param text: its whole text; every offset counts code points of it.
    :param blocks: ranges in order, none overlapping another.
    :param meta: what else is known (title, format, encoding …).
    :param page_starts: where in the text each page begins, in order; empty where the format has no pages.
    """

    id: str
    text: str
    blocks: tuple[Block, ...]
    meta: Mapping[str, str | int] = field(default_factory=dict)
    page_starts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        last = 0
        for block in self.blocks:
            if block.start < last or block.end > len(self.text):
                raise ValueError(f"block {block.start}-{block.end} overlaps another or leaves the text")
            last = block.end

    def page_at(self, position: int) -> int | None:
        """
        Tell the page of a position in the running text; a block may begin a page before it.

        Footnotes and furniture do not stand where their page does, and have it of their own.

        :param position: a character of the text.
        :returns: the page, from 1; ``None`` where the format has no pages.
        """
        index = bisect_right(self.blocks, position, key=attrgetter("start")) - 1
        if index >= 0 and self.blocks[index].kind in ("footnote", "furniture"):
            return self.blocks[index].page
        return bisect_right(self.page_starts, position) or None

    @classmethod
    def from_pieces(cls, id: str, pieces: Iterable[Piece], meta: Mapping[str, str | int] | None = None) -> Self:
        """
        Lay pieces out one after another, an empty line between them, so that offsets are exact by construction.

        :param id: identifies the document.
        :param pieces: blocks with their text; white space at their ends is dropped, empty ones are skipped.
        :param meta: what else is known.
        :returns: the document.
        """
        blocks: list[Block] = []
        parts: list[str] = []
        position = 0
        for piece in pieces:
            text = piece.text.strip()
            if not text:
                continue
            if parts:
                parts.append("\n\n")
                position += 2
            blocks.append(Block(piece.kind, position, position + len(text), piece.page, piece.level))
            parts.append(text)
            position += len(text)
        return cls(id, "".join(parts), tuple(blocks), meta or {})


@dataclass(frozen=True, slots=True)
class Sentence:
    """
    The unit that is coded: a sentence, a clause, a list item or a heading.

    :param start: first character in the document's text, in code points; ``None`` for a sentence that came
        without its document.
    :param end: one past the last character, or ``None`` likewise.
    :param text: exactly ``document.text[start:end]``.
    :param unit: what it is.
    :param before: text of the sentence before it in the document; empty for the first.
    :param heading: the headings above it, outermost first, joined by `` > ``.
    :param page: page it begins on, or ``None``.
    :param stem: text of the clause that introduces the list it is an item of, such as "The Parties shall:"; empty
        elsewhere.
    :param language: ISO 639-1 code of its language; empty where nothing tells it.
    """

    start: int | None
    end: int | None
    text: str
    unit: Unit = "sentence"
    before: str = ""
    heading: str = ""
    page: int | None = None
    stem: str = ""
    language: str = ""
