"""Keep held-out sentences with a model, and hold every engine to them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from framecls.config import EngineName
from framecls.corpus import Corpus
from framecls.errors import CorpusError
from framecls.model import FrameClassifier
from framecls.model.classifier import engines_of
from framecls.model.fingerprint import fingerprint
from framecls.model.parity import HeldOut, Parity, Part, measure_parity, write_held_out
from framecls.runs.holdout import check_unseen, splits_of

__all__ = ["EngineFigures", "compare_engines", "engines_markdown", "keep_held_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFigures:
    """
    One engine on this machine.

    :param name: the engine.
    :param rate: sentences a second, of the held-out sentences.
    :param parity: how far its decisions are the reference's; ``None`` for the reference.
    """

    name: EngineName
    rate: float
    parity: Parity | None


def keep_held_out(model: Path | str, corpus: Path | str, *, size: int = 1500, calibration: int = 256) -> int:
    """
    Keep sentences of a corpus in a checkpoint, text and gold, for its engines to be held to.

    :param model: checkpoint folder.
    :param corpus: annotated sentences that may be passed on with the model. Its test split is held out; the sentences
        engines are calibrated on are of its validation split.
    :param size: most held-out sentences, drawn at random.
    :param calibration: most sentences to calibrate on.
    :returns: how many are held out.
    :raises FrameclsError: model and corpus do not fit together, or the model has learnt from the test split.
    """
    model = Path(model)
    classifier = FrameClassifier.load(model)
    frames = classifier.codebook.frames
    whole = Corpus.read(corpus, classifier.codebook).coded()
    splits = splits_of(whole, model, "test")
    test, validation = (whole.select(splits, split) for split in ("test", "validation"))
    check_unseen(test, model, "test")
    if not len(validation):
        raise CorpusError(f"{corpus}: the validation split has no coded sentence; int8 is calibrated on it")
    parts: dict[Part, HeldOut] = {
        "held_out": _held(classifier, _drawn(test, size)),
        "calibration": _held(classifier, _drawn(validation, calibration)),
    }
    gold = parts["held_out"].gold
    missing = [frame for frame, count in zip(frames, gold.sum(axis=0), strict=True) if not count]
    if missing:
        raise CorpusError(
            f"{corpus}: no held-out sentence carries {', '.join(missing)}; add documents to the test split"
        )
    write_held_out(model, parts, frames=frames, fingerprint=fingerprint(model), corpus=whole.sha256)
    return len(gold)


def _drawn(corpus: Corpus, size: int) -> Corpus:
    rows = np.random.default_rng(0).permutation(len(corpus))[:size]
    return replace(corpus, sentences=tuple(corpus.sentences[row] for row in np.sort(rows)))


def _held(classifier: FrameClassifier, corpus: Corpus) -> HeldOut:
    texts, before, heading = corpus.inputs()
    wanted = classifier.context.split("+")
    nothing = ("",) * len(texts)
    return HeldOut(
        texts=tuple(texts),
        # What the model does not look at is not kept.
        before=tuple(before) if "before" in wanted else nothing,
        heading=tuple(heading) if "heading" in wanted else nothing,
        gold=corpus.gold(),
        scores=classifier.score(texts, before, heading),
    )


def compare_engines(
    model: Path | str, *, device: str | None = None, target: str | None = None, threads: int | None = None
) -> list[EngineFigures]:
    """
    Measure every engine that can run here: its speed, and how far its decisions are the reference's.

    :param model: checkpoint folder that keeps held-out sentences.
    :param device: ``cpu``, ``cuda`` …; CUDA where there is one by default.
    :param target: what thresholds are fitted for; the model's by default.
    :param threads: how many to compute with; the physical cores at hand by default.
    :returns: figures, the reference first.
    :raises FrameclsError: the model cannot be loaded, or keeps no held-out sentences.
    """
    engines = engines_of(model, device=device, target=target, threads=threads)
    held_out = engines.held_out()
    loaded = {name: engines.load(name) for name in engines.available()}
    rates = engines.rates(loaded, held_out.encode(engines.encoder))
    return [
        EngineFigures(
            name=name,
            rate=rates[name],
            parity=None if name == "torch" else measure_parity(engine, held_out, engines.encoder, engines.decision),
        )
        for name, engine in loaded.items()
    ]


def engines_markdown(figures: list[EngineFigures]) -> str:
    """
    Lay figures out as a Markdown table.

    :param figures: from :func:`compare_engines`.
    :returns: the table.
    """
    lines = ["| engine | sentences/s | decides alike | macro-F1 | |", "| --- | --- | --- | --- | --- |"]
    for one in figures:
        parity = one.parity
        if parity is None:
            lines.append(f"| {one.name} | {one.rate:.0f} | – | – | the reference |")
            continue
        verdict = "may be used" if parity.holds else "refused"
        lines.append(
            f"| {one.name} | {one.rate:.0f} | {100 * parity.agreement:.2f} % of {parity.sentences} | "
            f"{parity.f1:.4f} ({parity.f1 - parity.reference_f1:+.4f}) | {verdict} |"
        )
    return "\n".join(lines) + "\n"
