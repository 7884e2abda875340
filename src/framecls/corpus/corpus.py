"""Annotated sentences: read, checked once at the boundary, and trusted from there on."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self, cast, get_args

import numpy as np
import numpy.typing as npt

from framecls.codebook import Codebook
from framecls.documents.tables import TABLE_SUFFIXES, Row, read_rows, whole_number
from framecls.errors import CodebookError, CorpusError, DocumentError

__all__ = ["AnnotatedSentence", "Corpus", "DocumentFacts", "Split", "merge_codings"]

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

_REQUIRED = ("id", "document_id", "text")
_TRUE, _FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no", "")


@dataclass(frozen=True, slots=True)
class AnnotatedSentence:
    """
    One sentence as one annotator, or the settled reading, coded it.

    :param id: identifies the sentence in its corpus.
    :param document_id: the document it stands in.
    :param text: the sentence.
    :param frames: the frames it carries, in the codebook's order; empty when coded and none is present, ``None`` when
        not coded yet.
    :param start: first character in the document's text, or ``None`` when unknown.
    :param end: one past the last character, or ``None``.
    :param before: the sentence before it.
    :param heading: the headings above it.
    :param annotator: who coded it; empty when not said.
    :param borderline: whether careful readers differ over it.
    :param note: why.
    :param codes: second-level codes.
    """

    id: str
    document_id: str
    text: str
    frames: tuple[str, ...] | None
    start: int | None = None
    end: int | None = None
    before: str = ""
    heading: str = ""
    annotator: str = ""
    borderline: bool = False
    note: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a corpus says of one document; ``None`` and empty where it says nothing."""

    document_id: str
    title: str = ""
    genre: str = ""
    context: str = ""
    year: int | None = None
    topic: str = ""
    split: Split | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """
    Sentences coded by one codebook.

    :param codebook: gives the frames and their order.
    :param sentences: N sentences, one for each id.
    :param documents: facts on documents, by id; may be empty.
    :param codings: every single coding where several annotators read, by sentence id; may be empty.
    :param sha256: hash of the files read, for provenance.
    """

    codebook: Codebook
    sentences: tuple[AnnotatedSentence, ...]
    documents: Mapping[str, DocumentFacts] = field(default_factory=dict)
    codings: Mapping[str, tuple[AnnotatedSentence, ...]] = field(default_factory=dict)
    sha256: str = ""

    def __len__(self) -> int:
        return len(self.sentences)

    @classmethod
    def read(cls, path: Path | str, codebook: Codebook) -> Self:
        """
        Read a corpus.

        :param path: a table of annotated sentences (JSONL, CSV, Parquet), or a folder with ``sentences.jsonl`` and
            optionally ``documents.jsonl`` (facts, splits, texts) and ``codings.jsonl`` (each annotator's coding).
        :param codebook: gives the frames.
        :returns: the corpus.
        :raises CorpusError: a file is missing or a row breaks a rule; the message names file and line.
        """
        path = Path(path)
        if not path.exists():
            raise CorpusError(
                f"{path}: no such corpus; give a folder with sentences.jsonl, or a JSONL, CSV or Parquet file"
            )
        files = [_sentence_file(path)] if path.is_dir() else [path]
        codings: list[AnnotatedSentence] = []
        splits: dict[str, Split] = {}
        rows = list(_read_sentences(files[0], codebook, splits))
        if not rows:
            raise CorpusError(f"{files[0]}: holds no sentence")
        documents = {id: DocumentFacts(id, split=split) for id, split in splits.items()}
        if path.is_dir() and (facts := _table(path, "documents")) is not None:
            if splits:
                raise CorpusError(f"{files[0]}: has a column 'split' beside {facts.name}; keep splits in one of them")
            files.append(facts)
            documents = _read_documents(facts)
        if path.is_dir() and (several := _table(path, "codings")) is not None:
            files.append(several)
            codings = list(_read_codings(several, codebook, {row.id: row for row in rows}))
        grouped = _group(rows, files[0])
        if not codings:
            codings = [row for rows_of_id in grouped.values() if len(rows_of_id) > 1 for row in rows_of_id]
        by_id: dict[str, list[AnnotatedSentence]] = defaultdict(list)
        for coding in codings:
            by_id[coding.id].append(coding)
        digest = sha256()
        for file in files:
            digest.update(file.read_bytes())
        return cls(
            codebook,
            tuple(merge_codings(rows_of_id, codebook) for rows_of_id in grouped.values()),
            documents,
            {id: tuple(of_id) for id, of_id in by_id.items()},
            digest.hexdigest(),
        )

    def gold(self) -> npt.NDArray[np.bool_]:
        """
        Give the frames as an array.

        :returns: whether each sentence carries each frame. *Shape:* ``(N, F)``, bool.
        :raises CorpusError: a sentence is not coded yet.
        """
        gold = np.zeros((len(self.sentences), len(self.codebook.frames)), dtype=bool)
        for row, sentence in enumerate(self.sentences):
            if sentence.frames is None:
                raise CorpusError(f"sentence {sentence.id!r} is not coded yet (no 'frames'); code it, or call coded()")
            for frame in sentence.frames:
                gold[row, self.codebook.index(frame)] = True
        return gold

    def document_ids(self) -> list[str]:
        """Give the document of each of the N sentences."""
        return [sentence.document_id for sentence in self.sentences]

    def coded(self) -> Self:
        """Leave out the sentences that are not coded yet."""
        return replace(self, sentences=tuple(s for s in self.sentences if s.frames is not None))

    def splits(self) -> dict[str, Split]:
        """
        Give the split of each document.

        :returns: split by document id; empty where the corpus has none.
        :raises CorpusError: some documents have a split and others have none.
        """
        ids = dict.fromkeys(self.document_ids())
        splits = {id: facts.split for id in ids if (facts := self.documents.get(id)) and facts.split is not None}
        missing = next((id for id in ids if id not in splits), None)
        if splits and missing is not None:
            raise CorpusError(
                f"document {missing!r} has no split while others have one; give every document one or none"
            )
        return splits

    def select(self, splits: Mapping[str, Split], split: Split) -> Self:
        """
        Keep the sentences of one split.

        :param splits: split by document id.
        :param split: the one to keep.
        :returns: the smaller corpus, sentences in the same order.
        """
        return replace(self, sentences=tuple(s for s in self.sentences if splits.get(s.document_id) == split))


