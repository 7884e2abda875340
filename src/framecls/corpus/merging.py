"""The codings of several annotators: put together from several corpora, and merged into one reading."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from framecls.codebook import Codebook
from framecls.corpus.corpus import Corpus, count_votes, merge_codings
from framecls.corpus.reading import coder_of
from framecls.corpus.records import AnnotatedSentence
from framecls.errors import ConfigError, CorpusError

__all__ = ["Merged", "gather", "merge", "read_codings_of"]

_ADJUDICATOR = "adjudicator="


@dataclass(frozen=True, slots=True)
class Merged:
    """
    A corpus with one reading of each sentence, and what was done to get it.

    :param corpus: the sentences, with every coding kept beside them.
    :param by: the rule.
    :param coded: how many sentences each annotator coded, by name.
    :param several: sentences that at least two coded.
    :param unanimous: of them, those given the same frames by all.
    :param ties: sentences on which half of the annotators gave the frame, by frame; it is left out of them.
    :param settled: sentences on which the adjudicator's coding stands against others; ``None`` without an adjudicator.
    :param uncoded: sentences that no annotator coded; they stay as they were.
    """

    corpus: Corpus
    by: str
    coded: dict[str, int]
    several: int
    unanimous: int
    ties: dict[str, int]
    settled: int | None
    uncoded: int


def read_codings_of(paths: Sequence[Path], codebook: Codebook) -> Corpus:
    """
    Read corpora, or one annotator's file each, and put their codings together.

    Codings that do not say who made them are named after their file, or after its folder where the file is called
    ``sentences``.

    :param paths: at least one.
    :param codebook: gives the frames.
    :returns: the corpus, as :func:`gather` gives it.
    :raises CorpusError: one of them cannot be read, or they do not fit together.
    """
    corpora: dict[str, Corpus] = {}
    for path in paths:
        name = coder_of(path)
        if name in corpora:
            raise CorpusError(f"{path}: another corpus is called {name!r} too; rename one, since it names its coder")
        corpora[name] = Corpus.read(path, codebook)
    return gather(corpora)


def gather(corpora: Mapping[str, Corpus]) -> Corpus:
    """
    Put the codings of several corpora together.

    :param corpora: of one codebook, by name; the name stands for an annotator who is not named.
    :returns: every sentence once, as the first corpus has it, with all its codings, single ones too. A sentence of a
        corpus that keeps single codings beside it is a reading of theirs and no coding.
    :raises CorpusError: an id stands for two texts, a document's sentences have other ids in another corpus, or an
        annotator coded a sentence in two corpora.
    """
    _check_ids(corpora)
    sentences: dict[str, AnnotatedSentence] = {}
    codings: dict[str, dict[str, AnnotatedSentence]] = {}
    for name, corpus in corpora.items():
        for sentence in corpus.sentences:
            first = sentences.setdefault(sentence.id, sentence)
            if (first.text, first.document_id) != (sentence.text, sentence.document_id):
                raise CorpusError(
                    f"{name}: sentence {sentence.id!r} has another text in another corpus; make ids unique"
                )
        for coding in _codings(corpus, name):
            of_id = codings.setdefault(coding.id, {})
            if coding.annotator in of_id:
                raise CorpusError(
                    f"{name}: {coding.annotator!r} codes sentence {coding.id!r} in another corpus too; keep one coding"
                )
            of_id[coding.annotator] = coding
    first_corpus, *others = corpora.values()
    documents = dict(first_corpus.documents)
    for other in others:
        documents = {**other.documents, **documents}
    return Corpus(
        first_corpus.codebook,
        tuple(sentences.values()),
        documents,
        {id: tuple(of_id.values()) for id, of_id in codings.items()},
        sha256("".join(corpus.sha256 for corpus in corpora.values()).encode()).hexdigest(),
    )


def _check_ids(corpora: Mapping[str, Corpus]) -> None:
    """Refuse a document of which two corpora have the sentences, by their words, and not one id in common."""
    known: dict[str, list[dict[str, str]]] = {}
    for name, corpus in corpora.items():
        own: dict[str, dict[str, str]] = {}
        for sentence in corpus.sentences:
            own.setdefault(sentence.document_id, {})[sentence.id] = sentence.text
        for document, ids in own.items():
            for others in known.get(document, ()):
                shared = {*ids.values()} & {*others.values()}
                if not ids.keys() & others.keys() and 2 * len(shared) >= min(len(ids), len(others)):
                    raise CorpusError(
                        f"{name}: the sentences of document {document!r} have ids such as {next(iter(ids))!r}, and "
                        f"{next(iter(others))!r} in another corpus; give each sentence one id, in all files"
                    )
            known.setdefault(document, []).append(ids)


def _codings(corpus: Corpus, name: str) -> Iterator[AnnotatedSentence]:
    annotators = {coding.annotator for of_id in corpus.codings.values() for coding in of_id}
    for sentence in corpus.sentences:
        single = [sentence] if not annotators or sentence.annotator in annotators else []
        for coding in corpus.codings.get(sentence.id, single):
            if coding.frames is not None:
                yield coding if coding.annotator else replace(coding, annotator=name)


def merge(corpus: Corpus, *, by: str) -> Merged:
    """
    Give each sentence one reading.

    :param corpus: with the codings of each sentence, as :func:`gather` gives it.
    :param by: ``majority``: the frames that more than half of its annotators gave; a tie is absent and borderline.
        ``adjudicator=NAME``: the coding of this annotator where there is one, else the majority of the others.
        ``soft``: the majority, and beside it the share of annotators who gave each frame.
    :returns: the merged corpus and what was done.
    :raises ConfigError: the rule is none of these.
    :raises CorpusError: the adjudicator coded nothing, or nobody did.
    """
    adjudicator = by.removeprefix(_ADJUDICATOR) if by.startswith(_ADJUDICATOR) else None
    if adjudicator is None and by not in ("majority", "soft"):
        raise ConfigError(f"--by {by!r}: give 'majority', 'soft' or '{_ADJUDICATOR}' with the name of a coder")
    coded = Counter(coding.annotator for s in corpus.sentences for coding in corpus.codings.get(s.id, ()))
    if not coded:
        raise CorpusError("no sentence is coded, so there is nothing to merge; code some")
    if adjudicator is not None and adjudicator not in coded:
        raise CorpusError(f"no sentence is coded by the adjudicator {adjudicator!r}; the coders are {', '.join(coded)}")
    several = unanimous = settled = uncoded = 0
    ties: Counter[str] = Counter()
    sentences = []
    for sentence in corpus.sentences:
        codings = corpus.codings.get(sentence.id, ())
        if not codings:
            uncoded += 1
            sentences.append(sentence)
            continue
        same = len({coding.frames for coding in codings}) == 1
        several += len(codings) > 1
        unanimous += len(codings) > 1 and same
        final = [coding for coding in codings if coding.annotator == adjudicator]
        settled += bool(final) and not same
        reading = merge_codings(final or codings, corpus.codebook)
        votes = count_votes(final or codings, corpus.codebook)
        ties.update(frame for frame, count in votes.items() if count and 2 * count == len(final or codings))
        shares = tuple(count / len(codings) for count in votes.values()) if by == "soft" else None
        sentences.append(_with_reading(sentence, reading, shares, corpus.codebook))
    return Merged(
        replace(corpus, sentences=tuple(sentences)),
        by,
        dict(sorted(coded.items())),
        several,
        unanimous,
        {frame: ties[frame] for frame in corpus.codebook.frames},
        settled if adjudicator is not None else None,
        uncoded,
    )


def _with_reading(
    sentence: AnnotatedSentence, reading: AnnotatedSentence, shares: tuple[float, ...] | None, codebook: Codebook
) -> AnnotatedSentence:
    """Take the place of a sentence in its document from the corpus, and what is said of it from the reading."""
    near = {*sentence.hard_negative, *reading.hard_negative}.difference(reading.frames or ())
    return replace(
        sentence,
        frames=reading.frames,
        annotator=reading.annotator,
        borderline=reading.borderline,
        note=reading.note,
        codes=reading.codes,
        hard_negative=codebook.in_order(near),
        shares=shares,
    )
