"""
Kill labelling runs with ``kill -9`` at random moments, go on with them, and hold the labels against an undisturbed run.

A script of its own, as each run is a process forked from one that has loaded torch and the model already. Prints a
line of JSON: runs that were killed, outputs that came about, and sentences that the killed runs had kept for the next.
"""

import contextlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from framecls.labelling import label
from framecls.labelling.unfinished import run_folder
from framecls.model import FrameClassifier


def start(inputs: Path, classifier: FrameClassifier, output: Path) -> int:
    """Label in a process of its own."""
    process = os.fork()
    if process == 0:
        with contextlib.suppress(BaseException):
            label([inputs], classifier, output, shard_size=64, resume=True)
            os._exit(0)
        os._exit(1)
    return process


def kept(output: Path) -> int:
    """Count the sentences of whole lines, as a reader of its own."""
    try:
        lines = (run_folder(output) / "shards.jsonl").read_text().split("\n")[:-1]
    except FileNotFoundError:
        return 0
    return sum(json.loads(line)["rows"] for line in lines)


def main(inputs: Path, model: Path, folder: Path, *, kills: int, seed: int) -> None:
    # A process that is forked has none of the threads that torch would wait for.
    torch.set_num_threads(1)
    classifier = FrameClassifier.load(model, device="cpu")
    rng = random.Random(seed)
    whole = label([inputs], classifier, folder / "whole" / "labels.parquet", shard_size=64).output.read_bytes()
    started = time.monotonic()
    _, status = os.waitpid(start(inputs, classifier, folder / "labels.parquet"), 0)
    assert status == 0
    longest = time.monotonic() - started
    output = folder / "labels.parquet"
    killed = outputs = saved = 0
    while killed < kills or not output.exists():
        output.unlink(missing_ok=True)
        process = start(inputs, classifier, output)
        if killed < kills:
            time.sleep(rng.uniform(0, longest / 2))
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            killed += 1
            saved += kept(output)
        else:
            assert os.WEXITSTATUS(status) == 0, "a run failed"
        if output.exists():
            assert output.read_bytes() == whole, f"other labels after {killed} kills"
            outputs += 1
    assert not run_folder(output).exists()
    sys.stdout.write(json.dumps({"killed": killed, "outputs": outputs, "saved": saved}) + "\n")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:4]]
    main(given[0], given[1], given[2], kills=int(sys.argv[4]), seed=int(sys.argv[5]))
