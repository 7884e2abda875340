"""Evaluate a saved model beside the baselines."""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from framecls.corpus import Corpus, Split
from framecls.errors import ConfigError, CorpusError
from framecls.evaluation import Evaluation, IntervalKind, Mistake
from framecls.files import refuse_overwriting
from framecls.model import FrameClassifier
from framecls.model.attribution import Push
from framecls.model.base import seen_by
from framecls.model.checkpoint import read_splits
from framecls.model.identity import checkpoint_sha256
from framecls.report import write_model_card
from framecls.runs.baselines import score_baselines, score_lexicon
from framecls.runs.beside import add_systems, named, read_beside, score_beside
from framecls.runs.record import LEXICON, Scored, judge, write_evaluation

__all__ = ["EvaluatedSplit", "check_unseen", "evaluate_model", "splits_of"]

logger = logging.getLogger(__name__)

EvaluatedSplit = Literal["train", "validation", "test", "all"]


def evaluate_model(
    model: Path | str,
    corpus: Path | str,
    *,
    split: EvaluatedSplit = "test",
    target: str | None = None,
    baselines: bool = True,
    beside: Sequence[str] = (),
    output: Path | str | None = None,
    text: bool = True,
    interval: IntervalKind = "percentile",
    explain: bool = False,
    suspected: bool = False,
) -> list[Evaluation]:
    """
    Evaluate a saved model on one split, beside the majority, the keyword lexicon and TF-IDF with logistic regression.

    TF-IDF is trained on the train split of this corpus, whatever the model was trained on, and its thresholds are
    fitted on validation for the model's target; it and the majority are left out where the corpus has no such
    sentences, and on any other split than test.

    :param model: checkpoint folder.
    :param corpus: annotated sentences.
    :param split: which of its splits; ``all`` for a corpus that took no part in training.
    :param target: fit the model's thresholds anew for ``precision=0.9`` …; the stored ones by default.
    :param baselines: whether to run them.
    :param beside: other systems for the same table: checkpoint folders, or files of decisions, as for
        :func:`framecls.runs.beside.read_beside`.
    :param output: a folder for ``<split>.json``, ``.md``, ``.html`` and ``.parquet`` (a row a sentence). By default the
        test split of the very corpus the model was trained on is recorded in its ``evaluation/`` and model card, and
        nothing else is.
    :param text: whether the rows hold the sentences' text.
    :param interval: kind of the intervals.
    :param explain: record the words that pushed the model to its surest mistakes (extra ``explain``).
    :param suspected: record codings that are likely errors, according to the model (extra ``cleanlab``).
    :returns: records, the model first.
    :raises FrameclsError: model, corpus and split do not fit together, or the model has learnt from the test split.
    """
    model = Path(model)
    classifier = FrameClassifier.load(model, target=target)
    whole = Corpus.read(corpus, classifier.codebook).coded()
    splits = splits_of(whole, model, split)
    part = whole if split == "all" else whole.select(splits, split)
    if not len(part):
        raise CorpusError(f"{corpus}: {whole.uncoded_problem() or f'the {split} split has no coded sentence'}")
    check_unseen(part, model, split)
    # Refused before anything is scored, not after.
    own = split == "test" and target is None and whole.sha256 == _corpus_sha256(model)
    folder = Path(output) if output is not None else model / "evaluation" if own else None
    if (explain or suspected) and folder is None:
        raise ConfigError(f"{corpus}: words and suspects are written to files; give --output a folder for them")
    part.weights()
    if folder is not None:
        refuse_overwriting(folder / f"{split}.parquet", [named(one)[1] for one in beside])
    models = [one for one in beside if named(one)[1].is_dir()]
    for one in models:
        check_unseen(part, named(one)[1], split)
    files = [read_beside(one, part) for one in beside if one not in models]
    probabilities = classifier.probabilities(*part.inputs())
    found = {f"{classifier.name} (model)": Scored(probabilities, classifier.decide(probabilities))}
    if baselines:
        found |= _baselines(whole, splits, part, split, target=classifier.decision.target)
    add_systems(found, (score_beside(one, part) for one in models))
    add_systems(found, files)
    evaluations = judge(part, found, interval=interval)
    if folder is None:
        return evaluations
    facts = {
        "model": classifier.name,
        "model_sha256": checkpoint_sha256(model),
        "codebook_sha256": classifier.codebook.sha256,
        "corpus_sha256": part.sha256,
        "split": split,
        "decision_fitted_on": classifier.decision.fitted_on,
        "target": classifier.decision.target,
    }
    words = partial(_words, classifier, part) if explain else None
    write_evaluation(folder, split, facts, evaluations, part, found, text=text, explain=words, suspected=suspected)
    if output is None:
        write_model_card(model)
    return evaluations


def _baselines(
    whole: Corpus, splits: Mapping[str, Split], part: Corpus, split: EvaluatedSplit, *, target: str
) -> dict[str, Scored]:
    """Score a split by keywords, and a test split by what is trained on the others where there are any."""
    found = {LEXICON: score_lexicon(part)}
    train, validation = (whole.select(splits, name) for name in ("train", "validation"))
    if split == "test" and len(train) and len(validation):
        # What TF-IDF lacks, a model trained elsewhere need not.
        found |= score_baselines(train, validation, part, target=target, leave_out=True)
    return found


def _words(classifier: FrameClassifier, part: Corpus, mistakes: Sequence[Mistake]) -> list[list[Push]]:
    """Give the words that pushed the model to each mistake."""
    texts, before, heading = ([values[one.row] for one in mistakes] for values in part.inputs())
    return classifier.explain(texts, [one.frame for one in mistakes], before, heading)


def _corpus_sha256(model: Path) -> str:
    """Read which corpus a model was trained on; one that came without its record says nothing."""
    path = model / "run.json"
    return str(json.loads(path.read_text(encoding="utf-8")).get("corpus_sha256", "")) if path.exists() else ""


def splits_of(corpus: Corpus, model: Path, split: EvaluatedSplit) -> dict[str, Split]:
    """
    Take the corpus's own splits, or those its training made.

    :param corpus: coded sentences.
    :param model: checkpoint folder.
    :param split: the one that is wanted; ``all`` needs none.
    :returns: split by document id.
    :raises CorpusError: there are none.
    """
    splits = corpus.splits()
    if splits or split == "all":
        return splits
    made = read_splits(model)
    strange = next((document for document in corpus.document_ids() if document not in made), None)
    if strange is not None:
        raise CorpusError(
            f"the corpus has no splits, and document {strange!r} took no part in training this model; "
            "evaluate with --split all"
        )
    return made


def check_unseen(part: Corpus, model: Path, split: EvaluatedSplit) -> None:
    """
    Refuse, or for ``all`` warn of, documents the model learnt from: no figure on them is a test.

    :param part: sentences.
    :param model: checkpoint folder.
    :param split: the split they are from.
    :raises CorpusError: they are a test split, and the model was trained on a document of it.
    """
    known = seen_by(str(model))
    seen = [document for document in dict.fromkeys(part.document_ids()) if document in known]
    if seen and split == "test":
        raise CorpusError(f"document {seen[0]!r} of the test split was used to train this model; correct the splits")
    if seen and split == "all":
        logger.warning(
            "%d of %d documents have the ids of documents this model was trained on; if they are the same, "
            "these figures are no test",
            len(seen),
            len(set(part.document_ids())),
        )
