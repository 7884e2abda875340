"""A row for each sentence that was scored, with the columns of labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.documents import LocatedSentence
from framecls.model import FrameClassifier

__all__ = ["label_rows"]


def label_rows(
    items: Sequence[LocatedSentence],
    probabilities: npt.NDArray[np.float32],
    classifier: FrameClassifier,
    *,
    text: bool = True,
) -> list[dict[str, Any]]:
    """
    Put sentences, their probabilities and what was decided into rows, columns as in ``label_schema``.

    :param items: N sentences with their ids.
    :param probabilities: of each of the F frames. *Shape:* ``(N, F)``, float32.
    :param classifier: decides, and is named in each row.
    :param text: whether to keep the sentences' text.
    :returns: N rows.
    """
    frames = classifier.codebook.frames
    provenance = {"model": classifier.name, "codebook": classifier.codebook.sha256}
    rows = []
    for item, probability, decided in zip(
        items, probabilities.tolist(), classifier.decide(probabilities).tolist(), strict=True
    ):
        sentence = item.sentence
        row: dict[str, Any] = {
            "document_id": item.document_id,
            "sentence_id": item.sentence_id,
            "start": sentence.start,
            "end": sentence.end,
            "page": sentence.page,
            "heading": sentence.heading,
            "unit": sentence.unit,
        }
        if text:
            row["text"] = sentence.text
        row |= {f"prob_{frame}": value for frame, value in zip(frames, probability, strict=True)}
        row |= dict(zip(frames, decided, strict=True))
        row["frames"] = [frame for frame, present in zip(frames, decided, strict=True) if present]
        rows.append(row | provenance)
    return rows
