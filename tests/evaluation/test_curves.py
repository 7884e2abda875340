"""Operating points against brute force, and reliability by hand."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framecls.evaluation.curves import evaluate_curves
from framecls.evaluation.metrics import count, precision, recall

rows = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.9, 1.0])), min_size=1, max_size=15)


@settings(deadline=None)
@given(drawn=rows)
def test_operating_points_are_what_brute_force_finds(drawn: list[tuple[bool, float]]) -> None:
    gold, scores = (np.array(column) for column in zip(*drawn, strict=True))
    assume(gold.any())
    found = evaluate_curves(gold, scores, frame="carry")
    assert found is not None
    each = [count(gold, scores >= threshold) for threshold in scores]
    points = [(precision(counts) or 0.0, recall(counts) or 0.0) for counts in each]
    for point in found.recall_at_precision:
        possible = [r for p, r in points if p >= point.at_least - 1e-9]
        assert point.best == (pytest.approx(max(possible)) if possible else None)
    for point in found.precision_at_recall:
        assert point.best == pytest.approx(max(p for p, r in points if r >= point.at_least - 1e-9))
        assert point.threshold is not None
        counts = count(gold, scores >= point.threshold)
        assert precision(counts) == pytest.approx(point.best)


def test_reliability_by_hand() -> None:
    gold = np.array([True, False, True, True])
    found = evaluate_curves(gold, np.array([0.12, 0.18, 0.95, 1.0]), frame="carry", calibrated=True)
    assert found is not None
    low, high = found.reliability
    assert (low.sentences, low.probability, low.present) == pytest.approx((2, 0.15, 0.5))
    assert (high.sentences, high.probability, high.present) == pytest.approx((2, 0.975, 1.0))
    weighted = evaluate_curves(
        gold, np.array([0.12, 0.18, 0.95, 1.0]), frame="carry", calibrated=True, weights=np.array([3.0, 1.0, 1.0, 1.0])
    )
    assert weighted is not None
    assert weighted.reliability[0].present == pytest.approx(0.75)
    json.dumps(weighted.to_dict())


def test_without_gold_there_is_no_curve() -> None:
    assert evaluate_curves(np.zeros(3, dtype=bool), np.ones(3), frame="carry") is None
