"""Agreement of coders against scikit-learn, brute force over pairs, and hand-made cases."""

import json
from collections.abc import Sequence
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from framecls.corpus.agreement import (
    cohen_kappa,
    krippendorff_alpha,
    krippendorff_alphas,
    masi_distances,
    nominal_distances,
    pairwise_f1,
    value_counts,
)
from framecls.errors import EvaluationError
from framecls.evaluation import disagreement, evaluate_agreement

FRAMES = ("carry", "gain", "teach")
Floats = npt.NDArray[np.float64]
Set = frozenset[int]


def masi(one: Set, other: Set) -> float:
    """Passonneau 2006, as its text has it."""
    if one == other:
        return 0.0
    shared, either = len(one & other), len(one | other)
    weight = 2 / 3 if one <= other or other <= one else 1 / 3 if shared else 0.0
    return 1 - shared / either * weight


def alpha_by_pairs(units: Sequence[Sequence[Set]]) -> float | None:
    """Alpha as the average distance of pairs within units over that of pairs of all pairable values."""
    units = [unit for unit in units if len(unit) > 1]
    pooled = [value for unit in units for value in unit]
    expected = sum(masi(a, b) for a, b in permutations(pooled, 2))
    if not pooled or expected == 0:
        return None
    observed = sum(sum(masi(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units) / len(pooled)
    return 1 - observed / (expected / (len(pooled) * (len(pooled) - 1)))


def random_codings(coders: int = 3, size: int = 60, missing: float = 0.3, seed: int = 0) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    truth = rng.random((size, len(FRAMES))) < 0.35
    found = {}
    for name in ("ada", "bo", "cy", "di", "eb")[:coders]:
        coding = (truth ^ (rng.random(truth.shape) < 0.15)).astype(float)
        coding[rng.random(size) < missing] = np.nan
        found[name] = coding
    return found


def sets_of(codings: dict[str, Floats]) -> list[list[Set]]:
    """The sets of frames of each sentence, a coder at a time."""
    tables = list(codings.values())
    return [
        [frozenset(np.flatnonzero(table[row]).tolist()) for table in tables if not np.isnan(table[row, 0])]
        for row in range(len(tables[0]))
    ]


def test_masi_by_hand() -> None:
    sets = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=bool)
    # Equal 0; empty against any 1; {a} in {a, b}: 1 - 1/2 · 2/3; {a, b} and {b, c}: 1 - 1/3 · 1/3; disjoint 1.
    expected = np.array(
        [
            [0, 1, 1, 1, 1],
            [1, 0, 2 / 3, 1, 1],
            [1, 2 / 3, 0, 8 / 9, 1],
            [1, 1, 8 / 9, 0, 2 / 3],
            [1, 1, 1, 2 / 3, 0],
        ]
    )
    assert masi_distances(sets) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.frozensets(st.integers(0, 3)), min_size=1, max_size=6))
def test_masi_is_a_distance_of_sets(sets: list[Set]) -> None:
    rows = np.array([[member in one for member in range(4)] for one in sets])
    found = masi_distances(rows)
    assert found == pytest.approx(np.array([[masi(a, b) for b in sets] for a in sets]))
    assert found == pytest.approx(found.T)
    assert ((found >= 0) & (found <= 1)).all()


def test_alpha_over_sets_by_hand() -> None:
    # Two coders, two sentences: {a} and {a}, {a} and {a, b}. Of four values three are {a}, one is {a, b}; their
    # distance is 2/3. Observed: 2 · 2/3 / 4 = 1/3. Expected: 2 · 3 · 1 · 2/3 / (4 · 3) = 1/3.
    codings = {"ada": np.array([[1.0, 0.0], [1.0, 0.0]]), "bo": np.array([[1.0, 0.0], [1.0, 1.0]])}
    agreement = evaluate_agreement(codings, frames=("a", "b"), document_ids=["d", "d"])
    assert agreement.readings[0].sets.alpha == pytest.approx(0)
    assert agreement.readings[0].sets.agreement == 0.5
    assert disagreement(codings) == pytest.approx([0, 2 / 3])


