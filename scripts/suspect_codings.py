"""List the codings of a corpus that models trained without them find hard to believe, as a file to read and mend."""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus, DocumentFacts, split_documents, write_corpus
from framecls.errors import FrameclsError
from framecls.evaluation.suspects import suspects
from framecls.files import write_jsonl
from framecls.model import FrameClassifier
from framecls.model.training import train


def out_of_fold(corpus: Corpus, config: TrainConfig, folds: int) -> np.ndarray:
    """Score every sentence with a model trained on the documents of the other folds."""
    rng = np.random.default_rng(config.seed)
    fold_of = split_documents(corpus.document_ids(), corpus.gold(), dict.fromkeys(range(folds), 1 / folds), rng=rng)
    probabilities = np.full((len(corpus), len(corpus.codebook.frames)), np.nan)
    for fold in range(folds):
        held = [row for row, id in enumerate(corpus.document_ids()) if fold_of[id] == fold]
        # The next fold tells when to stop; nothing else depends on it, since no threshold is used.
        documents = {
            id: DocumentFacts(id, split="validation" if other == (fold + 1) % folds else "train")
            for id, other in fold_of.items()
            if other != fold
        }
        rest = replace(
            corpus,
            sentences=tuple(s for s in corpus.sentences if s.document_id in documents),
            documents=documents,
        )
        with tempfile.TemporaryDirectory() as scratch:
            write_corpus(rest, Path(scratch) / "corpus")
            places = {"corpus": Path(scratch) / "corpus", "output": Path(scratch) / "model"}
            train(config.model_copy(update=places))
            classifier = FrameClassifier.load(Path(scratch) / "model")
        part = replace(corpus, sentences=tuple(corpus.sentences[row] for row in held))
        probabilities[held] = classifier.probabilities(*part.inputs())
    return probabilities


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("data/corpus"))
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--config", type=Path, default=Path("configs/quick.toml"))
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--output", type=Path, default=Path("out/suspects.jsonl"))
    options = parser.parse_args()
    corpus = Corpus.read(options.corpus, Codebook.read(options.codebook)).coded()
    probabilities = out_of_fold(corpus, TrainConfig.read(options.config, {"codebook": options.codebook}), options.folds)
    rows = (
        {"id": s.id, "frame": one.frame, "coded": one.coded, "probability": round(one.probability, 3)}
        | {"borderline": s.borderline, "before": s.before, "text": s.text}
        for one in suspects(corpus.gold(), probabilities, frames=corpus.codebook.frames)
        for s in [corpus.sentences[one.row]]
    )
    write_jsonl(options.output, rows)
    sys.stdout.write(f"{options.output}\n")


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"suspect_codings: {error}")
