"""What an evaluation leaves behind: a JSON record, a Markdown table and a row a sentence."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from framecls.corpus import Corpus, DocumentFacts
from framecls.evaluation import Evaluation, Slice, evaluate_slices
from framecls.files import whole_file, write_json, write_text
from framecls.report import evaluation_markdown, slices_markdown

__all__ = ["LEXICON", "TFIDF", "write_evaluation"]

#: Names of the baselines in every table.
LEXICON, TFIDF = "keyword lexicon", "TF-IDF + logistic regression"


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
    gold, frames = part.gold(), part.codebook.frames
    slices = _slices(part, gold, decisions)
    record = {"evaluations": [evaluation.to_dict() for evaluation in evaluations]}
    write_json(folder / f"{name}.json", {**facts, **record, "slices": [one.to_dict() for one in slices]})
    tables = [evaluation_markdown(evaluations)]
    if slices:
        tables.append(slices_markdown(slices, frames))
    write_text(folder / f"{name}.md", "\n".join(tables))
    columns: dict[str, object] = {
        "id": [sentence.id for sentence in part.sentences],
        "document_id": part.document_ids(),
        "borderline": [sentence.borderline for sentence in part.sentences],
    }
    if text:
        columns["text"] = [sentence.text for sentence in part.sentences]
    for column, frame in enumerate(frames):
        columns |= {
            f"gold_{frame}": gold[:, column],
            f"prob_{frame}": probabilities[:, column],
            frame: decisions[:, column],
        }
    with whole_file(folder / f"{name}.parquet") as partial:
        pq.write_table(pa.table(columns), partial, compression="zstd")


def _slices(part: Corpus, gold: npt.NDArray[np.bool_], decisions: npt.NDArray[np.bool_]) -> list[Slice]:
    """Score by what the corpus tells of its documents, where that is more than one thing."""
    nothing = DocumentFacts("")
    facts = [part.documents.get(id, nothing) for id in part.document_ids()]
    by = {"context": [f.context for f in facts], "genre": [f.genre for f in facts]}
    several = {name: values for name, values in by.items() if len(set(values)) > 1}
    return evaluate_slices(gold, decisions, document_ids=part.document_ids(), by=several)
