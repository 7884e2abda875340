"""Check a corpus for what would spoil a figure, and describe what a model can learn from it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer

from framecls.corpus.agreement import krippendorff_alpha, pairwise_f1
from framecls.corpus.corpus import Corpus
from framecls.corpus.duplicates import near_groups, words
from framecls.corpus.records import SPLITS, Split
from framecls.lexicon import Lexicon

__all__ = ["CorpusReport", "FrameSummary", "Summary", "check"]

#: Fewer words than these may stand anywhere.
_LEAST_WORDS = 5
#: Rows of the similarity matrix held at once.
_ROWS = 512


@dataclass(frozen=True, slots=True)
class Summary:
    """
    One part of a corpus; ``None`` where a value is undefined.

    :param part: ``train``, ``validation``, ``test``, ``all``, or a genre.
    :param documents: how many.
    :param sentences: how many are coded.
    :param frames: sentences that carry each frame, in the codebook's order.
    :param none: sentences that carry none.
    :param borderline: sentences marked so.
    :param hard_negatives: sentences that come near a frame they do not carry.
    :param keyword_free: share of the framed decisions whose frame has no keyword in the sentence.
    :param alpha: Krippendorff's alpha, mean over the frames.
    :param pairwise_f1: annotator against annotator, all frames counted together.
    :param type_token: different words among all words.
    :param distinct_4: different runs of four words among all of them.
    :param nearest: cosine of a sentence's words, weighted by TF-IDF, to the nearest sentence of another document of the
        corpus; mean.
    """

    part: str
    documents: int
    sentences: int
    frames: tuple[int, ...]
    none: int
    borderline: int
    hard_negatives: int
    keyword_free: float | None
    alpha: float | None
    pairwise_f1: float | None
    type_token: float | None
    distinct_4: float | None
    nearest: float | None


@dataclass(frozen=True, slots=True)
class FrameSummary:
    """
    One frame in the whole corpus; ``None`` where a value is undefined.

    :param frame: its name.
    :param support: sentences that carry it.
    :param keyword_free: share of them without one of its keywords.
    :param hard_negatives: sentences marked as near it that do not carry it.
    :param keyword_only: sentences with one of its keywords that do not carry it.
    :param coded_twice: sentences several annotators coded.
    :param alpha: Krippendorff's alpha between them.
    :param pairwise_f1: annotator against annotator.
    :param codes: sentences with each of its second-level codes.
    """

    frame: str
    support: int
    keyword_free: float | None
    hard_negatives: int
    keyword_only: int
    coded_twice: int
    alpha: float | None
    pairwise_f1: float | None
    codes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """
    What the check found.

    :param frames: names of the frames, in the codebook's order.
    :param parts: splits where there are any, the whole, and genres where there are several.
    :param by_frame: one for each frame.
    :param problems: a line for each problem; empty when the corpus is sound.
    """

    frames: tuple[str, ...]
    parts: tuple[Summary, ...]
    by_frame: tuple[FrameSummary, ...]
    problems: tuple[str, ...]


def check(corpus: Corpus) -> CorpusReport:
    """
    Check a corpus that was read without error.

    :param corpus: the corpus.
    :returns: what is in it, by split, genre and frame, and every problem.
    """
    coded = corpus.coded()
    facts = _Facts.of(coded)
    return CorpusReport(
        corpus.codebook.frames,
        tuple(facts.summary(part, rows) for part, rows in _parts(coded)),
        tuple(facts.frame(column) for column in range(len(corpus.codebook.frames))),
        (*_uncoded_problems(corpus), *_offset_problems(corpus), *_duplicate_problems(corpus)),
    )


def _uncoded_problems(corpus: Corpus) -> Iterator[str]:
    if problem := corpus.uncoded_problem():
        yield problem


def _parts(coded: Corpus) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    """Name the parts that are described, with the rows of each."""
    splits = coded.splits()
    if splits:
        of_row = np.array([splits[sentence.document_id] for sentence in coded.sentences])
        yield from ((name, np.flatnonzero(of_row == name)) for name in SPLITS)
    yield "all", np.arange(len(coded))
    genres = [facts.genre if (facts := coded.documents.get(s.document_id)) else "" for s in coded.sentences]
    if len(set(genres)) > 1:
        of_row = np.array([genre or "(no genre)" for genre in genres])
        yield from ((name, np.flatnonzero(of_row == name)) for name in sorted(set(of_row.tolist())))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the summaries are taken of, a row a coded sentence."""

    corpus: Corpus
    gold: npt.NDArray[np.bool_]
    keyword: npt.NDArray[np.bool_]
    near: npt.NDArray[np.bool_]
    codings: npt.NDArray[np.float64]
    nearest: npt.NDArray[np.float64]

    @classmethod
    def of(cls, coded: Corpus) -> "_Facts":
        texts = [sentence.text for sentence in coded.sentences]
        near = [[frame in s.hard_negative for frame in coded.codebook.frames] for s in coded.sentences]
        gold, codings = coded.gold(), list(coded.by_coder().values())
        return cls(
            coded,
            gold,
            Lexicon(coded.codebook).decide(texts),
            np.array(near, dtype=bool).reshape(len(texts), len(coded.codebook.frames)),
            np.array(codings).reshape(len(codings), *gold.shape),
            _nearest(texts, coded.document_ids()),
        )

    def summary(self, part: str, rows: npt.NDArray[np.intp]) -> Summary:
        gold, sentences = self.gold[rows], [self.corpus.sentences[row] for row in rows.tolist()]
        tokens = [words(sentence.text) for sentence in sentences]
        runs = [tuple(found[start : start + 4]) for found in tokens for start in range(len(found) - 3)]
        codings = self.codings[:, rows]
        alphas = [krippendorff_alpha(codings[:, :, column]) for column in range(gold.shape[1])]
        return Summary(
            part,
            len({sentence.document_id for sentence in sentences}),
            len(sentences),
            tuple(int(count) for count in gold.sum(axis=0)),
            int((~gold.any(axis=1)).sum()),
            sum(sentence.borderline for sentence in sentences),
            int(self.near[rows].any(axis=1).sum()),
            _share((gold & ~self.keyword[rows]).sum(), gold.sum()),
            float(np.mean(known)) if (known := [alpha for alpha in alphas if alpha is not None]) else None,
            pairwise_f1(codings.reshape(len(codings), gold.size)),
            _share(len({token for found in tokens for token in found}), sum(map(len, tokens))),
            _share(len(set(runs)), len(runs)),
            float(found.mean()) if len(found := self.nearest[rows][~np.isnan(self.nearest[rows])]) else None,
        )

    def frame(self, column: int) -> FrameSummary:
        definition = self.corpus.codebook.definitions[column]
        gold, codings = self.gold[:, column], self.codings[:, :, column]
        counts = Counter(code for s in self.corpus.sentences if definition.name in (s.frames or ()) for code in s.codes)
        return FrameSummary(
            definition.name,
            int(gold.sum()),
            _share((gold & ~self.keyword[:, column]).sum(), gold.sum()),
            int(self.near[:, column].sum()),
            int((self.keyword[:, column] & ~gold).sum()),
            int(((~np.isnan(codings)).sum(axis=0) > 1).sum()),
            krippendorff_alpha(codings),
            pairwise_f1(codings),
            tuple((code.name, counts[code.name]) for code in definition.codes),
        )


