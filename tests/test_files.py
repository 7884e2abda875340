"""Files: none is overwritten by what is made of it; a hash is computed once for a file that stays the same."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from framecls import files
from framecls.errors import ConfigError


def test_what_is_read_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("")
    (tmp_path / "link.jsonl").symlink_to("a.jsonl")
    files.refuse_overwriting(tmp_path / "b.jsonl", [tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    for name in ("a.jsonl", "link.jsonl"):
        with pytest.raises(ConfigError, match=rf"{name}: is what is read; give --output another name"):
            files.refuse_overwriting(tmp_path / name, [tmp_path / "x", tmp_path / ".." / tmp_path.name / "a.jsonl"])


def test_what_is_no_file_is_not_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=f"{tmp_path.name}: is a folder; give the name of a file to write"):
        files.write_text(tmp_path, "")
    with pytest.raises(ConfigError, match="pipe: is a pipe or a device; give the name of a file to write"):
        files.write_text(tmp_path / "pipe", "")


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, int]]:
        yield {"a": 1}
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device") as raised:
        files.write_jsonl(tmp_path / "a", rows())
    assert raised.value.filename == str(tmp_path / "a")
    assert not list(tmp_path.iterdir())


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
