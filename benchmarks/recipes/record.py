"""
Make an evaluation's record of folds that ``run.py --keep`` kept, as ``framecls evaluate --protocol kfold`` writes it.

For recipes whose folds need more than a config: each its own soft labels, or an environment of its own. What each was
trained with is looked up in ``results.jsonl``. The baselines are trained here, on the same folds, without what teachers
say. As in all of ``run.py``, the authored test split is trained on, too.

    python benchmarks/recipes/record.py student1/fold1.npz student02/fold0+2.npz student34/fold3+4.npz \\
        --official data/hydrated --config configs/best.toml --output out/evaluation
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from run import RESULTS, Data, known, recipe_in_results

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import FrameclsError
from framecls.runs.baselines import score_baselines
from framecls.runs.beside import read_beside
from framecls.runs.cross_validation import named_hashes, read_fold, recipe_of, record_folds
from framecls.runs.folds import Fold


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folds", type=Path, nargs="+", help="fold<name>.npz, which together hold every tested sentence")
    parser.add_argument("--partial", action="store_true", help="record some folds while others are not measured yet")
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
    recipe = recipe_in_results(config)
    hashes = data.key("both")
    measured = [r for r in known(RESULTS) if r["recipe"] == recipe and hashes.items() <= r.items()]
    others = [read_beside(one, data.official) for one in options.beside]
    tested = {s.id for s in data.official.sentences}
    found: list[Fold] = []
    corpus = official
    for path in options.folds:
        held = path.stem.removeprefix("fold")
        learnt, corpus, test, rows = data.cut(config, "both", held)
        runs = (read_fold(path, run["key"]) for run in measured if run["fold"] == held)
        fold = next(filter(None, runs), None)
        if fold is None or not np.array_equal(fold.rows, rows):
            sys.exit(f"record: {path} is not there, or not of fold {held} and this recipe and data; run run.py anew")
        baselines = score_baselines(learnt.train, learnt.validation, test, target=config.target)
        found.append(replace(fold, scored={**fold.scored, **baselines}))
    held_out = sorted(corpus.sentences[row].id for fold in found for row in fold.rows.tolist())
    once = [id for id in held_out if id in tested]
    if len(set(once)) < len(once) or (len(once) < len(tested) and not options.partial):
        sys.exit("record: the folds together do not hold every tested sentence once; --partial records some of them")
    facts = {"protocol": "kfold", "recipe": recipe_of(config), **named_hashes(official, [authored])}
    record_folds(options.output, found, facts, corpus, data.official, others, text=False)


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"record: {error}")
