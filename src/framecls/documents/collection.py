"""Inputs of a run: find the files, read each by its kind, and yield sentences or the reason why there are none."""

import logging
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import has_magic
from math import isnan
from os.path import commonpath, normpath
from pathlib import Path
from typing import Any, Literal

from framecls.documents.document import Document, Sentence
from framecls.documents.docx import read_docx
from framecls.documents.html import read_html
from framecls.documents.language import language_of, with_language
from framecls.documents.outputs import output_kind
from framecls.documents.pdf import read_pdf
from framecls.documents.seen import Seen
from framecls.documents.segmentation import sentences
from framecls.documents.tables import TABLE_SUFFIXES, Row, TableKind, read_rows, sentence_of_row, table_kind
from framecls.documents.text import document_of_text, read_markdown, read_text
from framecls.errors import DocumentError

__all__ = ["Failure", "LocatedSentence", "Source", "find_sources", "read", "read_documents", "read_sentences"]

logger = logging.getLogger(__name__)

_TEXT = (".txt", ".text")
_MARKDOWN = (".md", ".markdown")
_HTML = (".html", ".htm", ".xhtml")
_DOCUMENT_SUFFIXES = (*_TEXT, *_MARKDOWN, *_HTML, ".docx", ".pdf")
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar")


@dataclass(frozen=True, slots=True)
class Source:
    """One input file, and the id its document gets."""

    path: Path
    id: str

    @property
    def is_table(self) -> bool:
        """Whether it holds rows with texts, rather than one document."""
        return _is_table(self.path)


@dataclass(frozen=True, slots=True)
class LocatedSentence:
    """A sentence with the ids it is reported under."""

    document_id: str
    sentence_id: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Failure:
    """A document, or a row of a table, that could not be used."""

    path: str
    stage: Literal["find", "read", "segment", "language", "length"]
    reason: str


def _suffix(path: Path) -> str:
    """Give what tells the kind of a file; only tables are read gzipped."""
    name = path.name.lower()
    unzipped = Path(name.removesuffix(".gz")).suffix
    return unzipped if unzipped in TABLE_SUFFIXES else Path(name).suffix


def _is_table(path: Path) -> bool:
    return _suffix(path) in TABLE_SUFFIXES


def find_sources(paths: Sequence[Path | str] | Path | str) -> tuple[list[Source], list[Failure]]:
    """
    Find the files to read: the named ones, and every file below the named folders, in sorted order.

    The id of a document is its path relative to the folder that all inputs share, so that it does not change with
    the machine. Links are followed; a folder that several of them lead to is read once. Hidden files, and those that
    Word keeps beside an open document, are passed over, and so, with a word in the log, is what framecls wrote itself,
    unless it is named. A file of an unknown kind, or one that cannot be reached, is a failure, never silence, and
    archives are not opened.

    :param paths: files, folders, and patterns of them such as ``reports/**/*.pdf``; or a single one.
    :returns: the sources, each file once, and what could not be taken.
    :raises DocumentError: a named path does not exist, a pattern fits nothing, the inputs stand on several drives of
        Windows, or no file was found at all.
    """
    paths = [paths] if isinstance(paths, Path | str) else paths
    found: dict[Path, None] = {}
    closed: dict[Path, str] = {}
    named: set[Path] = set()
    roots = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            roots.append(path.resolve())
            found.update(dict.fromkeys(_files_below(path.resolve(), closed)))
        elif path.exists():
            file = path.parent.resolve() / path.name
            roots.append(file.parent)
            named.add(file)
            found[file] = None
        elif has_magic(str(given)):
            folders, files = _files_matching(path, closed)
            roots += folders
            found.update(dict.fromkeys(files))
        else:
            raise DocumentError(f"{path}: no such file or folder")
    given_paths = ", ".join(str(path) for path in paths)
    if not found and not closed:
        raise DocumentError(f"{given_paths}: no files in here")
    try:
        root = Path(commonpath(roots))
    except ValueError as error:
        raise DocumentError(f"{given_paths}: are on several drives; give the inputs of each by themselves") from error
    once: dict[Path, Path] = {}
    for path in found:
        real = path.resolve()
        # Of a file and links to it the file itself.
        if path == real or real not in once:
            once[real] = path
    sources, failures, written = [], [], 0
    kept = set(once.values())
    for path in filter(kept.__contains__, found):
        id = path.relative_to(root).as_posix()
        if problem := _problem(path, id):
            failures.append(Failure(_printable(id), "find", problem))
        elif path not in named and (what := _written(path)):
            written += 1
            logger.info("%s: left out, as framecls wrote it (%s); name the file to have it read", id, what)
        else:
            sources.append(Source(path, id))
    for path, reason in closed.items():
        id = path.name if path == root else path.relative_to(root).as_posix()
        failures.append(Failure(_printable(id), "find", reason))
    if written and not sources and not failures:
        raise DocumentError(f"{given_paths}: nothing in here but what framecls wrote; name a file to have it read")
    return sources, failures


