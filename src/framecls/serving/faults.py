"""Errors that nobody foresaw, told without the words of a message, which may quote a confidential text."""

import logging
import traceback

__all__ = ["log_fault"]

logger = logging.getLogger(__name__)


def log_fault(what: str, error: BaseException) -> None:
    """
    Log an error by its kind and its place in the code.

    :param what: what failed.
    :param error: the error.
    """
    places = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    logger.error("%s: %s\n%s", what, type(error).__name__, places)