def _share(part: float | np.integer, whole: float | np.integer) -> float | None:
    return float(part / whole) if whole else None


def _nearest(texts: Sequence[str], documents: Sequence[str]) -> npt.NDArray[np.float64]:
    """
    Find how near each sentence has a neighbour in another document.

    :returns: cosine, 0 to 1; NaN where there is no other document or no word. *Shape:* ``(N,)``.
    """
    found = np.full(len(texts), np.nan)
    document = np.unique(np.asarray(documents), return_inverse=True)[1]
    if not len(texts) or document.max() == 0 or not any(words(text) for text in texts):
        return found
    vectors = TfidfVectorizer(analyzer=words, dtype=np.float32).fit_transform(texts)
    for start in range(0, len(texts), _ROWS):
        rows = slice(start, start + _ROWS)
        similarity = (vectors[rows] @ vectors.T).toarray()
        similarity[document[rows, None] == document[None, :]] = -1.0
        found[rows] = similarity.max(axis=1)
    found[np.diff(vectors.indptr) == 0] = np.nan
    return found


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


def _duplicate_problems(corpus: Corpus) -> Iterator[str]:
    """Find sentences with nearly the same words on both sides of a split, or the same words and other frames."""
    splits = corpus.splits()
    sides = [splits.get(sentence.document_id) for sentence in corpus.sentences]
    split = [words(sentence.text) for sentence in corpus.sentences]
    spelt = ["".join(found) for found in split]
    yield from _same_problems(corpus, sides, spelt, [len(found) for found in split])
    yield from _near_problems(corpus, sides, spelt)