@settings(deadline=None, max_examples=40)
@given(coders=st.integers(2, 4), missing=st.sampled_from([0.0, 0.4]), seed=st.integers(0, 10_000))
def test_all_values_are_what_pairs_give(coders: int, missing: float, seed: int) -> None:
    codings = random_codings(coders, 12, missing, seed)
    units = sets_of(codings)
    if not any(len(unit) > 1 for unit in units):
        return
    agreement = evaluate_agreement(codings, frames=FRAMES, document_ids=["d"] * 12, draws=2)
    reading = agreement.readings[0]
    assert reading.sentences == sum(len(unit) > 1 for unit in units)
    assert reading.sets.alpha == (None if (alpha := alpha_by_pairs(units)) is None else pytest.approx(alpha))
    pairs = [pair for unit in units for pair in combinations(unit, 2)]
    assert reading.sets.agreement == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
    means = [np.mean([masi(a, b) for a, b in combinations(unit, 2)]) if len(unit) > 1 else 0.0 for unit in units]
    assert disagreement(codings) == pytest.approx(means)
    table = np.stack(list(codings.values()))
    for column, frame in enumerate(reading.frames):
        alpha, f1 = krippendorff_alpha(table[:, :, column]), pairwise_f1(table[:, :, column])
        assert frame.alpha == (None if alpha is None else pytest.approx(alpha))
        assert frame.f1 == (None if f1 is None else pytest.approx(f1))
        assert frame.agreement == pytest.approx(sum((column in a) == (column in b) for a, b in pairs) / len(pairs))
        assert (frame.alpha_interval, frame.agreement_interval) == (None, None)


def test_pairs_against_scikit_learn() -> None:
    codings = random_codings()
    agreement = evaluate_agreement(codings, frames=FRAMES, document_ids=[f"d{n % 9}" for n in range(60)], draws=50)
    assert [(pair.one, pair.other) for pair in agreement.pairs] == [("ada", "bo"), ("ada", "cy"), ("bo", "cy")]
    for pair in agreement.pairs:
        one, other = codings[pair.one], codings[pair.other]
        rows = ~np.isnan(one[:, 0]) & ~np.isnan(other[:, 0])
        assert pair.sentences == rows.sum()
        for column, frame in enumerate(pair.frames):
            a, b = one[rows, column], other[rows, column]
            assert frame.kappa == pytest.approx(cohen_kappa_score(a, b))
            assert frame.f1 == pytest.approx(f1_score(a, b))
            assert frame.agreement == pytest.approx((a == b).mean())
            assert (frame.both, frame.one_only) == (((a == 1) & (b == 1)).sum(), ((a == 1) & (b == 0)).sum())
            assert frame.both + frame.one_only + frame.other_only + frame.neither == pair.sentences
            assert frame.kappa_interval is not None
            assert frame.kappa_interval.low <= (frame.kappa or 0) <= frame.kappa_interval.high


def test_kappa_is_undefined_where_chance_explains_all() -> None:
    assert np.isnan(cohen_kappa(np.array([[0, 0, 0, 9], [9, 0, 0, 0], [0, 0, 0, 0]]))).all()
    assert cohen_kappa(np.array([[20, 5, 10, 15]])) == pytest.approx([0.4])


def test_draws_are_those_of_repeated_documents() -> None:
    rng = np.random.default_rng(1)
    table = rng.integers(0, 3, size=(3, 40)).astype(float)
    table[rng.random(table.shape) < 0.3] = np.nan
    documents = np.repeat(np.arange(8), 5)
    times = rng.multinomial(8, np.full(8, 1 / 8), size=20).astype(float)
    counts = value_counts(table, np.arange(3.0))
    for drawn, alpha in zip(times, krippendorff_alphas(counts, nominal_distances(3), documents, times), strict=True):
        columns = np.concatenate([np.repeat(np.flatnonzero(documents == d), int(n)) for d, n in enumerate(drawn)])
        assert alpha == pytest.approx(krippendorff_alpha(table[:, columns]))


