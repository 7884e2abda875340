"""Markdown of how far coders agree, and of what merging their codings did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framecls.corpus import Merged
from framecls.evaluation import Agreement, PairAgreement, Reading
from framecls.report.cells import fine, header, row, value, with_interval

__all__ = ["DisputedSentence", "agreement_markdown", "merge_markdown"]

#: More pairs of coders than these are laid out in one table; their confusions are left to the record.
_PAIRS = 3
_NAMES = {"all": "all sentences", "without borderline": "without borderline sentences"}


@dataclass(frozen=True, slots=True)
class DisputedSentence:
    """
    A sentence that splits its coders.

    :param id: of the sentence.
    :param document_id: the document it stands in.
    :param distance: mean MASI distance between two of its codings, above 0 and at most 1.
    :param codings: frames each of its coders gave, by name.
    :param borderline: whether a coder marked it so.
    :param text: the sentence; empty where texts are left out.
    :param before: the sentence before it; likewise.
    """

    id: str
    document_id: str
    distance: float
    codings: Mapping[str, tuple[str, ...]]
    borderline: bool
    text: str = ""
    before: str = ""


def agreement_markdown(agreement: Agreement, disputed: Sequence[DisputedSentence] = (), *, show: int = 20) -> str:
    """
    Lay out coders, agreement by frame and over sets, pairs of coders, and the sentences that split them most.

    :param agreement: from :func:`framecls.evaluation.evaluate_agreement`.
    :param disputed: all sentences that split the coders, those that do most first.
    :param show: how many of them.
    :returns: Markdown tables; an undefined value is an en dash.
    """
    whole = agreement.readings[0]
    lines = [
        f"{len(agreement.coders)} coders; {_count(whole.sentences, 'sentence')} of "
        f"{_count(whole.documents, 'document')} coded by at least two. In brackets the 95 % interval, from "
        f"{agreement.draws} draws of documents.",
        "",
        *header(["coder", "coded", "shared", "borderline", *agreement.frames, "none"]),
    ]
    for coder in agreement.coders:
        counts = (str(coder.coded), str(coder.shared), str(coder.borderline))
        lines.append(row([coder.name, *counts, *map(fine, (*coder.prevalence, coder.none))]))
    lines += ["", "Below the frames: share of the shared sentences to which the coder gave each."]
    for reading in agreement.readings:
        lines += ["", *_reading(reading)]
    lines += [
        "",
        "Alpha is Krippendorff's, over sets with MASI distances; agreement is the share of pairs of codings that",
    ]
    lines[-1] += " are the same. An en dash stands where only one value occurs, so that chance has nothing to say."
    lines += ["", *_pairs(agreement)]
    if disputed:
        lines += ["", *_disputed(disputed, [coder.name for coder in agreement.coders], show)]
    else:
        lines += ["", "No sentence splits the coders."]
    return "\n".join(lines) + "\n"


def _reading(reading: Reading) -> list[str]:
    where = f"{_NAMES[reading.name]} ({reading.sentences})"
    lines = header([where, "alpha", "agreement", "pairwise F1"])
    for one in reading.frames:
        alpha = with_interval(one.alpha, one.alpha_interval, digits=3)
        same = with_interval(one.agreement, one.agreement_interval, digits=3)
        lines.append(row([one.frame, alpha, same, with_interval(one.f1, one.f1_interval, digits=3)]))
    sets = reading.sets
    alpha = with_interval(sets.alpha, sets.alpha_interval, digits=3)
    lines.append(row(["set of frames", alpha, with_interval(sets.agreement, sets.agreement_interval, digits=3), ""]))
    return lines


def _pairs(agreement: Agreement) -> list[str]:
    if len(agreement.pairs) > _PAIRS:
        lines = header(["F1 (Cohen's kappa)", "sentences", *agreement.frames])
        for pair in agreement.pairs:
            cells = [f"{value(one.f1)} ({value(one.kappa)})" for one in pair.frames]
            lines.append(row([f"{pair.one}, {pair.other}", str(pair.sentences), *cells]))
        return lines
    blocks = [[*_pair(pair), "", *_confusion(pair, agreement.frames)] for pair in agreement.pairs]
    return [line for number, block in enumerate(blocks) for line in ([""] if number else []) + block]


def _pair(pair: PairAgreement) -> list[str]:
    columns = ["both", f"{pair.one} only", f"{pair.other} only", "neither", "agreement", "Cohen's kappa", "F1"]
    lines = header([f"{pair.one}, {pair.other} ({pair.sentences})", *columns])
    for one in pair.frames:
        counts = map(str, (one.both, one.one_only, one.other_only, one.neither))
        kappa = with_interval(one.kappa, one.kappa_interval, digits=3)
        lines.append(
            row([one.frame, *counts, fine(one.agreement), kappa, with_interval(one.f1, one.f1_interval, digits=3)])
        )
    return lines


def _confusion(pair: PairAgreement, frames: Sequence[str]) -> list[str]:
    names = [*frames, "none"]
    lines = header([f"{pair.one} gave, and {pair.other} instead", *names])
    lines += [row([name, *map(str, counts)]) for name, counts in zip(names, pair.confusion, strict=True)]
    return lines


def _disputed(disputed: Sequence[DisputedSentence], coders: Sequence[str], show: int) -> list[str]:
    verb = "splits" if len(disputed) == 1 else "split"
    lines = [f"{_count(len(disputed), 'sentence')} {verb} the coders{'.' if show == 0 else '; those that do most:'}"]
    if show == 0:
        return lines
    texts = any(one.text for one in disputed)
    lines += ["", *header(["distance", "sentence", *coders, *(["text"] if texts else [])])]
    for one in disputed[:show]:
        given = [", ".join(one.codings[name]) or "none" if name in one.codings else "" for name in coders]
        sentence = f"{one.id} (borderline)" if one.borderline else one.id
        lines.append(row([value(one.distance), sentence, *given, *([one.text] if texts else [])]))
    return lines


def merge_markdown(merged: Merged) -> str:
    """
    Say what merging did.

    :param merged: from :func:`framecls.corpus.merge`.
    :returns: Markdown.
    """
    total = len(merged.corpus.sentences)
    lines = [
        f"{_count(total, 'sentence')} merged by {merged.by}: {merged.several} coded by several, of which "
        f"{merged.unanimous} alike by all.",
        "",
        *header(["coder", "coded", "missing"]),
        *(row([name, str(count), str(total - count)]) for name, count in merged.coded.items()),
        "",
        *header(["tied frame, left out and borderline", "sentences"]),
        *(row([frame, str(count)]) for frame, count in merged.ties.items()),
    ]
    if merged.settled is not None:
        lines += ["", f"The adjudicator settled {_count(merged.settled, 'sentence')} on which the coders differ."]
    if merged.uncoded:
        lines += ["", f"{_count(merged.uncoded, 'sentence')} coded by none of them stay as they were."]
    return "\n".join(lines) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
