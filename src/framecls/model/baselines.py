"""What a classifier has to beat: the codebook's keywords, and TF-IDF with logistic regression."""

import re
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from framecls.codebook import Codebook
from framecls.corpus import Corpus
from framecls.errors import EvaluationError
from framecls.model.decision import Decision

__all__ = ["Lexicon", "TfidfBaseline"]


class Lexicon:
    """
    Decide a frame present wherever one of its keywords occurs.

    :param codebook: gives the keywords of each frame.
    """

    def __init__(self, codebook: Codebook) -> None:
        self._patterns = [_pattern(definition.lexicon) for definition in codebook.definitions]

    def hits(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """
        Count keywords.

        :param texts: N sentences.
        :returns: occurrences of each frame's keywords. *Shape:* ``(N, F)``, float32.
        """
        found = [[len(pattern.findall(text)) for pattern in self._patterns] for text in texts]
        return np.array(found, dtype=np.float32).reshape(len(texts), len(self._patterns))

    def decide(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """
        Decide by keywords.

        :param texts: N sentences.
        :returns: whether a keyword of each frame occurs. *Shape:* ``(N, F)``, bool.
        """
        return self.hits(texts) > 0


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    """Match any of the phrases as whole words; ``*`` stands for the rest of a word, a space for any white space."""
    if not phrases:
        return re.compile(r"(?!)")
    alternatives = [re.escape(phrase).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for phrase in phrases]
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


class TfidfBaseline:
    """Words, pairs and triples of words weighted by TF-IDF, and one logistic regression a frame."""

    def __init__(self, vectorizer: TfidfVectorizer, models: Sequence[LogisticRegression], decision: Decision) -> None:
        self._vectorizer = vectorizer
        self._models = models
        self._decision = decision

    @classmethod
    def fit(cls, train: Corpus, validation: Corpus) -> Self:
        """
        Train on one split and fit the decision on another, as a classifier is.

        :param train: sentences to learn from.
        :param validation: sentences to fit calibration and thresholds on.
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
        frames = train.codebook.frames
        return cls(vectorizer, models, Decision.fit(scores, validation.gold(), frames=frames, fitted_on="validation"))

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
