"""
UIMA CAS, as INCEpTION and WebAnno export it: XMI with its type system, or JSON.

A CAS is one document as one annotator saw it; several come as a zip archive with ``document/annotator.xmi`` (or
``.json``, or an archive of the two files that XMI needs). Positions count UTF-16 units there; cassis converts them.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from lxml import etree

from framecls.corpus.interchange.collecting import ProjectCollector, code_labels
from framecls.corpus.interchange.project import CodedDocument, Problem, Project, ProjectReading, Selection
from framecls.corpus.interchange.xml import safe_parser
from framecls.corpus.interchange.zips import entry_names, read_entries, write_entries
from framecls.errors import CorpusError
from framecls.files import whole_file

__all__ = ["FRAME_FEATURE", "FRAME_TYPE", "detect_json", "detect_xmi", "read", "write_json", "write_xmi"]

#: The type of annotation that is written, and its feature with the frame.
FRAME_TYPE, FRAME_FEATURE = "framecls.Frame", "frame"
#: On the whole text: who annotated which document, and whether all of it.
_DOCUMENT_TYPE = "framecls.Document"
_TYPE_SYSTEM = "TypeSystem.xml"
#: Types that tools write themselves; nobody's codes are among them.
_FOREIGN = ("uima.", "de.tudarmstadt.", "org.dkpro.", "dkpro.", _DOCUMENT_TYPE)
#: Features that hold a code, the likeliest first.
_CODE_FEATURES = (FRAME_FEATURE, "label", "code", "value", "identifier", "tag", "category")


def _cassis() -> Any:
    try:
        import cassis
    except ModuleNotFoundError as error:
        raise CorpusError("dkpro-cassis is not installed; run: pip install 'framecls[cas]'") from error
    return cassis


def detect_xmi(path: Path) -> bool:
    """
    Tell whether a file is XMI, or an archive with some.

    :param path: the file.
    :returns: whether it is.
    """
    if path.suffix.lower() == ".zip":
        return any(name.lower().endswith((".xmi", ".zip")) for name in entry_names(path))
    return path.suffix.lower() == ".xmi"


def detect_json(path: Path) -> bool:
    """
    Tell whether a file is a CAS in JSON, or an archive with some.

    :param path: the file.
    :returns: whether it is.
    """
    if path.suffix.lower() == ".zip":
        return not detect_xmi(path) and any(name.lower().endswith(".json") for name in entry_names(path))
    if path.suffix.lower() != ".json":
        return False
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return b'"%TYPES"' in head or b'"%FEATURE_STRUCTURES"' in head


def write_xmi(project: Project, path: Path) -> None:
    """
    Write an archive of XMI files and their type system.

    :param project: the project.
    :param path: the ``.zip`` file.
    :raises CorpusError: a text has a character that XML cannot hold.
    """
    entries: dict[str, bytes] = {}
    for name, document, cas in _views(project):
        try:
            entries[f"{name}.xmi"] = cas.to_xmi().encode()
        except ValueError as error:
            raise CorpusError(
                f"document {document.name!r} has a character that XML cannot hold; write it as cas-json"
            ) from error
        entries.setdefault(_TYPE_SYSTEM, cas.typesystem.to_xml().encode())
    write_entries(path, entries)


def write_json(project: Project, path: Path) -> None:
    """
    Write JSON: one CAS, or an archive of several.

    :param project: the project.
    :param path: ``.json`` for one document by one annotator, ``.zip`` for more.
    :raises CorpusError: there is more than one and it is no archive.
    """
    entries = {f"{name}.json": cas.to_json().encode() for name, _, cas in _views(project)}
    if path.suffix.lower() == ".zip":
        write_entries(path, entries)
    elif len(entries) == 1:
        with whole_file(path) as partial:
            partial.write_bytes(next(iter(entries.values())))
    else:
        raise CorpusError(
            f"{path}: there are {len(entries)} pairs of document and annotator, and a CAS holds one; give a name that "
            "ends in .zip, and --format cas-json"
        )


def _views(project: Project) -> Iterator[tuple[str, CodedDocument, Any]]:
    """Yield a name, the document and the CAS of each pair of document and annotator there is something to say of."""
    labels = code_labels(project)
    said: dict[tuple[str, str], list[Selection]] = {}
    for selection in project.selections:
        said.setdefault((selection.annotator, selection.document), []).append(selection)
    for document in project.documents:
        for annotator in project.annotators:
            key = annotator, document.id
            if key in said or key in project.completed:
                folder = quote(document.id, safe=" ")
                cas = _cas(document, annotator, said.get(key, ()), labels, project)
                yield f"annotation/{folder}/{quote(annotator, safe=' @')}", document, cas


def _cas(document: CodedDocument, annotator: str, selections: Any, labels: Mapping[str, str], project: Project) -> Any:
    cassis = _cassis()
    types = cassis.TypeSystem()
    frame = types.create_type(FRAME_TYPE, "uima.tcas.Annotation")
    whole = types.create_type(_DOCUMENT_TYPE, "uima.tcas.Annotation")
    for owner, features in (
        (frame, {FRAME_FEATURE: "String", "probability": "Double", "note": "String"}),
        (whole, {"id": "String", "name": "String", "annotator": "String", "model": "Boolean", "complete": "Boolean"}),
    ):
        for feature, kind in features.items():
            types.create_feature(owner, feature, f"uima.cas.{kind}")
    cas = cassis.Cas(typesystem=types)
    cas.sofa_string = document.text
    cas.sofa_mime = "text/plain"
    facts = {"id": document.id, "name": document.name, "annotator": annotator}
    complete = (annotator, document.id) in project.completed
    cas.add(whole(begin=0, end=len(document.text), model=annotator in project.models, complete=complete, **facts))
    for selection in selections:
        if selection.start is None:
            continue
        chances = selection.probabilities or [None] * len(selection.codes)
        given: list[tuple[str | None, float | None]] = [
            (labels[code], chance) for code, chance in zip(selection.codes, chances, strict=True)
        ]
        # What was read in part and got no code is there without one.
        for label, chance in given or ([(None, None)] if (annotator, document.id) in project.partial else []):
            one = frame(begin=selection.start, end=selection.end, frame=label, probability=chance)
            one.note = selection.note or None
            cas.add(one)
    return cas


def read(
    path: Path, sources: Path | None = None, *, type_name: str | None = None, feature: str | None = None
) -> ProjectReading:
    """
    Read a CAS, or an archive of some.

    :param path: ``.xmi`` with ``TypeSystem.xml`` beside it, ``.json``, or ``.zip``.
    :param sources: folder with ``TypeSystem.xml``, where it is not beside the file.
    :param type_name: the type of annotation that holds codes; every type of the project's own by default.
    :param feature: its feature with the code; the likeliest by default.
    :returns: what is in it.
    :raises CorpusError: nothing of it can be read.
    """
    reader = _Reader(path, type_name, feature)
    if path.suffix.lower() == ".zip":
        reader.archive(str(path), path)
    else:
        beside = (sources or path.parent) / _TYPE_SYSTEM
        types = beside.read_bytes() if path.suffix.lower() == ".xmi" and beside.is_file() else None
        reader.add(str(path), path.stem, "annotator", path.suffix.lower(), path.read_bytes(), types)
    if not reader.count:
        raise CorpusError(f"{path}: holds no CAS that can be read" + "".join(f"; {p.reason}" for p in reader.problems))
    return reader.collector.reading()


class _Reader:
    def __init__(self, path: Path, type_name: str | None, feature: str | None) -> None:
        self._cassis = _cassis()
        types = self._cassis.typesystem
        #: What cassis raises for files that are no CAS: it does not check them itself.
        self._no_cas: tuple[type[Exception], ...] = (
            *(etree.XMLSyntaxError, types.TypeNotFoundError, types.TypeCheckError, RecursionError),
            *(ValueError, KeyError, TypeError, AttributeError, IndexError),
        )
        self._type_name = type_name
        self._feature = feature
        self.collector = ProjectCollector(path.stem)
        self.problems = self.collector.problems
        self.count = 0

    def archive(self, where: str, path: Path | io.BytesIO, within: PurePosixPath | None = None) -> None:
        """Read an archive, and the archives in it: an annotator's, with a document and its type system."""
        suffixes = (".xmi", ".json", ".xml") if within else (".xmi", ".json", ".xml", ".zip")
        entries = list(read_entries(path, suffixes, where=where))
        types = {name.parent: content for name, content in entries if name.name.lower() == _TYPE_SYSTEM.lower()}
        for name, content in entries:
            own = within or name
            if own.stem == "INITIAL_CAS" or name.suffix.lower() == ".xml":
                continue
            place = f"{where}: {name}"
            if name.suffix.lower() == ".zip":
                try:
                    self.archive(place, io.BytesIO(content), within=name)
                except CorpusError as error:
                    self.problems.append(Problem(place, str(error).removeprefix(f"{place}: ")))
                continue
            if name.suffix.lower() == ".json" and b'"%' not in content[: 1 << 16]:
                continue
            nearest = next((types[parent] for parent in name.parents if parent in types), None)
            document = unquote(own.parent.name) or own.stem
            annotator = unquote(own.stem) if own.parent.name else "annotator"
            self.add(place, document, annotator, name.suffix.lower(), content, nearest)

    def add(self, where: str, document: str, annotator: str, suffix: str, content: bytes, types: bytes | None) -> None:
        """Add one CAS."""
        try:
            cas = self._load(suffix, content, types)
        except CorpusError as error:
            self.problems.append(Problem(where, str(error)))
            return
        text = cas.sofa_string
        if not isinstance(text, str):
            self.problems.append(Problem(where, "has no text"))
            return
        self.count += 1
        facts = next(iter(self._select(cas, _DOCUMENT_TYPE)), None)
        if facts is not None:
            document, annotator = facts.id or document, facts.annotator or annotator
        name = (facts.name if facts is not None else None) or document
        if not self.collector.document(document, text, name=name):
            self.problems.append(Problem(where, f"document {document!r} has another text elsewhere; the first counts"))
            return
        self.collector.annotator(annotator, model=bool(facts is not None and facts.model))
        in_part = facts is not None and facts.complete is False
        if in_part:
            self.collector.read_in_part(annotator, document)
        elif facts is not None and facts.complete:
            self.collector.complete(annotator, document)
        for kind, feature in self._kinds(where, cas):
            for one in self._select(cas, kind):
                if getattr(one, feature, None) or (in_part and kind == FRAME_TYPE):
                    self._mark(where, document, annotator, one, feature)

    def _load(self, suffix: str, content: bytes, types: bytes | None) -> Any:
        try:
            if suffix == ".json":
                return self._cassis.load_cas_from_json(io.BytesIO(content))
            if types is None:
                raise CorpusError(f"has no {_TYPE_SYSTEM} beside it, which XMI needs; export both")
            for xml in (content, types):
                # cassis would expand its entities. This parser does not, and knows it in every encoding.
                if etree.fromstring(xml, safe_parser()).getroottree().docinfo.internalDTD is not None:
                    raise CorpusError("has a document type declaration, which is refused")
            return self._cassis.load_cas_from_xmi(
                io.BytesIO(content), typesystem=self._cassis.load_typesystem(io.BytesIO(types)), lenient=True
            )
        except self._no_cas as error:
            raise CorpusError(f"is no readable CAS: {type(error).__name__}: {str(error)[:200]}") from error

    def _select(self, cas: Any, kind: str) -> list[Any]:
        return list(cas.select(kind)) if cas.typesystem.contains_type(kind) else []

    def _kinds(self, where: str, cas: Any) -> list[tuple[str, str]]:
        """Find the types of annotation that hold codes, each with its feature for them."""
        found = []
        for kind in cas.typesystem.get_types():
            if self._type_name is not None and kind.name != self._type_name:
                continue
            if self._type_name is None and kind.name.startswith(_FOREIGN):
                continue
            strings = [one.name for one in kind.all_features if one.rangeType.name == "uima.cas.String"]
            wanted = [self._feature] if self._feature else [*_CODE_FEATURES, *strings]
            if name := next((name for name in wanted if name in strings), None):
                found.append((kind.name, name))
        if self._type_name is not None and not found:
            self.problems.append(Problem(where, f"has no type {self._type_name!r} with a feature for a code"))
        return found

    def _mark(self, where: str, document: str, annotator: str, one: Any, feature: str) -> None:
        begin, end, label = getattr(one, "begin", None), getattr(one, "end", None), getattr(one, feature, None)
        if not isinstance(begin, int) or not isinstance(end, int):
            return
        chance = getattr(one, "probability", None)
        note = getattr(one, "note", None)
        self.collector.mark(
            document,
            annotator,
            [str(label)] if label else [],
            (begin, end),
            where=where,
            note=str(note or ""),
            probabilities=[float(chance)] if isinstance(chance, int | float) and 0 <= chance <= 1 else [],
            exact=True,
        )