def _files_below(folder: Path, closed: dict[Path, str]) -> list[Path]:
    """
    Find the files below a folder.

    :param folder: a folder, by its real name or not.
    :param closed: gets the folders that cannot be read, with the reason.
    :returns: the files, in order.
    """

    def close(error: OSError) -> None:
        closed[Path(error.filename)] = f"cannot be opened: {error.strerror}"

    files: list[Path] = []
    seen: set[Path] = set()
    # Links wait until the folder itself is through, so that what both lead to keeps its own name.
    starts = [folder]
    for start in starts:
        for place, folders, names in os.walk(start, onerror=close):
            here = Path(place)
            real = here.resolve()
            if real in seen:
                folders.clear()
                continue
            if start != folder and folder.resolve().is_relative_to(real):
                closed[here] = "is a link to a folder above it, which is not followed"
                folders.clear()
                continue
            seen.add(real)
            folders[:] = [name for name in folders if not name.startswith(".")]
            starts += [here / name for name in folders if (here / name).is_symlink()]
            files += [here / name for name in names if not name.startswith((".", "~$"))]
    return sorted(files)


def _files_matching(path: Path, closed: dict[Path, str]) -> tuple[list[Path], list[Path]]:
    """Find the folders that a pattern finds files in, and the files."""
    root, pattern = _split_pattern(path)
    # What a link leads to may stand anywhere; the match itself counts by its own name.
    matches = [Path(normpath(match)) for match in sorted(root.glob(pattern))]
    files = [file for each in matches for file in (_files_below(each, closed) if each.is_dir() else [each])]
    files = [file for file in files if not (file.is_relative_to(root) and _is_passed_over(file.relative_to(root)))]
    if not files and not closed:
        raise DocumentError(f"{path}: no file fits this pattern")
    return [root, *(match.parent for match in matches if not match.is_relative_to(root))], files


def _is_passed_over(path: Path) -> bool:
    return path.name.startswith("~$") or any(part.startswith(".") for part in path.parts)


def _problem(path: Path, id: str) -> str:
    """Tell why a file cannot be an input; empty where it can."""
    known = (*_DOCUMENT_SUFFIXES, *TABLE_SUFFIXES)
    if _printable(id) != id:
        return "its name is not UTF-8; rename it"
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "is a pipe or a device, and no file; save what it gives to one"
    except OSError as error:
        return f"cannot be opened: {error.strerror or error}"
    if _suffix(path) in known:
        return ""
    if path.suffix.lower() in _ARCHIVES:
        return "is an archive, which is not opened; unpack it, and name the folder"
    return f"unknown kind of file {path.suffix!r}; expected one of {' '.join(known)}"


def _printable(id: str) -> str:
    """Spell out the bytes of a name that are not UTF-8, which nothing could write."""
    return id.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _written(path: Path) -> str:
    if _is_table(path) or _suffix(path) in _HTML:
        return output_kind(path, is_table=_is_table(path))
    return ""


def _split_pattern(path: Path) -> tuple[Path, str]:
    """Give the folder that a pattern begins with, and the rest."""
    first = next(index for index, part in enumerate(path.parts) if has_magic(part))
    return Path(*path.parts[:first]).resolve(), str(Path(*path.parts[first:]))


def read(path: Path | str, id: str | None = None, *, encoding: str | None = None) -> Document:
    """
    Read one document.

    :param path: a TXT, Markdown, HTML, DOCX or PDF file.
    :param id: identifies the document; the file name by default.
    :param encoding: an encoding of text files, to use instead of detecting one.
    :returns: the document.
    :raises DocumentError: the file cannot be read; the message begins with its path.
    """
    path = Path(path)
    try:
        return with_language(_read(path, id or path.name, encoding))
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error


def _read(path: Path, id: str, encoding: str | None) -> Document:
    suffix = _suffix(path)
    try:
        if path.stat().st_size == 0:
            raise DocumentError("is empty; there is no text to read")
        if suffix in _TEXT:
            return read_text(path, id, encoding)
        if suffix in _MARKDOWN:
            return read_markdown(path, id, encoding)
        if suffix in _HTML:
            return read_html(path, id, encoding)
        if suffix == ".docx":
            return read_docx(path, id)
        if suffix == ".pdf":
            return read_pdf(path, id)
    except OSError as error:
        raise DocumentError(f"cannot be opened: {error.strerror or error}") from error
    raise DocumentError(f"unknown kind of document {path.suffix!r}; expected one of {' '.join(_DOCUMENT_SUFFIXES)}")


def read_sentences(
    source: Source, *, encoding: str | None = None, table: TableKind | None = None, text_column: str = "text"
) -> Iterator[LocatedSentence | Failure]:
    """
    Read the sentences of one input file, whatever its kind.

    :param source: the file.
    :param encoding: an encoding of text files, to use instead of detecting one.
    :param table: what the rows of a table are; told from its columns by default.
    :param text_column: the column of a table that holds the text.
    :returns: sentences in order, and a failure for each document or row that gave none.
    """
    try:
        if _is_table(source.path):
            yield from _sentences_of_table(source, table, text_column, encoding)
        else:
            yield from _located(with_language(_read(source.path, source.id, encoding)), source.id)
    except DocumentError as error:
        yield Failure(source.id, "read", str(error))


