"""The labeller: rows in the order given, and no sentence scored twice that the encoder sees alike."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from framecls.documents import LocatedSentence, Sentence
from framecls.errors import ModelError
from framecls.labelling import Labeller
from framecls.model import FrameClassifier
from framecls.model.classifier import Scores
from framecls.model.identity import checkpoint_sha256

TEXTS = [
    "A toll is asked of every ship.",
    "The quay is long and grey.",
    "A pilot is sent to every ship.",
    "A toll is asked of every ship.",
    "The pilot asks a toll of ships.",
    "The quay is long and grey.",
]


class CountingClassifier(FrameClassifier):
    """A real classifier that keeps what it was asked to score."""

    asked: list[tuple[str, str, str]]

    def score(
        self, texts: Sequence[str], before: Sequence[str] | None = None, heading: Sequence[str] | None = None
    ) -> Scores:
        assert before is not None
        assert heading is not None
        self.asked += zip(texts, before, heading, strict=True)
        return super().score(texts, before, heading)


def located(texts: Sequence[str], before: Sequence[str] | None = None) -> list[LocatedSentence]:
    return [
        LocatedSentence(
            "a", f"a#{number}", Sentence(number, number + 9, text, before=before[number] if before else "", heading="H")
        )
        for number, text in enumerate(texts)
    ]


def counting(model_path: Path, context: str | None = None) -> CountingClassifier:
    classifier = CountingClassifier.load(model_path, device="cpu")
    classifier.asked = []
    if context is not None:
        object.__setattr__(classifier._scorer.encoder, "context", context)
    return classifier


def test_rows_are_as_the_classifier_decides(classifier: FrameClassifier) -> None:
    labels = Labeller(classifier)(located(TEXTS))
    probabilities = classifier.probabilities(TEXTS)
    decided = classifier.decide(probabilities)
    assert labels.column("text").to_pylist() == TEXTS
    assert labels.column("start").to_pylist() == list(range(6))
    assert np.allclose(labels.column("prob_toll"), probabilities[:, 0], atol=1e-6)
    for column, frame in enumerate(classifier.codebook.frames):
        assert labels.column(frame).to_pylist() == decided[:, column].tolist()
    names = np.array(classifier.codebook.frames)
    assert labels.column("frames").to_pylist() == [names[row].tolist() for row in decided]
    assert ["toll", "pilot"] in labels.column("frames").to_pylist()


def test_repeated_sentence_is_scored_once_a_call(model_path: Path) -> None:
    classifier = counting(model_path)
    labeller = Labeller(classifier)
    first = labeller(located(TEXTS, before=list("abcdef")))
    assert [text for text, _, _ in classifier.asked] == [TEXTS[0], TEXTS[1], TEXTS[2], TEXTS[4]]
    # What a call gives must not depend on the calls before it, or a shard labelled again would differ.
    assert labeller(located(TEXTS, before=list("abcdef"))).equals(first)
    assert len(classifier.asked) == 8


def test_context_that_the_encoder_sees_tells_sentences_apart(model_path: Path) -> None:
    classifier = counting(model_path, "before")
    before = ["", "Ships pay.", "", "Ships pay.", "", "Ships pay."]
    labels = Labeller(classifier)(located(TEXTS, before))
    assert [(text, before) for text, before, _ in classifier.asked] == [
        (TEXTS[0], ""),
        (TEXTS[1], "Ships pay."),
        (TEXTS[2], ""),
        (TEXTS[3], "Ships pay."),
        (TEXTS[4], ""),
    ]
    expected = classifier.probabilities(TEXTS, before, [""] * 6)
    assert np.allclose(labels.column("prob_pilot"), expected[:, 1], atol=1e-6)


def test_heading_alone_as_context(model_path: Path) -> None:
    classifier = counting(model_path, "heading+before")
    Labeller(classifier)(located(TEXTS[:1]))
    assert classifier.asked == [(TEXTS[0], "", "H")]


def test_windows_join_in_order_and_are_told(classifier: FrameClassifier) -> None:
    texts = [f"Ship {number} pays toll {number % 7}." for number in range(5000)]
    told: list[int] = []
    labels = Labeller(classifier)(located([*texts, *texts[:100]]), progress=told.append)
    assert labels.column("text").to_pylist() == [*texts, *texts[:100]]
    assert labels.column("prob_toll").to_pylist()[:100] == labels.column("prob_toll").to_pylist()[5000:]
    assert told == [5100 * 2048 // 5000, 5100 * 4096 // 5000, 5100]


def test_no_sentences_are_no_rows(classifier: FrameClassifier) -> None:
    labels = Labeller(classifier, text=False)([])
    assert labels.num_rows == 0
    assert "text" not in labels.column_names


def test_probability_that_was_not_computed_is_null(model_path: Path) -> None:
    class Unscored(FrameClassifier):
        def probabilities(
            self, texts: Sequence[str], before: Sequence[str] | None = None, heading: Sequence[str] | None = None
        ) -> Scores:
            found = super().probabilities(texts, before, heading)
            found[0] = np.nan
            return found

    labels = Labeller(Unscored.load(model_path, device="cpu"))(located(TEXTS[:2]))
    assert labels.column("prob_toll").null_count == 1
    assert labels.column("toll").to_pylist()[0] is False


def test_fingerprint_is_of_what_decides(model_path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in model_path.iterdir():
        if file.is_file():
            (copy / file.name).write_bytes(file.read_bytes())
    assert checkpoint_sha256(copy) == checkpoint_sha256(model_path)
    assert Labeller(FrameClassifier.load(copy)).metadata["framecls.model_sha256"] == checkpoint_sha256(model_path)
    (copy / "README.md").write_text("A card.")
    assert checkpoint_sha256(copy) == checkpoint_sha256(model_path)
    weights = load_file(copy / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"] + np.float32(1e-3)
    save_file(weights, copy / "model.safetensors")
    changed = checkpoint_sha256(copy)
    assert changed != checkpoint_sha256(model_path)
    (copy / "tokenizer.json").write_text((copy / "tokenizer.json").read_text() + "\n")
    assert checkpoint_sha256(copy) not in (changed, checkpoint_sha256(model_path))


def test_fingerprint_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no file of a model"):
        checkpoint_sha256(tmp_path)
