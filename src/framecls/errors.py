"""The errors a user can mend.

.. code-block:: text

    FrameclsError
    ├── CodebookError     a codebook that cannot be read or contradicts itself
    ├── ConfigError       a config file or flag that is wrong
    ├── DocumentError     one document that cannot be read; a batch goes on without it
    ├── CorpusError       annotated sentences that cannot be used
    ├── ModelError        a checkpoint, or a base model, that is not one
    └── EvaluationError   gold and predictions that do not fit together

Every message says where, what was found, what was expected and what to do, on one line.
"""

__all__ = [
    "CodebookError",
    "ConfigError",
    "CorpusError",
    "DocumentError",
    "EvaluationError",
    "FrameclsError",
    "ModelError",
]


class FrameclsError(Exception):
    """Any error of framecls that the user can mend."""


class CodebookError(FrameclsError):
    """A codebook that cannot be read or contradicts itself."""


class ConfigError(FrameclsError):
    """A config file or a flag that is wrong."""


class DocumentError(FrameclsError):
    """One document that cannot be read."""


class CorpusError(FrameclsError):
    """Annotated sentences that cannot be used."""


class ModelError(FrameclsError):
    """A checkpoint or a base model that cannot be used."""


class EvaluationError(FrameclsError):
    """Gold and predictions that do not fit together."""
