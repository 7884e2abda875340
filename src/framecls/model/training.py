"""Fine-tune a base model with ``transformers.Trainer``, fit its decision on validation, write the checkpoint."""

import json
import logging
import os
import platform
import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
import torch
import transformers
from sklearn.metrics import average_precision_score
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import ConfigError, ModelError
from framecls.files import write_json
from framecls.model.base import load_base, seen_by
from framecls.model.checkpoint import write_splits
from framecls.model.classifier import FrameClassifier, Scores
from framecls.model.decision import Decision
from framecls.model.device import choose_device, choose_dtype, describe_device
from framecls.model.encoding import Encoder
from framecls.model.engine import TorchEngine
from framecls.model.progress import ProgressBar
from framecls.model.sampling import LengthSamplingTrainer
from framecls.model.scoring import Scorer
from framecls.model.training_data import TrainingData

__all__ = ["train"]

logger = logging.getLogger(__name__)

_CHECKPOINTS = "checkpoints"


@dataclass(frozen=True, slots=True)
class _Part:
    """One split, encoded."""

    gold: npt.NDArray[np.bool_]
    targets: npt.NDArray[np.floating]
    features: list[dict[str, list[int]]]

    def dataset(self) -> datasets.Dataset:
        columns: dict[str, Any] = {key: [feature[key] for feature in self.features] for key in self.features[0]}
        columns["labels"] = self.targets.astype(np.float32).tolist()
        return datasets.Dataset.from_dict(columns)


