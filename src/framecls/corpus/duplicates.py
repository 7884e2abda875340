"""Near-duplicate sentences: pairs that share most of their runs of five words."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

__all__ = ["near_duplicates", "words"]

#: Words of a run. Two sentences that share runs of five words were copied from one formula.
_RUN = 5


def near_duplicates(texts: Sequence[str], *, threshold: float = 0.7) -> Iterator[tuple[int, int, float]]:
    """
    Find the pairs of texts whose runs of five words overlap.

    Exact: the similarity of a pair is the Jaccard index of their sets of runs, and no pair at or above the threshold is
    missed. Candidates come from an index of each text's rarest runs only (prefix filtering; Bayardo, Ma & Srikant 2007,
    "Scaling up all pairs similarity search", section 4), so a formula that stands everywhere costs little.

    :param texts: N texts; one of fewer than five words is near to none.
    :param threshold: least Jaccard index, above 0 and at most 1.
    :returns: pairs of positions with their index, the earlier position first.
    """
    runs = [_runs(text) for text in texts]
    spread = Counter(run for found in runs for run in found)
    index: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, found in enumerate(runs):
        # Two sets this alike must share one of the rarest, size - least overlap + 1, runs of each.
        rarest = sorted(found, key=lambda run: (spread[run], run))
        rarest = rarest[: len(found) - math.ceil(threshold * len(found) - 1e-9) + 1]
        candidates = dict.fromkeys(other for run in rarest for other in index[run])
        for other in sorted(candidates):
            shared = len(found & runs[other])
            similarity = shared / (len(found) + len(runs[other]) - shared)
            if similarity >= threshold - 1e-9:
                yield other, position, similarity
        for run in rarest:
            index[run].append(position)


def words(text: str) -> list[str]:
    """
    Split a text into its words.

    :param text: the text.
    :returns: runs of letters and digits in lower case, in order.
    """
    return re.findall(r"\w+", text.lower())


def _runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + _RUN]) for start in range(len(found) - _RUN + 1)}
