"""One line for the user out of a pydantic error."""

from pydantic import ValidationError

__all__ = ["first_problem"]


def first_problem(error: ValidationError) -> str:
    """
    Say in one line what is wrong with the first field that failed, and how many others did.

    :param error: the error pydantic raised.
    :returns: ``field.path: problem (found …)``.
    """
    problem, *others = error.errors()
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        message = "unknown key; remove it or correct its name"
    else:
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] not in ("missing", "value_error"):
            message += f" (found {problem['input']!r:.80})"
    more = f" (and {len(others)} more problem{'s' if len(others) > 1 else ''})" if others else ""
    return f"{where}: {message}{more}" if where else f"{message}{more}"
