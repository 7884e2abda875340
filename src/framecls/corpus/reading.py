"""Tables to annotated sentences, checked once here and trusted from there on."""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from framecls.codebook import Codebook
from framecls.corpus.records import DOCUMENT_WORDS, SPLITS, AnnotatedSentence, DocumentFacts, Split
from framecls.documents.tables import TABLE_SUFFIXES, Row, read_rows, truth, whole_number
from framecls.errors import CodebookError, CorpusError, DocumentError

__all__ = [
    "coder_of",
    "group",
    "read_codings",
    "read_document_facts",
    "read_documents",
    "read_frames",
    "read_sentences",
    "sentence_file",
    "table",
    "table_rows",
    "with_coders",
]

_REQUIRED = ("id", "document_id", "text")


def sentence_file(folder: Path) -> Path:
    """
    Find the table of sentences of a corpus folder.

    :param folder: the folder.
    :returns: the file.
    :raises CorpusError: there is none.
    """
    file = table(folder, "sentences")
    if file is None:
        raise CorpusError(f"{folder}: is no corpus folder; it has no sentences.jsonl (or .csv, .parquet)")
    return file


def table(folder: Path, name: str) -> Path | None:
    """
    Find a table of a corpus folder, whatever its format.

    :param folder: the folder.
    :param name: name of the table without its suffix.
    :returns: the file, or ``None`` where there is none.
    """
    return next((path for suffix in TABLE_SUFFIXES if (path := folder / f"{name}{suffix}").exists()), None)


def table_rows(path: Path) -> Iterator[Row]:
    """
    Read the rows of a table; one that cannot be read is an error here.

    :param path: the table.
    :returns: rows with values.
    :raises CorpusError: the file or a row cannot be read; the message names file and line.
    """
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise CorpusError(f"{path}: unknown kind of corpus; expected one of {' '.join(TABLE_SUFFIXES)}")
    try:
        for row in read_rows(path):
            if row.problem is not None:
                raise CorpusError(f"{path}: {row.where}: {row.problem}")
            yield row
    except DocumentError as error:
        raise CorpusError(f"{path}: {error}") from error


def read_sentences(path: Path, codebook: Codebook, splits: dict[str, Split]) -> Iterator[AnnotatedSentence]:
    """
    Read annotated sentences.

    :param path: the table.
    :param codebook: gives the frames.
    :param splits: takes up the split of each document, where the table has a column for it.
    :returns: a sentence for each row.
    :raises CorpusError: a row breaks a rule; the message names file and line.
    """
    for row in table_rows(path):
        where = f"{path}: {row.where}"
        missing = [key for key in _REQUIRED if row.values.get(key) is None]
        if missing:
            raise CorpusError(
                f"{where}: no column {missing[0]!r}; annotated sentences need {', '.join(_REQUIRED)}, frames"
            )
        id, document_id, text = (str(row.values[key]) for key in _REQUIRED)
        empty = [key for key in _REQUIRED if not str(row.values[key]).strip()]
        if empty:
            raise CorpusError(f"{where}: the {empty[0]} of {id!r} is empty; give its {empty[0]} or remove the row")
        if (split := _split(row.values, where)) is not None and splits.setdefault(document_id, split) != split:
            raise CorpusError(f"{where}: document {document_id!r} is in two splits; a document belongs to one")
        yield _sentence(row.values, text, document_id, where, codebook)


def _split(values: Mapping[str, Any], where: str) -> Split | None:
    split = values.get("split") or None
    if split not in (None, *SPLITS):
        raise CorpusError(f"{where}: unknown split {split!r}; expected one of {', '.join(SPLITS)}")
    return cast(Split | None, split)


def read_codings(
    path: Path, codebook: Codebook, sentences: Mapping[str, AnnotatedSentence]
) -> Iterator[AnnotatedSentence]:
    """
    Read the codings of several annotators.

    :param path: the table.
    :param codebook: gives the frames.
    :param sentences: the sentences they code, by id.
    :returns: a sentence for each coding.
    :raises CorpusError: a row breaks a rule; the message names file and line.
    """
    seen = set()
    for row in table_rows(path):
        where = f"{path}: {row.where}"
        id = str(row.values.get("id", ""))
        if id not in sentences:
            raise CorpusError(f"{where}: codes sentence {id!r}, which the corpus does not have")
        sentence = sentences[id]
        coding = _sentence({**row.values, "id": id}, sentence.text, sentence.document_id, where, codebook)
        if not coding.annotator:
            raise CorpusError(f"{where}: no 'annotator'; every coding says who made it")
        if (id, coding.annotator) in seen:
            raise CorpusError(f"{where}: {coding.annotator!r} codes sentence {id!r} twice; keep one coding")
        seen.add((id, coding.annotator))
        yield coding


