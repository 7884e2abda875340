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


def test_a_line_that_leads_to_a_list_or_holds_two_sentences_is_no_heading() -> None:
    assert blocks_of("The Fund may pay for\n\n- boats")[0][0] == "paragraph"
    assert blocks_of("The Protocol was signed. Done in Vella")[0][0] == "paragraph"


def test_a_lone_enumerator_joins_the_words_after_it() -> None:
    assert blocks_of("2.\nThe Board meets.") == [("paragraph", "2.\nThe Board meets.")]
    assert blocks_of("(b)\n\nto meet;\n\n•\nto report") == [
        ("list_item", "(b)\n\nto meet;"),
        ("list_item", "•\nto report"),
    ]
    assert blocks_of("(a)\n\n(b) to meet;") == [("paragraph", "(a)"), ("list_item", "(b) to meet;")]
    assert [kind for kind, _ in blocks_of("The Board meets.\n\n*\n\nIt reports.")] == ["paragraph"] * 3
    assert blocks_of("The Board meets.\n\n(b)") == [("paragraph", "The Board meets."), ("paragraph", "(b)")]


@pytest.mark.parametrize("mark", ["(a)", "a)", "(iv)"])
def test_items_whose_space_was_lost(mark: str) -> None:
    assert blocks_of(f"{mark}The Board meets") == [("list_item", f"{mark}The Board meets")]


@pytest.mark.parametrize("line", ["A/70/PV.24  01/10/2015", "09-52592 38", "29 06-52885", "A/70/PV.24", "3 A/70/PV.24"])
def test_running_headers_are_furniture(line: str) -> None:
    assert blocks_of(f"The Board meets.\n\n{line}\n\nIt reports.")[1] == ("furniture", line)


@pytest.mark.parametrize("line", ["AND/OR", "Decision A/70/1", "12 boats", "1.5 million"])
def test_what_is_no_running_header(line: str) -> None:
    assert blocks_of(line)[0][0] != "furniture"


def test_a_wrapped_sentence_runs_on_over_the_end_of_a_page() -> None:
    first, second = WRAPPED.strip().rsplit("\n", 1)
    text = f"{first}\n\n{second}\n\n{WRAPPED}"
    assert blocks_of(text) == [("paragraph", f"{first}\n\n{second}"), ("paragraph", WRAPPED.strip())]


def test_rows_between_tabs_or_bars_are_tables() -> None:
    assert blocks_of("Ports of the Sound\nVella\t4 boats\nOst\t\t12 boats\nThe Board meets.") == [
        ("heading", "Ports of the Sound"),
        ("table_cell", "Vella"),
        ("table_cell", "4 boats"),
        ("table_cell", "Ost"),
        ("table_cell", "12 boats"),
        ("paragraph", "The Board meets."),
    ]
    assert blocks_of("|Vella| 4 boats |\n|:--|--:|") == [
        ("furniture", "|"),
        ("table_cell", "Vella"),
        ("furniture", "|"),
        ("table_cell", "4 boats"),
        ("furniture", "|"),
        ("furniture", "|:--|--:|"),
    ]


def test_tabs_behind_enumerators_and_in_single_lines_make_no_table() -> None:
    assert [kind for kind, _ in blocks_of("1.\tThe Board meets.\n2.\tIt reports.")] == ["paragraph", "paragraph"]
    assert blocks_of("To:\tthe Board.\nThe Board meets.")[0] == ("paragraph", "To:\tthe Board.")


def test_tags_left_in_a_text_are_furniture() -> None:
    text = (
        '<figure class="wide"><img src="a.png" alt="The quay" /></figure>'
        "The Board <b>meets</b>.<table><tr><td>Vella</td></tr>"
    )
    assert blocks_of(text) == [
        ("furniture", '<figure class="wide">'),
        ("furniture", '<img src="a.png" alt="The quay" />'),
        ("furniture", "</figure>"),
        ("paragraph", "The Board <b>meets</b>."),
        ("furniture", "<table>"),
        ("furniture", "<tr>"),
        ("furniture", "<td>"),
        ("table_cell", "Vella"),
        ("furniture", "</td>"),
        ("furniture", "</tr>"),
    ]


def test_tags_may_have_lost_their_brackets() -> None:
    assert blocks_of('<tr class="odd" <td4 boats</td <li<a href="x"The Board meets.') == [
        ("furniture", '<tr class="odd"'),
        ("furniture", "<td"),
        ("table_cell", "4 boats"),
        ("furniture", "</td"),
        ("furniture", "<li"),
        ("furniture", '<a href="x"'),
        ("list_item", "The Board meets."),
    ]


def test_a_reference_goes_on_in_the_next_line() -> None:
    text = (
        "The Parties shall exchange all of the data that are named in Art.\n"
        "13. of the Accord, and they shall do so\nwithout delay."
    )
    assert blocks_of(text) == [("paragraph", text)]


def test_preambular_paragraphs_of_wrapped_text_end_at_their_comma() -> None:
    first = (
        "Recalling the accord on the training of medical staff that was signed in\nthe spring in Vella by all Parties,"
    )
    second = "Noting the report of the Council on the return of the staff that has been\ntrained,"
    assert blocks_of(f"{first}\n{second}") == [("paragraph", first), ("paragraph", second)]


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
        "one\ttwo",
        "| a | b |",
        "<td>cell</td",
        "A/70/PV.24 3",
        "(b)",
        "\0",
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
