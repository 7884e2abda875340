"""What transformers and safetensors raise on a damaged folder, in one line that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from safetensors import SafetensorError

from framecls.errors import ModelError

__all__ = ["AGAIN", "loading"]

#: What helps a checkpoint of ours.
AGAIN = "copy or train the model again"


@contextmanager
def loading(what: str, *, remedy: str) -> Iterator[None]:
    """
    Turn the errors of a file that is missing, cut short, a Git LFS pointer or at odds with another into one of ours.

    :param what: is loaded, and from where: the beginning of the message.
    :param remedy: what to do, the end of the message.
    :raises ModelError: it cannot be loaded.
    """
    try:
        yield
    # Weights of another shape than config.json says are a RuntimeError, and SafetensorError is none of the others; a
    # list where a file of JSON should hold an object is an AttributeError or a TypeError in transformers.
    except (OSError, ValueError, KeyError, RuntimeError, AttributeError, TypeError, SafetensorError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(f"{what} cannot be loaded: {reason}; {remedy}") from error