def _sentence(
    values: Mapping[str, Any], text: str, document_id: str, where: str, codebook: Codebook
) -> AnnotatedSentence:
    try:
        frames = read_frames(values, codebook)
        start, end = whole_number(values, "start"), whole_number(values, "end")
        annotator = _annotator(values)
        borderline = truth(values.get("borderline"), "borderline")
        codes = _codes(values, codebook)
        near = _near(values, frames, codebook)
        inclusion = _inclusion(values)
        shares = _shares(values, codebook)
    except (CodebookError, ValueError) as error:
        raise CorpusError(f"{where}: {error}") from error
    return AnnotatedSentence(
        str(values["id"]),
        document_id,
        text,
        frames,
        start,
        end,
        str(values.get("before") or ""),
        str(values.get("heading") or ""),
        annotator,
        borderline,
        str(values.get("note") or ""),
        codes,
        near,
        inclusion,
        shares,
    )


def _annotator(values: Mapping[str, Any]) -> str:
    found = values.get("annotator")
    if isinstance(found, list | dict):
        raise ValueError(f"'annotator' must be a name, found {found!r}; give every annotator a row")
    return "" if found is None else str(found)


def _inclusion(values: Mapping[str, Any]) -> float | None:
    found = values.get("inclusion_probability")
    if found in (None, ""):
        return None
    try:
        number = float(found)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number <= 1:
        raise ValueError(f"'inclusion_probability' must be above 0 and at most 1, found {found!r}")
    return number


def _shares(values: Mapping[str, Any], codebook: Codebook) -> tuple[float, ...] | None:
    """Read what share of its annotators gave a sentence each frame."""
    found = values.get("shares")
    if found in (None, ""):
        return None
    if not isinstance(found, Mapping):
        raise ValueError(f"'shares' must give a number for each frame, found {found!r}; CSV cannot hold it")
    for frame in found:
        codebook.index(frame)
    shares = tuple(found.get(frame) for frame in codebook.frames)
    for frame, share in zip(codebook.frames, shares, strict=True):
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValueError(f"'shares' must give {frame!r} a number from 0 to 1, found {share!r}")
    return cast(tuple[float, ...], shares)


def _near(values: Mapping[str, Any], frames: tuple[str, ...] | None, codebook: Codebook) -> tuple[str, ...]:
    """Read the frames a sentence is a hard negative of."""
    names = _names(values.get("hard_negative") or [], "hard_negative")
    for frame in names:
        codebook.index(frame)
        if frame in (frames or ()):
            raise ValueError(f"'frames' and 'hard_negative' both have {frame!r}; a sentence carries it or does not")
    return codebook.in_order(names)


def _codes(values: Mapping[str, Any], codebook: Codebook) -> tuple[str, ...]:
    codes = tuple(_names(values.get("codes") or [], "codes"))
    known = [code.name for definition in codebook.definitions for code in definition.codes]
    for code in codes:
        if code not in known:
            raise ValueError(
                f"unknown second-level code {code!r}; the codebook has {', '.join(dict.fromkeys(known)) or 'none'}"
            )
    return codes


def read_frames(values: Mapping[str, Any], codebook: Codebook) -> tuple[str, ...] | None:
    """
    Read frames from a list, a delimited cell, or one column a frame; from both only where they agree.

    :param values: of a row.
    :param codebook: gives the frames.
    :returns: the frames in the codebook's order; ``None`` where the row is not coded yet.
    :raises CodebookError: a frame is unknown.
    :raises ValueError: a cell cannot be read, a frame has no column, or list and columns disagree.
    """
    listed = values.get("frames")
    columns = [frame for frame in codebook.frames if frame in values]
    ticked = _ticked(values, columns, codebook) if columns else None
    if listed is None:
        return ticked
    names = _names(listed, "frames")
    for frame in names:
        codebook.index(frame)
    frames = codebook.in_order(names)
    if ticked is not None and ticked != frames:
        raise ValueError(
            f"'frames' has {', '.join(frames) or 'none'} but the frames' columns have {', '.join(ticked) or 'none'}; "
            "keep the one that is right and remove the other"
        )
    return frames


def _ticked(values: Mapping[str, Any], columns: Sequence[str], codebook: Codebook) -> tuple[str, ...] | None:
    """Read one column a frame; a row with all of them blank is not coded yet."""
    if all(values[frame] in (None, "") for frame in columns):
        return None
    if len(columns) < len(codebook.frames):
        lacking = next(frame for frame in codebook.frames if frame not in columns)
        raise ValueError(f"no column {lacking!r}; one column for each frame, or a column 'frames'")
    return tuple(frame for frame in columns if truth(values[frame], frame))


