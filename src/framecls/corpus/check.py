"""Check a corpus for what would spoil a figure: leaks, contradictions, offsets that do not match."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from framecls.corpus.agreement import krippendorff_alpha, pairwise_f1
from framecls.corpus.corpus import Corpus
from framecls.corpus.records import SPLITS

__all__ = ["CorpusReport", "check"]


_LEAST_WORDS = 5


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """
    What the check found.

    :param columns: names of the table's columns.
    :param rows: one for each split and one for all; ``None`` is undefined.
    :param agreement: one for each frame where sentences were coded twice: frame, sentences, alpha, pairwise F1.
    :param problems: a line for each problem; empty when the corpus is sound.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    agreement: tuple[tuple[str, int, float | None, float | None], ...]
    problems: tuple[str, ...]


def check(corpus: Corpus) -> CorpusReport:
    """
    Check a corpus that was read without error.

    :param corpus: the corpus.
    :returns: counts by split, agreement, and every problem.
    """
    return CorpusReport(
        ("split", "documents", "sentences", *corpus.codebook.frames, "none", "borderline"),
        tuple(_rows(corpus)),
        tuple(_agreement(corpus)),
        (*_offset_problems(corpus), *_duplicate_problems(corpus)),
    )


def _rows(corpus: Corpus) -> list[tuple[str | int | None, ...]]:
    splits = corpus.splits()
    coded = corpus.coded()
    rows: list[tuple[str | int | None, ...]] = []
    parts = [(name, coded.select(splits, name)) for name in SPLITS] if splits else []
    for name, part in [*parts, ("all", coded)]:
        gold = part.gold()
        rows.append(
            (
                name,
                len(set(part.document_ids())),
                len(part),
                *(int(count) for count in gold.sum(axis=0)),
                int((~gold.any(axis=1)).sum()),
                sum(sentence.borderline for sentence in part.sentences),
            )
        )
    return rows


def _agreement(corpus: Corpus) -> list[tuple[str, int, float | None, float | None]]:
    """Agreement between the codings of sentences that several annotators coded."""
    coded = ([coding for coding in codings if coding.frames is not None] for codings in corpus.codings.values())
    several = [codings for codings in coded if len(codings) > 1]
    if not several:
        return []
    annotators = sorted({coding.annotator for codings in several for coding in codings})
    rows = []
    for frame in corpus.codebook.frames:
        table = np.full((len(annotators), len(several)), np.nan)
        for unit, codings in enumerate(several):
            for coding in codings:
                table[annotators.index(coding.annotator), unit] = frame in (coding.frames or ())
        rows.append((frame, len(several), krippendorff_alpha(table), pairwise_f1(table)))
    return rows


def _offset_problems(corpus: Corpus) -> list[str]:
    problems = []
    for sentence in corpus.sentences:
        facts = corpus.documents.get(sentence.document_id)
        if corpus.documents and facts is None:
            problems.append(f"sentence {sentence.id!r}: document {sentence.document_id!r} is not in documents.jsonl")
        elif facts is not None and facts.text is not None and sentence.start is not None:
            found = facts.text[sentence.start : sentence.end]
            if found != sentence.text:
                problems.append(
                    f"sentence {sentence.id!r}: its document has {found[:40]!r} at {sentence.start}-{sentence.end}, "
                    f"not {sentence.text[:40]!r}; correct start and end"
                )
    return problems


def _duplicate_problems(corpus: Corpus) -> list[str]:
    """Find sentences with the same words on both sides of a split, or with the same words and other frames."""
    splits = corpus.splits()
    same = defaultdict(list)
    for sentence in corpus.sentences:
        # "Article 2: Definitions" stands in every agreement and teaches nothing.
        if len(sentence.text.split()) < _LEAST_WORDS:
            continue
        same["".join(character for character in sentence.text.lower() if character.isalnum())].append(sentence)
    problems = []
    for sentences in same.values():
        for one, other in combinations(sentences, 2):
            sides = splits.get(one.document_id), splits.get(other.document_id)
            if sides[0] != sides[1]:
                problems.append(
                    f"leak: {one.id!r} ({sides[0]}) and {other.id!r} ({sides[1]}) have the same words; move or drop one"
                )
            # Borderline sentences are known to be read in two ways.
            settled = not (one.borderline or other.borderline or one.frames is None or other.frames is None)
            if settled and one.frames != other.frames:
                problems.append(
                    f"contradiction: {one.id!r} and {other.id!r} have the same words and other frames; settle them"
                )
    return problems
