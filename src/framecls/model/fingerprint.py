"""The fingerprint of a model's weights, which everything derived from them carries."""

import json
from hashlib import sha256
from pathlib import Path

from framecls.errors import ModelError
from framecls.files import file_sha256

__all__ = ["fingerprint"]


def fingerprint(path: Path) -> str:
    """
    Hash what a score depends on: weights, architecture and tokenizer.

    :param path: a checkpoint folder.
    :returns: 64 hexadecimal digits. The layout of the JSON files does not matter, nor who wrote them.
    :raises ModelError: a file is missing or cannot be read.
    """
    digest = sha256()
    try:
        weights = sorted(path.glob("model*.safetensors"))
        if not weights:
            raise ModelError(f"{path}: has no model.safetensors; copy or train the model again")
        for file in weights:
            digest.update(bytes.fromhex(file_sha256(file)))
        for name in ("config.json", "tokenizer.json"):
            content = json.loads((path / name).read_text(encoding="utf-8"))
            content.pop("transformers_version", None)
            digest.update(json.dumps(content, sort_keys=True).encode())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {error}; copy or train the model again") from error
    return digest.hexdigest()
