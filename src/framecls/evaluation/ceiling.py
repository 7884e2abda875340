"""How far coders agree with each other, and whether a system could be one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from framecls.corpus.agreement import (
    krippendorff_alphas,
    nominal_distances,
    pairwise_f1,
    pooled_f1,
    value_counts,
)
from framecls.errors import EvaluationError
from framecls.evaluation.bootstrap import percentiles, whole_and_draws
from framecls.evaluation.metrics import Bools, Interval

__all__ = ["AlternativeAnnotator", "Ceiling", "FrameCeiling", "evaluate_ceiling"]

#: Codings of one frame: 1 present, 0 absent, nan not coded. *Shape:* ``(coders, N)``.
Table = npt.NDArray[np.float64]

#: What a system is granted over a coder it would replace, as for expert coders, and the level of the test.
_EPSILON, _LEVEL = 0.2, 0.05

#: Sentences each coder must share with others, below which the test's t distribution is not to be trusted.
_LEAST = 30


@dataclass(frozen=True, slots=True)
class FrameCeiling:
    """
    Agreement on one frame, over the sentences that at least two coders coded.

    :param frame: its name.
    :param alpha: Krippendorff's, among the coders; ``None`` where undefined.
    :param alpha_interval: 95 %, from a bootstrap of documents.
    :param alpha_with_system: the same with the system as one more coder.
    :param fall: of alpha when the system joins, with its interval; above 0 where it falls.
    :param fall_interval: 95 %, the same draws for both.
    :param coder_f1: of one coder against another, over all pairs.
    :param system_f1: of the system against one coder, over all coders, on the same sentences.
    """

    frame: str
    alpha: float | None
    alpha_interval: Interval | None
    alpha_with_system: float | None
    fall: float | None
    fall_interval: Interval | None
    coder_f1: float | None
    system_f1: float | None


@dataclass(frozen=True, slots=True)
class AlternativeAnnotator:
    """
    May the system stand in for a coder? Calderon, Reichart & Dror 2025, "The alternative annotator test".

    :param winning_rate: share of the coders the system may replace; at least a half passes.
    :param advantage: mean chance that the system is as near to the other coders as the one left out.
    :param epsilon: what the system is granted, for the cost of a coder's work.
    :param sentences: that each coder shared with others, by coder.
    """

    winning_rate: float
    advantage: float
    epsilon: float
    sentences: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """
    The coders and the system on the sentences that several coded.

    :param system: what decided.
    :param coders: their names as the corpus gives them, people or not.
    :param sentences: that at least two of them coded.
    :param documents: these stand in.
    :param frames: one for each frame.
    :param alternative: the test of the system as a coder; ``None`` with fewer than three coders who share 30 sentences
        with others, which the test needs.
    """

    system: str
    coders: tuple[str, ...]
    sentences: int
    documents: int
    frames: tuple[FrameCeiling, ...]
    alternative: AlternativeAnnotator | None

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain values for JSON."""
        return asdict(self)


def evaluate_ceiling(
    codings: Mapping[str, npt.NDArray[np.float64]],
    decisions: Bools,
    *,
    frames: Sequence[str],
    document_ids: Sequence[str],
    system: str = "model",
    seed: int = 0,
    draws: int = 2000,
) -> Ceiling | None:
    """
    Set a system beside the coders.

    :param codings: of each coder: 1 present, 0 absent, nan where they did not code. *Shape:* ``(N, F)``.
    :param decisions: the system's. *Shape:* ``(N, F)``, bool.
    :param frames: names of the F frames.
    :param document_ids: document of each sentence.
    :param system: its name.
    :param seed: of the bootstrap.
    :param draws: of the bootstrap.
    :returns: the record; ``None`` where no sentence was coded by two.
    :raises EvaluationError: the arrays do not fit together.
    """
    for name, array in codings.items():
        if array.shape != decisions.shape:
            raise EvaluationError(f"codings of {name} have shape {array.shape}, decisions have {decisions.shape}")
    if len(codings) < 2:
        return None
    table = np.stack(list(codings.values()))
    several = (~np.isnan(table[:, :, 0])).sum(axis=0) > 1
    if not several.any():
        return None
    table, decided = table[:, several], decisions[several]
    ids, documents = np.unique(np.asarray(document_ids)[several], return_inverse=True)
    size = len(ids)
    times = whole_and_draws(size, rng=np.random.default_rng(seed), draws=draws)
    found = tuple(
        _frame(frame, table[:, :, column], decided[:, column], documents, times) for column, frame in enumerate(frames)
    )
    alternative = _alternative(dict(zip(codings, table, strict=True)), decided)
    return Ceiling(system, tuple(codings), int(several.sum()), size, found, alternative)


