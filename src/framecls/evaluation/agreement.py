"""How far coders agree: by frame, over sets of frames, pair by pair, and on which sentences they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.corpus.agreement import (
    cohen_kappa,
    krippendorff_alphas,
    masi_distances,
    nominal_distances,
    set_disagreement,
    sum_by_document,
    value_counts,
)
from framecls.errors import EvaluationError
from framecls.evaluation.bootstrap import percentiles, whole_and_draws
from framecls.evaluation.errors import confusions
from framecls.evaluation.metrics import Bools, Interval

__all__ = [
    "Agreement",
    "CoderSummary",
    "FrameAgreement",
    "FramePair",
    "PairAgreement",
    "Reading",
    "SetAgreement",
    "disagreement",
    "evaluate_agreement",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FrameAgreement:
    """
    Agreement of all coders on one frame; ``None`` where a value is undefined or, of an interval, where one document is.

    :param frame: its name.
    :param alpha: Krippendorff's, for nominal data.
    :param alpha_interval: 95 %, from a bootstrap of documents.
    :param agreement: share of the pairs of codings of a sentence that are the same.
    :param agreement_interval: likewise.
    :param f1: of one coder against another, over all pairs.
    :param f1_interval: likewise.
    """

    frame: str
    alpha: float | None
    alpha_interval: Interval | None
    agreement: float | None
    agreement_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None


@dataclass(frozen=True, slots=True)
class SetAgreement:
    """
    Agreement of all coders on the whole set of frames of a sentence.

    :param alpha: Krippendorff's, with MASI distances between sets; ``None`` where only one set occurs.
    :param alpha_interval: 95 %, from a bootstrap of documents.
    :param agreement: share of the pairs of codings of a sentence with exactly the same frames.
    :param agreement_interval: likewise.
    """

    alpha: float | None
    alpha_interval: Interval | None
    agreement: float | None
    agreement_interval: Interval | None


@dataclass(frozen=True, slots=True)
class Reading:
    """
    Agreement over some of the sentences that at least two coders coded.

    :param name: ``all``, or ``without borderline``: without those that a coder marked so.
    :param sentences: how many.
    :param documents: these stand in.
    :param frames: one for each frame.
    :param sets: over sets of frames.
    """

    name: str
    sentences: int
    documents: int
    frames: tuple[FrameAgreement, ...]
    sets: SetAgreement


@dataclass(frozen=True, slots=True)
class FramePair:
    """
    Two coders on one frame; ``None`` where a value is undefined.

    :param frame: its name.
    :param both: sentences to which both gave it.
    :param one_only: to which only the one did.
    :param other_only: to which only the other did.
    :param neither: to which neither did.
    :param agreement: share of the sentences on which they are the same.
    :param kappa: Cohen's.
    :param kappa_interval: 95 %, from a bootstrap of documents.
    :param f1: of the one against the other.
    :param f1_interval: likewise.
    """

    frame: str
    both: int
    one_only: int
    other_only: int
    neither: int
    agreement: float
    kappa: float | None
    kappa_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """
    Two coders on the sentences both coded.

    :param one: the one.
    :param other: the other.
    :param sentences: that both coded.
    :param frames: one for each frame.
    :param confusion: a row for each frame of the one and a last for none, a column for each of the other and a last
        for none. On the diagonal: both gave the frame, or none. Beside it: the one gave the row's frame and not the
        column's, the other the column's and not the row's; in the last row and column, one of them gave none at all.
    """

    one: str
    other: str
    sentences: int
    frames: tuple[FramePair, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class CoderSummary:
    """
    One coder.

    :param name: as the corpus gives it.
    :param coded: sentences they coded.
    :param shared: those that another coded too.
    :param borderline: sentences they marked so.
    :param prevalence: share of the shared sentences to which they gave each frame, in the codebook's order; ``None``
        where none is shared.
    :param none: share of them to which they gave none.
    """

    name: str
    coded: int
    shared: int
    borderline: int
    prevalence: tuple[float | None, ...]
    none: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    How far the coders of a corpus agree.

    :param frames: names of the frames.
    :param coders: one for each.
    :param readings: over all sentences that two coded, and without borderline ones where a coder marked any.
    :param pairs: one for each two coders who share a sentence.
    :param draws: of documents, for the intervals.
    :param seed: of the draws.
    """

    frames: tuple[str, ...]
    coders: tuple[CoderSummary, ...]
    readings: tuple[Reading, ...]
    pairs: tuple[PairAgreement, ...]
    draws: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain values for JSON."""
        return asdict(self)


def evaluate_agreement(
    codings: Mapping[str, Floats],
    *,
    frames: Sequence[str],
    document_ids: Sequence[str],
    borderline: Mapping[str, Bools] | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Agreement:
    """
    Measure how far coders agree.

    :param codings: of each coder: 1 present, 0 absent, nan where they did not code. *Shape:* ``(N, F)``.
    :param frames: names of the F frames.
    :param document_ids: document of each sentence.
    :param borderline: sentences each coder marked so. *Shape:* ``(N,)``, bool.
    :param seed: of the bootstrap.
    :param draws: of the bootstrap.
    :returns: the record.
    :raises EvaluationError: no sentence was coded by two.
    """
    table = np.stack(list(codings.values())) if codings else np.full((0, len(document_ids), len(frames)), np.nan)
    coded = ~np.isnan(table[:, :, 0])
    several = coded.sum(axis=0) > 1
    if not several.any():
        who = ", ".join(codings) or "nobody"
        raise EvaluationError(f"no sentence is coded by two (coders: {who}); agreement needs two codings of a sentence")
    documents = np.asarray(document_ids)[several]
    drawn = partial(_drawn, seed=seed, draws=draws)
    marked = {name: (borderline or {}).get(name, np.zeros(len(several), dtype=bool)) for name in codings}
    unsure = np.any(list(marked.values()), axis=0)[several]
    shared = table[:, several]
    readings = [_reading("all", shared, *drawn(documents), frames)]
    if unsure.any() and not unsure.all():
        readings.append(_reading("without borderline", shared[:, ~unsure], *drawn(documents[~unsure]), frames))
    pairs = (
        _pair(one, other, shared[first, both], shared[second, both], *drawn(documents[both]), frames)
        for (first, one), (second, other) in combinations(enumerate(codings), 2)
        if (both := coded[first, several] & coded[second, several]).any()
    )
    coders = (_coder(name, table[row], several, marked[name]) for row, name in enumerate(codings))
    return Agreement(tuple(frames), tuple(coders), tuple(readings), tuple(pairs), draws, seed)


def disagreement(codings: Mapping[str, Floats]) -> Floats:
    """
    Tell how much each sentence splits its coders.

    :param codings: of each coder: 1 present, 0 absent, nan where they did not code. *Shape:* ``(N, F)``.
    :returns: mean MASI distance between two codings of a sentence; 0 where fewer than two coded it. *Shape:* ``(N,)``.
    """
    counts, sets = _set_counts(np.stack(list(codings.values())))
    return set_disagreement(counts, masi_distances(sets))


def _reading(
    name: str, table: Floats, documents: npt.NDArray[np.intp], times: Floats, frames: Sequence[str]
) -> Reading:
    """Measure agreement over the given sentences. ``table``: *shape* ``(coders, n, F)``."""
    return Reading(
        name,
        table.shape[1],
        len(times.T),
        tuple(_frame(frame, table[:, :, column], documents, times) for column, frame in enumerate(frames)),
        _sets(table, documents, times),
    )


def _frame(frame: str, table: Floats, documents: npt.NDArray[np.intp], times: Floats) -> FrameAgreement:
    counts = value_counts(table, np.array([0.0, 1.0]))
    present, coders = counts[:, 1], counts.sum(axis=1)
    # Of the m (m - 1) ordered pairs of codings of a sentence that p coders gave the frame to, p (p - 1) both give it,
    # and p (m - 1) times the first of a pair does.
    both, given = present * (present - 1), present * (coders - 1)
    sums = times @ sum_by_document(
        np.column_stack([_same(counts), _pairs(counts), both, given]), documents, len(times.T)
    )
    alphas = krippendorff_alphas(counts, nominal_distances(2), documents, times)
    size = len(times.T)
    percent, f1 = _summary(_ratio(sums, 0, 1), size), _summary(_ratio(sums, 2, 3), size)
    return FrameAgreement(frame, *_summary(alphas, size), *percent, *f1)


def _sets(table: Floats, documents: npt.NDArray[np.intp], times: Floats) -> SetAgreement:
    counts, sets = _set_counts(table)
    alphas = krippendorff_alphas(counts, masi_distances(sets), documents, times)
    sums = times @ sum_by_document(np.column_stack([_same(counts), _pairs(counts)]), documents, len(times.T))
    size = len(times.T)
    return SetAgreement(*_summary(alphas, size), *_summary(_ratio(sums, 0, 1), size))


def _set_counts(table: Floats) -> tuple[Floats, Bools]:
    """Count how many coders gave a sentence each set of frames that occurs. *Shapes:* ``(n, K)`` and ``(K, F)``."""
    coded = ~np.isnan(table[:, :, 0])
    coders, sentences = np.nonzero(coded)
    sets, which = np.unique(table[coders, sentences] == 1, axis=0, return_inverse=True)
    counts = np.zeros((table.shape[1], len(sets)))
    np.add.at(counts, (sentences, which), 1)
    return counts, sets


def _drawn(documents: npt.NDArray[np.str_], *, seed: int, draws: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """Number the documents of some sentences, D, and draw them. *Shapes:* ``(n,)`` and ``(1 + B, D)``."""
    ids, numbers = np.unique(documents, return_inverse=True)
    # All draws of a single document are the same, which says nothing.
    rng, draws = np.random.default_rng(seed), draws if len(ids) > 1 else 0
    return numbers, whole_and_draws(len(ids), rng=rng, draws=draws)


def _same(counts: Floats) -> Floats:
    """Count the ordered pairs of codings with the same value."""
    same: Floats = (counts * (counts - 1)).sum(axis=1)
    return same


def _pairs(counts: Floats) -> Floats:
    """Count the ordered pairs of codings."""
    coders = counts.sum(axis=1)
    pairs: Floats = coders * (coders - 1)
    return pairs


def _ratio(sums: Floats, part: int, whole: int) -> Floats:
    with np.errstate(invalid="ignore"):
        ratio: Floats = sums[:, part] / np.where(sums[:, whole] > 0, sums[:, whole], np.nan)
    return ratio


def _summary(values: Floats, size: int) -> tuple[float | None, Interval | None]:
    """Take apart the value itself, which comes first, and its interval from the draws of so many documents."""
    value = None if np.isnan(values[0]) else float(values[0])
    interval = percentiles(values[1:], size) if value is not None and len(values) > 1 else None
    return value, interval


def _pair(
    one: str,
    other: str,
    first: Floats,
    second: Floats,
    documents: npt.NDArray[np.intp],
    times: Floats,
    frames: Sequence[str],
) -> PairAgreement:
    """Compare two coders over the sentences that both coded. ``first``, ``second``: *shape* ``(n, F)``."""
    gave, others = first == 1, second == 1
    found = []
    for column, frame in enumerate(frames):
        a, b = gave[:, column], others[:, column]
        cells = np.column_stack([a & b, a & ~b, ~a & b, ~a & ~b]).astype(float)
        sums = times @ sum_by_document(cells, documents, len(times.T))
        agreeing = np.column_stack([2 * sums[:, 0], 2 * sums[:, 0] + sums[:, 1] + sums[:, 2]])
        both, one_only, other_only, neither = sums[0].astype(int).tolist()
        same = (both + neither) / len(a)
        kappa, f1 = (_summary(values, len(times.T)) for values in (cohen_kappa(sums), _ratio(agreeing, 0, 1)))
        found.append(FramePair(frame, both, one_only, other_only, neither, same, *kappa, *f1))
    return PairAgreement(one, other, len(gave), tuple(found), _confusion(gave, others, frames))


def _confusion(gave: Bools, others: Bools, frames: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    size = len(frames)
    cells = np.zeros((size + 1, size + 1), dtype=int)
    cells[:size, :size] = np.diag((gave & others).sum(axis=0))
    for swap in confusions(others, gave, frames=frames):
        cells[frames.index(swap.frame), frames.index(swap.other)] = swap.for_other
    nothing, others_nothing = ~gave.any(axis=1), ~others.any(axis=1)
    cells[:size, size] = gave[others_nothing].sum(axis=0)
    cells[size, :size] = others[nothing].sum(axis=0)
    cells[size, size] = (nothing & others_nothing).sum()
    return tuple(tuple(row) for row in cells.tolist())


def _coder(name: str, table: Floats, several: Bools, marked: Bools) -> CoderSummary:
    coded = ~np.isnan(table[:, 0])
    shared = table[coded & several] == 1
    return CoderSummary(
        name,
        int(coded.sum()),
        len(shared),
        int(marked.sum()),
        tuple(shared.mean(axis=0).tolist()) if len(shared) else (None,) * table.shape[1],
        float((~shared.any(axis=1)).mean()) if len(shared) else None,
    )
