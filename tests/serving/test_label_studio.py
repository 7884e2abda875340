"""The protocol of a Label Studio ML backend, asked as Label Studio asks."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient

from framecls.codebook import Codebook
from framecls.corpus.interchange.label_studio_config import labelling_config
from framecls.corpus.interchange.project import codes_of
from framecls.model import FrameClassifier
from framecls.serving.app import create_app

HASH = "abcdef0123456789" * 4
TEXT = "LONG QUAYS\n\nA toll is asked of every ship. 🚢 The quay is long.\r\n\r\nThe pilot asks a toll of ships.\n"


@pytest.fixture
def backend(classifier: FrameClassifier) -> Iterator[TestClient]:
    with TestClient(create_app(classifier, model_hash=HASH, label_studio=True)) as client:
        yield client


def predict(backend: TestClient, config: str, *data: object) -> list[dict[str, Any]]:
    tasks = [{"id": number, "data": one, "project": 1} for number, one in enumerate(data, 1)]
    params = {"login": None, "password": None, "context": None}
    body = {"tasks": tasks, "project": "1.1700000000", "label_config": config, "params": params}
    answer = backend.post("/predict", json=body)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert len(results) == len(data)
    return results


def test_health_setup_and_what_is_only_acknowledged(backend: TestClient, codebook: Codebook) -> None:
    for path in ("/health", "/"):
        assert backend.get(path).json()["status"] == "UP"
    body = {"project": "1.1700000000", "schema": labelling_config(codes_of(codebook)), "hostname": "http://localhost"}
    answer = backend.post("/setup", json=body | {"access_token": "t", "extra_params": None})
    version = answer.json()["model_version"]
    assert version == "harbour-abcdef01"
    assert backend.get("/versions").json() == {"versions": [version]}
    assert backend.post("/webhook", json={"action": "ANNOTATION_CREATED"}).status_code == 201


def test_documents_get_their_sentences(backend: TestClient, codebook: Codebook) -> None:
    found, other = predict(backend, labelling_config(codes_of(codebook)), {"text": TEXT}, {"text": "Ships."})
    assert found["model_version"] == "harbour-abcdef01"
    values = [entry["value"] for entry in found["result"]]
    assert all(TEXT[value["start"] : value["end"]] == value["text"] for value in values)
    said = {(value["text"], *value["labels"]) for value in values}
    assert {("A toll is asked of every ship.", "toll"), ("The pilot asks a toll of ships.", "pilot")} <= said
    scores = [entry["score"] for entry in found["result"]]
    assert found["score"] == pytest.approx(sum(scores) / len(scores))
    assert {(entry["from_name"], entry["to_name"], entry["type"]) for entry in found["result"]} == {
        ("frames", "text", "labels")
    }
    assert other["result"] == []


def test_a_configuration_of_ones_own_is_understood(backend: TestClient) -> None:
    config = (
        '<View><!-- ours --><Text name="t" value="$body"/><Labels name="l" toName="t"><Label value="Person"/>'
        '<Label value="A toll!" alias="TOLL"/></Labels></View>'
    )
    (found,) = predict(backend, config, {"body": TEXT})
    assert {label for entry in found["result"] for label in entry["value"]["labels"]} == {"TOLL"}
    assert {(entry["from_name"], entry["to_name"]) for entry in found["result"]} == {("l", "t")}


def test_sentences_are_ticked(backend: TestClient, codebook: Codebook, classifier: FrameClassifier) -> None:
    config = labelling_config(codes_of(codebook), tasks="sentences")
    ready = {"text": "The pilot asks a toll of ships.", "before": "Ships lie at anchor today.", "sentence_id": "s1"}
    found, whole, none = predict(backend, config, ready, {"text": TEXT}, {"text": "Ships lie at anchor today."})
    probabilities = classifier.probabilities([ready["text"]], [ready["before"]], [""])
    expected = [f for f, here in zip(codebook.frames, classifier.decide(probabilities)[0], strict=True) if here]
    (entry,) = found["result"]
    assert entry["value"]["choices"] == expected
    assert entry["score"] == pytest.approx(float(probabilities.max()), abs=1e-4)
    # A text of several sentences is ticked for all that any of them carries.
    assert whole["result"][0]["value"]["choices"] == ["toll", "pilot"]
    assert none["result"] == []


def test_tasks_that_cannot_be_used_get_empty_predictions(
    backend: TestClient, codebook: Codebook, caplog: pytest.LogCaptureFixture
) -> None:
    config = labelling_config(codes_of(codebook))
    with caplog.at_level(logging.WARNING):
        found = predict(backend, config, {"title": "x"}, {"text": "https://isle/secret.txt"}, {"text": 3}, None)
    assert [one["result"] for one in found] == [[], [], [], []]
    assert "task 1 has no text in its field 'text'" in caplog.text
    assert "task 2 has an address in its field 'text', and only texts are labelled" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("<View><Text name='t' value='$text'/></View>", "has no <Labels> or <Choices> on a <Text> with a frame"),
        ("<View", "the labelling configuration is no XML"),
        ("<!DOCTYPE x [<!ENTITY e 'x'>]><View>&e;</View>", "has a declaration '<!…'"),
    ],
)
def test_a_project_for_something_else_is_refused(
    backend: TestClient, xml: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = backend.post("/setup", json={"project": "1.17", "schema": xml})
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    # Label Studio points its user to what the server says.
    assert message in caplog.text


def test_half_a_project_is_told_of(backend: TestClient, codebook: Codebook, caplog: pytest.LogCaptureFixture) -> None:
    config = labelling_config([codes_of(codebook)[0]])
    assert backend.post("/setup", json={"project": "1.17", "schema": config}).status_code == 200
    assert "has no label for pilot; they will not be predicted" in caplog.text
