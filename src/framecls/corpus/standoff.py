"""
Codings without their text: a fingerprint of each sentence, found again in the reader's own copies of the documents.

A fingerprint is taken of the text stripped to its lower-case letters ``a``-``z`` and digits, so that line breaks,
hyphens at line ends and quotation marks do not matter, nor whether an accent is a character of its own (a letter with
an accent is left out either way, so one that lost it is another word); and sentences are looked for in the stripped
text of a whole document, so that neither does the way it was cut into sentences.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha1
from pathlib import Path
from statistics import median
from unicodedata import normalize
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framecls.codebook import Codebook
from framecls.corpus.corpus import Corpus
from framecls.corpus.reading import read_document_facts, table_rows
from framecls.corpus.records import AnnotatedSentence, DocumentFacts
from framecls.documents import Document, Failure, Sentence, sentences
from framecls.errors import CodebookError, CorpusError
from framecls.validation import first_problem

__all__ = ["Hydration", "SentenceFacts", "Standoff", "fingerprint", "hydrate"]

#: Stripped characters the anchor is taken of; what most sentences are looked up by.
_ANCHOR = 16
#: Letters that typesetting joined: "ﬀ" to "ﬆ".
_LIGATURES = frozenset(map(chr, range(0xFB00, 0xFB07)))
#: Marks that end what stands before a sentence.
_ENDS = ".,;:!?)]}”’»…。，"
#: Marks that begin what stands after one.
_STARTS = "([{“‘«„"
#: The combining accents of Unicode.
_COMBINING = 0x0300, 0x036F
#: A sentence this far, in stripped characters or as a share of its document, from where its neighbours lead one to
#: expect it has moved.
_NEAR, _NEAR_SHARE = 500, 0.05


class SentenceFacts(BaseModel):
    """
    What may be said of a sentence without saying it.

    :param document_id: the document it stands in.
    :param fingerprint: first 16 hexadecimal digits of SHA-1 of the stripped text.
    :param anchor: first 8 digits of SHA-1 of its first 16 characters, by which it is looked up.
    :param length: stripped characters.
    :param position: stripped characters of the document before it.
    :param frames: the frames it carries.
    :param annotators: the frames each annotator saw, by name of the annotator.
    :param borderline: whether careful readers differ over it.
    :param codes: second-level codes.
    :param hard_negative: frames it comes near to and does not carry.
    :param inclusion_probability: the chance it had to be drawn for coding.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document_id: str = Field(min_length=1)
    fingerprint: str = Field(pattern="^[0-9a-f]{16}$")
    anchor: str = Field(pattern="^[0-9a-f]{8}$")
    length: int = Field(ge=1)
    position: int = Field(ge=0)
    frames: tuple[str, ...]
    annotators: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    borderline: bool = False
    codes: tuple[str, ...] = ()
    hard_negative: tuple[str, ...] = ()
    inclusion_probability: float | None = Field(default=None, gt=0, le=1)

    @property
    def id(self) -> str:
        """Give the id the sentence gets in a corpus."""
        return f"{self.document_id}#{self.fingerprint[:8]}"


