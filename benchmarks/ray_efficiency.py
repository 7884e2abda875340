"""
What a Ray cluster on this machine makes of its workers, and whether a killed actor costs a row.

The measure is the pace between the first and the last shard, so that starting Ray and loading models, which a long run
forgets, do not count; the seconds of the whole run stand beside it. One process with one thread is the base. Efficiency
is pace over base, per worker, or per core where there are more workers than cores. In a second run of each size an
actor is killed after a third of the shards; "same rows" holds its file against the base's, byte by byte.

    python benchmarks/ray_efficiency.py
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

# A worker has one core, and so has the base.
os.environ["OMP_NUM_THREADS"] = "1"

import torch
from label_scale import write_sentences

from framecls.labelling import Cluster, label
from framecls.labelling.progress import Done


def actor() -> int | None:
    """Find an actor of this process."""
    parents, named = {}, []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if b"_ShardLabeller" in (entry / "cmdline").read_bytes():
                    named.append(int(entry.name))
        except OSError:
            continue
    for process in named:
        ancestor: int | None = process
        while ancestor is not None and ancestor != os.getpid():
            ancestor = parents.get(ancestor)
        if ancestor is not None:
            return process
    return None


class Watch:
    """Takes the time of each shard, and kills an actor after a third of the sentences where it is asked to."""

    def __init__(self, sentences: int, *, kill: bool) -> None:
        self.times: list[tuple[float, int]] = []
        self.killed: int | None = None
        self._kill_at = sentences // 3 if kill else None

    def __call__(self, done: Done) -> None:
        self.times.append((time.perf_counter(), done.sentences))
        if self._kill_at is not None and done.sentences > self._kill_at and (process := actor()) is not None:
            os.kill(process, signal.SIGKILL)
            self.killed, self._kill_at = process, None

    @property
    def pace(self) -> float:
        (started, first), (ended, last) = self.times[0], self.times[-1]
        return (last - first) / (ended - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/partnership-frames"))
    parser.add_argument("--sentences", type=int, default=4_000)
    parser.add_argument("--shard-size", type=int, default=100)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4])
    options = parser.parse_args()
    torch.set_num_threads(1)
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "documents.jsonl"
        write_sentences(table, options.sentences)

        def run(cluster: Cluster | None, *, kill: bool = False) -> tuple[float, Watch, bytes]:
            watch = Watch(options.sentences, kill=kill)
            started = time.perf_counter()
            output = folder / "labels.parquet"
            label([table], options.model, output, shard_size=options.shard_size, cluster=cluster, watch=watch)
            return time.perf_counter() - started, watch, output.read_bytes()

        seconds, base, rows = run(None)
        sys.stdout.write(
            f"{options.sentences} sentences in shards of {options.shard_size}, {cores} cores.\n\n"
            "| | sentences/s | efficiency | whole run, s | an actor killed: same rows |\n"
            "| --- | --- | --- | --- | --- |\n"
            f"| one process, one thread | {base.pace:.0f} | | {seconds:.0f} | |\n"
        )
        for workers in options.workers:
            cluster = Cluster(address="local", workers=workers, object_store=100_000_000)
            seconds, watch, _ = run(cluster)
            _, killing, again = run(cluster, kill=True)
            same = "no actor found" if killing.killed is None else "yes" if again == rows else "no"
            efficiency = watch.pace / (base.pace * min(workers, cores))
            sys.stdout.write(
                f"| Ray, {workers} workers | {watch.pace:.0f} | {efficiency:.0%} | {seconds:.0f} | {same} |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
