"""The classifier: one scoring path whatever the batch, and a folder that is refused when it is not whole."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from framecls.errors import ConfigError, ModelError
from framecls.model import FrameClassifier
from framecls.model.engine import TorchEngine

TEXTS = ["A toll is asked of every ship.", "The quay is long.", "The pilot meets ships.", "Ships pay."]


@pytest.fixture
def copy(model_path: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_path, tmp_path / "copy")


def test_shapes_and_types(classifier: FrameClassifier) -> None:
    probabilities = classifier.probabilities(TEXTS)
    decisions = classifier.decide(probabilities)
    assert probabilities.shape == (4, 2)
    assert probabilities.dtype == np.float32
    assert decisions.shape == (4, 2)
    assert decisions.dtype == np.bool_
    assert classifier.codebook.frames == ("toll", "pilot")
    assert classifier.probabilities([]).shape == (0, 2)
    assert classifier.decide(classifier.probabilities([])).shape == (0, 2)


def test_order_and_company_do_not_matter(classifier: FrameClassifier) -> None:
    many = [text for number in range(300) for text in (*TEXTS, f"Ships {'pay ' * (number % 15)}.")]
    together = classifier.score(many)
    alone = np.concatenate([classifier.score([text]) for text in many[:20]])
    np.testing.assert_allclose(together[:20], alone, atol=1e-5)
    np.testing.assert_allclose(classifier.score(many[::-1])[::-1], together, atol=1e-5)


def test_decisions_follow_the_stored_thresholds(classifier: FrameClassifier) -> None:
    thresholds = np.array([[frame.threshold for frame in classifier.decision.frames]])
    assert classifier.decide(thresholds).all()
    assert not classifier.decide(np.nextafter(thresholds, 0)).any()


def test_context_as_long_as_the_texts(classifier: FrameClassifier) -> None:
    with pytest.raises(ModelError, match="1 values of 'before' for 2 texts; give one for each, or none"):
        classifier.score(["a", "b"], ["c"])


def test_sentences_may_stand_in_an_array(classifier: FrameClassifier) -> None:
    texts = ["A toll is asked.", "The quay is long."]
    array: Any = np.array(texts, dtype=object)
    np.testing.assert_array_equal(classifier.score(array, array, array), classifier.score(texts, texts, texts))
    with pytest.raises(ModelError, match="sentence 1, counted from 0, is None, which is no text; leave it out"):
        classifier.score(["A toll is asked.", None])  # type: ignore[list-item]


def test_sentences_of_which_the_end_is_not_seen(classifier: FrameClassifier) -> None:
    room = classifier.max_length - 2
    texts = ["toll " * room, "toll " * (room + 1), "toll"]
    assert classifier.too_long(texts) == [1]
    scores = classifier.score([texts[0], texts[1]])
    np.testing.assert_array_equal(scores[0], scores[1])


def test_one_string_is_no_list_of_sentences(classifier: FrameClassifier) -> None:
    with pytest.raises(ModelError, match="give a list of sentences, not one string"):
        classifier.probabilities("A toll is asked.")


def test_bf16_scores_alike(model_path: Path, classifier: FrameClassifier) -> None:
    rough = FrameClassifier.load(model_path, device="cpu", precision="bf16")
    np.testing.assert_allclose(rough.score(TEXTS), classifier.score(TEXTS), atol=0.5)


def test_save_and_load_give_the_same_probabilities(classifier: FrameClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "saved", framecls_version="0")
    again = FrameClassifier.load(tmp_path / "saved", device="cpu")
    np.testing.assert_array_equal(again.probabilities(TEXTS), classifier.probabilities(TEXTS))
    assert again.decision == classifier.decision


def test_a_target_is_not_fitted_on_the_scores_of_other_weights(classifier: FrameClassifier, copy: Path) -> None:
    classifier.save(copy, framecls_version="0")
    FrameClassifier.load(copy, device="cpu", target="recall=1")
    engine = classifier._scorer.engine
    assert isinstance(engine, TorchEngine)
    engine.model.classifier.bias.data += 1
    classifier.save(copy, framecls_version="0")
    with pytest.raises(ModelError, match=r"validation\.parquet: was written of other weights than the model has"):
        FrameClassifier.load(copy, device="cpu", target="recall=1")
    FrameClassifier.load(copy, device="cpu")
    # Models from before say nothing of their weights.
    table = pq.read_table(copy / "validation.parquet")
    pq.write_table(table.replace_schema_metadata({"fitted_on": "validation"}), copy / "validation.parquet")
    FrameClassifier.load(copy, device="cpu", target="recall=1")


def test_a_save_that_is_interrupted_leaves_no_model(
    classifier: FrameClassifier, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(classifier._scorer.encoder.tokenizer, "save_pretrained", interrupted)
    with pytest.raises(KeyboardInterrupt):
        classifier.save(copy, framecls_version="0")
    with pytest.raises(ModelError, match=r"it has no framecls\.json"):
        FrameClassifier.load(copy)


def test_a_checkpoint_says_which_languages_it_was_trained_for(classifier: FrameClassifier, copy: Path) -> None:
    facts = json.loads((copy / "framecls.json").read_text())
    assert facts.pop("languages") == ["en"] == list(classifier.languages)
    (copy / "framecls.json").write_text(json.dumps(facts))
    assert FrameClassifier.load(copy, device="cpu").languages == ("en",)
    (copy / "framecls.json").write_text(json.dumps(facts | {"languages": ["en", "fr"]}))
    assert FrameClassifier.load(copy, device="cpu").languages == ("en", "fr")


def test_unknown_device(model_path: Path) -> None:
    with pytest.raises(ConfigError, match="device 'abacus' cannot be used here"):
        FrameClassifier.load(model_path, device="abacus")


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder; train one with 'framecls train'"):
        FrameClassifier.load(tmp_path / "nothing")


def test_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is no framecls model; it has no framecls\.json"):
        FrameClassifier.load(tmp_path)


def test_facts_that_are_no_json(copy: Path) -> None:
    (copy / "framecls.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        FrameClassifier.load(copy)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 99, "checkpoint format 99 is not 1; use the framecls that wrote it"),
        ("surprise", True, "surprise: unknown key"),
        ("codebook_sha256", "0", "is not the codebook the model was trained with"),
        ("decision", {"fitted_on": "validation", "size": 1, "frames": {}}, "decides on other frames than its codebook"),
    ],
)
def test_facts_that_do_not_fit(copy: Path, key: str, value: object, message: str) -> None:
    facts = json.loads((copy / "framecls.json").read_text())
    (copy / "framecls.json").write_text(json.dumps(facts | {key: value}))
    with pytest.raises(ModelError, match=message):
        FrameClassifier.load(copy)


def test_codebook_that_is_missing(copy: Path) -> None:
    (copy / "codebook.toml").unlink()
    with pytest.raises(ModelError, match="cannot read the codebook"):
        FrameClassifier.load(copy)


def test_weights_that_are_missing(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="the encoder cannot be loaded"):
        FrameClassifier.load(copy)


@pytest.mark.parametrize("left", [0, 300, 4000])
def test_weights_that_are_cut_short(copy: Path, left: int) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:left])
    with pytest.raises(ModelError, match=r"copy: the encoder cannot be loaded: .+; copy or train the model again"):
        FrameClassifier.load(copy)


def test_weights_that_git_has_not_fetched(copy: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    (copy / "model.safetensors").write_text(pointer)
    with pytest.raises(ModelError, match=r"copy: the encoder cannot be loaded: .+; copy or train the model again"):
        FrameClassifier.load(copy)


def test_weights_of_another_shape_than_the_config_says(copy: Path) -> None:
    settings = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(settings | {"hidden_size": 32}))
    with pytest.raises(ModelError, match=r"copy: the encoder cannot be loaded: .+; copy or train the model again"):
        FrameClassifier.load(copy)


@pytest.mark.parametrize(
    ("name", "text"), [("tokenizer.json", "{"), ("tokenizer.json", '"x"'), ("tokenizer_config.json", "[]")]
)
def test_tokenizer_that_is_cut_short_or_something_else(name: str, text: str, copy: Path) -> None:
    (copy / name).write_text(text)
    with pytest.raises(ModelError, match=r"copy: the tokenizer cannot be loaded: .+; copy or train the model again"):
        FrameClassifier.load(copy)


def test_labels_in_another_order(copy: Path) -> None:
    settings = json.loads((copy / "config.json").read_text())
    settings["id2label"] = {"0": "pilot", "1": "toll"}
    (copy / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=r"config\.json has labels pilot, toll but the codebook toll, pilot"):
        FrameClassifier.load(copy)


def test_thresholds_are_fitted_anew_for_a_target(
    model_path: Path, classifier: FrameClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    again = FrameClassifier.load(model_path, device="cpu", target="f1")
    assert again.decision == classifier.decision
    found = FrameClassifier.load(model_path, device="cpu", target="recall=1")
    assert "recall=1, toll: threshold 0." in caplog.text
    assert "and recall 1.00 on validation" in caplog.text
    assert (found.decision.target, found.decision.size) == ("recall=1", classifier.decision.size)
    assert [f.slope for f in found.decision.frames] == [f.slope for f in classifier.decision.frames]


def test_a_target_needs_the_validation_scores(copy: Path) -> None:
    with pytest.raises(ConfigError, match="target 'precise'"):
        FrameClassifier.load(copy, target="precise")
    (copy / "validation.parquet").write_bytes(b"")
    with pytest.raises(ModelError, match=r"validation.parquet: cannot be read: .*; copy or train the model again"):
        FrameClassifier.load(copy, target="recall=1")
    (copy / "validation.parquet").unlink()
    with pytest.raises(ModelError, match=r"has no validation.parquet to fit the target recall=1 on"):
        FrameClassifier.load(copy, target="recall=1")
    FrameClassifier.load(copy)