def test_confusion_says_what_was_given_instead() -> None:
    ada = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]], dtype=float)
    bo = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=float)
    agreement = evaluate_agreement({"ada": ada, "bo": bo}, frames=FRAMES, document_ids=list("aabbcc"), draws=10)
    assert agreement.pairs[0].confusion == ((1, 1, 0, 0), (0, 1, 0, 1), (0, 0, 0, 0), (0, 0, 1, 1))
    ada_summary, bo_summary = agreement.coders
    assert [*ada_summary.prevalence, ada_summary.none] == pytest.approx([0.5, 1 / 3, 0, 1 / 3])
    assert (bo_summary.coded, bo_summary.shared, bo_summary.borderline) == (6, 6, 0)
    # Nobody gave the last frame but once: alpha is defined, and 0 at best; a frame with one value has none.
    frames = agreement.readings[0].frames
    assert frames[2].alpha == pytest.approx(0)
    nothing = evaluate_agreement({"ada": ada * 0, "bo": bo * 0}, frames=FRAMES, document_ids=list("aabbcc"), draws=10)
    assert {(f.alpha, f.alpha_interval, f.f1, f.agreement) for f in nothing.readings[0].frames} == {
        (None, None, None, 1)
    }
    assert (nothing.readings[0].sets.alpha, nothing.pairs[0].frames[0].kappa) == (None, None)


def test_without_what_a_coder_marked_borderline() -> None:
    codings = random_codings(2, 40, 0.0)
    differ = (codings["ada"] != codings["bo"]).any(axis=1)
    marks = {"ada": differ, "bo": np.zeros(40, dtype=bool)}
    documents = [f"d{n % 5}" for n in range(40)]
    agreement = evaluate_agreement(codings, frames=FRAMES, document_ids=documents, borderline=marks, draws=20)
    whole, sure = agreement.readings
    assert (whole.name, sure.name, sure.sentences) == ("all", "without borderline", 40 - differ.sum())
    assert (whole.sets.alpha or 1) < 1 == sure.sets.alpha
    assert [coder.borderline for coder in agreement.coders] == [differ.sum(), 0]
    assert len(evaluate_agreement(codings, frames=FRAMES, document_ids=documents, draws=1).readings) == 1


def test_intervals_come_from_the_seed_and_the_record_is_plain() -> None:
    codings, documents = random_codings(), [f"d{n % 9}" for n in range(60)]
    one, again, other = (
        evaluate_agreement(codings, frames=FRAMES, document_ids=documents, seed=seed, draws=100) for seed in (0, 0, 1)
    )
    assert one == again != other
    for frame in one.readings[0].frames:
        assert frame.alpha is not None
        assert frame.alpha_interval is not None
        assert frame.alpha_interval.low < frame.alpha < frame.alpha_interval.high
    record = json.loads(json.dumps(one.to_dict()))
    assert record["readings"][0]["frames"][0]["alpha_interval"].keys() == {"low", "high"}


def test_a_pair_is_measured_as_if_it_were_alone() -> None:
    codings, documents = random_codings(3, 120, 0.0), np.array([f"d{n % 40}" for n in range(120)])
    few = np.isin(documents, ["d0", "d1", "d2", "d3", "d4"])
    codings["cy"][~few] = np.nan
    among = evaluate_agreement(codings, frames=FRAMES, document_ids=documents.tolist(), draws=200)
    own = {name: coding[few] for name, coding in codings.items() if name != "bo"}
    alone = evaluate_agreement(own, frames=FRAMES, document_ids=documents[few].tolist(), draws=200)
    pair = next(pair for pair in among.pairs if (pair.one, pair.other) == ("ada", "cy"))
    assert pair == alone.pairs[0]


def test_coders_who_share_nothing() -> None:
    codings = {"ada": np.array([[1.0], [np.nan]]), "bo": np.array([[np.nan], [1.0]])}
    with pytest.raises(EvaluationError, match=r"no sentence is coded by two \(coders: ada, bo\)"):
        evaluate_agreement(codings, frames=("a",), document_ids=["d", "d"])
    with pytest.raises(EvaluationError, match=r"no sentence is coded by two \(coders: nobody\)"):
        evaluate_agreement({}, frames=("a",), document_ids=["d"])
