"""Near-duplicate sentences: pairs that share most of their runs of five words."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations, product

__all__ = ["near_duplicates", "near_groups", "words"]

#: Words of a run. Two sentences that share runs of five words were copied from one formula.
_RUN = 5


def near_duplicates(
    texts: Sequence[str], *, threshold: float = 0.7, between: Sequence[Hashable] | None = None
) -> Iterator[tuple[int, int, float]]:
    """
    Find the pairs of texts whose runs of five words overlap.

    :param texts: N texts; one of fewer than five words is near to none.
    :param threshold: least Jaccard index, above 0 and at most 1.
    :param between: a side for each text; pairs of one side are left out.
    :returns: pairs of positions with their index, the earlier position first. A formula that stands a thousand times is
        half a million pairs; :func:`near_groups` gives it once.
    """
    for ones, others, similarity in near_groups(texts, threshold=threshold, between=between):
        for one, other in combinations(ones, 2) if ones is others else product(ones, others):
            if between is None or between[one] != between[other]:
                yield min(one, other), max(one, other), similarity


def near_groups(
    texts: Sequence[str], *, threshold: float = 0.7, between: Sequence[Hashable] | None = None
) -> Iterator[tuple[list[int], list[int], float]]:
    """
    Find the texts whose runs of five words overlap, those with the very same runs together.

    Exact: the similarity of two groups is the Jaccard index of their sets of runs, and no two at or above the threshold
    are missed. Candidates come from an index of each set's rarest runs only (prefix filtering; Bayardo, Ma & Srikant
    2007, "Scaling up all pairs similarity search", section 4), so a formula that stands everywhere costs little.

    :param texts: N texts; one of fewer than five words is near to none.
    :param threshold: least Jaccard index, above 0 and at most 1.
    :param between: a side for each text; what is all on one side is left out, and not even compared.
    :returns: two groups of positions, in order, with their index; the same list twice for a group of several. The pairs
        of a group with those that begin before it come together.
    """
    groups: dict[frozenset[tuple[str, ...]], list[int]] = {}
    for position, text in enumerate(texts):
        if runs := _runs(text):
            groups.setdefault(runs, []).append(position)
    spread = Counter(run for runs in groups for run in runs)
    index: defaultdict[Hashable, defaultdict[tuple[str, ...], list[frozenset[tuple[str, ...]]]]]
    index = defaultdict(lambda: defaultdict(list))
    for runs, rows in groups.items():
        sides = {None} if between is None else {between[row] for row in rows}
        if len(rows) > 1 and (between is None or len(sides) > 1):
            yield rows, rows, 1.0
        # Two sets this alike must share one of the rarest, size - least overlap + 1, runs of each.
        rarest = sorted(runs, key=lambda run: (spread[run], run))
        rarest = rarest[: len(runs) - math.ceil(threshold * len(runs) - 1e-9) + 1]
        across = [found for side, found in index.items() if between is None or sides != {side}]
        candidates = {groups[other][0]: other for found in across for run in rarest for other in found.get(run, ())}
        for _, other in sorted(candidates.items()):
            shared = len(runs & other)
            similarity = shared / (len(runs) + len(other) - shared)
            if similarity >= threshold - 1e-9:
                yield groups[other], rows, similarity
        for side in sides:
            for run in rarest:
                index[side][run].append(runs)


def words(text: str) -> list[str]:
    """
    Split a text into its words.

    :param text: the text.
    :returns: runs of letters and digits in lower case, in order.
    """
    return re.findall(r"\w+", text.lower())


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    found = words(text)
    return frozenset(tuple(found[start : start + _RUN]) for start in range(len(found) - _RUN + 1))
