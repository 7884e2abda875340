"""The command that labels over HTTP: serve."""

from pathlib import Path
from typing import Annotated

import typer

from framecls.cli.app import TARGET, Device, Engine, Threads, app, calm_transformers


@app.command()
def serve(
    model: Annotated[Path, typer.Argument(help="Model folder.", show_default=False)],
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback let in whoever can reach them.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    label_studio: Annotated[bool, typer.Option("--label-studio", help="Be a Label Studio ML backend too.")] = False,
    max_batch: Annotated[int, typer.Option(help="Most sentences scored together.", min=1)] = 64,
    queue: Annotated[int, typer.Option(help="Most requests held at once; more are told to come again.", min=1)] = 64,
    max_bytes: Annotated[int, typer.Option(help="Most bytes of one request.", min=1)] = 2 << 20,
    max_sentences: Annotated[int, typer.Option(help="Most sentences of one request.", min=1)] = 10_000,
    timeout: Annotated[float, typer.Option(help="Seconds one request may take.", min=0.1)] = 60.0,
    device: Device = None,
    engine: Engine = None,
    threads: Threads = None,
    target: Annotated[str | None, typer.Option(help=f"{TARGET} The model's by default.")] = None,
) -> None:
    """Label texts over HTTP, on this machine or as a Label Studio ML backend."""
    from framecls.serving import Limits
    from framecls.serving import serve as run

    calm_transformers()
    limits = Limits(max_batch=max_batch, queue=queue, max_bytes=max_bytes, max_sentences=max_sentences, timeout=timeout)
    run(
        model,
        host=host,
        port=port,
        limits=limits,
        label_studio=label_studio,
        device=device,
        target=target,
        engine=engine,
        threads=threads,
    )
