"""``kill -9`` at any moment, then ``--resume``: exactly the rows of an undisturbed run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="runs are forked")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(30):
        text = " ".join(f"Ship {number} pays toll {n} at the quay." for n in range(40))
        (folder / f"{number:02d}.txt").write_text(text)
    (folder / "empty.txt").write_text("")
    with (folder / "table.jsonl").open("w") as file:
        for number in range(60):
            text = " ".join(f"The pilot {n} meets ship {number}." for n in range(30))
            file.write(json.dumps({"document_id": f"d{number}", "text": text}) + "\n")
    return folder


def kill(documents: Path, model: Path, folder: Path, kills: int) -> dict[str, int]:
    script = Path(__file__).with_name("killing.py")
    command = [sys.executable, script, documents, model, folder, kills, 7]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    assert counts["killed"] == kills
    return counts


def test_three_kills(documents: Path, model_path: Path, tmp_path: Path) -> None:
    counts = kill(documents, model_path, tmp_path, 3)
    assert counts["outputs"] >= 1


@pytest.mark.slow
def test_fifty_kills(documents: Path, model_path: Path, tmp_path: Path) -> None:
    counts = kill(documents, model_path, tmp_path, 50)
    assert counts["saved"] > 0
