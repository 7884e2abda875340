"""Order of training sentences."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framecls.model.sampling import LengthSampler


@given(st.lists(st.integers(1, 200), min_size=1, max_size=300), st.integers(1, 16))
def test_every_sentence_comes_once(lengths: list[int], batch_size: int) -> None:
    assert sorted(LengthSampler(lengths, batch_size, seed=3)) == list(range(len(lengths)))


def test_epochs_differ_and_repeat() -> None:
    sampler = LengthSampler(list(range(100)), 8, seed=3)
    first = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_batches_are_of_similar_length_in_random_order() -> None:
    lengths = np.random.default_rng(0).integers(5, 120, size=1600)
    order = np.array(list(LengthSampler(lengths.tolist(), 16, seed=3)))
    batches = lengths[order].reshape(-1, 16)
    assert (batches.max(axis=1) - batches.min(axis=1)).mean() < 10
    # Short batches do not come last: the two halves of an epoch have the same lengths.
    assert abs(batches[:50].mean() - batches[50:].mean()) < 10
