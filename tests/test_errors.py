"""The error tree: one base to catch, and a docstring that draws all of it."""

import re

import pytest

from framecls import errors
from framecls.errors import (
    CodebookError,
    ConfigError,
    CorpusError,
    DocumentError,
    EvaluationError,
    FrameclsError,
    ModelError,
)

LEAVES = [CodebookError, ConfigError, DocumentError, CorpusError, ModelError, EvaluationError]


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_error_is_caught_as_the_base(leaf: type[FrameclsError]) -> None:
    with pytest.raises(FrameclsError, match="somewhere: something"):
        raise leaf("somewhere: something")


def test_no_error_catches_another() -> None:
    assert all(leaf.__bases__ == (FrameclsError,) for leaf in LEAVES)
    assert FrameclsError.__bases__ == (Exception,)


def test_the_docstring_draws_every_exported_error() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"^    \W*(\w+Error)", errors.__doc__, re.MULTILINE)
    assert sorted(drawn) == sorted(errors.__all__)
    assert {*LEAVES, FrameclsError} == {getattr(errors, name) for name in errors.__all__}
