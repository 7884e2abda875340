"""
Splits and folds that never share a document and have every frame in proportion.

scikit-learn's ``StratifiedGroupKFold`` refuses multi-label gold, so the search is our own: a greedy assignment of whole
documents, rarest frames first (after Sechidis et al. 2011, "On the stratification of multi-label data"), repeated from
random orders; the most even result is kept.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from framecls.errors import CorpusError

__all__ = ["split_documents"]

Part = TypeVar("Part")
_TRIES = 50


def split_documents(
    document_ids: Sequence[str],
    gold: npt.NDArray[np.bool_],
    shares: Mapping[Part, float],
    *,
    rng: np.random.Generator,
) -> dict[str, Part]:
    """
    Assign whole documents to parts.

    :param document_ids: document of each of the N sentences.
    :param gold: frames of each sentence. *Shape:* ``(N, F)``, bool.
    :param shares: the parts and the share of sentences each shall have; the shares sum to 1.
    :param rng: source of the random orders; the same state gives the same parts.
    :returns: the part of each document, in order of first appearance; every part has at least one.
    :raises CorpusError: there are fewer documents than parts.
    """
    documents = list(dict.fromkeys(document_ids))
    parts = list(shares)
    if len(documents) < len(parts):
        raise CorpusError(f"{len(documents)} documents cannot make {len(parts)} splits that share none; add documents")
    counts = _counts(document_ids, documents, gold)
    wanted = np.array([shares[part] for part in parts])[:, None] * counts.sum(axis=0)
    # A frame weighs the same however rare it is, and all sentences weigh as much as one frame.
    weight = 1.0 / np.maximum(counts.sum(axis=0), 1.0)
    best: tuple[float, npt.NDArray[np.intp]] | None = None
    for _ in range(_TRIES):
        assignment = _assign(counts, wanted, weight, rng)
        have = np.zeros_like(wanted)
        np.add.at(have, assignment, counts)
        badness = float((((have - wanted) * weight) ** 2).sum())
        if best is None or badness < best[0]:
            best = badness, assignment
    assert best is not None
    return {document: parts[index] for document, index in zip(documents, best[1].tolist(), strict=True)}


def _counts(
    document_ids: Sequence[str], documents: Sequence[str], gold: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Count each document's sentences by frame, and all of them in a last column. *Shape:* ``(D, F + 1)``."""
    row = {document: index for index, document in enumerate(documents)}
    counts = np.zeros((len(documents), gold.shape[1] + 1))
    rows = [row[document] for document in document_ids]
    np.add.at(counts, rows, np.column_stack([gold, np.ones(len(gold))]))
    return counts


def _assign(
    counts: npt.NDArray[np.float64],
    wanted: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> npt.NDArray[np.intp]:
    order = rng.permutation(len(counts))
    order = order[np.argsort(-(counts[order] * weight).max(axis=1), kind="stable")]
    need = wanted.copy()
    assignment = np.zeros(len(counts), dtype=np.intp)
    empty = np.ones(len(wanted), dtype=bool)
    for left, document in zip(range(len(order), 0, -1), order, strict=True):
        gain = ((need * weight) ** 2 - ((need - counts[document]) * weight) ** 2).sum(axis=1)
        gain += 1e-9 * rng.random(len(gain))
        if empty.sum() == left:
            # As many parts are empty as documents are left, so each of these goes to one of those.
            gain[~empty] = -np.inf
        part = assignment[document] = int(np.argmax(gain))
        empty[part] = False
        need[part] -= counts[document]
    return assignment
