"""Which mistakes a system makes: one frame for another, and those it is surest of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from framecls.evaluation.metrics import Bools, Floats

__all__ = ["Confusion", "Mistake", "confusions", "mistakes"]


@dataclass(frozen=True, slots=True)
class Confusion:
    """
    One frame beside another.

    :param frame: the one.
    :param other: the other.
    :param together: sentences that carry both in gold.
    :param decided_together: sentences the system gave both.
    :param for_other: sentences with only the other in gold that the system gave only the one.
    """

    frame: str
    other: str
    together: int
    decided_together: int
    for_other: int

    def to_dict(self) -> dict[str, Any]:
        """Give the pair as plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Mistake:
    """
    A decision that gold contradicts.

    :param row: the sentence.
    :param frame: the frame.
    :param kind: ``wrong`` where the system gave it, ``missed`` where gold has it.
    :param probability: the system's.
    """

    row: int
    frame: str
    kind: Literal["wrong", "missed"]
    probability: float


def confusions(gold: Bools, decisions: Bools, *, frames: Sequence[str]) -> list[Confusion]:
    """
    Count each ordered pair of frames.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param frames: names of the F frames.
    :returns: a record for each two different frames.
    """
    found = []
    for one, frame in enumerate(frames):
        for two, other in enumerate(frames):
            if one != two:
                swapped = gold[:, two] & ~gold[:, one] & decisions[:, one] & ~decisions[:, two]
                found.append(
                    Confusion(
                        frame,
                        other,
                        int((gold[:, one] & gold[:, two]).sum()),
                        int((decisions[:, one] & decisions[:, two]).sum()),
                        int(swapped.sum()),
                    )
                )
    return found


def mistakes(
    gold: Bools, probabilities: Floats, decisions: Bools, *, frames: Sequence[str], most: int = 25
) -> list[Mistake]:
    """
    Give the mistakes the system is surest of.

    :param gold: *Shape:* ``(N, F)``, bool.
    :param probabilities: *Shape:* ``(N, F)``.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param frames: names of the F frames.
    :param most: of each kind and frame.
    :returns: frame by frame, the frames it wrongly gave and then those it missed, the surest first.
    """
    found = []
    for column, frame in enumerate(frames):
        given, there, scores = decisions[:, column], gold[:, column], probabilities[:, column]
        kinds: tuple[tuple[Literal["wrong", "missed"], Bools, float], ...] = (
            ("wrong", given & ~there, -1.0),
            ("missed", ~given & there, 1.0),
        )
        for kind, mask, sign in kinds:
            rows = np.flatnonzero(mask)
            surest = rows[np.argsort(sign * scores[rows], kind="stable")][:most]
            found += [Mistake(int(row), frame, kind, float(scores[row])) for row in surest]
    return found
