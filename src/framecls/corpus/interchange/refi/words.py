"""What framecls writes into fields that the standard leaves free, and finds there again."""

import re
from collections.abc import Mapping, Sequence

__all__ = ["MODEL_USER", "ORIGIN", "completed_note", "completed_user", "model_note", "model_probabilities"]

ORIGIN = "framecls"
#: What the name of a user that is a model begins with.
MODEL_USER = "framecls "
_PROBABILITY = re.compile(r"^probability: (.+)$", re.MULTILINE)
_COMPLETED = re.compile(r"read in full by \{([0-9a-f-]{36})\}")


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


def completed_note(user: str) -> str:
    """
    Say that a set holds the documents a user has read in full.

    :param user: GUID of the user.
    :returns: the description of the set.
    """
    return f"Documents read in full by {{{user}}}; what is not selected in them carries no code."


def completed_user(note: str) -> str | None:
    """
    Find what :func:`completed_note` said.

    :param note: the description of a set.
    :returns: GUID of the user, or ``None`` where it says no such thing.
    """
    match = _COMPLETED.search(note)
    return match[1] if match else None
