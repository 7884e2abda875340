"""Commands that make labelling fast: engines, screen."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from framecls.cli.app import TARGET, Device, Engine, Threads, app, calm_transformers


@app.command()
def engines(
    model: Annotated[Path, typer.Argument(help="Model folder.", show_default=False)],
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="Keep sentences of its test split, with their text, in the model folder, for engines to be held to; "
            "a corpus that may be passed on with the model."
        ),
    ] = None,
    size: Annotated[int, typer.Option(min=1, help="Most sentences to keep.")] = 1500,
    target: Annotated[str | None, typer.Option(help=f"{TARGET} The model's by default.")] = None,
    device: Device = None,
    threads: Threads = None,
) -> None:
    """Measure the engines that can run here, and hold each to the decisions of torch in fp32."""
    from framecls.runs.engines import compare_engines, engines_markdown, keep_held_out

    calm_transformers()
    if corpus is not None:
        kept = keep_held_out(model, corpus, size=size)
        typer.echo(f"{model}: keeps {kept} held-out sentences, with their text", err=True)
    figures = compare_engines(model, device=device, target=target, threads=threads)
    typer.echo(engines_markdown(figures), nl=False)


@app.command()
def screen(
    model: Annotated[Path, typer.Argument(help="Model folder.", show_default=False)],
    documents: Annotated[
        list[Path], typer.Argument(help="Whole documents, such as will be labelled.", show_default=False)
    ],
    engine: Engine = None,
    threads: Threads = None,
) -> None:
    """Fit the model's screen, for 'label --screen', to what the model finds in documents."""
    from framecls.runs.screening import fit_screen, screen_markdown

    calm_transformers()
    with _share_bar() as show:
        figures = fit_screen(model, documents, engine=engine, threads=threads, progress=show)
    typer.echo(screen_markdown(figures), nl=False)


@contextmanager
def _share_bar() -> Iterator[Callable[[str, float], None]]:
    """Show on a terminal what is being done, and how much of it is."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("reading documents", total=1.0)

        def show(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)

        yield show
