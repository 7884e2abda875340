"""A project's selections to annotated sentences: who coded which sentence with what."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from framecls.codebook import Codebook
from framecls.corpus.corpus import Corpus, merge_codings
from framecls.corpus.interchange.mapping import CodeMapping, Target
from framecls.corpus.interchange.project import (
    CodedDocument,
    ImportReport,
    Overlap,
    Problem,
    Project,
    ProjectReading,
    Selection,
)
from framecls.corpus.records import AnnotatedSentence, DocumentFacts
from framecls.documents import Document, sentences
from framecls.documents.layout import find_blocks

__all__ = ["annotate", "cut"]

#: Characters of a quotation that a message shows.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class _Cut:
    """A sentence of a document, before anybody coded it."""

    id: str
    start: int
    end: int
    before: str
    heading: str


@dataclass(slots=True)
class _Coding:
    """What one annotator said of one sentence."""

    frames: set[str] = field(default_factory=set)
    codes: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, targets: Sequence[Target], note: str) -> None:
        self.frames.update(target.frame for target in targets)
        self.codes.update((target.code, None) for target in targets if target.code)
        if note:
            self.notes[note] = None


def annotate(
    reading: ProjectReading,
    mapping: CodeMapping,
    codebook: Codebook,
    *,
    source: str,
    format: str,
    overlap: Overlap = "half",
    coded_all: bool = False,
    models: bool = False,
) -> tuple[Corpus, ImportReport]:
    """
    Give the sentences of a project with the frames each annotator found in them.

    A sentence carries the codes of a selection that shares letters and digits with it: with ``any``, one of them; with
    ``half``, at least half of the sentence's or of the selection's; with ``full``, all of the sentence's. So under
    ``half`` a coded clause codes its sentence, and a selection that runs a few words into the next does not code that.

    An annotator has coded a document in full, and found no frame where nothing is selected, when the project says so,
    or when they coded any part of it and used a mapped code anywhere in the project. Where a document has units, or
    the project says that they read it in part, only what they have a selection on counts as coded. Several annotators
    are merged by strict majority.

    :param reading: the project.
    :param mapping: what its codes become.
    :param codebook: gives the frames.
    :param source: the file, for the report.
    :param format: its format, likewise.
    :param overlap: how much of a sentence a selection has to cover.
    :param coded_all: take every annotator who used a mapped code to have coded every document in full.
    :param models: whether models count as annotators; they are left out otherwise.
    :returns: the corpus, without a sentence where nobody coded one, and the report of the import.
    """
    project = reading.project
    importer = _Importer(project, mapping, codebook, source, overlap=overlap, coded_all=coded_all, models=models)
    corpus = importer.corpus()
    report = ImportReport(
        source,
        format,
        len(corpus.documents),
        len(corpus),
        dict(importer.sentences_of),
        {mapping.paths[id]: str(target) for id, target in mapping.targets.items() if target and importer.used[id]},
        {
            mapping.paths[id]: importer.used[id]
            for id, target in mapping.targets.items()
            if not target and importer.used[id]
        },
        importer.reached,
        reading.moved,
        (*reading.lost, *importer.lost),
        reading.problems,
        (*reading.notices, *importer.notices()),
    )
    return corpus, report


class _Importer:
    def __init__(
        self,
        project: Project,
        mapping: CodeMapping,
        codebook: Codebook,
        source: str,
        *,
        overlap: Overlap,
        coded_all: bool,
        models: bool,
    ) -> None:
        self._project, self._mapping, self._codebook = project, mapping, codebook
        self._source, self._overlap, self._coded_all = source, overlap, coded_all
        left_out = frozenset() if models else project.models
        self._selections: dict[str, list[Selection]] = {document.id: [] for document in project.documents}
        self._whole = 0
        for selection in project.selections:
            if selection.annotator in left_out:
                continue
            if selection.start is None and selection.codes:
                self._whole += 1
            else:
                self._selections[selection.document].append(selection)
        kept = [selection for of_document in self._selections.values() for selection in of_document]
        self.used = Counter(code for selection in kept for code in selection.codes)
        mapped = {s.annotator for s in kept if any(mapping.targets.get(code) for code in s.codes)}
        mapped |= {annotator for annotator, _ in project.completed | project.partial}
        mapped |= {selection.annotator for selection in kept if not selection.codes}
        self._annotators = [name for name in project.annotators if name in mapped and name not in left_out]
        self._left_out = left_out
        self.sentences_of: Counter[str] = Counter()
        self.lost: list[Problem] = []
        self.reached = 0
        self._uncoded = 0

    def corpus(self) -> Corpus:
        found: list[AnnotatedSentence] = []
        codings: dict[str, tuple[AnnotatedSentence, ...]] = {}
        documents: dict[str, DocumentFacts] = {}
        unique = _unique_units(self._project.documents)
        for document in self._project.documents:
            pieces = list(cut(document, unit_ids_are_unique=unique))
            by_annotator = self._code(document, pieces)
            rows = 0
            for index, piece in enumerate(pieces):
                of_sentence = [
                    self._sentence(document, piece, annotator, coding[index])
                    for annotator, coding in by_annotator.items()
                    if index in coding
                ]
                if not of_sentence:
                    continue
                rows += 1
                found.append(merge_codings(of_sentence, self._codebook))
                codings[piece.id] = tuple(of_sentence)
            if rows:
                title = document.name if document.name != document.id else ""
                documents[document.id] = DocumentFacts(document.id, title=title, text=document.text)
            self._uncoded += not rows
        several = any(len(of_sentence) > 1 for of_sentence in codings.values())
        return Corpus(self._codebook, tuple(found), documents, codings if several else {})

    def _code(self, document: CodedDocument, pieces: Sequence[_Cut]) -> dict[str, dict[int, _Coding]]:
        """Give, for each annotator who coded the document, their coding of each sentence they read, by its index."""
        by_annotator: dict[str, dict[int, _Coding]] = {}
        selections = self._selections[document.id]
        active = {selection.annotator for selection in selections}
        for name in self._annotators:
            key = name, document.id
            read_all = self._coded_all or key in self._project.completed
            if read_all or (name in active and not document.units and key not in self._project.partial):
                by_annotator[name] = {index: _Coding() for index in range(len(pieces))}
            elif name in active:
                by_annotator[name] = {}
        letters = _letters(document.text)
        ends = [piece.end for piece in pieces]
        for selection in selections:
            if selection.annotator not in by_annotator:
                continue
            targets = [target for code in selection.codes if (target := self._mapping.targets.get(code))]
            indices = self._covered(selection, pieces, ends, letters)
            if selection.codes and not targets:
                # Whoever gave a sentence a code that is not looked at has read it.
                for index in indices:
                    by_annotator[selection.annotator].setdefault(index, _Coding())
                continue
            self.reached += bool(indices)
            if not indices and selection.codes:
                self.lost.append(self._missed(document, selection, letters))
            coding = by_annotator[selection.annotator]
            for index in indices:
                coding.setdefault(index, _Coding()).add(targets, selection.note)
        for name, coding in by_annotator.items():
            self.sentences_of[name] += len(coding)
        return by_annotator

    def _covered(
        self, selection: Selection, pieces: Sequence[_Cut], ends: Sequence[int], letters: npt.NDArray[np.int64]
    ) -> list[int]:
        """Give the indices of the sentences that carry what a selection says."""
        if selection.start is None or selection.end is None:
            return list(range(len(pieces)))
        shares = []
        for index in range(bisect_right(ends, selection.start), len(pieces)):
            piece = pieces[index]
            if piece.start >= selection.end:
                break
            start, end = max(piece.start, selection.start), min(piece.end, selection.end)
            shared = int(letters[end] - letters[start])
            if shared:
                shares.append((index, shared, int(letters[piece.end] - letters[piece.start])))
        selected = sum(shared for _, shared, _ in shares)
        if self._overlap == "any":
            return [index for index, _, _ in shares]
        if self._overlap == "full":
            return [index for index, shared, whole in shares if shared == whole]
        return [index for index, shared, whole in shares if 2 * shared >= min(whole, selected)]

    def _missed(self, document: CodedDocument, selection: Selection, letters: npt.NDArray[np.int64]) -> Problem:
        where = f"{self._source}: document {document.id!r}, {selection.start} to {selection.end}, {selection.annotator}"
        quote = document.text[selection.start : selection.end]
        if not letters[selection.end or 0] - letters[selection.start or 0]:
            reason = "covers no letter or digit"
        elif self._overlap == "full":
            reason = "covers no sentence in full; --overlap half takes parts of sentences too"
        else:
            reason = "covers no sentence, only a number, a mark or furniture of the page"
        return Problem(where, reason, " ".join(quote.split())[:_SHOWN])

    def _sentence(self, document: CodedDocument, piece: _Cut, annotator: str, coding: _Coding) -> AnnotatedSentence:
        return AnnotatedSentence(
            piece.id,
            document.id,
            document.text[piece.start : piece.end],
            self._codebook.in_order(coding.frames),
            piece.start,
            piece.end,
            piece.before,
            piece.heading,
            annotator,
            note="; ".join(coding.notes),
            codes=tuple(coding.codes),
        )

    def notices(self) -> Iterator[str]:
        for name in self._project.annotators:
            if name in self._left_out:
                yield f"{name} is a model and was left out; --models counts it among the annotators"
            elif name not in self._annotators:
                yield f"{name} used none of the mapped codes and was left out"
        if self._uncoded:
            yield f"documents nobody coded, left out: {self._uncoded}"
        if self._whole:
            yield f"codings of whole documents, which say nothing of a sentence, left out: {self._whole}"
        for entry in self._mapping.unused:
            yield f"the mapping names {entry!r}, which is no code of the project"


def cut(document: CodedDocument, *, unit_ids_are_unique: bool = True) -> Iterator[_Cut]:
    """
    Cut a document into sentences: its units, or its sentences as the file has them, or what segmentation finds.

    :param document: the document.
    :param unit_ids_are_unique: whether no unit or sentence of another document has the same id; otherwise the
        document's id is put before it.
    :returns: the sentences, in order.
    """
    if not document.units and document.sentences:
        yield from _known(document, unit_ids_are_unique)
        return
    if not document.units:
        whole = Document(document.id, document.text, find_blocks(document.text))
        for number, sentence in enumerate(sentences(whole), 1):
            if sentence.start is not None and sentence.end is not None:
                id = f"{document.id}#{number:04d}"
                yield _Cut(id, sentence.start, sentence.end, sentence.before, sentence.heading)
        return
    for unit, before in document.befores(document.units):
        id = unit.id if unit_ids_are_unique else f"{document.id}#{unit.id}"
        yield _Cut(id, unit.start, unit.end, before, "")


def _known(document: CodedDocument, ids_are_unique: bool) -> Iterator[_Cut]:
    """Give the sentences of a document as the file has them, each below the heading that segmentation finds for it."""
    found = list(cut(replace(document, sentences=())))
    starts = [piece.start for piece in found]
    for unit, before in document.befores(document.sentences):
        index = bisect_right(starts, unit.start) - 1
        id = unit.id if ids_are_unique else f"{document.id}#{unit.id}"
        yield _Cut(id, unit.start, unit.end, before, found[index].heading if index >= 0 else "")


def _unique_units(documents: Sequence[CodedDocument]) -> bool:
    ids = [unit.id for document in documents for unit in document.units or document.sentences]
    return len(set(ids)) == len(ids)


def _letters(text: str) -> npt.NDArray[np.int64]:
    """
    Count letters and digits.

    :returns: how many stand before each character, and before the end. *Shape:* ``(len(text) + 1,)``.
    """
    are_letters = np.fromiter(map(str.isalnum, text), dtype=np.int64, count=len(text))
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(are_letters)])
