"""Encoders of other families, such as the larger ones of the Hub, train, save and load as the packaged one does."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModel,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    PretrainedConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

from framecls.config import TrainConfig
from framecls.errors import ConfigError
from framecls.model import FrameClassifier
from framecls.model.training import train

SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
# Positions of these two begin after that of the padding, so 66 of them read 65 tokens.
OFFSET = {"max_position_embeddings": 66, "pad_token_id": 0, **SMALL}
FAMILIES: dict[str, PretrainedConfig] = {
    "roberta": RobertaConfig(vocab_size=64, type_vocab_size=2, **OFFSET),
    "xlm-roberta": XLMRobertaConfig(vocab_size=64, type_vocab_size=2, **OFFSET),
    "deberta-v2": DebertaV2Config(vocab_size=64, type_vocab_size=2, max_position_embeddings=64, **SMALL),
    "distilbert": DistilBertConfig(
        vocab_size=64, dim=16, n_layers=1, n_heads=2, hidden_dim=32, max_position_embeddings=64
    ),
    "modernbert": ModernBertConfig(vocab_size=64, max_position_embeddings=64, pad_token_id=0, **SMALL),
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, base_path: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModel.from_config(FAMILIES[request.param]).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text((base_path / name).read_text())
    return folder


def test_trains_saves_and_loads(config: TrainConfig, family: Path, tmp_path: Path) -> None:
    own = config.model_copy(update={"base": str(family), "output": tmp_path / "model", "epochs": 1})
    folder = train(own)
    assert folder is not None
    texts = ["A toll is asked of every ship.", "The quay is long.", "ships " * 40]
    probabilities = FrameClassifier.load(folder, device="cpu").probabilities(texts)
    assert probabilities.shape == (3, 2)
    assert np.isfinite(probabilities).all()


def test_longest_input_is_what_the_positions_allow(config: TrainConfig, family: Path, tmp_path: Path) -> None:
    own = config.model_copy(update={"base": str(family), "output": tmp_path / "model", "epochs": 1})
    with pytest.raises(ConfigError, match=r"max_length \d+ is more than the 6[45] tokens base"):
        train(own.model_copy(update={"max_length": 66}))