@dataclass(frozen=True, slots=True)
class Standoff:
    """
    Facts on sentences and their documents.

    :param sentences: one for each sentence.
    :param documents: by id.
    """

    sentences: tuple[SentenceFacts, ...]
    documents: Mapping[str, DocumentFacts]

    @classmethod
    def read(cls, folder: Path | str, codebook: Codebook) -> "Standoff":
        """
        Read a folder with ``sentences.jsonl`` and ``documents.toml``.

        :param folder: the folder.
        :param codebook: gives the frames.
        :returns: the facts.
        :raises CorpusError: a file is missing or breaks a rule; the message names file and line.
        """
        folder = Path(folder)
        path = folder / "sentences.jsonl"
        found: dict[str, SentenceFacts] = {}
        documents = read_document_facts(folder / "documents.toml")
        known = {code.name for definition in codebook.definitions for code in definition.codes}
        for row in table_rows(path):
            where = f"{path}: {row.where}"
            try:
                facts = SentenceFacts.model_validate(row.values)
                seen = (frame for frames in facts.annotators.values() for frame in frames)
                for frame in (*facts.frames, *facts.hard_negative, *seen):
                    codebook.index(frame)
            except ValidationError as error:
                raise CorpusError(f"{where}: {first_problem(error)}") from error
            except CodebookError as error:
                raise CorpusError(f"{where}: {error}") from error
            if strange := [code for code in facts.codes if code not in known]:
                raise CorpusError(f"{where}: unknown second-level code {strange[0]!r}")
            if facts.document_id not in documents:
                raise CorpusError(f"{where}: document {facts.document_id!r} is not in documents.toml")
            if facts.id in found:
                raise CorpusError(f"{where}: sentence {facts.id!r} occurs twice; keep one")
            found[facts.id] = facts
        if not found:
            raise CorpusError(f"{path}: holds no sentence")
        return cls(tuple(found.values()), documents)

    @classmethod
    def of(cls, corpus: Corpus) -> "Standoff":
        """
        Reduce a corpus to facts. Notes, and each annotator's own codes and borderline marks, are left out.

        :param corpus: the corpus; it has the text of every document.
        :returns: the facts, in the corpus's order.
        :raises CorpusError: a sentence is not coded, or does not stand in the text of its document.
        """
        facts = {}
        stripped: dict[str, _Stripped] = {}
        for sentence in corpus.sentences:
            document = corpus.documents.get(sentence.document_id)
            if document is None or document.text is None:
                raise CorpusError(
                    f"sentence {sentence.id!r}: the corpus has no text of document {sentence.document_id!r}; "
                    "add a column 'text' to documents.jsonl"
                )
            if sentence.document_id not in stripped:
                stripped[sentence.document_id] = _Stripped.of(document.text)
            codings = corpus.codings.get(sentence.id, (sentence,))
            one = _sentence_facts(sentence, stripped[sentence.document_id], codings)
            if one.id in facts:
                raise CorpusError(f"sentence {sentence.id!r}: the same words are coded twice in its document; keep one")
            facts[one.id] = one
        return cls(tuple(facts.values()), corpus.documents)


