"""The files of a checkpoint folder beside weights and tokenizer: facts, codebook, decision, validation scores."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from transformers import AutoConfig

from framecls.codebook import Codebook
from framecls.config import Context, Language
from framecls.corpus import Split
from framecls.errors import CodebookError, ModelError
from framecls.files import whole_file, write_json
from framecls.model.decision import Decision, FrameDecision
from framecls.model.fingerprint import fingerprint
from framecls.model.loading import AGAIN, loading
from framecls.validation import first_problem

__all__ = [
    "FACTS",
    "FORMAT",
    "Facts",
    "fitted_decision",
    "read_facts",
    "read_labels",
    "read_splits",
    "stored_decision",
    "write_facts",
    "write_splits",
    "write_validation",
]

logger = logging.getLogger(__name__)

#: Version of ``framecls.json``; a checkpoint of another version is refused by name.
FORMAT = 1
#: A folder counts as a model from the moment it is there.
FACTS = "framecls.json"
_CODEBOOK = "codebook.toml"
_VALIDATION = "validation.parquet"
_SPLITS = "splits.json"


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


class Facts(BaseModel):
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


def write_validation(
    path: Path,
    scores: npt.NDArray[np.float32],
    gold: npt.NDArray[np.bool_],
    *,
    frames: Sequence[str],
    fitted_on: str,
    fingerprint: str | None,
) -> None:
    """
    Keep what the decision was fitted on, so that it can be fitted for another target later: numbers, no text.

    :param path: the checkpoint folder.
    :param scores: logits. *Shape:* ``(N, F)``, float32.
    :param gold: frames of the same sentences. *Shape:* ``(N, F)``, bool.
    :param frames: names of the F frames.
    :param fitted_on: name of the split.
    :param fingerprint: of the weights that gave the scores; ``None`` where none can be taken.
    """
    columns: dict[str, object] = {f"score_{frame}": scores[:, column] for column, frame in enumerate(frames)}
    columns |= {f"gold_{frame}": gold[:, column] for column, frame in enumerate(frames)}
    metadata = {"fitted_on": fitted_on} | ({} if fingerprint is None else {"fingerprint": fingerprint})
    with whole_file(path / _VALIDATION) as partial:
        table = pa.table(columns).replace_schema_metadata(metadata)
        pq.write_table(table, partial, compression="zstd")


def write_facts(path: Path, facts: Facts, codebook: Codebook) -> None:
    """
    Write ``framecls.json`` and ``codebook.toml``.

    :param path: the checkpoint folder.
    :param facts: what the one holds.
    :param codebook: what the other holds.
    """
    codebook.write(path / _CODEBOOK)
    write_json(path / FACTS, facts.model_dump())


def read_facts(path: Path) -> tuple[Facts, Codebook]:
    """
    Read ``framecls.json`` and ``codebook.toml``.

    :param path: the checkpoint folder.
    :returns: the facts and the codebook, which belong together.
    :raises ModelError: the folder is no checkpoint, is incomplete, or is of a version this framecls does not know.
    """
    if not path.is_dir():
        raise ModelError(f"{path}: no such model folder; train one with 'framecls train', or correct the path")
    try:
        content = json.loads((path / FACTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: is no framecls model; it has no {FACTS} (was its training finished?)") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path / FACTS}: cannot be read: {error}; copy or train the model again") from error
    if isinstance(content, dict) and content.get("format") != FORMAT:
        raise ModelError(
            f"{path}: checkpoint format {content.get('format')!r} is not {FORMAT}; use the framecls that wrote it"
        )
    try:
        facts = Facts.model_validate(content)
    except ValidationError as error:
        raise ModelError(f"{path / FACTS}: {first_problem(error)}") from error
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
            f"{path / FACTS}: decides on other frames than its codebook has; copy or train the model again"
        )
    return facts, codebook


def write_splits(path: Path, splits: Mapping[str, Split]) -> None:
    """
    Write which documents the model learnt from, and which were held out.

    :param path: the checkpoint folder.
    :param splits: by document id.
    """
    write_json(path / _SPLITS, dict(splits))


def read_splits(path: Path) -> dict[str, Split]:
    """
    Read which documents a model learnt from, and which were held out.

    :param path: the checkpoint folder.
    :returns: split by document id; empty where the model came without them, as an encoder of somebody else does.
    :raises ModelError: the file is there and is no record of splits.
    """
    file = path / _SPLITS
    if not file.exists():
        return {}
    try:
        return TypeAdapter(dict[str, Split]).validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(f"{file}: is no record of documents and splits; restore it, or take it away") from error


def read_labels(path: Path) -> tuple[str, ...]:
    """
    Read the names of the encoder's outputs.

    :param path: the checkpoint folder.
    :returns: the names, in the order of the logits.
    :raises ModelError: the encoder's config cannot be read.
    """
    with loading(f"{path}: the encoder", remedy=AGAIN):
        config = AutoConfig.from_pretrained(path, local_files_only=True)
    return tuple(config.id2label[index] for index in range(config.num_labels))


def stored_decision(facts: Facts, codebook: Codebook) -> Decision:
    """
    Give the decision that is stored.

    :param facts: hold it by the frames' names.
    :param codebook: gives their order.
    :returns: the decision.
    """
    stored = facts.decision
    frames = tuple(FrameDecision(**stored.frames[frame].model_dump()) for frame in codebook.frames)
    return Decision(frames=frames, fitted_on=stored.fitted_on, size=stored.size, target=stored.target)


def fitted_decision(path: Path, codebook: Codebook, target: str) -> Decision:
    """
    Fit the decision anew on the validation scores in the folder.

    :param path: the checkpoint folder.
    :param codebook: gives the frames.
    :param target: ``f1``, ``precision=0.9`` …
    :returns: the decision.
    :raises ModelError: the folder has no such scores, or those of other weights.
    :raises EvaluationError: the target is out of reach.
    """
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
    metadata = table.schema.metadata or {}
    # Models from before scores were held to their weights say nothing of them.
    if (known := metadata.get(b"fingerprint")) is not None and known.decode() != fingerprint(path):
        raise ModelError(
            f"{path / _VALIDATION}: was written of other weights than the model has, so the target {target} cannot be "
            "fitted on it; restore the original file, train the model again, or leave --target out"
        )
    fitted_on = metadata.get(b"fitted_on", b"validation").decode()
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
