"""The HTML page on which a coder confirms, removes or adds frames, without a server and without a network."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from markupsafe import Markup

from framecls.codebook import Codebook
from framecls.corpus import Corpus
from framecls.documents.tables import TABLE_SUFFIXES, whole_number
from framecls.errors import ConfigError, FrameclsError
from framecls.evaluation.suggestion import doubt
from framecls.files import write_text
from framecls.report.environment import environment
from framecls.report.labels import LabelFrame, is_true, label_frames, label_rows

__all__ = ["ReviewOrder", "write_review"]

#: ``document``: as they stand. ``doubt``: those the model is least certain of first.
ReviewOrder = Literal["document", "doubt"]


@dataclass(frozen=True, slots=True)
class _Item:
    """
    A sentence to be coded.

    :param facts: ``id, text, start, end, unit, heading, inclusion_probability`` where known.
    :param document: id of the document.
    :param before: the sentence before it.
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

    :param most: once so many are there, no further document is begun.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._documents: dict[str, list[_Item]] = {}
        self._left: set[str] = set()
        self._kept = 0
        self.total = 0

    def put(self, item: _Item) -> None:
        """Take a sentence, unless it belongs to a document that is left out."""
        self.total += 1
        if item.document not in self._documents:
            if self._kept >= self._most:
                self._left.add(item.document)
                return
            self._documents[item.document] = []
        self._documents[item.document].append(item)
        self._kept += 1

    def items(self) -> list[_Item]:
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
class _Source:
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
    items: list[_Item]
    left_out: str
    titles: Mapping[str, str]
    proposer: str
    about: str


def write_review(
    source: Path | str,
    output: Path | str,
    *,
    codebook: Codebook | None = None,
    blind: bool = False,
    order: ReviewOrder = "document",
    annotator: str = "",
    max_sentences: int = 20_000,
) -> Path:
    """
    Write the page.

    What the coder saves from it are annotated sentences, as :meth:`framecls.Corpus.read` reads them.

    :param source: what ``framecls label`` wrote, with text; or annotated sentences, coded or not.
    :param output: the HTML file.
    :param codebook: the definitions of the frames; needed for annotated sentences, and for labels the model's.
    :param blind: leave out what a model or an earlier coding said, so that nobody is led.
    :param order: which sentence comes first; by doubt only where the labels have the thresholds (Parquet).
    :param annotator: name of the coder, where it is known.
    :param max_sentences: documents are taken whole until this many sentences stand in the page, which says so.
    :returns: the file.
    :raises FrameclsError: the source cannot be read, has no text, or has no thresholds for the order.
    """
    source, output = Path(source), Path(output)
    if order not in get_args(ReviewOrder):
        raise ConfigError(f"--order {order!r}: give one of {', '.join(get_args(ReviewOrder))}")
    found = _read(source, codebook, _Shelf(max_sentences))
    doubts = _doubts(found.frames, found.items)
    if order == "doubt" and doubts is None:
        raise FrameclsError(f"{source}: has no thresholds to order by; give the .parquet file 'framecls label' wrote")
    data = _data(found, doubts, blind=blind)
    stem = source.stem if source.stem != "sentences" else source.resolve().parent.name
    script, style = _part("review.js"), _part("review.css")
    codebook_facts = f"codebook {codebook.name} {codebook.version}" if codebook else "no codebook"
    page = (
        environment(autoescape=True)
        .get_template("review.html.j2")
        .render(
            title=source.name,
            about=found.about,
            data=data | {"annotator": annotator, "order": order, "stem": stem},
            frames=codebook.definitions if codebook else [_Nameless(f.title) for f in found.frames],
            described=codebook is not None,
            codebook_title=codebook.title if codebook else "Frames",
            provenance=f"{source.name}, {codebook_facts}, page {data['key']}. Written by framecls; needs no network.",
            blind=blind or doubts is None,
            left_out=found.left_out,
            script=Markup(script),
            style=Markup(style),
            script_hash=_csp_hash(script),
            style_hash=_csp_hash(style),
        )
    )
    write_text(output, page)
    return output


@dataclass(frozen=True, slots=True)
class _Nameless:
    """A frame of which no codebook says more than its name."""

    title: str
    question: str = ""
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


def _part(name: str) -> str:
    return (files("framecls.report") / "templates" / name).read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    """Give what a content security policy knows an inline script or style by."""
    return base64.b64encode(sha256(text.encode()).digest()).decode()


def _read(source: Path, codebook: Codebook | None, shelf: _Shelf) -> _Source:
    """Tell labels from annotated sentences, and read them."""
    is_table = source.is_file() and "".join(source.suffixes[-1:]) in TABLE_SUFFIXES
    first = next(label_rows(source), None) if is_table else None
    if source.is_dir() or (first is not None and "sentence_id" not in first and "id" in first):
        if codebook is None:
            raise ConfigError(f"{source}: holds sentences to code; give --codebook, which has their frames")
        return _of_corpus(Corpus.read(source, codebook), shelf)
    return _of_labels(source, codebook, shelf)


