"""Cut a corpus into folds, and score each by a model trained without it."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from framecls.config import TrainConfig
from framecls.corpus import Corpus, DocumentFacts, Split, split_documents
from framecls.errors import ConfigError, CorpusError
from framecls.model import FrameClassifier
from framecls.model.base import seen_by
from framecls.model.training import train
from framecls.model.training_data import TrainingData
from framecls.runs.baselines import score_baselines
from framecls.runs.record import Scored

__all__ = [
    "Fold",
    "fold_data",
    "group_documents",
    "group_of",
    "out_of_fold",
    "tested_part",
    "train_and_score",
    "without_annotator",
]

#: What ``leave-one-out`` may leave out, and where it is found.
_GROUPS: Mapping[str, Callable[[DocumentFacts], str]] = {
    "institution": lambda facts: facts.institution,
    "context": lambda facts: facts.context,
    "genre": lambda facts: facts.genre,
    "year": lambda facts: str(facts.year or ""),
    "document": lambda facts: facts.document_id,
}


@dataclass(frozen=True, slots=True)
class Fold:
    """
    One fold, scored by systems trained without it.

    :param name: of the fold.
    :param rows: its sentences' positions in the corpus. *Shape:* ``(n,)``.
    :param scored: probabilities and decisions of each system, each of shape ``(n, F)``.
    :param trained_on: sentences in the train and validation splits.
    :param seconds: that training and scoring the model took.
    """

    name: str
    rows: npt.NDArray[np.intp]
    scored: Mapping[str, Scored]
    trained_on: int
    seconds: float


def group_documents(corpus: Corpus, protocol: str, *, folds: int = 5) -> dict[str, str]:
    """
    Assign documents to folds.

    :param corpus: coded sentences, and facts on their documents.
    :param protocol: ``kfold``, balanced over the frames and the same every time; ``kfold:<what>`` with institution,
        context, genre or year, where documents that have it in common stay together, so that none of a fold's is seen
        in training; or ``leave-one-out:<what>`` (also document), where every value is a fold of its own.
    :param folds: how many, for ``kfold``.
    :returns: the fold of each document.
    :raises ConfigError: the protocol is unknown.
    :raises CorpusError: a document has no such fact, or there are too few documents or groups.
    """
    documents = list(dict.fromkeys(corpus.document_ids()))
    kind, _, what = protocol.partition(":")
    what = what or ("document" if protocol == "kfold" else "")
    if kind not in ("kfold", "leave-one-out") or what not in _GROUPS:
        raise ConfigError(
            f"protocol {protocol!r}: give holdout, kfold, kfold: or leave-one-out: with one of {', '.join(_GROUPS)}, "
            "or learning-curve"
        )
    groups = {id: group_of(corpus, id, what) for id in documents}
    without = next((id for id, group in groups.items() if not group), None)
    if without is not None:
        raise CorpusError(f"document {without!r} has no {what}; {protocol} needs it of every document")
    number = len(set(groups.values()))
    if kind == "leave-one-out":
        if number < 2:
            raise CorpusError(f"every document has the same {what}; there is nothing to leave out")
        return groups
    if not 2 <= folds <= number:
        raise ConfigError(f"{folds} folds of {number} {what}s; give from 2 to as many as there are")
    shares = {str(fold): 1 / folds for fold in range(folds)}
    units = [groups[id] for id in corpus.document_ids()]
    fold_of = split_documents(units, corpus.gold(), shares, rng=np.random.default_rng(0))
    return {id: fold_of[group] for id, group in groups.items()}


def group_of(corpus: Corpus, id: str, what: str) -> str:
    """
    Tell what a document has in common with others.

    :param corpus: has facts on documents.
    :param id: the document.
    :param what: institution, context, genre, year or document.
    :returns: its value, empty where it is not known.
    """
    return _GROUPS[what](corpus.documents.get(id, DocumentFacts(id)))


def out_of_fold(
    config: TrainConfig,
    corpus: Corpus,
    fold_of: Mapping[str, str],
    fold: str,
    *,
    also: Sequence[Corpus] = (),
    baselines: bool = False,
    keep: Path | None = None,
) -> Fold:
    """
    Train without one fold and score it.

    The validation split is drawn from the documents that are left; sentences with nearly the words of a held-out one
    are left out.

    :param config: the recipe; its corpora and its output are not used.
    :param corpus: coded sentences.
    :param fold_of: fold of each document; those without one are always trained on.
    :param fold: the one to hold out.
    :param also: corpora that join the train split.
    :param baselines: whether majority and TF-IDF with logistic regression are trained beside the model.
    :param keep: a folder for the trained model.
    :returns: the scored fold.
    :raises FrameclsError: a split lacks a frame, or the recipe cannot be trained.
    """
    data, test, rows = fold_data(config, corpus, fold_of, fold, also=also)
    found = train_and_score(config, data, test, name=fold, baselines=baselines, keep=keep)
    return replace(found, rows=rows)


def fold_data(
    config: TrainConfig, corpus: Corpus, fold_of: Mapping[str, str], fold: str, *, also: Sequence[Corpus] = ()
) -> tuple[TrainingData, Corpus, npt.NDArray[np.intp]]:
    """
    Cut a corpus into what one fold is trained on and what it is tested on.

    :param config: gives seed and share of the validation split.
    :param corpus: coded sentences.
    :param fold_of: fold of each document; those without one are always trained on.
    :param fold: the one to hold out.
    :param also: corpora that join the train split.
    :returns: the data to train on; the N held-out sentences; their positions in the corpus, *shape:* ``(N,)``.
    :raises CorpusError: a split lacks a frame, or a document is in two corpora.
    """
    own = set(corpus.document_ids())
    for other in also:
        if clash := next((id for id in other.document_ids() if id in own), None):
            raise CorpusError(f"document {clash!r} is in the corpus and in one of train_also; keep it in one")
    held = np.array([fold_of.get(s.document_id) == fold for s in corpus.sentences])
    test = replace(corpus, sentences=tuple(s for s, out in zip(corpus.sentences, held, strict=True) if out))
    rest = replace(corpus, sentences=tuple(s for s, out in zip(corpus.sentences, held, strict=True) if not out))
    shares: dict[Split, float] = {"train": 1 - config.validation_share, "validation": config.validation_share}
    rng = np.random.default_rng(config.seed)
    splits = split_documents(rest.document_ids(), rest.gold(), shares, rng=rng)
    data = TrainingData.of(rest, splits, also, name=f"the rest of fold {fold}").without_near(test.sentences)
    return data, test, np.flatnonzero(held)


def train_and_score(
    config: TrainConfig,
    data: TrainingData,
    test: Corpus,
    *,
    name: str,
    baselines: bool = False,
    keep: Path | None = None,
    resume: bool = False,
) -> Fold:
    """
    Train once and score sentences that took no part.

    :param config: the recipe; its corpora and its output are not used.
    :param data: what to train on.
    :param test: N sentences to score.
    :param name: of what is held out.
    :param baselines: whether majority and TF-IDF with logistic regression are trained beside the model.
    :param keep: a folder for the trained model.
    :param resume: go on with a training in that folder that was killed.
    :returns: the N sentences, scored.
    :raises FrameclsError: the recipe cannot be trained, or its base has learnt from a document to score.
    """
    if known := sorted(seen_by(config.base) & set(test.document_ids())):
        raise ConfigError(
            f"fold {name}: document {known[0]!r} was used to train the base {config.base!r}, so no figure on it is a "
            "test; start from one that has not seen it"
        )
    # First, so that what stops them does not cost a training.
    others = score_baselines(data.train, data.validation, test, target=config.target) if baselines else {}
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch) / "model"
        train(config.model_copy(update={"output": folder}), data, resume=resume, overwrite=not resume)
        classifier = FrameClassifier.load(folder)
        probabilities = classifier.probabilities(*test.inputs())
    scored = {"model": Scored(probabilities, classifier.decide(probabilities))}
    seconds = time.monotonic() - started
    return Fold(name, np.arange(len(test)), scored | others, len(data.train) + len(data.validation), seconds)


def tested_part(config: TrainConfig, corpus: Corpus, train_only: str) -> Corpus:
    """
    Leave out the sentences that are only trained on; what cannot be judged is refused before anything is trained.

    :param config: names the corpus in errors.
    :param corpus: coded sentences.
    :param train_only: their annotator; empty for none.
    :returns: the rest.
    :raises CorpusError: nothing is left, or only some sentences have an inclusion probability.
    """
    tested = without_annotator(corpus, train_only)
    if not len(tested):
        raise CorpusError(f"{config.corpus}: every sentence was coded by {train_only!r}; there is none to test on")
    tested.weights()
    return tested


def without_annotator(corpus: Corpus, annotator: str) -> Corpus:
    """
    Leave out the sentences of an annotator.

    :param corpus: annotated sentences.
    :param annotator: who; empty for nobody.
    :returns: the others.
    """
    return replace(corpus, sentences=tuple(s for s in corpus.sentences if not annotator or s.annotator != annotator))
