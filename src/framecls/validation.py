"""One line for the user out of a pydantic error."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

__all__ = ["describe_problems", "first_problem"]


def first_problem(error: ValidationError) -> str:
    """
    Say in one line what is wrong with the first field that failed, and how many others did.

    :param error: the error pydantic raised.
    :returns: ``field.path: problem (found …)``.
    """
    return describe_problems(error.errors())


def describe_problems(problems: Sequence[Mapping[str, Any]]) -> str:
    """
    Say the same of problems in the form that pydantic lists them.

    :param problems: at least one.
    :returns: ``field.path: problem (found …)``.
    """
    problem, *others = problems
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        message = "unknown key; remove it or correct its name"
    else:
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] not in ("missing", "value_error"):
            message += f" (found {problem['input']!r:.80})"
    more = f" (and {len(others)} more problem{'s' if len(others) > 1 else ''})" if others else ""
    return f"{where}: {message}{more}" if where else f"{message}{more}"