def _of_corpus(corpus: Corpus, shelf: _Shelf) -> _Source:
    frames = [LabelFrame(d.name, d.title, d.color, d.question, None) for d in corpus.codebook.definitions]
    for sentence in corpus.sentences:
        facts: dict[str, Any] = {"id": sentence.id, "text": sentence.text}
        facts |= {"start": sentence.start, "end": sentence.end}
        facts |= {"heading": sentence.heading, "inclusion_probability": sentence.inclusion_probability}
        proposed = None if sentence.frames is None else tuple(corpus.codebook.index(f) for f in sentence.frames)
        shelf.put(_Item(facts, sentence.document_id, sentence.before, proposed, None))
    titles = {id: facts.title for id, facts in corpus.documents.items() if facts.title}
    coded = sum(sentence.frames is not None for sentence in corpus.sentences)
    about = f"{shelf.total:,} sentences" + (f", {coded:,} of them coded before" if coded else " to code")
    proposer = "the earlier coding" if coded else ""
    return _Source(frames, shelf.items(), shelf.left_out(), titles, proposer, about)


def _of_labels(labels: Path, codebook: Codebook | None, shelf: _Shelf) -> _Source:
    frames: list[LabelFrame] = []
    model = ""
    seen: set[str] = set()
    last: Mapping[str, Any] = {}
    for row in label_rows(labels):
        if not frames:
            frames, model = label_frames(labels, row, codebook), str(row.get("model", ""))
        id, document = str(row.get("sentence_id", "")), str(row["document_id"])
        if id in seen:
            raise FrameclsError(f"{labels}: two sentences have the id {id!r}; make ids unique, or label again")
        seen.add(id)
        before = str(last["text"]) if last.get("document_id") == row["document_id"] else ""
        try:
            facts: dict[str, Any] = {"id": id, "text": str(row["text"]), "unit": str(row.get("unit") or "")}
            facts |= {"heading": str(row.get("heading") or "")}
            facts |= {key: whole_number(row, key) for key in ("start", "end")}
            proposed = tuple(index for index, frame in enumerate(frames) if is_true(row[frame.name]))
            probabilities = tuple(float(row[f"prob_{frame.name}"]) for frame in frames)
        except (KeyError, ValueError) as error:
            raise FrameclsError(
                f"{labels}: sentence {id!r}: {error}; label again, or restore what was changed"
            ) from error
        shelf.put(_Item(facts, document, before, proposed, probabilities))
        last = row
    if not shelf.total:
        raise FrameclsError(f"{labels}: holds no labelled sentence")
    about = f"{shelf.total:,} sentences, labelled by model {model}"
    return _Source(frames, shelf.items(), shelf.left_out(), {}, "the model", about)


def _doubts(frames: Sequence[LabelFrame], items: Sequence[_Item]) -> list[float] | None:
    """Tell how near a sentence's decisions are to their thresholds, where those are known."""
    thresholds = [frame.threshold for frame in frames if frame.threshold is not None]
    probabilities = [item.probabilities for item in items if item.probabilities is not None]
    if len(thresholds) < len(frames) or len(probabilities) < len(items):
        return None
    return [float(value) for value in doubt(np.array(probabilities), thresholds)]


def _data(source: _Source, doubts: Sequence[float] | None, *, blind: bool) -> dict[str, Any]:
    """Give what the page's script works on; what is blank is left out."""
    documents: list[dict[str, Any]] = []
    digest = sha256(repr([frame.name for frame in source.frames]).encode())
    sentences = []
    for number, item in enumerate(source.items):
        if not documents or documents[-1]["id"] != item.document:
            title = source.titles.get(item.document, "")
            documents.append({"id": item.document, "title": title, "first": number, "size": 0})
        documents[-1]["size"] += 1
        digest.update(repr((item.document, item.facts["id"], item.facts["text"])).encode("utf-8", "surrogatepass"))
        row = dict(_known(item.facts)) | {"d": len(documents) - 1}
        follows = documents[-1]["size"] > 1 and source.items[number - 1].facts["text"] == item.before
        if not follows:
            row["before"] = item.before
        if not blind and item.proposed is not None:
            row["frames"] = list(item.proposed)
        if not blind and item.probabilities is not None:
            row["p"] = [round(100 * value) for value in item.probabilities]
        if not blind and doubts is not None:
            row["doubt"] = round(doubts[number], 3)
        sentences.append(row)
    ranked = None if doubts is None else sorted(range(len(doubts)), key=lambda number: (-doubts[number], number))
    frames = [asdict(frame) | ({"threshold": None} if blind else {}) for frame in source.frames]
    return {
        "key": digest.hexdigest()[:16],
        "frames": frames,
        "documents": documents,
        "sentences": sentences,
        "doubts": ranked,
        "proposer": "" if blind else source.proposer,
    }


def _known(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in facts.items() if value is not None and value != "")
