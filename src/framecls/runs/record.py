"""What an evaluation leaves behind: a JSON record, a Markdown table and a row a sentence."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from framecls.corpus import Corpus
from framecls.evaluation import Evaluation
from framecls.files import whole_file, write_json, write_text
from framecls.report import evaluation_markdown

__all__ = ["write_evaluation"]


def write_evaluation(
    folder: Path,
    name: str,
    facts: Mapping[str, object],
    evaluations: Sequence[Evaluation],
    part: Corpus,
    probabilities: npt.NDArray[np.floating],
    decisions: npt.NDArray[np.bool_],
    *,
    text: bool = True,
) -> None:
    """
    Write ``<name>.json``, ``<name>.md`` and ``<name>.parquet``.

    :param folder: made where it is not there.
    :param name: of the three files.
    :param facts: what was evaluated, for the record.
    :param evaluations: one a system, the first system first.
    :param part: the N sentences.
    :param probabilities: of the first system. *Shape:* ``(N, F)``.
    :param decisions: of the first system. *Shape:* ``(N, F)``, bool.
    :param text: whether the rows hold the sentences' text.
    """
    write_json(folder / f"{name}.json", {**facts, "evaluations": [evaluation.to_dict() for evaluation in evaluations]})
    write_text(folder / f"{name}.md", evaluation_markdown(evaluations))
    columns: dict[str, object] = {
        "id": [sentence.id for sentence in part.sentences],
        "document_id": part.document_ids(),
        "borderline": [sentence.borderline for sentence in part.sentences],
    }
    if text:
        columns["text"] = [sentence.text for sentence in part.sentences]
    gold = part.gold()
    for column, frame in enumerate(part.codebook.frames):
        columns |= {
            f"gold_{frame}": gold[:, column],
            f"prob_{frame}": probabilities[:, column],
            frame: decisions[:, column],
        }
    with whole_file(folder / f"{name}.parquet") as partial:
        pq.write_table(pa.table(columns), partial, compression="zstd")
