"""
The screen: a first look at a sentence's words that discards those the classifier would find no frame in.

It is distilled from the classifier: a linear model of hashed words, beginnings of words and pairs of words, fitted to
the classifier's own probabilities on texts at hand. A sentence is discarded when its score is below a threshold, which
is fitted for the loss a user states: the share of the classifier's positive decisions that go with it. The file holds
weights and scores, no text and no words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from framecls.errors import ConfigError, CorpusError, ModelError
from framecls.files import whole_file
from framecls.model.decision import Decision

__all__ = ["SCREEN", "Judged", "Screen", "ScreenFigures", "ScreenModel", "hash_words"]

SCREEN = "screen.safetensors"

#: Version of the file.
_FORMAT = 1

#: Cells that words are hashed to, as a power of two. A hundred thousand different ones seldom meet.
_BITS = 18

#: Bytes of a word that stand for its stem.
_STEM = 5

#: Sentences hashed together; their arrays stay in the cache of a core.
_CHUNK = 512

#: Folds by document whose scores, each from the others' weights, the threshold is fitted on.
_FOLDS = 5

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


def _features(texts: Sequence[str]) -> sp.csr_matrix:
    """Count the cells of sentences, each row divided by the square root of its sum. *Shape:* ``(N, 2 ** _BITS)``."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenFigures:
    """
    What a screen does to the sentences of some documents.

    :param documents: how many documents.
    :param sentences: how many sentences.
    :param decisions: frames the classifier finds in them.
    :param lost: share of those that are in discarded sentences; ``None`` where there are none.
    :param discarded: share of the sentences that are discarded.
    """

    documents: int
    sentences: int
    decisions: int
    lost: float | None
    discarded: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    Sentences with the screen's scores and the classifier's, to fit a threshold on or to measure it by.

    :param scores: of the screen. *Shape:* ``(N,)``, float32.
    :param logits: of the classifier. *Shape:* ``(N, F)``, float16.
    :param documents: how many documents they are of.
    """

    scores: Floats
    logits: npt.NDArray[np.float16]
    documents: int

    def decisions(self, decision: Decision) -> npt.NDArray[np.int64]:
        """
        Count the frames the classifier finds in each sentence.

        :param decision: of the classifier, for the target in use.
        :returns: *Shape:* ``(N,)``, int64.
        """
        counts: npt.NDArray[np.int64] = decision.decide(decision.probabilities(self.logits)).sum(axis=1)
        return counts

    def figures(self, decision: Decision, threshold: float) -> ScreenFigures:
        """
        Say what a threshold does to them.

        :param decision: of the classifier.
        :param threshold: least score of a sentence that is kept.
        :returns: the figures.
        """
        counts, gone = self.decisions(decision), self.scores < threshold
        total = int(counts.sum())
        return ScreenFigures(
            documents=self.documents,
            sentences=len(counts),
            decisions=total,
            lost=float(counts[gone].sum() / total) if total else None,
            discarded=float(gone.mean()) if len(gone) else 0.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenModel:
    """
    A screen without a threshold yet.

    :param weights: of the cells. *Shape:* ``(2 ** _BITS,)``, float32.
    :param bias: added to every score.
    :param fitted: what thresholds are fitted on: the sentences the weights were fitted to, each scored by weights
        fitted to other documents.
    :param held_out: sentences of documents that neither saw.
    """

    weights: Floats
    bias: float
    fitted: Judged
    held_out: Judged

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        documents: Sequence[str],
        logits: npt.NDArray[np.float32],
        *,
        decision: Decision,
        held_out: npt.NDArray[np.bool_],
    ) -> Self:
        """
        Distil a screen from a classifier.

        :param texts: N sentences.
        :param documents: the document of each.
        :param logits: the classifier's. *Shape:* ``(N, F)``, float32.
        :param decision: the classifier's.
        :param held_out: sentences to measure by, whole documents of them. *Shape:* ``(N,)``, bool.
        :returns: the screen.
        :raises CorpusError: there are too few documents, or the classifier finds next to nothing in them.
        """
        names = np.array(documents)
        # Frames are far apart in frequency; what counts is how near each comes to its own threshold.
        thresholds = np.clip([frame.threshold for frame in decision.frames], 1e-6, 1 - 1e-6)
        near = logit(np.clip(decision.probabilities(logits).astype(np.float64), 1e-6, 1 - 1e-6)) - logit(thresholds)
        target = expit(near.max(axis=1))
        fold = np.array([int(sha256(name.encode()).hexdigest()[:8], 16) % _FOLDS for name in documents])
        for part, rows in (("fitted on", ~held_out), ("held out", held_out)):
            positive = int((target[rows] >= 0.5).sum())
            if len(set(names[rows])) < 2 * _FOLDS or positive < 2 * _FOLDS:
                raise CorpusError(
                    f"the documents {part} are {len(set(names[rows]))}, with frames in {positive} sentences; "
                    f"a screen needs at least {2 * _FOLDS} of both, so give more documents"
                )
        features = _features(texts)
        scores = np.zeros(len(texts), dtype=np.float32)
        for one in range(_FOLDS):
            weights, bias = _fit(features, target, ~held_out & (fold != one))
            rows = ~held_out & (fold == one)
            scores[rows] = features[rows] @ weights + bias
        weights, bias = _fit(features, target, ~held_out)
        scores[held_out] = features[held_out] @ weights + bias
        fitted, measured = (
            Judged(
                scores=scores[rows], logits=logits[rows].astype(np.float16), documents=len(set(names[rows].tolist()))
            )
            for rows in (~held_out, held_out)
        )
        return cls(weights=weights, bias=bias, fitted=fitted, held_out=measured)

    def score(self, texts: Sequence[str]) -> Floats:
        """
        Score sentences.

        :param texts: N sentences.
        :returns: the higher, the likelier a frame. *Shape:* ``(N,)``, float32.
        """
        scores = np.full(len(texts), self.bias, dtype=np.float32)
        for start in range(0, len(texts), _CHUNK):
            chunk = texts[start : start + _CHUNK]
            cells, first = hash_words(chunk)
            filled = np.flatnonzero(np.diff(first))
            if len(filled):
                sums = np.add.reduceat(self.weights[cells], first[filled])
                scores[start + filled] += (sums * _scale(first)[filled]).astype(np.float32)
        return scores

    def at(self, loss: float, decision: Decision) -> "Screen":
        """
        Fit the threshold for a loss.

        :param loss: most share of positive decisions that may be lost on the documents it is fitted on.
        :param decision: of the classifier, for the target in use.
        :returns: the screen.
        :raises ConfigError: the loss is not above 0 and below 1, or cannot be measured.
        """
        if not 0 < loss < 1:
            raise ConfigError(f"screen loss {loss:g}: give a share above 0 and below 1, such as 0.005")
        order = np.argsort(self.fitted.scores, kind="stable")
        lost = np.cumsum(self.fitted.decisions(decision)[order])
        if not lost[-1]:
            raise ConfigError(
                "the classifier finds no frame in the sentences its screen was fitted on, so no loss can be measured; "
                "fit the screen on more documents, or leave it out"
            )
        # The first sentence that must stay is the one whose loss would be too much.
        first = int(np.searchsorted(lost, loss * lost[-1], side="right"))
        threshold = float(self.fitted.scores[order[min(first, len(order) - 1)]])
        return Screen(model=self, loss=loss, threshold=threshold, decision=decision)

    def write(self, path: Path, *, fingerprint: str) -> None:
        """
        Write the screen into a checkpoint.

        :param path: the checkpoint folder.
        :param fingerprint: of the weights it was distilled from.
        """
        tensors: dict[str, npt.NDArray[np.floating]] = {
            "weights": self.weights.astype(np.float16),
            "bias": np.array([self.bias], dtype=np.float32),
        }
        facts = {"format": str(_FORMAT), "fingerprint": fingerprint}
        for name, part in (("fitted", self.fitted), ("held_out", self.held_out)):
            tensors |= {f"{name}.scores": part.scores, f"{name}.logits": part.logits}
            facts[f"{name}.documents"] = str(part.documents)
        with whole_file(path / SCREEN) as partial:
            partial.write_bytes(save(tensors, metadata=facts))

    @classmethod
    def read(cls, path: Path, *, fingerprint: str) -> Self:
        """
        Read the screen of a checkpoint.

        :param path: the checkpoint folder.
        :param fingerprint: of the model's weights.
        :returns: the screen.
        :raises ModelError: there is none, it cannot be read, or it was distilled from other weights.
        """
        file = path / SCREEN
        again = f"fit one with 'framecls screen {path} DOCUMENTS'"
        try:
            with safe_open(file, framework="numpy") as stored:
                facts = stored.metadata() or {}
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        except FileNotFoundError:
            raise ModelError(f"{path}: has no {SCREEN}; {again}, or leave the screen out") from None
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{file}: cannot be read: {error}; {again}") from error
        if facts.get("format") != str(_FORMAT):
            raise ModelError(f"{file}: format {facts.get('format')!r} is not {_FORMAT}; {again}")
        if facts.get("fingerprint") != fingerprint:
            raise ModelError(f"{file}: was distilled from other weights than the model has; {again}")
        fitted, held_out = (
            Judged(
                scores=tensors[f"{name}.scores"],
                logits=tensors[f"{name}.logits"],
                documents=int(facts[f"{name}.documents"]),
            )
            for name in ("fitted", "held_out")
        )
        return cls(
            weights=tensors["weights"].astype(np.float32),
            bias=float(tensors["bias"][0]),
            fitted=fitted,
            held_out=held_out,
        )


def _fit(features: sp.csr_matrix, target: npt.NDArray[np.float64], rows: npt.NDArray[np.bool_]) -> tuple[Floats, float]:
    """Fit a logistic regression to probabilities: every sentence stands on both sides, weighted by them."""
    some, likely = features[rows], target[rows]
    sides = np.repeat([True, False], len(likely))
    weights = np.concatenate([_RARE * likely, 1 - likely])
    told = weights > 1e-3
    model = LogisticRegression(C=_PENALTY, solver="liblinear", max_iter=50)
    model.fit(sp.vstack([some, some], format="csr")[told], sides[told], weights[told])
    # Rounded now, so that the threshold is fitted on the scores that will be.
    return model.coef_[0].astype(np.float16).astype(np.float32), float(np.float32(model.intercept_[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """
    A screen in use.

    :param model: scores sentences.
    :param loss: what it was asked to lose at most.
    :param threshold: least score of a sentence that is kept.
    :param decision: of the classifier.
    """

    model: ScreenModel
    loss: float
    threshold: float
    decision: Decision

    def keeps(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """
        Say which sentences the classifier has to look at.

        :param texts: N sentences.
        :returns: *Shape:* ``(N,)``, bool.
        """
        kept: npt.NDArray[np.bool_] = self.model.score(texts) >= self.threshold
        return kept

    def held_out(self) -> ScreenFigures:
        """
        Say what the screen does to documents it was not fitted on.

        :returns: the figures.
        """
        return self.model.held_out.figures(self.decision, self.threshold)
