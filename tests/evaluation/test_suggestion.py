"""What to code next: doubt by hand, and what must hold for any choice."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecls.errors import EvaluationError
from framecls.evaluation.suggestion import doubt, suggest

Floats = npt.NDArray[np.float64]


def test_doubt_by_hand() -> None:
    probabilities = np.array([[0.6, 0.0], [1.0, 0.0], [0.8, 0.0], [0.3, 0.9], [0.0, 0.45]])
    assert doubt(probabilities, [0.6, 0.9]).tolist() == pytest.approx([1.0, 0.0, 0.5, 1.0, 0.5])


def invented(size: int = 600) -> tuple[list[str], list[str], Floats]:
    """Sentences on three matters, in thirty documents; every second one is in doubt."""
    rng = np.random.default_rng(0)
    matters = [["harbour", "toll", "ship"], ["school", "teacher", "pupil"], ["river", "flood", "dyke"]]
    texts = [" ".join([*rng.choice(matters[row % 3], 4), f"number{row}"]) for row in range(size)]
    probabilities = np.where(np.arange(size) % 2 == 0, rng.uniform(0.4, 0.6, size), rng.uniform(0.95, 1.0, size))
    return texts, [f"d{row % 30}" for row in range(size)], probabilities[:, None]


def test_the_choice_is_in_doubt_and_of_every_matter() -> None:
    texts, documents, probabilities = invented()
    chosen = suggest(texts, documents, probabilities, [0.5], size=9)
    assert len(set(chosen)) == 9
    assert all(row % 2 == 0 for row in chosen)
    assert {row % 3 for row in chosen} == {0, 1, 2}
    scores = doubt(probabilities, [0.5])[chosen]
    assert (np.diff(scores) <= 0).all()
    assert suggest(texts, documents, probabilities, [0.5], size=9) == chosen
    text_array: Any = np.array(texts)
    document_array: Any = np.array(documents)
    assert suggest(text_array, document_array, probabilities, [0.5], size=9) == chosen


def test_no_document_gives_more_than_its_share_and_no_sentence_comes_twice() -> None:
    texts, documents, probabilities = invented()
    chosen = suggest(texts, documents, probabilities, [0.5], size=50, per_document=2)
    assert max(np.unique([documents[row] for row in chosen], return_counts=True)[1]) <= 2
    # Two documents of one formula: it is coded once.
    assert suggest(
        ["The  same.", "the same.", "Another."], ["a", "b", "c"], np.array([[0.5], [0.5], [0.2]]), [0.5]
    ) == [0, 2]


@settings(deadline=None, max_examples=30)
@given(
    texts=st.lists(
        st.sampled_from(["a", "b", "…", "one toll", "two tolls", "a pilot", "x y z"]), min_size=1, max_size=60
    ),
    size=st.integers(1, 12),
)
def test_any_sentences_can_be_chosen_from(texts: list[str], size: int) -> None:
    documents = [f"d{row}" for row in range(len(texts))]
    chosen = suggest(texts, documents, np.linspace(0, 1, len(texts))[:, None], [0.5], size=size)
    assert len(chosen) == min(size, len(set(texts)))
    assert len({texts[row] for row in chosen}) == len(chosen)


@pytest.mark.parametrize(("size", "per_document"), [(0, 5), (5, 0)])
def test_at_least_one(size: int, per_document: int) -> None:
    with pytest.raises(EvaluationError, match="ask for at least one sentence, and at least one of each document"):
        suggest(["One."], ["d"], np.array([[0.5]]), [0.5], size=size, per_document=per_document)
    with pytest.raises(EvaluationError, match="there is no sentence to choose from"):
        suggest([], [], np.zeros((0, 1)), [0.5])
