"""Evaluate a recipe by cross-validation: every sentence is scored by a model trained without its document."""

import json
import logging
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.evaluation import Evaluation, IntervalKind
from framecls.files import file_sha256, refuse_overwriting, whole_file
from framecls.runs.baselines import score_lexicon
from framecls.runs.beside import add_systems, named, read_beside
from framecls.runs.folds import Fold, group_documents, group_of, out_of_fold, tested_part
from framecls.runs.record import LEXICON, Scored, judge, write_evaluation

__all__ = [
    "base_digest",
    "cross_validate",
    "hashes_of",
    "key_of",
    "named_hashes",
    "read_fold",
    "recipe_of",
    "record_folds",
    "write_fold",
]

logger = logging.getLogger(__name__)


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
    :param output: folder for ``<protocol>.json``, ``.md``, ``.html`` and ``.parquet``.
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
    for one in beside:
        refuse_overwriting(Path(output) / f"{_name(protocol)}.parquet", [named(one)[1]])
    # Whatever is left out is left out of what is trained on only, too.
    fold_of = group_documents(tested if protocol == "kfold" else corpus, protocol, folds=folds)
    # Likewise: other systems are asked for before a model is trained.
    others = [read_beside(one, tested) for one in beside]
    output = Path(output)
    recipe = recipe_of(config)
    key = key_of(config, [recipe, hashes_of(corpus, also), fold_of, train_only, baselines])
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
    facts = {"protocol": protocol, "recipe": recipe, **named_hashes(corpus, also)}
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
    :param found: the folds, each with the model, and with majority and TF-IDF where there are baselines.
    :param facts: what was evaluated; ``protocol`` names the files.
    :param corpus: coded sentences, which the folds' rows count.
    :param tested: those of them that are tested on.
    :param others: further systems, and what they made of the tested sentences.
    :param baselines: whether the lexicon is set beside the model.
    :param text: whether the rows hold the sentences' text.
    :param interval: kind of the intervals.
    :param suspected: record codings that are likely errors, according to the recipe (extra ``cleanlab``).
    :returns: records, the model first.
    :raises EvaluationError: two systems have one name, or an extra is not installed.
    """
    row_of = {sentence.id: row for row, sentence in enumerate(tested.sentences)}
    found = [_tested(one, corpus, row_of) for one in found]
    part = replace(corpus, sentences=tuple(corpus.sentences[row] for fold in found for row in fold.rows))
    pooled = _pool(found, part, baselines=baselines)
    rows = [row_of[sentence.id] for sentence in part.sentences]
    add_systems(pooled, ((system, one.at(rows)) for system, one in others))
    evaluations = judge(part, pooled, interval=interval)
    facts = {**facts, "folds": len(found), "seconds": [round(fold.seconds) for fold in found]}
    name = _name(str(facts["protocol"]))
    write_evaluation(output, name, facts, evaluations, part, pooled, text=text, suspected=suspected)
    return evaluations


def _name(protocol: str) -> str:
    """Name the files of a protocol."""
    return protocol.replace(":", "-")


def recipe_of(config: TrainConfig) -> dict[str, Any]:
    """
    Give what of a config decides how a model scores, and none of its paths.

    :param config: the config.
    :returns: its values, as JSON takes them.
    """
    beside = {"codebook", "corpus", "output", "train_also", "test_share", "licence", "languages"}
    return config.model_dump(mode="json", exclude=beside)


def hashes_of(corpus: Corpus, also: Sequence[Corpus]) -> list[str]:
    """
    List the hashes of what a recipe learns from, as the keys of kept folds have them.

    :param corpus: that is cut into folds.
    :param also: those that join it.
    :returns: of the codebook, the corpus and those that join it.
    """
    return [corpus.codebook.sha256, *(part.sha256 for part in (corpus, *also))]


def named_hashes(corpus: Corpus, also: Sequence[Corpus]) -> dict[str, Any]:
    """
    Give the same hashes by name, for the record.

    :param corpus: that is cut into folds.
    :param also: those that join it.
    :returns: ``codebook_sha256``, ``corpus_sha256`` and, a list in the order of ``train_also``, ``train_also_sha256``.
    """
    codebook, own, *others = hashes_of(corpus, also)
    return {"codebook_sha256": codebook, "corpus_sha256": own, "train_also_sha256": others}


def key_of(config: TrainConfig, depends: Sequence[object]) -> str:
    """
    Hash whatever the scores of a fold depend on, with the version of framecls and the weights of the base.

    :param config: gives the base.
    :param depends: the rest, as JSON takes it.
    :returns: hexadecimal digits.
    """
    return sha256(json.dumps([*depends, version("framecls"), base_digest(config)], sort_keys=True).encode()).hexdigest()


def base_digest(config: TrainConfig) -> str:
    """
    Hash the weights of a base that is a folder, which may change under the same name.

    :param config: gives the base.
    :returns: hexadecimal digits; empty where the base is no folder with weights.
    """
    weights = Path(config.base) / "model.safetensors"
    return file_sha256(weights) if weights.is_file() else ""


def _outside(other: Corpus, protocol: str, corpus: Corpus, fold_of: Mapping[str, str], fold: str) -> Corpus:
    """Leave out of a joining corpus the documents that have in common what a fold holds out."""
    what = protocol.partition(":")[2]
    if not what:
        return other
    held = {group_of(corpus, id, what) for id, own in fold_of.items() if own == fold}
    outside = {id for id in other.document_ids() if group_of(other, id, what) not in held}
    return replace(other, sentences=tuple(s for s in other.sentences if s.document_id in outside))


def _tested(fold: Fold, corpus: Corpus, tested: Container[str]) -> Fold:
    """Leave out the sentences that are only trained on."""
    kept = np.array([corpus.sentences[row].id in tested for row in fold.rows], dtype=bool)
    return replace(fold, rows=fold.rows[kept], scored={name: one.at(kept) for name, one in fold.scored.items()})


def _pool(found: Sequence[Fold], part: Corpus, *, baselines: bool) -> dict[str, Scored]:
    """Lay the folds' scores one after the other, as their sentences are in the part, and the lexicon's beside them."""
    pooled = {name: _joined([fold.scored[name] for fold in found]) for name in found[0].scored}
    if baselines:
        pooled[LEXICON] = score_lexicon(part)
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
