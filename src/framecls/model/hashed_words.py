"""
A linear model of hashed words, beginnings of words and pairs of words: the first stage of the screen.

It reads half a million sentences a second on one core, and its weights hold no words.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

__all__ = ["fit_words", "hash_words", "score_words", "word_features"]

#: Cells that words are hashed to, as a power of two. A hundred thousand different ones seldom meet.
_BITS = 18

#: Bytes of a word that stand for its stem.
_STEM = 5

#: Sentences hashed together; their arrays stay in the cache of a core.
_CHUNK = 512

#: Weight of the classifier's probability against that of its complement, as frames are rare; and the inverse strength
#: of the penalty on weights. Both chosen on documents that none of the figures reported are of.
_RARE, _PENALTY = 10.0, 3.0

_MULTIPLIER = 0x9E3779B97F4A7C15
_STIR = np.uint64(0xD6E8FEB86659FD93)

#: What stays of a byte: letters, every digit as one, and all beyond ASCII; the rest parts words.
_LETTERS = np.zeros(256, dtype=np.uint8)
_LETTERS[ord("a") : ord("z") + 1] = np.arange(ord("a"), ord("z") + 1)
_LETTERS[ord("0") : ord("9") + 1] = ord("0")
_LETTERS[128:] = np.arange(128, 256)

Floats = npt.NDArray[np.float32]


@cache
def _powers(base: int, bits: int) -> npt.NDArray[np.uint64]:
    return np.cumprod(np.full(1 << bits, base, dtype=np.uint64), dtype=np.uint64)


def _stirred(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    hashes = (hashes ^ (hashes >> np.uint64(32))) * _STIR
    return hashes ^ (hashes >> np.uint64(29))


def hash_words(texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """
    Hash the words of sentences, the beginnings of words, and the pairs of neighbours, in a few passes over their bytes.

    The hash of a word is that of Rabin and Karp, modulo 2^64: a sum over its bytes, so that one running sum over all
    bytes gives the hash of every word as the difference of two of its values.

    :param texts: N sentences.
    :returns: cells, sentence by sentence, and where each sentence's begin. *Shape:* ``(M,)``, ``(N + 1,)``, int64.
    """
    encoded = [text.lower().encode("utf-8", "replace") for text in texts]
    lines = np.cumsum([0, *(len(line) + 1 for line in encoded)])
    kept = _LETTERS[np.frombuffer(b" ".join([*encoded, b""]), dtype=np.uint8)]
    edges = np.flatnonzero(np.diff((kept > 0).astype(np.int8), prepend=0))
    starts, ends = edges[0::2], edges[1::2]
    size, bits = len(kept), max(len(kept) - 1, 0).bit_length()
    sums = np.zeros(size + 1, dtype=np.uint64)
    np.cumsum(kept * _powers(_MULTIPLIER, bits)[:size], out=sums[1:])
    inverse = _powers(pow(_MULTIPLIER, -1, 1 << 64), bits)
    words = _stirred((sums[ends] - sums[starts]) * inverse[starts])
    first = np.searchsorted(starts, lines)
    cut = np.minimum(ends, starts + _STEM)
    stems = _stirred((sums[cut] - sums[starts]) * inverse[starts] + np.uint64(_STEM))
    # A word, its beginning and the pair it begins stand side by side; the last word of a sentence begins none.
    pairs = _stirred(words * np.uint64(_MULTIPLIER) + np.append(words[1:], np.uint64(0)))
    all_three = np.stack([words, stems, pairs], axis=1)
    last = np.zeros(len(words), dtype=bool)
    last[first[1:][first[1:] > first[:-1]] - 1] = True
    present = np.ones(all_three.shape, dtype=bool)
    present[last, 2] = False
    cells = (all_three[present] >> np.uint64(64 - _BITS)).astype(np.int64)
    counts = np.append(0, np.cumsum(present.sum(axis=1)))
    return cells, counts[first]


def word_features(texts: Sequence[str]) -> sp.csr_matrix:
    """
    Count the cells of sentences, each row divided by the square root of its sum.

    :param texts: N sentences.
    :returns: *Shape:* ``(N, C)`` for C cells.
    """
    cells, firsts, size = [], [np.zeros(1, dtype=np.int64)], 0
    for start in range(0, len(texts), _CHUNK):
        found, first = hash_words(texts[start : start + _CHUNK])
        cells.append(found)
        firsts.append(first[1:] + size)
        size += len(found)
    first = np.concatenate(firsts)
    scale = np.repeat(_scale(first), np.diff(first))
    return sp.csr_matrix((scale, np.concatenate(cells), first), shape=(len(texts), 1 << _BITS))


def _scale(first: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    scale: npt.NDArray[np.float64] = 1 / np.sqrt(np.maximum(np.diff(first), 1))
    return scale


def fit_words(
    features: sp.csr_matrix, target: npt.NDArray[np.float64], rows: npt.NDArray[np.bool_]
) -> tuple[Floats, float]:
    """
    Fit a logistic regression to probabilities: every sentence stands on both sides, weighted by them.

    :param features: of N sentences. *Shape:* ``(N, C)``.
    :param target: what the classifier holds likely. *Shape:* ``(N,)``.
    :param rows: the sentences to fit to. *Shape:* ``(N,)``, bool.
    :returns: weights, rounded to half precision, and what is added to every score. *Shape:* ``(C,)``, float32.
    """
    some, likely = features[rows], target[rows]
    sides = np.repeat([True, False], len(likely))
    weights = np.concatenate([_RARE * likely, 1 - likely])
    told = weights > 1e-3
    model = LogisticRegression(C=_PENALTY, solver="liblinear", max_iter=50)
    model.fit(sp.vstack([some, some], format="csr")[told], sides[told], weights[told])
    # Rounded now, so that the threshold is fitted on the scores that will be.
    return model.coef_[0].astype(np.float16).astype(np.float32), float(np.float32(model.intercept_[0]))


def score_words(texts: Sequence[str], weights: Floats, bias: float) -> Floats:
    """
    Score sentences.

    :param texts: N sentences.
    :param weights: of the cells. *Shape:* ``(C,)``, float32.
    :param bias: added to every score.
    :returns: the higher, the likelier a frame. *Shape:* ``(N,)``, float32.
    """
    scores = np.full(len(texts), bias, dtype=np.float32)
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        cells, first = hash_words(chunk)
        filled = np.flatnonzero(np.diff(first))
        if len(filled):
            sums = np.add.reduceat(weights[cells], first[filled])
            scores[start + filled] += (sums * _scale(first)[filled]).astype(np.float32)
    return scores
