"""Commands that use a model: label, report."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from framecls.cli.app import TARGET, app, calm_transformers


@app.command()
def label(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, folders, tables of documents or sentences.", show_default=False)
    ],
    model: Annotated[Path, typer.Option(help="Model folder.")],
    output: Annotated[Path, typer.Option(help="Labels: .parquet, .jsonl or .csv.")] = Path("labels.parquet"),
    text: Annotated[bool, typer.Option(help="Write the sentences' text.")] = True,
    encoding: Annotated[str | None, typer.Option(help="Encoding of text files; detected by default.")] = None,
    table: Annotated[
        Literal["documents", "sentences"] | None,
        typer.Option(help="What rows of tables are; told from their columns."),
    ] = None,
    text_column: Annotated[str, typer.Option(help="Column of tables that holds the text.")] = "text",
    any_language: Annotated[
        bool, typer.Option("--any-language", help="Label languages the model was not trained for too.")
    ] = False,
    device: Annotated[str | None, typer.Option(help="cpu, cuda …; CUDA where there is one by default.")] = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"], typer.Option(help="Arithmetic; 'auto' is bf16 where the hardware has it.")
    ] = "fp32",
    target: Annotated[str | None, typer.Option(help=f"{TARGET} The model's by default.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when any document failed.")] = False,
) -> None:
    """Label every sentence of documents."""
    from framecls.labelling import label as run
    from framecls.labelling.progress import progress_bar
    from framecls.labelling.writers import check_output
    from framecls.model import FrameClassifier

    check_output(output)
    calm_transformers()
    classifier = FrameClassifier.load(model, device=device, precision=precision, target=target)
    with progress_bar() as progress:
        done = run(
            paths,
            classifier,
            output,
            text=text,
            encoding=encoding,
            table=table,
            text_column=text_column,
            any_language=any_language,
            progress=progress,
        )
    typer.echo(f"{done.output}: {done.sentences} sentences of {done.documents} documents", err=True)
    if done.failures:
        typer.echo(f"{done.errors}: {len(done.failures)} failures, each with its reason", err=True)
    raise typer.Exit(1 if strict and done.failures else 0)


@app.command()
def report(
    labels: Annotated[Path, typer.Argument(help="What 'framecls label' wrote.")],
    output: Annotated[Path, typer.Option(help="The HTML page.")] = Path("report.html"),
    codebook: Annotated[Path | None, typer.Option(help="The model's codebook.toml, for titles and colours.")] = None,
    max_sentences: Annotated[
        int, typer.Option(help="Show texts until this many sentences stand in the page.")
    ] = 20_000,
) -> None:
    """Write a self-contained HTML page of labelled documents."""
    from framecls.codebook import Codebook
    from framecls.report import write_report

    book = Codebook.read(codebook) if codebook else None
    typer.echo(write_report(labels, output, codebook=book, max_sentences=max_sentences))
