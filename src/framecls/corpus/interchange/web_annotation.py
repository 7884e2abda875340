"""
W3C Web Annotation: JSON-LD in which every annotation names a document, a position and a quotation in it.

The standard has no place for the documents' texts. Files written here carry them in a property of their own; for
others they are looked for in a folder of sources, by the last part of the document's address.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from framecls.corpus.interchange.collecting import ProjectCollector, code_labels, read_json, sentence_ranges
from framecls.corpus.interchange.project import Problem, Project, ProjectReading, Selection
from framecls.documents import read as read_document
from framecls.errors import CorpusError, DocumentError
from framecls.files import write_json

__all__ = ["detect", "read", "write"]

_ANNO = "http://www.w3.org/ns/anno.jsonld"
#: What is ours, so that a processor of linked data keeps it apart from the standard's own.
_CONTEXT: list[Any] = [
    _ANNO,
    {name: f"urn:framecls:{name}" for name in ("documents", "readBy", "readInPartBy", "probability", "sentences")}
    | {"text": "http://www.w3.org/2011/content#chars"},
]
#: Characters around a passage that tell it from the same words elsewhere.
_AROUND = 32


def detect(path: Path) -> bool:
    """
    Tell whether a file is a W3C Web Annotation.

    :param path: the file.
    :returns: whether it is.
    """
    if path.suffix.lower() not in (".jsonld", ".json"):
        return False
    with path.open("rb") as file:
        return b"ns/anno.jsonld" in file.read(1 << 16)


def write(project: Project, path: Path) -> None:
    """
    Write a project as a page of annotations.

    :param project: the project.
    :param path: the file.
    """
    labels = code_labels(project)
    documents = [
        {"id": _urn(document.id), "name": document.name, "text": document.text, "identifier": document.id}
        | {"readBy": [name for name in project.annotators if (name, document.id) in project.completed]}
        | {"readInPartBy": [name for name in project.annotators if (name, document.id) in project.partial]}
        | sentence_ranges(document)
        for document in project.documents
    ]
    texts = project.texts()
    items = [_annotation(selection, texts[selection.document], labels, project) for selection in project.selections]
    page = {"@context": _CONTEXT, "id": f"urn:uuid:{uuid5(NAMESPACE_URL, project.name)}", "type": "AnnotationPage"}
    page |= {"label": project.name, "documents": documents, "items": items}
    page |= {"creator": [_agent(name, project) for name in project.annotators]}
    write_json(path, page)


def _urn(document: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, document)}"


def _agent(name: str, project: Project) -> dict[str, str]:
    return {"type": "Software" if name in project.models else "Person", "name": name}


def _annotation(selection: Selection, text: str, labels: Mapping[str, str], project: Project) -> dict[str, Any]:
    body: list[dict[str, Any]] = [
        {"type": "TextualBody", "purpose": "tagging", "value": labels[code]} for code in selection.codes
    ]
    for one, probability in zip(body, selection.probabilities, strict=False):
        one["probability"] = probability
    if selection.note:
        body.append({"type": "TextualBody", "purpose": "commenting", "value": selection.note})
    target: dict[str, Any] = {"source": _urn(selection.document)}
    start, end = selection.start, selection.end
    if start is not None and end is not None:
        position = {"type": "TextPositionSelector", "start": start, "end": end}
        quote = {"type": "TextQuoteSelector", "exact": text[start:end]}
        quote |= {"prefix": text[max(0, start - _AROUND) : start], "suffix": text[end : end + _AROUND]}
        target["selector"] = [position, quote]
    said = json.dumps([selection.document, selection.annotator, start, end, body], sort_keys=True)
    return {
        "id": f"urn:uuid:{uuid5(NAMESPACE_URL, said)}",
        "type": "Annotation",
        "motivation": "tagging",
        "creator": _agent(selection.annotator, project),
        "body": body,
        "target": target,
    }


def read(path: Path, sources: Path | None = None) -> ProjectReading:
    """
    Read annotations: one, a list, a page or a collection with its first page.

    :param path: the file.
    :param sources: folder with the documents, where the file does not carry them.
    :returns: what is in it; every tag is a code.
    :raises CorpusError: it is no such file.
    """
    return _Reader(path, sources).read(read_json(path))


def _several(value: object) -> list[Any]:
    """Give what JSON-LD writes as one thing or as a list as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _items(content: object) -> Iterator[Mapping[str, Any]]:
    for one in _several(content):
        if not isinstance(one, dict):
            continue
        if "items" in one:
            yield from _items(one["items"])
        elif isinstance(one.get("first"), dict):
            yield from _items(one["first"])
        elif "target" in one:
            yield one


