"""The hash of a checkpoint: of the files that decide what a sentence is labelled, and of no others."""

import hashlib
from fnmatch import fnmatch
from pathlib import Path

from framecls.errors import ModelError
from framecls.files import file_sha256

__all__ = ["checkpoint_sha256"]

#: Weights, tokenizer, decision and codebook. Cards, records and evaluations may be added without changing the model.
_DECIDING = (
    "model*.safetensors",
    "config.json",
    "framecls.json",
    "codebook.toml",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "spiece.model",
    "sentencepiece*.model",
)


def checkpoint_sha256(path: Path) -> str:
    """
    Hash what decides in a checkpoint folder.

    :param path: the folder.
    :returns: SHA-256 over the names and hashes of the files, in the order of their names.
    :raises ModelError: a file cannot be read, or the folder holds none.
    """
    whole = hashlib.sha256()
    try:
        files = sorted(p for p in path.iterdir() if p.is_file() and any(fnmatch(p.name, name) for name in _DECIDING))
        for file in files:
            whole.update(f"{file.name} {file_sha256(file)}\n".encode())
    except OSError as error:
        raise ModelError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
    if not files:
        raise ModelError(f"{path}: holds no file of a model; train one with 'framecls train', or correct the path")
    return whole.hexdigest()
