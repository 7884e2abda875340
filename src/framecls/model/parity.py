"""
Held-out sentences in the checkpoint, and whether an engine decides on them as the reference does.

The reference is the torch engine in fp32. ``parity.parquet`` holds the sentences with their gold and the reference's
scores. It holds text, so it is written only when asked for, from a corpus that may be passed on with the model.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from framecls.errors import ModelError
from framecls.files import whole_file
from framecls.macro import macro_mean
from framecls.model.decision import Decision
from framecls.model.encoding import Encoder, Features
from framecls.model.engine import Engine
from framecls.model.scoring import score_encoded

__all__ = ["LEAST_AGREEMENT", "MOST_F1_MOVE", "PARITY", "HeldOut", "Parity", "Part", "measure_parity", "write_held_out"]

logger = logging.getLogger(__name__)

PARITY = "parity.parquet"

#: Least share of held-out sentences on which all frames are decided as the reference decides them, and the most that
#: macro-F1 may move, up or down.
LEAST_AGREEMENT, MOST_F1_MOVE = 0.995, 0.005

#: What the sentences of the file are for: engines are judged on the ones and may be calibrated on the others.
Part = Literal["held_out", "calibration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """
    Sentences of one part of the file.

    :param texts: N sentences.
    :param before: the sentence before each.
    :param heading: the heading path of each.
    :param gold: whether each frame is there. *Shape:* ``(N, F)``, bool.
    :param scores: logits of the reference. *Shape:* ``(N, F)``, float32.
    """

    texts: tuple[str, ...]
    before: tuple[str, ...]
    heading: tuple[str, ...]
    gold: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float32]

    def encode(self, encoder: Encoder) -> Features:
        """
        Encode the sentences.

        :param encoder: of the model.
        :returns: what the encoder gives.
        """
        return encoder(self.texts, self.before, self.heading)

    @classmethod
    def read(cls, path: Path, part: Part, *, frames: Sequence[str], fingerprint: str) -> Self | None:
        """
        Read one part of the file of a checkpoint.

        :param path: the checkpoint folder.
        :param part: which.
        :param frames: of the codebook, in order.
        :param fingerprint: of the model's weights.
        :returns: the sentences; ``None`` where the checkpoint keeps none.
        :raises ModelError: the file cannot be read, or belongs to other weights.
        """
        file = path / PARITY
        try:
            table = pq.read_table(file)
            table = table.filter(pc.equal(table["part"], part))
            gold, scores = (
                np.stack([table.column(f"{kind}_{frame}").to_numpy() for frame in frames], axis=1)
                for kind in ("gold", "score")
            )
            texts, before, heading = (tuple(table.column(name).to_pylist()) for name in ("text", "before", "heading"))
        except FileNotFoundError:
            return None
        except (OSError, KeyError, pa.ArrowInvalid) as error:
            reason = str(error).strip().splitlines()[0]
            raise ModelError(f"{file}: cannot be read: {reason}; write it again with 'framecls engines'") from error
        if (table.schema.metadata or {}).get(b"fingerprint", b"").decode() != fingerprint:
            raise ModelError(
                f"{file}: belongs to other weights than the model has; write it again with 'framecls engines --corpus'"
            )
        return cls(texts=texts, before=before, heading=heading, gold=gold, scores=scores)


def write_held_out(
    path: Path, parts: Mapping[Part, HeldOut], *, frames: Sequence[str], fingerprint: str, corpus: str
) -> None:
    """
    Write the file.

    :param path: the checkpoint folder.
    :param parts: sentences by part.
    :param frames: of the codebook, in order.
    :param fingerprint: of the weights the scores are of.
    :param corpus: what the sentences are from, for the record.
    """
    columns: dict[str, list[object]] = {}
    for part, held in parts.items():
        texts = {"part": [part] * len(held.texts), "text": held.texts, "before": held.before, "heading": held.heading}
        numbers = {f"gold_{frame}": held.gold[:, i].tolist() for i, frame in enumerate(frames)}
        numbers |= {f"score_{frame}": held.scores[:, i] for i, frame in enumerate(frames)}
        for name, values in (texts | numbers).items():
            columns.setdefault(name, []).extend(values)
    types = {f"score_{frame}": pa.float32() for frame in frames}
    table = pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()})
    with whole_file(path / PARITY) as partial:
        pq.write_table(
            table.replace_schema_metadata({"fingerprint": fingerprint, "corpus": corpus}), partial, compression="zstd"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """
    How far an engine's decisions are those of the reference.

    :param engine: its name.
    :param sentences: held-out sentences N.
    :param agreement: share of them on which every frame is decided alike.
    :param f1: macro-F1 of the engine's decisions against gold.
    :param reference_f1: that of the reference.
    """

    engine: str
    sentences: int
    agreement: float
    f1: float
    reference_f1: float

    @property
    def holds(self) -> bool:
        """Whether the engine may be used in the reference's place."""
        # A move of just the limit, less what the subtraction rounds.
        return self.agreement >= LEAST_AGREEMENT and abs(self.f1 - self.reference_f1) <= MOST_F1_MOVE + 1e-9

    def __str__(self) -> str:
        return (
            f"decides as torch in fp32 on {100 * self.agreement:.2f} % of {self.sentences} held-out sentences, "
            f"macro-F1 {self.f1 - self.reference_f1:+.4f}"
        )

    def check(self) -> None:
        """
        Refuse an engine that does not hold parity.

        :raises ModelError: it does not; with the figure.
        """
        if not self.holds:
            raise ModelError(
                f"engine {self.engine} {self}; at least {100 * LEAST_AGREEMENT:g} % and at most ±{MOST_F1_MOVE:g} are "
                "asked for; take another engine"
            )


def measure_parity(engine: Engine, held_out: HeldOut, encoder: Encoder, decision: Decision) -> Parity:
    """
    Hold an engine's decisions against the reference's.

    :param engine: the engine.
    :param held_out: sentences with gold and the reference's scores.
    :param encoder: of the model.
    :param decision: of the model, for the target in use.
    :returns: what was found.
    """
    scores = score_encoded(engine, held_out.encode(encoder), encoder)
    decided, reference = (decision.decide(decision.probabilities(found)) for found in (scores, held_out.scores))
    return Parity(
        engine=engine.name,
        sentences=len(reference),
        agreement=float((decided == reference).all(axis=1).mean()),
        f1=_macro_f1(decided, held_out.gold),
        reference_f1=_macro_f1(reference, held_out.gold),
    )


def _macro_f1(decided: npt.NDArray[np.bool_], gold: npt.NDArray[np.bool_]) -> float:
    """Average F1 over the frames that gold has; there is one, as the held-out sentences were chosen so."""
    support = gold.sum(axis=0)
    # F1 without support is not averaged, so any divisor does.
    scores = 2 * (decided & gold).sum(axis=0) / np.maximum(decided.sum(axis=0) + support, 1)
    return float(macro_mean(scores, support))
