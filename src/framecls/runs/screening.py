"""Distil a screen from a classifier on documents at hand, and keep it with the model."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from framecls.config import EngineChoice
from framecls.corpus import Split
from framecls.documents import LocatedSentence, find_sources, read_sentences
from framecls.errors import DocumentError
from framecls.model import FrameClassifier
from framecls.model.checkpoint import read_splits
from framecls.model.choice import load_torch
from framecls.model.classifier import engines_of
from framecls.model.device import has_bf16
from framecls.model.early_exit import ExitHead, fit_exit
from framecls.model.fingerprint import fingerprint
from framecls.model.scoring import WINDOW
from framecls.model.screening import ScreenFigures, ScreenModel

__all__ = ["LOSSES", "fit_screen", "screen_markdown"]

logger = logging.getLogger(__name__)

#: Losses that figures are given for.
LOSSES = (0.002, 0.005, 0.01, 0.02, 0.05)

#: One document in so many is held out, of those that took no part in training the model.
_HELD_OUT = 5


def fit_screen(
    model: Path | str,
    paths: Sequence[Path | str],
    *,
    engine: EngineChoice | None = None,
    threads: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[float, ScreenFigures]:
    """
    Fit a screen to what a classifier finds in documents, and write it into the checkpoint.

    Documents the model was trained on are fitted on; the rest of its corpus and one in five of all others are held
    out, and only measured by. Every sentence counts once, however often it is repeated.

    :param model: checkpoint folder.
    :param paths: files, folders and tables of documents, whole ones, as they will be labelled.
    :param engine: what scores them; torch by default.
    :param threads: how many to compute with; the physical cores at hand by default.
    :param progress: called with what is being done and the share of it that is done.
    :returns: by loss, what the screen does to the held-out documents.
    :raises FrameclsError: nothing could be read, or there is too little to fit a screen on.
    """
    model = Path(model)
    classifier = FrameClassifier.load(model, engine=engine, threads=threads)
    found = _sentences(paths)
    texts = list(found)
    documents = [item.document_id for item in found.values()]
    logger.info("scoring %d different sentences of %d documents", len(texts), len(set(documents)))
    before, heading = ([getattr(item.sentence, name) for item in found.values()] for name in ("before", "heading"))
    parts = []
    for start in range(0, len(texts), WINDOW):
        window = slice(start, start + WINDOW)
        parts.append(classifier.score(texts[window], before[window], heading[window]))
        if progress is not None:
            progress("scoring sentences", min(start + WINDOW, len(texts)) / len(texts))
    splits = read_splits(model)
    held_out = np.array([_is_held_out(document, splits) for document in documents])
    engines = engines_of(model, threads=threads)
    precision = torch.bfloat16 if has_bf16(engines.device) else torch.float32
    whole = load_torch(model, engines.device, precision).model

    def fit(
        targets: npt.NDArray[np.float64], folds: npt.NDArray[np.intp]
    ) -> tuple[ExitHead, npt.NDArray[np.float32]] | None:
        logger.info("fitting an early exit to them")
        features = engines.encoder(texts, before, heading)
        told = None if progress is None else partial(progress, "fitting an early exit")
        return fit_exit(whole, engines.encoder, features, targets, folds, progress=told)

    screen = ScreenModel.fit(
        texts,
        documents,
        np.concatenate(parts),
        decision=classifier.decision,
        held_out=held_out,
        layers=whole.config.num_hidden_layers,
        fit_exit=fit,
    )
    screen.write(model, fingerprint=fingerprint(model))
    return {loss: screen.at(loss, classifier.decision).held_out() for loss in LOSSES}


def _is_held_out(document: str, splits: Mapping[str, Split]) -> bool:
    if document in splits:
        return splits[document] != "train"
    return int(sha256(document.encode()).hexdigest()[:8], 16) % _HELD_OUT == 0


def screen_markdown(figures: dict[float, ScreenFigures]) -> str:
    """
    Lay figures out as a Markdown table.

    :param figures: from :func:`fit_screen`.
    :returns: the table.
    """
    first = next(iter(figures.values()))
    lines = [
        f"On {first.sentences} sentences of {first.documents} held-out documents, in which the classifier finds "
        f"{first.decisions} frames:",
        "",
        "| --screen-loss | frames lost | sentences discarded |",
        "| --- | --- | --- |",
    ]
    for loss, one in figures.items():
        lost = "–" if one.lost is None else f"{100 * one.lost:.1f} %"
        lines.append(f"| {loss:g} | {lost} | {100 * one.discarded:.0f} % |")
    return "\n".join(lines) + "\n"


def _sentences(paths: Sequence[Path | str]) -> dict[str, LocatedSentence]:
    """Read documents; gives their sentences by text, each where it first stands."""
    sources, failures = find_sources(paths)
    found: dict[str, LocatedSentence] = {}
    for source in sources:
        for item in read_sentences(source):
            if isinstance(item, LocatedSentence):
                found.setdefault(item.sentence.text, item)
            else:
                failures.append(item)
    for failure in failures:
        logger.warning("%s: %s", failure.path, failure.reason)
    if not found:
        raise DocumentError(f"{', '.join(map(str, paths))}: no sentence could be read; give documents")
    return found
