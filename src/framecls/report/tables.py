"""Markdown tables of evaluations and corpora."""

from collections.abc import Sequence

from framecls.corpus import CorpusReport
from framecls.evaluation import Ceiling, Curves, Difference, Evaluation, Slice
from framecls.report.cells import fine as _agreement
from framecls.report.cells import row as _row
from framecls.report.cells import value as _value
from framecls.report.cells import with_interval as _with_interval

__all__ = [
    "ceiling_markdown",
    "corpus_markdown",
    "curves_markdown",
    "differences_markdown",
    "evaluation_markdown",
    "learning_markdown",
    "slices_markdown",
]


def evaluation_markdown(evaluations: Sequence[Evaluation]) -> str:
    """
    Lay systems side by side, then each frame of the first system in full.

    :param evaluations: at least one, all on the same sentences.
    :returns: two Markdown tables; an undefined value is an en dash.
    """
    first = evaluations[0]
    names = [scores.frame for scores in first.frames]
    lines = [
        f"{first.sentences} sentences of {first.documents} documents"
        f"{', each counted for those it was drawn from' if first.weighted else ''}. "
        f"F1 of the positive class, 95 % interval from a bootstrap of documents ({first.interval}).",
        "",
        _row(["F1", *names, "macro", "micro"]),
        _row(["---"] * (len(names) + 3)),
    ]
    for evaluation in evaluations:
        cells = [_with_interval(s.f1, s.f1_interval) for s in (*evaluation.frames, evaluation.macro, evaluation.micro)]
        lines.append(_row([evaluation.system, *cells]))
    lines.append(_row(["support", *(str(scores.support) for scores in first.frames), "", str(first.micro.support)]))
    lines += ["", _row([first.system, "precision", "recall", "F1", "AP", "ECE", "support"]), _row(["---"] * 7)]
    for scores in (*first.frames, first.macro, first.micro):
        values = (scores.precision, scores.recall, scores.f1, scores.average_precision)
        error = "–" if scores.calibration_error is None else f"{scores.calibration_error:.3f}"
        lines.append(_row([scores.frame, *map(_value, values), error, str(scores.support)]))
    lines += ["", f"Exactly the gold frames: {first.exact_match:.2f} of the sentences."]
    return "\n".join(lines) + "\n"


def differences_markdown(differences: Sequence[Difference]) -> str:
    """
    Lay out by how much the first system is ahead of each other one.

    :param differences: from :func:`framecls.evaluation.compare`; at least one.
    :returns: a Markdown table; an undefined value is an en dash.
    """
    frames = list(dict.fromkeys(one.frame for one in differences))
    lines = [_row([f"F1 of {differences[0].system} less that of", *frames]), _row(["---"] * (len(frames) + 1))]
    for other in dict.fromkeys(one.other for one in differences):
        of_other = {one.frame: one for one in differences if one.other == other}
        lines.append(_row([other, *(_difference(of_other[frame]) for frame in frames)]))
    lines += [
        "",
        "In brackets the 95 % interval (percentile), and p by Holm's method, of a paired bootstrap of documents.",
    ]
    return "\n".join(lines) + "\n"


def learning_markdown(points: Sequence[tuple[int, int, Sequence[Evaluation]]]) -> str:
    """
    Lay out F1 by how much was annotated.

    :param points: documents and sentences to learn from, and a record a system, on the same sentences throughout.
    :returns: a Markdown table; an undefined value is an en dash.
    """
    first = points[0][2][0]
    names = [scores.frame for scores in first.frames]
    lines = [
        f"F1 on the same {first.sentences} sentences of {first.documents} documents, 95 % interval from a bootstrap of "
        f"documents ({first.interval}).",
        "",
        _row(["documents", "sentences", "F1", *names, "macro"]),
        _row(["---"] * (len(names) + 4)),
    ]
    for documents, sentences, evaluations in points:
        for one in evaluations:
            cells = [_with_interval(scores.f1, scores.f1_interval) for scores in (*one.frames, one.macro)]
            lines.append(_row([str(documents), str(sentences), one.system, *cells]))
    return "\n".join(lines) + "\n"


