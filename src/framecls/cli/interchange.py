"""Commands that exchange codings with other tools: framecls corpus import, framecls corpus export."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from framecls.cli.app import counted, fail
from framecls.cli.corpus import corpus_app

#: What --format takes; the table of formats is not loaded for a page of help.
_ONE_OF = (
    "One of qdpx, qdc, label-studio, label-studio-sentences, cas-json, cas-xmi, w3c, doccano, doccano-sentences, csv, "
    "csv-one-hot, xlsx, xlsx-one-hot."
)
#: Problems told one by one.
_SHOWN = 20
_CODEBOOK = "The codebook with the frames."
_SOURCES = "Folder of source files that are not in the project."
_MAPPING = "What codes become: TOML, or CSV with columns code and frame; 'ignore' leaves one out."


@corpus_app.command("import")
def corpus_import(
    project: Annotated[
        Path, typer.Argument(help="What your tool exported: .qdpx, .qdc, .json, .csv …", show_default=False)
    ],
    output: Annotated[Path, typer.Option(help="Folder for the corpus and report.json.")],
    codebook: Annotated[Path, typer.Option(help=_CODEBOOK)] = Path("data/codebook.toml"),
    format: Annotated[str | None, typer.Option(help=f"Format of the project; told from the file. {_ONE_OF}")] = None,
    mapping: Annotated[Path | None, typer.Option(help=_MAPPING)] = None,
    overlap: Annotated[
        Literal["any", "half", "full"], typer.Option(help="How much of a sentence a selection has to cover.")
    ] = "half",
    sources: Annotated[Path | None, typer.Option(help=_SOURCES)] = None,
    coded_all: Annotated[bool, typer.Option("--coded-all", help="Every annotator has read every document.")] = False,
    models: Annotated[bool, typer.Option("--models", help="Count models among the annotators.")] = False,
    annotator: Annotated[str | None, typer.Option(help="Name of the one person who coded the project.")] = None,
) -> None:
    """Read a coding project into an annotated corpus; exit 1 if anything of it was lost."""
    from framecls.codebook import Codebook
    from framecls.corpus.interchange import UnmappedCodesError, import_codebook, import_project, write_imported
    from framecls.corpus.interchange.reporting import report_markdown

    if output.exists() and not output.is_dir():
        fail(f"{output}: is a file; --output names a folder")
    if format == "qdc" or (format is None and project.suffix.lower() == ".qdc"):
        typer.echo(import_codebook(project, output))
        return
    try:
        found = import_project(
            project,
            Codebook.read(codebook),
            format=format,
            mapping=mapping,
            sources=sources,
            overlap=overlap,
            coded_all=coded_all,
            models=models,
            annotator=annotator,
        )
    except UnmappedCodesError as error:
        fail(f"{project}: {error}; {error.write_table(output / 'mapping.csv')} is one to fill in")
    write_imported(found, output)
    typer.echo(report_markdown(found.report), nl=False)
    if not len(found.corpus):
        fail(f"{project}: no sentence is coded with a frame of {codebook}; the report above says what became of it")
    typer.echo(f"{output}: {counted(len(found.corpus), 'sentence')}", err=True)
    raise typer.Exit(0 if found.report.complete else 1)


@corpus_app.command("export")
def corpus_export(
    coded: Annotated[
        Path, typer.Argument(help="Labels, an annotated corpus, or (for .qdc) a codebook.toml.", show_default=False)
    ],
    output: Annotated[Path, typer.Option(help="The file to write: .qdpx, .qdc, .json, .csv …")],
    documents: Annotated[
        list[Path] | None, typer.Option(help="For labels: the files, folders and tables that were labelled.")
    ] = None,
    codebook: Annotated[Path, typer.Option(help=_CODEBOOK)] = Path("data/codebook.toml"),
    format: Annotated[
        str | None, typer.Option(help=f"Format to write; told from the name of the output. {_ONE_OF}")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the project; that of the output by default.")] = None,
    into: Annotated[
        Path | None, typer.Option(help="A .qdpx project to add the codings to, beside those of its coders.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help=f"For --into: {_MAPPING}")] = None,
    sources: Annotated[Path | None, typer.Option(help=f"For --into: {_SOURCES}")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of text files; detected by default.")] = None,
) -> None:
    """Write labels or an annotated corpus as a project other tools open; exit 1 if anything was left out."""
    from framecls.codebook import Codebook
    from framecls.corpus.interchange import export_codebook, export_project
    from framecls.files import refuse_overwriting

    if format == "qdc" or (format is None and output.suffix.lower() == ".qdc"):
        if coded.suffix.lower() != ".toml":
            fail(f"{output}: a .qdc file holds a codebook alone, and {coded} is none; give a codebook.toml, or a .qdpx")
        refuse_overwriting(output, [coded])
        export_codebook(Codebook.read(coded), output)
        typer.echo(output)
        return
    done = export_project(
        coded,
        output,
        Codebook.read(codebook),
        documents=documents or (),
        format=format,
        name=name,
        into=into,
        mapping=mapping,
        sources=sources,
        encoding=encoding,
    )
    for problem in done.problems[:_SHOWN]:
        typer.echo(f"framecls: {problem.where}: {problem.reason}", err=True)
    if len(done.problems) > _SHOWN:
        typer.echo(f"framecls: and {len(done.problems) - _SHOWN} more", err=True)
    typer.echo(f"{output}: {done.selections} selections in {done.documents} documents", err=True)
    raise typer.Exit(1 if done.problems else 0)
