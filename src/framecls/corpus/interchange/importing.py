"""A project of another tool to a corpus, with a report of what became of it."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from framecls.codebook import Codebook
from framecls.corpus.corpus import Corpus
from framecls.corpus.interchange.formats import find_format
from framecls.corpus.interchange.mapping import MappingTable, map_codes
from framecls.corpus.interchange.project import CodedDocument, ImportReport, Overlap, Project
from framecls.corpus.interchange.refi import codebook_of, read_qdc
from framecls.corpus.interchange.sentences import annotate
from framecls.corpus.writing import corpus_files, write_corpus
from framecls.errors import CorpusError
from framecls.files import refuse_overwriting, whole_file, write_json, write_jsonl

__all__ = ["Imported", "import_codebook", "import_project", "write_imported"]


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What came of a project.

    :param corpus: the coded sentences; without any where nobody coded one.
    :param report: what became of codes, annotators and selections.
    :param uncoded: documents nobody coded.
    """

    corpus: Corpus
    report: ImportReport
    uncoded: tuple[CodedDocument, ...]


def import_project(
    path: Path | str,
    codebook: Codebook,
    *,
    format: str | None = None,
    mapping: Path | str | None = None,
    sources: Path | str | None = None,
    overlap: Overlap = "half",
    coded_all: bool = False,
    models: bool = False,
    annotator: str | None = None,
) -> Imported:
    """
    Read a coding project into annotated sentences.

    :param path: the file another tool exported.
    :param codebook: gives the frames.
    :param format: name of its format; told from the file by default.
    :param mapping: a table of what its codes become (see :class:`MappingTable`).
    :param sources: folder of source files that are not in the project.
    :param overlap: how much of a sentence a selection has to cover (see :func:`annotate`).
    :param coded_all: take every annotator to have coded every document in full.
    :param models: whether models count as annotators.
    :param annotator: what the one person who coded the project is called, where every coder has a project of their own
        and is called alike in all of them.
    :returns: the corpus and the report.
    :raises UnmappedCodesError: codes are no frames of the codebook, and no table says what they are.
    :raises CorpusError: the file or the table cannot be read.
    """
    path = Path(path)
    if sources is not None and not Path(sources).is_dir():
        raise CorpusError(f"{sources}: no such folder; --sources names the one with the project's source files")
    found = find_format(path, format)
    if found.read is None:
        raise CorpusError(f"{path}: {found.title} is only written, not read")
    table = None if mapping is None else MappingTable.read(Path(mapping), codebook)
    reading = found.read(path, None if sources is None else Path(sources))
    if annotator is not None:
        reading = replace(reading, project=_by(reading.project, annotator, path))
    corpus, report = annotate(
        reading,
        map_codes(reading.project, codebook, table),
        codebook,
        source=str(path),
        format=found.name,
        overlap=overlap,
        coded_all=coded_all,
        models=models,
    )
    uncoded = tuple(document for document in reading.project.documents if document.id not in corpus.documents)
    return Imported(corpus, report, uncoded)


def _by(project: Project, name: str, path: Path) -> Project:
    """Give a project of one coder, and of models, with another name for the coder."""
    coders = {selection.annotator for selection in project.selections} | {
        who for who, _ in project.completed | project.partial
    }
    people = coders - project.models
    if len(people) > 1 or name in project.models:
        raise CorpusError(
            f"{path}: is coded by {', '.join(sorted(people))}; --annotator {name} names the one coder of a project"
        )
    names = {who: name if who in people else who for who in (*people, *project.models)}
    return replace(
        project,
        annotators=tuple(names.values()),
        selections=tuple(replace(one, annotator=names[one.annotator]) for one in project.selections),
        completed=frozenset((names[who], document) for who, document in project.completed),
        partial=frozenset((names[who], document) for who, document in project.partial),
    )


def write_imported(imported: Imported, folder: Path | str) -> None:
    """
    Write what came of a project.

    :param imported: the corpus and the report.
    :param folder: gets the corpus as :meth:`framecls.Corpus.read` reads it, ``report.json``, and ``uncoded.jsonl``
        where there are documents nobody coded, which ``framecls label`` reads.
    :raises ConfigError: one of these is the file that was imported.
    """
    folder = Path(folder)
    uncoded, report = folder / "uncoded.jsonl", folder / "report.json"
    for path in (*corpus_files(folder), uncoded, report):
        refuse_overwriting(path, [Path(imported.report.source)])
    if len(imported.corpus):
        write_corpus(imported.corpus, folder)
    uncoded.unlink(missing_ok=True)
    rows = [
        {"document_id": one.id, "title": one.name, "text": one.text} for one in imported.uncoded if one.text.strip()
    ]
    if rows:
        write_jsonl(uncoded, rows)
    write_json(report, asdict(imported.report))


def import_codebook(path: Path | str, folder: Path | str) -> Path:
    """
    Read a REFI-QDA codebook into one of framecls, to be gone through: what its file does not say is made up of names.

    :param path: the ``.qdc`` file.
    :param folder: gets ``codebook.toml``.
    :returns: the file written.
    :raises CorpusError: the file is no codebook, its codes make none, or ``codebook.toml`` is there already.
    """
    path, written = Path(path), Path(folder) / "codebook.toml"
    codes, problems = read_qdc(path)
    if problems:
        raise CorpusError(f"{problems[0].where}: {problems[0].reason}; mend it in the tool that wrote it")
    codebook = codebook_of(codes, path.stem)
    if written.exists():
        raise CorpusError(f"{written}: is there already; give another folder, or remove it")
    with whole_file(written) as partial:
        codebook.write(partial)
    return written
