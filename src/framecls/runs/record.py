"""What an evaluation leaves behind: a JSON record, the same as Markdown tables and as a page, and a row a sentence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from framecls.corpus import AnnotatedSentence, Corpus, DocumentFacts
from framecls.documents import sentences
from framecls.documents.text import document_of_text
from framecls.evaluation import (
    Ceiling,
    Confusion,
    Curves,
    Difference,
    Evaluation,
    IntervalKind,
    Mistake,
    Slice,
    compare,
    confusions,
    evaluate,
    evaluate_ceiling,
    evaluate_curves,
    evaluate_slices,
    mistakes,
)
from framecls.evaluation.suspects import Suspect, suspects
from framecls.files import whole_file, write_json, write_text
from framecls.lexicon import Lexicon
from framecls.model.attribution import Push
from framecls.report import (
    ShownMistake,
    ceiling_markdown,
    curves_markdown,
    differences_markdown,
    evaluation_markdown,
    slices_markdown,
    write_evaluation_page,
)

__all__ = ["LEXICON", "MAJORITY", "TFIDF", "Scored", "judge", "write_evaluation"]

#: Words of each mistake in the record.
_WORDS = 8
#: Names of the baselines in every table.
LEXICON, MAJORITY, TFIDF = "keyword lexicon", "majority", "TF-IDF + logistic regression"


@dataclass(frozen=True, slots=True)
class Scored:
    """
    What one system made of sentences.

    :param probabilities: *Shape:* ``(N, F)``.
    :param decisions: *Shape:* ``(N, F)``, bool.
    :param calibrated: whether the probabilities are meant as such, and not only to rank sentences.
    """

    probabilities: npt.NDArray[np.floating]
    decisions: npt.NDArray[np.bool_]
    calibrated: bool = True

    def at(self, rows: Sequence[int] | npt.NDArray[np.bool_]) -> "Scored":
        """
        Take some of the sentences.

        :param rows: their positions, or a mask. *Shape:* ``(n,)``, or ``(N,)`` for a mask.
        :returns: what the system made of them, in that order.
        """
        return replace(self, probabilities=self.probabilities[rows], decisions=self.decisions[rows])


def judge(part: Corpus, systems: Mapping[str, Scored], *, interval: IntervalKind = "percentile") -> list[Evaluation]:
    """
    Evaluate systems on the same sentences.

    Where the corpus has inclusion probabilities, a sentence counts for as many as it was drawn from.

    :param part: N sentences.
    :param systems: what each made of them, the first system first.
    :param interval: kind of the intervals.
    :returns: a record a system.
    """
    gold, frames, documents, weights = part.gold(), part.codebook.frames, part.document_ids(), part.weights()
    return [
        evaluate(
            gold,
            scored.probabilities,
            scored.decisions,
            frames=frames,
            document_ids=documents,
            system=system,
            calibrated=scored.calibrated,
            weights=weights,
            interval=interval,
        )
        for system, scored in systems.items()
    ]


@dataclass(frozen=True, slots=True)
class _Findings:
    """
    What is found of systems on the same sentences, the first of them in full.

    :param evaluations: a record a system.
    :param differences: of the first system to each other one.
    :param ceiling: the coders beside the first system; ``None`` where no sentence has two.
    :param slices: of the first system, as all that follow.
    :param curves: one for each frame that has any.
    :param confusions: of frames.
    :param mistakes: the surest ones.
    :param pushes: words behind each of them; ``None`` where they were not asked for.
    :param suspects: codings that are likely errors; ``None`` likewise.
    """

    evaluations: Sequence[Evaluation]
    differences: Sequence[Difference]
    ceiling: Ceiling | None
    slices: Sequence[Slice]
    curves: Sequence[Curves]
    confusions: Sequence[Confusion]
    mistakes: Sequence[Mistake]
    pushes: Sequence[Sequence[Push]] | None
    suspects: Sequence[Suspect] | None


def write_evaluation(
    folder: Path,
    name: str,
    facts: Mapping[str, object],
    evaluations: Sequence[Evaluation],
    part: Corpus,
    systems: Mapping[str, Scored],
    *,
    text: bool = True,
    explain: Callable[[Sequence[Mistake]], list[list[Push]]] | None = None,
    suspected: bool = False,
) -> None:
    """
    Write ``<name>.json``, ``<name>.md``, ``<name>.html`` and ``<name>.parquet``.

    :param folder: made where it is not there.
    :param name: of the four files, without suffix.
    :param facts: what was evaluated, for the record.
    :param evaluations: from :func:`judge`.
    :param part: the N sentences.
    :param systems: what each made of them; the first one's rows are written.
    :param text: whether the rows hold the sentences' text and the page the surest mistakes.
    :param explain: gives the words that pushed the first system to each of its surest mistakes.
    :param suspected: whether to record codings that are likely errors, according to the first system, which must not
        have learnt from them.
    :raises EvaluationError: an extra that this needs is not installed.
    """
    found = _find(evaluations, part, systems, explain=explain, suspected=suspected)
    record = _record(facts, found, part, text=text)
    tables = _tables(found, part.codebook.frames)
    write_json(folder / f"{name}.json", record)
    write_text(folder / f"{name}.md", tables)
    shown = _shown(found, part) if text else []
    write_evaluation_page(folder / f"{name}.html", record, tables, part.codebook, shown)
    rows = _rows(part, next(iter(systems.values())), text=text)
    with whole_file(folder / f"{name}.parquet") as partial:
        pq.write_table(rows, partial, compression="zstd")


def _find(
    evaluations: Sequence[Evaluation],
    part: Corpus,
    systems: Mapping[str, Scored],
    *,
    explain: Callable[[Sequence[Mistake]], list[list[Push]]] | None,
    suspected: bool,
) -> _Findings:
    """Compute whatever the record holds beside the evaluations, with the same draws of documents as theirs."""
    gold, frames, weights, ids = part.gold(), part.codebook.frames, part.weights(), part.document_ids()
    system, first = next(iter(systems.items()))
    probabilities, decisions, drawn = first.probabilities, first.decisions, evaluations[0].interval
    decided = {name: scored.decisions for name, scored in systems.items()}
    traced = (
        evaluate_curves(gold[:, column], probabilities[:, column], frame=frame, calibrated=True, weights=weights)
        for column, frame in enumerate(frames)
    )
    surest = mistakes(gold, probabilities, decisions, frames=frames)
    return _Findings(
        evaluations=evaluations,
        differences=compare(
            gold, decided, frames=frames, document_ids=ids, weights=weights, seed=drawn.seed, draws=drawn.draws
        ),
        ceiling=evaluate_ceiling(
            part.by_coder(),
            decisions,
            frames=frames,
            document_ids=ids,
            system=system,
            seed=drawn.seed,
            draws=drawn.draws,
        ),
        slices=_slices(part, gold, decisions, weights),
        curves=[one for one in traced if one],
        confusions=confusions(gold, decisions, frames=frames),
        mistakes=surest,
        pushes=explain(surest) if explain else None,
        suspects=suspects(gold, probabilities, frames=frames) if suspected else None,
    )


def _record(facts: Mapping[str, object], found: _Findings, part: Corpus, *, text: bool) -> dict[str, object]:
    """Lay out the findings as plain values for JSON; sentences by their ids."""
    ids = [sentence.id for sentence in part.sentences]
    wrong: list[dict[str, object]] = [
        {"id": ids[one.row], "frame": one.frame, "kind": one.kind, "probability": one.probability}
        for one in found.mistakes
    ]
    if found.pushes is not None:
        for row, words in zip(wrong, found.pushes, strict=True):
            row["words"] = [asdict(push) for push in _strongest(words, text=text)]
    return {
        "framecls": version("framecls"),
        **facts,
        "interval": asdict(found.evaluations[0].interval),
        "evaluations": [one.to_dict() for one in found.evaluations],
        "differences": [one.to_dict() for one in found.differences],
        "ceiling": found.ceiling.to_dict() if found.ceiling else None,
        "slices": [one.to_dict() for one in found.slices],
        "curves": [one.to_dict() for one in found.curves],
        "confusions": [one.to_dict() for one in found.confusions],
        "mistakes": wrong,
        "suspects": None
        if found.suspects is None
        else [
            {"id": ids[one.row], "frame": one.frame, "coded": one.coded, "probability": one.probability}
            for one in found.suspects
        ],
    }


def _tables(found: _Findings, frames: Sequence[str]) -> str:
    """Lay out the findings as Markdown, without tables of nothing."""
    tables = [evaluation_markdown(found.evaluations)]
    if found.differences:
        tables.append(differences_markdown(found.differences))
    if found.ceiling:
        tables.append(ceiling_markdown(found.ceiling))
    if found.curves:
        tables.append(curves_markdown(found.curves))
    if found.slices:
        tables.append(slices_markdown(found.slices, frames))
    return "\n".join(tables)


def _rows(part: Corpus, first: Scored, *, text: bool) -> pa.Table:
    """Lay out gold and what the first system made of it, a row a sentence."""
    gold = part.gold()
    columns: dict[str, object] = {
        "id": [sentence.id for sentence in part.sentences],
        "document_id": part.document_ids(),
        "borderline": [sentence.borderline for sentence in part.sentences],
    }
    if text:
        columns["text"] = [sentence.text for sentence in part.sentences]
    for column, frame in enumerate(part.codebook.frames):
        columns |= {
            f"gold_{frame}": gold[:, column],
            f"prob_{frame}": first.probabilities[:, column],
            frame: first.decisions[:, column],
        }
    return pa.table(columns)


def _slices(
    part: Corpus,
    gold: npt.NDArray[np.bool_],
    decisions: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float64] | None,
) -> list[Slice]:
    """Score by what is known of documents and sentences, where that is more than one thing."""
    nothing = DocumentFacts("")
    facts = [part.documents.get(id, nothing) for id in part.document_ids()]
    texts = part.inputs()[0]
    keyword = np.any(Lexicon(part.codebook).decide(texts), axis=1)
    by = {
        "context": [f.context for f in facts],
        "genre": [f.genre for f in facts],
        "decade": [f"{f.year // 10 * 10}s" if f.year else "" for f in facts],
        "unit": [_unit(text) for text in texts],
        "words": [_length(text) for text in texts],
        "keyword of any frame": ["present" if hit else "absent" for hit in keyword],
        "coders": ["would differ" if s.borderline else "agree" for s in part.sentences],
    }
    several = {name: values for name, values in by.items() if len(set(values)) > 1}
    return evaluate_slices(gold, decisions, document_ids=part.document_ids(), by=several, weights=weights)


def _strongest(words: Sequence[Push], *, text: bool) -> list[Push]:
    """Keep the words that push most; without texts only where they stand."""
    strongest = sorted(words, key=lambda push: -abs(push.value))[:_WORDS]
    return strongest if text else [replace(push, word="") for push in strongest]


def _shown(found: _Findings, part: Corpus) -> list[ShownMistake]:
    """Give the surest mistakes with their sentences, for the page."""
    pushes = found.pushes if found.pushes is not None else [[] for _ in found.mistakes]
    return [
        _shown_mistake(one, part.sentences[one.row], words) for one, words in zip(found.mistakes, pushes, strict=True)
    ]


def _shown_mistake(mistake: Mistake, sentence: AnnotatedSentence, words: Sequence[Push]) -> ShownMistake:
    return ShownMistake(
        mistake.frame,
        mistake.kind,
        mistake.probability,
        sentence.id,
        sentence.before,
        sentence.text,
        sentence.borderline,
        tuple((push.start, push.end, push.value) for push in words),
    )


def _unit(text: str) -> str:
    """Tell by its look what a sentence of a corpus is, as a document's segmentation would."""
    units = [sentence.unit for sentence in sentences(document_of_text("", text))]
    return units[0] if len(units) == 1 else "sentence"


def _length(text: str) -> str:
    words = len(text.split())
    return next((f"up to {most}" for most in (15, 30, 50) if words <= most), "over 50")
