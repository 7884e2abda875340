"""Read a project: its sources' texts, and its selections where they stand in them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from framecls.corpus.interchange.placing import Counting, GivenRange, Placement, place
from framecls.corpus.interchange.project import (
    CodedDocument,
    MovedSelection,
    Problem,
    Project,
    ProjectReading,
    Selection,
)
from framecls.corpus.interchange.refi.archive import Archive
from framecls.corpus.interchange.refi.parsing import (
    RawCoding,
    RawProject,
    RawSelection,
    RawSource,
    parse_project,
    unused,
)
from framecls.corpus.interchange.refi.sources import Texts
from framecls.corpus.interchange.refi.words import MODEL_USER, ORIGIN, Extent, model_probabilities
from framecls.errors import CorpusError

__all__ = ["Opened", "open_qdpx", "read_qdpx"]

#: Who coded what names no user, where there are several.
_UNKNOWN = "unknown"
#: Characters of a quotation that a message shows.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A project with what is needed to write into it again.

    :param path: the file.
    :param reading: the project.
    :param counting: how its positions are counted.
    :param documents: id of the document of each source with a plain text, by GUID of the element that holds its
        selections.
    """

    path: Path
    reading: ProjectReading
    counting: Counting
    documents: Mapping[str, str]


def read_qdpx(path: Path, sources: Path | None = None) -> ProjectReading:
    """
    Read a REFI-QDA project.

    :param path: the ``.qdpx`` file.
    :param sources: folder of sources that are not in the archive.
    :returns: the project, and what could not be read of it.
    :raises CorpusError: the file is no project, or not one to be trusted.
    """
    return open_qdpx(path, sources).reading


def open_qdpx(path: Path, sources: Path | None = None) -> Opened:
    """
    Read a REFI-QDA project, and keep what is needed to write into it.

    :param path: the ``.qdpx`` file.
    :param sources: folder of sources that are not in the archive.
    :returns: the project, and how it says things.
    :raises CorpusError: the file is no project, or not one to be trusted.
    """
    with Archive(path) as archive:
        raw = parse_project(archive)
        return _Reader(path, raw, Texts(archive, sources)).opened()


@dataclass(slots=True)
class _Pending:
    """A selection that waits for its place."""

    document: str
    raw: RawSelection
    given: GivenRange
    by_user: dict[str, dict[str, RawCoding]]


