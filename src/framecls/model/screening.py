"""
The screen: a first look at a sentence that discards those the classifier would find no frame in.

It is distilled from the classifier, on texts at hand and to the classifier's own probabilities, and has two stages. A
linear model of hashed words, beginnings of words and pairs of words sees every sentence. What it keeps, an early exit
sees: the first third of the encoder's layers with a head of their own, where it has three. A sentence is discarded when
its score is below the threshold of a stage. Thresholds are fitted for the loss a user states, the share of the
classifier's positive decisions that go with what is discarded, so that what is left costs least. The file holds weights
and scores, no text and no words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from scipy.special import expit, logit

from framecls.errors import ConfigError, CorpusError, ModelError
from framecls.files import whole_file
from framecls.model.decision import Decision
from framecls.model.early_exit import ExitHead
from framecls.model.hashed_words import fit_words, score_words, word_features

__all__ = ["SCREEN", "Judged", "Screen", "ScreenFigures", "ScreenModel"]

SCREEN = "screen.safetensors"

#: Version of the file.
_FORMAT = 2

#: Folds by document whose scores, each from the others' weights, the threshold is fitted on.
_FOLDS = 5

#: Shares of the loss that the linear model may take up, tried in turn.
_SPLITS = np.linspace(0, 1, 21)

Floats = npt.NDArray[np.float32]

#: Fits an early exit to the sentences: their targets of shape ``(N, F)`` and folds (-1 for those to score only); gives
#: the head and a score of each, or nothing where the encoder cannot be left early.
FitExit = Callable[[npt.NDArray[np.float64], npt.NDArray[np.intp]], "tuple[ExitHead, Floats] | None"]


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

    :param scores: of the linear model. *Shape:* ``(N,)``, float32.
    :param exits: of the early exit; zeros where there is none. *Shape:* ``(N,)``, float32.
    :param logits: of the classifier. *Shape:* ``(N, F)``, float16.
    :param documents: how many documents they are of.
    """

    scores: Floats
    exits: Floats
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

    def figures(self, decision: Decision, threshold: float, exit_threshold: float | None) -> ScreenFigures:
        """
        Say what thresholds do to them.

        :param decision: of the classifier.
        :param threshold: least score of a sentence that the linear model keeps.
        :param exit_threshold: least score of one that the early exit keeps; ``None`` where it is not asked.
        :returns: the figures.
        """
        counts, gone = self.decisions(decision), self.scores < threshold
        if exit_threshold is not None:
            gone |= self.exits < exit_threshold
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
    A screen without thresholds yet.

    :param weights: of the cells. *Shape:* ``(2 ** _BITS,)``, float32.
    :param bias: added to every score.
    :param head: of the early exit; ``None`` where there is none.
    :param share: of the encoder's layers that the early exit computes.
    :param fitted: what thresholds are fitted on: the sentences the weights were fitted to, each scored by weights
        fitted to other documents.
    :param held_out: sentences of documents that neither saw.
    """

    weights: Floats
    bias: float
    head: ExitHead | None
    share: float
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
        layers: int = 0,
        fit_exit: FitExit | None = None,
    ) -> Self:
        """
        Distil a screen from a classifier.

        :param texts: N sentences.
        :param documents: the document of each.
        :param logits: the classifier's. *Shape:* ``(N, F)``, float32.
        :param decision: the classifier's.
        :param held_out: sentences to measure by, whole documents of them. *Shape:* ``(N,)``, bool.
        :param layers: of the classifier's encoder.
        :param fit_exit: fits an early exit; none by default.
        :returns: the screen.
        :raises CorpusError: there are too few documents, or the classifier finds next to nothing in them.
        """
        names = np.array(documents)
        # Frames are far apart in frequency; what counts is how near each comes to its own threshold.
        thresholds = np.clip([frame.threshold for frame in decision.frames], 1e-6, 1 - 1e-6)
        near = logit(np.clip(decision.probabilities(logits).astype(np.float64), 1e-6, 1 - 1e-6)) - logit(thresholds)
        targets = expit(near)
        target = targets.max(axis=1)
        # Of other digits than those that may have chosen the held-out documents, so that no fold is left empty.
        fold = np.array([int(sha256(name.encode()).hexdigest()[8:16], 16) % _FOLDS for name in documents])
        for part, rows in (("fitted on", ~held_out), ("held out", held_out)):
            positive = int((target[rows] >= 0.5).sum())
            if len(set(names[rows])) < 2 * _FOLDS or positive < 2 * _FOLDS:
                raise CorpusError(
                    f"the documents {part} are {len(set(names[rows]))}, with frames in {positive} sentences; "
                    f"a screen needs at least {2 * _FOLDS} of both, so give more documents"
                )
        features = word_features(texts)
        scores = np.zeros(len(texts), dtype=np.float32)
        for one in range(_FOLDS):
            weights, bias = fit_words(features, target, ~held_out & (fold != one))
            rows = ~held_out & (fold == one)
            scores[rows] = features[rows] @ weights + bias
        weights, bias = fit_words(features, target, ~held_out)
        scores[held_out] = features[held_out] @ weights + bias
        found = fit_exit and fit_exit(targets, np.where(held_out, -1, fold))
        head, exits = found or (None, np.zeros(len(texts), dtype=np.float32))
        fitted, measured = (
            Judged(
                scores=scores[rows],
                exits=exits[rows],
                logits=logits[rows].astype(np.float16),
                documents=len(set(names[rows].tolist())),
            )
            for rows in (~held_out, held_out)
        )
        share = head.layers / layers if head else 0.0
        return cls(weights=weights, bias=bias, head=head, share=share, fitted=fitted, held_out=measured)

    def score(self, texts: Sequence[str]) -> Floats:
        """
        Score sentences.

        :param texts: N sentences.
        :returns: the higher, the likelier a frame. *Shape:* ``(N,)``, float32.
        """
        return score_words(texts, self.weights, self.bias)

    def at(self, loss: float, decision: Decision) -> "Screen":
        """
        Fit the thresholds for a loss.

        The linear model alone may take up all of it, or a part, and leave the rest to the early exit; of these ways
        that one is taken which leaves the encoder the fewest layers to compute on the sentences it was fitted on.

        :param loss: most share of positive decisions that may be lost on the documents it is fitted on.
        :param decision: of the classifier, for the target in use.
        :returns: the screen.
        :raises ConfigError: the loss is not above 0 and below 1, or cannot be measured.
        """
        if not 0 < loss < 1:
            raise ConfigError(f"screen loss {loss:g}: give a share above 0 and below 1, such as 0.005")
        counts, size = self.fitted.decisions(decision), len(self.fitted.scores)
        allowed = loss * counts.sum()
        if not counts.any():
            raise ConfigError(
                "the classifier finds no frame in the sentences its screen was fitted on, so no loss can be measured; "
                "fit the screen on more documents, or leave it out"
            )
        everyone = np.arange(size)
        threshold = _threshold(self.fitted.scores, counts, everyone, allowed)
        best: tuple[float, float, float | None]
        best = (float((self.fitted.scores >= threshold).mean()), threshold, None)
        for split in _SPLITS if self.head else ():
            first = _threshold(self.fitted.scores, counts, everyone, split * allowed)
            kept = np.flatnonzero(self.fitted.scores >= first)
            left = allowed - counts[self.fitted.scores < first].sum()
            second = _threshold(self.fitted.exits, counts, kept, left)
            cost = (self.share * len(kept) + (self.fitted.exits[kept] >= second).sum()) / size
            best = min(best, (float(cost), first, second), key=lambda way: way[0])
        return Screen(model=self, loss=loss, threshold=best[1], exit_threshold=best[2], decision=decision)

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
        if self.head is not None:
            tensors |= {f"exit.{name}": array for name, array in self.head.tensors().items()}
            facts |= {"exit.layers": str(self.head.layers), "exit.share": repr(self.share)}
        for name, part in (("fitted", self.fitted), ("held_out", self.held_out)):
            tensors |= {f"{name}.scores": part.scores, f"{name}.exits": part.exits, f"{name}.logits": part.logits}
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
                exits=tensors[f"{name}.exits"],
                logits=tensors[f"{name}.logits"],
                documents=int(facts[f"{name}.documents"]),
            )
            for name in ("fitted", "held_out")
        )
        head = None
        if "exit.layers" in facts:
            own = {name.removeprefix("exit."): array for name, array in tensors.items() if name.startswith("exit.")}
            head = ExitHead.of(own, layers=int(facts["exit.layers"]))
        return cls(
            weights=tensors["weights"].astype(np.float32),
            bias=float(tensors["bias"][0]),
            head=head,
            share=float(facts.get("exit.share", 0)),
            fitted=fitted,
            held_out=held_out,
        )


def _threshold(scores: Floats, counts: npt.NDArray[np.int64], rows: npt.NDArray[np.intp], allowed: float) -> float:
    """Give the highest threshold on some of the sentences that loses no more decisions than are allowed."""
    order = rows[np.argsort(scores[rows], kind="stable")]
    # The first sentence that must stay is the one whose loss would be too much.
    first = int(np.searchsorted(np.cumsum(counts[order]), allowed, side="right"))
    return float(scores[order[min(first, len(order) - 1)]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """
    A screen in use.

    :param model: scores sentences.
    :param loss: what it was asked to lose at most.
    :param threshold: least score of a sentence that the linear model keeps.
    :param exit_threshold: least score of one of these that the early exit keeps; ``None`` where it is not asked.
    :param decision: of the classifier.
    """

    model: ScreenModel
    loss: float
    threshold: float
    exit_threshold: float | None
    decision: Decision

    @property
    def head(self) -> ExitHead | None:
        """Of the early exit, where it is asked."""
        return None if self.exit_threshold is None else self.model.head

    def keeps(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """
        Say which sentences the linear model keeps.

        :param texts: N sentences.
        :returns: *Shape:* ``(N,)``, bool.
        """
        kept: npt.NDArray[np.bool_] = self.model.score(texts) >= self.threshold
        return kept

    def keeps_at_exit(self, logits: Floats) -> npt.NDArray[np.bool_]:
        """
        Say which of the sentences that the linear model keeps the whole classifier has to look at.

        :param logits: of the early exit. *Shape:* ``(N, F)``, float32.
        :returns: *Shape:* ``(N,)``, bool.
        """
        assert self.exit_threshold is not None
        kept: npt.NDArray[np.bool_] = logits.max(axis=1) >= self.exit_threshold
        return kept

    def held_out(self) -> ScreenFigures:
        """
        Say what the screen does to documents it was not fitted on.

        :returns: the figures.
        """
        return self.model.held_out.figures(self.decision, self.threshold, self.exit_threshold)
