"""What a training learns from: a corpus cut into splits, and corpora that only join its train split."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

import numpy as np

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import AnnotatedSentence, Corpus, Split, near_groups, split_documents
from framecls.errors import CorpusError

__all__ = ["TrainingData"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """
    Sentences to train on and to validate on.

    :param train: the train split, and the sentences of the corpora that join it.
    :param validation: of the corpus alone; the decision is fitted on it.
    :param splits: split of every document of every corpus.
    :param corpus_sha256: hash of the files of the corpus.
    :param sha256: hash of the files of all corpora.
    :param name: of the corpus, for messages.
    """

    train: Corpus
    validation: Corpus
    splits: Mapping[str, Split]
    corpus_sha256: str
    sha256: str
    name: str

    @classmethod
    def read(cls, config: TrainConfig, codebook: Codebook) -> Self:
        """
        Read the corpora a config names. Where the splits are drawn here, sentences with nearly the words of one of the
        test split are left out of the others; a corpus with splits of its own is ``framecls corpus check``'s.

        :param config: names them, and the shares of the splits where the corpus has none.
        :param codebook: gives the frames.
        :returns: the data.
        :raises CorpusError: a corpus cannot be read, or a frame is on none, or on all, of a split.
        """
        corpus = Corpus.read(config.corpus, codebook)
        if problem := corpus.uncoded_problem():
            raise CorpusError(f"{config.corpus}: {problem}")
        corpus = corpus.coded()
        splits = corpus.splits()
        drawn = not splits
        if drawn:
            shares: dict[Split, float] = {
                "train": 1 - config.validation_share - config.test_share,
                "validation": config.validation_share,
            }
            if config.test_share:
                shares["test"] = config.test_share
            rng = np.random.default_rng(config.seed)
            splits = split_documents(corpus.document_ids(), corpus.gold(), shares, rng=rng)
        also = [Corpus.read(path, codebook).coded() for path in config.train_also]
        data = cls.of(corpus, splits, also, name=str(config.corpus))
        if not drawn:
            return data
        smaller = data.without_near(corpus.select(splits, "test").sentences)
        if left := len(data.train) + len(data.validation) - len(smaller.train) - len(smaller.validation):
            logger.warning(
                "%s: %d sentences have nearly the words of one of the test split and are left out of the others",
                data.name,
                left,
            )
        return smaller

    @classmethod
    def of(cls, corpus: Corpus, splits: Mapping[str, Split], also: Sequence[Corpus] = (), *, name: str) -> Self:
        """
        Cut a corpus by its splits and let other corpora join the train split.

        Of the others, documents of a test split stay out, so that the model can still be tested on them; so do
        sentences with nearly the words of one that is held out here.

        :param corpus: coded sentences.
        :param splits: split by document id; documents without one take no part.
        :param also: coded sentences of other documents.
        :param name: of the corpus, for messages.
        :returns: the data.
        :raises CorpusError: a document is in two corpora, or a frame is on none, or on all, of a split.
        """
        train, validation = corpus.select(splits, "train"), corpus.select(splits, "validation")
        known = dict(splits)
        joining: list[AnnotatedSentence] = []
        for other in also:
            held = other.splits()
            for id in dict.fromkeys(other.document_ids()):
                if id in known:
                    raise CorpusError(f"document {id!r} is in {name} and in a corpus of train_also; keep it in one")
                known[id] = "test" if held.get(id) == "test" else "train"
            joining += [s for s in other.sentences if known[s.document_id] == "train"]
        if joining:
            joining = _unlike(joining, [s for s in corpus.sentences if splits.get(s.document_id) != "train"])
        digest = sha256("".join(part.sha256 for part in (corpus, *also)).encode()).hexdigest()
        data = cls(
            train=replace(train, sentences=(*train.sentences, *joining)),
            validation=validation,
            splits=known,
            corpus_sha256=corpus.sha256,
            sha256=digest if also else corpus.sha256,
            name=name,
        )
        data._check()
        return data

    def without_near(self, held_out: Sequence[AnnotatedSentence]) -> Self:
        """
        Leave out the sentences with nearly the words of one that is held out.

        :param held_out: sentences the model will be tested on.
        :returns: the smaller data.
        :raises CorpusError: a frame is on none, or on all, of what is left of a split.
        """
        train, validation = (
            replace(part, sentences=tuple(_unlike(part.sentences, held_out))) for part in (self.train, self.validation)
        )
        less = replace(self, train=train, validation=validation)
        less._check()
        return less

    def _check(self) -> None:
        # Checked before the training that would end with it, not after.
        for split, part in (("train", self.train), ("validation", self.validation)):
            frames = part.codebook.frames
            support = part.gold().sum(axis=0) if len(part) else np.zeros(len(frames), dtype=int)
            for frame, count in zip(frames, support.tolist(), strict=True):
                if count in (0, len(part)):
                    raise CorpusError(
                        f"{self.name}: {'every' if count else 'no'} sentence of the {split} split carries {frame!r}; "
                        "add annotated documents, so that each frame is there and is not"
                    )


def _unlike(sentences: Sequence[AnnotatedSentence], held_out: Sequence[AnnotatedSentence]) -> list[AnnotatedSentence]:
    """Leave out sentences with nearly the words of one that is held out."""
    first = len(held_out)
    texts = [s.text for s in (*held_out, *sentences)]
    # What is near across the two sides has somebody on both, and whoever is not held out goes.
    pairs = near_groups(texts, between=[row < first for row in range(len(texts))])
    near = {row - first for ones, others, _ in pairs for row in (*ones, *others) if row >= first}
    if near:
        logger.info("%d sentences have nearly the words of a held-out one and are left out", len(near))
    return [sentence for row, sentence in enumerate(sentences) if row not in near]
