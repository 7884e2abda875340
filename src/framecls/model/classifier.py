"""The trained classifier and its checkpoint folder."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from framecls.codebook import Codebook
from framecls.config import Context, Language, Precision
from framecls.errors import CodebookError, ModelError
from framecls.files import whole_file, write_json
from framecls.model.decision import Decision, FrameDecision
from framecls.model.device import choose_device, choose_dtype
from framecls.model.encoding import Encoder
from framecls.model.scoring import Scorer
from framecls.validation import first_problem

__all__ = ["FORMAT", "FrameClassifier", "write_validation"]

logger = logging.getLogger(__name__)

#: Version of ``framecls.json``; a checkpoint of another version is refused by name.
FORMAT = 1
_FACTS = "framecls.json"
_CODEBOOK = "codebook.toml"
_VALIDATION = "validation.parquet"

Scores = npt.NDArray[np.float32]


class _StoredFrame(BaseModel):
    model_config = ConfigDict(extra="forbid")

    slope: float = Field(gt=0)
    intercept: float
    threshold: float = Field(ge=0, le=1)
    support: int


class _StoredDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fitted_on: str
    size: int
    target: str = "f1"
    frames: dict[str, _StoredFrame]


class _Facts(BaseModel):
    """What ``framecls.json`` holds."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    framecls: str
    name: str
    codebook_sha256: str
    context: Context
    max_length: int
    #: Checkpoints from before languages were told apart were all trained on English.
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)
    decision: _StoredDecision


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
        languages: tuple[str, ...] = ("en",),
    ) -> None:
        self.codebook = codebook
        self.decision = decision
        self.name = name
        self.languages = languages
        self._scorer = scorer

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        device: str | None = None,
        precision: Precision = "fp32",
        target: str | None = None,
    ) -> Self:
        """
        Load a checkpoint folder.

        :param path: the folder ``framecls train`` wrote.
        :param device: ``cpu``, ``cuda`` …; CUDA where there is one by default.
        :param precision: arithmetic of the encoder; ``auto`` takes bf16 where the hardware computes in it.
        :param target: fit the thresholds anew for ``f1``, ``precision=0.9``, ``recall=0.95`` …, on the validation
            scores kept in the folder; the stored thresholds by default.
        :returns: the classifier.
        :raises ModelError: the folder is no checkpoint, is incomplete, or is of a version this framecls does not know.
        :raises ConfigError: the target cannot be read.
        :raises EvaluationError: the target is out of reach.
        """
        path = Path(path)
        facts, codebook = _read_facts(path)
        decision = _stored_decision(facts, codebook) if target is None else _fitted_decision(path, codebook, target)
        place = choose_device(device)
        try:
            model = AutoModelForSequenceClassification.from_pretrained(
                path, dtype=choose_dtype(precision, place), local_files_only=True, use_safetensors=True
            )
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ModelError(
                f"{path}: the encoder cannot be loaded: {reason}; copy or train the model again"
            ) from error
        labels = tuple(model.config.id2label[index] for index in range(model.config.num_labels))
        if labels != codebook.frames:
            raise ModelError(
                f"{path}: config.json has labels {', '.join(labels)} but the codebook {', '.join(codebook.frames)}"
            )
        encoder = Encoder(tokenizer=tokenizer, context=facts.context, max_length=facts.max_length)
        return cls(
            scorer=Scorer(model=model.to(place), encoder=encoder),
            codebook=codebook,
            decision=decision,
            name=facts.name,
            languages=facts.languages,
        )

    def save(self, path: Path | str, *, framecls_version: str, half: bool = False) -> None:
        """
        Write the checkpoint: a plain transformers folder plus ``framecls.json`` and ``codebook.toml``.

        :param path: the folder; made where it is not there.
        :param framecls_version: recorded in the checkpoint.
        :param half: store the weights in half precision; the model in memory is rounded with them.
        """
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        if half:
            self._scorer.model.half().save_pretrained(path)
            self._scorer.model.float()
        else:
            self._scorer.model.save_pretrained(path)
        self._scorer.encoder.tokenizer.save_pretrained(path)
        self.codebook.write(path / _CODEBOOK)
        frames = {name: asdict(frame) for name, frame in zip(self.codebook.frames, self.decision.frames, strict=True)}
        facts = _Facts.model_validate(
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
        write_json(path / _FACTS, facts.model_dump())

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
        :raises ModelError: ``before`` or ``heading`` is not as long as ``texts``.
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
        :returns: probabilities, columns in the codebook's order. *Shape:* ``(N, F)``, float32.
        """
        return self.decision.probabilities(self.score(texts, before, heading))

    def decide(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """
        Hold probabilities against the thresholds stored in the checkpoint.

        :param probabilities: from :meth:`probabilities`. *Shape:* ``(N, F)``.
        :returns: whether each frame is present. *Shape:* ``(N, F)``, bool.
        """
        return self.decision.decide(probabilities)


def write_validation(
    path: Path, scores: Scores, gold: npt.NDArray[np.bool_], *, frames: Sequence[str], fitted_on: str
) -> None:
    """
    Keep what the decision was fitted on, so that it can be fitted for another target later: numbers, no text.

    :param path: the checkpoint folder.
    :param scores: logits. *Shape:* ``(N, F)``, float32.
    :param gold: frames of the same sentences. *Shape:* ``(N, F)``, bool.
    :param frames: names of the F frames.
    :param fitted_on: name of the split.
    """
    columns: dict[str, object] = {f"score_{frame}": scores[:, column] for column, frame in enumerate(frames)}
    columns |= {f"gold_{frame}": gold[:, column] for column, frame in enumerate(frames)}
    with whole_file(path / _VALIDATION) as partial:
        table = pa.table(columns).replace_schema_metadata({"fitted_on": fitted_on})
        pq.write_table(table, partial, compression="zstd")


def _stored_decision(facts: _Facts, codebook: Codebook) -> Decision:
    stored = facts.decision
    frames = tuple(FrameDecision(**stored.frames[frame].model_dump()) for frame in codebook.frames)
    return Decision(frames=frames, fitted_on=stored.fitted_on, size=stored.size, target=stored.target)


def _fitted_decision(path: Path, codebook: Codebook, target: str) -> Decision:
    """Fit the decision anew on the validation scores in the folder."""
    try:
        table = pq.read_table(path / _VALIDATION)
        scores, gold = (
            np.stack([table.column(f"{kind}_{frame}").to_numpy() for frame in codebook.frames], axis=1)
            for kind in ("score", "gold")
        )
    except FileNotFoundError:
        raise ModelError(
            f"{path}: has no {_VALIDATION} to fit the target {target} on; train the model again, or leave --target out"
        ) from None
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"{path / _VALIDATION}: cannot be read: {reason}; copy or train the model again") from error
    fitted_on = (table.schema.metadata or {}).get(b"fitted_on", b"validation").decode()
    decision = Decision.fit(scores, gold, frames=codebook.frames, fitted_on=fitted_on, target=target)
    decided = decision.decide(decision.probabilities(scores))
    for column, frame in enumerate(codebook.frames):
        right = int((gold[:, column] & decided[:, column]).sum())
        logger.info(
            "%s, %s: threshold %.3f, with precision %.2f and recall %.2f on %s",
            target,
            frame,
            decision.frames[column].threshold,
            right / max(int(decided[:, column].sum()), 1),
            right / int(gold[:, column].sum()),
            fitted_on,
        )
    return decision


def _read_facts(path: Path) -> tuple[_Facts, Codebook]:
    if not path.is_dir():
        raise ModelError(f"{path}: no such model folder; train one with 'framecls train', or correct the path")
    try:
        content = json.loads((path / _FACTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: is no framecls model; it has no {_FACTS} (was its training finished?)") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path / _FACTS}: cannot be read: {error}; copy or train the model again") from error
    if isinstance(content, dict) and content.get("format") != FORMAT:
        raise ModelError(
            f"{path}: checkpoint format {content.get('format')!r} is not {FORMAT}; use the framecls that wrote it"
        )
    try:
        facts = _Facts.model_validate(content)
    except ValidationError as error:
        raise ModelError(f"{path / _FACTS}: {first_problem(error)}") from error
    try:
        codebook = Codebook.read(path / _CODEBOOK)
    except CodebookError as error:
        raise ModelError(f"{path}: {error}") from error
    if codebook.sha256 != facts.codebook_sha256:
        raise ModelError(
            f"{path / _CODEBOOK}: is not the codebook the model was trained with; restore the original file"
        )
    if tuple(facts.decision.frames) != codebook.frames:
        raise ModelError(
            f"{path / _FACTS}: decides on other frames than its codebook has; copy or train the model again"
        )
    return facts, codebook
