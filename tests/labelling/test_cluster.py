"""Ray: the same rows as on one machine, also when an actor is killed. Ray takes seconds to start, so most are slow."""

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from framecls.documents import Source
from framecls.errors import ConfigError, DocumentError
from framecls.labelling import Cluster, label
from framecls.labelling.cluster import _read_part
from framecls.labelling.sharding import Part, Reading, cut_parts, hash_inputs
from framecls.labelling.unfinished import run_folder
from framecls.model import FrameClassifier

SIZE = 128


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "0 Ray workers label nothing; give at least 1"),
        ({"cpus": 0}, "a Ray worker cannot have 0 CPUs and 0 GPUs; give CPUs above 0, GPUs from 0"),
        ({"gpus": -1}, "a Ray worker cannot have 1 CPUs and -1 GPUs"),
        ({"object_store": 1000}, "an object store of 1000 bytes is too small; give at least 80,000,000"),
    ],
)
def test_cluster_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Cluster(address="local", **options)


def test_model_made_in_memory_cannot_go_to_a_cluster(classifier: FrameClassifier, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ships pay.")
    classifier.path = None
    with pytest.raises(ConfigError, match="was not loaded from a folder cannot be given to other processes; save it"):
        label([tmp_path / "a.txt"], classifier, tmp_path / "labels.csv", cluster=Cluster(address="local"))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (
            "ray://head:10001",
            r"Ray address 'ray://head:10001': expected 'local', 'auto', or host:port of the head node",
        ),
        ("head", r"expected 'local', 'auto', or host:port of the head node"),
        ("127.0.0.1:9", r"Ray 127\.0\.0\.1:9: no head node answers: Connection refused; correct the address"),
    ],
)
def test_address_without_a_cluster(model_path: Path, tmp_path: Path, address: str, message: str) -> None:
    pytest.importorskip("ray")
    (tmp_path / "a.txt").write_text("Ships pay.")
    with pytest.raises(ConfigError, match=message):
        label([tmp_path / "a.txt"], model_path, tmp_path / "labels.csv", cluster=Cluster(address=address))
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_ray_that_is_not_installed(model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "a.txt").write_text("Ships pay.")
    with pytest.raises(ConfigError, match=r"ray is not installed; pip install 'framecls\[ray\]'"):
        label([tmp_path / "a.txt"], model_path, tmp_path / "labels.csv", cluster=Cluster(address="local"))


def test_input_that_a_machine_of_the_cluster_has_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ships pay.")
    [part] = cut_parts(hash_inputs([Source(tmp_path / "a.txt", "a.txt"), Source(tmp_path / "b.txt", "b.txt")]))
    assert len(list(_read_part(_items(part), reading=Reading(), size=9))) == 1
    (tmp_path / "a.txt").write_text("Ships pay more.")
    with pytest.raises(DocumentError, match=r"a\.txt: is not the same on .+; give inputs that all machines share"):
        list(_read_part(_items(part), reading=Reading(), size=9))


def _items(part: Part) -> pa.Table:
    return pa.table({"part": [pickle.dumps((part, set()))]})


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """6,000 sentences in two parts."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(10):
        text = " ".join(f"Ship {number} pays toll {n} at the quay." for n in range(150))
        (folder / f"{number}.txt").write_text(text)
    (folder / "5b.txt").write_text("")
    with (folder / "table.jsonl").open("w") as file:
        for number in range(150):
            text = " ".join(f"The pilot {n} meets ship {number}." for n in range(30))
            file.write(json.dumps({"document_id": f"d{number}", "text": text}) + "\n")
    return folder


def start(documents: Path, model: Path, output: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "framecls", "--quiet", "label", documents, "--model", model, "--output", output]
    command += ["--shard-size", str(SIZE), "--ray", "local", "--ray-workers", "2", "--ray-memory", "100", *options]
    return subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)


def finished(output: Path) -> int:
    try:
        return (run_folder(output) / "shards.jsonl").read_text().count("\n")
    except FileNotFoundError:
        return 0


def actors(driver: int) -> list[int]:
    """Find the actors of a driver among all processes, by their names and ancestors."""
    parents, named = {}, []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if b"_ShardLabeller" in (entry / "cmdline").read_bytes():
                    named.append(int(entry.name))
        except OSError:
            continue

    def ancestors(process: int) -> list[int]:
        return [process, *ancestors(parents[process])] if process in parents else []

    return [process for process in named if driver in ancestors(process)]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for the actor in /proc")
def test_killed_actor_costs_no_row(documents: Path, model_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    whole = label([documents], model_path, tmp_path / "whole.parquet", shard_size=SIZE)
    output = tmp_path / "labels.parquet"
    driver = start(documents, model_path, output)
    while finished(output) < 3 and driver.poll() is None:
        time.sleep(0.01)
    first = actors(driver.pid)
    os.kill(first[0], signal.SIGKILL)
    _, messages = driver.communicate(timeout=200)
    assert driver.returncode == 0, messages
    assert len(first) == 2
    assert output.read_bytes() == whole.output.read_bytes()
    # Nothing else of what Ray writes is for the user, and shards come in any order.
    lines = [re.sub(r", [\d,]+ sentences/s$", "", line) for line in messages.splitlines()]
    assert sorted(lines[:-2]) + lines[-2:] == [
        "5b.txt: is empty; there is no text to read",
        "Ray: a worker died; another takes its place, and what it had in hand is labelled again",
        f"{output}: 6,000 sentences of 160 documents",
        f"{tmp_path / 'errors.jsonl'}: 1 failure, each with its reason",
    ]


@pytest.mark.slow
def test_stopped_on_a_cluster_and_resumed_on_this_machine(documents: Path, model_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    output = tmp_path / "labels.parquet"
    driver = start(documents, model_path, output)
    while finished(output) < 3 and driver.poll() is None:
        time.sleep(0.01)
    driver.send_signal(signal.SIGTERM)
    _, messages = driver.communicate(timeout=100)
    assert driver.returncode == 143, messages
    assert "are kept; give the same command with --resume to go on" in messages
    assert "stopped by SIGTERM" in messages
    again = label([documents], model_path, output, shard_size=SIZE, resume=True)
    assert again.kept >= 3 * SIZE
    whole = label([documents], model_path, tmp_path / "whole.parquet", shard_size=SIZE)
    assert again.output.read_bytes() == whole.output.read_bytes()


@pytest.mark.slow
def test_cluster_without_room(documents: Path, model_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    driver = start(documents, model_path, tmp_path / "labels.csv", "--ray-gpus", "1")
    _, messages = driver.communicate(timeout=100)
    assert driver.returncode == 1
    assert "2 workers of 1 CPUs and 1 GPUs, and a reader of 0.5 CPUs, are more than its" in messages
    assert messages.count("\n") == 1
