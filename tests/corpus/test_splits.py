"""Splits that never share a document and have every frame in proportion."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecls.corpus import Split, split_documents
from framecls.errors import CorpusError

SHARES: dict[Split, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}
Bools = npt.NDArray[np.bool_]


def invented(documents: int, *, seed: int = 1) -> tuple[list[str], Bools]:
    """Documents of 5 to 40 sentences; frames on about 20, 10, 5 and 2 %, unevenly spread over documents."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 41, size=documents)
    rates = np.array([0.2, 0.1, 0.05, 0.02]) * rng.gamma(1.0, size=(documents, 4))
    ids = np.repeat([f"d{number:03d}" for number in range(documents)], lengths)
    gold = rng.random((lengths.sum(), 4)) < np.repeat(rates, lengths, axis=0)
    order = rng.permutation(len(ids))
    return ids[order].tolist(), gold[order]


def share_of(split: str, parts: dict[str, Split], ids: Sequence[str], gold: Bools) -> npt.NDArray[np.float64]:
    """The split's share of each frame's sentences, and of all in the last place."""
    inside = np.array([parts[id] == split for id in ids])
    columns = np.column_stack([gold, np.ones(len(gold), dtype=bool)])
    return np.asarray(columns[inside].sum(axis=0) / columns.sum(axis=0))


@pytest.mark.parametrize("seed", range(3))
def test_every_frame_is_in_proportion(seed: int) -> None:
    ids, gold = invented(100, seed=seed)
    parts = split_documents(ids, gold, SHARES, rng=np.random.default_rng(seed))
    for split, share in SHARES.items():
        assert share_of(split, parts, ids, gold) == pytest.approx(share, abs=0.03)


def test_the_same_seed_gives_the_same_split_and_another_seed_another() -> None:
    ids, gold = invented(60)
    first, again, other = (split_documents(ids, gold, SHARES, rng=np.random.default_rng(seed)) for seed in (13, 13, 14))
    assert list(first.items()) == list(again.items())
    assert first != other


def test_documents_come_in_order_of_appearance() -> None:
    ids, gold = invented(30)
    assert list(split_documents(ids, gold, SHARES, rng=np.random.default_rng(0))) == list(dict.fromkeys(ids))


def test_equal_documents_are_dealt_out_evenly() -> None:
    ids = [f"d{number}" for number in range(10) for _ in range(4)]
    gold = np.array([[True, False], [False, True], [False, False], [False, False]] * 10)
    folds = split_documents(ids, gold, dict.fromkeys(range(5), 0.2), rng=np.random.default_rng(0))
    assert sorted(folds.values()) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_the_only_two_documents_with_a_rare_frame_are_parted() -> None:
    ids = [f"d{number}" for number in range(8) for _ in range(5)]
    gold = np.zeros((40, 1), dtype=bool)
    gold[[0, 17]] = True
    parts = split_documents(ids, gold, {"one": 0.5, "other": 0.5}, rng=np.random.default_rng(0))
    assert parts["d0"] != parts["d3"]
    assert sorted(parts.values()) == ["one"] * 4 + ["other"] * 4


@st.composite
def small_gold(draw: st.DrawFn) -> tuple[list[str], Bools]:
    numbers = draw(st.lists(st.integers(0, 6), min_size=1, max_size=30))
    rows = draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=len(numbers), max_size=len(numbers)))
    return [f"d{number}" for number in numbers], np.array(rows, dtype=bool)


@settings(deadline=None, max_examples=60)
@given(drawn=small_gold(), seed=st.integers(0, 100))
def test_each_document_has_one_part_and_no_part_is_empty(drawn: tuple[list[str], Bools], seed: int) -> None:
    ids, gold = drawn
    if len(set(ids)) < len(SHARES):
        with pytest.raises(CorpusError, match="documents cannot make 3 splits that share none; add documents"):
            split_documents(ids, gold, SHARES, rng=np.random.default_rng(seed))
        return
    parts = split_documents(ids, gold, SHARES, rng=np.random.default_rng(seed))
    assert list(parts) == list(dict.fromkeys(ids))
    assert set(parts.values()) == set(SHARES)


def test_too_few_documents_are_refused() -> None:
    with pytest.raises(CorpusError, match=r"^2 documents cannot make 3 splits that share none; add documents$"):
        split_documents(["d1", "d2"], np.zeros((2, 1), dtype=bool), SHARES, rng=np.random.default_rng(0))
