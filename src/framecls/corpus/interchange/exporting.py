"""Labels, corpora and codebooks to the files of other tools."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from framecls.codebook import Codebook
from framecls.corpus.corpus import Corpus
from framecls.corpus.interchange.building import is_corpus, project_of_corpus, project_of_labels
from framecls.corpus.interchange.formats import format_to_write
from framecls.corpus.interchange.mapping import MappingTable, map_codes
from framecls.corpus.interchange.project import Code, Problem, Project, codes_of
from framecls.corpus.interchange.refi import Merged, detailed_codes, merge_into, open_qdpx, write_qdc
from framecls.corpus.writing import corpus_files
from framecls.documents import find_sources
from framecls.errors import CorpusError
from framecls.files import refuse_overwriting

__all__ = ["export_codebook", "export_project"]


def export_project(
    coded: Path | str,
    output: Path | str,
    codebook: Codebook,
    *,
    documents: Sequence[Path | str] = (),
    format: str | None = None,
    name: str | None = None,
    into: Path | str | None = None,
    mapping: Path | str | None = None,
    sources: Path | str | None = None,
    encoding: str | None = None,
) -> Merged:
    """
    Write labels or an annotated corpus as a project of another tool.

    :param coded: labels as ``framecls label`` wrote them, or annotated sentences.
    :param output: the file to write.
    :param codebook: gives the frames.
    :param documents: for labels: the files, folders and tables that were labelled.
    :param format: name of the format; told from the name of the output by default.
    :param name: of the project; that of the output by default.
    :param into: a ``.qdpx`` project the codings are added to; it is read, not changed.
    :param mapping: what the codes of that project are, so that its own codes are used for the frames.
    :param sources: folder of source files that are not in that project.
    :param encoding: an encoding of text files, to use instead of detecting one.
    :returns: what was written, and what could not be.
    :raises CorpusError: nothing can be read, or the format cannot be written.
    :raises ConfigError: the output is one of the files that are read.
    """
    coded, output = Path(coded), Path(output)
    paths = [*map(Path, documents)]
    refuse_overwriting(output, _inputs(coded, paths, None if mapping is None else Path(mapping)))
    chosen = format_to_write(output, format)
    if chosen.write is None:
        raise CorpusError(f"{output}: {chosen.title} is only read, not written")
    codes = detailed_codes(codebook) if chosen.titles else codes_of(codebook)
    name = name or output.stem
    lost: tuple[Problem, ...] = ()
    if is_corpus(coded):
        if into is not None:
            raise CorpusError(f"{coded}: holds codings of people; --into adds labels of a model, and nothing else")
        project = project_of_corpus(Corpus.read(coded, codebook), codes, name)
    else:
        if not paths:
            raise CorpusError(f"{coded}: labels have no text of documents; give what was labelled with --documents")
        of_frames = [code for code in codes if code.parent is None]
        reading = project_of_labels(coded, paths, codebook, of_frames, name, encoding=encoding)
        project, lost = reading.project, (*reading.lost, *reading.problems)
    if into is not None:
        if chosen.name != "qdpx":
            raise CorpusError(f"{output}: only a project of REFI-QDA (.qdpx) can be added to with --into")
        table = None if mapping is None else MappingTable.read(Path(mapping), codebook)
        opened = open_qdpx(Path(into), None if sources is None else Path(sources))
        used = _codes_in(opened.reading.project, codebook, project.codes, table)
        merged = merge_into(opened, project, output, codes=used)
        return Merged(merged.selections, merged.documents, (*lost, *merged.problems))
    chosen.write(project, output)
    written = [selection for selection in project.selections if selection.codes]
    return Merged(len(written), len(project.documents), lost)


def _inputs(coded: Path, documents: Sequence[Path], mapping: Path | None) -> Iterator[Path]:
    """Give the files that an export reads."""
    yield coded
    if coded.is_dir():
        yield from corpus_files(coded)
    if mapping is not None:
        yield mapping
    if documents:
        yield from (source.path for source in find_sources(documents)[0])


def export_codebook(codebook: Codebook, output: Path | str) -> None:
    """
    Write a codebook as REFI-QDA.

    :param codebook: the codebook; its keywords and examples have no place in the standard.
    :param output: the ``.qdc`` file.
    """
    write_qdc(detailed_codes(codebook), Path(output))


def _codes_in(target: Project, codebook: Codebook, codes: Sequence[Code], table: MappingTable | None) -> dict[str, str]:
    """Find the codes of a project that stand for ours: those that are mapped to them, the first of several."""
    mapped = map_codes(target, codebook, table, partial=True)
    ours = {code.id for code in codes}
    found: dict[str, str] = {}
    for id, becomes in mapped.targets.items():
        if becomes is not None and str(becomes) in ours:
            found.setdefault(str(becomes), id)
    return found
