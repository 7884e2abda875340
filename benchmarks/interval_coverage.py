"""
How often a 95 % interval of F1 holds the true value.

Documents are drawn from a made-up world in which some documents are far harder than others: a document's rate of the
frame and its rates of misses and false alarms are drawn from beta distributions, and its sentences from these. The true
F1 is that of a very large sample. Each round draws a corpus, and asks of each kind of interval whether it holds the
truth; resampling sentences, as most tools do, is there to compare.

    python benchmarks/interval_coverage.py --rounds 1000
"""

import argparse
import sys

import numpy as np
import numpy.typing as npt

from framecls.evaluation.bootstrap import IntervalKind, bootstrap_f1
from framecls.evaluation.metrics import count, f1

Bools = npt.NDArray[np.bool_]


def draw(rng: np.random.Generator, documents: int) -> tuple[Bools, Bools, npt.NDArray[np.intp]]:
    """Draw gold, decisions and document numbers."""
    sizes = rng.integers(10, 50, documents)
    numbers = np.repeat(np.arange(documents), sizes)
    rate, miss, alarm = rng.beta(1, 6, documents), rng.beta(0.6, 2, documents), rng.beta(0.4, 8, documents)
    gold = rng.random(len(numbers)) < rate[numbers]
    decisions = np.where(gold, rng.random(len(numbers)) >= miss[numbers], rng.random(len(numbers)) < alarm[numbers])
    return gold[:, None], decisions[:, None], numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    gold, decisions, _ = draw(rng, 200_000)
    truth = f1(count(gold[:, 0], decisions[:, 0]))
    assert truth is not None
    sys.stdout.write(
        f"True F1 {truth:.3f}; {options.rounds} rounds of {options.draws} draws. Share of 95 % intervals that hold it, "
        "and their mean width.\n\n"
        "| documents | resampling documents, percentile | resampling documents, BCa | resampling sentences |\n"
        "| --- | --- | --- | --- |\n"
    )
    for documents in (10, 20, 50, 100):
        held, width = np.zeros(3), np.zeros(3)
        for _ in range(options.rounds):
            gold, decisions, numbers = draw(rng, documents)
            seed = int(rng.integers(2**32))
            kinds: tuple[tuple[npt.NDArray[np.intp], IntervalKind], ...] = (
                (numbers, "percentile"),
                (numbers, "bca"),
                (np.arange(len(gold)), "percentile"),
            )
            found = [
                bootstrap_f1(gold, decisions, units, rng=np.random.default_rng(seed), draws=options.draws, kind=kind)[
                    0
                ][0]
                for units, kind in kinds
            ]
            for index, interval in enumerate(found):
                assert interval is not None
                held[index] += interval.low <= truth <= interval.high
                width[index] += interval.high - interval.low
        cells = [f"{h / options.rounds:.3f} ({w / options.rounds:.2f})" for h, w in zip(held, width, strict=True)]
        sys.stdout.write(f"| {documents} | {' | '.join(cells)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
