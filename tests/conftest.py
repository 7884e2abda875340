"""A codebook, a corpus, a base model of some three thousand parameters and a checkpoint trained from it."""

import json
import os
from pathlib import Path

# Matrices of width 16 gain nothing from threads, and lose much where other processes want the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

import framecls
from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.model import FrameClassifier
from framecls.model.training import train

ROOT = Path(__file__).parents[1]
IS_CHECKOUT = (ROOT / "data" / "codebook.toml").exists()

CODEBOOK = """
name = "harbours"
version = "1"
title = "Harbour frames"
description = "Two frames for tests."

[[frames]]
name = "toll"
title = "Toll"
color = "#aa3311"
question = "Does the sentence ask for a toll?"
in = ["A toll is asked."]
out = ["A toll is only mentioned."]
lexicon = ["toll*", "harbour due*"]

[[frames]]
name = "pilot"
title = "Pilot"
color = "#1133aa"
question = "Does the sentence send a pilot?"
in = ["A pilot is sent."]
lexicon = ["pilot"]
"""

#: Which words carry which frame; small enough to be learnt in a second.
SENTENCES = {
    (): ["The quay is long and grey.", "Ships lie at anchor today.", "The council meets on Monday."],
    ("toll",): ["A toll is asked of every ship.", "Ships pay the toll at the quay.", "The toll is raised on Monday."],
    ("pilot",): [
        "A pilot is sent to every ship.",
        "The pilot meets ships at anchor.",
        "Today the council sends a pilot.",
    ],
    ("toll", "pilot"): ["The pilot asks a toll of ships.", "A toll pays the pilot today."],
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("checkout") and not IS_CHECKOUT:
            item.add_marker(pytest.mark.skip(reason="needs the files around the package"))


def pytest_sessionstart() -> None:
    """Make sure that a run meant for the built wheel does not test the checkout."""
    expected = os.environ.get("FRAMECLS_EXPECT_FROM")
    if expected and not Path(framecls.__file__).is_relative_to(expected):
        raise pytest.UsageError(f"framecls was imported from {framecls.__file__}, expected {expected}")


@pytest.fixture(scope="session")
def codebook_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("codebook") / "codebook.toml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def codebook(codebook_path: Path) -> Codebook:
    return Codebook.read(codebook_path)


@pytest.fixture(scope="session")
def corpus_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve documents of eleven sentences each, in three splits."""
    folder = tmp_path_factory.mktemp("corpus")
    rows, documents = [], []
    for number in range(12):
        document = f"d{number:02d}"
        split = "train" if number < 6 else "validation" if number < 9 else "test"
        documents.append({"document_id": document, "genre": "notice", "split": split})
        sentences = [(text, frames) for frames, texts in SENTENCES.items() for text in texts]
        for index, (text, frames) in enumerate(sentences):
            before = sentences[index - 1][0] if index else ""
            # The number keeps the sentences of two documents apart, as no corpus may repeat itself across splits.
            text = f"{text[:-1]} in harbour {number} now."
            rows.append(
                {"id": f"{document}#{index:02d}", "document_id": document, "text": text, "before": before}
                | {"frames": list(frames)}
            )
    for name, content in (("sentences", rows), ("documents", documents)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with one layer of width 16, and a tokenizer of the words above."""
    folder = tmp_path_factory.mktemp("base")
    words = sorted({word for texts in SENTENCES.values() for text in texts for word in text.lower().strip(".").split()})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "in", "harbour", *words]
    ids = {word: index for index, word in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(ids),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        # With the default of 0.02 the words start so alike that some seeds never learn them.
        initializer_range=0.1,
        attention_probs_dropout_prob=0.0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def config(
    codebook_path: Path, corpus_path: Path, base_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> TrainConfig:
    """Config of a training that takes a second."""
    return TrainConfig(
        codebook=codebook_path,
        corpus=corpus_path,
        output=tmp_path_factory.mktemp("models") / "harbour",
        base=str(base_path),
        max_length=24,
        epochs=20,
        batch_size=8,
        learning_rate=3e-3,
        head_learning_rate=3e-3,
        precision="fp32",
        seed=7,
    )


@pytest.fixture(scope="session")
def model_path(config: TrainConfig) -> Path:
    """A trained checkpoint; tests must not change it."""
    folder = train(config)
    assert folder is not None
    return folder


@pytest.fixture
def classifier(model_path: Path) -> FrameClassifier:
    return FrameClassifier.load(model_path, device="cpu")
