"""Write a project as every tool of the standard reads it."""

import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from framecls.corpus.interchange.project import Code, CodedDocument, Project, Selection
from framecls.corpus.interchange.refi.structure import GUID, PROJECT
from framecls.corpus.interchange.refi.words import ORIGIN, Extent, model_note, read_note
from framecls.corpus.interchange.xml import new_root, xml_text
from framecls.errors import CorpusError
from framecls.files import whole_file

__all__ = ["add_codes", "add_read_sets", "guid_of", "selection_element", "write_qdpx"]

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:framecls:refi-qda")
#: How much a set says was read, what its GUID is made of, and the beginning of its name.
_SETS: tuple[tuple[Extent, str, str], ...] = (("full", "read", "Read by"), ("part", "read in part", "Read in part by"))
_TAG = f"{{{PROJECT}}}"
#: Characters of its words that name a selection; tools show the name in lists.
_NAME = 120
#: Zip archives cannot say when an entry was made before this; one date makes two exports of one project alike.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def guid_of(kind: str, *names: object) -> str:
    """
    Give the GUID of something, the same in every export.

    :param kind: what it is.
    :param names: what tells it from others of its kind; a single one that is a GUID stays as it is.
    :returns: the GUID.
    """
    if len(names) == 1 and GUID.fullmatch(str(names[0])):
        return str(names[0]).strip("{}").lower()
    return str(uuid5(_NAMESPACE, "\0".join([kind, *map(str, names)])))


