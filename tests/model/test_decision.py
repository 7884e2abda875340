"""Calibration and thresholds: against scikit-learn and brute force, and what must hold for any scores."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss

from framecls.config import Target
from framecls.errors import ConfigError, EvaluationError
from framecls.model.decision import (
    Decision,
    FrameDecision,
    best_f1_threshold,
    expected_f1_threshold,
    f1_threshold,
    threshold_at,
)

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


def invented(seed: int = 0, *, size: int = 400, scale: float = 1.0) -> tuple[Floats32, Bools]:
    """Logits whose true probability is the sigmoid of half the logit less one: overconfident."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(-1, 3, size=(size, 1))
    gold = rng.random((size, 1)) < 1 / (1 + np.exp(-(0.5 * scores - 1)))
    return (scale * scores).astype(np.float32), gold


def fit(scores: npt.NDArray[np.floating], gold: Bools) -> Decision:
    return Decision.fit(
        scores, gold, frames=[f"frame{column}" for column in range(gold.shape[1])], fitted_on="validation"
    )


def platts_targets(gold: Bools) -> Floats:
    positives, negatives = gold.sum(), (~gold).sum()
    targets: Floats = np.where(gold, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    return targets


def test_calibration_is_a_logistic_regression_on_platts_targets() -> None:
    scores, gold = invented()
    targets = platts_targets(gold[:, 0])
    # A target between 0 and 1 is a sentence seen as present with that weight and as absent with the rest.
    oracle = LogisticRegression(C=1e12, tol=1e-10, max_iter=10_000).fit(
        np.concatenate([scores, scores]),
        np.repeat([True, False], len(scores)),
        sample_weight=np.concatenate([targets, 1 - targets]),
    )
    frame = fit(scores, gold).frames[0]
    assert (frame.slope, frame.intercept) == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), rel=1e-3)
    assert (frame.slope, frame.intercept) == pytest.approx((0.5, -1), abs=0.25)


def test_the_decision_says_what_it_was_fitted_on() -> None:
    scores, gold = invented()
    decision = fit(np.concatenate([scores, -scores], axis=1), np.concatenate([gold, ~gold], axis=1))
    assert (decision.fitted_on, decision.size, len(decision.frames)) == ("validation", 400, 2)
    assert [frame.support for frame in decision.frames] == [gold.sum(), (~gold).sum()]


@pytest.mark.parametrize("seed", range(3))
def test_calibration_improves_log_loss_on_other_sentences(seed: int) -> None:
    decision = fit(*invented(seed))
    scores, gold = invented(seed + 100)
    raw = 1 / (1 + np.exp(-scores.astype(float)))
    assert log_loss(gold, decision.probabilities(scores)[:, 0].astype(float)) < log_loss(gold, raw) - 0.05


@pytest.mark.parametrize("scale", [1e-4, 0.1, 10, 1e4])
def test_calibration_survives_the_scale_of_the_scores(scale: float) -> None:
    scores, gold = invented()
    scaled = scores.astype(np.float64) * scale + 7 * scale
    one, other = fit(scores, gold), fit(scaled, gold)
    assert other.probabilities(scaled) == pytest.approx(one.probabilities(scores), abs=1e-4)
    assert (other.decide(other.probabilities(scaled)) == one.decide(one.probabilities(scores))).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_separable_scores_are_calibrated_to_finite_numbers(sign: int) -> None:
    scores = sign * np.array([-3, -2, -1, 1, 2, 3], dtype=np.float32)[:, None]
    gold = np.array([False, False, False, True, True, True])[:, None]
    decision = fit(scores, gold)
    frame = decision.frames[0]
    assert np.isfinite([frame.slope, frame.intercept, frame.threshold]).all()
    probabilities = decision.probabilities(scores)
    assert ((probabilities > 0) & (probabilities < 1)).all()
    if sign > 0:
        assert (decision.decide(probabilities) == gold).all()


def test_scores_that_are_all_equal_give_the_rate_of_the_frame() -> None:
    gold = np.array([True, False, False, False, False])[:, None]
    scores = np.full((5, 1), 0.3, dtype=np.float32)
    decision = fit(scores, gold)
    # The mean of Platt's targets: 2/3 once and 1/6 four times.
    assert decision.probabilities(scores) == pytest.approx((2 / 3 + 4 / 6) / 5, abs=1e-3)
    assert decision.decide(decision.probabilities(scores)).all()


labelled = st.lists(st.tuples(st.floats(-30, 30, width=32), st.booleans()), min_size=2, max_size=20).filter(
    lambda pairs: len({present for _, present in pairs}) == 2
)


