"""The early exit: the states of an inner layer as the whole model has them, a head that learns, folds kept apart."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    PretrainedConfig,
    PreTrainedModel,
    RobertaConfig,
)

from framecls.config import EngineChoice, TrainConfig
from framecls.labelling import label
from framecls.model import Decision, FrameClassifier, FrameDecision, early_exit
from framecls.model.classifier import engines_of
from framecls.model.early_exit import EarlyExit, ExitHead, exit_layers, fit_exit
from framecls.model.encoding import Encoder, pad
from framecls.model.fingerprint import fingerprint
from framecls.model.screening import Judged, ScreenModel
from framecls.model.training import train
from framecls.runs.engines import keep_held_out
from framecls.runs.screening import fit_screen
from tests.model.builders import write_notices

SMALL = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
FAMILIES: dict[str, PretrainedConfig] = {
    "bert": BertConfig(vocab_size=64, max_position_embeddings=64, **SMALL),
    "roberta": RobertaConfig(vocab_size=64, type_vocab_size=2, max_position_embeddings=66, pad_token_id=0, **SMALL),
    "deberta-v2": DebertaV2Config(vocab_size=64, type_vocab_size=2, max_position_embeddings=64, **SMALL),
    "distilbert": DistilBertConfig(vocab_size=64, dim=16, n_layers=3, n_heads=2, hidden_dim=32, pad_token_id=0),
    "modernbert": ModernBertConfig(vocab_size=64, max_position_embeddings=64, pad_token_id=0, **SMALL),
}


@pytest.fixture(scope="module", autouse=True)
def narrow() -> Iterator[None]:
    """Heads as small as the models are, which learn as fast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(early_exit, "_WIDTH", 16)
        patch.setattr(early_exit, "_RATE", 0.02)
        yield


def model_of(config: PretrainedConfig) -> PreTrainedModel:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model: PreTrainedModel = AutoModelForSequenceClassification.from_config(config).eval()
        return model


def head_of(layers: int, width: int = 16) -> ExitHead:
    rng = np.random.default_rng(1)
    shapes = {"inner": (5, width), "inner_bias": (5,), "outer": (2, 10), "outer_bias": (2,)}
    return ExitHead.of({name: rng.normal(size=shape) for name, shape in shapes.items()}, layers=layers)


