"""Files: a hash is computed once for a file that stays the same, and anew for one that does not."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from framecls import files


def test_hashes_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []
    digest = hashlib.file_digest

    def counting(file: Any, name: str) -> Any:
        computed.append(file.name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counting)
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    assert [files.file_sha256(file) for _ in range(3)] == [hashlib.sha256(b"one").hexdigest()] * 3
    assert len(computed) == 1
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert files.file_sha256(file) == hashlib.sha256(b"two").hexdigest()
    assert len(computed) == 2
    with pytest.raises(FileNotFoundError):
        files.file_sha256(tmp_path / "none")
