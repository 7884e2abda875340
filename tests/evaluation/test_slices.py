"""Scores by kind of document, by hand."""

import numpy as np
import pytest

from framecls.errors import EvaluationError
from framecls.evaluation import Slice, evaluate_slices

GOLD = np.array([[1, 0], [0, 0], [1, 1], [0, 0], [1, 0]], dtype=bool)
DECISIONS = np.array([[1, 0], [1, 0], [1, 0], [0, 0], [0, 0]], dtype=bool)


def test_each_kind_of_document_by_itself() -> None:
    genres = ["speech", "speech", "speech", "", "treaty"]
    found = evaluate_slices(GOLD, DECISIONS, document_ids=["a", "a", "b", "c", "d"], by={"genre": genres})
    assert found == [
        Slice("genre", "speech", 3, 2, (2, 1), (0.8, 0.0), 0.4),
        Slice("genre", "", 1, 1, (0, 0), (None, None), None),
        Slice("genre", "treaty", 1, 1, (1, 0), (0.0, None), 0.0),
    ]
    assert found[0].to_dict()["value"] == "speech"


def test_a_frame_that_gold_lacks_is_out_of_the_mean_whatever_was_decided() -> None:
    alarmed = DECISIONS.copy()
    alarmed[4, 1] = True
    (found,) = evaluate_slices(GOLD[4:], alarmed[4:], document_ids=["d"], by={"genre": ["treaty"]})
    assert (found.f1, found.macro) == ((0.0, 0.0), 0.0)
    (found,) = evaluate_slices(GOLD[4:], GOLD[4:] | alarmed[4:], document_ids=["d"], by={"genre": ["treaty"]})
    assert (found.f1, found.macro) == ((1.0, 0.0), 1.0)


def test_every_sentence_needs_a_value() -> None:
    with pytest.raises(EvaluationError, match="4 values of 'genre' for 5 sentences"):
        evaluate_slices(GOLD, DECISIONS, document_ids=["a"] * 5, by={"genre": ["speech"] * 4})
