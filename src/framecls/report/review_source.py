"""What stands in a review page: labels or annotated sentences, document by document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framecls.codebook import Codebook
from framecls.corpus import Corpus
from framecls.documents.tables import TABLE_SUFFIXES, sentence_before, truth, whole_number
from framecls.errors import ConfigError, FrameclsError
from framecls.report.labels import LabelFrame, label_frames, label_rows

__all__ = ["ReviewItem", "ReviewSource", "read_review_source"]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """
    A sentence to be coded.

    :param facts: ``id, text, start, end, unit, heading, inclusion_probability`` where known.
    :param document: id of the document.
    :param before: the sentence before it; empty where there is none or it is not known.
    :param proposed: indices of the frames a model or an earlier coding gave; ``None`` where there is none.
    :param probabilities: of the frames, the model's; ``None`` where there is none.
    """

    facts: Mapping[str, Any]
    document: str
    before: str
    proposed: tuple[int, ...] | None
    probabilities: tuple[float, ...] | None


class _Shelf:
    """
    Sentences by document, taken document by document until there are enough.

    :param most: once so many are there, no further document is begun; the first one is taken in any case.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._documents: dict[str, list[ReviewItem]] = {}
        self._left: set[str] = set()
        self._kept = 0
        self.total = 0

    def put(self, item: ReviewItem) -> None:
        """Take a sentence, unless it belongs to a document that is left out."""
        self.total += 1
        if item.document not in self._documents:
            if self._kept >= max(self._most, 1):
                self._left.add(item.document)
                return
            self._documents[item.document] = []
        self._documents[item.document].append(item)
        self._kept += 1

    def items(self) -> list[ReviewItem]:
        """Give the sentences that were taken, those of a document beside each other."""
        return [item for of_document in self._documents.values() for item in of_document]

    def left_out(self) -> str:
        """Say what was left out; empty where nothing was."""
        if not self._left:
            return ""
        taken = len(self._documents)
        return (
            f"The first {taken:,} of {taken + len(self._left):,} documents stand in this page, {self._kept:,} of "
            f"{self.total:,} sentences."
        )


@dataclass(frozen=True, slots=True)
class ReviewSource:
    """
    What is to be reviewed.

    :param frames: in order.
    :param items: sentence by sentence, those of a document beside each other.
    :param left_out: what was left out, for the coder to read.
    :param titles: of the documents, by id, where they are known.
    :param proposer: who proposed the frames, for the coder to read.
    :param about: the line below the title.
    """

    frames: Sequence[LabelFrame]
    items: list[ReviewItem]
    left_out: str
    titles: Mapping[str, str]
    proposer: str
    about: str


def read_review_source(source: Path, codebook: Codebook | None, *, max_sentences: int) -> ReviewSource:
    """
    Tell labels from annotated sentences, and read them.

    :param source: what ``framecls label`` wrote, or annotated sentences.
    :param codebook: the definitions of the frames.
    :param max_sentences: documents are taken whole until so many sentences are there.
    :returns: what is to be reviewed, at least one document.
    :raises FrameclsError: the source cannot be read, or has no text, or no codebook where it needs one.
    """
    shelf = _Shelf(max_sentences)
    is_table = source.is_file() and "".join(source.suffixes[-1:]) in TABLE_SUFFIXES
    first = next(label_rows(source), None) if is_table else None
    if source.is_dir() or (first is not None and "sentence_id" not in first and "id" in first):
        if codebook is None:
            raise ConfigError(f"{source}: holds sentences to code; give --codebook, which has their frames")
        return _of_corpus(Corpus.read(source, codebook), shelf)
    return _of_labels(source, codebook, shelf)


def _of_corpus(corpus: Corpus, shelf: _Shelf) -> ReviewSource:
    frames = [LabelFrame(d.name, d.title, d.color, d.question, None) for d in corpus.codebook.definitions]
    for sentence in corpus.sentences:
        facts: dict[str, Any] = {"id": sentence.id, "text": sentence.text}
        facts |= {"start": sentence.start, "end": sentence.end}
        facts |= {"heading": sentence.heading, "inclusion_probability": sentence.inclusion_probability}
        proposed = None if sentence.frames is None else tuple(corpus.codebook.index(f) for f in sentence.frames)
        shelf.put(ReviewItem(facts, sentence.document_id, sentence.before, proposed, None))
    titles = {id: facts.title for id, facts in corpus.documents.items() if facts.title}
    coded = sum(sentence.frames is not None for sentence in corpus.sentences)
    about = f"{shelf.total:,} sentences" + (f", {coded:,} of them coded before" if coded else " to code")
    proposer = "the earlier coding" if coded else ""
    return ReviewSource(frames, shelf.items(), shelf.left_out(), titles, proposer, about)


def _of_labels(labels: Path, codebook: Codebook | None, shelf: _Shelf) -> ReviewSource:
    frames: list[LabelFrame] = []
    model = ""
    seen: set[str] = set()
    last: Mapping[str, Any] = {}
    for row in label_rows(labels):
        if not frames:
            frames, model = label_frames(labels, row, codebook), str(row.get("model", ""))
        id, document = str(row.get("sentence_id", "")), str(row["document_id"])
        if id in seen:
            raise FrameclsError(
                f"{labels}: two sentences have the id {id!r}; give each an id of its own in the tables they are from, "
                "and label again"
            )
        seen.add(id)
        try:
            facts: dict[str, Any] = {"id": id, "text": str(row["text"]), "unit": str(row.get("unit") or "")}
            facts |= {"heading": str(row.get("heading") or "")}
            facts |= {key: whole_number(row, key) for key in ("start", "end")}
            before = sentence_before(row, last)
            proposed = tuple(index for index, frame in enumerate(frames) if truth(row[frame.name], frame.name))
            cells = [row.get(f"prob_{frame.name}") for frame in frames]
            # What a screen discarded was never given a probability.
            screened = all(cell in (None, "") for cell in cells)
            probabilities = None if screened else tuple(_probability(cell) for cell in cells)
        except (KeyError, ValueError) as error:
            raise FrameclsError(
                f"{labels}: sentence {id!r}: {error}; label again, or restore what was changed"
            ) from error
        shelf.put(ReviewItem(facts, document, before, proposed, probabilities))
        last = row
    if not shelf.total:
        raise FrameclsError(f"{labels}: holds no labelled sentence")
    about = f"{shelf.total:,} sentences, labelled by model {model}"
    return ReviewSource(frames, shelf.items(), shelf.left_out(), {}, "the model", about)


def _probability(cell: Any) -> float:
    try:
        value = float(cell)
    except TypeError:
        raise ValueError("a probability is missing") from None
    if not 0 <= value <= 1:
        raise ValueError(f"{cell!r} is no probability")
    return value
