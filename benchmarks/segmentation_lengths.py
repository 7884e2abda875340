"""
What becomes of whole documents: how many sentences, how long, in which language, and why the longest are so long.

    python benchmarks/segmentation_lengths.py documents.jsonl.gz

The file has a document a line, ``document_id`` and ``text``. Lengths are word pieces of the packaged base model.
"""

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from framecls.config import PACKAGED_BASE
from framecls.documents import Document, Sentence, sentences, unsegmented
from framecls.documents.language import document_language
from framecls.documents.text import document_of_text
from framecls.model.base import resolve_base

LONG = 250
_INNER_END = re.compile(r"(?<=[a-z]{4})[.!?](?:\s+\S|[a-z]{4}\w*\s)|;\s+\w+\s+\w+\s+\w+")


def documents(path: Path) -> Iterator[Document]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            yield document_of_text(entry["document_id"], entry["text"])


def reason(sentence: Sentence) -> str:
    """Say why a sentence is long: what has neither semicolon nor full stop in it is one, however long."""
    return "none: an end within it was missed" if _INNER_END.search(sentence.text) else "one sentence, without a pause"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--show", type=int, default=0, help="longest and shortest sentences to print")
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(Path(resolve_base(PACKAGED_BASE)) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths: list[int] = []
    found: list[Sentence] = []
    units: Counter[str] = Counter()
    gaps: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    of_documents: Counter[str] = Counter()
    fragments = number = characters = 0
    for document in documents(options.documents):
        number += 1
        cut = sentences(document)
        characters += len(document.text)
        found += cut
        lengths += [len(one.ids) for one in tokenizer.encode_batch([s.text for s in cut], add_special_tokens=False)]
        units.update(sentence.unit for sentence in cut)
        languages.update(sentence.language or "untold" for sentence in cut)
        of_documents[document_language(document) or "untold"] += 1
        for gap in unsegmented(document):
            gaps[gap.reason] += 1
        for one, other in pairwise(cut):
            fragments += other.text[0].islower() and bool(document.text[one.end : other.start].strip())
    pieces = np.array(lengths)
    percentiles = np.percentile(pieces, [5, 25, 50, 75, 95, 99, 99.9, 100]).astype(int)
    reasons = Counter(reason(sentence) for sentence, length in zip(found, lengths, strict=True) if length > LONG)
    rows = [
        ("documents", number),
        ("characters", characters),
        ("sentences", len(found)),
        *((f"– {unit}", count) for unit, count in units.most_common()),
        ("word pieces: 5, 25, 50, 75, 95, 99, 99.9 % and the longest", ", ".join(map(str, percentiles))),
        (f"over {LONG} word pieces", int((pieces > LONG).sum())),
        *((f"– {why}", count) for why, count in reasons.most_common()),
        ("at most 2 word pieces", int((pieces <= 2).sum())),
        ("cut in two by a page's header or number", fragments),
        *((f"ranges in no sentence: {why}", count) for why, count in gaps.most_common()),
        ("languages of documents", ", ".join(f"{code} {count}" for code, count in of_documents.most_common())),
        ("languages of sentences", ", ".join(f"{code} {count}" for code, count in languages.most_common())),
    ]
    sys.stdout.write("| | |\n|---|---|\n")
    sys.stdout.writelines(
        f"| {name} | {value:,} |\n" if isinstance(value, int) else f"| {name} | {value} |\n" for name, value in rows
    )
    order = np.argsort(-pieces)
    for index in [*order[: options.show], *order[len(order) - options.show :]]:
        sys.stdout.write(f"{pieces[index]}\t{found[index].unit}\t{' '.join(found[index].text.split())}\n")


if __name__ == "__main__":
    main()
