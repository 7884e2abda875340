"""What a classifier has to beat beside the keyword lexicon: the majority, and TF-IDF with logistic regression."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from framecls.corpus import Corpus
from framecls.errors import EvaluationError
from framecls.model.decision import Decision

__all__ = ["MajorityBaseline", "TfidfBaseline"]


class MajorityBaseline:
    """
    Give every sentence what most have: each frame where more than half of the training sentences carry it.

    :param gold: frames of the training sentences, at least one. *Shape:* ``(N, F)``, bool.
    """

    def __init__(self, gold: npt.NDArray[np.bool_]) -> None:
        self._shares = gold.mean(axis=0)

    def probabilities(self, size: int) -> npt.NDArray[np.float32]:
        """
        Give each frame's share of the training sentences.

        :param size: N, how many sentences.
        :returns: the same for all. *Shape:* ``(N, F)``, float32.
        """
        return np.tile(self._shares.astype(np.float32), (size, 1))

    def decide(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """
        Tell what most sentences have.

        :param probabilities: *Shape:* ``(N, F)``.
        :returns: *Shape:* ``(N, F)``, bool.
        """
        return probabilities > 0.5


class TfidfBaseline:
    """Words, pairs and triples of words weighted by TF-IDF, and one logistic regression a frame."""

    def __init__(self, vectorizer: TfidfVectorizer, models: Sequence[LogisticRegression], decision: Decision) -> None:
        self._vectorizer = vectorizer
        self._models = models
        self._decision = decision

    @classmethod
    def fit(cls, train: Corpus, validation: Corpus, *, target: str = "f1") -> Self:
        """
        Train on one split and fit the decision on another, as a classifier is.

        :param train: sentences to learn from.
        :param validation: sentences to fit calibration and thresholds on.
        :param target: what thresholds are fitted for; for F1 where it is out of reach.
        :returns: the trained baseline.
        :raises EvaluationError: a frame is on none, or on all, of the sentences of a split.
        """
        gold = train.gold()
        for frame, support in zip(train.codebook.frames, gold.sum(axis=0).tolist(), strict=True):
            if support in (0, len(gold)):
                raise EvaluationError(
                    f"train: {support} of {len(gold)} sentences carry {frame!r}; "
                    "learning it needs sentences with and without it, so add annotated documents"
                )
        vectorizer = TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, min_df=2)
        try:
            features = vectorizer.fit_transform([sentence.text for sentence in train.sentences])
        except ValueError as error:
            raise EvaluationError("train: no word occurs in two sentences; add annotated documents") from error
        models = [
            LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000).fit(features, gold[:, column])
            for column in range(gold.shape[1])
        ]
        scores = _score(vectorizer, models, [sentence.text for sentence in validation.sentences])
        decision = Decision.fit(
            scores,
            validation.gold(),
            frames=train.codebook.frames,
            fitted_on="validation",
            target=target,
            strict=False,
        )
        return cls(vectorizer, models, decision)

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """
        Score and calibrate sentences.

        :param texts: N sentences.
        :returns: probabilities. *Shape:* ``(N, F)``, float32.
        """
        return self._decision.probabilities(_score(self._vectorizer, self._models, texts))

    def decide(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """
        Hold probabilities against the fitted thresholds.

        :param probabilities: *Shape:* ``(N, F)``.
        :returns: *Shape:* ``(N, F)``, bool.
        """
        return self._decision.decide(probabilities)


def _score(
    vectorizer: TfidfVectorizer, models: Sequence[LogisticRegression], texts: Sequence[str]
) -> npt.NDArray[np.float32]:
    features = vectorizer.transform(texts)
    return np.stack([model.decision_function(features) for model in models], axis=1).astype(np.float32)
