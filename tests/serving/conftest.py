"""A server over the tiny model: in the test's own process, and as a process of its own on a free port."""

from collections.abc import Iterator

import pytest

from framecls.model import FrameClassifier

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient

from framecls.serving.app import create_app
from framecls.serving.limits import Limits

HASH = "0" * 64


@pytest.fixture
def client(classifier: FrameClassifier) -> Iterator[TestClient]:
    limits = Limits(max_bytes=4000, max_sentences=20, timeout=10)
    with TestClient(create_app(classifier, model_hash=HASH, limits=limits)) as client:
        yield client
