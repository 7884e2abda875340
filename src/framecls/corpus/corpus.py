"""A corpus: sentences coded by one codebook, with facts on their documents."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from framecls.codebook import Codebook
from framecls.corpus.reading import (
    group,
    read_codings,
    read_documents,
    read_sentences,
    sentence_file,
    table,
    with_coders,
)
from framecls.corpus.records import AnnotatedSentence, DocumentFacts, Split
from framecls.errors import CorpusError

__all__ = ["Corpus", "count_votes", "merge_codings"]


@dataclass(frozen=True, slots=True)
class Corpus:
    """
    Sentences coded by one codebook.

    :param codebook: gives the frames and their order.
    :param sentences: N sentences, one for each id.
    :param documents: facts on documents, by id; may be empty.
    :param codings: every single coding where several annotators read, by sentence id; may be empty. A coding that was
        read without the name of its annotator has that of the corpus.
    :param sha256: hash of the files read, for provenance.
    """

    codebook: Codebook
    sentences: tuple[AnnotatedSentence, ...]
    documents: Mapping[str, DocumentFacts] = field(default_factory=dict)
    codings: Mapping[str, tuple[AnnotatedSentence, ...]] = field(default_factory=dict)
    sha256: str = ""

    def __len__(self) -> int:
        return len(self.sentences)

    @classmethod
    def read(cls, path: Path | str, codebook: Codebook) -> Self:
        """
        Read a corpus.

        :param path: a table of annotated sentences (JSONL, CSV, Parquet), or a folder with ``sentences.jsonl`` and
            optionally ``documents.jsonl`` (facts, splits, texts) and ``codings.jsonl`` (each annotator's coding).
        :param codebook: gives the frames.
        :returns: the corpus.
        :raises CorpusError: a file is missing or a row breaks a rule; the message names file and line.
        """
        path = Path(path)
        if not path.exists():
            raise CorpusError(
                f"{path}: no such corpus; give a folder with sentences.jsonl, or a JSONL, CSV or Parquet file"
            )
        files = [sentence_file(path)] if path.is_dir() else [path]
        codings: dict[str, list[AnnotatedSentence]] = defaultdict(list)
        splits: dict[str, Split] = {}
        rows = list(read_sentences(files[0], codebook, splits))
        if not rows:
            raise CorpusError(f"{files[0]}: holds no sentence")
        documents = {id: DocumentFacts(id, split=split) for id, split in splits.items()}
        if path.is_dir() and (facts := table(path, "documents")) is not None:
            if splits:
                raise CorpusError(f"{files[0]}: has a column 'split' beside {facts.name}; keep splits in one of them")
            files.append(facts)
            documents = read_documents(facts)
        if path.is_dir() and (several := table(path, "codings")) is not None:
            files.append(several)
            for coding in read_codings(several, codebook, {row.id: row for row in rows}):
                codings[coding.id].append(coding)
        grouped = group(rows, files[0])
        if not codings and len(grouped) < len(rows):
            codings = with_coders(grouped, path)
        digest = sha256()
        for file in files:
            digest.update(file.read_bytes())
        return cls(
            codebook,
            tuple(merge_codings(rows_of_id, codebook) for rows_of_id in grouped.values()),
            documents,
            {id: tuple(of_id) for id, of_id in codings.items()},
            digest.hexdigest(),
        )

    def gold(self) -> npt.NDArray[np.bool_]:
        """
        Give the frames as an array.

        :returns: whether each sentence carries each frame. *Shape:* ``(N, F)``, bool.
        :raises CorpusError: a sentence is not coded yet.
        """
        gold = np.zeros((len(self.sentences), len(self.codebook.frames)), dtype=bool)
        for row, sentence in enumerate(self.sentences):
            if sentence.frames is None:
                raise CorpusError(f"sentence {sentence.id!r} is not coded yet (no 'frames'); code it, or call coded()")
            for frame in sentence.frames:
                gold[row, self.codebook.index(frame)] = True
        return gold

    def targets(self) -> npt.NDArray[np.float64]:
        """
        Give what a model is to learn: the share of annotators who gave each frame where it is known, else the frames.

        :returns: from 0 to 1. *Shape:* ``(N, F)``.
        :raises CorpusError: a sentence is not coded yet.
        """
        targets = self.gold().astype(np.float64)
        for row, sentence in enumerate(self.sentences):
            if sentence.shares is not None:
                targets[row] = sentence.shares
        return targets

    def inputs(self) -> tuple[list[str], list[str], list[str]]:
        """
        Give what a model is shown of the N sentences.

        :returns: their texts, the sentence before each, and the heading path of each.
        """
        return (
            [sentence.text for sentence in self.sentences],
            [sentence.before for sentence in self.sentences],
            [sentence.heading for sentence in self.sentences],
        )

    def weights(self) -> npt.NDArray[np.float64] | None:
        """
        Give what each sentence stands for among those it was drawn from, one over its inclusion probability.

        :returns: numbers of at least 1, or ``None`` where no sentence has one. *Shape:* ``(N,)``.
        :raises CorpusError: some sentences have one and others have none.
        """
        given = [s.inclusion_probability for s in self.sentences]
        known = [value for value in given if value is not None]
        if not known:
            return None
        if len(known) < len(given):
            missing = self.sentences[given.index(None)].id
            raise CorpusError(
                f"sentence {missing!r} has no 'inclusion_probability' while others have one; "
                "give every sentence one (1 where it was sure to be drawn) or none"
            )
        return 1 / np.array(known)

    def by_coder(self) -> dict[str, npt.NDArray[np.float64]]:
        """
        Give what each annotator coded.

        :returns: by name of the annotator, in order of name: 1 present, 0 absent, nan where they did not code; empty
            where single codings are not known. *Shape:* ``(N, F)``.
        """
        rows = {sentence.id: row for row, sentence in enumerate(self.sentences)}
        names = sorted({c.annotator for id in rows for c in self.codings.get(id, ())})
        found = {name: np.full((len(rows), len(self.codebook.frames)), np.nan) for name in names}
        for id, row in rows.items():
            for coding in self.codings.get(id, ()):
                if coding.frames is not None:
                    found[coding.annotator][row] = [frame in coding.frames for frame in self.codebook.frames]
        return found

    def document_ids(self) -> list[str]:
        """Give the document of each of the N sentences."""
        return [sentence.document_id for sentence in self.sentences]

    def coded(self) -> Self:
        """Leave out the sentences that are not coded yet."""
        return replace(self, sentences=tuple(s for s in self.sentences if s.frames is not None))

    def uncoded_problem(self) -> str:
        """Tell why nothing can be learnt where no sentence is coded; empty where one is."""
        if any(sentence.frames is not None for sentence in self.sentences):
            return ""
        frames = ", ".join(self.codebook.frames)
        return f"no sentence is coded; give a column 'frames', or one for each frame, called {frames}"

    def splits(self) -> dict[str, Split]:
        """
        Give the split of each document.

        :returns: split by document id; empty where the corpus has none.
        :raises CorpusError: some documents have a split and others have none.
        """
        ids = dict.fromkeys(self.document_ids())
        splits = {id: facts.split for id in ids if (facts := self.documents.get(id)) and facts.split is not None}
        missing = next((id for id in ids if id not in splits), None)
        if splits and missing is not None:
            raise CorpusError(
                f"document {missing!r} has no split while others have one; give every document one or none"
            )
        return splits

    def select(self, splits: Mapping[str, Split], split: Split) -> Self:
        """
        Keep the sentences of one split.

        :param splits: split by document id.
        :param split: the one to keep.
        :returns: the smaller corpus, sentences in the same order.
        """
        return replace(self, sentences=tuple(s for s in self.sentences if splits.get(s.document_id) == split))


def merge_codings(codings: Sequence[AnnotatedSentence], codebook: Codebook) -> AnnotatedSentence:
    """
    Merge several annotators' codings of one sentence by strict majority.

    A tie leaves the frame out and marks the sentence borderline, as the guidelines have it.

    :param codings: at least one coding of the same sentence.
    :param codebook: gives the order of frames.
    :returns: the merged sentence; the only coding itself where there is one.
    :raises CorpusError: the codings do not agree on the sentence's inclusion probability.
    """
    if len(codings) == 1:
        return codings[0]
    coded = [coding for coding in codings if coding.frames is not None]
    votes = count_votes(coded, codebook)
    tied = any(2 * count == len(coded) for count in votes.values() if count)
    frames = tuple(frame for frame, count in votes.items() if 2 * count > len(coded)) if coded else None
    chances = {coding.inclusion_probability for coding in codings} - {None}
    if len(chances) > 1:
        raise CorpusError(
            f"sentence {codings[0].id!r} has several values of 'inclusion_probability'; it was drawn once, so give one"
        )
    near = {frame for coding in codings for frame in coding.hard_negative}.difference(frames or ())
    return replace(
        codings[0],
        frames=frames,
        annotator="",
        borderline=tied or any(coding.borderline for coding in coded),
        note="; ".join(coding.note for coding in coded if coding.note),
        codes=(),
        hard_negative=codebook.in_order(near),
        inclusion_probability=next(iter(chances), None),
        shares=None,
    )


def count_votes(codings: Sequence[AnnotatedSentence], codebook: Codebook) -> dict[str, int]:
    """
    Count how many codings give each frame.

    :param codings: of one sentence.
    :param codebook: gives the order of frames.
    :returns: the count, by frame.
    """
    return {frame: sum(frame in (coding.frames or ()) for coding in codings) for frame in codebook.frames}