@dataclass(frozen=True, slots=True)
class _Stripped:
    """
    A text reduced to letters and digits, and the way back.

    :param original: the text.
    :param text: its letters and digits.
    :param offsets: position in the original of each. *Shape:* ``(len(text),)``, int64.
    """

    original: str
    text: str
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, text: str) -> "_Stripped":
        lowered = text.lower()
        if len(lowered) == len(text) and not _LIGATURES.intersection(text):
            origin = np.arange(len(text), dtype=np.int64)
        else:
            # A few letters become two when lowered, and ligatures of typesetting are two letters or three.
            pieces = [normalize("NFKC", letter) if letter in _LIGATURES else letter.lower() for letter in text]
            lowered = "".join(pieces)
            origin = np.repeat(np.arange(len(text), dtype=np.int64), [len(piece) for piece in pieces])
        points = np.frombuffer(lowered.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        kept = ((points >= ord("a")) & (points <= ord("z"))) | ((points >= ord("0")) & (points <= ord("9")))
        # "e" and a combining accent are one letter, which is dropped as "é" is.
        accent = (points[1:] >= _COMBINING[0]) & (points[1:] <= _COMBINING[1]) & (origin[1:] != origin[:-1])
        kept[:-1] &= ~accent
        return cls(text, points[kept].astype(np.uint8).tobytes().decode("ascii"), origin[kept])

    def word_starts(self) -> list[int]:
        """Give the positions whose letter follows something that is neither letter nor digit."""
        jumps = np.flatnonzero(np.diff(self.offsets) > 1) + 1
        return [0, *jumps.tolist()] if self.text else []


def fingerprint(text: str) -> str:
    """
    Take the fingerprint of a sentence.

    :param text: the sentence.
    :returns: 16 hexadecimal digits; the same for texts that differ in case, spaces and punctuation only.
    """
    return _digest(_Stripped.of(text).text, 16)


def _digest(stripped: str, digits: int) -> str:
    return sha1(stripped.encode("ascii"), usedforsecurity=False).hexdigest()[:digits]


def _sentence_facts(
    sentence: AnnotatedSentence, document: _Stripped, codings: Iterable[AnnotatedSentence]
) -> SentenceFacts:
    """Reduce a coded sentence to facts; where it occurs twice, its offset tells which is meant."""
    stripped = _Stripped.of(sentence.text).text
    position = document.text.find(stripped)
    if sentence.start is not None:
        meant = int(np.searchsorted(document.offsets, sentence.start))
        position = meant if document.text.startswith(stripped, meant) else position
    problem = (
        "is not coded yet"
        if sentence.frames is None
        else "has none of the letters a to z and no digit"
        if not stripped
        else "does not stand in its document"
        if position < 0
        else ""
    )
    if problem or sentence.frames is None:
        raise CorpusError(f"sentence {sentence.id!r}: {problem}; no facts can be taken of it")
    return SentenceFacts(
        document_id=sentence.document_id,
        fingerprint=_digest(stripped, 16),
        anchor=_digest(stripped[:_ANCHOR], 8),
        length=len(stripped),
        position=position,
        frames=sentence.frames,
        annotators={
            coding.annotator: coding.frames for coding in codings if coding.annotator and coding.frames is not None
        },
        borderline=sentence.borderline,
        codes=sentence.codes,
        hard_negative=sentence.hard_negative,
        inclusion_probability=sentence.inclusion_probability,
    )


@dataclass(frozen=True, slots=True)
class Hydration:
    """
    Sentences found again.

    :param corpus: an ordinary corpus of what was found.
    :param found: sentences found where they were coded.
    :param moved: sentences found in another document, or elsewhere in theirs.
    :param missing: facts on the sentences found nowhere.
    :param unread: documents that could not be read.
    """

    corpus: Corpus
    found: int
    moved: int
    missing: tuple[SentenceFacts, ...]
    unread: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a sentence stands in a copy: stripped characters before it, and its range in the copy's text."""

    position: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Copy:
    """
    One of the reader's documents, and what stands in it.

    :param id: the document it is a copy of.
    :param size: its stripped characters.
    :param shift: how much further on than recorded its sentences stand, as a rule.
    :param places: of each sentence that stands in it, by id.
    :param cuts: ends of the sentences it is cut into; what is cut there, in the same order.
    """

    id: str
    text: str
    size: int
    shift: float
    places: Mapping[str, Sequence[_Place]]
    cuts: tuple[Sequence[int], Sequence[Sentence]]


def _place(stripped: _Stripped, start: int, end: int) -> _Place:
    """Give a stripped range its place, with the marks and accents that hang on to its ends."""
    text, first, last = stripped.original, int(stripped.offsets[start]), int(stripped.offsets[end - 1]) + 1
    while last < len(text) and text[last] not in _STARTS and _hangs_on(text[last], text[last - 1]):
        last += 1
    while first > 0 and text[first - 1] not in _ENDS and _hangs_on(text[first - 1], text[first]):
        first -= 1
    return _Place(start, first, last)


def _hangs_on(letter: str, beside: str) -> bool:
    """Tell whether a mark, or a letter with an accent, belongs to the sentence it stands beside."""
    if letter.isspace() or (letter.isascii() and letter.isalnum()):
        return False
    return not letter.isalnum() or beside.isalnum()


class _Index:
    """Facts by the anchor a sentence begins with; short sentences have anchors as long as they are."""

    def __init__(self, facts: Iterable[SentenceFacts]) -> None:
        self._by_anchor: defaultdict[int, defaultdict[str, list[SentenceFacts]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for one in facts:
            self._by_anchor[min(one.length, _ANCHOR)][one.anchor].append(one)

    def search(self, stripped: _Stripped, starts: Iterable[int]) -> defaultdict[str, list[_Place]]:
        """Find the sentences that begin at the given stripped positions."""
        places: defaultdict[str, list[_Place]] = defaultdict(list)
        for start in starts:
            for width, anchors in self._by_anchor.items():
                for facts in anchors.get(_digest(stripped.text[start : start + width], 8), ()):
                    end = start + facts.length
                    if end <= len(stripped.text) and _digest(stripped.text[start:end], 16) == facts.fingerprint:
                        places[facts.id].append(_place(stripped, start, end))
        return places


def hydrate(standoff: Standoff, documents: Iterable[Document | Failure], codebook: Codebook) -> Hydration:
    """
    Find coded sentences in the reader's own copies of the documents.

    A copy may have any name: what it is a copy of is told by its id where that is a document's, else by the sentences
    in it. A sentence that stands in several places is taken from its own document, where it is nearest to its place.

    :param standoff: facts on the sentences.
    :param documents: the copies, read one after another.
    :param codebook: of the corpus that comes out.
    :returns: the corpus, and what was found, has moved and is missing.
    """
    of_document: defaultdict[str, list[SentenceFacts]] = defaultdict(list)
    for facts in standoff.sentences:
        of_document[facts.document_id].append(facts)
    index = _Index(standoff.sentences)
    holders: defaultdict[str, list[_Copy]] = defaultdict(list)
    unread = []
    for document in documents:
        if isinstance(document, Failure):
            unread.append(document)
        elif (copy := _copy(document, index, of_document)) is not None:
            for id in copy.places:
                holders[id].append(copy)
    moved = 0
    rows: dict[str, AnnotatedSentence] = {}
    codings: dict[str, tuple[AnnotatedSentence, ...]] = {}
    for facts in standoff.sentences:
        if facts.id not in holders:
            continue
        copy, place = min(
            ((copy, place) for copy in holders[facts.id] for place in copy.places[facts.id]),
            key=lambda found: (found[0].id != facts.document_id, _away(facts, *found)),
        )
        far = _away(facts, copy, place) > max(_NEAR, _NEAR_SHARE * copy.size)
        moved += far or copy.id != facts.document_id
        rows[facts.id] = sentence = _sentence(facts, copy, place, codebook)
        if len(facts.annotators) > 1:
            codings[facts.id] = tuple(
                replace(sentence, annotator=name, frames=codebook.in_order(seen), borderline=False, codes=())
                for name, seen in facts.annotators.items()
            )
    missing = tuple(facts for facts in standoff.sentences if facts.id not in rows)
    corpus = Corpus(codebook, tuple(rows.values()), standoff.documents, codings)
    return Hydration(corpus, len(rows) - moved, moved, missing, tuple(unread))


def _copy(document: Document, index: _Index, of_document: Mapping[str, Sequence[SentenceFacts]]) -> _Copy | None:
    """Find what stands in a document and which one it is a copy of; ``None`` where nothing of ours does."""
    stripped = _Stripped.of(document.text)
    places = index.search(stripped, stripped.word_starts())
    votes = Counter(id.rpartition("#")[0] for id in places)
    # Fetched documents bear their id, quoted where a file system might stumble over it.
    names = (document.id, Path(document.id).name, Path(document.id).stem, unquote(Path(document.id).stem))
    id = next((name for name in names if name in of_document), votes.most_common(1)[0][0] if votes else "")
    lost = [facts for facts in of_document.get(id, ()) if facts.id not in places]
    if lost:
        # One that was glued to the word before it begins at no word; so every letter is tried, for these few only.
        places |= _Index(lost).search(stripped, range(len(stripped.text)))
    if not places:
        return None
    # One that stands in several places does not tell how far they have all been shifted.
    shifts = [
        places[facts.id][0].position - facts.position for facts in of_document[id] if len(places.get(facts.id, ())) == 1
    ]
    cut = [sentence for sentence in sentences(document) if sentence.end is not None]
    ends = [sentence.end for sentence in cut if sentence.end is not None]
    return _Copy(id, document.text, len(stripped.text), median(shifts) if shifts else 0.0, places, (ends, cut))


def _away(facts: SentenceFacts, copy: _Copy, place: _Place) -> float:
    """Tell how far, in stripped characters, a sentence is from where it is expected in a copy."""
    return abs(place.position - facts.position - copy.shift)


def _sentence(facts: SentenceFacts, copy: _Copy, place: _Place, codebook: Codebook) -> AnnotatedSentence:
    ends, cut = copy.cuts
    behind = bisect_right(ends, place.start)
    return AnnotatedSentence(
        facts.id,
        facts.document_id,
        copy.text[place.start : place.end],
        codebook.in_order(facts.frames),
        place.start,
        place.end,
        before=cut[behind - 1].text if behind else "",
        heading=cut[behind].heading if behind < len(cut) else "",
        annotator=next(iter(facts.annotators)) if len(facts.annotators) == 1 else "",
        borderline=facts.borderline,
        codes=facts.codes,
        hard_negative=codebook.in_order(facts.hard_negative),
        inclusion_probability=facts.inclusion_probability,
    )