def merge_codings(codings: Sequence[AnnotatedSentence], codebook: Codebook) -> AnnotatedSentence:
    """
    Merge several annotators' codings of one sentence by strict majority.

    A tie leaves the frame out and marks the sentence borderline, as the guidelines have it.

    :param codings: at least one coding of the same sentence.
    :param codebook: gives the order of frames.
    :returns: the merged sentence; the only coding itself where there is one.
    """
    if len(codings) == 1:
        return codings[0]
    coded = [coding for coding in codings if coding.frames is not None]
    votes = {frame: sum(frame in (coding.frames or ()) for coding in coded) for frame in codebook.frames}
    tied = any(2 * count == len(coded) for count in votes.values() if count)
    return replace(
        codings[0],
        frames=tuple(frame for frame, count in votes.items() if 2 * count > len(coded)) if coded else None,
        annotator="",
        borderline=tied or any(coding.borderline for coding in coded),
        note="; ".join(coding.note for coding in coded if coding.note),
        codes=(),
    )


def _sentence_file(folder: Path) -> Path:
    file = _table(folder, "sentences")
    if file is None:
        raise CorpusError(f"{folder}: is no corpus folder; it has no sentences.jsonl (or .csv, .parquet)")
    return file


def _table(folder: Path, name: str) -> Path | None:
    """Find the table of that name, whatever its format."""
    return next((path for suffix in TABLE_SUFFIXES if (path := folder / f"{name}{suffix}").exists()), None)


def _rows(path: Path) -> Iterator[Row]:
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise CorpusError(f"{path}: unknown kind of corpus; expected one of {' '.join(TABLE_SUFFIXES)}")
    try:
        for row in read_rows(path):
            if row.problem is not None:
                raise CorpusError(f"{path}: {row.where}: {row.problem}")
            yield row
    except DocumentError as error:
        raise CorpusError(f"{path}: {error}") from error


