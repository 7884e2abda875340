"""Codings a model does not believe."""

import sys

import numpy as np
import pytest

from framecls.errors import EvaluationError
from framecls.evaluation.suspects import suspects


def coded(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Gold of two frames, and probabilities of a good model."""
    rng = np.random.default_rng(seed)
    gold = rng.random((size, 2)) < 0.3
    probabilities = np.where(gold, rng.uniform(0.7, 1.0, gold.shape), rng.uniform(0.0, 0.3, gold.shape))
    return gold, probabilities


def test_planted_errors_come_out_and_nothing_else() -> None:
    gold, probabilities = coded(400, 3)
    planted = {(7, 0), (50, 1), (51, 0), (399, 1)}
    for row, column in planted:
        gold[row, column] = ~gold[row, column]
    found = suspects(gold, probabilities, frames=("carry", "gain"))
    assert {(one.row, ("carry", "gain").index(one.frame)) for one in found} == planted
    for one in found:
        column = ("carry", "gain").index(one.frame)
        assert one.coded == gold[one.row, column]
        assert one.probability == pytest.approx(probabilities[one.row, column])
    doubts = [abs(one.coded - one.probability) for one in found]
    assert doubts == sorted(doubts, reverse=True)


def test_a_frame_that_is_never_coded_raises_no_doubt() -> None:
    gold, probabilities = coded(400, 3)
    gold[7, 0] = ~gold[7, 0]
    gold[:, 1] = False
    assert [(one.row, one.frame) for one in suspects(gold, probabilities, frames=("carry", "gain"))] == [(7, "carry")]


def test_arrays_that_do_not_fit_are_refused() -> None:
    gold, probabilities = coded(5, 1)
    with pytest.raises(EvaluationError, match=r"gold has shape \(5, 2\) and probabilities \(4, 2\)"):
        suspects(gold, probabilities[:4], frames=("carry", "gain"))
    with pytest.raises(EvaluationError, match="expected"):
        suspects(gold, probabilities, frames=("carry",))


def test_without_cleanlab_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    with pytest.raises(EvaluationError, match=r"pip install 'framecls\[cleanlab\]'"):
        suspects(*coded(5, 1), frames=("carry", "gain"))