def read_documents(
    source: Source, *, encoding: str | None = None, text_column: str = "text"
) -> Iterator[Document | Failure]:
    """
    Read the documents of one input file: the file itself, or each row of a table of documents.

    :param source: the file.
    :param encoding: an encoding of text files, to use instead of detecting one.
    :param text_column: the column of a table that holds the text.
    :returns: documents in order, and a failure for each that could not be read.
    """
    try:
        if not _is_table(source.path):
            yield with_language(_read(source.path, source.id, encoding))
            return
        for row in _rows_of_table(source, "documents", text_column, encoding):
            yield row if isinstance(row, Failure) else with_language(document_of_text(row.id, row.values["text"]))
    except DocumentError as error:
        yield Failure(source.id, "read", str(error))


def _located(document: Document, where: str) -> Iterator[LocatedSentence | Failure]:
    number = 0
    for number, sentence in enumerate(sentences(document), 1):
        yield LocatedSentence(document.id, f"{document.id}#{number:04d}", sentence)
    if number == 0:
        yield Failure(where, "segment", "holds no sentence; there are no words in it")
    if "pages_without_text" in document.meta:
        pages = document.meta["pages_without_text"]
        yield Failure(where, "read", f"no text layer on some pages, which need OCR: {pages}; the others were read")


def _sentences_of_table(
    source: Source, table: TableKind | None, text_column: str, encoding: str | None
) -> Iterator[LocatedSentence | Failure]:
    for row in _rows_of_table(source, table, text_column, encoding):
        if isinstance(row, Failure):
            yield row
            continue
        try:
            if row.kind == "sentences":
                sentence = sentence_of_row(row.values)
                sentence = replace(sentence, language=language_of(sentence.text))
                yield LocatedSentence(_document_of_row(row.values, source), row.id, sentence)
            else:
                yield from _located(with_language(document_of_text(row.id, row.values["text"])), row.where)
        except DocumentError as error:
            yield Failure(row.where, "read", str(error))


@dataclass(frozen=True, slots=True)
class _TextRow:
    """A row of a table with a text of its own."""

    where: str
    kind: TableKind
    id: str
    values: Mapping[str, Any]


def _rows_of_table(
    source: Source, table: TableKind | None, text_column: str, encoding: str | None
) -> Iterator[_TextRow | Failure]:
    seen = Seen()
    number = 0
    try:
        for number, row in enumerate(read_rows(source.path, encoding=encoding), 1):
            where = f"{source.id}: {row.where}"
            text = row.values.get(text_column)
            problem = row.problem
            if problem is None and text_column not in row.values:
                columns = ", ".join(map(str, row.values))
                problem = f"no column {text_column!r}; it has {columns} (name the right one with --text-column)"
                if _suffix(source.path) not in (".jsonl", ".ndjson"):
                    # The header of the other kinds holds for all of their rows.
                    yield Failure(source.id, "read", problem)
                    return
            if problem is None:
                problem = _problem_of_text(text, text_column)
            if problem is not None:
                yield Failure(where, "read", problem)
                continue
            kind = table or table_kind(row.values)
            id = _id_of_row(row, source, number, kind)
            if not seen.add(id):
                hint = "; if its rows are sentences, say --table sentences" if kind == "documents" else ""
                yield Failure(where, "read", f"duplicate {kind.removesuffix('s')} id {id!r}; make ids unique{hint}")
                continue
            yield _TextRow(where, kind, id, {**row.values, "text": text})
    except DocumentError as error:
        if number == 0:
            raise
        rows = "its first row was" if number == 1 else f"its first {number} rows were"
        yield Failure(source.id, "read", f"{error}; only {rows} read, and nothing from there on")
        return
    if number == 0:
        yield Failure(source.id, "read", "is empty; there are no rows to read")


def _problem_of_text(text: object, column: str) -> str | None:
    """Tell what keeps a cell from being a text."""
    if text is None or (isinstance(text, float) and isnan(text)) or (isinstance(text, str) and not text.strip()):
        return "is empty; there is no text to read"
    if not isinstance(text, str):
        return f"column {column!r} must hold text, found {type(text).__name__}"
    return None


def _document_of_row(values: Mapping[str, Any], source: Source) -> str:
    id = values.get("document_id")
    return source.id if id in (None, "") else str(id)


def _id_of_row(row: Row, source: Source, number: int, kind: TableKind) -> str:
    keys = ("sentence_id", "id") if kind == "sentences" else ("document_id", "id")
    for key in keys:
        if row.values.get(key) not in (None, ""):
            return str(row.values[key])
    return f"{source.id}:{number}"
