"""Whole runs, joined from the rooms below: evaluate a saved model beside the baselines; describe a trained one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from framecls.corpus import Corpus, Split
from framecls.errors import CorpusError
from framecls.evaluation import Evaluation, evaluate
from framecls.model import FrameClassifier
from framecls.model.baselines import Lexicon, TfidfBaseline
from framecls.report import evaluation_markdown, write_model_card

__all__ = ["EvaluatedSplit", "evaluate_model"]

EvaluatedSplit = Literal["train", "validation", "test", "all"]


def evaluate_model(
    model: Path | str,
    corpus: Path | str,
    *,
    split: EvaluatedSplit = "test",
    baselines: bool = True,
    output: Path | str | None = None,
) -> list[Evaluation]:
    """
    Evaluate a saved model on one split, beside the keyword lexicon and TF-IDF with logistic regression.

    TF-IDF is trained on the train split and its thresholds are fitted on validation, as the model's are; where the
    corpus has no such splits (``all``) it is left out.

    :param model: checkpoint folder.
    :param corpus: annotated sentences.
    :param split: which of its splits; ``all`` for a corpus that took no part in training.
    :param baselines: whether to run them.
    :param output: a folder for ``<split>.json``, ``<split>.md`` and ``<split>.parquet`` (a row a sentence).
    :returns: records, the model first.
    :raises FrameclsError: model, corpus and split do not fit together.
    """
    model = Path(model)
    classifier = FrameClassifier.load(model)
    whole = Corpus.read(corpus, classifier.codebook).coded()
    splits = _splits(whole, model, split)
    part = whole if split == "all" else whole.select(splits, split)
    if not len(part):
        raise CorpusError(f"{corpus}: the {split} split has no coded sentence")
    texts = [sentence.text for sentence in part.sentences]
    probabilities = classifier.probabilities(
        texts, [sentence.before for sentence in part.sentences], [sentence.heading for sentence in part.sentences]
    )
    decisions = classifier.decide(probabilities)
    found = {f"{classifier.name} (model)": (probabilities, decisions)}
    if baselines:
        lexicon = Lexicon(classifier.codebook)
        found["keyword lexicon"] = (lexicon.hits(texts), lexicon.decide(texts))
        if {"train", "validation"} <= set(splits.values()):
            tfidf = TfidfBaseline.fit(whole.select(splits, "train"), whole.select(splits, "validation"))
            scored = tfidf.probabilities(texts)
            found["TF-IDF + logistic regression"] = (scored, tfidf.decide(scored))
    gold, documents = part.gold(), part.document_ids()
    frames = classifier.codebook.frames
    evaluations = [
        evaluate(gold, scored, decided, frames=frames, document_ids=documents, system=system)
        for system, (scored, decided) in found.items()
    ]
    if output is not None:
        _write(Path(output), split, evaluations, part, probabilities, decisions, classifier)
        if Path(output) == model / "evaluation":
            write_model_card(model)
    return evaluations


def _splits(corpus: Corpus, model: Path, split: EvaluatedSplit) -> dict[str, Split]:
    """Take the corpus's own splits, or those its training made, so that no training sentence is taken for a test."""
    splits = corpus.splits()
    if splits or split == "all":
        return splits
    stored = model / "splits.json"
    if stored.exists():
        made: dict[str, Split] = {
            document: name
            for document, name in json.loads(stored.read_text(encoding="utf-8")).items()
            if name in get_args(Split)
        }
        if any(document in made for document in corpus.document_ids()):
            return made
    raise CorpusError("the corpus has no splits and took no part in training this model; evaluate with --split all")


def _write(
    folder: Path,
    split: str,
    evaluations: Sequence[Evaluation],
    part: Corpus,
    probabilities: np.ndarray,
    decisions: np.ndarray,
    classifier: FrameClassifier,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "model": classifier.name,
        "codebook_sha256": classifier.codebook.sha256,
        "corpus_sha256": part.sha256,
        "split": split,
        "decision_fitted_on": classifier.decision.fitted_on,
        "evaluations": [evaluation.to_dict() for evaluation in evaluations],
    }
    (folder / f"{split}.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (folder / f"{split}.md").write_text(evaluation_markdown(evaluations), encoding="utf-8")
    columns: dict[str, object] = {
        "id": [sentence.id for sentence in part.sentences],
        "document_id": part.document_ids(),
        "text": [sentence.text for sentence in part.sentences],
        "borderline": [sentence.borderline for sentence in part.sentences],
    }
    gold = part.gold()
    for column, frame in enumerate(classifier.codebook.frames):
        columns |= {
            f"gold_{frame}": gold[:, column],
            f"prob_{frame}": probabilities[:, column],
            frame: decisions[:, column],
        }
    pq.write_table(pa.table(columns), folder / f"{split}.parquet", compression="zstd")
