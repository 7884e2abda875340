"""Near-duplicates, against comparing every pair."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecls.corpus import near_duplicates
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


def test_a_pair_at_the_threshold_is_found_whatever_rounding_says() -> None:
    long = " ".join(f"word{number}" for number in range(104))
    assert list(near_duplicates([long, " ".join(long.split()[:59])], threshold=0.55)) == [(0, 1, 0.55)]


def test_case_and_punctuation_do_not_matter() -> None:
    texts = ["The isles keep the light together.", "“THE ISLES keep the light – together!”", "The isles keep the light"]
    assert list(near_duplicates(texts)) == [(0, 1, 1.0)]


@pytest.mark.parametrize("text", ["", "Article 2: Definitions", "— * —"])
def test_a_few_words_are_near_to_nothing(text: str) -> None:
    assert list(near_duplicates([text, text])) == []
