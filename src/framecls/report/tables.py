"""Markdown tables of evaluations and corpora."""

from collections.abc import Sequence

from framecls.corpus import CorpusReport
from framecls.evaluation import Evaluation, Interval

__all__ = ["corpus_markdown", "evaluation_markdown"]


def evaluation_markdown(evaluations: Sequence[Evaluation]) -> str:
    """
    Lay systems side by side, then each frame of the first system in full.

    :param evaluations: at least one, all on the same sentences.
    :returns: two Markdown tables; an undefined value is an en dash.
    """
    first = evaluations[0]
    names = [scores.frame for scores in first.frames]
    lines = [
        f"{first.sentences} sentences of {first.documents} documents. "
        "F1 of the positive class, 95 % interval from a bootstrap of documents.",
        "",
        _row(["F1", *names, "macro", "micro"]),
        _row(["---"] * (len(names) + 3)),
    ]
    for evaluation in evaluations:
        cells = [_with_interval(s.f1, s.f1_interval) for s in (*evaluation.frames, evaluation.macro, evaluation.micro)]
        lines.append(_row([evaluation.system, *cells]))
    lines.append(_row(["support", *(str(scores.support) for scores in first.frames), "", str(first.micro.support)]))
    lines += ["", _row([first.system, "precision", "recall", "F1", "AP", "support"]), _row(["---"] * 6)]
    for scores in (*first.frames, first.macro, first.micro):
        values = (scores.precision, scores.recall, scores.f1, scores.average_precision)
        lines.append(_row([scores.frame, *map(_value, values), str(scores.support)]))
    lines += ["", f"Exactly the gold frames: {first.exact_match:.2f} of the sentences."]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _value(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _with_interval(value: float | None, interval: Interval | None) -> str:
    if value is None or interval is None:
        return _value(value)
    return f"{value:.2f} ({interval.low:.2f}–{interval.high:.2f})"


def corpus_markdown(report: CorpusReport) -> str:
    """
    Lay out what the check of a corpus counted.

    :param report: from :func:`framecls.corpus.check`.
    :returns: a Markdown table of splits, and one of agreement where sentences were coded twice.
    """
    lines = [_row(report.columns), _row(["---"] * len(report.columns))]
    lines += [_row(["–" if cell is None else str(cell) for cell in row]) for row in report.rows]
    if report.agreement:
        lines += ["", _row(["agreement", "sentences", "alpha", "pairwise F1"]), _row(["---"] * 4)]
        lines += [
            _row([frame, str(size), _agreement(alpha), _agreement(score)])
            for frame, size, alpha, score in report.agreement
        ]
    count = len(report.problems)
    lines += ["", f"{count or 'No'} problem{'' if count == 1 else 's'}."]
    return "\n".join(lines) + "\n"


def _agreement(value: float | None) -> str:
    # Three digits: two readings of one kind of reader differ in the third.
    return "–" if value is None else f"{value:.3f}"