def write_qdpx(project: Project, path: Path, *, created: datetime | None = None) -> None:
    """
    Write a REFI-QDA project.

    The units of documents have no place in the standard and are left out, and so are selections without codes, but for
    those by annotators who have read their document in part.

    :param project: the project.
    :param path: the ``.qdpx`` file.
    :param created: when; now by default.
    :raises CorpusError: the text of a document cannot be written as UTF-8.
    """
    stamp = (created or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    root = _project(project, stamp)
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        content = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
        archive.writestr(zipfile.ZipInfo("project.qde", _EPOCH), content, zipfile.ZIP_DEFLATED)
        for document in project.documents:
            info = zipfile.ZipInfo(f"sources/{_document_guid(project, document)}.txt", _EPOCH)
            archive.writestr(info, _encoded(document), zipfile.ZIP_DEFLATED)


def _document_guid(project: Project, document: CodedDocument) -> str:
    return guid_of("document", project.name, document.id)


def _encoded(document: CodedDocument) -> bytes:
    # A mark at the start would be taken for the byte order mark; the one before it is dropped in its place.
    text = "\ufeff" + document.text if document.text.startswith("\ufeff") else document.text
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CorpusError(
            f"document {document.id!r}: character {error.start} is half of a surrogate pair, which no file can hold; "
            "decode the document again"
        ) from error


def _project(project: Project, stamp: str) -> etree._Element:
    users = {name: guid_of("user", name) for name in project.annotators}
    first = next(iter(users.values()), guid_of("user", ORIGIN))
    root = new_root("Project", PROJECT)
    root.set("name", xml_text(project.name))
    root.set("origin", ORIGIN)
    root.set("creatingUserGUID", first)
    root.set("creationDateTime", stamp)
    if users:
        parent = etree.SubElement(root, f"{_TAG}Users")
        for name, guid in users.items():
            etree.SubElement(parent, f"{_TAG}User", guid=guid, name=xml_text(name))
    if project.codes:
        codebook = etree.SubElement(root, f"{_TAG}CodeBook")
        add_codes(etree.SubElement(codebook, f"{_TAG}Codes"), project.codes, PROJECT)
    if project.documents:
        sources = etree.SubElement(root, f"{_TAG}Sources")
        by_document = defaultdict(list)
        for selection in project.selections:
            by_document[selection.document].append(selection)
        names = {code.id: code.name for code in project.codes}
        for document in project.documents:
            sources.append(_source(project, document, by_document[document.id], users, names, stamp))
    if project.completed or project.partial:
        sets = etree.SubElement(root, f"{_TAG}Sets")
        for name, user in users.items():
            full, part = (
                [_document_guid(project, one) for one in project.documents if (name, one.id) in pairs]
                for pairs in (project.completed, project.partial)
            )
            add_read_sets(sets, user, name, {"full": full, "part": part})
    return root


def add_codes(parent: etree._Element, codes: Sequence[Code], namespace: str) -> None:
    """
    Add codes below an element, as a tree.

    :param parent: the element ``Codes``.
    :param codes: the codes, each after the one above it.
    :param namespace: that of a project or of a codebook.
    """
    elements: dict[str | None, etree._Element] = {None: parent}
    for code in codes:
        guid = guid_of("code", code.id)
        element = etree.Element(f"{{{namespace}}}Code", guid=guid, name=xml_text(code.name), isCodable="true")
        if code.color:
            element.set("color", code.color)
        if code.description:
            etree.SubElement(element, f"{{{namespace}}}Description").text = xml_text(code.description)
        elements[code.parent].append(element)
        elements[code.id] = element


def _source(
    project: Project,
    document: CodedDocument,
    selections: Sequence[Selection],
    users: Mapping[str, str],
    names: Mapping[str, str],
    stamp: str,
) -> etree._Element:
    guid = _document_guid(project, document)
    source = etree.Element(f"{_TAG}TextSource", guid=guid, name=xml_text(document.id))
    source.set("plainTextPath", f"internal://{guid}.txt")
    source.set("creationDateTime", stamp)
    if document.name != document.id:
        etree.SubElement(source, f"{_TAG}Description").text = xml_text(document.name)
    seen: Counter[tuple[object, ...]] = Counter()
    whole = []
    for selection in selections:
        key = (guid, selection.annotator, selection.start, selection.end, *selection.codes)
        seen[key] += 1
        own = guid_of("selection", *key, seen[key])
        user = users[selection.annotator]
        if selection.start is None or selection.end is None:
            whole += list(_codings(own, selection, user, stamp))
        elif selection.codes or (selection.annotator, document.id) in project.partial:
            span = selection.start, selection.end
            quote = document.text[selection.start : selection.end]
            source.append(selection_element(own, selection, span, quote, user, names, stamp))
    source.extend(whole)
    return source


def selection_element(
    guid: str,
    selection: Selection,
    span: tuple[int, int],
    quote: str,
    user: str,
    names: Mapping[str, str],
    stamp: str,
) -> etree._Element:
    """
    Make the element of a selection with its codings.

    :param guid: of the selection.
    :param selection: the selection; the ids of its codes are GUIDs or become such.
    :param span: its positions, counted as the file counts them.
    :param quote: its words.
    :param user: GUID of the user.
    :param names: names of codes by id.
    :param stamp: when it was made.
    :returns: the element.
    """
    element = etree.Element(f"{_TAG}PlainTextSelection", guid=guid)
    words = " ".join(xml_text(quote).split())
    element.set("name", words if len(words) <= _NAME else words[:_NAME] + "…")
    element.set("startPosition", str(span[0]))
    element.set("endPosition", str(span[1]))
    element.set("creatingUser", user)
    element.set("creationDateTime", stamp)
    parts = [selection.note] if selection.note else []
    if selection.probabilities:
        parts.append(model_note([names[code] for code in selection.codes], selection.probabilities))
    if parts:
        etree.SubElement(element, f"{_TAG}Description").text = xml_text("\n".join(parts))
    element.extend(_codings(guid, selection, user, stamp))
    return element


def _codings(guid: str, selection: Selection, user: str, stamp: str) -> Iterator[etree._Element]:
    for code in selection.codes:
        coding = etree.Element(f"{_TAG}Coding", guid=guid_of("coding", guid, code), creatingUser=user)
        coding.set("creationDateTime", stamp)
        etree.SubElement(coding, f"{_TAG}CodeRef", targetGUID=guid_of("code", code))
        yield coding


def add_read_sets(parent: etree._Element, user: str, name: str, read: Mapping[Extent, Sequence[str]]) -> None:
    """
    Add a set of the documents that a user has read in full, coded or not, and one of those in part.

    :param parent: the element ``Sets``.
    :param user: GUID of the user.
    :param name: of the user.
    :param read: GUIDs of the sources; a set is made where there are any.
    """
    for extent, kind, title in _SETS:
        if sources := read.get(extent):
            guid = guid_of("set", kind, user)
            one = etree.SubElement(parent, f"{_TAG}Set", guid=guid, name=xml_text(f"{title} {name}"))
            etree.SubElement(one, f"{_TAG}Description").text = read_note(user, extent)
            for source in sources:
                etree.SubElement(one, f"{_TAG}MemberSource", targetGUID=source)