@dataclass(slots=True)
class _Reader:
    path: Path
    raw: RawProject
    texts: Texts
    documents: dict[str, CodedDocument] = field(default_factory=dict)
    of_source: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    pending: list[_Pending] = field(default_factory=list)
    areas: list[_Pending] = field(default_factory=list)
    selections: list[Selection] = field(default_factory=list)
    moved: list[MovedSelection] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    remarks: dict[str, str] = field(default_factory=dict)
    uncoded: int = 0
    _known: dict[str, str] = field(default_factory=dict)

    def opened(self) -> Opened:
        raw = self.raw
        self._known = {code.id: code.name for code in raw.codes}
        for source in raw.sources:
            self._take(source)
        counting = self._place()
        annotators = list(raw.users.values())
        annotators += [name for name in dict.fromkeys(s.annotator for s in self.selections) if name not in annotators]
        models = frozenset(name for name in annotators if name.startswith(MODEL_USER))
        project = Project(
            raw.name or self.path.stem,
            tuple(self.documents.values()),
            tuple(annotators),
            tuple(raw.codes),
            tuple(self.selections),
            self._read("full"),
            models,
            self._read("part"),
        )
        notices = list(raw.notices())
        if self.uncoded:
            notices.append(f"selections without a code, left out: {self.uncoded}")
        if counting != Counting():
            notices.append(f"positions of this project count {counting}")
        reading = ProjectReading(project, tuple(self.moved), tuple(raw.lost), tuple(raw.problems), tuple(notices))
        return Opened(self.path, reading, counting, self.holders)

    def _read(self, extent: Extent) -> frozenset[tuple[str, str]]:
        """Give the pairs of annotator and document of which the project says how much was read."""
        return frozenset(
            (self.raw.users[user], self.of_source[source])
            for user, source in self.raw.read[extent]
            if user in self.raw.users and source in self.of_source
        )

    def _take(self, source: RawSource) -> None:
        representation = source.representation
        selections = [*source.selections, *(representation.selections if representation else [])]
        # Of what was read in part, a selection without a code says that nothing was found in it.
        part = {user for user in self.raw.users if (user, source.guid) in self.raw.read["part"]}
        coded = [selection for selection in selections if selection.codings or selection.user in part]
        self.uncoded += len(selections) - len(coded)
        try:
            found = self.texts.text(source)
        except CorpusError as error:
            self.raw.problems.append(Problem(source.where, f"source {source.name!r} {error}"))
            reason = f"its source {source.name!r} could not be read"
            self.raw.lost += [Problem(selection.where, reason, selection.name[:_SHOWN]) for selection in coded]
            return
        id = self._unused(source.name)
        title = source.description if self.raw.origin == ORIGIN and source.description else source.name
        self.documents[id] = CodedDocument(id, title, found.text, found.file)
        self.of_source[source.guid] = id
        # A PDF without a representation has no place for selections of text, whatever it says of its own.
        holder = representation or (source if source.kind == "TextSource" else None)
        if found.plain and holder is not None and holder.guid:
            self.holders[holder.guid] = id
        for selection in coded:
            by_user = self._by_user(selection.codings)
            if not selection.codings and selection.user is not None:
                by_user[self.raw.users[selection.user]] = {}
            # Some tools name a selection after its code and not after its words.
            codes = {self._known.get(coding.code) for coding in selection.codings}
            quote = "" if selection.name in codes else selection.name
            if selection.start is None or selection.end is None:
                self.areas.append(_Pending(id, selection, GivenRange(id, 0, 0, quote), by_user))
            else:
                given = GivenRange(id, selection.start, selection.end, quote)
                self.pending.append(_Pending(id, selection, given, by_user))
        for coding in [*source.codings, *(representation.codings if representation else [])]:
            for user, codes_of in self._by_user((coding,)).items():
                note = self._note("", coding.notes)
                self.selections.append(Selection(id, user, tuple(codes_of), None, None, note))

    def _unused(self, name: str) -> str:
        # A survey may have thousands of sources of one name.
        id = name
        while id in self.documents:
            self.taken[name] += 1
            id = f"{name} ({self.taken[name] + 1})"
        return id

    def _place(self) -> Counting:
        """Find where the selections stand; give how the project counts."""
        texts = {id: document.text for id, document in self.documents.items()}
        # What is known of the tools; anything that fits a project better wins over it.
        preferred = Counting("one") if "atlas" in self.raw.origin.lower() else Counting()
        ours = self.raw.origin == ORIGIN
        found = place(texts, [pending.given for pending in self.pending], preferred=preferred, known=ours)
        for pending, placement in zip(self.pending, found.ranges, strict=True):
            self._settle(pending, placement)
        by_words = [area for area in self.areas if area.given.quote]
        placed = place(texts, [area.given for area in by_words], certain=True)
        for pending, placement in zip(by_words, placed.ranges, strict=True):
            if placement.start is None:
                reason = f"marks an area of page {pending.raw.page} whose words do not stand in the text of the source"
                placement = Placement(None, None, reason=reason)
            self._settle(pending, Placement(placement.start, placement.end, reason=placement.reason))
        on_text = {(s.document, s.annotator, code) for s in self.selections for code in s.codes}
        for area in self.areas:
            codes = {(area.document, user, code) for user, codes in area.by_user.items() for code in codes}
            # An area without words is no loss where the tool has its codes on the text of the source as well.
            if not area.given.quote and not codes <= on_text:
                reason = f"marks an area of page {area.raw.page} and quotes no words of it"
                self._settle(area, Placement(None, None, reason=reason))
        return found.counting

    def _settle(self, pending: _Pending, placement: Placement) -> None:
        raw, given = pending.raw, pending.given
        if placement.start is None or placement.end is None:
            self.raw.lost.append(Problem(raw.where, placement.reason, raw.name[:_SHOWN]))
            return
        if placement.moved:
            places = (given.start, given.end), (placement.start, placement.end)
            self.moved.append(MovedSelection(raw.where, pending.document, *places, raw.name[:_SHOWN]))
        for user, codings in pending.by_user.items():
            note = self._note(raw.description, (*raw.notes, *(note for one in codings.values() for note in one.notes)))
            probabilities: dict[str, float] = {}
            if user.startswith(MODEL_USER):
                note, probabilities = model_probabilities(note, {self._known[code]: code for code in codings})
            self.selections.append(
                Selection(
                    pending.document,
                    user,
                    tuple(codings),
                    placement.start,
                    placement.end,
                    note,
                    tuple(probabilities.values()) if tuple(probabilities) == tuple(codings) else (),
                )
            )

    def _by_user(self, codings: tuple[RawCoding, ...]) -> dict[str, dict[str, RawCoding]]:
        """Give each user's codings of one selection, by id of the code; those of unknown codes are problems."""
        found: dict[str, dict[str, RawCoding]] = {}
        for coding in codings:
            if coding.code not in self._known:
                reason = f"code {coding.code} is not in the codebook of the project"
                self.raw.problems.append(Problem(coding.where, reason))
                continue
            found.setdefault(self._user(coding), {}).setdefault(coding.code, coding)
        return found

    def _user(self, coding: RawCoding) -> str:
        users = self.raw.users
        if coding.user is None:
            return next(iter(users.values())) if len(users) == 1 else _UNKNOWN
        if coding.user not in users:
            self.raw.departures.append(f"{coding.where}: user {coding.user} is not in Users; called {coding.user[:8]}")
            users[coding.user] = unused(coding.user[:8], set(users.values()))
        return users[coding.user]

    def _note(self, description: str, guids: tuple[str, ...]) -> str:
        """Put together the comment on a selection and the memos that belong to it."""
        parts = [description]
        for guid in dict.fromkeys(guids):
            note = self.raw.notes.get(guid)
            if note is not None and guid not in self.remarks:
                try:
                    self.remarks[guid] = self.texts.text(note).text
                except CorpusError as error:
                    self.remarks[guid] = ""
                    self.raw.problems.append(Problem(note.where, f"note {note.name!r} {error}"))
            parts.append(self.remarks.get(guid, ""))
        return "; ".join(part for part in parts if part.strip())
