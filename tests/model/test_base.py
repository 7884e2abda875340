"""Base models."""

import shutil
from pathlib import Path

import pytest
import torch
from transformers import BertForSequenceClassification

from framecls.codebook import Codebook
from framecls.config import PACKAGED_BASE
from framecls.errors import ModelError
from framecls.model.base import load_base, resolve_base, seen_by


def test_packaged_base_is_the_upstream_model(codebook: Codebook) -> None:
    model, tokenizer = load_base(PACKAGED_BASE, codebook)
    assert sum(parameter.numel() for parameter in model.parameters()) == 22_713_986
    assert tokenizer("partnership")["input_ids"] == [101, 5386, 102]
    assert model.config.id2label == {0: "toll", 1: "pilot"}


def test_pooler_that_was_never_trained_starts_from_the_identity(base_path: Path, codebook: Codebook) -> None:
    model, _ = load_base(str(base_path), codebook)
    assert torch.equal(model.bert.pooler.dense.weight, torch.eye(16))


def test_trained_pooler_is_kept(base_path: Path, codebook: Codebook, tmp_path: Path) -> None:
    trained = BertForSequenceClassification.from_pretrained(base_path)
    torch.nn.init.constant_(trained.bert.pooler.dense.bias, 0.1)
    trained.save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_text((base_path / name).read_text())
    model, _ = load_base(str(tmp_path), codebook)
    assert torch.equal(model.bert.pooler.dense.weight, trained.bert.pooler.dense.weight)


def test_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is no model folder; it has no config\.json"):
        resolve_base(str(tmp_path))


@pytest.mark.parametrize("base", ["packaged:other", "/no/such/folder", "./nothing", "a/b/c"])
def test_names_that_can_be_no_base(base: str) -> None:
    with pytest.raises(
        ModelError, match="no such folder; give 'packaged:all-MiniLM-L6-v2', a model folder or a Hub id"
    ):
        resolve_base(base)


def test_hub_ids_are_passed_on() -> None:
    assert resolve_base("FacebookAI/xlm-roberta-base") == "FacebookAI/xlm-roberta-base"


def test_base_that_cannot_be_loaded(tmp_path: Path, codebook: Codebook) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_base(str(tmp_path), codebook)


def test_base_that_was_copied_in_part(base_path: Path, tmp_path: Path, codebook: Codebook) -> None:
    copy = shutil.copytree(base_path, tmp_path / "copy")
    (copy / "model.safetensors").write_bytes((copy / "model.safetensors").read_bytes()[:300])
    with pytest.raises(ModelError, match=r"copy' cannot be loaded: .+; copy or fetch it again, or name another base"):
        load_base(str(copy), codebook)


def test_what_a_base_has_learnt_from_is_read_or_refused(tmp_path: Path) -> None:
    assert seen_by(PACKAGED_BASE) == seen_by("FacebookAI/xlm-roberta-base") == seen_by(str(tmp_path)) == set()
    (tmp_path / "splits.json").write_text('{"a": "train", "b": "test"}')
    assert seen_by(str(tmp_path)) == {"a"}
    (tmp_path / "splits.json").write_text('["a"]')
    with pytest.raises(ModelError, match=r"splits\.json: is no record of documents and splits; restore it"):
        seen_by(str(tmp_path))
