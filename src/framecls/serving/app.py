"""The server as an ASGI app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from framecls.documents import Document, LocatedSentence, Sentence, sentences
from framecls.documents.language import with_language
from framecls.documents.text import document_of_text
from framecls.errors import DocumentError
from framecls.labelling import Labeller
from framecls.model import FrameClassifier
from framecls.serving.batching import ScoringError
from framecls.serving.door import Door, error_body
from framecls.serving.label_studio import add_label_studio
from framecls.serving.limits import Limits
from framecls.serving.schemas import Failure, Health, LabelRequest, response_model
from framecls.serving.service import RequestTooLargeError, Service
from framecls.validation import describe_problems

__all__ = ["create_app"]

#: The page asks only its own server, and loads nothing from anywhere.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def create_app(
    classifier: FrameClassifier,
    *,
    model_hash: str,
    limits: Limits | None = None,
    hosts: frozenset[str] | None = None,
    label_studio: bool = False,
) -> Door:
    """
    Make the app of a server.

    :param classifier: labels.
    :param model_hash: tells its checkpoint from others.
    :param limits: what is let in.
    :param hosts: names the server may be called by; ``None`` for any.
    :param label_studio: whether it also speaks the protocol of a Label Studio ML backend.
    :returns: the app, its door in front.
    """
    service = Service(classifier, model_hash=model_hash, limits=limits or Limits())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker = asyncio.ensure_future(service.run())
        yield
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker

    app = FastAPI(
        title=f"framecls: {classifier.name}",
        description=" ".join(classifier.codebook.description.split()),
        version=service.about.framecls,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    _handle_errors(app)
    _add_routes(app, service)
    if label_studio:
        add_label_studio(app, service)
    else:
        app.add_api_route("/", lambda: RedirectResponse("docs"), include_in_schema=False)
    return Door(app, limits=service.limits, hosts=hosts)


def _add_routes(app: FastAPI, service: Service) -> None:
    codebook, labeller = service.classifier.codebook, Labeller(service.classifier)
    page = files("framecls.serving").joinpath("page.html").read_text(encoding="utf-8")
    wrong: dict[int | str, dict[str, Any]] = {
        status: {"model": Failure, "description": description}
        for status, description in (
            (400, "The body is no JSON."),
            (408, "The body did not arrive in time."),
            (413, "More than the server takes at once."),
            (422, "The body is not as described, or the text cannot be read."),
            (429, "The server is busy; come again after the seconds in Retry-After."),
            (504, "It took too long."),
        )
    }

    @app.post("/label", response_model=response_model(codebook), responses=wrong, summary="Label a text or sentences")
    async def label(request: LabelRequest) -> JSONResponse:
        found, mended = await service.segment(lambda: _located(request))
        probabilities = await service.probabilities([item.sentence for item in found])
        rows = labeller.table(found, probabilities).to_pylist()
        return JSONResponse({**service.about.model_dump(), "text": mended, "sentences": rows})

    @app.get("/healthz", summary="Say that the server is well")
    async def healthz() -> Health:
        return Health(**service.about.model_dump())

    @app.get("/codebook", summary="Give the codebook of the model")
    async def give_codebook() -> dict[str, Any]:
        return {"sha256": codebook.sha256, **codebook.model_dump(mode="json", by_alias=True)}

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page, headers={"content-security-policy": _POLICY})


def _located(request: LabelRequest) -> tuple[list[LocatedSentence], str | None]:
    """Give the sentences of a request, and the text their offsets count where it is not the one given."""
    id = request.document_id
    if request.text is None:
        given = request.sentences or []
        ids = (one.sentence_id or f"{id}#{number:04d}" for number, one in enumerate(given, 1))
        return [LocatedSentence(id, of, one.sentence()) for of, one in zip(ids, given, strict=True)], None
    document = with_language(document_of_text(id, request.text))
    cut: list[Sentence] = sentences(document)
    located = [LocatedSentence(id, f"{id}#{number:04d}", sentence) for number, sentence in enumerate(cut, 1)]
    return located, _mended(document, request.text)


def _mended(document: Document, text: str) -> str | None:
    return document.text if document.text != text else None


def _handle_errors(app: FastAPI) -> None:
    """Give every error the same two fields, and none of them a stack trace."""

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        message = str(error.detail)
        if error.status_code == 404:
            message += "; GET /docs lists what there is"
        elif isinstance(error.__cause__, UnicodeDecodeError):
            message = f"the body is no JSON: byte {error.__cause__.start} is not UTF-8"
        return JSONResponse(error_body(error.status_code, message), error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [{**problem, "loc": problem["loc"][1:]} for problem in error.errors()]
        status = 422
        if problems[0]["type"] == "json_invalid":
            status, message = 400, f"the body is no JSON: {problems[0]['ctx']['error']}"
        elif not request.headers.get("content-type", "").startswith("application/json"):
            status, message = 415, "send JSON, with the header 'Content-Type: application/json'"
        else:
            message = describe_problems(problems)
        return JSONResponse(error_body(status, message), status)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse(error_body(500, f"the server failed on this request ({type(error).__name__})"), 500)

    async def refused(status: int, error: Exception) -> JSONResponse:
        return JSONResponse(error_body(status, str(error)), status)

    @app.exception_handler(DocumentError)
    async def unreadable(_: Request, error: DocumentError) -> JSONResponse:
        return await refused(422, error)

    @app.exception_handler(RequestTooLargeError)
    async def too_many(_: Request, error: RequestTooLargeError) -> JSONResponse:
        return await refused(413, error)

    @app.exception_handler(ScoringError)
    async def broken(_: Request, error: ScoringError) -> JSONResponse:
        return await refused(500, error)
