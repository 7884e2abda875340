"""
The ML backend against a real Label Studio server.

Skipped unless one is running: docs/serving.md says how to start it. LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY (a
legacy token) say where it is and who asks; a project is made in it and taken away again.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
import httpx

from framecls.codebook import Codebook
from framecls.corpus.interchange.label_studio import read, tasks_of
from framecls.corpus.interchange.label_studio_config import labelling_config
from framecls.corpus.interchange.project import CodedDocument, Project, Selection, codes_of
from framecls.model import FrameClassifier
from tests.serving.conftest import Server

URL, KEY = os.environ.get("LABEL_STUDIO_URL", ""), os.environ.get("LABEL_STUDIO_API_KEY", "")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (URL and KEY), reason="no Label Studio server is named")]

TEXT = "LONG QUAYS\n\nA toll is asked of every ship. 🚢🚢 The quay is long.\n\nThe pilot asks a toll of ships today.\n"
A_TOLL, A_PILOT = "A toll is asked of every ship.", "The pilot asks a toll of ships today."


class LabelStudio:
    """What the test needs of Label Studio's API."""

    def __init__(self) -> None:
        self.client = httpx.Client(base_url=URL, headers={"Authorization": f"Token {KEY}"}, timeout=60)

    def call(self, method: str, path: str, body: object = None) -> Any:
        found = self.client.request(method, path, json=body)
        assert found.is_success, f"{method} {path}: {found.status_code} {found.text[:2000]}"
        return found.json() if found.content else None

    def wait(self, path: str, until: Callable[[Any], bool]) -> Any:
        for _ in range(60):
            if until(found := self.call("GET", path)):
                return found
            time.sleep(0.5)
        raise AssertionError(f"{path}: never came to be as expected: {found}")


@pytest.fixture
def studio() -> Iterator[LabelStudio]:
    studio = LabelStudio()
    with studio.client:
        yield studio


@pytest.fixture(scope="module")
def server(start: Callable[..., Server]) -> Server:
    return start("--label-studio")


@pytest.fixture
def project(studio: LabelStudio, codebook: Codebook) -> Iterator[Callable[[str], int]]:
    made: list[int] = []

    def make(config: str) -> int:
        id = studio.call("POST", "/api/projects", {"title": "framecls", "label_config": config})["id"]
        made.append(id)
        return int(id)

    yield make
    for id in made:
        studio.call("DELETE", f"/api/projects/{id}")


def span(words: str) -> tuple[int, int]:
    return TEXT.index(words), TEXT.index(words) + len(words)


def connect(studio: LabelStudio, project: int, server: Server) -> Any:
    backend = studio.call("POST", "/api/ml", {"project": project, "url": server.url, "title": "framecls"})
    assert backend["state"] == "CO", backend
    return backend


def test_documents(
    studio: LabelStudio,
    server: Server,
    project: Callable[[str], int],
    codebook: Codebook,
    classifier: FrameClassifier,
    tmp_path: Path,
) -> None:
    id = project(labelling_config(codes_of(codebook)))
    mine = Project(
        "notices",
        (CodedDocument("notice", "Notice", TEXT),),
        ("coder@example.org", "rules"),
        codes_of(codebook),
        (
            Selection("notice", "coder@example.org", ("toll",), *span(A_TOLL), "clear"),
            Selection("notice", "rules", ("pilot",), *span(A_PILOT), probabilities=(0.75,)),
        ),
        models=frozenset({"rules"}),
    )
    studio.call("POST", f"/api/projects/{id}/import", tasks_of(mine))
    (task,) = studio.wait(f"/api/tasks?project={id}&fields=all", lambda found: len(found["tasks"]) == 1)["tasks"]

    backend = connect(studio, id, server)
    studio.call("POST", f"/api/ml/{backend['id']}/predict/test?random=true")
    studio.call("POST", f"/api/dm/actions?id=retrieve_tasks_predictions&project={id}", {"selectedItems": {"all": True}})
    predictions = studio.wait(f"/api/predictions?task={task['id']}", lambda found: len(found) == 2)
    found = next(one for one in predictions if one["model_version"] != "rules")
    assert found["model_version"] == backend["model_version"]
    assert found["model_version"].startswith(f"{classifier.name}-")
    for entry in found["result"]:
        assert TEXT[entry["value"]["start"] : entry["value"]["end"]] == entry["value"]["text"]
    labelled = {(entry["value"]["text"], *entry["value"]["labels"]) for entry in found["result"]}
    assert (A_TOLL, "toll") in labelled
    assert (A_PILOT, "pilot") in labelled

    export = tmp_path / "export.json"
    export.write_text(json.dumps(studio.call("GET", f"/api/projects/{id}/export?exportType=JSON")), encoding="utf-8")
    reading = read(export)
    assert (reading.lost, reading.problems, reading.moved) == ((), (), ())
    assert reading.project.texts() == {"notice": TEXT}
    # Label Studio's community edition exports the number of an annotator, not the address.
    (annotator,) = set(reading.project.annotators) - reading.project.models
    assert Selection("notice", annotator, ("toll",), *span(A_TOLL), "clear") in reading.project.selections


def test_sentences(
    studio: LabelStudio,
    server: Server,
    project: Callable[[str], int],
    codebook: Codebook,
    classifier: FrameClassifier,
    tmp_path: Path,
) -> None:
    id = project(labelling_config(codes_of(codebook), tasks="sentences"))
    texts = ["A toll is asked of every ship.", "Ships lie at anchor today."]
    data = [
        {
            "text": text,
            "before": "",
            "heading": "",
            "document_id": "d",
            "sentence_id": f"s{number}",
            "start": 100 * number,
        }
        for number, text in enumerate(texts)
    ]
    studio.call("POST", f"/api/projects/{id}/import", [{"data": one} for one in data])
    tasks = studio.wait(f"/api/tasks?project={id}&fields=all", lambda found: len(found["tasks"]) == 2)["tasks"]
    connect(studio, id, server)
    studio.call("POST", f"/api/dm/actions?id=retrieve_tasks_predictions&project={id}", {"selectedItems": {"all": True}})
    given = {}
    for task in tasks:
        (prediction,) = studio.wait(f"/api/predictions?task={task['id']}", lambda found: len(found) == 1)
        given[task["data"]["sentence_id"]] = prediction["result"]
        studio.call("POST", f"/api/tasks/{task['id']}/annotations", {"result": prediction["result"]})
    decided = classifier.decide(classifier.probabilities(texts, ["", ""], ["", ""])).tolist()
    expected = [[frame for frame, present in zip(codebook.frames, row, strict=True) if present] for row in decided]
    ticked = [[label for entry in given[id] for label in entry["value"]["choices"]] for id in ("s0", "s1")]
    assert ticked == expected

    export = tmp_path / "export.json"
    export.write_text(json.dumps(studio.call("GET", f"/api/projects/{id}/export?exportType=JSON")), encoding="utf-8")
    reading = read(export)
    (document,) = reading.project.documents
    assert [document.text[unit.start : unit.end] for unit in document.units] == texts
    assert [unit.start for unit in document.units] == [0, 100]
    (annotator,) = reading.project.annotators
    coded = {(one.start, one.codes) for one in reading.project.selections}
    assert coded == {(0, tuple(expected[0])), (100, tuple(expected[1]))}
    assert annotator not in reading.project.models
    assert (reading.lost, reading.problems) == ((), ())
