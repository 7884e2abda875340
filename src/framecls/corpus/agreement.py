"""Agreement between annotators, as pure functions of a table of annotators by units."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import numpy.typing as npt

__all__ = ["krippendorff_alpha", "pairwise_f1", "pooled_f1"]

Table = npt.NDArray[np.floating]


def krippendorff_alpha(table: Table) -> float | None:
    """
    Krippendorff's alpha for nominal data.

    1 - observed / expected disagreement, from coincidences of values within units (Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability", section C).

    :param table: values, NaN where an annotator did not code a unit. *Shape:* ``(annotators, units)``.
    :returns: alpha, at most 1; ``None`` where no unit has two codings or only one value ever occurs.
    """
    values = np.unique(table[~np.isnan(table)])
    counts = np.stack([(table == value).sum(axis=0) for value in values], axis=1) if len(values) else np.zeros((0, 0))
    counts = counts[counts.sum(axis=1) > 1].astype(float) if counts.size else counts
    if len(counts) == 0:
        return None
    coders = counts.sum(axis=1)
    agreeing = ((counts * (counts - 1)).sum(axis=1) / (coders - 1)).sum()
    total = coders.sum()
    marginals = counts.sum(axis=0)
    expected = total * total - (marginals**2).sum()
    if expected == 0:
        return None
    return float(1 - (total - 1) * (total - agreeing) / expected)


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
