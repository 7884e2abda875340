"""Mistakes and confusions, by hand."""

import numpy as np

from framecls.evaluation.errors import Confusion, Mistake, confusions, mistakes

GOLD = np.array([[1, 1], [1, 0], [0, 1], [0, 0], [0, 1], [1, 0]], dtype=bool)
DECISIONS = np.array([[1, 1], [1, 1], [1, 0], [1, 0], [0, 0], [0, 0]], dtype=bool)
PROBABILITIES = np.array([[0.9, 0.8], [0.9, 0.6], [0.7, 0.2], [0.8, 0.1], [0.1, 0.3], [0.4, 0.0]])


def test_one_frame_for_another() -> None:
    assert confusions(GOLD, DECISIONS, frames=("carry", "gain")) == [
        Confusion("carry", "gain", 1, 2, 1),
        Confusion("gain", "carry", 1, 2, 0),
    ]
    assert confusions(GOLD, DECISIONS, frames=("carry", "gain"))[0].to_dict()["for_other"] == 1


def test_the_surest_mistakes_come_first() -> None:
    assert mistakes(GOLD, PROBABILITIES, DECISIONS, frames=("carry", "gain")) == [
        Mistake(3, "carry", "wrong", 0.8),
        Mistake(2, "carry", "wrong", 0.7),
        Mistake(5, "carry", "missed", 0.4),
        Mistake(1, "gain", "wrong", 0.6),
        Mistake(2, "gain", "missed", 0.2),
        Mistake(4, "gain", "missed", 0.3),
    ]
    assert len(mistakes(GOLD, PROBABILITIES, DECISIONS, frames=("carry", "gain"), most=1)) == 4
