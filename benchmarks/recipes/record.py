"""
Make an evaluation's record of folds that ``run.py --keep`` kept, as ``framecls evaluate --protocol kfold`` makes it.

For recipes whose folds need more than a config: each its own soft labels, or an environment of its own. The baselines
are trained here, on the same folds, without what teachers say.

    python benchmarks/recipes/record.py student1/fold1.npz student02/fold0+2.npz student34/fold3+4.npz \\
        --official data/hydrated --config configs/best.toml --output out/evaluation
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from run import Data

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import FrameclsError
from framecls.model.baselines import TfidfBaseline
from framecls.runs.beside import read_beside
from framecls.runs.cross_validation import read_fold, recipe_of, record_folds
from framecls.runs.folds import Fold
from framecls.runs.record import TFIDF, Scored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folds", type=Path, nargs="+", help="fold<name>.npz, which together hold every tested sentence")
    parser.add_argument("--official", type=Path, required=True, help="the official corpus with its texts")
    parser.add_argument("--authored", type=Path, default=Path("data/corpus"))
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--config", type=Path, default=Path("configs/best.toml"), help="the recipe")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="lay over the config")
    parser.add_argument("--train-only", default="c", help="annotator whose sentences are not tested on")
    parser.add_argument("--beside", nargs="*", default=[], help="[NAME=]TABLE of another system's decisions")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    codebook = Codebook.read(options.codebook)
    authored, official = (Corpus.read(path, codebook).coded() for path in (options.authored, options.official))
    data = Data.of(authored, official, options.train_only)
    config = TrainConfig.read(
        options.config, {"codebook": options.codebook} | dict(pair.split("=", 1) for pair in options.set)
    )
    others = [read_beside(one, data.official) for one in options.beside]
    tested = {s.id for s in data.official.sentences}
    found: list[Fold] = []
    corpus = official
    for path in options.folds:
        held = path.stem.removeprefix("fold")
        learnt, corpus, test, rows = data.cut(config, "both", held)
        fold = read_fold(path, corpus.sha256)
        if fold is None or not np.array_equal(fold.rows, rows):
            sys.exit(f"record: {path} is not there, or of other sentences than fold {held} has; run run.py anew")
        tfidf = TfidfBaseline.fit(learnt.train, learnt.validation, target=config.target)
        probabilities = tfidf.probabilities(test.inputs()[0])
        found.append(replace(fold, scored={**fold.scored, TFIDF: Scored(probabilities, tfidf.decide(probabilities))}))
    held_out = sorted(corpus.sentences[row].id for fold in found for row in fold.rows.tolist())
    if [id for id in held_out if id in tested] != sorted(tested):
        sys.exit("record: the folds together do not hold every tested sentence once")
    hashes = [codebook.sha256, official.sha256, authored.sha256]
    facts = {"protocol": "kfold", "recipe": recipe_of(config), "sha256": hashes}
    record_folds(options.output, found, facts, corpus, data.official, others, text=False)


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"record: {error}")
