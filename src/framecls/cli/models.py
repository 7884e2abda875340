"""Commands that make and judge models: train, evaluate."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from framecls.cli.app import TARGET, app, calm_transformers


@app.command()
def train(
    config: Annotated[Path, typer.Option(help="TOML file, such as configs/default.toml.")],
    output: Annotated[Path | None, typer.Option(help="Folder for the model; wins over the config.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Annotated sentences; wins over the config.")] = None,
    also: Annotated[
        list[Path] | None, typer.Option(help="Corpus that only joins the train split; may be given again.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Base model: packaged:all-MiniLM-L6-v2, a folder, or a Hub id.")
    ] = None,
    epochs: Annotated[float | None, typer.Option(help="Most passes over the train split.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of head, order and dropout.")] = None,
    target: Annotated[str | None, typer.Option(help=f"{TARGET} The config's by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a training that was killed.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is in the output folder.")] = False,
) -> None:
    """Train a classifier on annotated sentences."""
    from framecls.config import TrainConfig
    from framecls.model.training import train as run
    from framecls.report import write_model_card

    calm_transformers()
    flags: dict[str, Any] = {"output": output, "corpus": corpus, "train_also": also or None, "base": base}
    flags |= {"epochs": epochs, "seed": seed, "target": target}
    folder = run(TrainConfig.read(config, flags), resume=resume, overwrite=overwrite)
    if folder is not None:
        write_model_card(folder)
        typer.echo(folder)


@app.command()
def evaluate(
    model: Annotated[Path | None, typer.Option(help="Model folder, for --protocol holdout.")] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(help="Annotated sentences: folder, JSONL, CSV or Parquet; data/corpus, or the config's."),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            help="'holdout' evaluates a model; 'kfold' trains a config's recipe without each fold and scores it; "
            "'kfold:' and 'leave-one-out:' with institution, context, genre, year or document keep what has that in "
            "common in one fold, or make a fold of each; 'learning-curve' trains it on growing shares of the documents."
        ),
    ] = "holdout",
    split: Annotated[
        Literal["train", "validation", "test", "all"],
        typer.Option(help="Which split, for holdout; 'all' for a corpus that took no part in training."),
    ] = "test",
    target: Annotated[
        str | None, typer.Option(help=f"{TARGET} Fitted on validation; the model's or config's by default.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="The recipe, for the other protocols.")] = None,
    folds: Annotated[int, typer.Option(help="How many, for kfold.", min=2)] = 5,
    shares: Annotated[
        str, typer.Option(help="Of the documents that are not held out, for learning-curve.")
    ] = "0.125,0.25,0.5,1",
    train_only: Annotated[str, typer.Option(help="Annotator whose sentences are trained on, never tested on.")] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the record. Without it nothing is written, except for the test split of the corpus that "
            "the model was trained on: MODEL/evaluation."
        ),
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Set majority, lexicon and TF-IDF beside the model.")] = True,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]PATH",
            help="Another system for the same table: a table of its decisions (id, frames), such as the rows of "
            "another evaluation, or for holdout a model folder; may be given again.",
        ),
    ] = None,
    text: Annotated[bool, typer.Option(help="Write the sentences' text with their scores.")] = True,
    interval: Annotated[
        Literal["percentile", "bca"],
        typer.Option(help="Kind of the 95 % intervals; 'bca' is corrected for bias and skewness."),
    ] = "percentile",
    explain: Annotated[
        bool, typer.Option("--explain", help="Record the words behind the surest mistakes (holdout; extra 'explain').")
    ] = False,
    suspects: Annotated[
        bool, typer.Option("--suspects", help="Record codings that are likely errors (extra 'cleanlab').")
    ] = False,
) -> None:
    """Evaluate a model on sentences it was not trained on, or a recipe by cross-validation, beside the baselines."""
    from framecls.config import TrainConfig
    from framecls.errors import ConfigError
    from framecls.report import evaluation_markdown, learning_markdown
    from framecls.runs.cross_validation import cross_validate
    from framecls.runs.holdout import evaluate_model
    from framecls.runs.learning import learning_curve

    calm_transformers()
    if protocol == "holdout":
        if model is None:
            raise ConfigError("--protocol holdout evaluates a trained model; give --model")
        evaluations = evaluate_model(
            model,
            corpus or Path("data/corpus"),
            split=split,
            target=target,
            baselines=baselines,
            beside=beside or (),
            output=output,
            text=text,
            interval=interval,
            explain=explain,
            suspected=suspects,
        )
        typer.echo(evaluation_markdown(evaluations), nl=False)
        return
    if protocol.partition(":")[0] not in ("kfold", "leave-one-out", "learning-curve"):
        raise ConfigError(f"--protocol {protocol!r}: give holdout, kfold, leave-one-out:WHAT or learning-curve")
    if explain:
        raise ConfigError("--explain asks a trained model; give --protocol holdout and --model")
    if config is None or output is None:
        raise ConfigError(f"--protocol {protocol} trains a recipe; give --config and --output")
    recipe = TrainConfig.read(config, {"corpus": corpus, "target": target})
    if protocol == "learning-curve":
        if beside or suspects or not text:
            raise ConfigError("--beside, --suspects and --no-text speak of sentences, and a learning curve has none")
        points = learning_curve(
            recipe,
            output,
            shares=_numbers(shares),
            folds=folds,
            train_only=train_only,
            baselines=baselines,
            interval=interval,
        )
        table = learning_markdown([(point.documents, point.sentences, point.evaluations) for point in points])
        typer.echo(table, nl=False)
        return
    evaluations = cross_validate(
        recipe,
        output,
        protocol=protocol,
        folds=folds,
        train_only=train_only,
        baselines=baselines,
        beside=beside or (),
        text=text,
        interval=interval,
        suspected=suspects,
    )
    typer.echo(evaluation_markdown(evaluations), nl=False)


def _numbers(given: str) -> list[float]:
    from framecls.errors import ConfigError

    try:
        return [float(part) for part in given.split(",")]
    except ValueError:
        raise ConfigError(f"--shares {given!r}: give numbers with commas between them, such as 0.25,0.5,1") from None
