"""What the server answers, to requests good and bad."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient

from framecls.labelling import label
from framecls.model import FrameClassifier
from framecls.serving.app import create_app
from framecls.serving.limits import Limits
from framecls.serving.schemas import response_model
from tests.serving.conftest import HASH

NOTICE = (
    "THE QUAY IS LONG\n\nA toll is asked of every ship. The quay is 𝛼 and grey.\n\nThe pilot asks a toll of ships.\n"
)


def error(answer: Any, status: int) -> str:
    """Check that an answer is an error in the one shape, and give its line."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert list(body) == ["status", "error"]
    assert body["status"] == status
    assert "\n" not in body["error"]
    return str(body["error"])


def test_rows_are_those_of_framecls_label(client: TestClient, classifier: FrameClassifier, tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text(NOTICE, encoding="utf-8")
    lines = label([tmp_path / "notice.txt"], classifier, tmp_path / "labels.jsonl").output.read_text().splitlines()
    answer = client.post("/label", json={"text": NOTICE, "document_id": "notice.txt"})
    assert answer.status_code == 200
    expected = [json.loads(line) for line in lines]
    found = answer.json()["sentences"]
    assert [list(row) for row in found] == [list(row) for row in expected]
    for row, other in zip(found, expected, strict=True):
        assert row == {key: pytest.approx(value, abs=1e-6) for key, value in other.items() if key != "frames"} | {
            "frames": other["frames"]
        }
    assert [NOTICE[row["start"] : row["end"]] for row in found] == [row["text"] for row in found]
    assert found[-1]["frames"] == ["toll", "pilot"]


def test_the_answer_is_as_described(client: TestClient, classifier: FrameClassifier) -> None:
    answer = client.post("/label", json={"text": NOTICE})
    body = answer.json()
    described = response_model(classifier.codebook).model_validate(body)
    assert described.model_dump() == body
    assert body["model_sha256"] == HASH
    assert body["codebook_sha256"] == classifier.codebook.sha256
    assert body["text"] is None
    assert answer.headers["cache-control"] == "no-store"
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert list(schemas["LabelRow"]["properties"]) == list(body["sentences"][0])


def test_ready_sentences_keep_what_they_came_with(client: TestClient, classifier: FrameClassifier) -> None:
    given: dict[str, Any] = {
        "text": "Ships pay the toll.",
        "before": "The council meets.",
        "heading": "Dues",
        "sentence_id": "s9",
    }
    given |= {"start": 40, "end": 59, "page": 3, "unit": "clause"}
    answer = client.post("/label", json={"sentences": [given, "A pilot is sent to every ship."], "document_id": "d"})
    first, second = answer.json()["sentences"]
    assert {key: first[key] for key in given if key != "before"} == {k: v for k, v in given.items() if k != "before"}
    assert (second["sentence_id"], second["start"], second["frames"]) == ("d#0002", None, ["pilot"])
    expected = classifier.probabilities([given["text"]], [given["before"]], [given["heading"]])[0]
    assert [first["prob_toll"], first["prob_pilot"]] == pytest.approx(expected.tolist(), abs=1e-6)


def test_text_that_was_decoded_wrongly_comes_back_mended(client: TestClient) -> None:
    body = client.post("/label", json={"text": "The councilâ€™s pilot meets ships at anchor."}).json()
    assert body["text"] == "The council’s pilot meets ships at anchor."
    (row,) = body["sentences"]
    assert body["text"][row["start"] : row["end"]] == row["text"]


def test_a_text_without_words_has_no_sentences(client: TestClient) -> None:
    assert client.post("/label", json={"text": "— 12 —"}).json()["sentences"] == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "give either 'text' or 'sentences'"),
        ({"text": "A.", "sentences": ["B."]}, "give either 'text' or 'sentences'"),
        ({"txt": "A."}, "txt: unknown key; remove it or correct its name"),
        ({"text": 3}, "text: Input should be a valid string (found 3)"),
        ({"text": " \n"}, "is empty; there is no text to read"),
        ({"sentences": []}, "sentences: List should have at least 1 item after validation, not 0 (found [])"),
        ({"sentences": ["A.", " "]}, "sentences.1.text: String should match pattern '\\S' (found ' ')"),
        ({"sentences": [{"text": "A.", "unit": "verse"}]}, "sentences.0.unit: Input should be 'sentence', 'clause'"),
        ({"sentences": [{"text": "A.", "txt": 1}]}, "sentences.0.txt: unknown key"),
        ({"sentences": [7]}, "sentences.0: Input should be a valid dictionary or object"),
        ([1], "Input should be a valid dictionary or object to extract fields from (found [1])"),
    ],
)
def test_malformed_requests(client: TestClient, body: object, message: str) -> None:
    assert error(client.post("/label", json=body), 422).startswith(message)