def _same_problems(
    corpus: Corpus, sides: Sequence[Split | None], spelt: Sequence[str], lengths: Sequence[int]
) -> Iterator[str]:
    """Give a line for each wording that leaks, and one for each that is coded in two ways, however often it stands."""
    same: defaultdict[str, list[int]] = defaultdict(list)
    for row, (wording, length) in enumerate(zip(spelt, lengths, strict=True)):
        # "Article 2: Definitions" stands in every agreement and teaches nothing.
        if length >= _LEAST_WORDS:
            same[wording].append(row)
    for rows in same.values():
        if (other := next((row for row in rows if sides[row] != sides[rows[0]]), None)) is not None:
            yield f"leak: {_named(corpus, sides, rows[0], other, len(rows))} have the same words; move or drop one"
        coded = [(row, corpus.sentences[row]) for row in rows]
        # Borderline sentences are known to be read in two ways.
        settled = [(row, one.frames) for row, one in coded if one.frames is not None and not one.borderline]
        if (differing := next((row for row, frames in settled if frames != settled[0][1]), None)) is not None:
            named = _named(corpus, None, settled[0][0], differing, len(settled))
            yield f"contradiction: {named} have the same words and other frames; settle them"


def _near_problems(corpus: Corpus, sides: Sequence[Split | None], spelt: Sequence[str]) -> Iterator[str]:
    """Give a line for each wording that is near one before it, of another split and in other words."""

    def apart(one: int, other: int) -> bool:
        return sides[one] != sides[other] and spelt[one] != spelt[other]

    def leaking(rows: list[int], others: list[int]) -> list[int]:
        # Of others that are alike in split and words one is enough, as most of a large group are.
        different = {(sides[row], spelt[row]): row for row in others}.values()
        return [row for row in rows if any(apart(row, other) for other in different)]

    found = near_groups([sentence.text for sentence in corpus.sentences], between=sides)
    for _, near in groupby(found, key=lambda pair: pair[1][0]):
        leaks = [
            (before, leaking(rows, ones), similarity)
            for ones, rows, similarity in near
            if (before := leaking(ones, rows))
        ]
        if leaks:
            ones, others, similarity = leaks[0]
            first = ones[0]
            second = next(row for row in others if apart(first, row))
            rows = {row for ones, others, _ in leaks for row in (*ones, *others)}
            named = _named(corpus, sides, min(first, second), max(first, second), len(rows))
            yield f"leak: {named} have nearly the same words (Jaccard {similarity:.2f}); move or drop one"


def _named(corpus: Corpus, sides: Sequence[Split | None] | None, one: int, other: int, number: int) -> str:
    """Name two of a number of sentences, with their splits where these matter."""
    names = [repr(corpus.sentences[row].id) + (f" ({sides[row]})" if sides else "") for row in (one, other)]
    return " and ".join(names) + (f" (and {number - 2} more)" if number > 2 else "")
