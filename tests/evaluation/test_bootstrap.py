"""Intervals of F1: the bootstrap of documents against loops and SciPy."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from framecls.errors import EvaluationError
from framecls.evaluation import Interval, bootstrap
from framecls.evaluation.bootstrap import bootstrap_f1
from framecls.evaluation.metrics import Counts, count, f1, macro

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def tail(documents: int) -> float:
    """What the draws of so many documents leave out at each end: 0.025 of very many, 0.016 of twenty."""
    end = np.sqrt(documents / (documents - 1)) * stats.t.ppf(0.975, documents - 1)
    return float(stats.norm.cdf(-end))


def percentiles(values: list[float | None], documents: int) -> Interval | None:
    defined = sorted(value for value in values if value is not None)
    if not defined:
        return None

    def quantile(share: float) -> float:
        place = share * (len(defined) - 1)
        below = int(place)
        above = min(below + 1, len(defined) - 1)
        return defined[below] + (place - below) * (defined[above] - defined[below])

    return Interval(quantile(tail(documents)), quantile(1 - tail(documents)))


def bootstrap_by_loop(
    gold: Bools, decisions: Bools, documents: npt.NDArray[np.intp], *, seed: int, draws: int
) -> tuple[list[Interval | None], Interval | None, Interval | None]:
    """Lay out the sentences of every drawn document and score them one draw at a time."""
    size, frames = int(documents.max()) + 1, gold.shape[1]
    rng = np.random.default_rng(seed)
    by_frame: list[list[float | None]] = [[] for _ in range(frames)]
    means: list[float | None] = []
    micro: list[float | None] = []
    for drawn in rng.multinomial(size, np.full(size, 1 / size), size=draws):
        rows = [row for row, document in enumerate(documents) for _ in range(drawn[document])]
        counts = [count(gold[rows, column], decisions[rows, column]) for column in range(frames)]
        scores = [f1(of_frame) for of_frame in counts]
        for values, score in zip(by_frame, scores, strict=True):
            values.append(score)
        means.append(macro(scores, gold[rows].sum(axis=0).tolist()))
        micro.append(f1(sum(counts, start=Counts(0, 0, 0))))
    intervals = [percentiles(values, size) for values in by_frame]
    return intervals, percentiles(means, size), percentiles(micro, size)


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


def test_a_draw_without_a_frame_is_averaged_over_the_others() -> None:
    # The second frame is a false alarm in one document of two, and gold has it nowhere.
    gold = np.array([[True, False], [True, False]])
    decisions = np.array([[True, True], [True, False]])
    frames, macro, _ = bootstrap_f1(gold, decisions, np.array([0, 1]), rng=np.random.default_rng(0), draws=100)
    assert frames == [Interval(1.0, 1.0), Interval(0.0, 0.0)]
    assert macro == Interval(1.0, 1.0)


def test_a_single_document_gives_no_interval() -> None:
    gold = np.ones((3, 2), dtype=bool)
    assert bootstrap_f1(gold, gold, np.zeros(3, dtype=np.intp), rng=np.random.default_rng(0)) == (
        [None, None],
        None,
        None,
    )


def clustered(seed: int, *, documents: int = 25) -> tuple[Bools, Bools, npt.NDArray[np.intp]]:
    """Documents of unlike sizes, some of them much harder than others."""
    rng = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(documents), rng.integers(3, 12, documents))
    gold = rng.random((len(numbers), 1)) < 0.4
    noise = rng.beta(0.5, 2, documents)[numbers][:, None]
    return gold, gold ^ (rng.random(gold.shape) < noise), numbers


@pytest.mark.parametrize("seed", range(3))
def test_bca_is_scipys(seed: int) -> None:
    gold, decisions, numbers = clustered(seed)
    (found,), macro, _ = bootstrap_f1(gold, decisions, numbers, rng=np.random.default_rng(1), draws=60_000, kind="bca")
    hits = np.bincount(numbers, weights=2 * (gold & decisions)[:, 0])
    totals = np.bincount(numbers, weights=gold[:, 0].astype(int) + decisions[:, 0])

    def statistic(hits: Floats, totals: Floats, axis: int) -> Floats:
        scores: Floats = hits.sum(axis=axis) / totals.sum(axis=axis)
        return scores

    expected = stats.bootstrap(
        (hits, totals),
        statistic,
        paired=True,
        n_resamples=60_000,
        confidence_level=1 - 2 * tail(25),
        method="BCa",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert found is not None
    # Two bootstraps with draws of their own differ in the third digit.
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.004)
    assert macro == found


def test_bca_leans_where_percentiles_do_not() -> None:
    gold, decisions, numbers = clustered(0)
    plain, corrected = (
        bootstrap_f1(gold, decisions, numbers, rng=np.random.default_rng(1), kind=kind)[0][0]
        for kind in ("percentile", "bca")
    )
    assert plain is not None
    assert corrected is not None
    assert corrected.low < plain.low


def test_bca_of_a_perfect_system_is_a_point() -> None:
    gold, _, numbers = clustered(0)
    frames, macro, _ = bootstrap_f1(gold, gold, numbers, rng=np.random.default_rng(1), draws=50, kind="bca")
    assert frames == [Interval(1.0, 1.0)]
    assert macro == Interval(1.0, 1.0)


def test_weights_are_repeated_sentences() -> None:
    gold, decisions, numbers = clustered(4)
    weights = np.random.default_rng(0).integers(1, 4, len(gold)).astype(float)
    many = np.repeat(np.arange(len(gold)), weights.astype(int))
    one = bootstrap_f1(gold, decisions, numbers, rng=np.random.default_rng(1), draws=60, weights=weights)
    other = bootstrap_f1(gold[many], decisions[many], numbers[many], rng=np.random.default_rng(1), draws=60)
    assert same(one[0][0], other[0][0])
    assert same(one[1], other[1])


def test_intervals_of_few_documents_reach_further() -> None:
    assert [round(tail(documents), 4) for documents in (5, 20, 10_000)] == [0.001, 0.0159, 0.025]
    values = np.arange(10_001) / 10_000
    for documents in (5, 20, 10_000):
        found = bootstrap.percentiles(values, documents)
        assert found is not None
        assert (found.low, found.high) == pytest.approx((tail(documents), 1 - tail(documents)))


def test_unknown_kind_of_interval() -> None:
    gold, decisions, numbers = clustered(0)
    with pytest.raises(EvaluationError, match="interval 'wald': give one of percentile, bca"):
        bootstrap_f1(gold, decisions, numbers, rng=np.random.default_rng(0), kind="wald")  # type: ignore[arg-type]


def test_bca_of_many_documents_needs_no_table_of_all_pairs() -> None:
    # A document a sentence: a row and a column for each would take thirty gigabytes.
    rng = np.random.default_rng(0)
    gold = rng.random((60_000, 1)) < 0.2
    (found,), _, _ = bootstrap_f1(
        gold, gold ^ (rng.random(gold.shape) < 0.1), np.arange(60_000), rng=rng, draws=40, kind="bca"
    )
    assert found is not None
    assert found.low < found.high
