"""What more annotated sentences would bring: the same recipe, trained on ever more of the documents."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import ConfigError, CorpusError
from framecls.evaluation import Evaluation, IntervalKind
from framecls.files import write_json, write_text
from framecls.report import learning_markdown, write_learning_page
from framecls.runs.cross_validation import hashes_of, key_of, named_hashes, read_fold, recipe_of, write_fold
from framecls.runs.folds import group_documents, out_of_fold, tested_part, without_annotator
from framecls.runs.record import MAJORITY, judge

__all__ = ["LearningPoint", "learning_curve"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """
    The recipe on a share of the documents.

    :param share: of the documents that are not held out.
    :param documents: how many these are.
    :param sentences: that are annotated in them.
    :param trained_on: what was learnt from, the decision included: with the corpora that join, and without sentences
        too near to a held-out one.
    :param evaluations: of the model and of TF-IDF, on the sentences held out.
    """

    share: float
    documents: int
    sentences: int
    trained_on: int
    evaluations: tuple[Evaluation, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the point as plain values for JSON."""
        return asdict(self)


def learning_curve(
    config: TrainConfig,
    output: Path | str,
    *,
    shares: Sequence[float] = (0.125, 0.25, 0.5, 1.0),
    folds: int = 5,
    train_only: str = "",
    baselines: bool = True,
    interval: IntervalKind = "percentile",
) -> list[LearningPoint]:
    """
    Train a recipe on growing shares of the documents, each holding the one before, and score the same held-out fold.

    What was trained is kept in ``<output>/points/``, so that a run that was killed goes on where it was. Corpora that
    join are joined whole at every point.

    :param config: the recipe and its corpora.
    :param output: folder for ``learning-curve.json``, ``.md`` and ``.html``.
    :param shares: of the documents that are not held out, each above 0 and at most 1.
    :param folds: one of so many is held out, the same as the first of ``--protocol kfold``.
    :param train_only: annotator whose sentences are trained on, and not tested on.
    :param baselines: whether TF-IDF is set beside the model.
    :param interval: kind of the intervals.
    :returns: the points, smallest first.
    :raises ConfigError: a share is out of range.
    :raises CorpusError: a share is too small for every frame to be learnt and fitted.
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise ConfigError("shares of a learning curve must be above 0 and at most 1, such as 0.125,0.25,0.5,1")
    codebook = Codebook.read(config.codebook)
    corpus = Corpus.read(config.corpus, codebook).coded()
    also = [Corpus.read(path, codebook).coded() for path in config.train_also]
    tested = tested_part(config, corpus, train_only)
    fold_of = group_documents(tested, "kfold", folds=folds)
    held = next(iter(fold_of.values()))
    rest = [id for id in dict.fromkeys(corpus.document_ids()) if fold_of.get(id) != held]
    order = [rest[place] for place in np.random.default_rng(config.seed).permutation(len(rest))]
    recipe, output = recipe_of(config), Path(output)
    hashes = hashes_of(corpus, also)
    points = []
    for share in sorted(set(shares)):
        kept = set(order[: max(1, round(share * len(order)))])
        part = replace(
            corpus,
            sentences=tuple(s for s in corpus.sentences if s.document_id in kept or fold_of.get(s.document_id) == held),
        )
        path = output / "points" / f"{share:g}.npz"
        key = key_of(config, [recipe, hashes, fold_of, train_only, baselines, share])
        found = read_fold(path, key)
        if found is None:
            logger.info("share %g: %d documents", share, len(kept))
            try:
                found = out_of_fold(config, part, fold_of, held, also=also, baselines=baselines)
            except CorpusError as error:
                raise CorpusError(f"share {share:g}, {len(kept)} documents: {error} (or give larger shares)") from error
            write_fold(path, key, found)
        test = replace(part, sentences=tuple(part.sentences[row] for row in found.rows))
        rows = [row for row, s in enumerate(test.sentences) if not train_only or s.annotator != train_only]
        systems = {name: one.at(rows) for name, one in found.scored.items() if name != MAJORITY}
        evaluations = judge(without_annotator(test, train_only), systems, interval=interval)
        count = sum(s.document_id in kept for s in part.sentences)
        points.append(LearningPoint(share, len(kept), count, found.trained_on, tuple(evaluations)))
    record = {
        "framecls": version("framecls"),
        "protocol": "learning-curve",
        "folds": folds,
        "recipe": recipe,
        **named_hashes(corpus, also),
        "interval": asdict(points[0].evaluations[0].interval),
    }
    write_json(output / "learning-curve.json", record | {"points": [point.to_dict() for point in points]})
    table = learning_markdown([(point.documents, point.sentences, point.evaluations) for point in points])
    write_text(output / "learning-curve.md", table)
    write_learning_page(output / "learning-curve.html", [point.to_dict() for point in points], table, codebook)
    return points
