"""Write a model's codings into a project people work in, as one more coder beside them."""

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from framecls.corpus.interchange.placing import GivenRange, count, place
from framecls.corpus.interchange.project import Problem, Project, Selection
from framecls.corpus.interchange.refi.archive import Archive
from framecls.corpus.interchange.refi.parsing import normal_guid
from framecls.corpus.interchange.refi.reader import Opened
from framecls.corpus.interchange.refi.structure import PROJECT, local_name
from framecls.corpus.interchange.refi.words import Extent, read_user
from framecls.corpus.interchange.refi.writer import add_codes, add_read_sets, guid_of, selection_element
from framecls.corpus.interchange.xml import safe_parser, xml_text
from framecls.corpus.interchange.zips import DAMAGED
from framecls.errors import CorpusError
from framecls.files import whole_file

__all__ = ["Merged", "merge_into"]

#: What of a project stands before its sets.
_BEFORE_SETS = ("Users", "CodeBook", "Variables", "Cases", "Sources", "Notes", "Links")
#: Bytes from which an entry of an archive needs wider fields.
_LARGE = 1 << 31
#: Bytes that are copied at once.
_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Merged:
    """
    What became of codings on their way into a project.

    :param selections: how many were written.
    :param documents: into how many sources.
    :param problems: what could not be written.
    """

    selections: int
    documents: int
    problems: tuple[Problem, ...]


def merge_into(opened: Opened, project: Project, output: Path, *, codes: Mapping[str, str]) -> Merged:
    """
    Add the codings of models to a project, and leave everything else in it as it is.

    A document goes to the source with the same text; where none has it, to the source of its name, and each selection
    to where its words stand there. Codings that the same model has in the target from before are replaced.

    :param opened: the project people work in; its file is not changed.
    :param project: what is added; its annotators are models, as those of people are never replaced.
    :param output: the ``.qdpx`` file to write.
    :param codes: GUID of the target's code to use, by id of the project's; codes it does not have are added.
    :returns: what was written, and what could not be.
    :raises CorpusError: the XML of the target is broken, an entry of it is damaged, or the output is the target.
    """
    target = opened.path
    if output.resolve() == target.resolve():
        raise CorpusError(f"{output}: is the project that is merged into; give --output another name")
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with Archive(target) as archive:
        try:
            with archive.open_project() as stream:
                tree = etree.parse(stream, safe_parser())
        except (etree.XMLSyntaxError, *DAMAGED) as error:
            reason = f"{target}: {archive.project} cannot be written into: it is broken or damaged ({error})"
            raise CorpusError(f"{reason}; export the project again") from error
        merger = _Merger(
            tree.getroot(),
            opened,
            project,
            {code.id: codes.get(code.id, guid_of("code", code.id)) for code in project.codes},
            stamp,
        )
        merged = merger.merge(str(target))
        content = etree.tostring(tree, encoding="UTF-8", xml_declaration=True)
        with whole_file(output) as partial, zipfile.ZipFile(partial, "w") as written:
            _copy(archive, written, content)
    return merged


def _copy(archive: Archive, written: zipfile.ZipFile, content: bytes) -> None:
    for info in archive.entries():
        entry = copy(info)
        if info.filename == archive.project:
            written.writestr(entry, content, zipfile.ZIP_DEFLATED)
        else:
            large = info.file_size >= _LARGE
            with written.open(entry, "w", force_zip64=large) as new:
                for part in _parts(archive, info):
                    new.write(part)


