"""From labels to a file of sentences to code."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from framecls.documents.tables import sentence_before
from framecls.errors import FrameclsError
from framecls.evaluation.suggestion import suggest
from framecls.files import refuse_overwriting, write_jsonl

__all__ = ["suggest_sentences"]


def suggest_sentences(labels: Path | str, output: Path | str, *, size: int = 200, per_document: int = 5) -> int:
    """
    Choose the sentences of labelled documents that are worth coding next.

    :param labels: the Parquet file ``framecls label`` wrote, with text; it carries the thresholds, which tell where
        the model was unsure.
    :param output: JSON Lines of annotated sentences without ``frames``, ready to be coded: ``id, document_id, start,
        end, text, before, heading``.
    :param size: how many.
    :param per_document: most of one document.
    :returns: how many were written.
    :raises FrameclsError: the file cannot be read, or lacks text or thresholds, or is the output; or two sentences to
        code have one id.
    """
    labels, output = Path(labels), Path(output)
    refuse_overwriting(output, [labels])
    if labels.exists() and labels.suffix.lower() != ".parquet":
        raise FrameclsError(f"{labels}: only Parquet carries the thresholds; label again with --output labels.parquet")
    try:
        table = pq.read_table(labels)
        frames = [name.removeprefix("prob_") for name in table.column_names if name.startswith("prob_")]
        decision = json.loads((table.schema.metadata or {})[b"framecls.decision"])
        thresholds = [frame["threshold"] for frame in decision["frames"]]
        columns = [table.column(f"prob_{frame}").to_numpy() for frame in frames]
        # What a screen discarded has no probability, and is surely without a frame as far as anybody has looked.
        probabilities = np.nan_to_num(np.stack(columns, axis=1))
        given = [column for column in ("before",) if column in table.column_names]
        rows = table.select(["sentence_id", "document_id", "start", "end", "heading", "text", *given]).to_pylist()
        befores = [sentence_before(row, last) for last, row in pairwise([{}, *rows])]
    except FileNotFoundError:
        raise FrameclsError(f"{labels}: no such file; label documents first with 'framecls label'") from None
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).strip().splitlines()[0]
        raise FrameclsError(f"{labels}: cannot be read as Parquet: {reason}") from error
    except (KeyError, ValueError) as error:
        raise FrameclsError(
            f"{labels}: holds no labels with text and thresholds; expected a .parquet file 'framecls label' wrote"
        ) from error
    chosen = suggest(
        [row["text"] for row in rows],
        [row["document_id"] for row in rows],
        probabilities,
        thresholds,
        size=size,
        per_document=per_document,
    )
    ids = Counter(rows[row]["sentence_id"] for row in chosen)
    for id, count in ids.items():
        if count > 1:
            raise FrameclsError(
                f"{labels}: {count} sentences have the id {id!r}; give each an id of its own in the tables they are "
                "from, and label again"
            )
    sentences = (
        {"id": rows[row]["sentence_id"], "document_id": rows[row]["document_id"]}
        | {"start": rows[row]["start"], "end": rows[row]["end"], "text": rows[row]["text"]}
        | {"before": befores[row], "heading": rows[row]["heading"] or ""}
        for row in chosen
    )
    write_jsonl(output, sentences)
    return len(chosen)
