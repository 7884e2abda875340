"""Labels and corpora to a project that other tools open."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from framecls.codebook import Codebook
from framecls.corpus.corpus import Corpus
from framecls.corpus.interchange.project import (
    Code,
    CodedDocument,
    Problem,
    Project,
    ProjectReading,
    Selection,
    Unit,
)
from framecls.corpus.interchange.sentences import cut
from framecls.corpus.reading import table_rows
from framecls.corpus.records import AnnotatedSentence
from framecls.documents import Document, Failure, find_sources, read_documents
from framecls.documents.tables import truth, whole_number
from framecls.errors import CorpusError

__all__ = ["is_corpus", "project_of_corpus", "project_of_labels"]

#: Who coded what names nobody.
_NOBODY = "coder"
_COLUMNS = ("document_id", "sentence_id", "start", "end", "frames", "model", "codebook")
#: Characters of a text that a message shows.
_SHOWN = 60


def is_corpus(path: Path) -> bool:
    """
    Tell annotated sentences from labels.

    :param path: a folder, or a table.
    :returns: whether it holds annotated sentences: a folder, or rows that name no model.
    :raises CorpusError: it is not there, or no table.
    """
    if not path.exists():
        raise CorpusError(f"{path}: no such file or folder; give labels of 'framecls label', or an annotated corpus")
    if path.is_dir():
        return True
    return "model" not in next((row.values for row in table_rows(path)), {})


def project_of_corpus(corpus: Corpus, codes: Sequence[Code], name: str) -> Project:
    """
    Make a project of a corpus: every annotator's codings where they are known, the settled ones elsewhere.

    An annotator has read a document in full who coded all of its sentences that the corpus has, where these are all
    the sentences of its text; in part otherwise.

    :param corpus: the corpus. A document whose text it does not have is put together from its sentences.
    :param codes: codes whose ids are ``frame`` and ``frame/code`` of the corpus' codebook.
    :param name: what the project is called.
    :returns: the project; what is borderline or a hard negative has no place in it.
    :raises CorpusError: a sentence does not stand in the text of its document.
    """
    by_document: dict[str, list[AnnotatedSentence]] = defaultdict(list)
    for sentence in corpus.sentences:
        by_document[sentence.document_id].append(sentence)
    documents, selections = [], []
    completed: set[tuple[str, str]] = set()
    partial: set[tuple[str, str]] = set()
    annotators: dict[str, None] = {}
    for id, sentences in by_document.items():
        document, places = _document(id, sentences, corpus)
        documents.append(document)
        read: dict[str, int] = defaultdict(int)
        for sentence in sentences:
            for coding in corpus.codings.get(sentence.id, (sentence,)):
                if coding.frames is None:
                    continue
                who = coding.annotator or _NOBODY
                annotators[who] = None
                read[who] += 1
                of_sentence = _codes_of(coding, corpus.codebook)
                selections.append(Selection(id, who, of_sentence, *places[sentence.id], coding.note))
        whole = _reaches_every_sentence(document, places.values())
        for who, count in read.items():
            (completed if whole and count == len(sentences) else partial).add((who, id))
    return Project(
        name,
        tuple(documents),
        tuple(annotators),
        tuple(codes),
        tuple(selections),
        frozenset(completed),
        partial=frozenset(partial),
    )


def _codes_of(coding: AnnotatedSentence, codebook: Codebook) -> tuple[str, ...]:
    """Give the ids of a coding's frames, each with the second-level codes that are its own."""
    found = []
    for frame in coding.frames or ():
        own = {code.name for code in codebook[frame].codes}
        found += [frame, *(f"{frame}/{code}" for code in coding.codes if code in own)]
    return tuple(dict.fromkeys(found))


def _document(
    id: str, sentences: Sequence[AnnotatedSentence], corpus: Corpus
) -> tuple[CodedDocument, dict[str, tuple[int, int]]]:
    """Give a document, and where each sentence stands in it, by its id."""
    facts = corpus.documents.get(id)
    places: dict[str, tuple[int, int]] = {}
    if facts is None or facts.text is None:
        position = 0
        for sentence in sentences:
            places[sentence.id] = position, position + len(sentence.text)
            position += len(sentence.text) + 2
        text = "\n\n".join(sentence.text for sentence in sentences)
    else:
        text = facts.text
        for sentence in sentences:
            start, end = sentence.start, sentence.end
            if start is None or end is None or start < 0 or text[start:end] != sentence.text:
                raise CorpusError(
                    f"sentence {sentence.id!r} does not stand at {start} to {end} of document {id!r}; "
                    "see framecls corpus check"
                )
            places[sentence.id] = start, end
    return CodedDocument(id, (facts.title if facts else "") or id, text, units=_units(places)), places


def _reaches_every_sentence(document: CodedDocument, places: Iterable[tuple[int, int]]) -> bool:
    """Tell whether every sentence that an import would find in the text shares a character with one of the corpus."""
    reached = bytearray(len(document.text))
    for start, end in places:
        reached[start:end] = b"\1" * (end - start)
    found = cut(replace(document, units=()))
    return all(1 in reached[piece.start : piece.end] for piece in found)