def _parts(archive: Archive, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as file:
            while part := file.read(_PART):
                yield part
    except DAMAGED as error:
        raise CorpusError(
            f"{archive.path}: entry {info.filename!r} is damaged ({error}); export the project again"
        ) from error


class _Merger:
    """
    Change the tree of a project.

    :param root: its first element.
    :param opened: the same project, read.
    :param project: what is added.
    :param codes: GUID in the target of each code of the project.
    :param stamp: when.
    """

    def __init__(
        self, root: etree._Element, opened: Opened, project: Project, codes: Mapping[str, str], stamp: str
    ) -> None:
        self._root, self._opened, self._project, self._codes, self._stamp = root, opened, project, codes, stamp
        # A tool that has had the project in hands gives users and codes GUIDs of its own, in its own spelling.
        users = {user.get("name"): str(user.get("guid")) for user in root.iter("{*}User") if user.get("guid")}
        self._users = {name: users.get(xml_text(name)) or guid_of("user", name) for name in project.annotators}
        self._spelt = {normal_guid(code.get("guid")): str(code.get("guid")) for code in root.iter("{*}Code")}
        self._problems: list[Problem] = []
        #: The target's documents that take a document of the project, by its id; and whether they have its very text.
        self._takers: dict[str, tuple[list[str], bool]] = {}

    def merge(self, where: str) -> Merged:
        target = self._opened.reading.project
        holders = {
            normal_guid(element.get("guid")): element
            for element in self._root.iter("{*}TextSource", "{*}Representation")
        }
        self._forget()
        by_document = defaultdict(list)
        for selection in self._project.selections:
            if selection.codes and selection.start is not None:
                by_document[selection.document].append(selection)
        texts = target.texts()
        placed = self._placed(by_document, where)
        written = 0
        documents = set()
        for guid, id in self._opened.documents.items():
            if selections := placed.get(id):
                self._insert(holders[guid], guid, texts[id], selections)
                written += len(selections)
                documents.add(id)
        read = self._read()
        if written or read:
            self._add_users()
        if written:
            self._add_codes()
        if read:
            sets = self._section(self._root, "Sets", _BEFORE_SETS)
            for name, sources in read.items():
                add_read_sets(sets, self._users[name], name, sources)
        return Merged(written, len(documents), tuple(self._problems))

    def _forget(self) -> None:
        """Take out what the same models have in the target from before."""
        mine = {normal_guid(guid) for guid in self._users.values()}
        for element in list(self._root.iter("{*}PlainTextSelection")):
            by = {normal_guid(coding.get("creatingUser")) for coding in element.iterfind("{*}Coding")} - {""}
            by = by or {normal_guid(element.get("creatingUser"))}
            parent = element.getparent()
            if by <= mine and parent is not None:
                parent.remove(element)
        for element in list(self._root.iter("{*}Set")):
            said = read_user(element.findtext("{*}Description") or "")
            parent = element.getparent()
            if said is not None and normal_guid(said[0]) in mine and parent is not None:
                parent.remove(element)

    def _read(self) -> dict[str, dict[Extent, list[str]]]:
        """Give the sources that each annotator has read in full and in part, where there are any."""
        sources = {}
        for element in self._root.iter("{*}TextSource", "{*}Representation"):
            if (id := self._opened.documents.get(normal_guid(element.get("guid")))) is not None:
                # A set is of sources; the text of a PDF is a part of one.
                source = element if local_name(element) == "TextSource" else element.getparent()
                sources[id] = str(source.get("guid"))
        found: dict[str, dict[Extent, list[str]]] = {}
        for name in self._project.annotators:
            of_annotator: dict[Extent, list[str]] = {"full": [], "part": []}
            for document in self._project.documents:
                takers, same = self._takers.get(document.id, ([], False))
                key = name, document.id
                if key in self._project.completed and same:
                    of_annotator["full"] += [sources[id] for id in takers]
                elif key in self._project.completed | self._project.partial:
                    # Of a text that differs, the model has seen no more than is written.
                    of_annotator["part"] += [sources[id] for id in takers]
            if any(of_annotator.values()):
                found[name] = of_annotator
        return found

    def _placed(self, by_document: Mapping[str, Sequence[Selection]], where: str) -> dict[str, list[Selection]]:
        """Give the selections in the target's documents, by their id there."""
        target = self._opened.reading.project
        writable = set(self._opened.documents.values())
        by_text: dict[str, list[str]] = defaultdict(list)
        for document in target.documents:
            if document.id in writable:
                by_text[document.text].append(document.id)
        names = {name: one.id for one in target.documents for name in (Path(one.id).stem, one.name, one.id)}
        texts = target.texts()
        placed: dict[str, list[Selection]] = defaultdict(list)
        for document in self._project.documents:
            selections = by_document.get(document.id, ())
            if same := by_text.get(document.text):
                self._takers[document.id] = same, True
                for copy_of in same:
                    placed[copy_of] += selections
                continue
            candidates = (document.id, document.name, Path(document.id).stem)
            id = next((names[name] for name in candidates if names.get(name) in writable), None)
            if id is None:
                reason = f"document {document.id!r} is no plain text of the project, by its words or its name"
                self._problems.append(Problem(where, f"{reason}; {len(selections)} selections were not written"))
                continue
            self._takers[document.id] = [id], False
            given = [
                GivenRange(id, s.start, s.end, document.text[s.start : s.end])
                for s in selections
                if s.start is not None and s.end is not None
            ]
            for selection, found in zip(selections, place({id: texts[id]}, given, certain=True).ranges, strict=True):
                if found.start is None:
                    quote = document.text[selection.start : selection.end]
                    reason = f"{document.id!r}, {selection.start} to {selection.end}: {found.reason}"
                    self._problems.append(Problem(where, reason, quote[:80]))
                else:
                    placed[id].append(replace(selection, document=id, start=found.start, end=found.end))
        return placed

    def _insert(self, holder: etree._Element, guid: str, text: str, selections: Sequence[Selection]) -> None:
        names = {code.id: code.name for code in self._project.codes}
        target_names = {code.id: code.name for code in self._opened.reading.project.codes}
        names |= {id: target_names[code] for id, code in self._codes.items() if code in target_names}
        before = [c for c in holder if local_name(c) in ("Description", "PlainTextContent", "PlainTextSelection")]
        at = holder.index(before[-1]) + 1 if before else 0
        spans = [(s.start, s.end) for s in selections if s.start is not None and s.end is not None]
        for number, (selection, span, counted) in enumerate(
            zip(selections, spans, count(text, spans, self._opened.counting), strict=True)
        ):
            own = guid_of("selection", guid, selection.annotator, *span, *selection.codes, number)
            user = self._users[selection.annotator]
            coded = replace(selection, codes=tuple(self._codes[code] for code in selection.codes))
            by_code = {self._codes[code]: names[code] for code in selection.codes}
            element = selection_element(own, coded, counted, text[slice(*span)], user, by_code, self._stamp)
            for reference in element.iter("{*}CodeRef"):
                target = str(reference.get("targetGUID"))
                reference.set("targetGUID", self._spelt.get(target, target))
            element.tail = "\n"
            holder.insert(at + number, element)

    def _section(self, parent: etree._Element, name: str, before: Sequence[str]) -> etree._Element:
        """Find a child, or make it behind those that have to stand before it."""
        found = parent.find(f"{{*}}{name}")
        if found is None:
            found = etree.Element(f"{{{PROJECT}}}{name}")
            parent.insert(sum(local_name(child) in before for child in parent), found)
        return found

    def _add_users(self) -> None:
        users = self._section(self._root, "Users", ())
        known = {normal_guid(user.get("guid")) for user in users}
        for name, guid in self._users.items():
            if normal_guid(guid) not in known:
                etree.SubElement(users, f"{{{PROJECT}}}User", guid=guid, name=xml_text(name))

    def _add_codes(self) -> None:
        known = {code.id for code in self._opened.reading.project.codes}
        missing = [code for code in self._project.codes if self._codes[code.id] not in known]
        if missing:
            codebook = self._section(self._root, "CodeBook", ("Users",))
            # One whose parent the project has already stands at the top.
            absent = {code.id for code in missing}
            tree = [replace(code, parent=code.parent if code.parent in absent else None) for code in missing]
            add_codes(self._section(codebook, "Codes", ()), tree, PROJECT)
