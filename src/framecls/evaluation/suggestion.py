"""Which sentences are worth coding next: those the model is unsure of, no two of them alike."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from framecls.errors import EvaluationError
from framecls.evaluation.metrics import Floats

__all__ = ["doubt", "suggest"]

#: So many times the sentences asked for are candidates, the least certain ones.
_CANDIDATES = 8
_DIMENSIONS = 64


def doubt(probabilities: Floats, thresholds: Sequence[float]) -> npt.NDArray[np.float64]:
    """
    Tell how near the nearest of a sentence's decisions is to its threshold.

    On either side of a threshold the distance is counted in shares of the way to certainty, so that 0.05 above a
    threshold of 0.9 is as far as 0.5 above one of 0.

    :param probabilities: *Shape:* ``(N, F)``.
    :param thresholds: of the F frames.
    :returns: 1 on a threshold, 0 where every frame is surely there or surely not. *Shape:* ``(N,)``.
    """
    given, limits = np.asarray(probabilities, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    above, below = np.maximum(1 - limits, 1e-9), np.maximum(limits, 1e-9)
    distance = np.where(given >= limits, (given - limits) / above, (limits - given) / below)
    nearest: npt.NDArray[np.float64] = 1 - np.clip(distance, 0, 1).min(axis=1)
    return nearest


def suggest(
    texts: Sequence[str],
    document_ids: Sequence[str],
    probabilities: Floats,
    thresholds: Sequence[float],
    *,
    size: int = 200,
    per_document: int = 5,
    seed: int = 0,
) -> list[int]:
    """
    Choose sentences to code.

    The least certain sentences, eight times as many as are asked for and at most some of each document, are grouped by
    their words, and of each group the least certain is taken (uncertainty and diversity; Zhdanov 2019, "Diverse
    mini-batch active learning").

    :param texts: N sentences.
    :param document_ids: document of each.
    :param probabilities: *Shape:* ``(N, F)``.
    :param thresholds: of the F frames.
    :param size: how many to choose; all where there are fewer different ones.
    :param per_document: most of one document.
    :param seed: of the grouping.
    :returns: rows, the least certain first.
    :raises EvaluationError: there is no sentence, or a number is below 1.
    """
    texts, document_ids = list(texts), list(document_ids)
    if not texts:
        raise EvaluationError("there is no sentence to choose from")
    if size < 1 or per_document < 1:
        raise EvaluationError("ask for at least one sentence, and at least one of each document")
    scores = doubt(probabilities, thresholds)
    candidates: list[int] = []
    seen: set[str] = set()
    taken: dict[str, int] = {}
    for row in np.argsort(-scores, kind="stable").tolist():
        document, text = document_ids[row], " ".join(texts[row].lower().split())
        if text in seen or taken.get(document, 0) >= per_document:
            continue
        seen.add(text)
        taken[document] = taken.get(document, 0) + 1
        candidates.append(row)
        if len(candidates) == _CANDIDATES * size:
            break
    if len(candidates) <= size:
        return candidates
    groups = _groups([texts[row] for row in candidates], size, seed)
    # Candidates come least certain first, so the first of a group is its least certain.
    firsts: dict[int, int] = {}
    for row, group in zip(candidates, groups, strict=True):
        firsts.setdefault(group, row)
    chosen = set(firsts.values())
    # Groups that came out empty leave room for the least certain of the rest.
    rest = [row for row in candidates if row not in chosen]
    chosen.update(rest[: size - len(chosen)])
    return sorted(chosen, key=lambda row: (-scores[row], row))


def _groups(texts: Sequence[str], size: int, seed: int) -> list[int]:
    """Group texts by their words."""
    try:
        words = TfidfVectorizer(sublinear_tf=True).fit_transform(texts)
    except ValueError:
        # No text has a word of two letters.
        return [number % size for number in range(len(texts))]
    dimensions = min(_DIMENSIONS, min(words.shape) - 1)
    places = normalize(TruncatedSVD(dimensions, random_state=seed).fit_transform(words)) if dimensions > 1 else words
    groups: list[int] = MiniBatchKMeans(size, random_state=seed, n_init=3).fit_predict(places).tolist()
    return groups
