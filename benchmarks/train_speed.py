"""
How long one epoch takes here and with ``transformers.Trainer`` as it comes.

The same sentences, base model, seed and machine; the two take turns. The peer is what a user writes first: a tokenised
data set, ``AutoModelForSequenceClassification``, ``TrainingArguments`` with nothing set but the epochs, and the default
collator (batches of 8 in random order, padded to their longest, fp32). Ours is ``framecls.model.training`` with
``configs/default.toml`` and one epoch, evaluation on validation and the fitted decision included. A second peer has our
batch size, so that what the batch size gives can be told from the rest. Both are scored on the same held-out sentences,
as a fast training that learns nothing is no feat.

    python benchmarks/train_speed.py --sentences 3000 --rounds 3
"""

import argparse
import contextlib
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import transformers
from sklearn.metrics import average_precision_score

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import FrameclsError
from framecls.model import FrameClassifier
from framecls.model.base import resolve_base
from framecls.model.device import choose_device, describe_device
from framecls.model.training import train
from framecls.model.training_data import TrainingData

Timed = tuple[float, float]


def ours(config: TrainConfig, data: TrainingData, test: Corpus) -> Timed:
    """Train as the product does. Gives seconds and mean average precision on the test sentences."""
    with tempfile.TemporaryDirectory() as scratch:
        started = time.perf_counter()
        folder = train(config.model_copy(update={"output": Path(scratch) / "model", "epochs": 1}), data)
        seconds = time.perf_counter() - started
        assert folder is not None
        return seconds, precision(FrameClassifier.load(folder).score(*test.inputs()), test)


def peer(config: TrainConfig, data: TrainingData, test: Corpus, batch_size: int) -> Timed:
    """Train with ``Trainer`` as it comes."""
    codebook = data.train.codebook
    where = resolve_base(config.base)
    with tempfile.TemporaryDirectory() as scratch:
        started = time.perf_counter()
        transformers.set_seed(config.seed)
        tokenizer = transformers.AutoTokenizer.from_pretrained(where)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            where, num_labels=len(codebook.frames), problem_type="multi_label_classification"
        )

        def encode(corpus: Corpus) -> datasets.Dataset:
            rows = {"text": corpus.inputs()[0], "labels": corpus.gold().astype(np.float32).tolist()}
            return datasets.Dataset.from_dict(rows).map(
                lambda batch: tokenizer(batch["text"], truncation=True, max_length=config.max_length), batched=True
            )

        arguments = transformers.TrainingArguments(
            output_dir=scratch,
            num_train_epochs=1,
            per_device_train_batch_size=batch_size,
            report_to="none",
            disable_tqdm=True,
        )
        trainer = transformers.Trainer(
            model=model, args=arguments, train_dataset=encode(data.train), processing_class=tokenizer
        )
        trainer.train()
        trainer.predict(encode(data.validation))
        seconds = time.perf_counter() - started
        return seconds, precision(trainer.predict(encode(test)).predictions, test)


def precision(scores: np.ndarray, test: Corpus) -> float:
    gold = test.gold()
    return float(np.mean([average_precision_score(gold[:, i], scores[:, i]) for i in range(gold.shape[1])]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("configs/default.toml"))
    parser.add_argument("--sentences", type=int, default=3000, help="of the train split, the first so many")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    config = TrainConfig.read(options.config)
    corpus = Corpus.read(config.corpus, Codebook.read(config.codebook)).coded()
    splits = corpus.splits()
    whole = TrainingData.of(corpus, splits, name=str(config.corpus))
    few = replace(whole.train, sentences=whole.train.sentences[: options.sentences])
    data = replace(whole, train=few, validation=replace(whole.validation, sentences=whole.validation.sentences[:1000]))
    test = corpus.select(splits, "test")
    systems: dict[str, Callable[[], Timed]] = {
        "framecls": lambda: ours(config, data, test),
        "Trainer, as it comes": lambda: peer(config, data, test, 8),
        f"Trainer, batches of {config.batch_size}": lambda: peer(config, data, test, config.batch_size),
    }
    found: dict[str, list[Timed]] = {name: [] for name in systems}
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    for _ in range(options.rounds):
        for name, run in systems.items():
            with contextlib.redirect_stdout(io.StringIO()):
                found[name].append(run())
    sys.stdout.write(
        f"{len(data.train)} sentences to train on, {len(data.validation)} to validate on, one epoch, "
        f"{describe_device(choose_device())}, medians of {options.rounds} rounds.\n\n"
        "| | seconds | ratio | AP on the test split |\n| --- | --- | --- | --- |\n"
    )
    first = statistics.median(seconds for seconds, _ in found["framecls"])
    for name, times in found.items():
        seconds = statistics.median(time for time, _ in times)
        scores = statistics.median(score for _, score in times)
        sys.stdout.write(f"| {name} | {seconds:.0f} | {seconds / first:.1f} | {scores:.2f} |\n")


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"train_speed: {error}")
