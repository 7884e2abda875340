"""Other systems in the table of an evaluation: saved models, and decisions that anything else wrote to a file."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from framecls.corpus import Corpus
from framecls.corpus.reading import read_frames, table_rows
from framecls.errors import CodebookError, EvaluationError
from framecls.model import FrameClassifier
from framecls.runs.record import Scored

__all__ = ["add_systems", "named", "read_beside", "score_beside"]


def add_systems(found: dict[str, Scored], others: Iterable[tuple[str, Scored]]) -> None:
    """
    Set further systems beside those there are.

    :param found: systems by name; it takes up the others.
    :param others: their names and what they made of the same sentences.
    :raises EvaluationError: two have one name.
    """
    for name, scored in others:
        if name in found:
            raise EvaluationError(f"two systems are called {name!r}; give one another name as NAME=PATH")
        found[name] = scored


def named(given: str) -> tuple[str, Path]:
    """
    Tell the name of a system from its path.

    :param given: a path, or ``NAME=PATH``.
    :returns: the name, which is the path's last part where none is given, and the path.
    :raises EvaluationError: there is nothing at the path.
    """
    if Path(given).exists():
        # A path may have the sign in it.
        return Path(given).stem, Path(given)
    name, sign, path = given.partition("=")
    if not sign or not Path(path).exists():
        raise EvaluationError(f"{path or given}: no such file or model folder; give PATH or NAME=PATH")
    return name or Path(path).stem, Path(path)


def read_beside(given: str, part: Corpus) -> tuple[str, Scored]:
    """
    Read what another system decided on the same sentences.

    :param given: a table (JSON Lines, CSV or Parquet), or ``NAME=TABLE``: ``id`` (or ``sentence_id``) and ``frames``,
        or a column a frame, as in annotated sentences; optional ``prob_<frame>``. What an evaluation or
        ``framecls label`` wrote is such a table.
    :param part: N sentences; rows on others are passed over.
    :returns: its name, and its decisions in the order of the sentences. Without probabilities the decisions rank them.
    :raises EvaluationError: a sentence has no row or two, a row no decision or only some probabilities.
    :raises CorpusError: the table cannot be read.
    """
    name, path = named(given)
    codebook = part.codebook
    wanted = {sentence.id for sentence in part.sentences}
    found: dict[str, tuple[list[bool], list[float] | None]] = {}
    for row in table_rows(path):
        where = f"{path}: {row.where}"
        # Labels call it sentence_id.
        if (column := next((name for name in ("id", "sentence_id") if name in row.values), None)) is None:
            raise EvaluationError(f"{where}: has no column 'id', which says what sentence it is on")
        id = str(row.values[column])
        if id not in wanted:
            continue
        if id in found:
            raise EvaluationError(f"{where}: has sentence {id!r} once more; keep one row a sentence")
        try:
            frames = read_frames(row.values, codebook)
        except (CodebookError, ValueError) as error:
            raise EvaluationError(f"{where}: {error}") from error
        if frames is None:
            raise EvaluationError(f"{where}: sentence {id!r} has no decision; give frames, or a 0/1 column a frame")
        given_probabilities = [row.values.get(f"prob_{frame}") for frame in codebook.frames]
        found[id] = [frame in frames for frame in codebook.frames], _numbers(given_probabilities, where)
    missing = [sentence.id for sentence in part.sentences if sentence.id not in found]
    if missing:
        raise EvaluationError(
            f"{path}: has no row for {len(missing)} of {len(part)} sentences, the first of them {missing[0]!r}"
        )
    rows = [found[sentence.id] for sentence in part.sentences]
    decisions = np.array([decided for decided, _ in rows], dtype=bool)
    numbers = [values for _, values in rows if values is not None]
    if not numbers:
        return name, Scored(decisions.astype(np.float32), decisions, calibrated=False)
    if len(numbers) < len(rows):
        raise EvaluationError(f"{path}: {len(rows) - len(numbers)} of {len(rows)} rows have no probabilities")
    return name, Scored(np.array(numbers, dtype=np.float32), decisions)


def _numbers(values: list[object], where: str) -> list[float] | None:
    if all(value in (None, "") for value in values):
        return None
    try:
        numbers = [float(str(value)) for value in values]
    except ValueError:
        raise EvaluationError(f"{where}: a probability is no number; give prob_<frame> for every frame") from None
    for number in numbers:
        if not 0 <= number <= 1:
            raise EvaluationError(f"{where}: a probability is {number:g}; give numbers from 0 to 1")
    return numbers


def score_beside(given: str, part: Corpus) -> tuple[str, Scored]:
    """
    Score sentences with another saved model, by its own thresholds.

    :param given: its folder, or ``NAME=FOLDER``.
    :param part: N sentences.
    :returns: its name and what it made of them.
    :raises EvaluationError: it knows other frames.
    :raises ModelError: it cannot be loaded.
    """
    name, path = named(given)
    other = FrameClassifier.load(path)
    if other.codebook.frames != part.codebook.frames:
        raise EvaluationError(
            f"{path}: knows the frames {', '.join(other.codebook.frames)}, expected {', '.join(part.codebook.frames)}"
        )
    probabilities = other.probabilities(*part.inputs())
    return name, Scored(probabilities, other.decide(probabilities))