def train(
    config: TrainConfig, data: TrainingData | None = None, *, resume: bool = False, overwrite: bool = False
) -> Path | None:
    """
    Train a classifier.

    The corpus is split by document (its own splits where it has them). After each epoch the validation split is
    scored; the best epoch by mean average precision over the frames is kept. Calibration and thresholds are fitted on
    validation. The test split is not looked at.

    :param config: what to train on and how.
    :param data: what to train on instead of the corpora the config names.
    :param resume: go on with a run of the same config that was killed.
    :param overwrite: replace what is in the output folder.
    :returns: the checkpoint folder; ``None`` in all but the first of several processes (torchrun), which write nothing.
    :raises FrameclsError: codebook, corpus, base or config cannot be used, or the output folder is taken.
    """
    started = time.monotonic()
    # One process of several (torchrun) writes; the others compute.
    main_process = int(os.environ.get("RANK", "0")) == 0
    codebook = Codebook.read(config.codebook)
    data = data or TrainingData.read(config, codebook)
    output = config.output
    inputs = {"codebook": codebook.sha256, "corpus": data.sha256}
    _check_output(output, config, inputs, resume=resume, overwrite=overwrite)
    seen = seen_by(config.base)
    _check_unseen(data, seen, config.base)

    transformers.set_seed(config.seed)
    model, tokenizer = load_base(config.base, codebook)
    _check_length(config, model, tokenizer)
    encoder = Encoder(tokenizer=tokenizer, context=config.context, max_length=config.max_length)
    if config.soft and all(sentence.shares is None for sentence in data.train.sentences):
        raise ConfigError(
            f"{data.name}: no sentence to train on has 'shares', which soft needs; "
            "write them with 'framecls corpus merge --by soft', or leave soft out"
        )
    parts = {
        "train": _part(data.train, encoder, "train", soft=config.soft),
        # The best epoch and the decision are chosen by what the coders settled on.
        "validation": _part(data.validation, encoder, "validation"),
    }
    device = choose_device()
    if main_process and not resume:
        _claim_output(output, config, inputs)
    trainer = LengthSamplingTrainer(
        model=model,
        args=_arguments(config, output / _CHECKPOINTS, device),
        train_dataset=parts["train"].dataset(),
        eval_dataset=parts["validation"].dataset(),
        processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=_mean_average_precision,
        optimizers=(_optimizer(model, config), None),
        callbacks=[EarlyStoppingCallback(config.patience)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    with ProgressBar() as bar:
        if main_process:
            trainer.add_callback(bar)
        trainer.train(resume_from_checkpoint=str(_last_checkpoint(output)) if resume else None)
    if not main_process:
        return None

    classifier, scores = _classifier(trainer, encoder, data.validation, config)
    config.write(output / "train.toml")
    write_splits(output, {**dict.fromkeys(sorted(seen), "train"), **data.splits})
    write_json(output / "run.json", _record(config, data, trainer, parts, device, time.monotonic() - started))
    # Last, because a folder counts as a model from the moment its framecls.json is there.
    classifier.save(
        output,
        framecls_version=version("framecls"),
        half=config.weights == "fp16",
        validation=(scores, parts["validation"].gold),
    )
    shutil.rmtree(output / _CHECKPOINTS)
    return output


def _check_output(output: Path, config: TrainConfig, inputs: dict[str, str], *, resume: bool, overwrite: bool) -> None:
    """Refuse an output folder that is taken, or a resumption that would not be one."""
    if resume and overwrite:
        raise ConfigError("--resume goes on with a training and --overwrite starts again; give one of them")
    if output.exists() and not output.is_dir():
        raise ConfigError(f"{output}: is a file; give a folder for the model")
    unfinished = _last_checkpoint(output)
    if not resume:
        if (output / "framecls.json").exists() and not overwrite:
            raise ModelError(f"{output}: already holds a model; give another --output, or --overwrite to replace it")
        if unfinished is not None and not overwrite:
            raise ModelError(
                f"{output}: holds an unfinished training; go on with --resume, or --overwrite to start again"
            )
        return
    if unfinished is None:
        raise ModelError(f"{output}: has no unfinished training to resume; train without --resume")
    before = TrainConfig.read(output / _CHECKPOINTS / "train.toml")
    changed = [key for key in TrainConfig.model_fields if getattr(before, key) != getattr(config, key)]
    if changed:
        raise ConfigError(
            f"{output}: the unfinished training had another {', '.join(changed)}; resume with the same config"
        )
    known = json.loads((output / _CHECKPOINTS / "inputs.json").read_text(encoding="utf-8"))
    for name, digest in inputs.items():
        if known[name] != digest:
            raise ConfigError(
                f"{output}: the {name} has changed since the training began; start again with --overwrite"
            )


def _check_unseen(data: TrainingData, seen: set[str], base: str) -> None:
    """Refuse a base that has learnt from the test split, warn of one that has learnt from validation."""
    known = [(document, split) for document, split in data.splits.items() if document in seen]
    tested = [document for document, split in known if split == "test"]
    validated = [document for document, split in known if split == "validation"]
    if tested:
        raise ConfigError(
            f"{data.name}: document {tested[0]!r} of the test split was used to train the base {base!r}; "
            "start from one that has not seen it, or correct the splits"
        )
    if validated:
        logger.warning(
            "%s: %d documents of the validation split were used to train the base %r; "
            "the decision fitted on them will be too sure",
            data.name,
            len(validated),
            base,
        )


def _last_checkpoint(output: Path) -> Path | None:
    """Find the newest checkpoint that was written to its end, which is when its trainer state is there."""
    whole = [path.parent for path in (output / _CHECKPOINTS).glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.removeprefix("checkpoint-")), default=None)


def _claim_output(output: Path, config: TrainConfig, inputs: dict[str, str]) -> None:
    """Empty the output folder of an older model and note what the training depends on."""
    # What was said of the old model would be taken for the new one's.
    for old in (_CHECKPOINTS, "evaluation", "onnx"):
        shutil.rmtree(output / old, ignore_errors=True)
    for name in ("framecls.json", "README.md", "validation.parquet", "parity.parquet", "screen.safetensors"):
        (output / name).unlink(missing_ok=True)
    about = output / "about.md"
    if about.exists():
        # A person's own words are not ours to delete, nor to put into another model's card.
        aside = about.replace(output / "about.old.md")
        logger.warning(
            "%s: was written of the old model and stays out of the card; go through it and name it %s again",
            aside,
            about.name,
        )
    (output / _CHECKPOINTS).mkdir(parents=True)
    config.write(output / _CHECKPOINTS / "train.toml")
    write_json(output / _CHECKPOINTS / "inputs.json", inputs)


def _check_length(config: TrainConfig, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuse a length the encoder has no positions for; it would fail at the first long sentence it meets."""
    positions = getattr(model.config, "max_position_embeddings", None) or tokenizer.model_max_length
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    if table is not None and getattr(table, "padding_idx", None) is not None:
        # The RoBERTa family counts positions from the one after that of the padding.
        positions -= table.padding_idx + 1
    longest = min(positions, tokenizer.model_max_length)
    if config.max_length > longest:
        raise ConfigError(
            f"max_length {config.max_length} is more than the {longest} tokens base {config.base!r} reads"
        )


def _part(corpus: Corpus, encoder: Encoder, name: str, *, soft: bool = False) -> _Part:
    texts, before, heading = corpus.inputs()
    features = encoder(texts, before, heading)
    if cut := len(encoder.too_long(texts)):
        logger.warning(
            "%s: %d of %d sentences are longer than max_length %d; what goes beyond is cut off",
            name,
            cut,
            len(features),
            encoder.max_length,
        )
    gold = corpus.gold()
    return _Part(gold, corpus.targets() if soft else gold.astype(np.float64), features)


def _arguments(config: TrainConfig, folder: Path, device: torch.device) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=64,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup,
        bf16=choose_dtype(config.precision, device) == torch.bfloat16,
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=device.type == "cuda",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="average_precision",
        greater_is_better=True,
        # Else a resumed run would be patient all over again.
        restore_callback_states_from_checkpoint=True,
        logging_strategy="epoch",
        report_to="none",
        disable_tqdm=True,
        seed=config.seed,
    )


def _optimizer(model: PreTrainedModel, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW with a rate of its own for the pooler and the new head, and no decay on biases and norms."""
    body = {
        name for name, _ in model.base_model.named_parameters(prefix=model.base_model_prefix) if ".pooler." not in name
    }
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        groups.setdefault((name in body, parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": config.learning_rate if in_body else config.head_learning_rate,
                "weight_decay": config.weight_decay if decays else 0.0,
            }
            for (in_body, decays), parameters in groups.items()
        ],
        # One pass over the weights a step; on two cores the plain loop takes longer than the encoder itself.
        fused=True,
    )


def _mean_average_precision(prediction: EvalPrediction) -> dict[str, float]:
    """Score an epoch: average precision needs no threshold, so none has to be guessed before one is fitted."""
    scores, gold = np.asarray(prediction.predictions), np.asarray(prediction.label_ids) > 0
    if not np.isfinite(scores).all():
        raise ModelError("the training has diverged (scores are no longer numbers); lower learning_rate")
    return {
        "average_precision": float(
            np.mean([average_precision_score(gold[:, i], scores[:, i]) for i in range(gold.shape[1])])
        )
    }


def _classifier(
    trainer: Trainer, encoder: Encoder, validation: Corpus, config: TrainConfig
) -> tuple[FrameClassifier, Scores]:
    """Fit the decision on validation, scored by the classifier's own path; gives these scores, too."""
    model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    if config.weights == "fp16":
        # Rounded before the decision is fitted, so that it is fitted on what will be loaded.
        model.half().float()
    scorer = Scorer(engine=TorchEngine(model), encoder=encoder)
    scores, gold, frames = scorer(*validation.inputs()), validation.gold(), validation.codebook.frames
    # Not strict: a target out of reach must not cost a finished training.
    decision = Decision.fit(scores, gold, frames=frames, fitted_on="validation", target=config.target, strict=False)
    classifier = FrameClassifier(
        scorer=scorer,
        codebook=validation.codebook,
        decision=decision,
        name=config.output.name,
        languages=config.languages,
    )
    return classifier, scores


def _record(
    config: TrainConfig,
    data: TrainingData,
    trainer: Trainer,
    parts: dict[str, _Part],
    device: torch.device,
    seconds: float,
) -> dict[str, Any]:
    packages = ("framecls", "torch", "transformers", "datasets", "tokenizers", "scikit-learn", "numpy")
    history = [
        {"epoch": entry["epoch"], "average_precision": entry["eval_average_precision"], "loss": entry["eval_loss"]}
        for entry in trainer.state.log_history
        if "eval_average_precision" in entry
    ]
    return {
        "versions": {name: version(name) for name in packages} | {"python": platform.python_version()},
        "seed": config.seed,
        "base": config.base,
        "licence": config.licence,
        "codebook_sha256": data.train.codebook.sha256,
        "corpus_sha256": data.corpus_sha256,
        "data_sha256": data.sha256,
        "sentences": {name: len(part.gold) for name, part in parts.items()},
        "support": {
            name: dict(zip(data.train.codebook.frames, part.gold.sum(axis=0).tolist(), strict=True))
            for name, part in parts.items()
        },
        "device": describe_device(device),
        "precision": "bf16" if trainer.args.bf16 else "fp32",
        "processes": trainer.args.world_size,
        "seconds": round(seconds, 1),
        "best_epoch": max(history, key=lambda entry: entry["average_precision"])["epoch"],
        "validation": history,
    }