def _units(places: Mapping[str, tuple[int, int]]) -> tuple[Unit, ...]:
    """Give sentences as units, in order; none where two of them share characters."""
    units = [Unit(id, start, end) for id, (start, end) in sorted(places.items(), key=lambda item: item[1])]
    return () if any(after.start < unit.end for unit, after in pairwise(units)) else tuple(units)


def project_of_labels(
    labels: Path,
    documents: Sequence[Path],
    codebook: Codebook,
    codes: Sequence[Code],
    name: str,
    *,
    encoding: str | None = None,
) -> ProjectReading:
    """
    Make a project of labels and the documents they were made of.

    :param labels: what ``framecls label`` wrote.
    :param documents: the very files, folders and tables that were labelled.
    :param codebook: the codebook of the model.
    :param codes: codes whose ids are its frames.
    :param name: what the project is called.
    :param encoding: an encoding of text files, to use instead of detecting one.
    :returns: the project, with ``framecls`` and the model's name as its annotator; labels whose sentence does not stand
        in its document are lost, and problems name documents that were not found.
    :raises CorpusError: the file holds no labels, or those of another codebook, or a cell of a frame says neither yes
        nor no.
    """
    by_document: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    frames = codebook.frames
    model = ""
    for where, row in _label_rows(labels):
        if missing := [column for column in (*_COLUMNS, *frames) if column not in row]:
            raise CorpusError(
                f"{where}: no column {missing[0]!r}; expected labels of 'framecls label', and their codebook"
            )
        if row["codebook"] != codebook.sha256:
            raise CorpusError(f"{where}: labelled by another codebook; give the codebook.toml of {row['model']!r}")
        by_document[str(row["document_id"])].append(row)
        model = str(row["model"])
    if not by_document:
        raise CorpusError(f"{labels}: holds no labels")
    who = f"framecls {model}"
    found: list[CodedDocument] = []
    selections: list[Selection] = []
    lost: list[Problem] = []
    problems: list[Problem] = []
    broken: set[str] = set()
    for document in _wanted(documents, by_document, encoding, problems):
        places: dict[str, tuple[int, int]] = {}
        for row in by_document.pop(document.id):
            start, end = _range(row)
            text = row.get("text")
            if start is None or end is None or not 0 <= start < end <= len(document.text):
                reason = (
                    f"its sentence ranges from {start} to {end}, and the document has {len(document.text)} characters"
                )
            elif text is not None and document.text[start:end] != text:
                reason = (
                    f"the document reads {document.text[start:end][:_SHOWN]!r} where the label has another sentence"
                )
            else:
                places[str(row["sentence_id"])] = start, end
                present = _present(row, frames, labels)
                if present:
                    chances = _chances(row, present)
                    selections.append(Selection(document.id, who, present, start, end, probabilities=chances))
                continue
            place = f"{labels}: {row['sentence_id']}"
            lost.append(Problem(place, f"{reason}; give the very files that were labelled", str(text or "")[:_SHOWN]))
            broken.add(document.id)
        title = str(document.meta.get("title", "")) or document.id
        found.append(CodedDocument(document.id, title, document.text, units=_units(places)))
    for id, rows in by_document.items():
        reason = f"document {id!r} is not among --documents; {len(rows)} sentences were left out"
        problems.append(Problem(str(labels), f"{reason}; name the same files and folders as for labelling"))
    # Where a label was lost, silence does not say that there is no frame.
    completed = frozenset((who, document.id) for document in found if document.id not in broken)
    project = Project(
        name,
        tuple(found),
        (who,),
        tuple(codes),
        tuple(selections),
        completed=completed,
        models=frozenset({who}),
        partial=frozenset((who, id) for id in broken),
    )
    return ProjectReading(project, lost=tuple(lost), problems=tuple(problems))


def _label_rows(labels: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for row in table_rows(labels):
        # Parquet leaves out what has no value.
        yield f"{labels}: {row.where}", {"start": None, "end": None, "frames": [], **row.values}


def _range(row: Mapping[str, Any]) -> tuple[int | None, int | None]:
    try:
        return whole_number(row, "start"), whole_number(row, "end")
    except ValueError:
        return None, None


def _present(row: Mapping[str, Any], frames: Iterable[str], labels: Path) -> tuple[str, ...]:
    try:
        return tuple(frame for frame in frames if truth(row[frame], frame))
    except ValueError as error:
        raise CorpusError(
            f"{labels}: sentence {row['sentence_id']!r}: {error}; label again, or restore what was changed"
        ) from error


def _chances(row: Mapping[str, Any], frames: Iterable[str]) -> tuple[float, ...]:
    """Give the probability of each frame; none where one of them has no number."""
    try:
        return tuple(min(1.0, max(0.0, float(row[f"prob_{frame}"]))) for frame in frames)
    except (KeyError, TypeError, ValueError):
        return ()


def _wanted(
    paths: Sequence[Path], wanted: Mapping[str, object], encoding: str | None, problems: list[Problem]
) -> Iterator[Document]:
    """Read the documents that labels speak of; those that cannot be read become problems."""
    sources, unknown = find_sources(paths)
    seen: set[str] = set()
    for source in sources:
        for document in read_documents(source, encoding=encoding):
            if isinstance(document, Failure):
                problems.append(Problem(document.path, document.reason))
            elif document.id in wanted and document.id not in seen:
                seen.add(document.id)
                yield document
    problems += [Problem(failure.path, failure.reason) for failure in unknown if failure.path in wanted]
