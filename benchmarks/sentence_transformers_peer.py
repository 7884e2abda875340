"""
Sentences a second of sentence-transformers' own ONNX backend with a linear head, in an environment of its own.

Its backend comes with ``optimum-onnx``, which takes transformers back to 4.57 and so cannot be installed beside
``framecls``; ``label_speed.py`` imitates its batches on the graph that ``framecls`` exports. This says how near it is:

    python -m venv peer && peer/bin/pip install sentence-transformers "optimum-onnx[onnxruntime]"
    peer/bin/python benchmarks/sentence_transformers_peer.py --base BASE --texts texts.jsonl --threads 2

``BASE`` is a folder with the base encoder, ``texts.jsonl`` has a sentence a line (``text``).
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from sentence_transformers import SentenceTransformer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = [json.loads(line)["text"] for line in options.texts.read_text(encoding="utf-8").splitlines()]
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    model = SentenceTransformer(
        str(options.base),
        backend="onnx",
        device="cpu",
        model_kwargs={"provider": "CPUExecutionProvider", "session_options": settings, "export": True},
    )
    head = np.random.default_rng(0).normal(size=(model.get_embedding_dimension(), 4)).astype(np.float32)
    taken = []
    for _ in range(options.rounds):
        started = time.perf_counter()
        1 / (1 + np.exp(-(model.encode(texts, batch_size=32) @ head)))
        taken.append(time.perf_counter() - started)
    sys.stdout.write(f"{len(texts) / statistics.median(taken):.0f} sentences/s\n")


if __name__ == "__main__":
    main()
