"""What framecls writes into fields that the standard leaves free, and finds there again."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, cast

__all__ = ["MODEL_USER", "ORIGIN", "Extent", "model_note", "model_probabilities", "read_note", "read_user"]

ORIGIN = "framecls"
#: What the name of a user that is a model begins with.
MODEL_USER = "framecls "
_PROBABILITY = re.compile(r"^probability: (.+)$", re.MULTILINE)
_READ = re.compile(r"read in (full|part) by \{([0-9a-f-]{36})\}")
#: How much of a document somebody has read.
Extent = Literal["full", "part"]
_REST = {
    "full": "what is not selected in them carries no code",
    "part": "nothing is said of what is not selected in them",
}


def model_note(names: Sequence[str], probabilities: Sequence[float]) -> str:
    """
    Say how sure a model is of each code.

    :param names: of the codes.
    :param probabilities: one for each.
    :returns: ``probability: shared_responsibility 0.8312; win_win 0.6120``.
    """
    return "probability: " + "; ".join(
        f"{name} {probability:.4f}" for name, probability in zip(names, probabilities, strict=True)
    )


def model_probabilities(note: str, names: Mapping[str, str]) -> tuple[str, dict[str, float]]:
    """
    Find what :func:`model_note` said.

    :param note: a description.
    :param names: ids of codes by name.
    :returns: the description without it, and probabilities by id of the code.
    """
    match = _PROBABILITY.search(note)
    if match is None:
        return note, {}
    found = {}
    for part in match[1].split("; "):
        name, _, number = part.rpartition(" ")
        if name in names and re.fullmatch(r"[01]\.\d+", number) and float(number) <= 1:
            found[names[name]] = float(number)
    return (note[: match.start()] + note[match.end() :]).strip(), found


def read_note(user: str, extent: Extent) -> str:
    """
    Say that a set holds the documents a user has read, in full or in part.

    :param user: GUID of the user.
    :param extent: how much of them.
    :returns: the description of the set.
    """
    return f"Documents read in {extent} by {{{user}}}; {_REST[extent]}."


def read_user(note: str) -> tuple[str, Extent] | None:
    """
    Find what :func:`read_note` said.

    :param note: the description of a set.
    :returns: GUID of the user and how much they have read, or ``None`` where it says no such thing.
    """
    match = _READ.search(note)
    return (match[2], cast(Extent, match[1])) if match else None
