"""Words behind a score: what they are, and that their pushes sum up to it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from framecls.errors import CodebookError
from framecls.model import FrameClassifier
from framecls.model.engine import TorchEngine

pytest.importorskip("captum")

TEXTS = ["A toll is asked of every ship.", "The pilot  meets ships at anchor.", "Ships."]


@pytest.fixture
def classifier(model_path: Path) -> FrameClassifier:
    return FrameClassifier.load(model_path, device="cpu")


def test_words_are_those_of_the_sentence(classifier: FrameClassifier) -> None:
    found = classifier.explain(TEXTS, ["toll", "pilot", "toll"])
    assert [[push.word for push in words] for words in found] == [text.split() for text in TEXTS]
    assert all(
        text[push.start : push.end] == push.word for text, words in zip(TEXTS, found, strict=True) for push in words
    )


def test_pushes_sum_up_to_the_score_above_padding(classifier: FrameClassifier) -> None:
    scorer = classifier._scorer
    assert isinstance(scorer.engine, TorchEngine)
    found = classifier.explain(TEXTS, ["toll", "pilot", "pilot"])
    for text, column, words in zip(TEXTS, (0, 1, 1), found, strict=True):
        ids = scorer.encoder([text])[0]["input_ids"]
        empty = torch.tensor([[ids[0], *[scorer.encoder.tokenizer.pad_token_id] * (len(ids) - 2), ids[-1]]])
        with torch.inference_mode():
            nothing = scorer.engine.model(input_ids=empty, attention_mask=torch.ones_like(empty)).logits[0, column]
        expected = classifier.score([text])[0, column] - float(nothing)
        assert sum(push.value for push in words) == pytest.approx(expected, rel=0.03, abs=0.02)


def test_the_word_of_a_frame_pushes_more_than_another_in_its_place(classifier: FrameClassifier) -> None:
    with_it, without = classifier.explain(["A toll is sent today.", "A quay is sent today."], ["toll", "toll"])
    assert (with_it[1].word, without[1].word) == ("toll", "quay")
    assert with_it[1].value > without[1].value


def test_batches_change_nothing(classifier: FrameClassifier) -> None:
    together = classifier.explain(TEXTS, ["toll"] * 3)
    alone = [classifier.explain([text], ["toll"])[0] for text in TEXTS]
    for one, other in zip(together, alone, strict=True):
        assert np.allclose([p.value for p in one], [p.value for p in other], atol=1e-4)


def test_an_unknown_frame(classifier: FrameClassifier) -> None:
    with pytest.raises(CodebookError, match="unknown frame 'fee'"):
        classifier.explain(["A toll."], ["fee"])