def test_half_a_character_is_no_text(client: TestClient) -> None:
    answer = client.post("/label", content=b'{"text": "A \\ud800 toll."}', headers={"content-type": "application/json"})
    assert error(answer, 422) == "text: character 2 is half of a surrogate pair, so it is no Unicode text"


def test_no_json(client: TestClient) -> None:
    broken = client.post("/label", content=b'{"text": ', headers={"content-type": "application/json"})
    assert error(broken, 400).startswith("the body is no JSON: ")
    latin = client.post("/label", content=b'{"text": "\xe9"}', headers={"content-type": "application/json"})
    assert error(latin, 400) == "the body is no JSON: byte 10 is not UTF-8"
    assert error(client.post("/label", content=b"{}"), 415).startswith("send JSON, with the header")


def test_more_than_the_server_takes(client: TestClient) -> None:
    assert error(client.post("/label", json={"text": "x" * 5000}), 413).startswith("the body has more than 4000 bytes")
    assert error(client.post("/label", json={"sentences": ["A."] * 21}), 413) == (
        "21 sentences; a request may have 20, so send less at once"
    )
    assert client.post("/label", json={"sentences": ["A."] * 20}).status_code == 200


def test_unknown_address_and_method(client: TestClient) -> None:
    assert error(client.get("/nothing"), 404) == "Not Found; GET /docs lists what there is"
    assert error(client.get("/label"), 405) == "Method Not Allowed"


def test_health_codebook_and_docs(client: TestClient, classifier: FrameClassifier) -> None:
    health = client.get("/healthz").json()
    assert (health["status"], health["model"], health["codebook"]) == ("ok", classifier.name, "harbours 1")
    codebook = client.get("/codebook").json()
    assert codebook["sha256"] == classifier.codebook.sha256
    assert [frame["name"] for frame in codebook["frames"]] == ["toll", "pilot"]
    page = client.get("/")
    assert page.url.path == "/docs"
    # A page for confidential documents asks no other server for anything.
    assert "//" not in page.text.replace("://127", "")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_page_of_another_name_is_not_served(classifier: FrameClassifier) -> None:
    app = create_app(classifier, model_hash=HASH, hosts=frozenset({"localhost", "[::1]"}))
    with TestClient(app, base_url="http://localhost:8000") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/healthz", headers={"host": "[::1]:8000"}).status_code == 200
        assert error(client.get("/healthz", headers={"host": "evil.example"}), 421).startswith("unknown host")
        assert error(client.post("/label", headers={"host": ""}, json={"text": "A."}), 421)


def test_what_nobody_foresaw_is_told_without_the_text(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(id: str, text: str) -> None:
        raise IndexError(text)

    monkeypatch.setattr("framecls.serving.app.document_of_text", broken)
    assert error(client.post("/label", json={"text": "The secret toll."}), 500) == (
        "the server failed on this request (IndexError)"
    )
    assert "a request failed: IndexError" in caplog.text
    assert "secret" not in caplog.text


def test_limits_are_sensible() -> None:
    from framecls.errors import ConfigError

    with pytest.raises(ConfigError, match="max-batch must be above 0, found 0"):
        Limits(max_batch=0)
    assert Limits(wait=0).wait == 0
