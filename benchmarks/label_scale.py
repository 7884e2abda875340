"""
How time and memory of a labelling run grow with its sentences, on this machine.

Sentences are made of random words, none twice, so that none is saved by having been scored before; or they are drawn
from those of your documents, as often as it takes. Each size is run in a process of its own. A hundred thousand of them
take the shipped model many minutes on two cores, so begin small.

    python benchmarks/label_scale.py --sizes 10000 100000
    python benchmarks/label_scale.py --documents documents.jsonl.gz --engine onnx-int8 --screen --sizes 10000 1000000
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path
from typing import get_args

from framecls.config import EngineChoice
from framecls.documents import Document, find_sources, read_documents
from framecls.documents import sentences as cut
from framecls.labelling import label
from framecls.model import FrameClassifier

_WORDS = (
    "the of and to parties shall states agree that their common border service office report fund measures annual in "
    "council support partner countries joint responsibility training officials provide return visa holders benefit the "
    "mutual trade regional programme assistance implementation committee article agreement cooperation review next year"
)


def write_sentences(path: Path, sentences: int, seed: int = 0) -> None:
    """Write a table of documents of fifty sentences, eight to forty words each."""
    rng, words = random.Random(seed), _WORDS.split()
    with path.open("w", encoding="utf-8") as file:
        for document in range(-(-sentences // 50)):
            size = min(50, sentences - 50 * document)
            text = " ".join(
                f"Ship {document * 50 + n} {' '.join(rng.choices(words, k=rng.randint(6, 38)))}." for n in range(size)
            )
            file.write(json.dumps({"document_id": f"d{document}", "text": text}) + "\n")


def repeat_documents(documents: list[Path], path: Path, sentences: int) -> None:
    """Write a table of documents of fifty sentences of these, drawn at random, so that every size has the same mix."""
    sources, _ = find_sources(documents)
    found = [one for source in sources for one in read_documents(source) if isinstance(one, Document)]
    texts, rng = [sentence.text for one in found for sentence in cut(one)], random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for document in range(-(-sentences // 50)):
            text = "\n\n".join(rng.choices(texts, k=min(50, sentences - 50 * document)))
            file.write(json.dumps({"document_id": f"d{document}", "text": text}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/partnership-frames"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 4_000])
    parser.add_argument("--documents", type=Path, nargs="*", default=[], help="draw from these, not random words")
    parser.add_argument("--engine", choices=get_args(EngineChoice), default="torch")
    parser.add_argument("--screen", action="store_true", help="with the model's screen, at a loss of 0.005")
    parser.add_argument("--one", action="store_true", help="label the only size in this process, and print figures")
    options = parser.parse_args()
    if options.one:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "documents.jsonl"
            if options.documents:
                # In a process of its own, whose memory is not this one's.
                writer = Process(target=repeat_documents, args=(options.documents, table, options.sizes[0]))
                writer.start()
                writer.join()
            else:
                write_sentences(table, options.sizes[0])
            classifier = FrameClassifier.load(
                options.model, engine=options.engine, screen_loss=0.005 if options.screen else None
            )
            started = time.perf_counter()
            done = label([table], classifier, Path(folder) / "labels.parquet")
            seconds = time.perf_counter() - started
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            sys.stdout.write(json.dumps([done.sentences, seconds, memory]))
        return
    sys.stdout.write("| sentences | seconds | sentences/s | peak memory, GiB |\n| --- | --- | --- | --- |\n")
    for size in options.sizes:
        command = [sys.executable, __file__, "--one", "--model", options.model, "--sizes", size]
        command += ["--engine", options.engine, *(["--screen"] if options.screen else [])]
        command += ["--documents", *options.documents] if options.documents else []
        ran = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, text=True, check=True)
        sentences, seconds, memory = json.loads(ran.stdout)
        sys.stdout.write(f"| {sentences:,} | {seconds:.1f} | {sentences / seconds:,.0f} | {memory:.2f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
