"""Metrics against hand-computed values, scikit-learn and loops."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from framecls.evaluation import Interval
from framecls.evaluation.metrics import (
    Counts,
    average_precision,
    bootstrap_f1,
    calibration_error,
    count,
    f1,
    mean,
    precision,
    recall,
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


def percentiles(values: list[float | None]) -> Interval | None:
    defined = sorted(value for value in values if value is not None)
    if not defined:
        return None

    def quantile(share: float) -> float:
        place = share * (len(defined) - 1)
        below = int(place)
        above = min(below + 1, len(defined) - 1)
        return defined[below] + (place - below) * (defined[above] - defined[below])

    return Interval(quantile(0.025), quantile(0.975))


def bootstrap_by_loop(
    gold: Bools, decisions: Bools, documents: npt.NDArray[np.intp], *, seed: int, draws: int
) -> tuple[list[Interval | None], Interval | None, Interval | None]:
    """Lay out the sentences of every drawn document and score them one draw at a time."""
    size, frames = int(documents.max()) + 1, gold.shape[1]
    rng = np.random.default_rng(seed)
    by_frame: list[list[float | None]] = [[] for _ in range(frames)]
    macro: list[float | None] = []
    micro: list[float | None] = []
    for drawn in rng.multinomial(size, np.full(size, 1 / size), size=draws):
        rows = [row for row, document in enumerate(documents) for _ in range(drawn[document])]
        counts = [count(gold[rows, column], decisions[rows, column]) for column in range(frames)]
        scores = [f1(of_frame) for of_frame in counts]
        for values, score in zip(by_frame, scores, strict=True):
            values.append(score)
        macro.append(mean(scores))
        micro.append(f1(sum(counts, start=Counts(0, 0, 0))))
    return [percentiles(values) for values in by_frame], percentiles(macro), percentiles(micro)


def same(one: Interval | None, other: Interval | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.low, one.high) == pytest.approx((other.low, other.high))


@st.composite
def judged(draw: st.DrawFn) -> tuple[Bools, Bools, npt.NDArray[np.intp]]:
    documents = draw(st.integers(2, 5))
    row = st.tuples(*[st.booleans()] * 4)
    rows = np.array(draw(st.lists(row, min_size=documents, max_size=12)))
    extra = st.lists(st.integers(0, documents - 1), min_size=len(rows) - documents, max_size=len(rows) - documents)
    return rows[:, :2], rows[:, 2:], np.array([*range(documents), *draw(extra)])


@settings(deadline=None, max_examples=40)
@given(drawn=judged(), seed=st.integers(0, 9))
def test_the_bootstrap_is_a_loop_over_drawn_documents(
    drawn: tuple[Bools, Bools, npt.NDArray[np.intp]], seed: int
) -> None:
    gold, decisions, documents = drawn
    frames, macro, micro = bootstrap_f1(gold, decisions, documents, rng=np.random.default_rng(seed), draws=40)
    expected_frames, expected_macro, expected_micro = bootstrap_by_loop(gold, decisions, documents, seed=seed, draws=40)
    assert all(same(one, other) for one, other in zip(frames, expected_frames, strict=True))
    assert same(macro, expected_macro)
    assert same(micro, expected_micro)


def test_the_bootstrap_draws_documents_and_not_sentences() -> None:
    # One document is all right and one all wrong: F1 of a draw is 0, 2/3 or 1, with chances 1/4, 1/2 and 1/4.
    gold = np.ones((200, 1), dtype=bool)
    decisions = np.repeat([True, False], 100)[:, None]
    documents = np.repeat([0, 1], 100)
    frames, macro, micro = bootstrap_f1(gold, decisions, documents, rng=np.random.default_rng(0), draws=500)
    assert frames == [Interval(0.0, 1.0)]
    assert (macro, micro) == (Interval(0.0, 1.0), Interval(0.0, 1.0))


def test_undefined_draws_and_frames_are_left_out() -> None:
    # The first frame stands in one document of two, where it is found; the second nowhere.
    gold = np.array([[True, False], [False, False]])
    frames, macro, micro = bootstrap_f1(gold, gold, np.array([0, 1]), rng=np.random.default_rng(0), draws=100)
    assert frames == [Interval(1.0, 1.0), None]
    assert (macro, micro) == (Interval(1.0, 1.0), Interval(1.0, 1.0))


def test_a_single_document_gives_no_interval() -> None:
    gold = np.ones((3, 2), dtype=bool)
    assert bootstrap_f1(gold, gold, np.zeros(3, dtype=np.intp), rng=np.random.default_rng(0)) == (
        [None, None],
        None,
        None,
    )


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
