"""A server over the tiny model: in the test's own process, and as a process of its own on a free port."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from framecls.model import FrameClassifier

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient

from framecls.serving.app import create_app
from framecls.serving.limits import Limits

HASH = "0" * 64


@dataclass(slots=True)
class Server:
    """A running 'framecls serve', and what it said on the way."""

    process: subprocess.Popen[str]
    url: str
    said: list[str]


@pytest.fixture
def client(classifier: FrameClassifier) -> Iterator[TestClient]:
    limits = Limits(max_bytes=4000, max_sentences=20, timeout=10)
    with TestClient(create_app(classifier, model_hash=HASH, limits=limits)) as client:
        yield client


@pytest.fixture(scope="module")
def start(model_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers, which are told to stop at the end."""
    running: list[Server] = []

    def run(*arguments: str) -> Server:
        command = [sys.executable, "-m", "framecls", "serve", str(model_path), "--port", "0", *arguments]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        server = Server(process, "", [])
        assert process.stderr is not None
        for line in process.stderr:
            server.said.append(line)
            if found := re.search(r"(http://\S+): serving", line):
                server.url = found[1].replace("0.0.0.0", "127.0.0.1")
                break
        running.append(server)
        return server

    yield run
    for server in running:
        server.process.terminate()
    for server in running:
        server.process.communicate(timeout=20)
