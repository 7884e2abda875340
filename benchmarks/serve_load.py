"""
Concurrent load on 'framecls serve', from this process on a server in another.

    python benchmarks/serve_load.py --model models/partnership-frames --seconds 30

Clients send one sentence, ten, or a text of about sixty, one after another, and now and then something malformed or
too large. The table has the time from the first byte sent to the last received. Every answer is checked: its rows, or
its status where the request was a bad one.
"""

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from framecls.model import FrameClassifier

#: Kinds of requests, and how many of a hundred are of each.
SHARES = {"one sentence": 70, "ten sentences": 20, "text": 6, "malformed": 2, "oversized": 2}
MAX_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and what has to come back: a status, and for a good one the number of rows."""

    content: bytes
    status: int
    rows: int | None = None


def make(kind: str, texts: list[str], rng: random.Random) -> Request:
    if kind == "malformed":
        body, status = rng.choice([(b"{", 400), (b'{"txt": 1}', 422), (b'{"sentences": [" "]}', 422), (b"{}", 422)])
        return Request(body, status)
    if kind == "oversized":
        return Request(b"x" * (MAX_BYTES + rng.randrange(1, 3 * MAX_BYTES)), 413)
    if kind == "text":
        return Request(json.dumps({"text": "\n\n".join(rng.sample(texts, 60))}).encode(), 200)
    count = 1 if kind == "one sentence" else 10
    return Request(json.dumps({"sentences": rng.sample(texts, count)}).encode(), 200, count)


@contextmanager
def serving(model: Path, max_batch: int) -> Iterator[tuple[str, int]]:
    """Start a server on a free port; give its address and process."""
    command = [sys.executable, "-m", "framecls", "serve", str(model), "--port", "0", "--max-bytes", str(MAX_BYTES)]
    process = subprocess.Popen([*command, "--max-batch", str(max_batch)], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"(http://\S+): serving", line):
                yield found[1], process.pid
                return
        sys.exit("serve_load: the server did not start")
    finally:
        process.terminate()
        process.wait()


async def client(
    url: str, until: float, texts: list[str], seed: int, times: dict[str, list[float]], seen: Counter[str]
) -> None:
    rng = random.Random(seed)
    async with httpx.AsyncClient(timeout=60) as http:
        while time.perf_counter() < until:
            (kind,) = rng.choices(list(SHARES), weights=list(SHARES.values()))
            request = make(kind, texts, rng)
            started = time.perf_counter()
            try:
                answer = await http.post(
                    f"{url}/label", content=request.content, headers={"content-type": "application/json"}
                )
            except httpx.TransportError as error:
                seen[f"{kind}: {type(error).__name__}"] += 1
                continue
            times[kind].append(time.perf_counter() - started)
            rows = len(answer.json().get("sentences", ()))
            seen["sentences"] += rows
            if answer.status_code != request.status or (request.rows is not None and rows != request.rows):
                seen[f"{kind}: {answer.status_code}, {rows} rows"] += 1


async def load(url: str, seconds: float, clients: int, texts: list[str]) -> tuple[dict[str, list[float]], Counter[str]]:
    times: dict[str, list[float]] = defaultdict(list)
    seen: Counter[str] = Counter()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(client(url, until, texts, seed, times, seen) for seed in range(clients)))
    return times, seen


def memory(pid: int) -> str:
    """Read the resident memory of a process, where the system tells."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return f"{int(found[1]) >> 10} MiB" if found else "unknown"


def speed(model: Path, texts: list[str], size: int) -> float:
    """Count the sentences a second that the model does with nobody asking for them one by one."""
    classifier = FrameClassifier.load(model)
    classifier.probabilities(texts[:size])
    started, done = time.perf_counter(), 0
    while (seconds := time.perf_counter() - started) < 5:
        classifier.probabilities(texts[done % 4000 :][:size])
        done += size
    return done / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/partnership-frames"))
    parser.add_argument("--corpus", type=Path, default=Path("data/corpus/sentences.jsonl"))
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--max-batch", type=int, default=64)
    options = parser.parse_args()
    with options.corpus.open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line, _ in zip(file, range(5000), strict=False)]
    alone = speed(options.model, texts, options.max_batch)
    with serving(options.model, options.max_batch) as (url, pid):
        asyncio.run(load(url, 2, options.clients, texts))
        before = memory(pid)
        started = time.perf_counter()
        times, seen = asyncio.run(load(url, options.seconds, options.clients, texts))
        seconds = time.perf_counter() - started
        after = memory(pid)
    total = sum(map(len, times.values()))
    sentences = seen.pop("sentences")
    sys.stdout.write(
        f"{options.clients} clients for {seconds:.0f} s: {total} requests ({total / seconds:.0f}/s), "
        f"{sum(seen.values())} wrong answers, {sentences} sentences ({sentences / seconds:.0f}/s; the model alone, in "
        f"batches of {options.max_batch} just before: {alone:.0f}/s). Memory of the server: {before} before, {after} "
        "after.\n\n| request | answers | p50 ms | p95 ms | p99 ms | longest ms |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
    )
    for kind in SHARES:
        if times[kind]:
            p50, p95, p99, longest = np.percentile(times[kind], [50, 95, 99, 100]) * 1000
            sys.stdout.write(f"| {kind} | {len(times[kind])} | {p50:.0f} | {p95:.0f} | {p99:.0f} | {longest:.0f} |\n")
    if seen:
        sys.exit("serve_load: " + "; ".join(f"{what} × {count}" for what, count in seen.items()))


if __name__ == "__main__":
    main()
