"""Metrics against hand-computed values, scikit-learn and loops."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

from framecls.evaluation.metrics import (
    Counts,
    average_precision,
    brier_score,
    calibration_error,
    count,
    f1,
    matthews,
    mean,
    precision,
    recall,
    roc_auc,
)

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def bools(text: str) -> Bools:
    return np.array([character == "1" for character in text], dtype=bool)


@pytest.mark.parametrize(
    ("gold", "decisions", "counts", "scores"),
    [
        ("11100", "10010", Counts(1, 1, 2), (1 / 2, 1 / 3, 2 / 5)),
        ("1100", "1100", Counts(2, 0, 0), (1.0, 1.0, 1.0)),
        ("1100", "0011", Counts(0, 2, 2), (0.0, 0.0, 0.0)),
        # Undefined is not zero: nothing was decided, nothing is there, or both.
        ("1100", "0000", Counts(0, 0, 2), (None, 0.0, 0.0)),
        ("0000", "1000", Counts(0, 1, 0), (0.0, None, 0.0)),
        ("0000", "0000", Counts(0, 0, 0), (None, None, None)),
        ("", "", Counts(0, 0, 0), (None, None, None)),
    ],
)
def test_scores_by_hand(gold: str, decisions: str, counts: Counts, scores: tuple[float | None, ...]) -> None:
    found = count(bools(gold), bools(decisions))
    assert found == counts
    assert (precision(found), recall(found), f1(found)) == pytest.approx(scores)


def test_counts_add_up() -> None:
    assert Counts(1, 2, 3) + Counts(10, 20, 30) == Counts(11, 22, 33)


pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12)


@settings(deadline=None)
@given(pairs=pairs)
def test_scores_are_scikit_learns_with_undefined_as_none(pairs: list[tuple[bool, bool]]) -> None:
    gold, decisions = np.array(pairs).T
    oracles: list[tuple[Callable[[Counts], float | None], Callable[..., float]]] = [
        (precision, precision_score),
        (recall, recall_score),
        (f1, f1_score),
    ]
    for ours, theirs in oracles:
        expected = theirs(gold, decisions, zero_division=np.nan)
        assert ours(count(gold, decisions)) == (None if np.isnan(expected) else pytest.approx(expected))


def test_finding_nothing_scores_zero_and_not_a_half() -> None:
    gold = np.zeros(40, dtype=bool)
    gold[:2] = True
    nothing = np.zeros(40, dtype=bool)
    # The mean over "present" and "absent" flatters a predictor that never finds the frame.
    assert f1_score(gold, nothing, average="macro", zero_division=0) == pytest.approx(0.49, abs=0.01)
    assert f1(count(gold, nothing)) == 0


def test_average_precision_by_hand() -> None:
    # Found at ranks 1 and 3: precision 1 and 2/3, each for half of the recall.
    assert average_precision(bools("101"), np.array([0.9, 0.5, 0.1])) == pytest.approx((1 + 2 / 3) / 2)
    # All tied: one step from recall 0 to 1 at the precision of the whole.
    assert average_precision(bools("1000"), np.zeros(4)) == pytest.approx(1 / 4)
    assert average_precision(bools("11"), np.array([0.1, 0.2])) == 1
    assert average_precision(bools("000"), np.array([0.9, 0.5, 0.1])) is None


@settings(deadline=None)
@given(ranked=st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=12))
def test_average_precision_is_the_sum_over_thresholds(ranked: list[tuple[bool, int]]) -> None:
    gold, scores = np.array([present for present, _ in ranked]), np.array([float(score) for _, score in ranked])
    if not gold.any():
        assert average_precision(gold, scores) is None
        return
    total = last = 0.0
    for threshold in sorted(set(scores), reverse=True):
        counts = count(gold, scores >= threshold)
        total += ((recall(counts) or 0.0) - last) * (precision(counts) or 0.0)
        last = recall(counts) or 0.0
    assert average_precision(gold, scores) == pytest.approx(total)
    assert average_precision(gold, scores) == average_precision_score(gold, scores)
    assert average_precision(gold, 1000 * scores - 7) == pytest.approx(total)


def test_the_mean_is_of_what_is_defined() -> None:
    assert mean([0.5, None, 1.0, 0.0]) == pytest.approx(0.5)
    assert mean([None, None]) is None
    assert mean([]) is None


def test_calibration_error_by_hand() -> None:
    # Bins of a fifteenth: two sentences at 0.30, one of them present, and two at 0.90, both present.
    found = calibration_error(bools("1011"), np.array([0.3, 0.3, 0.9, 0.9]))
    assert found == pytest.approx((2 * abs(0.5 - 0.3) + 2 * abs(1 - 0.9)) / 4)
    assert calibration_error(bools("10"), np.array([1.0, 0.0])) == 0
    assert calibration_error(bools("10"), np.array([0.0, 1.0])) == 1


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_calibration_error_is_a_loop_over_bins(pairs: list[tuple[float, bool]]) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, present in pairs:
        bins.setdefault(min(int(probability * 15), 14), []).append((probability, present))
    expected = sum(
        len(held) / len(pairs) * abs(np.mean([y for _, y in held]) - np.mean([p for p, _ in held]))
        for held in bins.values()
    )
    probabilities, gold = (np.array(column) for column in zip(*pairs, strict=True))
    assert calibration_error(gold, probabilities) == pytest.approx(expected)


@st.composite
def scored(draw: st.DrawFn) -> tuple[Bools, Floats, Floats]:
    """Gold, probabilities and whole weights of a few sentences."""
    row = st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.3, 0.35, 0.8, 1.0]), st.integers(1, 4))
    gold, probabilities, weights = zip(*draw(st.lists(row, min_size=1, max_size=12)), strict=True)
    return np.array(gold), np.array(probabilities), np.array(weights, dtype=float)


@settings(deadline=None)
@given(drawn=scored())
def test_other_metrics_are_scikit_learns(drawn: tuple[Bools, Floats, Floats]) -> None:
    gold, probabilities, _ = drawn
    decisions = probabilities > 0.32
    assert brier_score(gold, probabilities) == pytest.approx(
        brier_score_loss(gold, probabilities, labels=[False, True])
    )
    if gold.all() or not gold.any():
        assert roc_auc(gold, probabilities) is None
        assert matthews(gold, decisions) is None
    else:
        assert roc_auc(gold, probabilities) == pytest.approx(roc_auc_score(gold, probabilities))
        found = matthews(gold, decisions)
        # scikit-learn says 0 where everything is decided alike; the correlation is undefined there.
        one_kind = decisions.all() or not decisions.any()
        assert found == (None if one_kind else pytest.approx(matthews_corrcoef(gold, decisions)))


@settings(deadline=None)
@given(drawn=scored())
def test_a_weight_of_three_is_three_sentences(drawn: tuple[Bools, Floats, Floats]) -> None:
    gold, probabilities, weights = drawn
    decisions = probabilities > 0.32
    many = np.repeat(np.arange(len(gold)), weights.astype(int))
    assert count(gold, decisions, weights) == count(gold[many], decisions[many])
    for metric in (average_precision, roc_auc, brier_score, calibration_error):
        expected = metric(gold[many], probabilities[many])
        assert metric(gold, probabilities, weights) == (None if expected is None else pytest.approx(expected))
    expected = matthews(gold[many], decisions[many])
    assert matthews(gold, decisions, weights) == (None if expected is None else pytest.approx(expected))


def test_weights_undo_an_enriched_sample_by_hand() -> None:
    # Every sentence with the frame was drawn, and one in ten of the others: each of those stands for ten.
    gold, decisions = bools("1100"), bools("1010")
    found = count(gold, decisions, np.array([1.0, 1.0, 10.0, 10.0]))
    assert found == Counts(1, 10, 1)
    assert (precision(found), recall(found), f1(found)) == pytest.approx((1 / 11, 1 / 2, 2 / 13))


def test_a_correlation_that_is_undefined_stays_so_with_weights() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        weights = 1 / rng.random(30)
        decisions = rng.random(30) < 0.5
        assert matthews(np.ones(30, dtype=bool), decisions, weights) is None
        assert matthews(decisions, np.zeros(30, dtype=bool), weights) is None