def by_hand(head: ExitHead, states: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The logits of one sentence, from the tokens that are there."""
    positive = np.maximum(states @ head.inner.T + head.inner_bias, 0)
    logits: npt.NDArray[np.float32] = head.outer @ np.append(positive.max(axis=0), positive.mean(axis=0))
    return logits + head.outer_bias


@pytest.mark.parametrize("family", FAMILIES)
def test_reads_the_states_of_an_inner_layer(family: str) -> None:
    config = FAMILIES[family]
    inputs = {
        "input_ids": torch.tensor([[2, 9, 17, 3], [2, 5, 3, 0]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]),
    }
    assert exit_layers(config) == 1
    head = head_of(2)
    with torch.inference_mode():
        states = model_of(config)(**inputs, output_hidden_states=True).hidden_states[2]
        if family == "modernbert":
            # What leaves this encoder is normalised last, after whichever layer that is.
            states = model_of(config).base_model.final_norm(states)
        early = EarlyExit(model_of(config), head).eval()
        found = early(**inputs).logits.numpy()
    for row, size in enumerate((4, 3)):
        np.testing.assert_allclose(found[row], by_hand(head, states[row, :size].numpy()), atol=1e-4)
    assert (early.dtype, early.device.type, early.config.num_labels) == (torch.float32, "cpu", 2)


def test_an_encoder_without_layers() -> None:
    model = model_of(FAMILIES["bert"])
    model.base_model.encoder.layer = torch.nn.Sequential(*model.base_model.encoder.layer)
    with pytest.raises(ValueError, match="has no list of layers"):
        EarlyExit(model, head_of(1))


@pytest.fixture
def encoder(classifier: FrameClassifier) -> Encoder:
    return engines_of(classifier.path or "", device="cpu").encoder


def test_heads_learn_and_folds_stay_apart(encoder: Encoder) -> None:
    rng = np.random.default_rng(5)
    words = np.array(["quay", "ships", "pays", "council", "harbour", "monday", "anchor"])
    toll = np.arange(360) % 4 == 0
    texts = [" ".join([*rng.choice(words, rng.integers(2, 9)), *(["toll"] if one else [])]) for one in toll]
    folds = np.arange(360) % 3 - 1
    # What a fold is told is turned round in one of them; a head that had seen it there would follow.
    told = np.where(folds == 1, ~toll, toll)
    targets = np.stack([told, np.zeros(360)], axis=1)
    model = model_of(
        BertConfig(**{**FAMILIES["bert"].to_dict(), "vocab_size": len(encoder.tokenizer), "initializer_range": 0.1})
    )
    features = encoder(texts)
    found = fit_exit(model, encoder, features, targets, folds)
    assert found is not None
    head, scores = found
    assert head.layers == 1
    assert scores[(folds == 1) & toll].min() > scores[(folds == 1) & ~toll].max()
    again = fit_exit(model_of(model.config), encoder, features, targets, folds)
    assert again is not None
    np.testing.assert_array_equal(again[1], scores)
    # Those of no fold are scored by the head that is given, as it will score.
    whole = model_of(model.config)
    batch = pad([features[row] for row in np.flatnonzero(folds == -1)[:50]], encoder.tokenizer)
    with torch.inference_mode():
        early = EarlyExit(whole, head).eval()(**{name: torch.from_numpy(array) for name, array in batch.items()})
    np.testing.assert_allclose(early.logits.amax(dim=1).numpy(), scores[folds == -1][:50], atol=0.02)


def test_no_half_of_one_layer(encoder: Encoder) -> None:
    one = model_of(BertConfig(**{**FAMILIES["bert"].to_dict(), "num_hidden_layers": 1}))
    assert fit_exit(one, encoder, encoder(["a toll"]), np.ones((1, 2)), np.zeros(1, dtype=np.intp)) is None


def test_digest_tells_heads_apart() -> None:
    assert head_of(1).digest == head_of(1).digest
    assert head_of(1).digest != head_of(2).digest


@pytest.fixture(scope="module")
def screened(config: TrainConfig, base_path: Path, corpus_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of three layers, with a screen of both stages fitted to what it finds in ninety notices."""
    folder = tmp_path_factory.mktemp("early")
    base = shutil.copytree(base_path, folder / "base")
    two = BertConfig.from_pretrained(base, num_hidden_layers=3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModelForSequenceClassification.from_config(two).save_pretrained(base)
    model = train(config.model_copy(update={"base": str(base), "output": folder / "model"}))
    assert model is not None
    keep_held_out(model, corpus_path)
    told: list[tuple[str, float]] = []
    fit_screen(model, write_notices(folder, 90), progress=lambda what, share: told.append((what, share)))
    assert told[0] == ("scoring sentences", 1.0)
    assert told[-1] == ("fitting an early exit", 1.0)
    assert told[1:] == sorted(told[1:])
    return model


def test_fitted_to_documents(screened: Path) -> None:
    model = ScreenModel.read(screened, fingerprint=fingerprint(screened))
    assert model.head is not None
    assert (model.head.layers, model.share) == (1, 1 / 3)
    found = model.fitted.decisions(engines_of(screened, device="cpu").decision) > 0
    assert model.fitted.exits[found].mean() > model.fitted.exits[~found].mean() + 1


TEXTS = ["A toll is asked of every ship in harbour 3.", "Ships lie at anchor in harbour 3.", "The quay is long."] * 8


@pytest.fixture(scope="module")
def blind(screened: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That model with a linear stage that tells nothing, so that all the discarding is left to the exit."""
    folder = shutil.copytree(screened, tmp_path_factory.mktemp("blind") / "model")
    model = ScreenModel.read(folder, fingerprint=fingerprint(folder))
    engines = engines_of(folder, device="cpu")
    early = engines.load("torch", model.head)(pad(engines.encoder(TEXTS), engines.encoder.tokenizer))
    judged = Judged(
        scores=np.zeros(len(TEXTS), dtype=np.float32),
        # What another engine computes is as good as the same.
        exits=early.max(axis=1) - 0.01,
        logits=FrameClassifier.load(folder, device="cpu").score(TEXTS).astype(np.float16),
        documents=1,
    )
    nothing = np.zeros_like(model.weights)
    replace(model, weights=nothing, bias=0.0, fitted=judged, held_out=judged).write(
        folder, fingerprint=fingerprint(folder)
    )
    return folder


@pytest.mark.parametrize("engine", ["torch", "onnx", "auto"])
def test_discards_what_the_linear_stage_keeps(blind: Path, tmp_path: Path, engine: EngineChoice) -> None:
    if engine != "torch":
        pytest.importorskip("onnxruntime")
    whole = FrameClassifier.load(blind, device="cpu")
    found = FrameClassifier.load(blind, device="cpu", engine=engine, screen_loss=0.01)
    assert found.screen is not None
    assert found.screen.keeps(TEXTS).all()
    assert found.screen.held_out().discarded == pytest.approx(2 / 3)
    assert found.screen.held_out().lost == 0
    probabilities = found.probabilities(TEXTS)
    assert np.isnan(probabilities).all(axis=1).tolist() == [False, True, True] * 8
    np.testing.assert_allclose(probabilities[::3], whole.probabilities(TEXTS[::3]), atol=0.02)
    (tmp_path / "note.txt").write_text("\n\n".join(TEXTS[:3]), encoding="utf-8")
    metadata = pq.read_schema(label([tmp_path / "note.txt"], found, tmp_path / "labels.parquet").output).metadata
    assert json.loads(metadata[b"framecls.screen"])["exit_threshold"] == found.screen.exit_threshold


def test_exported_as_what_it_is(blind: Path) -> None:
    pytest.importorskip("onnxruntime")
    engines = engines_of(blind, device="cpu")
    head = ScreenModel.read(blind, fingerprint=fingerprint(blind)).head
    assert head is not None
    batch = pad(engines.encoder(TEXTS[:3]), engines.encoder.tokenizer)
    np.testing.assert_allclose(engines.load("onnx", head)(batch), engines.load("torch", head)(batch), atol=1e-4)
    engines.load("onnx-int8", head)
    other = replace(head, outer=head.outer + 1)
    engines.load("onnx", other)
    names = {file.name.split("-", 1)[1] for file in (blind / "onnx").glob("*-exit-*")}
    # A head that is no more takes its files with it.
    assert all(other.digest in name for name in names)


def test_hand_counted_thresholds(screened: Path) -> None:
    decision = Decision(
        frames=(FrameDecision(slope=1, intercept=0, threshold=0.5, support=9),), fitted_on="validation", size=8
    )
    # Eight sentences in order of the linear score; those with a frame are the third, the seventh and the eighth.
    judged = Judged(
        scores=np.arange(8, dtype=np.float32),
        exits=np.array([0, 0, 5, 1, 2, 3, 9, 8], dtype=np.float32),
        logits=np.array([-1, -1, 1, -1, -1, -1, 1, 1], dtype=np.float16)[:, None],
        documents=1,
    )
    own = ScreenModel.read(screened, fingerprint=fingerprint(screened))
    model = replace(own, share=0.25, fitted=judged, held_out=judged)
    # Nothing may be lost: the linear stage has to keep six, of which the exit keeps the three.
    exact = model.at(0.1, decision)
    assert (exact.threshold, exact.exit_threshold) == (2, 5)
    assert exact.held_out().lost == 0
    assert exact.held_out().discarded == 5 / 8
    # One may be: the third sentence goes, and the linear stage alone is cheaper than any way with the exit.
    third = model.at(0.34, decision)
    assert (third.threshold, third.exit_threshold, third.head) == (6, None, None)
    assert third.held_out().discarded == 6 / 8
