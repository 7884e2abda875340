"""The systems a model is set beside: keywords, majority, and TF-IDF with logistic regression."""

import logging

from framecls.corpus import Corpus
from framecls.errors import EvaluationError
from framecls.lexicon import Lexicon
from framecls.model.baselines import MajorityBaseline, TfidfBaseline
from framecls.runs.record import MAJORITY, TFIDF, Scored

__all__ = ["score_baselines", "score_lexicon"]

logger = logging.getLogger(__name__)


def score_lexicon(test: Corpus) -> Scored:
    """
    Score sentences by the codebook's keywords.

    :param test: N sentences.
    :returns: what these make of them.
    """
    lexicon, texts = Lexicon(test.codebook), test.inputs()[0]
    return Scored(lexicon.hits(texts), lexicon.decide(texts), calibrated=False)


def score_baselines(
    train: Corpus, validation: Corpus, test: Corpus, *, target: str, leave_out: bool = False
) -> dict[str, Scored]:
    """
    Train majority and TF-IDF with logistic regression, and score sentences with them.

    :param train: sentences to learn from.
    :param validation: those that TF-IDF's thresholds are fitted on.
    :param test: N sentences to score.
    :param target: what thresholds are fitted for.
    :param leave_out: whether a TF-IDF that cannot be fitted is left out with a warning, as beside a model that was
        trained elsewhere; a model that is yet to be trained on the same sentences would lack what it lacks.
    :returns: what each made of them, by name.
    :raises EvaluationError: a frame is on none, or on all, of the sentences of a split, and it is not left out.
    """
    found = {}
    try:
        tfidf = TfidfBaseline.fit(train, validation, target=target)
    except EvaluationError as error:
        if not leave_out:
            raise
        logger.warning("%s is left out: %s", TFIDF, error)
    else:
        probabilities = tfidf.probabilities(test.inputs()[0])
        found[TFIDF] = Scored(probabilities, tfidf.decide(probabilities))
    majority = MajorityBaseline(train.gold())
    shares = majority.probabilities(len(test))
    return found | {MAJORITY: Scored(shares, majority.decide(shares))}