def _read_sentences(path: Path, codebook: Codebook, splits: dict[str, Split]) -> Iterator[AnnotatedSentence]:
    """Yield the sentences of a table, noting the split of each document where the table has one."""
    for row in _rows(path):
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


def _read_codings(
    path: Path, codebook: Codebook, sentences: Mapping[str, AnnotatedSentence]
) -> Iterator[AnnotatedSentence]:
    seen = set()
    for row in _rows(path):
        where = f"{path}: {row.where}"
        id, annotator = str(row.values.get("id", "")), row.values.get("annotator")
        if id not in sentences:
            raise CorpusError(f"{where}: codes sentence {id!r}, which the corpus does not have")
        if not annotator:
            raise CorpusError(f"{where}: no 'annotator'; every coding says who made it")
        if (id, annotator) in seen:
            raise CorpusError(f"{where}: {annotator!r} codes sentence {id!r} twice; keep one coding")
        seen.add((id, annotator))
        sentence = sentences[id]
        yield _sentence({**row.values, "id": id}, sentence.text, sentence.document_id, where, codebook)


def _sentence(
    values: Mapping[str, Any], text: str, document_id: str, where: str, codebook: Codebook
) -> AnnotatedSentence:
    try:
        frames = _frames(values, codebook)
        start, end = whole_number(values, "start"), whole_number(values, "end")
        borderline = _truth(values.get("borderline"), "borderline")
        codes = _codes(values, codebook)
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
        str(values.get("annotator") or ""),
        borderline,
        str(values.get("note") or ""),
        codes,
    )


def _codes(values: Mapping[str, Any], codebook: Codebook) -> tuple[str, ...]:
    codes = tuple(_names(values.get("codes") or [], "codes"))
    known = [code.name for definition in codebook.definitions for code in definition.codes]
    for code in codes:
        if code not in known:
            raise ValueError(
                f"unknown second-level code {code!r}; the codebook has {', '.join(dict.fromkeys(known)) or 'none'}"
            )
    return codes


def _frames(values: Mapping[str, Any], codebook: Codebook) -> tuple[str, ...] | None:
    """Read frames from a list, a delimited cell, or one column a frame; from both only where they agree."""
    listed = values.get("frames")
    columns = [frame for frame in codebook.frames if frame in values]
    ticked = _ticked(values, columns, codebook) if columns else None
    if listed is None:
        return ticked
    names = _names(listed, "frames")
    for frame in names:
        codebook.index(frame)
    frames = tuple(frame for frame in codebook.frames if frame in names)
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
    return tuple(frame for frame in columns if _truth(values[frame], frame))


def _names(found: object, key: str) -> list[str]:
    """Read names from a list or a delimited cell."""
    if isinstance(found, str):
        return re.findall(r"[^;|,\s]+", found)
    if not isinstance(found, list):
        raise ValueError(f"{key!r} must be a list of names, found {found!r}")
    return [str(name) for name in found]


def _truth(value: object, key: str) -> bool:
    word = str("" if value is None else value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"column {key!r} must be 1 or 0, true or false, found {value!r}")


def _read_documents(path: Path) -> dict[str, DocumentFacts]:
    documents: dict[str, DocumentFacts] = {}
    for row in _rows(path):
        where = f"{path}: {row.where}"
        id = row.values.get("document_id")
        if id in (None, ""):
            raise CorpusError(f"{where}: no 'document_id'")
        id = str(id)
        if id in documents:
            raise CorpusError(f"{where}: duplicate document id {id!r}; make ids unique")
        try:
            year = whole_number(row.values, "year")
        except ValueError as error:
            raise CorpusError(f"{where}: {error}") from error
        words = {key: str(row.values.get(key) or "") for key in ("title", "genre", "context", "topic")}
        split = _split(row.values, where)
        documents[id] = DocumentFacts(id, **words, year=year, split=split, text=row.values.get("text"))
    return documents


def _group(rows: Sequence[AnnotatedSentence], path: Path) -> dict[str, list[AnnotatedSentence]]:
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
