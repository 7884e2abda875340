"""Codings that a model, trained without them, finds hard to believe."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framecls.errors import EvaluationError

__all__ = ["Suspect", "suspects"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """
    One frame of one sentence that may be coded wrongly.

    :param row: the sentence.
    :param frame: the frame.
    :param coded: whether it is coded present.
    :param probability: of its presence, according to the model.
    """

    row: int
    frame: str
    coded: bool
    probability: float


def suspects(
    gold: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.floating], *, frames: Sequence[str]
) -> list[Suspect]:
    """
    Find codings that are likely errors, by confident learning.

    Each frame is a question of its own with two answers: cleanlab estimates from the out-of-sample probabilities how
    often either is coded for the other, and names that many of the least believable codings (Northcutt, Jiang & Chuang
    2021, "Confident learning: estimating uncertainty in dataset labels", section 3). What comes out is to be read, not
    to be changed unread.

    :param gold: whether each sentence is coded with each frame. *Shape:* ``(N, F)``, bool.
    :param probabilities: from a model that was not trained on the sentence. *Shape:* ``(N, F)``.
    :param frames: names of the F frames, in column order.
    :returns: the least believable first.
    :raises EvaluationError: the arrays do not fit together, or cleanlab is not installed.
    """
    if gold.shape != probabilities.shape or gold.shape[1:] != (len(frames),):
        raise EvaluationError(
            f"gold has shape {gold.shape} and probabilities {probabilities.shape}; expected (sentences, {len(frames)})"
        )
    try:
        from cleanlab.filter import find_label_issues
    except ModuleNotFoundError as error:
        raise EvaluationError("cleanlab is not installed; run: pip install 'framecls[cleanlab]'") from error
    found = []
    for column, frame in enumerate(frames):
        coded = gold[:, column]
        if coded.all() or not coded.any():
            continue
        present = np.asarray(probabilities[:, column], dtype=np.float64)
        rows = find_label_issues(
            coded.astype(int),
            np.column_stack([1 - present, present]),
            return_indices_ranked_by="self_confidence",
            n_jobs=1,
        )
        found += [Suspect(int(row), frame, bool(coded[row]), float(present[row])) for row in rows]
    return sorted(found, key=lambda suspect: -abs(suspect.coded - suspect.probability))
