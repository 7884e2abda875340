"""Agreement between annotators, as pure functions of arrays of codings."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import numpy.typing as npt

__all__ = [
    "cohen_kappa",
    "krippendorff_alpha",
    "krippendorff_alphas",
    "masi_distances",
    "nominal_distances",
    "pairwise_f1",
    "pooled_f1",
    "set_disagreement",
    "sum_by_document",
    "value_counts",
]

Table = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]


def krippendorff_alpha(table: Table) -> float | None:
    """
    Krippendorff's alpha for nominal data.

    :param table: values, NaN where an annotator did not code a unit. *Shape:* ``(annotators, units)``.
    :returns: alpha, at most 1; ``None`` where no unit has two codings or only one value ever occurs.
    """
    values = np.unique(table[~np.isnan(table)])
    if not len(values):
        return None
    counts = value_counts(table, values)
    once = np.zeros(len(counts), dtype=np.intp)
    alpha = float(krippendorff_alphas(counts, nominal_distances(len(values)), once, np.ones((1, 1)))[0])
    return None if np.isnan(alpha) else alpha


def krippendorff_alphas(
    counts: Floats, distances: Floats, documents: npt.NDArray[np.intp], times: npt.NDArray[np.floating]
) -> Floats:
    """
    Krippendorff's alpha of each draw of documents, for any distance between values.

    1 - observed / expected disagreement, from coincidences of values within units (Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability", section D). The sums over units are taken by document first, so that a draw
    costs no more than adding them.

    :param counts: how many annotators gave a unit each value; units with fewer than two are left out. *Shape:*
        ``(N, K)``.
    :param distances: between the values, 0 of a value from itself. *Shape:* ``(K, K)``.
    :param documents: index of each unit's document, 0 to D - 1. *Shape:* ``(N,)``.
    :param times: how often each document counts in each draw. *Shape:* ``(B, D)``.
    :returns: nan where no unit has two codings or only one value occurs. *Shape:* ``(B,)``.
    """
    coders = counts.sum(axis=1)
    used = coders > 1
    observed = np.divide(_disagreement(counts, distances), coders - 1, out=np.zeros(len(counts)), where=used)
    units = np.column_stack([observed, counts]) * used[:, None]
    sums = times @ sum_by_document(units, documents, times.shape[1])
    marginals = sums[:, 1:]
    expected = _disagreement(marginals, distances)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (marginals.sum(axis=1) - 1) * sums[:, 0] / np.where(expected > 0, expected, np.nan)
    alphas: Floats = 1 - ratio
    return alphas


def _disagreement(counts: Floats, distances: Floats) -> Floats:
    """Sum up the distances of all ordered pairs of values in a row. *Shape:* ``(rows,)``."""
    total: Floats = ((counts @ distances) * counts).sum(axis=1)
    return total


def sum_by_document(units: Floats, documents: npt.NDArray[np.intp], size: int) -> Floats:
    """
    Sum up rows by document.

    :param units: *Shape:* ``(N, C)``.
    :param documents: index of each row's document. *Shape:* ``(N,)``.
    :param size: how many documents there are, D.
    :returns: *Shape:* ``(D, C)``.
    """
    sums = np.zeros((size, units.shape[1]))
    np.add.at(sums, documents, units)
    return sums


def value_counts(table: Table, values: Table) -> Floats:
    """
    Count how many annotators gave a unit each value.

    :param table: NaN where an annotator did not code a unit. *Shape:* ``(annotators, units)``.
    :param values: the K values.
    :returns: *Shape:* ``(units, K)``.
    """
    return np.stack([(table == value).sum(axis=0) for value in values], axis=1).astype(float)


def nominal_distances(size: int) -> Floats:
    """
    Distances of values that are the same or not: 0 or 1.

    :param size: how many values, K.
    :returns: *Shape:* ``(K, K)``.
    """
    return 1 - np.eye(size)


def masi_distances(sets: npt.NDArray[np.bool_]) -> Floats:
    """
    MASI distances between sets: 1 less the Jaccard index times what one set has to do with the other.

    That is 1 for equal sets, 2/3 where one holds the other, 1/3 where they overlap and 0 where they are disjoint
    (Passonneau 2006, "Measuring agreement on set-valued items"). Two empty sets are equal.

    :param sets: which of the F members each of K sets has. *Shape:* ``(K, F)``, bool.
    :returns: *Shape:* ``(K, K)``.
    """
    members = sets.astype(float)
    shared = members @ members.T
    sizes = members.sum(axis=1)
    either = sizes[:, None] + sizes[None] - shared
    equal = either == shared
    holds = shared == np.minimum(sizes[:, None], sizes[None])
    weight = np.where(equal, 1.0, np.where(holds, 2 / 3, 1 / 3))
    distances: Floats = 1 - np.where(equal, 1.0, shared / np.maximum(either, 1) * weight)
    return distances


def set_disagreement(counts: Floats, distances: Floats) -> Floats:
    """
    Mean distance between two codings of a unit.

    :param counts: how many annotators gave a unit each value. *Shape:* ``(N, K)``.
    :param distances: between the values. *Shape:* ``(K, K)``.
    :returns: 0 where fewer than two coded it. *Shape:* ``(N,)``.
    """
    coders = counts.sum(axis=1)
    mean: Floats = _disagreement(counts, distances) / np.maximum(coders * (coders - 1), 1)
    return mean


def cohen_kappa(cells: npt.NDArray[np.floating]) -> Floats:
    """
    Cohen's kappa of two annotators over two values (Cohen 1960).

    :param cells: units both gave, only the first gave, only the second gave, neither gave. *Shape:* ``(B, 4)``.
    :returns: nan where chance alone would make them agree on all. *Shape:* ``(B,)``.
    """
    both, first, second, neither = np.asarray(cells, dtype=np.float64).T
    total = both + first + second + neither
    by_chance = (both + first) * (both + second) + (second + neither) * (first + neither)
    rest = total * total - by_chance
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa: Floats = (total * (both + neither) - by_chance) / np.where(rest > 0, rest, np.nan)
    return kappa


def pairwise_f1(table: Table) -> float | None:
    """
    F1 of one annotator against another, over all pairs of annotators and the units both coded.

    :param table: 1 where present, 0 where absent, NaN where not coded. *Shape:* ``(annotators, units)``.
    :returns: from 0 to 1; ``None`` where nobody found anything present.
    """
    return pooled_f1(combinations(table, 2))


def pooled_f1(pairs: Iterable[tuple[Table, Table]]) -> float | None:
    """
    F1 of one reading against another, over all given pairs of readings and the units both coded.

    :param pairs: 1 where present, 0 where absent, NaN where not coded. *Shape:* ``(units,)`` each.
    :returns: from 0 to 1; ``None`` where nobody found anything present.
    """
    both = total = 0.0
    for one, other in pairs:
        coded = ~np.isnan(one) & ~np.isnan(other)
        both += 2 * ((one == 1) & (other == 1) & coded).sum()
        total += one[coded].sum() + other[coded].sum()
    return float(both / total) if total else None
