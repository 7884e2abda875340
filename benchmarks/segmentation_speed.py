"""
How fast texts become sentences, on one core and on two, and whether memory stays flat over ten thousand documents.

    python benchmarks/segmentation_speed.py
    python benchmarks/segmentation_speed.py --documents documents.jsonl.gz

Without a file of documents (a line each, with ``text``) those of the authored corpus are taken, in paragraphs of six
sentences. The documents are taken again and again until there are enough.
"""

import argparse
import gzip
import json
import resource
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path

from framecls.documents import sentences
from framecls.documents.language import document_language, sentence_languages
from framecls.documents.layout import find_blocks
from framecls.documents.text import document_of_text

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "sentences.jsonl"


def authored() -> Iterator[str]:
    texts: dict[str, list[str]] = {}
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        texts.setdefault(entry["document_id"], []).append(entry["text"])
    for parts in texts.values():
        yield "\n\n".join(" ".join(parts[first : first + 6]) for first in range(0, len(parts), 6))


def given(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from (json.loads(line)["text"] for line in file)


def cut(text: str) -> tuple[int, int]:
    return len(text), len(sentences(document_of_text("d", text)))


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1, help="times that the processes take all documents")
    options = parser.parse_args()
    texts = list(given(options.documents) if options.documents else authored())
    cut(texts[0] + " Les Parties échangent des informations sur les emplois vacants dans leurs ports.")
    write = sys.stdout.write
    write("| what | million characters/s | s |\n|---|---|---|\n")
    clock = time.process_time  # of this process alone, so that a busy machine does not count
    total = sum(map(len, texts))

    def line(name: str, characters: int, seconds: float) -> None:
        write(f"| {name} | {characters / seconds / 1e6:.2f} | {seconds:.1f} |\n")
        sys.stdout.flush()

    started = clock()
    documents = [document_of_text("d", text) for text in texts]
    line("text to blocks, one core", total, clock() - started)
    started = clock()
    for text in texts:
        find_blocks(text)
    line("– without mending wrong encodings", total, clock() - started)
    started = clock()
    found = [sentences(document) for document in documents]
    line("blocks to sentences, one core", total, clock() - started)
    started = clock()
    for document, of in zip(documents, found, strict=True):
        overall = document_language(document)
        sentence_languages([one.text for one in of], [one.unit == "heading" for one in of], overall)
    line("– of it, languages", total, clock() - started)
    del documents, found
    characters = number = cuts = 0
    marks = []
    started = clock()
    for number, text in enumerate(islice(cycle(texts), options.count), 1):
        length, sentences_found = cut(text)
        characters += length
        cuts += sentences_found
        if number in (options.count // 10, options.count):
            marks.append(f"{memory():.0f} MiB after {number:,}")
    line(f"text to sentences, {number:,} documents, one core", characters, clock() - started)
    with get_context("spawn").Pool(options.processes) as pool:
        pool.map(cut, texts[:8], chunksize=1)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        begun = time.perf_counter()
        characters = sum(length for length, _ in pool.imap_unordered(cut, texts * options.rounds, chunksize=32))
        wall = time.perf_counter() - begun
        pool.close()
        pool.join()
    busy = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    line(f"text to sentences, {options.processes} processes, by the clock on the wall", characters, wall)
    line(
        f"– by their time on the cores, {options.processes} of them free, start included",
        characters,
        busy / options.processes,
    )
    write(f"\n{cuts:,} sentences; peak memory {', '.join(marks)} documents\n")


if __name__ == "__main__":
    main()