def ceiling_markdown(ceiling: Ceiling) -> str:
    """
    Set the coders' agreement beside the system's with them.

    :param ceiling: from :func:`framecls.evaluation.evaluate_ceiling`.
    :returns: a Markdown table; an undefined value is an en dash.
    """
    columns = ["alpha of the coders", f"alpha with {ceiling.system}", "fall of alpha", "F1 coder to coder"]
    lines = [
        f"{ceiling.sentences} sentences of {ceiling.documents} documents were coded by more than one of "
        f"{', '.join(ceiling.coders)}.",
        "",
        _row(["coders", *columns, f"F1 {ceiling.system} to coder"]),
        _row(["---"] * 6),
    ]
    for one in ceiling.frames:
        cells = [_with_interval(one.alpha, one.alpha_interval), _value(one.alpha_with_system)]
        cells += [_with_interval(one.fall, one.fall_interval), _value(one.coder_f1), _value(one.system_f1)]
        lines.append(_row([one.frame, *cells]))
    lines.append("")
    if ceiling.alternative:
        test = ceiling.alternative
        lines.append(
            f"Alternative annotator test (epsilon {test.epsilon:g}): {ceiling.system} may replace "
            f"{test.winning_rate:.0%} of {len(test.sentences)} coders; it is as near to the others as the coder left "
            f"out in {test.advantage:.0%} of the sentences."
        )
    else:
        lines.append(
            "The alternative annotator test needs three coders who share thirty sentences each with others; "
            "it was not made."
        )
    return "\n".join(lines) + "\n"


def curves_markdown(curves: Sequence[Curves]) -> str:
    """
    Lay out what other thresholds would give.

    :param curves: from :func:`framecls.evaluation.evaluate_curves`; at least one.
    :returns: two Markdown tables; an en dash where no threshold gives what is asked.
    """
    tables = []
    for name, asked, given in (
        ("recall", "precision", [one.recall_at_precision for one in curves]),
        ("precision", "recall", [one.precision_at_recall for one in curves]),
    ):
        levels = [f"{point.at_least:g}" for point in given[0]]
        lines = [_row([f"best {name} at {asked} of at least", *levels]), _row(["---"] * (len(levels) + 1))]
        for one, points in zip(curves, given, strict=True):
            lines.append(_row([one.frame, *(_value(point.best) for point in points)]))
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _difference(one: Difference) -> str:
    if one.value is None or one.interval is None or one.p is None:
        return "–" if one.value is None else f"{one.value:+.2f}"
    return f"{one.value:+.2f} ({one.interval.low:+.2f} to {one.interval.high:+.2f}; p {_p(one.p)})"


def _p(value: float) -> str:
    return "< 0.01" if value < 0.01 else f"{value:.2f}"


def slices_markdown(slices: Sequence[Slice], frames: Sequence[str]) -> str:
    """
    Lay out F1 by kind of document, the frame's support in brackets.

    :param slices: from :func:`framecls.evaluation.evaluate_slices`.
    :param frames: names of the frames, in order.
    :returns: one Markdown table a property; an undefined value is an en dash.
    """
    tables = []
    for by in dict.fromkeys(one.by for one in slices):
        lines = [_row([by, "documents", "sentences", *frames, "macro"]), _row(["---"] * (len(frames) + 4))]
        for one in (one for one in slices if one.by == by):
            scores = [f"{_value(score)} ({support})" for score, support in zip(one.f1, one.support, strict=True)]
            cells = [one.value or "not known", str(one.documents), str(one.sentences), *scores, _value(one.macro)]
            lines.append(_row(cells))
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def corpus_markdown(report: CorpusReport) -> str:
    """
    Lay out what the check of a corpus counted.

    :param report: from :func:`framecls.corpus.check`.
    :returns: a Markdown table of splits and genres and one of frames; an undefined value is an en dash.
    """
    columns = ["documents", "sentences", *report.frames, "none", "borderline", "hard negatives", "keyword-free"]
    columns += ["alpha", "pairwise F1", "type–token", "distinct 4-grams", "nearest"]
    lines = [_row(["part", *columns]), _row(["---"] * (len(columns) + 1))]
    for part in report.parts:
        counts = (part.documents, part.sentences, *part.frames, part.none, part.borderline, part.hard_negatives)
        lines.append(
            _row(
                [
                    part.part,
                    *map(str, counts),
                    _value(part.keyword_free),
                    _agreement(part.alpha),
                    _agreement(part.pairwise_f1),
                    *map(_value, (part.type_token, part.distinct_4, part.nearest)),
                ]
            )
        )
    columns = ["support", "keyword-free", "hard negatives", "keyword only", "coded twice", "alpha", "pairwise F1"]
    lines += ["", _row(["frame", *columns, "second-level codes"]), _row(["---"] * (len(columns) + 2))]
    for frame in report.by_frame:
        lines.append(
            _row(
                [
                    frame.frame,
                    str(frame.support),
                    _value(frame.keyword_free),
                    *map(str, (frame.hard_negatives, frame.keyword_only, frame.coded_twice)),
                    _agreement(frame.alpha),
                    _agreement(frame.pairwise_f1),
                    ", ".join(f"{code} {count}" for code, count in frame.codes),
                ]
            )
        )
    count = len(report.problems)
    lines += ["", f"{count or 'No'} problem{'' if count == 1 else 's'}."]
    return "\n".join(lines) + "\n"
