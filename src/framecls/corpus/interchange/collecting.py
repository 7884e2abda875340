"""What readers of annotation tools collect, task by task and mark by mark, and the project it comes to."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from framecls.corpus.interchange.placing import Counting, GivenRange, Placement, place
from framecls.corpus.interchange.project import (
    Code,
    CodedDocument,
    MovedSelection,
    Problem,
    Project,
    ProjectReading,
    Selection,
    Unit,
)
from framecls.errors import CorpusError

__all__ = [
    "ProjectCollector",
    "by_unit",
    "code_labels",
    "first_given",
    "lay_out",
    "ranges_without_code",
    "read_json",
    "sentence_ranges",
]

#: Between the names of a code and the code above it, in tools whose labels are plain names.
_BELOW = "/"
#: Gaps between sentences are filled up to this many characters in all, so that sentences keep their places.
_MOST_FILLED = 20_000_000


def code_labels(project: Project) -> dict[str, str]:
    """
    Give the label that a code gets in a tool without a tree of codes.

    :param project: has the codes.
    :returns: ``frame`` or ``frame/code``, by id of the code.
    """
    return {id: _BELOW.join(path) for id, path in project.code_paths().items()}


@dataclass(frozen=True, slots=True)
class _Mark:
    """What an annotator said of a range, before its place is sure."""

    where: str
    document: str
    annotator: str
    labels: tuple[str, ...]
    start: int | None
    end: int | None
    quote: str
    note: str
    probabilities: tuple[float, ...]
    exact: bool


@dataclass(slots=True)
class _Merged:
    """All that one annotator said of one range."""

    labels: dict[str, float | None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


class ProjectCollector:
    """
    Collects a project; labels are names, those of second-level codes with a slash.

    :param name: what people call the project.
    :param counting: how the tool is known to count positions, or ``None`` where it does not say.
    """

    def __init__(self, name: str, *, counting: Counting | None = None) -> None:
        self._name = name
        self._counting = counting
        self._documents: dict[str, CodedDocument] = {}
        self._annotators: dict[str, None] = {}
        self._models: set[str] = set()
        self._completed: set[tuple[str, str]] = set()
        self._partial: set[tuple[str, str]] = set()
        self._labels: dict[str, None] = {}
        self._marks: list[_Mark] = []
        self.problems: list[Problem] = []
        self.notices: dict[str, None] = {}

    def document(
        self,
        id: str,
        text: str,
        *,
        name: str = "",
        units: Sequence[Unit] = (),
        path: str = "",
        sentences: object = None,
    ) -> bool:
        """
        Add a document.

        :param id: identifies it.
        :param text: its text.
        :param name: what people call it; its id by default.
        :param units: what was given to annotators one by one.
        :param path: the file it came from.
        :param sentences: what the file has from :func:`sentence_ranges`; passed over where it does not fit the text.
        :returns: whether it is there now; not where another text has its id already.
        """
        found = self._documents.setdefault(id, CodedDocument(id, name or id, text, path, tuple(units)))
        if sentences and found.text == text:
            self._documents[id] = found = _with_sentences(found, sentences)
        return found.text == text

    def annotator(self, name: str, *, model: bool = False) -> None:
        """
        Add an annotator, if they are not there yet.

        :param name: their name.
        :param model: whether it is a model.
        """
        self._annotators[name] = None
        if model:
            self._models.add(name)

    def complete(self, annotator: str, document: str) -> None:
        """
        Say that an annotator has read a document in full.

        :param annotator: their name.
        :param document: its id.
        """
        self.annotator(annotator)
        self._completed.add((annotator, document))

    def read_in_part(self, annotator: str, document: str, ranges: object = (), *, where: str = "") -> None:
        """
        Say that an annotator has read parts of a document: what they mark, and more.

        :param annotator: their name.
        :param document: its id.
        :param ranges: what the file has from :func:`ranges_without_code`.
        :param where: for messages.
        """
        self.annotator(annotator)
        self._partial.add((annotator, document))
        for one in ranges if isinstance(ranges, Sequence) else ():
            match one:
                case [int(start), int(end)]:
                    self.mark(document, annotator, (), (start, end), where=where, exact=True)
                case _:
                    self.problems.append(Problem(where, f"has {one!r:.80} as read, which is no [start, end]"))

    def mark(
        self,
        document: str,
        annotator: str,
        labels: Iterable[str],
        span: tuple[int, int] | None,
        *,
        where: str,
        quote: str = "",
        note: str = "",
        probabilities: Sequence[float] = (),
        exact: bool = False,
    ) -> None:
        """
        Add what an annotator said of a range.

        :param document: its id.
        :param annotator: their name.
        :param labels: names of codes; none where nothing was found in the range.
        :param span: positions as the tool counts them; ``None`` for the whole document.
        :param where: for messages.
        :param quote: the words said to stand there.
        :param note: a remark.
        :param probabilities: one for each label, or none.
        :param exact: whether the positions are known to be code points of the text.
        """
        labels = tuple(dict.fromkeys(labels))
        probabilities = probabilities if len(probabilities) == len(labels) else ()
        if document not in self._documents:
            self.problems.append(Problem(where, f"is of document {document!r}, which is not there", quote))
            return
        start, end = span or (None, None)
        self.annotator(annotator)
        self._labels.update(dict.fromkeys(labels))
        self._marks.append(
            _Mark(where, document, annotator, labels, start, end, quote, note, tuple(probabilities), exact)
        )

    def reading(self) -> ProjectReading:
        """
        Place what was collected.

        :returns: the project, and what moved or was lost on the way.
        """
        texts = {id: document.text for id, document in self._documents.items()}
        # Offsets into a text are exact only for its own tool, so all other marks are held against their words.
        unsure = [(mark, given) for mark in self._marks if (given := _given(mark)) is not None]
        found = place(texts, [given for _, given in unsure], preferred=self._counting, certain=True)
        if unsure and found.counting != (self._counting or Counting()):
            self.notices[f"positions count {found.counting}"] = None
        places = {id(mark): at for (mark, _), at in zip(unsure, found.ranges, strict=True)}
        merged: dict[tuple[str, str, int | None, int | None], _Merged] = {}
        moved, lost = [], []
        for mark in self._marks:
            at = places.get(id(mark)) or _exact(mark, len(texts[mark.document]))
            if at.reason:
                lost.append(Problem(mark.where, at.reason, mark.quote))
                continue
            if at.moved and mark.start is not None and mark.end is not None and at.start is not None and at.end:
                before, now = (mark.start, mark.end), (at.start, at.end)
                moved.append(MovedSelection(mark.where, mark.document, before, now, mark.quote))
            one = merged.setdefault((mark.document, mark.annotator, at.start, at.end), _Merged())
            one.labels.update(zip(mark.labels, mark.probabilities or [None] * len(mark.labels), strict=True))
            if mark.note:
                one.notes[mark.note] = None
        selections = tuple(_selection(*key, one) for key, one in merged.items())
        project = Project(
            self._name,
            tuple(self._documents.values()),
            tuple(self._annotators),
            _codes(self._labels),
            selections,
            frozenset(self._completed),
            frozenset(self._models),
            frozenset(self._partial),
        )
        return ProjectReading(project, tuple(moved), tuple(lost), tuple(self.problems), tuple(self.notices))


def _given(mark: _Mark) -> GivenRange | None:
    if mark.exact or mark.start is None or mark.end is None:
        return None
    return GivenRange(mark.document, mark.start, mark.end, mark.quote)


def _exact(mark: _Mark, length: int) -> Placement:
    if mark.start is not None and mark.end is not None and not 0 <= mark.start <= mark.end <= length:
        reason = f"its range {mark.start} to {mark.end} leaves the text, which has {length} characters"
        return Placement(None, None, reason=reason)
    return Placement(mark.start, mark.end)


def _selection(document: str, annotator: str, start: int | None, end: int | None, one: _Merged) -> Selection:
    known = [probability for probability in one.labels.values() if probability is not None]
    probabilities = tuple(known) if len(known) == len(one.labels) else ()
    return Selection(document, annotator, tuple(one.labels), start, end, "; ".join(one.notes), probabilities)


def _codes(labels: Iterable[str]) -> tuple[Code, ...]:
    """Make the tree of codes that labels with slashes come from."""
    codes: dict[str, Code] = {}
    for label in labels:
        parent = None
        parts = label.split(_BELOW) if all(part.strip() for part in label.split(_BELOW)) else [label]
        for depth, part in enumerate(parts, 1):
            id = _BELOW.join(parts[:depth])
            codes.setdefault(id, Code(id, part, parent=parent))
            parent = id
    return tuple(codes.values())


def sentence_ranges(document: CodedDocument) -> dict[str, list[tuple[str, int, int]]]:
    """
    Say in a format of documents where the sentences stand that the corpus or the labels have.

    :param document: the document.
    :returns: ``sentences`` with id, first character and one past the last of each; nothing where it has no units.
    """
    found = [(unit.id, unit.start, unit.end) for unit in document.units]
    return {"sentences": found} if found else {}


def ranges_without_code(selections: Iterable[Selection]) -> list[tuple[int, int]]:
    """
    Say in a format of passages with labels what an annotator read in part and found nothing in.

    :param selections: theirs.
    :returns: first character and one past the last of each that has no code.
    """
    return [(s.start, s.end) for s in selections if not s.codes and s.start is not None and s.end is not None]


def _with_sentences(document: CodedDocument, given: object) -> CodedDocument:
    """Add sentences to a document, unless what a file says of them is not whole or does not fit the text."""
    if not isinstance(given, list):
        return document
    units = []
    for one in given:
        match one:
            case [str(id), int(start), int(end)] if 0 <= start <= end:
                units.append(Unit(id, start, end))
            case _:
                return document
    try:
        return replace(document, sentences=tuple(units))
    except ValueError:
        return document


def first_given(*values: object) -> str:
    """
    Give the first of several names that a file may have for something; 0 is one.

    :param values: candidates, the last of them sure.
    :returns: it, as text.
    """
    return str(next(value for value in values if value not in (None, "")))


def lay_out(given: Mapping[str, tuple[object, str]]) -> tuple[str, list[Unit]]:
    """
    Put the sentences of a document together where a tool has only these.

    :param given: by id, where each begins in the document, if that is known, and its text.
    :returns: a text that has them where they say, if they fit together so, with line ends between them; else one below
        another. And their ranges in it.
    """
    known = sorted((start, id, text) for id, (start, text) in given.items() if isinstance(start, int) and start >= 0)
    ends = [start + len(text) for start, _, text in known]
    apart = all(end <= start for end, (start, _, _) in zip(ends, known[1:], strict=False))
    if len(known) < len(given) or not apart or (ends and ends[-1] > _MOST_FILLED):
        known, position = [], 0
        for id, (_, text) in given.items():
            known.append((position, id, text))
            position += len(text) + 1
    parts: list[str] = []
    position = 0
    for start, _, text in known:
        parts += ["\n" * (start - position), text]
        position = start + len(text)
    return "".join(parts), [Unit(id, start, start + len(text)) for start, id, text in known]


def by_unit(document: CodedDocument, selections: Iterable[Selection]) -> Iterator[tuple[Unit, list[Selection]]]:
    """
    Give what was said of each unit of a document.

    :param document: has units, unless it is blank.
    :param selections: of the document; those of the whole of it are passed over.
    :returns: the units in order, each with the selections that share a character with it.
    :raises CorpusError: the document has no units.
    """
    if not document.units and document.text.strip():
        raise CorpusError(f"document {document.name!r} has no sentences marked in it; export labels or a corpus")
    ranges = [(s.start, s.end, s) for s in selections if s.start is not None and s.end is not None]
    ranges.sort(key=lambda one: one[0])
    reaching: list[tuple[int, int, Selection]] = []
    following = 0
    for unit in document.units:
        while following < len(ranges) and ranges[following][0] < unit.end:
            reaching.append(ranges[following])
            following += 1
        reaching = [one for one in reaching if one[1] > unit.start]
        yield unit, [selection for _, _, selection in reaching]


def read_json(path: Path) -> object:
    """
    Read a file of JSON.

    :param path: the file, with a byte order mark or without.
    :returns: what it holds.
    :raises CorpusError: it is not UTF-8, or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: byte {error.start} is not UTF-8; export it again") from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: is no JSON: {error}; export it again") from error
