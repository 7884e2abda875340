"""Sentences to tokens, tokens to batches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from framecls.config import Context
from framecls.model.encoding import Encoder, batches, pad


@pytest.fixture(scope="module")
def tokenizer(base_path: Path) -> PreTrainedTokenizerBase:
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(base_path)
    return tokenizer


@given(st.lists(st.integers(1, 50), max_size=80), st.integers(1, 300))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    found = list(batches(lengths, budget))
    assert sorted(row for batch in found for row in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget


@pytest.mark.parametrize(
    ("context", "second"),
    [
        ("none", None),
        ("before", "the quay is long"),
        ("heading", "the council meets"),
        ("heading+before", "the council meets the quay is long"),
    ],
)
def test_context_is_the_second_segment(
    tokenizer: PreTrainedTokenizerBase, context: Context, second: str | None
) -> None:
    encoder = Encoder(tokenizer=tokenizer, context=context, max_length=24)
    ids = encoder(["A toll is asked"], ["The quay is long"], ["The council meets"])[0]["input_ids"]
    expected = (
        tokenizer("A toll is asked", second)["input_ids"] if second else tokenizer("A toll is asked")["input_ids"]
    )
    assert ids == expected


def test_context_is_cut_before_the_sentence(tokenizer: PreTrainedTokenizerBase) -> None:
    encoder = Encoder(tokenizer=tokenizer, context="before", max_length=20)
    short = encoder(["A toll is asked"], ["ships " * 50])[0]["input_ids"]
    assert len(short) == 20
    assert short[:6] == tokenizer("A toll is asked")["input_ids"]
    long = encoder(["toll " * 18], ["ships " * 50])[0]["input_ids"]
    assert long == tokenizer("toll " * 18)["input_ids"]


def test_counts_sentences_that_lose_their_end(tokenizer: PreTrainedTokenizerBase) -> None:
    encoder = Encoder(tokenizer=tokenizer, context="none", max_length=8)
    assert encoder.too_long(["toll " * 6, "toll " * 7, "toll"]) == [1]
    assert encoder([]) == []
    # Context that is cut costs the sentence nothing.
    beside = replace(encoder, context="before", max_length=24)
    assert {len(one["input_ids"]) for one in beside(["toll " * 7] * 2, ["ships " * 50] * 2)} == {24}
    assert beside.too_long(["toll " * 7] * 2) == []


def test_padding_is_masked(tokenizer: PreTrainedTokenizerBase) -> None:
    batch = pad([tokenizer("toll toll"), tokenizer("toll")], tokenizer)
    assert batch["input_ids"].shape == (2, 4)
    assert batch["input_ids"][1, 3] == tokenizer.pad_token_id
    assert batch["input_ids"].dtype == np.int64
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]