@settings(deadline=None, max_examples=50)
@given(pairs=labelled)
def test_calibration_never_reorders_and_something_is_decided(pairs: list[tuple[float, bool]]) -> None:
    scores = np.array([[score] for score, _ in pairs], dtype=np.float32)
    gold = np.array([[present] for _, present in pairs])
    decision = fit(scores, gold)
    probabilities = decision.probabilities(scores)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == scores.shape
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert (np.diff(probabilities[np.argsort(scores[:, 0]), 0]) >= 0).all()
    assert probabilities.min() / 2 <= decision.frames[0].threshold <= probabilities.max()
    assert decision.decide(probabilities).any()


def draw(seed: int, size: int = 300) -> tuple[npt.NDArray[np.float64], Bools]:
    """Calibrated probabilities of a rare frame, and gold drawn by them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.4, 1.6, size)
    return probabilities, rng.random(size) < probabilities


def test_the_expected_threshold_varies_less_and_decides_better_than_the_best_of_the_sample() -> None:
    fresh = draw(999, 200_000)
    counted, expected = [], []
    for seed in range(40):
        probabilities, gold = draw(seed)
        counted.append(max(probabilities, key=lambda value: f1_of(gold, probabilities >= value)))
        expected.append(expected_f1_threshold(probabilities))
    assert np.std(expected) < np.std(counted)
    scores = [np.mean([f1_of(fresh[1], fresh[0] >= one) for one in found]) for found in (expected, counted)]
    assert scores[0] > scores[1]


def test_the_expected_threshold_is_half_the_best_f1() -> None:
    # Lipton et al. 2014, theorem 1, which holds for calibrated probabilities.
    probabilities, gold = draw(5, 200_000)
    threshold = expected_f1_threshold(probabilities)
    assert threshold == pytest.approx(f1_of(gold, probabilities >= threshold) / 2, abs=0.005)


def test_the_expected_threshold_of_equal_probabilities_accepts_them() -> None:
    assert expected_f1_threshold(np.full(7, 0.1 + 0.2)) <= 0.1 + 0.2


def test_sentences_that_speak_against_the_expected_threshold_are_heard() -> None:
    probabilities = np.repeat([0.9, 0.5, 0.3, 0.05], [10, 30, 16, 100])
    gold = np.repeat([True, False, True, False], [10, 30, 16, 100])
    expected, best = expected_f1_threshold(probabilities), best_f1_threshold(probabilities, gold)
    assert f1_of(gold, probabilities >= expected) < 0.92 * f1_of(gold, probabilities >= best)
    assert f1_threshold(probabilities, gold) == best


@settings(deadline=None, max_examples=50)
@given(pairs=labelled)
def test_a_threshold_costs_little_on_its_own_sentences(pairs: list[tuple[float, bool]]) -> None:
    probabilities = np.array([(score + 30) / 60 for score, _ in pairs])
    gold = np.array([present for _, present in pairs])
    decided = probabilities >= f1_threshold(probabilities, gold)
    assert f1_of(gold, decided) >= 0.92 * f1_of(gold, probabilities >= best_f1_threshold(probabilities, gold)) - 1e-12


def best_f1(probabilities: npt.NDArray[np.floating], gold: Bools) -> float:
    """Try every threshold that decides differently."""
    return max(f1_of(gold, probabilities >= value) for value in probabilities)


def test_brute_force_counts_as_scikit_learn_does() -> None:
    scores, gold = invented()
    assert f1_of(gold[:, 0], scores[:, 0] > 0) == pytest.approx(f1_score(gold[:, 0], scores[:, 0] > 0))


def f1_of(gold: Bools, decided: Bools) -> float:
    return 2 * int((gold & decided).sum()) / int(gold.sum() + decided.sum())


unit_floats = st.one_of(
    st.floats(0, 1, width=32),
    # Few values make ties, and neighbouring numbers leave no room for a threshold between them.
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.sampled_from([float(np.nextafter(np.float32(0.75), np.float32(1))), 0.75, float(np.float32(1 - 2**-24))]),
)


@settings(deadline=None, max_examples=300)
@given(values=st.lists(unit_floats, min_size=1, max_size=10))
def test_the_expected_threshold_is_what_brute_force_finds(values: list[float]) -> None:
    probabilities = np.array(values, dtype=np.float32)
    threshold = expected_f1_threshold(probabilities)
    decision = Decision(
        frames=(FrameDecision(slope=1, intercept=0, threshold=threshold, support=1),), fitted_on="test", size=1
    )
    decided = decision.decide(probabilities[:, None])[:, 0]
    exact = probabilities.astype(float)
    possible = [exact >= value for value in exact]
    best = max(2 * exact[accepted].sum() / (accepted.sum() + exact.sum()) for accepted in possible)
    assert 2 * exact[decided].sum() / (decided.sum() + exact.sum()) == pytest.approx(best)


@pytest.mark.parametrize(
    ("probabilities", "threshold"),
    [
        # 0.64, 0.79, 0.71 and 0.64 are to be expected; midway between the last accepted and the first rejected.
        ([0.9, 0.6, 0.2, 0.1], 0.4),
        # Below the last one everything is accepted.
        ([0.8, 0.4], 0.2),
        # No threshold falls between equal probabilities.
        ([0.5, 0.5, 0.5], 0.25),
        ([0.0, 0.0], 0.0),
        ([1.0], 0.5),
    ],
)
def test_expected_thresholds_by_hand(probabilities: list[float], threshold: float) -> None:
    assert expected_f1_threshold(np.array(probabilities)) == pytest.approx(threshold)


@settings(deadline=None, max_examples=300)
@given(pairs=st.lists(st.tuples(unit_floats, st.booleans()), min_size=1, max_size=10))
def test_the_threshold_is_what_brute_force_finds(pairs: list[tuple[float, bool]]) -> None:
    probabilities = np.array([probability for probability, _ in pairs], dtype=np.float32)
    gold = np.array([present for _, present in pairs])
    assume(gold.any())
    threshold = best_f1_threshold(probabilities, gold)
    decision = Decision(
        frames=(FrameDecision(slope=1, intercept=0, threshold=threshold, support=1),), fitted_on="test", size=1
    )
    decided = decision.decide(probabilities[:, None])[:, 0]
    best = best_f1(probabilities, gold)
    assert f1_of(gold, decided) == best
    # Of several with this F1, the fewest sentences.
    as_good = [
        int((probabilities >= value).sum()) for value in probabilities if f1_of(gold, probabilities >= value) == best
    ]
    assert decided.sum() == min(as_good)


@pytest.mark.parametrize(
    ("probabilities", "gold", "threshold"),
    [
        # Midway between the last accepted and the first rejected.
        ([0.9, 0.6, 0.2, 0.1], [1, 1, 0, 0], 0.4),
        # Below the last one everything is accepted.
        ([0.8, 0.4], [1, 1], 0.2),
        # Accepting one or three gives the same F1 of 2/3; one is fewer.
        ([0.9, 0.7, 0.5], [1, 0, 1], 0.25),
        ([0.9, 0.7, 0.5, 0.3], [1, 0, 0, 1], 0.8),
        # The first thresholds have precision and recall 0; a NaN there would win.
        ([0.9, 0.8, 0.1], [0, 0, 1], 0.05),
        # No threshold falls between equal probabilities.
        ([0.5, 0.5, 0.5], [0, 1, 0], 0.25),
        ([0.0, 0.0], [0, 1], 0.0),
        ([1.0], [1], 0.5),
    ],
)
def test_thresholds_by_hand(probabilities: list[float], gold: list[int], threshold: float) -> None:
    assert best_f1_threshold(np.array(probabilities), np.array(gold, dtype=bool)) == pytest.approx(threshold)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neighbouring_numbers_are_told_apart(dtype: type[np.floating]) -> None:
    # The number midway between two neighbours is rounded to one of them.
    low = np.array([0.75, np.nextafter(dtype(0.75), dtype(1))], dtype=dtype)
    for rejected in low:
        accepted = np.nextafter(rejected, dtype(1))
        probabilities = np.array([rejected, accepted])
        threshold = best_f1_threshold(probabilities, np.array([False, True]))
        decision = Decision(
            frames=(FrameDecision(slope=1, intercept=0, threshold=threshold, support=1),), fitted_on="test", size=2
        )
        assert decision.decide(probabilities[:, None]).tolist() == [[False], [True]]


def test_each_frame_has_its_own_threshold_and_meets_it_from_there_on() -> None:
    frames = tuple(
        FrameDecision(slope=1, intercept=0, threshold=threshold, support=1) for threshold in (0.25, 0.5, 1, 0)
    )
    decision = Decision(frames=frames, fitted_on="validation", size=10)
    decided = decision.decide(np.array([[0.25, 0.25, 0.99, 0.0], [0.24, 0.5, 1.0, 1.0]]))
    assert decided.dtype == bool
    assert decided.tolist() == [[True, False, False, True], [False, True, True, True]]


def test_probabilities_are_the_sigmoid_of_the_line() -> None:
    frames = (
        FrameDecision(slope=1, intercept=0, threshold=0.5, support=1),
        FrameDecision(slope=2, intercept=-1, threshold=0.5, support=1),
    )
    decision = Decision(frames=frames, fitted_on="validation", size=10)
    found = decision.probabilities(np.array([[0.0, 0.5], [np.log(3), 1e9]]))
    assert found == pytest.approx(np.array([[0.5, 0.5], [0.75, 1.0]]))
    assert decision.probabilities(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(("present", "support"), [(False, 0), (True, 3)])
def test_a_frame_on_none_or_all_of_the_sentences_is_refused(present: bool, support: int) -> None:
    message = (
        rf"^validation: {support} of 3 sentences carry 'gain'; "
        "fitting its threshold needs sentences with and without it, so add annotated documents$"
    )
    gold = np.array([[True, present], [False, present], [False, present]])
    with pytest.raises(EvaluationError, match=message):
        Decision.fit(np.eye(3, 2), gold, frames=("carry", "gain"), fitted_on="validation")


@pytest.mark.parametrize("slope", [0.0, -1.0, float("nan")])
def test_a_slope_that_would_reorder_is_refused(slope: float) -> None:
    with pytest.raises(ValueError, match=f"^the slope of a calibration must be above 0, found {slope}$"):
        FrameDecision(slope=slope, intercept=0, threshold=0.5, support=1)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=f"^a threshold must be from 0 to 1, found {threshold}$"):
        FrameDecision(slope=1, intercept=0, threshold=threshold, support=1)


@pytest.mark.parametrize(
    ("text", "metric", "value"), [("f1", "f1", None), ("precision=0.9", "precision", 0.9), ("recall=1", "recall", 1.0)]
)
def test_targets_are_read_as_written(text: str, metric: str, value: float | None) -> None:
    target = Target.parse(text)
    assert (target.metric, target.value, str(target)) == (metric, value, text)


@pytest.mark.parametrize(
    "text", ["", "f1=0.9", "precision", "precision=", "precision=0", "recall=1.5", "recall=nan", "auc=1"]
)
def test_targets_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="give 'f1', or 'precision=' or 'recall=' with a number from 0 to 1"):
        Target.parse(text)


@settings(deadline=None, max_examples=300)
@given(
    pairs=st.lists(st.tuples(unit_floats, st.booleans()), min_size=1, max_size=10),
    value=st.sampled_from([0.01, 0.3, 0.5, 2 / 3, 0.9, 1.0]),
)
def test_a_target_is_kept_as_brute_force_keeps_it(pairs: list[tuple[float, bool]], value: float) -> None:
    probabilities = np.array([probability for probability, _ in pairs], dtype=np.float32)
    gold = np.array([present for _, present in pairs])
    assume(gold.any())
    # What each possible threshold accepts, and how much of it is right and is found.
    accepted = {int((probabilities >= p).sum()): gold[probabilities >= p].sum() for p in probabilities}
    recall = threshold_at(probabilities, gold, Target("recall", value), "here")
    enough = [size for size, hits in accepted.items() if hits >= value * gold.sum() - 1e-9]
    assert int((probabilities.astype(float) >= recall).sum()) == min(enough)
    enough = [size for size, hits in accepted.items() if hits >= value * size - 1e-9]
    if enough:
        precision = threshold_at(probabilities, gold, Target("precision", value), "here")
        assert int((probabilities.astype(float) >= precision).sum()) == max(enough)
    else:
        with pytest.raises(EvaluationError, match="here: no threshold gives precision"):
            threshold_at(probabilities, gold, Target("precision", value), "here")


def test_a_decision_says_its_target() -> None:
    scores, gold = invented()
    strict = Decision.fit(scores, gold, frames=["frame"], fitted_on="validation", target="precision=0.95")
    loose = Decision.fit(scores, gold, frames=["frame"], fitted_on="validation", target="recall=0.95")
    assert (strict.target, loose.target, fit(scores, gold).target) == ("precision=0.95", "recall=0.95", "f1")
    decided = [decision.decide(decision.probabilities(scores)) for decision in (strict, loose)]
    assert (gold & decided[0]).sum() / decided[0].sum() >= 0.95
    assert (gold & decided[1]).sum() / gold.sum() >= 0.95
    assert decided[0].sum() < decided[1].sum()
