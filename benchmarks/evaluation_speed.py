"""
How long an evaluation takes, with intervals and a comparison, and how much memory.

Against a loop over draws that lays out the sentences of the drawn documents and lets scikit-learn score them, timed on
few draws and multiplied, as it would take an hour.

    python benchmarks/evaluation_speed.py
"""

import argparse
import resource
import sys
import time

import numpy as np
from sklearn.metrics import f1_score

from framecls.evaluation import compare, evaluate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--documents", type=int, default=3_000)
    parser.add_argument("--draws", type=int, default=2_000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    size, frames = options.sentences, ("one", "two", "three", "four")
    gold = rng.random((size, 4)) < 0.1
    probabilities = np.clip(0.5 * gold + 0.6 * rng.random((size, 4)), 0, 1)
    decisions, other = probabilities > 0.5, probabilities > 0.6
    numbers = rng.integers(0, options.documents, size)
    ids = [f"d{number}" for number in numbers]
    rows = []
    for interval in ("percentile", "bca"):
        started = time.perf_counter()
        evaluate(
            gold,
            probabilities,
            decisions,
            frames=frames,
            document_ids=ids,
            calibrated=True,
            interval=interval,
            draws=options.draws,
        )
        rows.append((f"evaluate, {interval} intervals", time.perf_counter() - started))
    started = time.perf_counter()
    compare(gold, {"one": decisions, "other": other}, frames=frames, document_ids=ids, draws=options.draws)
    rows.append(("compare two systems", time.perf_counter() - started))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    few = 3
    started = time.perf_counter()
    of = [np.flatnonzero(numbers == number) for number in range(options.documents)]
    for _ in range(few):
        drawn = np.concatenate([of[number] for number in rng.integers(0, options.documents, options.documents)])
        f1_score(gold[drawn], decisions[drawn], average=None)
    rows.append(("a loop over draws with scikit-learn", (time.perf_counter() - started) / few * options.draws))
    sys.stdout.write(
        f"{size} sentences of {options.documents} documents, 4 frames, {options.draws} draws; "
        f"peak memory {memory:.1f} GiB.\n\n"
        "| | seconds |\n| --- | --- |\n"
    )
    for name, seconds in rows:
        sys.stdout.write(f"| {name} | {seconds:.1f} |\n")


if __name__ == "__main__":
    main()
