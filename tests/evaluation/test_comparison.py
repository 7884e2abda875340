"""Paired differences: by hand, against a brute-force bootstrap, and what must hold for any systems."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from framecls.errors import EvaluationError
from framecls.evaluation import Interval, compare
from framecls.evaluation.comparison import _holm

FRAMES = ("carry", "gain")
Bools = npt.NDArray[np.bool_]


def invented(seed: int = 0, *, size: int = 240) -> tuple[Bools, Bools, Bools, list[str]]:
    """Gold, a good system, a worse one, and twelve documents."""
    rng = np.random.default_rng(seed)
    gold = rng.random((size, 2)) < 0.3
    good, worse = (gold ^ (rng.random((size, 2)) < noise) for noise in (0.05, 0.25))
    return gold, good, worse, [f"d{number % 12}" for number in range(size)]


def test_differences_are_scikit_learns() -> None:
    gold, good, worse, documents = invented()
    found = compare(gold, {"good": good, "worse": worse}, frames=FRAMES, document_ids=documents, draws=50)
    expected = f1_score(gold, good, average=None) - f1_score(gold, worse, average=None)
    assert [(one.system, one.other, one.frame) for one in found] == [
        ("good", "worse", "carry"),
        ("good", "worse", "gain"),
        ("good", "worse", "macro"),
    ]
    assert [one.value for one in found] == pytest.approx([*expected, expected.mean()])


def test_the_interval_is_a_brute_force_bootstraps() -> None:
    gold, good, worse, documents = invented()
    found = compare(gold, {"good": good, "worse": worse}, frames=FRAMES, document_ids=documents, seed=3, draws=300)
    names, numbers = np.unique(documents, return_inverse=True)
    rng = np.random.default_rng(3)
    values = []
    for times in rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=300):
        rows = np.concatenate([np.repeat(np.flatnonzero(numbers == n), count) for n, count in enumerate(times)])
        values.append(
            f1_score(gold[rows], good[rows], average="macro") - f1_score(gold[rows], worse[rows], average="macro")
        )
    macro = found[-1].interval
    assert macro is not None
    end = np.sqrt(12 / 11) * stats.t.ppf(0.975, 11)
    assert (macro.low, macro.high) == pytest.approx(tuple(np.quantile(values, stats.norm.cdf([-end, end]))))
    # The smallest share of draws there can be, as so few documents leave it.
    assert found[-1].p == pytest.approx(2 * stats.t.sf(stats.norm.isf(1 / 301) * np.sqrt(11 / 12), 11))


def test_a_system_is_no_better_than_itself() -> None:
    gold, good, _, documents = invented()
    (*_, macro) = compare(gold, {"one": good, "same": good}, frames=FRAMES, document_ids=documents, draws=50)
    assert (macro.value, macro.p) == (0, 1)


def test_more_others_make_less_certain() -> None:
    gold, good, _, documents = invented()
    near = good ^ (np.random.default_rng(9).random(good.shape) < 0.03)
    alone = compare(gold, {"good": good, "near": near}, frames=FRAMES, document_ids=documents)
    together = compare(gold, {"good": good, "near": near, "same": good}, frames=FRAMES, document_ids=documents)
    p = {(one.other, one.frame): one.p for one in together}
    assert p["near", "macro"] == pytest.approx(2 * (alone[-1].p or 0))
    assert p["same", "macro"] == 1


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1, and never below what came before.
    assert _holm([0.04, None, 0.01, 0.03]) == pytest.approx([0.06, None, 0.03, 0.06])
    assert _holm([0.6, 0.9]) == [1.0, 1.0]


@pytest.mark.parametrize("documents", [3, 5, 12, 30])
def test_no_p_says_more_than_its_interval(documents: int) -> None:
    small = 0
    for seed in range(40):
        gold, good, _, _ = invented(seed)
        other = good ^ (np.random.default_rng(seed).random(good.shape) < 0.02)
        ids = [f"d{number % documents}" for number in range(len(gold))]
        (*_, macro) = compare(gold, {"one": good, "other": other}, frames=FRAMES, document_ids=ids, draws=400)
        assert macro.interval is not None
        assert macro.p is not None
        if macro.p < 0.05:
            small += 1
            assert macro.interval.low > 0 or macro.interval.high < 0
    # However all draws of three documents turn out, they say nothing for sure.
    assert small > 10 if documents >= 12 else small < 5


def test_what_is_undefined_is_none() -> None:
    gold, good, worse, documents = invented()
    gold[:, 1] = good[:, 1] = worse[:, 1] = False
    found = compare(gold, {"good": good, "worse": worse}, frames=FRAMES, document_ids=documents, draws=50)
    assert [one.value is None for one in found] == [False, True, False]
    assert (found[1].interval, found[1].p) == (None, None)
    (*_, single) = compare(gold, {"good": good, "worse": worse}, frames=FRAMES, document_ids=["d"] * len(gold))
    assert single.value is not None
    assert (single.interval, single.p) == (None, None)
    assert compare(gold, {"good": good}, frames=FRAMES, document_ids=documents) == []


def test_a_false_alarm_on_a_frame_that_gold_lacks_makes_no_difference_of_the_mean() -> None:
    gold, good, _, documents = invented()
    gold[:, 1] = good[:, 1] = False
    alarmed = good.copy()
    alarmed[0, 1] = True
    found = compare(gold, {"good": good, "alarmed": alarmed}, frames=FRAMES, document_ids=documents, draws=50)
    assert [one.value for one in found] == [0, None, 0]
    assert found[-1].interval == Interval(0, 0)


def test_arrays_that_do_not_fit() -> None:
    gold, good, worse, documents = invented()
    with pytest.raises(EvaluationError, match=r"decisions of worse have shape \(239, 2\), gold has \(240, 2\)"):
        compare(gold, {"good": good, "worse": worse[1:]}, frames=FRAMES, document_ids=documents)
