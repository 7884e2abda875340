"""Add authored and twice-coded documents to a corpus folder; the input format is described in CONTRIBUTING.md."""

import argparse
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from framecls.codebook import Codebook
from framecls.corpus import Corpus, split_documents
from framecls.errors import CorpusError, FrameclsError
from framecls.files import write_text

SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def lay_out(header: dict[str, Any], rows: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Join the sentences to the document's text and note where each stands in it."""
    text, path, before, paragraph = "", [""], "", None
    sentences = []
    for number, row in enumerate(rows, 1):
        if text:
            text += " " if row["p"] == paragraph else "\n\n"
        paragraph = row["p"]
        start = len(text)
        text += row["text"]
        heading = " > ".join(path) if path[0] else ""
        id = f"{header['document_id']}#{number:02d}"
        sentences.append(
            {"id": id, "document_id": header["document_id"], "start": start, "end": len(text), "text": row["text"]}
            | {"before": before, "heading": heading, "unit": row["unit"]}
        )
        before = row["text"]
        if row["unit"] == "heading":
            path = [row["text"]] if number == 1 or not path[0] else [path[0], row["text"]]
    return {**header, "text": text}, sentences


def in_order(codebook: Codebook, frames: list[str]) -> list[str]:
    """Sort frames as the codebook has them, each once; an unknown one is an error."""
    return sorted(set(frames), key=codebook.index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path, nargs="+", help="one JSON Lines file a document")
    parser.add_argument("--second", type=Path, nargs="+", required=True, help="the blind coder's files")
    parser.add_argument(
        "--settled", type=Path, required=True, help="the third reading of what the two coded differently"
    )
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--corpus", type=Path, default=Path("data/corpus"))
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    codebook = Codebook.read(options.codebook)
    second = {row["id"]: row for file in options.second for row in read_jsonl(file) if "id" in row}
    read = {row["document_id"] for file in options.second for row in read_jsonl(file) if "id" not in row}
    settled = json.loads(options.settled.read_text(encoding="utf-8"))

    documents, sentences, codings = [], [], []
    known = (
        set(Corpus.read(options.corpus, codebook).documents) if (options.corpus / "sentences.jsonl").exists() else set()
    )
    for file in options.documents:
        header, *rows = read_jsonl(file)
        if header["document_id"] not in read:
            raise CorpusError(f"{file}: document {header['document_id']!r} has no blind coding yet")
        if header["document_id"] in known:
            raise CorpusError(f"{file}: document {header['document_id']!r} is in the corpus already")
        known.add(header["document_id"])
        document, laid_out = lay_out(header, rows)
        documents.append(document)
        for sentence, row in zip(laid_out, rows, strict=True):
            other = second.pop(sentence["id"], {"frames": []})
            first, again = (in_order(codebook, coding["frames"]) for coding in (row, other))
            if first != again and sentence["id"] not in settled:
                raise CorpusError(f"{sentence['id']}: coded {first} and {again}, and not settled")
            # Codings that agree on the frames settle themselves; whoever saw a borderline marks it.
            marked = bool(row.get("borderline") or other.get("borderline"))
            note = row.get("note") or other.get("note") or ""
            frames, borderline, why = settled.get(sentence["id"], (first, marked, note if marked else ""))
            codes = sorted(set(row.get("codes") or other.get("codes") or []))
            codes = [code for code in codes if any(code in (c.name for c in codebook[f].codes) for f in frames)]
            sentence |= {"frames": in_order(codebook, frames), "codes": codes, "annotator": "settled"}
            near = [frame for frame in in_order(codebook, row.get("near") or []) if frame not in frames]
            sentence |= {"hard_negative": near} if near else {}
            sentences.append(sentence | ({"borderline": True, "note": why} if borderline else {}))
            for annotator, coding, coded in (("author", row, first), ("reader", other, again)):
                entry = {
                    "id": sentence["id"],
                    "annotator": annotator,
                    "frames": coded,
                    "codes": coding.get("codes") or [],
                }
                codings.append(entry | ({"borderline": True} if coding.get("borderline") else {}))

    added_ids = {document["document_id"] for document in documents}
    if strange := [id for id in second if id.rpartition("#")[0] in added_ids]:
        raise CorpusError(f"{strange[0]}: coded by the blind coder, and no sentence of its document; correct the id")
    gold = np.array([[f in sentence["frames"] for f in codebook.frames] for sentence in sentences])
    rng = np.random.default_rng(options.seed)
    splits = split_documents([sentence["document_id"] for sentence in sentences], gold, SHARES, rng=rng)
    added = {
        "documents": [{**d, "split": splits[d["document_id"]]} for d in documents],
        "sentences": sentences,
        "codings": codings,
    }
    with TemporaryDirectory() as scratch:
        # The corpus that is there is not touched before the new one is known to be whole.
        for name, rows in added.items():
            old = options.corpus / f"{name}.jsonl"
            new = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            write_text(Path(scratch) / old.name, (old.read_text(encoding="utf-8") if old.exists() else "") + new)
        Corpus.read(Path(scratch), codebook)
        options.corpus.mkdir(parents=True, exist_ok=True)
        for name in added:
            shutil.copyfile(Path(scratch) / f"{name}.jsonl", options.corpus / f"{name}.jsonl")


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"assemble_corpus: {error}")
