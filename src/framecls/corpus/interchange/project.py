"""
A coding project as every format of interchange gives and takes it: documents, codes, and selections by annotators.

Readers of formats make a :class:`ProjectReading`, writers take a :class:`Project`; neither knows of frames. All
offsets count Unicode code points of the document's text, the end one past the last character, whatever the format
counts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from framecls.codebook import Codebook
from framecls.documents.tables import adjoin

__all__ = [
    "Code",
    "CodedDocument",
    "ImportReport",
    "MovedSelection",
    "Overlap",
    "Problem",
    "Project",
    "ProjectReading",
    "Selection",
    "Unit",
    "codes_of",
]

#: How much of a sentence a selection has to cover for the sentence to carry its codes.
Overlap = Literal["any", "half", "full"]

_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Unit:
    """
    A range that the project itself presents as one unit to code: a task, a row, a sentence.

    :param id: identifies it in its document.
    :param start: first character in the document's text.
    :param end: one past the last character.
    """

    id: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a unit cannot range from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class CodedDocument:
    """
    A document of a project.

    :param id: identifies it in the project.
    :param name: what people call it.
    :param text: its whole text, exactly; every offset counts its code points.
    :param path: the file it came from, inside the project or beside it; empty when it has none.
    :param units: what the annotators were given to code, in order and without overlap; empty where they read the
        text as a whole, and sentences are to be found in it.
    :param sentences: where its sentences stand, in order and without overlap, if the file says so though annotators
        read the text as a whole; empty where they are to be found.
    """

    id: str
    name: str
    text: str
    path: str = ""
    units: tuple[Unit, ...] = ()
    sentences: tuple[Unit, ...] = ()

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a document needs an id")
        for units in (self.units, self.sentences):
            last = 0
            for unit in units:
                if unit.start < last or unit.end > len(self.text):
                    raise ValueError(f"document {self.id!r}: unit {unit.id!r} overlaps another or leaves the text")
                last = unit.end
            if len({unit.id for unit in units}) < len(units):
                raise ValueError(f"document {self.id!r} has two units with one id")

    def befores(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, str]]:
        """
        Give sentences, each with the one before it.

        :param units: units or sentences of the document, in order.
        :returns: each that is not blank, and the text of the one before it; empty where other text stands between
            them, as it does between sampled sentences.
        """
        last = Unit("", 0, 0)
        for unit in units:
            if self.text[unit.start : unit.end].strip():
                yield unit, self.text[last.start : last.end] if adjoin(last.end, unit.start) else ""
                last = unit


@dataclass(frozen=True, slots=True)
class Code:
    """
    A code of a project's codebook.

    :param id: identifies it in the project; formats without ids use the name, or the path of names joined by ``/``.
    :param name: what people call it.
    :param color: ``#rrggbb``, or empty.
    :param description: what it means.
    :param parent: id of the code above it, or ``None`` at the top.
    """

    id: str
    name: str
    color: str = ""
    description: str = ""
    parent: str | None = None

    def __post_init__(self) -> None:
        if self.color and not _COLOR.fullmatch(self.color):
            raise ValueError(f"code {self.name!r} has colour {self.color!r}; expected #rrggbb or none")


@dataclass(frozen=True, slots=True)
class Selection:
    """
    What one annotator said of one range of a document.

    :param document: id of the document.
    :param annotator: name of the annotator, as in the project's ``annotators``.
    :param codes: ids of the codes given to it; empty where the annotator read the range and found none.
    :param start: first character, or ``None`` together with ``end`` where the document as a whole is meant.
    :param end: one past the last character, or ``None``.
    :param note: a remark.
    :param probabilities: one for each code, where a model gave them; else empty.
    """

    document: str
    annotator: str
    codes: tuple[str, ...]
    start: int | None
    end: int | None
    note: str = ""
    probabilities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError("a selection has both a start and an end, or neither where it is a whole document")
        if self.start is not None and self.end is not None and not 0 <= self.start <= self.end:
            raise ValueError(f"a selection cannot range from {self.start} to {self.end}")
        if len(set(self.codes)) < len(self.codes):
            raise ValueError("a selection has a code twice")
        if self.probabilities and len(self.probabilities) != len(self.codes):
            raise ValueError(f"{len(self.probabilities)} probabilities for {len(self.codes)} codes")
        if not all(0 <= probability <= 1 for probability in self.probabilities):
            raise ValueError("a probability is between 0 and 1")


@dataclass(frozen=True, slots=True)
class Project:
    """
    A coding project.

    :param name: what people call it.
    :param documents: in order, each id once.
    :param annotators: names, in order, each once; people and models alike.
    :param codes: the tree of codes, each after the one above it.
    :param selections: what was coded, in any order.
    :param completed: pairs of annotator and document id of documents known to have been read in full, so that what is
        not selected in them carries no code. Formats that do not say leave it empty.
    :param models: the annotators that are models.
    :param partial: pairs of annotator and document id of documents known to have been read in part, so that nothing is
        said of what is not selected in them. Formats that do not say leave it empty.
    """

    name: str
    documents: tuple[CodedDocument, ...]
    annotators: tuple[str, ...]
    codes: tuple[Code, ...]
    selections: tuple[Selection, ...]
    completed: frozenset[tuple[str, str]] = frozenset()
    models: frozenset[str] = frozenset()
    partial: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        _once("document", [document.id for document in self.documents])
        lengths = {document.id: len(document.text) for document in self.documents}
        annotators = _once("annotator", self.annotators)
        codes: set[str] = set()
        for code in self.codes:
            if code.id in codes:
                raise ValueError(f"code {code.id!r} is there twice")
            if code.parent is not None and code.parent not in codes:
                raise ValueError(f"code {code.id!r} does not stand after the code above it, {code.parent!r}")
            codes.add(code.id)
        for selection in self.selections:
            if selection.document not in lengths:
                raise ValueError(f"a selection is of document {selection.document!r}, which is not there")
            if selection.annotator not in annotators:
                raise ValueError(f"a selection is by {selection.annotator!r}, who is no annotator of the project")
            if unknown := [code for code in selection.codes if code not in codes]:
                raise ValueError(f"a selection has code {unknown[0]!r}, which is not there")
            if selection.end is not None and selection.end > lengths[selection.document]:
                raise ValueError(f"a selection ends at {selection.end}, behind document {selection.document!r}")
        for annotator, document in self.completed | self.partial:
            if annotator not in annotators or document not in lengths:
                raise ValueError(f"{annotator!r} cannot have read {document!r}: one of them is not there")
        if strangers := self.models - annotators:
            raise ValueError(f"model {min(strangers)!r} is no annotator of the project")

    def texts(self) -> dict[str, str]:
        """Give the text of each document by its id; a selection's words are ``texts[document][start:end]``."""
        return {document.id: document.text for document in self.documents}

    def code_paths(self) -> dict[str, tuple[str, ...]]:
        """
        Give the names from the top of the tree down to each code.

        :returns: names by id of the code, the code's own name last.
        """
        paths: dict[str, tuple[str, ...]] = {}
        for code in self.codes:
            paths[code.id] = (*(paths[code.parent] if code.parent is not None else ()), code.name)
        return paths


