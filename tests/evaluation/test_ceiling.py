"""Coders beside the system: against Krippendorff's alpha, loops and what the test of Calderon et al. must say."""

import json

import numpy as np
import numpy.typing as npt
import pytest

from framecls.corpus.agreement import krippendorff_alpha, pairwise_f1
from framecls.errors import EvaluationError
from framecls.evaluation import Ceiling, evaluate_ceiling
from framecls.evaluation.ceiling import _alphas

FRAMES = ("carry", "gain")
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def readings(noises: dict[str, float], *, size: int = 300, seed: int = 0) -> tuple[dict[str, Floats], Bools, list[str]]:
    """Readers who see the truth with noise of their own, the truth, and twenty documents."""
    rng = np.random.default_rng(seed)
    truth = rng.random((size, 2)) < 0.3
    codings = {name: (truth ^ (rng.random(truth.shape) < noise)).astype(float) for name, noise in noises.items()}
    return codings, truth, [f"d{number % 20}" for number in range(size)]


def found(codings: dict[str, Floats], decisions: Bools, documents: list[str], draws: int = 200) -> Ceiling:
    ceiling = evaluate_ceiling(codings, decisions, frames=FRAMES, document_ids=documents, draws=draws)
    assert ceiling is not None
    return ceiling


def test_alpha_of_each_draw_is_krippendorffs() -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(0, 2, size=(3, 40)).astype(float)
    table[rng.random(table.shape) < 0.3] = np.nan
    documents = np.repeat(np.arange(8), 5)
    times = rng.multinomial(8, np.full(8, 1 / 8), size=20).astype(float)
    for drawn, alpha in zip(times, _alphas(table, documents, times), strict=True):
        columns = np.concatenate([np.repeat(np.flatnonzero(documents == d), int(n)) for d, n in enumerate(drawn)])
        assert alpha == pytest.approx(krippendorff_alpha(table[:, columns]))


def test_agreement_with_and_without_the_system() -> None:
    codings, truth, documents = readings({"ada": 0.05, "bo": 0.05})
    codings["bo"][::3] = np.nan
    ceiling = found(codings, truth, documents)
    both = np.stack([codings["ada"], codings["bo"]])[:, ~np.isnan(codings["bo"][:, 0])]
    decided = truth[~np.isnan(codings["bo"][:, 0])]
    assert (ceiling.coders, ceiling.sentences, ceiling.documents) == (("ada", "bo"), 200, 20)
    for column, frame in enumerate(ceiling.frames):
        table, system = both[:, :, column], decided[:, column].astype(float)
        assert frame.alpha == pytest.approx(krippendorff_alpha(table))
        together = krippendorff_alpha(np.vstack([table, system]))
        assert frame.alpha_with_system == pytest.approx(together)
        assert frame.fall == pytest.approx((frame.alpha or 0) - (together or 0))
        assert frame.coder_f1 == pytest.approx(pairwise_f1(table))
        scores = [pairwise_f1(np.stack([coder, system])) for coder in table]
        # Pooled over coders, so between the two.
        assert min(s or 0 for s in scores) <= (frame.system_f1 or 0) <= max(s or 0 for s in scores)
        assert frame.alpha_interval is not None
        assert frame.alpha_interval.low < (frame.alpha or 0) < frame.alpha_interval.high
        # A system that knows the truth agrees with noisy readers better than they with each other.
        assert (frame.fall or 0) < 0
        assert (frame.system_f1 or 0) > (frame.coder_f1 or 0)
    json.dumps(ceiling.to_dict())


def test_a_system_that_guesses_makes_alpha_fall() -> None:
    codings, truth, documents = readings({"ada": 0.02, "bo": 0.02})
    guess = truth ^ (np.random.default_rng(1).random(truth.shape) < 0.3)
    for frame in found(codings, guess, documents).frames:
        assert frame.fall_interval is not None
        assert frame.fall_interval.low > 0.1


def test_the_alternative_annotator_test_needs_three_coders() -> None:
    two, truth, documents = readings({"ada": 0.05, "bo": 0.05})
    assert found(two, truth, documents).alternative is None
    three, truth, documents = readings({"ada": 0.05, "bo": 0.05, "cy": 0.05})
    three["cy"][29:] = np.nan
    assert found(three, truth, documents).alternative is None


@pytest.mark.parametrize(("noise", "rate"), [(0.0, 1.0), (0.05, 1.0), (0.45, 0.0)])
def test_a_system_as_good_as_the_coders_may_stand_in(noise: float, rate: float) -> None:
    codings, truth, documents = readings({"ada": 0.05, "bo": 0.05, "cy": 0.05})
    system = truth ^ (np.random.default_rng(7).random(truth.shape) < noise)
    alternative = found(codings, system, documents).alternative
    assert alternative is not None
    assert alternative.winning_rate == rate
    assert alternative.sentences == {"ada": 300, "bo": 300, "cy": 300}
    assert (alternative.advantage > 0.8) == (rate == 1)


def test_advantage_by_hand() -> None:
    # Thirty sentences: all coders see the frame; the system misses it in the last ten.
    coder = np.tile([1.0, 0.0], (30, 1))
    system = np.tile([True, False], (30, 1))
    system[20:, 0] = False
    alternative = found({"a": coder, "b": coder, "c": coder}, system, ["d"] * 15 + ["e"] * 15).alternative
    assert alternative is not None
    assert alternative.advantage == pytest.approx(20 / 30)
    # A coder is better in a third of the sentences, more than the fifth that is granted.
    assert alternative.winning_rate == 0


def test_without_a_second_coder_there_is_no_ceiling() -> None:
    codings, truth, documents = readings({"ada": 0.05})
    assert evaluate_ceiling(codings, truth, frames=FRAMES, document_ids=documents) is None
    apart = {"ada": np.full((300, 2), np.nan), "bo": codings["ada"]}
    assert evaluate_ceiling(apart, truth, frames=FRAMES, document_ids=documents) is None


def test_a_single_document_and_a_frame_nobody_sees() -> None:
    codings, truth, _ = readings({"ada": 0.05, "bo": 0.05})
    for array in codings.values():
        array[:, 1] = 0
    carry, gain = found(codings, truth & [True, False], ["d"] * 300).frames
    assert carry.alpha is not None
    assert (carry.alpha_interval, carry.fall_interval) == (None, None)
    assert (gain.alpha, gain.fall, gain.coder_f1, gain.system_f1) == (None, None, None, None)


def test_arrays_that_do_not_fit() -> None:
    codings, truth, documents = readings({"ada": 0.05, "bo": 0.05})
    with pytest.raises(EvaluationError, match=r"codings of ada have shape \(300, 2\), decisions have \(299, 2\)"):
        evaluate_ceiling(codings, truth[1:], frames=FRAMES, document_ids=documents[1:])
