"""The project file to what it says, element by element; texts and positions are left to the reader."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from framecls.corpus.interchange.project import Code, Problem
from framecls.corpus.interchange.refi.archive import Archive
from framecls.corpus.interchange.refi.structure import PROJECT, local_name, violations
from framecls.corpus.interchange.refi.words import Extent, read_user
from framecls.corpus.interchange.xml import elements
from framecls.corpus.interchange.zips import DAMAGED
from framecls.errors import CorpusError

__all__ = [
    "RawCoding",
    "RawProject",
    "RawSelection",
    "RawSource",
    "normal_guid",
    "parse_codes",
    "parse_project",
    "unused",
]

#: Departures from the standard that are told one by one.
_TOLD = 5


@dataclass(frozen=True, slots=True)
class RawCoding:
    """A code given by a user; ``None`` where nobody is named."""

    where: str
    code: str
    user: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawSelection:
    """
    A selection as the file has it.

    :param where: file and line.
    :param start: ``startPosition``; ``None`` for an area of a page.
    :param end: ``endPosition``, or ``None``.
    :param name: what the file calls it, which most tools make of its words.
    :param description: the comment on it.
    :param codings: the codes given to it.
    :param notes: GUIDs of the notes on it.
    :param user: GUID of the user who made it; ``None`` where nobody is named.
    :param page: the page an area is on, else ``None``.
    """

    where: str
    start: int | None
    end: int | None
    name: str
    description: str
    codings: tuple[RawCoding, ...]
    notes: tuple[str, ...]
    user: str | None
    page: str | None = None


@dataclass(slots=True)
class RawSource:
    """A text or PDF source as the file has it."""

    where: str
    kind: str
    guid: str
    name: str
    description: str
    paths: dict[str, str]
    content: str | None
    selections: list[RawSelection]
    codings: list[RawCoding]
    representation: "RawSource | None" = None


@dataclass(slots=True)
class RawProject:
    """
    The project file, without the texts of its sources.

    :param read: pairs of GUIDs of a user and of a source that they have read, as far as the project says.
    """

    name: str = ""
    origin: str = ""
    owner: str | None = None
    users: dict[str, str] = field(default_factory=dict)
    codes: list[Code] = field(default_factory=list)
    sources: list[RawSource] = field(default_factory=list)
    notes: dict[str, RawSource] = field(default_factory=dict)
    read: dict[Extent, set[tuple[str, str]]] = field(default_factory=lambda: {"full": set(), "part": set()})
    lost: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    departures: list[str] = field(default_factory=list)
    media: Counter[str] = field(default_factory=Counter)

    def notices(self) -> Iterator[str]:
        """Say in few lines how the file departs from the standard, and what it holds that is no text."""
        yield from self.departures[:_TOLD]
        if len(self.departures) > _TOLD:
            yield f"{len(self.departures) - _TOLD} more departures from the standard"
        for kind, count in sorted(self.media.items()):
            yield f"{kind}s, which hold no text to code, left out: {count}"


def normal_guid(value: str | None) -> str:
    """
    Write a GUID the one way.

    :param value: a GUID, perhaps in braces or capitals.
    :returns: in lower case without braces.
    """
    return (value or "").strip().strip("{}").lower()


def parse_project(archive: Archive) -> RawProject:
    """
    Parse the project file of an archive. Where it breaks off, what stands before is kept.

    :param archive: the archive.
    :returns: what it says, and what is wrong with it.
    :raises CorpusError: it is no project at all, or has a document type.
    """
    file = f"{archive.path}: {archive.project}"
    raw = RawProject()
    parser = _Parser(file, raw)
    try:
        with archive.open_project() as stream:
            for event, element in elements(stream, file):
                parser.take(event, element)
    except etree.XMLSyntaxError as error:
        where, reason = f"{file} line {error.lineno}", f"the XML is broken ({error.msg})"
    except DAMAGED as error:
        where, reason = file, f"the file is damaged ({error})"
    else:
        return raw
    if not parser.started:
        raise CorpusError(f"{file}: {reason}; export the project again")
    raw.problems.append(Problem(where, f"{reason}; all before was read"))
    return raw


class _Parser:
    """
    Take elements as they end.

    :param file: the file, for messages.
    :param raw: takes up what they say.
    """

    def __init__(self, file: str, raw: RawProject) -> None:
        self._file, self._raw = file, raw
        self._path: list[str] = []
        self.started = False
        self._handlers: dict[tuple[str, ...], Callable[[etree._Element], None]] = {
            ("Users", "User"): self._user,
            ("CodeBook",): self._codebook,
            ("Sources", "TextSource"): self._source,
            ("Sources", "PDFSource"): self._source,
            ("Notes", "Note"): self._note,
            ("Sets", "Set"): self._set,
        }

    def take(self, event: str, element: etree._Element) -> None:
        if event == "start":
            self._path.append(local_name(element))
            if not self.started:
                self._begin(element)
            return
        for departure in violations(element):
            self._raw.departures.append(f"{self._where(element)}: {departure}")
        inside = tuple(self._path[1:])
        self._path.pop()
        if handler := self._handlers.get(inside):
            handler(element)
        elif len(inside) == 2 and inside[0] == "Sources":
            self._raw.media[inside[1]] += 1
        # A cleared element keeps its name, which the order of its parent's children is checked by; the codes are
        # wanted together.
        if len(inside) == 1 or (len(inside) == 2 and inside[0] != "CodeBook"):
            element.clear()

    def _begin(self, root: etree._Element) -> None:
        name = local_name(root)
        if name != "Project":
            raise CorpusError(f"{self._file}: is a {name}, no Project of REFI-QDA; export the project again")
        self.started = True
        if root.tag != f"{{{PROJECT}}}Project":
            self._raw.departures.append(f"{self._where(root)}: Project is not of the namespace {PROJECT}")
        self._raw.name = root.get("name", "")
        self._raw.origin = root.get("origin", "")
        self._raw.owner = normal_guid(root.get("creatingUserGUID")) or None

    def _where(self, element: etree._Element) -> str:
        return f"{self._file} line {element.sourceline}"

    def _user(self, element: etree._Element) -> None:
        guid = normal_guid(element.get("guid"))
        name = _name(element, element.get("id") or guid[:8])
        self._raw.users[guid] = unused(name, set(self._raw.users.values()))

    def _codebook(self, element: etree._Element) -> None:
        self._raw.codes, problems = parse_codes(element, self._file)
        self._raw.problems += problems

    def _source(self, element: etree._Element) -> None:
        self._raw.sources.append(self._raw_source(element))

    def _note(self, element: etree._Element) -> None:
        source = self._raw_source(element)
        self._raw.notes[source.guid] = source

    def _set(self, element: etree._Element) -> None:
        said = read_user(_text(element, "Description"))
        if said is not None:
            user, extent = said
            members = [normal_guid(member.get("targetGUID")) for member in element.iterfind("{*}MemberSource")]
            self._raw.read[extent] |= {(user, member) for member in members}

    def _raw_source(self, element: etree._Element) -> RawSource:
        content = element.find("{*}PlainTextContent")
        representation = element.find("{*}Representation")
        selections = [
            selection
            for child in element.iterfind("{*}*")
            if local_name(child) in ("PlainTextSelection", "PDFSelection")
            and (selection := self._selection(child)) is not None
        ]
        guid = normal_guid(element.get("guid"))
        return RawSource(
            self._where(element),
            local_name(element),
            guid,
            _name(element, guid[:8]),
            _text(element, "Description"),
            {key: value for key in ("plainTextPath", "richTextPath", "path") if (value := element.get(key))},
            None if content is None else content.text or "",
            selections,
            list(self._codings(element)),
            None if representation is None else self._raw_source(representation),
        )

    def _selection(self, element: etree._Element) -> RawSelection | None:
        where = self._where(element)
        area = local_name(element) == "PDFSelection"
        name = (element.get("name") or "").strip()
        start = end = None
        if not area:
            start, end = _number(element.get("startPosition")), _number(element.get("endPosition"))
            if start is None or end is None:
                given = f"{element.get('startPosition')!r} to {element.get('endPosition')!r}"
                self._raw.lost.append(Problem(where, f"its positions {given:.80} are no whole numbers", name[:80]))
                return None
        representation = element.find("{*}Representation")
        if area and representation is not None:
            # The words of an area, which its name may cut short.
            name = _text(representation, "PlainTextContent").strip() or name
        user = normal_guid(element.get("creatingUser")) or None
        return RawSelection(
            where,
            start,
            end,
            name,
            _text(element, "Description"),
            tuple(self._codings(element, user)),
            _notes(element),
            user,
            element.get("page") if area else None,
        )

    def _codings(self, element: etree._Element, user: str | None = None) -> Iterator[RawCoding]:
        for coding in element.iterfind("{*}Coding"):
            reference = coding.find("{*}CodeRef")
            code = normal_guid(reference.get("targetGUID")) if reference is not None else ""
            if not code:
                self._raw.problems.append(Problem(self._where(coding), "a Coding names no code"))
                continue
            by = normal_guid(coding.get("creatingUser")) or user
            yield RawCoding(self._where(coding), code, by, _notes(coding))


def parse_codes(codebook: etree._Element, file: str) -> tuple[list[Code], list[Problem]]:
    """
    Read the tree of codes.

    :param codebook: the element ``CodeBook``, of a project or of a codebook file.
    :param file: the file, for messages.
    :returns: the codes, each after the one above it, and what is wrong with them.
    """
    found: dict[str, Code] = {}
    problems: list[Problem] = []

    def take(parent: etree._Element, above: str | None) -> None:
        for element in parent.iterfind("{*}Code"):
            where = f"{file} line {element.sourceline}"
            guid = normal_guid(element.get("guid"))
            name = _name(element, guid[:8])
            if not guid:
                problems.append(Problem(where, f"code {name!r} has no guid, so that nothing can refer to it"))
            elif guid in found:
                problems.append(Problem(where, f"code {name!r} has the guid of code {found[guid].name!r}"))
            else:
                color = _color(element.get("color"))
                found[guid] = Code(guid, name, color, _text(element, "Description"), above)
            take(element, guid if guid in found else above)

    for codes in codebook.iterfind("{*}Codes"):
        take(codes, None)
    return list(found.values()), problems


def _name(element: etree._Element, otherwise: str) -> str:
    name = element.get("name") or ""
    return name if name.strip() else otherwise or "unnamed"


def _color(value: str | None) -> str:
    digits = (value or "").strip().removeprefix("#").lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    is_color = len(digits) == 6 and all(digit in "0123456789abcdef" for digit in digits)
    return f"#{digits}" if is_color else ""


def _number(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19 else None


def _text(element: etree._Element, name: str) -> str:
    child = element.find(f"{{*}}{name}")
    return (child.text or "") if child is not None else ""


def _notes(element: etree._Element) -> tuple[str, ...]:
    return tuple(normal_guid(note.get("targetGUID")) for note in element.iterfind("{*}NoteRef"))


def unused(name: str, taken: set[str]) -> str:
    """
    Tell a name apart from others.

    :param name: the name.
    :param taken: names that are taken.
    :returns: the name, with a number where it is taken.
    """
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found
