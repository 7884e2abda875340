"""The trained classifier."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
from transformers import AutoTokenizer

from framecls.codebook import Codebook
from framecls.config import Context, EngineChoice, EngineName, Precision
from framecls.errors import ModelError
from framecls.model.checkpoint import (
    FACTS,
    FORMAT,
    Facts,
    fitted_decision,
    read_facts,
    read_labels,
    stored_decision,
    write_facts,
    write_validation,
)
from framecls.model.choice import Engines
from framecls.model.decision import Decision
from framecls.model.device import choose_device, choose_engine
from framecls.model.encoding import Encoder
from framecls.model.engine import Engine, TorchEngine
from framecls.model.fingerprint import fingerprint
from framecls.model.loading import AGAIN, loading
from framecls.model.parity import PARITY
from framecls.model.scoring import WINDOW, Scorer, listed_inputs
from framecls.model.screening import Screen, ScreenModel

if TYPE_CHECKING:
    from framecls.model.attribution import Push

__all__ = ["FrameClassifier", "Scores", "engines_of"]

logger = logging.getLogger(__name__)

Scores = npt.NDArray[np.float32]


class FrameClassifier:
    """
    An encoder with a multi-label head, and the decision fitted for it.

    Validation, test, batch labelling and reports all go through :meth:`score`, :meth:`probabilities` and
    :meth:`decide`; there is no other place where a sentence becomes a frame.
    """

    def __init__(
        self,
        *,
        scorer: Scorer,
        codebook: Codebook,
        decision: Decision,
        name: str,
        screen: Screen | None = None,
        early: Scorer | None = None,
        languages: tuple[str, ...] = ("en",),
    ) -> None:
        self.codebook = codebook
        self.decision = decision
        self.name = name
        #: The folder it was loaded from; ``None`` for a classifier that was made in memory.
        self.path: Path | None = None
        self.languages = languages
        self._scorer = scorer
        self._screen = screen
        self._early = early

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        device: str | None = None,
        precision: Precision | None = None,
        target: str | None = None,
        decision: Decision | None = None,
        engine: EngineChoice | None = None,
        threads: int | None = None,
        screen_loss: float | None = None,
    ) -> Self:
        """
        Load a checkpoint folder.

        :param path: the folder ``framecls train`` wrote.
        :param device: ``cpu``, ``cuda`` …; CUDA where there is one by default.
        :param precision: arithmetic of the torch engine, fp32 by default; ``auto`` takes bf16 where the hardware
            computes in it.
        :param target: fit the thresholds anew for ``f1``, ``precision=0.9``, ``recall=0.95`` …, on the validation
            scores kept in the folder; the stored thresholds by default.
        :param decision: calibration and thresholds to take instead of the folder's, and instead of a target; engine and
            screen are held and fitted to it.
        :param engine: what computes the scores: ``torch`` by default, ``torch-bf16``, ``onnx``, ``onnx-int8``, or
            ``auto`` for the fastest on the first sentences scored. Any but ``torch`` is held to its decisions.
        :param threads: how many to compute with; the physical cores at hand by default.
        :param screen_loss: let the checkpoint's screen discard sentences before the encoder sees them, at the cost of
            about this share of the positive decisions; no screen by default. Never for an evaluation.
        :returns: the classifier.
        :raises ModelError: the folder is no checkpoint, is incomplete, or is of a version this framecls does not know,
            or the engine does not decide as the reference does.
        :raises ConfigError: the target cannot be read, or engine and precision contradict each other.
        :raises EvaluationError: the target is out of reach.
        """
        if target is not None and decision is not None:
            raise ValueError("a classifier takes a target to fit a decision for, or a decision")
        path = Path(path)
        facts, codebook = read_facts(path)
        engines = _engines(path, facts, codebook, device=device, target=target, decision=decision, threads=threads)
        name = choose_engine(engine, precision, engines.device)
        screen = None
        if screen_loss is not None:
            screen = ScreenModel.read(path, fingerprint=fingerprint(path)).at(screen_loss, engines.decision)
        encoder, early = engines.encoder, None
        head = None if screen is None else screen.head
        if name == "auto":
            scorer = Scorer(encoder=encoder, choose=engines.fastest)
            if head is not None:
                early = Scorer(encoder=encoder, choose=lambda found: engines.load(scorer.settle(found).name, head))
        else:
            scorer = Scorer(encoder=encoder, engine=_held(engines, name, asked=engine is not None))
            if head is not None:
                early = Scorer(encoder=encoder, engine=engines.load(name, head))
        classifier = cls(
            scorer=scorer,
            codebook=codebook,
            decision=engines.decision,
            name=facts.name,
            languages=facts.languages,
            screen=screen,
            early=early,
        )
        classifier.path = path
        return classifier

    def settle(
        self, texts: Sequence[str], before: Sequence[str] | None = None, heading: Sequence[str] | None = None
    ) -> EngineName:
        """
        Choose the engine now, where ``auto`` has not chosen one yet, and not at the first sentences scored.

        :param texts: sentences such as will be scored.
        :param before: the sentence before each, or ``None``.
        :param heading: the heading path of each, or ``None``.
        :returns: the engine's name.
        """
        return self._scorer.settle(self._scorer.encoder(texts, before, heading)).name

    @property
    def engine(self) -> EngineName | None:
        """The name of the engine that computes the scores; ``None`` while ``auto`` has not chosen one."""
        return None if self._scorer.engine is None else self._scorer.engine.name

    @property
    def screen(self) -> Screen | None:
        """What discards sentences before the encoder sees them; ``None`` where nothing does."""
        return self._screen

    def provenance(self) -> dict[str, str]:
        """
        Say how scores are computed, for the metadata of what is made of them.

        :returns: the engine (``auto`` while none has been chosen) and, where there is a screen, what it was asked to
            lose and what it loses on documents that it was not fitted on.
        """
        facts: dict[str, str] = {"framecls.engine": self.engine or "auto"}
        if self._screen is not None:
            screen: dict[str, object] = {
                "loss": self._screen.loss,
                "threshold": self._screen.threshold,
                "exit_threshold": self._screen.exit_threshold,
                "held_out": asdict(self._screen.held_out()),
            }
            facts["framecls.screen"] = json.dumps(screen)
        return facts

    @property
    def context(self) -> Context:
        """What of a sentence's surroundings the model looks at."""
        return self._scorer.encoder.context

    def save(
        self,
        path: Path | str,
        *,
        framecls_version: str,
        half: bool = False,
        validation: tuple[Scores, npt.NDArray[np.bool_]] | None = None,
    ) -> None:
        """
        Write the checkpoint: a plain transformers folder plus ``framecls.json`` and ``codebook.toml``.

        :param path: the folder; made where it is not there.
        :param framecls_version: recorded in the checkpoint.
        :param half: store the weights in half precision; the model in memory is rounded with them.
        :param validation: logits and gold that the decision was fitted on, kept so that it can be fitted for another
            target later. Both *Shape:* ``(N, F)``, float32 and bool.
        :raises ModelError: the engine holds no weights that could be written.
        """
        if not isinstance(self._scorer.engine, TorchEngine):
            raise ModelError(
                f"engine {self.engine or 'auto'} holds no weights to save; load the model with engine torch"
            )
        model = self._scorer.engine.model
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        # Written last and taken away first, so that no half of a save counts as a model.
        (path / FACTS).unlink(missing_ok=True)
        if half:
            model.half().save_pretrained(path)
            model.float()
        else:
            model.save_pretrained(path)
        self._scorer.encoder.tokenizer.save_pretrained(path)
        if validation is not None:
            scores, gold = validation
            write_validation(
                path,
                scores,
                gold,
                frames=self.codebook.frames,
                fitted_on=self.decision.fitted_on,
                # A tokenizer written in Python has no file that a fingerprint could be taken of.
                fingerprint=fingerprint(path) if self._scorer.encoder.tokenizer.is_fast else None,
            )
        frames = {name: asdict(frame) for name, frame in zip(self.codebook.frames, self.decision.frames, strict=True)}
        facts = Facts.model_validate(
            {
                "format": FORMAT,
                "framecls": framecls_version,
                "name": self.name,
                "codebook_sha256": self.codebook.sha256,
                "context": self._scorer.encoder.context,
                "max_length": self._scorer.encoder.max_length,
                "languages": self.languages,
                "decision": {
                    "fitted_on": self.decision.fitted_on,
                    "size": self.decision.size,
                    "target": self.decision.target,
                    "frames": frames,
                },
            }
        )
        write_facts(path, facts, self.codebook)

    def score(
        self,
        texts: Sequence[str],
        before: Sequence[str] | None = None,
        heading: Sequence[str] | None = None,
    ) -> Scores:
        """
        Score sentences.

        :param texts: N sentences.
        :param before: the sentence before each; only a model trained with that context looks at it.
        :param heading: the heading path of each; likewise.
        :returns: logits, columns in the codebook's order. *Shape:* ``(N, F)``, float32.
        :raises ModelError: ``texts`` holds what is no text, or ``before`` or ``heading`` is not as long.
        """
        return self._scorer(texts, before, heading)

    def probabilities(
        self,
        texts: Sequence[str],
        before: Sequence[str] | None = None,
        heading: Sequence[str] | None = None,
    ) -> Scores:
        """
        Score sentences and calibrate the scores.

        :param texts: N sentences.
        :param before: the sentence before each, or ``None``.
        :param heading: the heading path of each, or ``None``.
        :returns: probabilities, columns in the codebook's order; NaN, which decides as absent, in the rows of sentences
            that a screen has discarded. *Shape:* ``(N, F)``, float32.
        :raises ModelError: as :meth:`score` does, with a screen as without one.
        """
        if self._screen is None:
            return self.decision.probabilities(self.score(texts, before, heading))
        texts, before, heading = listed_inputs(texts, before, heading)
        probabilities = np.full((len(texts), len(self.codebook.frames)), np.nan, dtype=np.float32)
        for start in range(0, len(texts), WINDOW):
            # What is kept stays encoded for the whole encoder, so only so much of it at a time.
            rows = start + np.flatnonzero(self._screen.keeps(texts[start : start + WINDOW]))
            features = self._scorer.encoder(*_at(rows, texts, before, heading))
            if self._early is not None and features:
                kept = np.flatnonzero(self._screen.keeps_at_exit(self._early.score_features(features)))
                rows, features = rows[kept], [features[row] for row in kept.tolist()]
            if features:
                probabilities[rows] = self.decision.probabilities(self._scorer.score_features(features))
        return probabilities

    def too_long(self, texts: Sequence[str]) -> list[int]:
        """
        Tell which sentences are longer than what the model reads; it sees their beginning only.

        :param texts: N sentences.
        :returns: their rows, in order.
        """
        return self._scorer.encoder.too_long(texts)

    @property
    def max_length(self) -> int:
        """Tokens of a sentence that the model reads, special ones included."""
        return self._scorer.encoder.max_length

    def decide(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """
        Hold probabilities against the thresholds stored in the checkpoint.

        :param probabilities: from :meth:`probabilities`. *Shape:* ``(N, F)``.
        :returns: whether each frame is present. *Shape:* ``(N, F)``, bool.
        """
        return self.decision.decide(probabilities)

    def explain(
        self,
        texts: Sequence[str],
        frames: Sequence[str],
        before: Sequence[str] | None = None,
        heading: Sequence[str] | None = None,
    ) -> "list[list[Push]]":
        """
        Tell which words push the score of a frame up or down.

        :param texts: N sentences.
        :param frames: the frame asked of each.
        :param before: the sentence before each, or ``None``.
        :param heading: the heading path of each, or ``None``.
        :returns: for each sentence its words, as :func:`framecls.model.attribution.attribute` gives them.
        :raises CodebookError: a frame is unknown.
        :raises EvaluationError: captum is not installed.
        """
        from framecls.model.attribution import attribute

        return attribute(self._scorer, texts, [self.codebook.index(frame) for frame in frames], before, heading)


def engines_of(
    path: Path | str, *, device: str | None = None, target: str | None = None, threads: int | None = None
) -> Engines:
    """
    Give the engines of a checkpoint, none of them loaded.

    :param path: the checkpoint folder.
    :param device: where torch computes; CUDA where there is one by default.
    :param target: what thresholds are fitted for; the stored ones by default.
    :param threads: how many to compute with; the physical cores at hand by default.
    :returns: the engines.
    :raises FrameclsError: the folder is no checkpoint, or device or target cannot be had.
    """
    path = Path(path)
    return _engines(path, *read_facts(path), device=device, target=target, threads=threads)


def _engines(
    path: Path,
    facts: Facts,
    codebook: Codebook,
    *,
    device: str | None,
    target: str | None,
    threads: int | None,
    decision: Decision | None = None,
) -> Engines:
    if decision is None:
        decision = stored_decision(facts, codebook) if target is None else fitted_decision(path, codebook, target)
    place = choose_device(device)
    labels = read_labels(path)
    if labels != codebook.frames:
        raise ModelError(
            f"{path}: config.json has labels {', '.join(labels)} but the codebook {', '.join(codebook.frames)}"
        )
    with loading(f"{path}: the tokenizer", remedy=AGAIN):
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    encoder = Encoder(tokenizer=tokenizer, context=facts.context, max_length=facts.max_length)
    return Engines(path=path, frames=codebook.frames, encoder=encoder, decision=decision, device=place, threads=threads)


def _at(
    rows: npt.NDArray[np.intp],
    texts: Sequence[str],
    before: Sequence[str] | None,
    heading: Sequence[str] | None,
) -> tuple[Sequence[str], Sequence[str] | None, Sequence[str] | None]:
    """Take some of the sentences, with what surrounds them."""
    kept = rows.tolist()
    return (
        [texts[row] for row in kept],
        before and [before[row] for row in kept],
        heading and [heading[row] for row in kept],
    )


def _held(engines: Engines, name: EngineName, *, asked: bool) -> Engine:
    """Load an engine that decides as the reference does. One not asked for by name comes of ``precision``."""
    if not asked and not (engines.path / PARITY).exists():
        if name != "torch":
            logger.warning(
                "%s: bf16 is used unchecked, as the model keeps no held-out sentences; write them with "
                "'framecls engines --corpus'",
                engines.path,
            )
        return engines.load(name)
    engine, parity = engines.load_held(name)
    if parity is not None:
        logger.info("engine %s %s", name, parity)
    return engine
