"""Evaluate a recipe by cross-validation: every sentence is scored by a model trained without its document."""

import json
import logging
import tempfile
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus, DocumentFacts, Split, split_documents
from framecls.errors import ConfigError, CorpusError
from framecls.evaluation import Evaluation, IntervalKind
from framecls.files import file_sha256, whole_file
from framecls.lexicon import Lexicon
from framecls.model import FrameClassifier
from framecls.model.baselines import MajorityBaseline, TfidfBaseline
from framecls.model.training import train
from framecls.model.training_data import TrainingData
from framecls.runs.beside import add_systems, read_beside
from framecls.runs.record import LEXICON, MAJORITY, TFIDF, Scored, judge, write_evaluation

__all__ = [
    "Fold",
    "cross_validate",
    "fold_data",
    "group_documents",
    "key_of",
    "out_of_fold",
    "read_fold",
    "recipe_of",
    "record_folds",
    "tested_part",
    "train_and_score",
    "without_annotator",
    "write_fold",
]

logger = logging.getLogger(__name__)

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
    groups = {id: _group(corpus, id, what) for id in documents}
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


def _group(corpus: Corpus, id: str, what: str) -> str:
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
    :param baselines: whether TF-IDF with logistic regression is trained beside the model.
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
) -> Fold:
    """
    Train once and score sentences that took no part.

    :param config: the recipe; its corpora and its output are not used.
    :param data: what to train on.
    :param test: N sentences to score.
    :param name: of what is held out.
    :param baselines: whether TF-IDF with logistic regression is trained beside the model.
    :param keep: a folder for the trained model.
    :returns: the N sentences, scored.
    :raises FrameclsError: the recipe cannot be trained.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch) / "model"
        train(config.model_copy(update={"output": folder}), data, overwrite=True)
        classifier = FrameClassifier.load(folder)
        probabilities = classifier.probabilities(*test.inputs())
    scored = {"model": Scored(probabilities, classifier.decide(probabilities))}
    seconds = time.monotonic() - started
    if baselines:
        tfidf = TfidfBaseline.fit(data.train, data.validation, target=config.target)
        probabilities = tfidf.probabilities(test.inputs()[0])
        scored[TFIDF] = Scored(probabilities, tfidf.decide(probabilities))
    return Fold(name, np.arange(len(test)), scored, len(data.train) + len(data.validation), seconds)


def cross_validate(
    config: TrainConfig,
    output: Path | str,
    *,
    protocol: str = "kfold",
    folds: int = 5,
    train_only: str = "",
    baselines: bool = True,
    beside: Sequence[str] = (),
    text: bool = True,
    interval: IntervalKind = "percentile",
    suspected: bool = False,
) -> list[Evaluation]:
    """
    Evaluate a recipe, fold by fold, and pool what the folds found.

    Each fold's scores are kept in ``<output>/folds/``, so that a run that was killed goes on where it was. The corpus'
    own splits are not used.

    :param config: the recipe and its corpora.
    :param output: folder for ``<protocol>.json``, ``.md`` and ``.parquet``.
    :param protocol: as for :func:`group_documents`.
    :param folds: how many, for ``kfold``.
    :param train_only: annotator whose sentences are trained on, in the folds that are not theirs, and not tested on.
    :param baselines: whether majority, lexicon and TF-IDF are set beside the model, in the same folds.
    :param beside: decisions of other systems on the same sentences, as for :func:`framecls.runs.beside.read_beside`.
    :param text: whether the rows hold the sentences' text.
    :param interval: kind of the intervals.
    :param suspected: record codings that are likely errors, according to the recipe (extra ``cleanlab``).
    :returns: records, the model first.
    :raises FrameclsError: protocol and corpus do not fit together, or a fold cannot be trained.
    """
    codebook = Codebook.read(config.codebook)
    corpus = Corpus.read(config.corpus, codebook).coded()
    also = [Corpus.read(path, codebook).coded() for path in config.train_also]
    tested = tested_part(config, corpus, train_only)
    # Whatever is left out is left out of what is trained on only, too.
    fold_of = group_documents(tested if protocol == "kfold" else corpus, protocol, folds=folds)
    # Likewise: other systems are asked for before a model is trained.
    others = [read_beside(one, tested) for one in beside]
    output = Path(output)
    recipe = recipe_of(config)
    hashes = [codebook.sha256, *(part.sha256 for part in (corpus, *also))]
    key = key_of(config, [recipe, hashes, fold_of, train_only, baselines])
    found: list[Fold] = []
    for number, fold in enumerate(dict.fromkeys(fold_of[id] for id in tested.document_ids())):
        path = output / "folds" / f"{number}.npz"
        kept = read_fold(path, key)
        if kept is None:
            logger.info("fold %s", fold)
            joining = [_outside(other, protocol, corpus, fold_of, fold) for other in also]
            kept = out_of_fold(config, corpus, fold_of, fold, also=joining, baselines=baselines)
            write_fold(path, key, kept)
        found.append(kept)
    facts = {"protocol": protocol, "recipe": recipe, "sha256": hashes}
    return record_folds(
        output,
        found,
        facts,
        corpus,
        tested,
        others,
        baselines=baselines,
        text=text,
        interval=interval,
        suspected=suspected,
    )


def record_folds(
    output: Path,
    found: Sequence[Fold],
    facts: Mapping[str, object],
    corpus: Corpus,
    tested: Corpus,
    others: Sequence[tuple[str, Scored]] = (),
    *,
    baselines: bool = True,
    text: bool = True,
    interval: IntervalKind = "percentile",
    suspected: bool = False,
) -> list[Evaluation]:
    """
    Pool what the folds found, and write it down.

    :param output: folder for the files.
    :param found: the folds, each with the model, and with TF-IDF where there are baselines.
    :param facts: what was evaluated; ``protocol`` names the files.
    :param corpus: coded sentences, which the folds' rows count.
    :param tested: those of them that are tested on.
    :param others: further systems, and what they made of the tested sentences.
    :param baselines: whether majority and lexicon are set beside the model.
    :param text: whether the rows hold the sentences' text.
    :param interval: kind of the intervals.
    :param suspected: record codings that are likely errors, according to the recipe (extra ``cleanlab``).
    :returns: records, the model first.
    :raises EvaluationError: two systems have one name, or an extra is not installed.
    """
    row_of = {sentence.id: row for row, sentence in enumerate(tested.sentences)}
    found = [_tested(one, corpus, row_of) for one in found]
    part = replace(corpus, sentences=tuple(corpus.sentences[row] for fold in found for row in fold.rows))
    pooled = _pool(found, corpus, part, baselines=baselines)
    rows = [row_of[sentence.id] for sentence in part.sentences]
    add_systems(pooled, ((system, one.at(rows)) for system, one in others))
    evaluations = judge(part, pooled, interval=interval)
    facts = {**facts, "folds": len(found), "seconds": [round(fold.seconds) for fold in found]}
    name = str(facts["protocol"]).replace(":", "-")
    write_evaluation(output, name, facts, evaluations, part, pooled, text=text, suspected=suspected)
    return evaluations


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


def recipe_of(config: TrainConfig) -> dict[str, Any]:
    """
    Give what of a config decides how a model scores, and none of its paths.

    :param config: the config.
    :returns: its values, as JSON takes them.
    """
    beside = {"codebook", "corpus", "output", "train_also", "test_share", "licence", "languages"}
    return config.model_dump(mode="json", exclude=beside)


def key_of(config: TrainConfig, depends: Sequence[object]) -> str:
    """
    Hash whatever the scores of a fold depend on, with the version of framecls and the weights of the base.

    :param config: gives the base.
    :param depends: the rest, as JSON takes it.
    :returns: hexadecimal digits.
    """
    weights = Path(config.base) / "model.safetensors"
    # A base that is a folder may change under the same name.
    digest = file_sha256(weights) if weights.is_file() else ""
    return sha256(json.dumps([*depends, version("framecls"), digest], sort_keys=True).encode()).hexdigest()


def _outside(other: Corpus, protocol: str, corpus: Corpus, fold_of: Mapping[str, str], fold: str) -> Corpus:
    """Leave out of a joining corpus the documents that have in common what a fold holds out."""
    what = protocol.partition(":")[2]
    if not what:
        return other
    held = {_group(corpus, id, what) for id, own in fold_of.items() if own == fold}
    outside = {id for id in other.document_ids() if _group(other, id, what) not in held}
    return replace(other, sentences=tuple(s for s in other.sentences if s.document_id in outside))


def _tested(fold: Fold, corpus: Corpus, tested: Container[str]) -> Fold:
    """Leave out the sentences that are only trained on."""
    kept = np.array([corpus.sentences[row].id in tested for row in fold.rows], dtype=bool)
    return replace(fold, rows=fold.rows[kept], scored={name: one.at(kept) for name, one in fold.scored.items()})


def _pool(found: Sequence[Fold], corpus: Corpus, part: Corpus, *, baselines: bool) -> dict[str, Scored]:
    """Lay the folds' scores one after the other, as their sentences are in the part, and the baselines' beside them."""
    pooled = {name: _joined([fold.scored[name] for fold in found]) for name in found[0].scored}
    if baselines:
        lexicon, texts = Lexicon(part.codebook), part.inputs()[0]
        pooled[LEXICON] = Scored(lexicon.hits(texts).astype(np.float32), lexicon.decide(texts), calibrated=False)
        majorities, gold = [], corpus.gold()
        for fold in found:
            majority = MajorityBaseline(np.delete(gold, fold.rows, axis=0))
            shares = majority.probabilities(len(fold.rows))
            majorities.append(Scored(shares, majority.decide(shares)))
        pooled[MAJORITY] = _joined(majorities)
    return pooled


def _joined(parts: Sequence[Scored]) -> Scored:
    return Scored(
        np.concatenate([one.probabilities for one in parts]), np.concatenate([one.decisions for one in parts])
    )


def write_fold(path: Path, key: str, fold: Fold) -> None:
    """
    Keep a scored fold, so that a run that was killed goes on after it.

    :param path: the file.
    :param key: hash of whatever the scores depend on.
    :param fold: the fold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for name, one in fold.scored.items():
        arrays |= {f"{name}/p": one.probabilities, f"{name}/d": one.decisions}
    about = {"key": key, "name": fold.name, "trained_on": fold.trained_on, "seconds": fold.seconds}
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), rows=fold.rows, **arrays)  # type: ignore[arg-type]


def read_fold(path: Path, key: str) -> Fold | None:
    """
    Read a fold kept by an earlier run of the same recipe on the same sentences.

    :param path: the file.
    :param key: hash of whatever its scores depend on.
    :returns: the fold; ``None`` where there is none, or the key is another.
    """
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        if about["key"] != key:
            return None
        systems = dict.fromkeys(name.rpartition("/")[0] for name in arrays if "/" in name)
        scored = {name: Scored(arrays[f"{name}/p"], arrays[f"{name}/d"]) for name in systems}
        return Fold(about["name"], arrays["rows"], scored, about["trained_on"], about["seconds"])
