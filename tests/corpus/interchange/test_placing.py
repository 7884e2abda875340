"""Positions of other tools: every way of counting, told from the ranges themselves."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from framecls.corpus.interchange.placing import (
    CharacterUnit,
    Counting,
    GivenRange,
    LineEnd,
    Placement,
    RangeEnd,
    count,
    place,
)

TEXT = (
    "A toll is asked of every ship. 𝔗he quay is long.\r\n\r\n"
    "The pilot 𝕏 meets ships at anchor, and ships wait.\r\n"
    "Nobody pays twice. The council sends a pilot 𝕐 today.\n"
    "At night the lamps are lit along the mole."
)
WORDS = ["toll is asked", "quay is long", "pilot 𝕏 meets ships", "Nobody pays", "pilot 𝕐 today", "lamps are lit"]
RANGES = [(TEXT.index(words), TEXT.index(words) + len(words)) for words in WORDS]
WAYS = [Counting(*way) for way in product(get_args(LineEnd), get_args(CharacterUnit), get_args(RangeEnd))]


def naive(text: str, position: int, counting: Counting) -> int:
    """Count the characters before a position one by one."""
    counted = index = 0
    while index < position:
        pair = text.startswith("\r\n", index) and index + 1 < position
        if pair or text[index] in "\r\n":
            width = 2 if pair else 1
            counted += {"stored": width, "one": 1, "two": 2}[counting.line_end]
            index += width
        else:
            counted += 2 if counting.unit == "utf-16" and ord(text[index]) > 0xFFFF else 1
            index += 1
    return counted


@pytest.mark.parametrize("counting", WAYS, ids=str)
def test_positions_are_counted_as_by_hand(counting: Counting) -> None:
    last = counting.end == "inclusive"
    by_hand = [(naive(TEXT, start, counting), naive(TEXT, end, counting) - last) for start, end in RANGES]
    assert count(TEXT, RANGES, counting) == by_hand


@pytest.mark.parametrize("quoted", [True, False], ids=["quoted", "silent"])
@pytest.mark.parametrize("counting", WAYS, ids=str)
def test_every_way_of_counting_is_found_out(counting: Counting, quoted: bool) -> None:
    given = [
        GivenRange("d", start, end, words if quoted else "")
        for (start, end), words in zip(count(TEXT, RANGES, counting), WORDS, strict=True)
    ]
    found = place({"d": TEXT}, given)
    assert [(one.start, one.end, one.moved) for one in found.ranges] == [(*span, False) for span in RANGES]
    if counting.line_end != "two":
        # The text has one bare line end, before the last range, so "two" is told apart by that range alone.
        assert found.counting == counting


@st.composite
def ranges(draw: st.DrawFn) -> tuple[str, int, int]:
    """A text and a range in it that begins and ends with a visible character."""
    text = draw(st.text("ab c\r\n.𝕏é", max_size=40).filter(lambda text: bool(text.strip())))
    visible = [index for index, letter in enumerate(text) if not letter.isspace()]
    start = draw(st.sampled_from(visible))
    return text, start, draw(st.sampled_from([index for index in visible if index >= start])) + 1


# Counted otherwise, the range begins with the same words and ends with a whole one, as if it were cut short.
@example(("aaaaaaaaaaaaaaaa a aa", 0, 20), Counting(end="exclusive"))
@example(("aaaaaaaaaaaaaaaa a aa", 0, 20), Counting(end="inclusive"))
# Counted otherwise, the same word stands there, and beside no other letter.
@example(("𝕏.aaa", 3, 4), Counting())
@given(ranges(), st.sampled_from(WAYS))
def test_what_is_counted_is_placed_on_the_same_characters(given: tuple[str, int, int], counting: Counting) -> None:
    text, start, end = given
    ((first, last),) = count(text, [(start, end)], counting)
    found = place({"d": text}, [GivenRange("d", first, last, text[start:end])], preferred=counting, certain=True)
    assert found.ranges == (Placement(start, end),)
    assert found.counting == counting


def test_all_words_of_a_quotation_say_more_than_its_first() -> None:
    # As the last character, the end would stand beside the word "aa", and the quotation be cut short.
    given = GivenRange("d", 0, 20, "aaaaaaaaaaaaaaaa a a")
    found = place({"d": "aaaaaaaaaaaaaaaa\na aa"}, [given], certain=True)
    assert (found.ranges, found.counting) == ((Placement(0, 20),), Counting())


def one(quote: str, start: int, end: int, text: str = TEXT, *, certain: bool = True) -> tuple[object, ...]:
    placement = place({"d": text}, [GivenRange("d", start, end, quote)], certain=certain).ranges[0]
    return placement.start, placement.end, placement.moved, placement.reason


def test_a_range_beside_its_words_is_moved_to_the_nearest() -> None:
    text = "The pilot waits. " * 9
    assert one("pilot waits", 70, 81, text) == (72, 83, True, "")


def test_words_broken_over_lines_are_found() -> None:
    assert one("quay is\n long.", 3, 9) == (TEXT.index("quay"), TEXT.index("quay") + 13, True, "")


def test_a_quotation_cut_short_is_as_long_as_its_range() -> None:
    start = TEXT.index("The pilot")
    assert one("The pilot 𝕏 meets…", 0, 30) == (start, start + 30, True, "")
    assert one("The pilot 𝕏 meets…", start, start + 33) == (start, start + 33, False, "")


def test_a_name_that_is_no_quotation_moves_nothing() -> None:
    assert one("Nobody", 2, 15, certain=False) == (2, 15, False, "")
    assert one("a name people gave", 2, 15, certain=False) == (2, 15, False, "")


@pytest.mark.parametrize(
    ("quote", "start", "end", "reason"),
    [
        ("", 9, 2, "its range 9 to 2 is empty"),
        ("", -4, 3, "its range -4 to 3 leaves the text, which has"),
        ("", 0, 10**18, "leaves the text, which has"),
        ("words of another text", 0, 10, "its words do not stand in the text"),
        ("words of another text", 0, 1000, "its words do not stand in the text"),
    ],
)
def test_what_cannot_be_placed_says_why(quote: str, start: int, end: int, reason: str) -> None:
    found = one(quote, start, end)
    assert found[:3] == (None, None, False)
    assert reason in str(found[3])


def test_odd_ranges_do_not_decide_how_ends_are_meant() -> None:
    text = "The pilot waits at the quay. " * 50
    ranges = [GivenRange("d", 29 * number, 29 * number + 28) for number in range(50)]
    ranges[7] = GivenRange("d", 29 * 7 + 4, 29 * 7 + 8)
    assert place({"d": text}, ranges).counting == Counting()


def test_nothing_to_place() -> None:
    assert place({"d": ""}, []).ranges == ()