def _names(found: object, key: str) -> list[str]:
    """Read names from a list or a delimited cell."""
    if isinstance(found, str):
        return re.findall(r"[^;|,\s]+", found)
    if not isinstance(found, list):
        raise ValueError(f"{key!r} must be a list of names, found {found!r}")
    return [str(name) for name in found]


def read_documents(path: Path) -> dict[str, DocumentFacts]:
    """
    Read facts on documents.

    :param path: the table.
    :returns: facts by document id.
    :raises CorpusError: a row breaks a rule; the message names file and line.
    """
    documents: dict[str, DocumentFacts] = {}
    for row in table_rows(path):
        where = f"{path}: {row.where}"
        id = row.values.get("document_id")
        if id in (None, ""):
            raise CorpusError(f"{where}: no 'document_id'")
        id = str(id)
        if id in documents:
            raise CorpusError(f"{where}: duplicate document id {id!r}; make ids unique")
        documents[id] = _facts(id, row.values, where)
    return documents


def _facts(id: str, values: object, where: str) -> DocumentFacts:
    if not isinstance(values, Mapping):
        raise CorpusError(f"{where}: expected facts on a document, found {values!r}")
    try:
        year = whole_number(values, "year")
    except ValueError as error:
        raise CorpusError(f"{where}: {error}") from error
    words = {key: str(values.get(key) or "") for key in DOCUMENT_WORDS}
    text = values.get("text")
    if not (text is None or isinstance(text, str)):
        raise CorpusError(f"{where}: 'text' must be text, found {text!r}")
    return DocumentFacts(id, **words, year=year, split=_split(values, where), text=text)


def read_document_facts(path: Path) -> dict[str, DocumentFacts]:
    """
    Read facts on documents from TOML, a table for each document.

    :param path: the file.
    :returns: facts by document id.
    :raises CorpusError: the file cannot be read, or a value is wrong; the message names file and document.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}; it holds a table for each document") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CorpusError(f"{path}: is not valid TOML: {error}; it holds a table for each document") from error
    if "" in content:
        raise CorpusError(f"{path}: a document without an id; name it")
    return {id: _facts(id, values, f"{path}: {id}") for id, values in content.items()}


def group(rows: Sequence[AnnotatedSentence], path: Path) -> dict[str, list[AnnotatedSentence]]:
    """
    Put together the codings of one sentence.

    :param rows: codings; those of one id are by different annotators.
    :param path: where they were read, for messages.
    :returns: codings by sentence id.
    :raises CorpusError: an annotator coded a sentence twice, or an id stands for two texts.
    """
    grouped: dict[str, list[AnnotatedSentence]] = {}
    for row in rows:
        others = grouped.setdefault(row.id, [])
        if any(row.annotator == other.annotator for other in others):
            raise CorpusError(
                f"{path}: duplicate id {row.id!r}; make ids unique, or name the 'annotator' of each coding"
            )
        if others and (row.text, row.document_id) != (others[0].text, others[0].document_id):
            raise CorpusError(f"{path}: sentence {row.id!r} has two different texts; make ids unique")
        others.append(row)
    return grouped


def coder_of(path: Path) -> str:
    """
    Name the coder of codings that do not say who made them.

    :param path: the corpus.
    :returns: the name of its file or folder; of a file's folder where the file is called ``sentences``.
    """
    whole = path.resolve()
    return whole.parent.name if whole.stem == "sentences" else whole.stem


def with_coders(grouped: Mapping[str, Sequence[AnnotatedSentence]], path: Path) -> dict[str, list[AnnotatedSentence]]:
    """
    Name the coder of each coding, also of those that do not say who made them.

    :param grouped: codings by sentence id, each of a sentence by somebody else.
    :param path: the corpus.
    :returns: the codings, likewise.
    :raises CorpusError: a sentence is coded by somebody of the very name that is given to the nameless.
    """
    name = coder_of(path)
    for id, of_id in grouped.items():
        if {"", name} <= {coding.annotator for coding in of_id}:
            raise CorpusError(
                f"{path}: sentence {id!r} is coded by {name!r} and by nobody who is named, for whom the name of the "
                "corpus stands; name the 'annotator' of each coding"
            )
    return {
        id: [coding if coding.annotator else replace(coding, annotator=name) for coding in of_id]
        for id, of_id in grouped.items()
    }
