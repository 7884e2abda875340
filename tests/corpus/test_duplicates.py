"""Near-duplicates, against comparing every pair."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecls.corpus import near_duplicates, near_groups
from framecls.corpus.duplicates import words

sentence = st.lists(st.sampled_from(["isle", "toll", "quay", "boat", "rope", "mast"]), max_size=14).map(" ".join)


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + 5]) for start in range(len(found) - 4)}


@given(st.lists(sentence, max_size=12), st.sampled_from([0.1, 0.5, 0.7, 1.0]))
def test_no_pair_is_missed_and_none_invented(texts: list[str], threshold: float) -> None:
    expected = {}
    for (i, one), (j, other) in combinations(enumerate(map(runs, texts)), 2):
        if one and other and len(one & other) / len(one | other) >= threshold:
            expected[i, j] = len(one & other) / len(one | other)
    found = list(near_duplicates(texts, threshold=threshold))
    assert {(i, j): similarity for i, j, similarity in found} == expected
    assert len(found) == len(expected)


@given(st.lists(st.tuples(sentence, st.integers(0, 2)), max_size=12), st.sampled_from([0.1, 0.5, 0.7, 1.0]))
def test_between_sides_are_the_pairs_of_two_sides(texts: list[tuple[str, int]], threshold: float) -> None:
    sides = [side for _, side in texts]
    every = list(near_duplicates([text for text, _ in texts], threshold=threshold))
    found = list(near_duplicates([text for text, _ in texts], threshold=threshold, between=sides))
    assert sorted(found) == sorted(pair for pair in every if sides[pair[0]] != sides[pair[1]])


def test_a_formula_is_one_group_however_often_it_stands() -> None:
    texts = ["The isles keep the light together.", "The isles keep the light apart."] * 20_000
    assert list(near_groups(texts, threshold=0.3)) == [
        (rows := list(range(0, 40_000, 2)), rows, 1.0),
        (other := list(range(1, 40_000, 2)), other, 1.0),
        (rows, other, pytest.approx(1 / 3)),
    ]
    assert list(near_groups(texts, threshold=0.3, between=[0] * 40_000)) == []


def test_a_pair_at_the_threshold_is_found_whatever_rounding_says() -> None:
    long = " ".join(f"word{number}" for number in range(104))
    assert list(near_duplicates([long, " ".join(long.split()[:59])], threshold=0.55)) == [(0, 1, 0.55)]


def test_case_and_punctuation_do_not_matter() -> None:
    texts = ["The isles keep the light together.", "“THE ISLES keep the light – together!”", "The isles keep the light"]
    assert list(near_duplicates(texts)) == [(0, 1, 1.0)]


@pytest.mark.parametrize("text", ["", "Article 2: Definitions", "— * —"])
def test_a_few_words_are_near_to_nothing(text: str) -> None:
    assert list(near_duplicates([text, text])) == []
