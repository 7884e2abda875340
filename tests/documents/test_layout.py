"""Blocks of plain text."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecls.documents import Block
from framecls.documents.layout import ENUMERATOR, find_blocks, is_page_number

WRAPPED = """\
The Parties shall hold regular consultations on the return of trained
staff. Each Party shall name a contact point, and the Joint Council shall
meet in Vella once a year to review what has been done.
"""


def blocks_of(text: str) -> list[tuple[str, str]]:
    """Give the kind and the text of each block."""
    return [(block.kind, text[block.start : block.end]) for block in find_blocks(text)]


@pytest.mark.parametrize(
    "line", ["7", "12", "Page 3", "page 3 of 12", "- 4 -", "[5]", "3/12", "| 8 |", "ii of 9", "3 sur 9"]
)
def test_page_numbers(line: str) -> None:
    assert is_page_number(line)


@pytest.mark.parametrize("line", ["", "II", "page", "Article 3", "12 boats", "3.2", "12345"])
def test_what_is_no_page_number(line: str) -> None:
    assert not is_page_number(line)


@pytest.mark.parametrize("mark", ["- ", "• ", "a) ", "(b) ", "(iv) ", "B) ", "3. ", "3) ", "(3) ", "2.1 ", "2.1. "])
def test_enumerators(mark: str) -> None:
    match = ENUMERATOR.match(mark + "The Board meets.")
    assert match is not None
    assert match[0] == mark


@pytest.mark.parametrize("text", ["The Board", "2020 was a good year", "a boat", "-in-law", "1.5million"])
def test_what_is_no_enumerator(text: str) -> None:
    assert ENUMERATOR.match(text) is None


def test_an_empty_text_has_no_blocks() -> None:
    assert find_blocks(" \n\t\n") == ()


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    assert blocks_of(WRAPPED) == [("paragraph", WRAPPED.strip())]


def test_two_lines_that_run_on_are_one_paragraph() -> None:
    text = "The Parties shall hold regular consultations on\nthe return of trained staff."
    assert blocks_of(text) == [("paragraph", text)]


def test_an_empty_line_ends_a_paragraph() -> None:
    assert blocks_of(WRAPPED + "\n" + WRAPPED) == [("paragraph", WRAPPED.strip())] * 2


def test_lines_that_are_not_wrapped_are_paragraphs_of_their_own() -> None:
    first, second = "The Board meets in Vella. It reports each year.", "The Council takes note. It thanks the Board."
    assert blocks_of(f"{first}\n{second}\n{first}") == [("paragraph", line) for line in (first, second, first)]


def test_a_long_line_is_not_taken_for_a_wrapped_one() -> None:
    long = "The Board meets in Vella and reports on the return of trained staff " * 3
    text = f"{long.strip()}\nand so on\n{long.strip()}\nand so forth"
    assert len(find_blocks(text)) == 4


def test_a_short_line_before_a_wide_wrapped_paragraph_does_not_hide_that_it_is_wrapped() -> None:
    paragraph = (
        "The Contracting Parties shall promote exchanges of expertise between their competent services and\n"
        "shall report on them to the Joint Council each year."
    )
    assert blocks_of(f"CHAPTER I\n{paragraph}") == [("heading", "CHAPTER I"), ("paragraph", paragraph)]


def test_a_short_line_before_a_capital_ends_a_wrapped_paragraph() -> None:
    paragraph = WRAPPED.strip() + " It then\nreports."
    assert blocks_of(f"{paragraph}\n{paragraph}") == [("paragraph", paragraph)] * 2


def test_wrapped_clauses_and_items_are_blocks_of_their_own() -> None:
    lines = [
        "Recalling the accord on the training of medical staff that was signed in",
        "the spring in Vella, and noting the report of the Council on its work; and",
        "Noting that the fund has paid for two hundred scholarships, most of which",
        "went to nurses, the Board:",
        "1. asks the Parties to name, in writing and before the end of the year, or",
        "2. to confirm, a contact point, and asks the Council to report,",
        "(a) on staff; and",
        "- on funds that were not",
        "spent.",
        "12",
        "The Board, which has met three times since the accord was signed, thanks",
        "the Parties.",
    ]
    assert blocks_of("\n".join(lines)) == [
        ("paragraph", "\n".join(lines[:2])),
        ("paragraph", "\n".join(lines[2:4])),
        ("paragraph", lines[4]),
        ("paragraph", lines[5]),
        ("list_item", lines[6]),
        ("list_item", "\n".join(lines[7:9])),
        ("furniture", "12"),
        ("paragraph", "\n".join(lines[10:])),
    ]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("ACCORD OF VELLA", 1),
        ("Article 4", 2),
        ("Annex II", 2),
        ("2. Review of the fund", 2),
        ("2.1 Staff", 3),
        ("2.1.3 Nurses", 4),
        ("Final provisions", 2),
    ],
)
def test_headings_and_their_depth(line: str, level: int) -> None:
    assert find_blocks(f"{line}\n\nThe Board meets.")[0] == Block("heading", 0, len(line), level=level)


@pytest.mark.parametrize(
    "line",
    [
        "The Board meets.",
        "Have agreed as follows:",
        "Noting the report of the Board,",
        "Noting the report of the Board; and",
        "Securing the return of staff, or",
        "the return of staff",
        "The Board met in Vella.3",
        "The Board said “we agree.”",
        "The Board met with the ministers and with the heads of the harbour services of Vella and of Norland too",
        "§ 3",
    ],
)
def test_what_is_no_heading(line: str) -> None:
    assert [block.kind for block in find_blocks(line)] == ["paragraph"]


@pytest.mark.parametrize("mark", ["- ", "• ", "a) ", "(ii) "])
def test_items(mark: str) -> None:
    assert blocks_of(f"{mark}The Board meets") == [("list_item", f"{mark}The Board meets")]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\f", "\u2028"])
def test_line_ends_of_any_kind(end: str) -> None:
    text = f"Article 1{end}{end}  The Board meets.{end}"
    assert blocks_of(text) == [("heading", "Article 1"), ("paragraph", "The Board meets.")]


LINES = st.sampled_from(
    [
        "Article 1",
        "1.",
        "(a) to meet;",
        "the Board, and",
        "; and",
        "The Board meets.",
        "Page 2",
        "",
        "  ",
        "- x",
        "Ωμέγα",
    ]
)


@settings(deadline=None, database=None)
@given(st.one_of(st.text(), st.lists(LINES, max_size=12).map("\n".join)))
def test_blocks_hold_every_character_that_is_no_white_space(text: str) -> None:
    blocks = find_blocks(text)
    inside = {position for block in blocks for position in range(block.start, block.end)}
    assert all(position in inside or character.isspace() for position, character in enumerate(text))
    assert all(block.end <= after.start for block, after in pairwise(blocks))
    assert all(text[block.start : block.end].strip() == text[block.start : block.end] != "" for block in blocks)
