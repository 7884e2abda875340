"""Commands that use a model: label, report."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from framecls.cli.app import TARGET, Device, Engine, Threads, app, calm_transformers, counted


@app.command()
def label(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, folders, tables of documents or sentences.", show_default=False)
    ],
    model: Annotated[Path, typer.Option(help="Model folder.")],
    output: Annotated[Path, typer.Option(help="Labels: .parquet, .jsonl or .csv.")] = Path("labels.parquet"),
    text: Annotated[bool, typer.Option(help="Write the sentences' text.")] = True,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of text files, detected by default, and of tables, UTF-8.")
    ] = None,
    table: Annotated[
        Literal["documents", "sentences"] | None,
        typer.Option(help="What rows of tables are; told from their columns."),
    ] = None,
    text_column: Annotated[str, typer.Option(help="Column of tables that holds the text.")] = "text",
    workers: Annotated[int, typer.Option(min=1, help="Processes that read documents; worth it for many PDFs.")] = 1,
    any_language: Annotated[
        bool, typer.Option("--any-language", help="Label languages the model was not trained for too.")
    ] = False,
    device: Device = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"] | None,
        typer.Option(help="Arithmetic of torch; 'auto' is bf16 where the hardware has it; fp32 by default."),
    ] = None,
    engine: Engine = None,
    threads: Threads = None,
    screen: Annotated[
        bool, typer.Option("--screen", help="Let the model's screen discard sentences early; they get no probability.")
    ] = False,
    screen_loss: Annotated[
        float | None,
        typer.Option(help="Share of positive decisions that screening may lose; 0.005 by default. Implies --screen."),
    ] = None,
    target: Annotated[str | None, typer.Option(help=f"{TARGET} The model's by default.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when errors.jsonl records anything.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that did not finish.")] = False,
    shard_size: Annotated[int, typer.Option(min=1, help="Sentences labelled and kept together.")] = 8192,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="In CSV, an apostrophe before texts that look like formulas.")
    ] = False,
    ray: Annotated[
        str | None, typer.Option(help="Label on a Ray cluster: local, auto, or the head node's address.")
    ] = None,
    ray_workers: Annotated[
        int | None, typer.Option(min=1, help="Actors with a model each; as many as there is room for.")
    ] = None,
    ray_cpus: Annotated[float, typer.Option(help="Cores of each actor, or a fraction.")] = 1.0,
    ray_gpus: Annotated[float, typer.Option(help="GPUs of each actor, or a fraction.")] = 0.0,
    ray_memory: Annotated[int, typer.Option(min=80, help="Megabytes of Ray's object store to use.")] = 1024,
) -> None:
    """Label every sentence of documents."""
    from framecls.labelling import Cluster
    from framecls.labelling import label as run
    from framecls.labelling.progress import progress_bar
    from framecls.labelling.stopping import Stopped, stoppable
    from framecls.labelling.unfinished import begun_engine
    from framecls.labelling.writers import check_output
    from framecls.model import FrameClassifier

    check_output(output)
    cluster = None
    if ray is not None:
        store = ray_memory * 1_000_000
        cluster = Cluster(address=ray, workers=ray_workers, cpus=ray_cpus, gpus=ray_gpus, object_store=store)
    calm_transformers()
    classifier = FrameClassifier.load(
        model,
        device=device,
        precision=precision,
        target=target,
        engine=(begun_engine(output) if resume and engine == "auto" else None) or engine,
        threads=threads,
        screen_loss=0.005 if screen and screen_loss is None else screen_loss,
    )
    try:
        with stoppable(), progress_bar() as watch:
            done = run(
                paths,
                classifier,
                output,
                text=text,
                encoding=encoding,
                table=table,
                text_column=text_column,
                any_language=any_language,
                workers=workers,
                watch=watch,
                resume=resume,
                shard_size=shard_size,
                spreadsheet=spreadsheet,
                cluster=cluster,
            )
    except Stopped as stopped:
        typer.echo(f"framecls: stopped by {stopped}", err=True)
        raise typer.Exit(stopped.exit_code) from None
    of = f"{counted(done.sentences, 'sentence')} of {counted(done.documents, 'document')}"
    typer.echo(f"{done.output}: {of}, {done.rate:,.0f} sentences/s", err=True)
    if done.failures:
        typer.echo(f"{done.errors}: {counted(len(done.failures), 'failure')}, each with its reason", err=True)
    raise typer.Exit(1 if strict and done.failures else 0)


@app.command()
def report(
    labels: Annotated[Path, typer.Argument(help="What 'framecls label' wrote; with --review also sentences to code.")],
    output: Annotated[Path | None, typer.Option(help="The HTML page; report.html or review.html.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="The model's codebook.toml, for titles and colours.")] = None,
    max_sentences: Annotated[
        int, typer.Option(help="Show texts until this many sentences stand in the page.", min=1)
    ] = 20_000,
    review: Annotated[
        bool, typer.Option("--review", help="A page to confirm, remove and add frames by keyboard.")
    ] = False,
    blind: Annotated[bool, typer.Option("--blind", help="Review without what the model said.")] = False,
    order: Annotated[
        Literal["document", "doubt"], typer.Option(help="Review as in the documents, or the least certain first.")
    ] = "document",
    annotator: Annotated[str, typer.Option(help="Review: name of the coder; asked for by default.")] = "",
) -> None:
    """Write a self-contained HTML page of labelled documents, to read or (--review) to code."""
    from framecls.codebook import Codebook
    from framecls.errors import ConfigError
    from framecls.files import refuse_overwriting
    from framecls.report import write_report, write_review

    page = output or Path("review.html" if review else "report.html")
    book = None
    if codebook is not None:
        refuse_overwriting(page, [codebook])
        book = Codebook.read(codebook)
    if review:
        typer.echo(
            write_review(
                labels,
                page,
                codebook=book,
                blind=blind,
                order=order,
                annotator=annotator,
                max_sentences=max_sentences,
            )
        )
        return
    if blind or order != "document" or annotator:
        raise ConfigError("--blind, --order and --annotator belong to a review; give --review too")
    typer.echo(write_report(labels, page, codebook=book, max_sentences=max_sentences))