def _frame(
    frame: str, table: Table, decided: npt.NDArray[np.bool_], documents: npt.NDArray[np.intp], times: Table
) -> FrameCeiling:
    alone = _alphas(table, documents, times)
    together = _alphas(np.vstack([table, decided[None].astype(float)]), documents, times)
    falls = alone - together
    several = times.shape[1] > 1
    system = np.where(np.isnan(table), np.nan, decided[None].astype(float))
    return FrameCeiling(
        frame,
        _defined(alone[0]),
        percentiles(alone[1:], times.shape[1]) if several else None,
        _defined(together[0]),
        _defined(falls[0]),
        percentiles(falls[1:], times.shape[1]) if several else None,
        pairwise_f1(table),
        pooled_f1(zip(table, system, strict=True)),
    )


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _alphas(table: Table, documents: npt.NDArray[np.intp], times: Table) -> npt.NDArray[np.float64]:
    """Give Krippendorff's alpha of each draw of documents, for two values; nan where undefined. *Shape:* ``(B,)``."""
    return krippendorff_alphas(value_counts(table, np.array([0.0, 1.0])), nominal_distances(2), documents, times)


def _alternative(codings: Mapping[str, Table], decided: Bools) -> AlternativeAnnotator | None:
    """Leave each coder out in turn and ask whether the system is as near to the others."""
    table = np.stack(list(codings.values()))
    coded = ~np.isnan(table[:, :, 0])
    p_values, advantages, sentences = [], [], {}
    for left_out, name in enumerate(codings):
        others = np.delete(np.arange(len(table)), left_out)
        rows = coded[left_out] & (coded[others].sum(axis=0) > 0)
        if rows.sum() < _LEAST:
            continue
        near_coder = _nearness(table[left_out][rows], table[others][:, rows])
        near_system = _nearness(decided[rows].astype(float), table[others][:, rows])
        system_wins, coder_wins = near_system >= near_coder, near_coder >= near_system
        advantages.append(float(system_wins.mean()))
        p_values.append(_below(coder_wins.astype(float) - system_wins.astype(float), _EPSILON))
        sentences[name] = int(rows.sum())
    if len(sentences) < 3:
        return None
    # Benjamini and Yekutieli's procedure, as the tests of the coders depend on each other.
    corrected = stats.false_discovery_control(np.array(p_values), method="by")
    return AlternativeAnnotator(float((corrected < _LEVEL).mean()), float(np.mean(advantages)), _EPSILON, sentences)


def _nearness(one: Table, others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """
    Mean Jaccard index of a set of frames with those of the others who coded the sentence; of two empty sets 1.

    :param one: *Shape:* ``(n, F)``.
    :param others: nan where not coded. *Shape:* ``(coders, n, F)``.
    :returns: *Shape:* ``(n,)``.
    """
    coded = ~np.isnan(others[:, :, 0])
    present = others == 1
    shared = (present & (one == 1)).sum(axis=2)
    either = (present | (one == 1)).sum(axis=2)
    index = np.where(either == 0, 1.0, shared / np.maximum(either, 1))
    nearness: npt.NDArray[np.float64] = (index * coded).sum(axis=0) / coded.sum(axis=0)
    return nearness


def _below(values: npt.NDArray[np.float64], bound: float) -> float:
    """Test that a mean is below a bound, one-sided."""
    if values.std() == 0:
        return 0.0 if values[0] < bound else 1.0
    return float(stats.ttest_1samp(values, bound, alternative="less").pvalue)