class _Reader:
    def __init__(self, path: Path, sources: Path | None) -> None:
        self._path = path
        self._sources = sources
        self._collector = ProjectCollector(path.stem)
        #: Ids of documents by the address annotations name them by; ``None`` where a text is not to be had.
        self._known: dict[str, str | None] = {}

    def read(self, content: object) -> ProjectReading:
        """Read the documents, then the annotations."""
        top = content if isinstance(content, dict) else {}
        for agent in _several(top.get("creator")):
            if isinstance(agent, dict):
                self._collector.annotator(str(agent.get("name")), model=agent.get("type") == "Software")
        for one in _several(top.get("documents")):
            if isinstance(one, dict) and isinstance(one.get("text"), str) and one.get("id"):
                id = str(one.get("identifier") or one["id"])
                self._known[str(one["id"])] = id
                called, sentences = str(one.get("name") or ""), one.get("sentences")
                self._collector.document(id, one["text"], name=called, sentences=sentences)
                for name in _several(one.get("readBy")):
                    self._collector.complete(str(name), id)
                for name in _several(one.get("readInPartBy")):
                    self._collector.read_in_part(str(name), id)
        items = list(_items(content))
        if not items and not self._known:
            raise CorpusError(f"{self._path}: holds no annotation with a target")
        for number, item in enumerate(items, 1):
            self._annotation(f"{self._path}: annotation {number}", item)
        return self._collector.reading()

    def _annotation(self, where: str, item: Mapping[str, Any]) -> None:
        creator = next(iter(_several(item.get("creator"))), None)
        agent = creator if isinstance(creator, dict) else {"name": creator}
        annotator = str(agent.get("name") or agent.get("nickname") or agent.get("id") or "annotator")
        self._collector.annotator(annotator, model=agent.get("type") == "Software")
        tags, chances, notes = _said(item)
        for target in _several(item.get("target")):
            source = target.get("source") if isinstance(target, dict) else target
            source = source.get("id") if isinstance(source, dict) else source
            document = self._document(where, str(source))
            if document is None:
                continue
            start, end, quote = _place(target if isinstance(target, dict) else {})
            self._collector.mark(
                document,
                annotator,
                tags,
                None if start is None or end is None else (start, end),
                where=where,
                quote=quote,
                note="; ".join(notes),
                probabilities=chances,
            )

    def _document(self, where: str, source: str) -> str | None:
        if source not in self._known:
            self._known[source] = self._load(where, source)
        return self._known[source]

    def _load(self, where: str, source: str) -> str | None:
        # Only the last part of an address is used, so that none leads out of the folder.
        name = PurePosixPath(unquote(urlsplit(source).path).replace("\\", "/")).name
        path = None if self._sources is None or not name else self._sources / name
        if path is None or not _is_file(path):
            shown = f"{self._sources} has no {name!r:.80}"
            hint = "give the folder with it as --sources" if self._sources is None else shown
            self._collector.problems.append(
                Problem(where, f"is of document {source!r:.200}, whose text is not here; {hint}")
            )
            return None
        try:
            self._collector.document(source, read_document(path).text, name=name, path=str(path.name))
        except DocumentError as error:
            self._collector.problems.append(Problem(where, str(error)))
            return None
        return source


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # No file can have such a name: it is too long.
        return False


def _said(item: Mapping[str, Any]) -> tuple[list[str], list[float], list[str]]:
    """Give tags, their probabilities if all have one, and remarks of an annotation."""
    tags: dict[str, float | None] = {}
    notes = []
    for body in _several(item.get("body")):
        if isinstance(body, str):
            tags[body] = None
        elif isinstance(body, dict):
            value = body.get("value") or body.get("label") or body.get("id") or body.get("source")
            remark = body.get("purpose") in ("commenting", "describing", "replying")
            if remark and value:
                notes.append(str(value))
            elif value:
                tags[str(value)] = body.get("probability")
    chances = [float(chance) for chance in tags.values() if isinstance(chance, int | float) and 0 <= chance <= 1]
    return list(tags), chances if len(chances) == len(tags) else [], notes


def _place(target: Mapping[str, Any]) -> tuple[int | None, int | None, str]:
    """Give position and quotation of a target; a quotation alone is looked for from the beginning."""
    start = end = None
    quote = ""
    for selector in _several(target.get("selector")):
        if not isinstance(selector, dict):
            continue
        if selector.get("type") == "TextPositionSelector":
            start, end = selector.get("start"), selector.get("end")
        elif selector.get("type") == "TextQuoteSelector":
            quote = str(selector.get("exact") or "")
    if not isinstance(start, int) or not isinstance(end, int):
        return (0, len(quote), quote) if quote else (None, None, "")
    return start, end, quote
