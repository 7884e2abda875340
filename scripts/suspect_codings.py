"""List the codings of a corpus that models trained without them find hard to believe, as a file to read and mend."""

import argparse
import sys
from pathlib import Path

import numpy as np

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import FrameclsError
from framecls.evaluation.suspects import suspects
from framecls.files import write_jsonl
from framecls.runs.folds import group_documents, out_of_fold


def probabilities_out_of_fold(corpus: Corpus, config: TrainConfig, folds: int) -> np.ndarray:
    """Score every sentence with a model trained on the documents of the other folds."""
    fold_of = group_documents(corpus, "kfold", folds=folds)
    probabilities = np.full((len(corpus), len(corpus.codebook.frames)), np.nan)
    for name in sorted(set(fold_of.values())):
        fold = out_of_fold(config, corpus, fold_of, name)
        probabilities[fold.rows] = fold.scored["model"].probabilities
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
    probabilities = probabilities_out_of_fold(
        corpus, TrainConfig.read(options.config, {"codebook": options.codebook}), options.folds
    )
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
