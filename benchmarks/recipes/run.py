"""
Train a recipe and measure it on official sentences it has not seen; every run is kept, and none is done twice.

Three kinds of training data: ``authored`` (the project's corpus, tested on all official sentences at once), ``official``
and ``both`` (document-grouped cross-validation over the official sentences; in ``both`` the authored corpus joins the
training part of every fold). Validation, on which the decision is fitted, is always of the training data: the authored
validation split, or 15 % of the documents of the fold's training part. Sentences of the training part that are near-duplicates of
a test sentence are dropped.

    python benchmarks/recipes/run.py --official hydrated/ --train both --config configs/default.toml
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import AnnotatedSentence, Corpus, near_duplicates, split_documents
from framecls.evaluation import evaluate
from framecls.model import FrameClassifier
from framecls.model.training import train

HERE = Path(__file__).parent
RESULTS = HERE / "results.jsonl"
Source = Literal["authored", "official", "both"]
FOLDS = 5


def folds(official: Corpus) -> dict[str, int]:
    """Assign the official documents to folds, the same in every run."""
    shares = dict.fromkeys(range(FOLDS), 1 / FOLDS)
    return split_documents(official.document_ids(), official.gold(), shares, rng=np.random.default_rng(0))


def prefixed(corpus: Corpus, prefix: str) -> list[AnnotatedSentence]:
    """Keep the ids of two corpora apart."""
    return [replace(s, id=f"{prefix}:{s.id}", document_id=f"{prefix}:{s.document_id}") for s in corpus.sentences]


def parts(
    source: Source, authored: Corpus, official: Corpus, fold: int
) -> tuple[list[tuple[AnnotatedSentence, str]], Corpus]:
    """Give the sentences to train on, each with its split, and the corpus to test on."""
    if source == "authored":
        splits = authored.splits()
        return [
            (s, "train" if splits[s.document_id] == "test" else splits[s.document_id]) for s in authored.sentences
        ], official
    of = folds(official)
    test = replace(official, sentences=tuple(s for s in official.sentences if of[s.document_id] == fold))
    rest = replace(official, sentences=tuple(s for s in official.sentences if of[s.document_id] != fold))
    inner = split_documents(
        rest.document_ids(), rest.gold(), {"train": 0.85, "validation": 0.15}, rng=np.random.default_rng(fold)
    )
    found = [(s, inner[s.document_id]) for s in rest.sentences]
    if source == "both":
        found += [(s, "train") for s in prefixed(authored, "authored")]
    tested = len(test.sentences)
    texts = [s.text for s in test.sentences] + [s.text for s, _ in found]
    near = {other - tested for one, other, _ in near_duplicates(texts) if one < tested <= other}
    return [pair for row, pair in enumerate(found) if row not in near], test


def write(rows: list[tuple[AnnotatedSentence, str]], folder: Path) -> None:
    columns: dict[str, Any] = {
        "id": [s.id for s, _ in rows],
        "document_id": [s.document_id for s, _ in rows],
        "text": [s.text for s, _ in rows],
        "before": [s.before for s, _ in rows],
        "heading": [s.heading for s, _ in rows],
        "frames": [";".join(s.frames or ()) for s, _ in rows],
        "split": [split for _, split in rows],
    }
    folder.mkdir()
    pq.write_table(pa.table(columns), folder / "sentences.parquet")


def measure(
    config: TrainConfig, source: Source, authored: Corpus, official: Corpus, fold: int, keep: Path | None
) -> dict[str, Any]:
    """Train once and evaluate once."""
    rows, test = parts(source, authored, official, fold)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        write(rows, Path(scratch) / "corpus")
        output = keep or Path(scratch) / "model"
        train(config.model_copy(update={"corpus": Path(scratch) / "corpus", "output": output}), overwrite=True)
        classifier = FrameClassifier.load(output)
    probabilities = classifier.probabilities(*test.inputs())
    decisions = classifier.decide(probabilities)
    gold = test.gold()
    found = evaluate(gold, probabilities, decisions, frames=official.codebook.frames, document_ids=test.document_ids())
    if keep:
        np.savez(keep / f"fold{fold}.npz", probabilities=probabilities, ids=[s.id for s in test.sentences])
    return {
        "trained_on": len(rows),
        "seconds": round(time.monotonic() - started),
        "sentences": len(test),
        "true_positives": (gold & decisions).sum(axis=0).tolist(),
        "false_positives": (~gold & decisions).sum(axis=0).tolist(),
        "false_negatives": (gold & ~decisions).sum(axis=0).tolist(),
        "average_precision": [round(s.average_precision or 0.0, 4) for s in found.frames],
    }


def known(results: Path) -> Iterator[dict[str, Any]]:
    if results.exists():
        yield from (json.loads(line) for line in results.read_text(encoding="utf-8").splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path, required=True, help="the official corpus with its texts")
    parser.add_argument("--authored", type=Path, default=Path("data/corpus"))
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--config", type=Path, default=Path("configs/default.toml"))
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="lay over the config")
    parser.add_argument("--train", choices=get_args(Source), default="both")
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)))
    parser.add_argument("--name", default="", help="what is tried, for the table")
    parser.add_argument("--keep", type=Path, help="keep the last model and its probabilities here")
    options = parser.parse_args()
    codebook = Codebook.read(options.codebook)
    authored, official = (Corpus.read(path, codebook).coded() for path in (options.authored, options.official))
    config = TrainConfig.read(options.config, dict(pair.split("=", 1) for pair in options.set))
    recipe = config.model_dump(mode="json", exclude={"codebook", "corpus", "output"})
    for fold in options.folds if options.train != "authored" else [0]:
        key = {
            "train": options.train,
            "fold": fold,
            "recipe": recipe,
            "authored": authored.sha256[:12] if options.train != "official" else "",
            "official": official.sha256[:12],
        }
        digest = sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]
        if any(record["key"] == digest for record in known(RESULTS)):
            print(f"{options.train} fold {fold}: measured before ({digest})")
            continue
        record = measure(config, options.train, authored, official, fold, options.keep)
        with RESULTS.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"key": digest, "name": options.name, **key, **record}) + "\n")
        tp, fp, fn = (np.array(record[k]) for k in ("true_positives", "false_positives", "false_negatives"))
        f1 = 2 * tp / np.maximum(2 * tp + fp + fn, 1)
        print(
            f"{options.train} fold {fold}: macro-F1 {f1.mean():.3f}  {np.round(f1, 2).tolist()}  {record['seconds']} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
