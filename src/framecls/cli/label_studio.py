"""The command for Label Studio's side: framecls corpus label-studio-config."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from framecls.cli.corpus import corpus_app


@corpus_app.command("label-studio-config")
def label_studio_config(
    codebook: Annotated[Path, typer.Option(help="The codebook with the frames.")] = Path("data/codebook.toml"),
    tasks: Annotated[
        Literal["documents", "sentences"],
        typer.Option(help="Passages are selected in documents, or frames are ticked for sentences."),
    ] = "documents",
    codes: Annotated[bool, typer.Option(help="Second-level codes too, as frame/code.")] = False,
) -> None:
    """Print the labelling configuration of a Label Studio project."""
    from framecls.codebook import Codebook
    from framecls.corpus.interchange.label_studio_config import labelling_config
    from framecls.corpus.interchange.project import codes_of

    found = [code for code in codes_of(Codebook.read(codebook)) if codes or code.parent is None]
    typer.echo(labelling_config(found, tasks=tasks), nl=False)
