"""The same decisions, one kind of document at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.errors import EvaluationError
from framecls.evaluation.metrics import Floats, count, f1, macro

__all__ = ["Slice", "evaluate_slices"]


@dataclass(frozen=True, slots=True)
class Slice:
    """
    The sentences that have one value in common.

    :param by: what they are told apart by, such as ``context``.
    :param value: theirs; empty where nothing is known.
    :param sentences: N.
    :param documents: D.
    :param support: of each frame, in the codebook's order.
    :param f1: of each frame; ``None`` where neither gold nor the system has it.
    :param macro: mean over the frames that gold has; ``None`` where it has none.
    """

    by: str
    value: str
    sentences: int
    documents: int
    support: tuple[int, ...]
    f1: tuple[float | None, ...]
    macro: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give the slice as plain values for JSON."""
        return asdict(self)


def evaluate_slices(
    gold: npt.NDArray[np.bool_],
    decisions: npt.NDArray[np.bool_],
    *,
    document_ids: Sequence[str],
    by: Mapping[str, Sequence[str]],
    weights: Floats | None = None,
) -> list[Slice]:
    """
    Score each kind of document by itself.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param document_ids: document of each sentence.
    :param by: for each property its value for each of the N sentences.
    :param weights: what each sentence counts for; 1 by default. *Shape:* ``(N,)``.
    :returns: slices, the largest of each property first.
    :raises EvaluationError: a property has not a value for each sentence.
    """
    found = []
    ids = np.asarray(document_ids)
    for name, values in by.items():
        if len(values) != len(gold):
            raise EvaluationError(f"{len(values)} values of {name!r} for {len(gold)} sentences")
        column = np.asarray(values)
        sizes = {str(value): int((column == value).sum()) for value in np.unique(column)}
        for value in sorted(sizes, key=lambda value: (-sizes[value], value)):
            rows = column == value
            scores = tuple(
                f1(count(gold[rows, i], decisions[rows, i], None if weights is None else weights[rows]))
                for i in range(gold.shape[1])
            )
            support = tuple(gold[rows].sum(axis=0).tolist())
            documents = len(set(ids[rows].tolist()))
            found.append(Slice(name, value, sizes[value], documents, support, scores, macro(scores, support)))
    return found
