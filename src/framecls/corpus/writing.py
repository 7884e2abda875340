"""A corpus to its folder, and a coded corpus to facts without text."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tomli_w

from framecls.codebook import Codebook
from framecls.corpus.corpus import Corpus
from framecls.corpus.records import DOCUMENT_WORDS, AnnotatedSentence, DocumentFacts
from framecls.corpus.standoff import Standoff
from framecls.files import write_jsonl, write_text

__all__ = ["corpus_files", "write_corpus", "write_standoff"]


def corpus_files(folder: Path) -> tuple[Path, ...]:
    """
    Name the files that :func:`write_corpus` writes, or removes where there is nothing to say.

    :param folder: the folder of the corpus.
    :returns: its sentences, documents and codings.
    """
    return tuple(folder / f"{name}.jsonl" for name in ("sentences", "documents", "codings"))


def write_corpus(corpus: Corpus, folder: Path | str) -> None:
    """
    Write a corpus as the folder :meth:`framecls.Corpus.read` reads.

    :param corpus: the corpus.
    :param folder: gets ``sentences.jsonl`` and, where there is something to say, ``documents.jsonl`` and
        ``codings.jsonl``, which holds the codings whose annotator is named.
    """
    folder = Path(folder)
    used = dict.fromkeys(corpus.document_ids())
    documents = [_known(asdict(corpus.documents[id])) for id in used if id in corpus.documents]
    codings = [_coding(coding) for s in corpus.sentences for coding in corpus.codings.get(s.id, ()) if coding.annotator]
    sentences, *others = corpus_files(folder)
    write_jsonl(sentences, (_sentence(sentence, corpus.codebook) for sentence in corpus.sentences))
    for path, rows in zip(others, (documents, codings), strict=True):
        if rows:
            write_jsonl(path, rows)
        else:
            path.unlink(missing_ok=True)


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "")}


def _sentence(sentence: AnnotatedSentence, codebook: Codebook) -> dict[str, Any]:
    row = asdict(sentence)
    if sentence.shares is not None:
        row["shares"] = dict(zip(codebook.frames, sentence.shares, strict=True))
    # Left out where they say nothing; "frames" says something even when it is empty.
    for key in ("borderline", "note", "codes", "hard_negative", "annotator"):
        if not row[key]:
            del row[key]
    for key in ("frames", "inclusion_probability", "shares"):
        if row[key] is None:
            del row[key]
    return row


def _coding(coding: AnnotatedSentence) -> dict[str, Any]:
    row = {"id": coding.id, "annotator": coding.annotator, "frames": coding.frames, "codes": coding.codes}
    if coding.frames is None:
        del row["frames"]
    return row | ({"borderline": True} if coding.borderline else {}) | ({"note": coding.note} if coding.note else {})


def write_standoff(standoff: Standoff, folder: Path | str) -> None:
    """
    Write facts on sentences and their documents: ``sentences.jsonl`` and ``documents.toml``.

    :param standoff: the facts.
    :param folder: where they go.
    """
    folder = Path(folder)
    used = dict.fromkeys(facts.document_id for facts in standoff.sentences)
    write_text(folder / "documents.toml", tomli_w.dumps({id: dict(_facts(standoff.documents[id])) for id in used}))
    rows = (facts.model_dump(mode="json", exclude_defaults=True) for facts in standoff.sentences)
    write_jsonl(folder / "sentences.jsonl", rows)


def _facts(document: DocumentFacts) -> Iterator[tuple[str, Any]]:
    for key in (*DOCUMENT_WORDS, "year", "split"):
        value = getattr(document, key)
        if value not in (None, ""):
            yield key, value