def _once(what: str, ids: tuple[str, ...] | list[str]) -> set[str]:
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise ValueError(f"{what} {id!r} is there twice")
        seen.add(id)
    return seen


def codes_of(codebook: Codebook) -> tuple[Code, ...]:
    """
    Give a codebook's frames, and their second-level codes below them, as codes of a project.

    :param codebook: the codebook.
    :returns: codes whose id is ``frame`` or ``frame/code``; their names are those of the codebook, which reading maps
        back without a table.
    """
    codes = []
    for frame in codebook.definitions:
        codes.append(Code(frame.name, frame.name, frame.color, frame.question))
        codes += [
            Code(f"{frame.name}/{code.name}", code.name, frame.color, code.definition, frame.name)
            for code in frame.codes
        ]
    return tuple(codes)


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Something of a project that could not be used; the rest was.

    :param where: file, and line or entry.
    :param reason: why.
    :param quote: the words concerned, if any are known.
    """

    where: str
    reason: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class MovedSelection:
    """
    A selection that did not stand where the project says, and was found elsewhere by its words.

    :param where: file, and line or entry.
    :param document: id of the document.
    :param given: the range the project gives.
    :param found: the range where the words stand.
    :param quote: the words.
    """

    where: str
    document: str
    given: tuple[int, int]
    found: tuple[int, int]
    quote: str


@dataclass(frozen=True, slots=True)
class ProjectReading:
    """
    What a reader made of a file.

    :param project: all that could be read.
    :param moved: selections found by their words.
    :param lost: selections that could not be placed; they are not in the project.
    :param problems: what else could not be used: a missing source, a code that is not there, a broken entry.
    :param notices: what was decided on the way and the user may want to know, such as how positions were counted.
    """

    project: Project
    moved: tuple[MovedSelection, ...] = ()
    lost: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """
    What became of a project on its way to annotated sentences.

    :param source: the file.
    :param format: name of its format.
    :param documents: documents with coded sentences.
    :param sentences: sentences written.
    :param annotators: sentences each annotator coded, by name.
    :param codes_mapped: what each code became (``frame`` or ``frame/code``), by path of the code.
    :param codes_ignored: how many selections each code that is left out stood on, by path of the code.
    :param selections: selections that reached a sentence.
    :param moved: selections found elsewhere by their words.
    :param lost: selections that reached no sentence, with place and reason.
    :param problems: what else could not be used.
    :param notices: what was decided on the way.
    """

    source: str
    format: str
    documents: int
    sentences: int
    annotators: Mapping[str, int]
    codes_mapped: Mapping[str, str]
    codes_ignored: Mapping[str, int]
    selections: int
    moved: tuple[MovedSelection, ...] = ()
    lost: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Tell whether everything of the project was used, but for what was left out on purpose."""
        return not self.lost and not self.problems
