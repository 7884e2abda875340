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
from framecls.documents.tables import TABLE_SUFFIXES
from framecls.errors import ConfigError, FrameclsError
from framecls.evaluation.suggestion import doubt
from framecls.files import refuse_overwriting, write_text
from framecls.report.environment import environment
from framecls.report.labels import LabelFrame
from framecls.report.review_source import ReviewItem, ReviewSource, read_review_source

__all__ = ["ReviewOrder", "write_review"]

#: ``document``: as they stand. ``doubt``: those the model is least certain of first.
ReviewOrder = Literal["document", "doubt"]


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
    :raises FrameclsError: the source cannot be read, has no text, or has no thresholds for the order; or the output is
        it, or a table in it.
    """
    source, output = Path(source), Path(output)
    refuse_overwriting(output, [source, *(path for path in source.glob("*") if path.suffix in TABLE_SUFFIXES)])
    if order not in get_args(ReviewOrder):
        raise ConfigError(f"--order {order!r}: give one of {', '.join(get_args(ReviewOrder))}")
    found = read_review_source(source, codebook, max_sentences=max_sentences)
    doubts = _doubts(found.frames, found.items)
    if order == "doubt" and doubts is None:
        raise FrameclsError(f"{source}: has no thresholds to order by; give the .parquet file 'framecls label' wrote")
    data = _data(found, doubts, blind=blind)
    place = source.resolve()
    stem = place.stem if place.stem != "sentences" else place.parent.name
    script, style = _part("review.js"), _part("review.css")
    codebook_facts = f"codebook {codebook.name} {codebook.version}" if codebook else "no codebook"
    page = (
        environment(autoescape=True)
        .get_template("review.html.j2")
        .render(
            title=place.name,
            about=found.about,
            data=data | {"annotator": annotator, "order": order, "stem": stem},
            frames=codebook.definitions if codebook else [_Nameless(f.title) for f in found.frames],
            described=codebook is not None,
            codebook_title=codebook.title if codebook else "Frames",
            provenance=f"{place.name}, {codebook_facts}, page {data['key']}. Written by framecls; needs no network.",
            probabilities=any("p" in sentence for sentence in data["sentences"]),
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


def _doubts(frames: Sequence[LabelFrame], items: Sequence[ReviewItem]) -> list[float] | None:
    """Tell how near a sentence's decisions are to their thresholds, where those are known."""
    thresholds = [frame.threshold for frame in frames if frame.threshold is not None]
    # A sentence that a screen discarded is surely without a frame, as far as the model goes.
    probabilities = [item.probabilities or (0.0,) * len(frames) for item in items]
    if len(thresholds) < len(frames) or not any(item.probabilities for item in items):
        return None
    return [float(value) for value in doubt(np.array(probabilities), thresholds)]


def _data(source: ReviewSource, doubts: Sequence[float] | None, *, blind: bool) -> dict[str, Any]:
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
