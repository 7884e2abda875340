"""
The server as a Label Studio ML backend.

Label Studio asks ``/health``, tells the project's labelling configuration in ``/setup`` and asks for predictions of
tasks in ``/predict``; ``/versions``, ``/webhook`` and ``/train`` belong to its protocol too. The model does not learn
from annotations, so the last two are only acknowledged.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from framecls.corpus.interchange.label_studio import choices_result, span_result
from framecls.corpus.interchange.label_studio_config import LabelStudioConfig
from framecls.documents import Document, Sentence, sentences
from framecls.documents.layout import find_blocks
from framecls.errors import CorpusError
from framecls.serving.door import error_body
from framecls.serving.schemas import Text, encodable
from framecls.serving.service import Service

__all__ = ["add_label_studio"]

logger = logging.getLogger(__name__)

#: How a task refers to a text that it does not carry. Nothing is fetched for anybody.
_ADDRESSES = ("http://", "https://", "s3://", "gs://", "azure-blob://", "/data/")


class _Asked(BaseModel):
    """Label Studio sends more than is needed, and other versions of it send other things."""

    model_config = ConfigDict(extra="ignore")


class SetupRequest(_Asked):
    """What Label Studio says when a project is connected. Its access token is neither read nor kept."""

    project: str = ""
    labelling_config: Text = Field(alias="schema")


class PredictRequest(_Asked):
    """Tasks to be labelled."""

    tasks: list[dict[str, Any]]
    labelling_config: Text = Field(alias="label_config")


def add_label_studio(app: FastAPI, service: Service) -> None:
    """
    Add the routes of an ML backend.

    :param app: the server.
    :param service: labels.
    """
    about = service.about
    version = f"{about.model}-{about.model_sha256[:8]}"
    codebook = service.classifier.codebook

    @app.get("/health", summary="Label Studio asks whether the server is there")
    @app.get("/", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "UP", "model_class": "framecls", "model_version": version}

    @app.post("/setup", summary="Label Studio connects a project")
    async def setup(request: SetupRequest) -> dict[str, str]:
        config = LabelStudioConfig.read(request.labelling_config, codebook)
        if missing := [frame for frame in codebook.frames if frame not in config.labels]:
            logger.warning("Label Studio's project has no label for %s; they will not be predicted", ", ".join(missing))
        return {"model_version": version}

    @app.get("/versions", summary="Label Studio asks for the versions of the model")
    async def versions() -> dict[str, list[str]]:
        return {"versions": [version]}

    @app.post("/predict", summary="Label Studio asks for predictions of tasks")
    async def predict(request: PredictRequest) -> dict[str, Any]:
        config = LabelStudioConfig.read(request.labelling_config, codebook)
        cuts = await service.segment(lambda: [_cut(task, config) for task in request.tasks])
        probabilities = await service.probabilities([sentence for cut in cuts for sentence in cut])
        decided = service.classifier.decide(probabilities).tolist()
        rows = list(zip(probabilities.tolist(), decided, strict=True))
        results, start = [], 0
        for cut in cuts:
            end = start + len(cut)
            found = _found(rows[start:end], codebook.frames)
            results.append({**_prediction(cut, found, config), "model_version": version})
            start = end
        return {"results": results, "model_version": version}

    @app.post("/webhook", status_code=201, summary="Acknowledged; the model does not learn from annotations")
    @app.post("/train", status_code=201, include_in_schema=False)
    async def webhook() -> dict[str, Any]:
        return {"status": "ok", "result": None}

    @app.exception_handler(CorpusError)
    async def unusable(_: Any, error: CorpusError) -> JSONResponse:
        # Label Studio shows its user the status alone and points to the console of the server.
        logger.warning("Label Studio: %s", error)
        return JSONResponse(error_body(400, str(error)), 400)


def _cut(task: Mapping[str, Any], config: LabelStudioConfig) -> Sequence[Sentence]:
    """Give the sentences of a task: the one it is, or those of its text."""
    data = task.get("data")
    text = data.get(config.key) if isinstance(data, dict) else None
    reason = _unusable(text, config.key)
    if reason or not isinstance(data, dict) or not isinstance(text, str):
        logger.warning("Label Studio: task %s %s; it gets no prediction", task.get("id"), reason)
        return ()
    if config.tasks == "sentences" and "sentence_id" in data:
        before, heading = (value if isinstance(value := data.get(key), str) else "" for key in ("before", "heading"))
        return (Sentence(None, None, text, "sentence", before, heading),)
    # Not mended, as other readers do: positions have to be those of the text that Label Studio shows.
    return sentences(Document(str(task.get("id")), text, find_blocks(text)))


def _unusable(text: object, key: str) -> str:
    if not isinstance(text, str) or not text.strip():
        return f"has no text in its field {key!r}"
    if text.startswith(_ADDRESSES):
        return f"has an address in its field {key!r}, and only texts are labelled"
    try:
        encodable(text)
    except ValueError as error:
        return f"has a broken text: {error}"
    return ""


Found = list[dict[str, float]]


def _found(rows: Sequence[tuple[list[float], list[bool]]], frames: Sequence[str]) -> Found:
    """Give the frames of each sentence that are present, with their probabilities."""
    return [
        {frame: value for frame, value, present in zip(frames, values, decided, strict=True) if present}
        for values, decided in rows
    ]


def _prediction(cut: Sequence[Sentence], found: Found, config: LabelStudioConfig) -> dict[str, Any]:
    names = {"from_name": config.from_name, "to_name": config.to_name}
    result: list[dict[str, Any]] = []
    if config.tasks == "documents":
        for sentence, frames in zip(cut, found, strict=True):
            if sentence.start is None or sentence.end is None:
                continue
            for frame, value in frames.items():
                if frame in config.labels:
                    label = [config.labels[frame]]
                    result.append(span_result(sentence.start, sentence.end, sentence.text, label, score=value, **names))
    else:
        best = {
            label: max(frames[frame] for frames in found if frame in frames)
            for frame, label in config.labels.items()
            if any(frame in frames for frames in found)
        }
        if best:
            result.append(choices_result(list(best), score=max(best.values()), **names))
    scores = [entry["score"] for entry in result]
    return {"result": result, "score": sum(scores) / len(scores) if scores else 0.0}
