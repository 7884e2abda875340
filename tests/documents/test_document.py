"""A document's text, and blocks that cannot be out of order."""

from dataclasses import FrozenInstanceError
from typing import Any, cast

import pytest

from framecls.documents import Block, Document, Piece


def test_pieces_are_laid_out_with_an_empty_line_between_them() -> None:
    pieces = [
        Piece("heading", "Accord of Vella\n", page=1, level=1),
        Piece("paragraph", "   \n"),
        Piece("paragraph", "  The Board meets. ", page=2),
    ]
    document = Document.from_pieces("vella", pieces, {"format": "test"})
    assert document.text == "Accord of Vella\n\nThe Board meets."
    assert document.blocks == (Block("heading", 0, 15, 1, 1), Block("paragraph", 17, 33, 2))
    assert [document.text[block.start : block.end] for block in document.blocks] == [
        "Accord of Vella",
        "The Board meets.",
    ]
    assert (document.id, document.meta) == ("vella", {"format": "test"})


def test_no_pieces_make_an_empty_document() -> None:
    document = Document.from_pieces("empty", [])
    assert (document.text, document.blocks, document.meta) == ("", (), {})


def test_page_of_a_position() -> None:
    document = Document("vella", "one\ntwo\nfour\n", (), page_starts=(0, 4, 8, 8))
    assert [document.page_at(position) for position in (0, 3, 4, 7, 8, 12)] == [1, 1, 2, 2, 4, 4]


def test_without_pages_no_position_has_one() -> None:
    assert Document("vella", "The Board meets.", ()).page_at(3) is None


def test_documents_and_blocks_do_not_change() -> None:
    document = Document("vella", "The Board meets.", (Block("paragraph", 0, 16),))
    with pytest.raises(FrozenInstanceError):
        document.text = "The Council meets."  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        document.blocks[0].start = 1  # type: ignore[misc]


def test_unknown_kind_of_block() -> None:
    with pytest.raises(
        ValueError, match=r"unknown kind of block 'title'; expected one of heading, paragraph, list_item"
    ):
        Block(cast(Any, "title"), 0, 1)


@pytest.mark.parametrize(("start", "end"), [(4, 3), (-1, 3)])
def test_a_block_is_a_range(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"a block cannot range from {start} to {end}"):
        Block("paragraph", start, end)


@pytest.mark.parametrize(
    "blocks",
    [
        (Block("paragraph", 0, 5), Block("paragraph", 4, 8)),
        (Block("paragraph", 5, 8), Block("paragraph", 0, 4)),
        (Block("paragraph", 0, 17),),
    ],
)
def test_blocks_neither_overlap_nor_leave_the_text(blocks: tuple[Block, ...]) -> None:
    with pytest.raises(ValueError, match=r"block \d+-\d+ overlaps another or leaves the text"):
        Document("vella", "The Board meets.", blocks)
