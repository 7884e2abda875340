"""Small codebooks, sentences and corpora for tests. Every sentence is invented."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framecls.codebook import Codebook
from framecls.corpus import AnnotatedSentence, Corpus, DocumentFacts, Split

COLORS = ("#2563a8", "#2e7d4f", "#a8641a", "#a62f4b")


def small_codebook(*frames: str, lexicons: Mapping[str, Sequence[str]] | None = None) -> Codebook:
    """Build a codebook of the named frames; of ``carry`` and ``gain`` when none is named."""
    content = {
        "name": "small",
        "version": "1",
        "title": "Small",
        "description": "For tests.",
        "frames": [
            {
                "name": name,
                "title": name.capitalize(),
                "color": COLORS[index % len(COLORS)],
                "question": f"Does the sentence present {name}?",
                "in": [f"Words of {name}."],
                "lexicon": list((lexicons or {}).get(name, ())),
                "codes": [{"name": code, "definition": f"The {code} of it."} for code in ("cost", "own")],
            }
            for index, name in enumerate(frames or ("carry", "gain"))
        ],
    }
    return Codebook.model_validate(content)


def coded(id: str, *frames: str, document: str = "d1", text: str = "", **facts: Any) -> AnnotatedSentence:
    """Build a sentence that carries the frames."""
    return AnnotatedSentence(id, document, text or f"The delegates of the two isles heard item {id}.", frames, **facts)


def small_corpus(
    *sentences: AnnotatedSentence,
    codebook: Codebook | None = None,
    splits: Mapping[str, Split] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Corpus:
    """Build a corpus of the sentences; documents are known where they have a split or a text."""
    splits, texts = splits or {}, texts or {}
    documents = {id: DocumentFacts(id, split=splits.get(id), text=texts.get(id)) for id in {**splits, **texts}}
    return Corpus(codebook or small_codebook(), sentences, documents)


def write_jsonl(path: Path, rows: Sequence[Any]) -> Path:
    """Write a line of JSON for each row."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write the rows below the keys of the first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
    return path
