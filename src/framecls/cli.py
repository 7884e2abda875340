"""The command line: parse, call, print, exit code. Heavy imports wait inside the handlers."""

import logging
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from framecls.errors import FrameclsError

__all__ = ["app"]


class _App(typer.Typer):
    """A Typer app that shows the user one line for an error the user can mend."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except FrameclsError as error:
            _fail(str(error))
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(1)
        except OSError as error:
            # Places the user named that cannot be written or read: a file for a folder, no permission, a full disk.
            _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"framecls: {' '.join(message.split())}\n")
    sys.exit(1)


app = _App(
    name="framecls",
    help="Label partnership frames in official texts: train, evaluate, label, report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_TARGET = "What thresholds are fitted for: f1, precision=0.9, recall=0.95 …"

corpus_app = typer.Typer(help="Work with annotated sentences.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")


@app.callback()
def _options(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings and errors on stderr.")] = False,
) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("framecls").setLevel(logging.WARNING if quiet else logging.INFO)


@app.command()
def train(
    config: Annotated[Path, typer.Option(help="TOML file, such as configs/default.toml.")],
    output: Annotated[Path | None, typer.Option(help="Folder for the model; wins over the config.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Annotated sentences; wins over the config.")] = None,
    also: Annotated[
        list[Path] | None, typer.Option(help="Corpus that only joins the train split; may be given again.")
    ] = None,
    base: Annotated[str | None, typer.Option(help="Base model: packaged, a folder, or a Hub id.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Most passes over the train split.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of head, order and dropout.")] = None,
    target: Annotated[str | None, typer.Option(help=f"{_TARGET} The config's by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a training that was killed.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is in the output folder.")] = False,
) -> None:
    """Train a classifier on annotated sentences."""
    from framecls.config import TrainConfig
    from framecls.model.training import train as run
    from framecls.report import write_model_card

    _calm_transformers()
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
            help="'holdout' evaluates a model; 'kfold' and 'leave-one-out:' with institution, context, genre, year or "
            "document train a config's recipe without each fold and score it."
        ),
    ] = "holdout",
    split: Annotated[
        Literal["train", "validation", "test", "all"],
        typer.Option(help="Which split, for holdout; 'all' for a corpus that took no part in training."),
    ] = "test",
    target: Annotated[
        str | None, typer.Option(help=f"{_TARGET} Fitted on validation; the model's or config's by default.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="The recipe, for the other protocols.")] = None,
    folds: Annotated[int, typer.Option(help="How many, for kfold.", min=2)] = 5,
    train_only: Annotated[str, typer.Option(help="Annotator whose sentences are trained on, never tested on.")] = "",
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for the record; MODEL/evaluation for the test split it was trained beside."),
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Set lexicon and TF-IDF beside the model.")] = True,
    text: Annotated[bool, typer.Option(help="Write the sentences' text with their scores.")] = True,
    interval: Annotated[
        Literal["percentile", "bca"],
        typer.Option(help="Kind of the 95 % intervals; 'bca' is corrected for bias and skewness."),
    ] = "percentile",
) -> None:
    """Evaluate a model on sentences it was not trained on, or a recipe by cross-validation, beside the baselines."""
    from framecls.config import TrainConfig
    from framecls.errors import ConfigError
    from framecls.report import evaluation_markdown
    from framecls.runs import cross_validate, evaluate_model

    _calm_transformers()
    if protocol == "holdout":
        if model is None:
            raise ConfigError("--protocol holdout evaluates a trained model; give --model")
        evaluations = evaluate_model(
            model,
            corpus or Path("data/corpus"),
            split=split,
            target=target,
            baselines=baselines,
            output=output,
            text=text,
            interval=interval,
        )
    else:
        if config is None or output is None:
            raise ConfigError(f"--protocol {protocol} trains a recipe in folds; give --config and --output")
        recipe = TrainConfig.read(config, {"corpus": corpus, "target": target})
        evaluations = cross_validate(
            recipe,
            output,
            protocol=protocol,
            folds=folds,
            train_only=train_only,
            baselines=baselines,
            text=text,
            interval=interval,
        )
    typer.echo(evaluation_markdown(evaluations), nl=False)


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
    device: Annotated[str | None, typer.Option(help="cpu, cuda …; CUDA where there is one by default.")] = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"], typer.Option(help="Arithmetic; 'auto' is bf16 where the hardware has it.")
    ] = "fp32",
    target: Annotated[str | None, typer.Option(help=f"{_TARGET} The model's by default.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when any document failed.")] = False,
) -> None:
    """Label every sentence of documents."""
    from framecls.labelling import label as run
    from framecls.labelling.progress import progress_bar
    from framecls.labelling.writers import check_output
    from framecls.model import FrameClassifier

    check_output(output)
    _calm_transformers()
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


@corpus_app.command("check")
def corpus_check(
    corpus: Annotated[Path, typer.Argument(help="Annotated sentences: folder, JSONL, CSV or Parquet.")] = Path(
        "data/corpus"
    ),
    codebook: Annotated[Path, typer.Option(help="The codebook they were coded by.")] = Path("data/codebook.toml"),
) -> None:
    """Check a corpus for leaks, contradictions and offsets that do not match; exit 1 if it finds any."""
    from framecls.codebook import Codebook
    from framecls.corpus import Corpus, check
    from framecls.report.tables import corpus_markdown

    found = check(Corpus.read(corpus, Codebook.read(codebook)))
    typer.echo(corpus_markdown(found), nl=False)
    for problem in found.problems:
        typer.echo(f"framecls: {corpus}: {problem}", err=True)
    raise typer.Exit(1 if found.problems else 0)


Facts = Annotated[Path, typer.Option(help="Facts on sentences and documents: sentences.jsonl and documents.toml.")]


@corpus_app.command("suggest")
def corpus_suggest(
    labels: Annotated[Path, typer.Argument(help="The .parquet file 'framecls label' wrote.")],
    output: Annotated[Path, typer.Option(help="Sentences ready to be coded, as JSON Lines.")],
    size: Annotated[int, typer.Option(help="How many sentences.", min=1)] = 200,
    per_document: Annotated[int, typer.Option(help="Most of one document.", min=1)] = 5,
) -> None:
    """Choose the sentences worth coding next: those the model is unsure of, no two of them alike."""
    from framecls.runs import suggest_sentences

    count = suggest_sentences(labels, output, size=size, per_document=per_document)
    typer.echo(f"{output}: {count} sentences to code", err=True)


@corpus_app.command("facts")
def corpus_facts(
    corpus: Annotated[Path, typer.Argument(help="Corpus folder with the text of its documents.", show_default=False)],
    output: Annotated[Path, typer.Option(help="Folder for sentences.jsonl and documents.toml.")],
    codebook: Annotated[Path, typer.Option(help="The codebook they were coded by.")] = Path("data/codebook.toml"),
) -> None:
    """Reduce a corpus to facts that may be passed on where its texts may not: fingerprints, frames, addresses."""
    from framecls.codebook import Codebook
    from framecls.corpus import Corpus, Standoff, write_standoff

    standoff = Standoff.of(Corpus.read(corpus, Codebook.read(codebook)).coded())
    write_standoff(standoff, output)
    typer.echo(f"{output}: facts on {len(standoff.sentences)} sentences", err=True)


@corpus_app.command("hydrate")
def corpus_hydrate(
    documents: Annotated[list[Path], typer.Option(help="Your copies: files, folders, tables of documents.")],
    output: Annotated[Path, typer.Option(help="Folder for the corpus.")],
    facts: Facts = Path("data/official"),
    codebook: Annotated[Path, typer.Option(help="The codebook they were coded by.")] = Path("data/codebook.toml"),
    encoding: Annotated[str | None, typer.Option(help="Encoding of text files; detected by default.")] = None,
    text_column: Annotated[str, typer.Option(help="Column of tables that holds the text.")] = "text",
) -> None:
    """Find coded sentences again in your own copies of the documents and write them as an annotated corpus."""
    from framecls.codebook import Codebook
    from framecls.corpus import Standoff, hydrate, write_corpus
    from framecls.documents import find_sources, read_documents
    from framecls.files import write_jsonl

    book = Codebook.read(codebook)
    standoff = Standoff.read(facts, book)
    sources, unknown = find_sources(documents)
    copies = (copy for source in sources for copy in read_documents(source, encoding=encoding, text_column=text_column))
    found = hydrate(standoff, copies, book)
    for failure in (*unknown, *found.unread):
        typer.echo(f"framecls: {failure.path}: {failure.reason}", err=True)
    missing = output / "missing.jsonl"
    missing.unlink(missing_ok=True)
    typer.echo(f"found {found.found}, moved {found.moved}, missing {len(found.missing)} of {len(standoff.sentences)}")
    if found.missing:
        write_jsonl(missing, (one.model_dump(mode="json", exclude_defaults=True) for one in found.missing))
        typer.echo(f"{missing}: the facts on those that are missing", err=True)
    if not len(found.corpus):
        _fail(f"{', '.join(map(str, documents))}: none of the sentences stands in these documents")
    write_corpus(found.corpus, output)
    typer.echo(output)


@corpus_app.command("fetch")
def corpus_fetch(
    documents: Annotated[Path, typer.Option(help="Folder for the documents; what is there is not asked for again.")],
    facts: Facts = Path("data/official"),
    pause: Annotated[float, typer.Option(min=0.0, help="Seconds between requests to one host.")] = 1.0,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds a server may stay silent.")] = 30.0,
    max_mib: Annotated[int, typer.Option(min=1, help="Most MiB of one document.")] = 50,
) -> None:
    """Download the documents whose address is recorded; exit 1 if any could not be had."""
    from framecls.corpus import Fetched, FetchLimits, fetch
    from framecls.corpus.reading import read_document_facts

    def show(one: Fetched) -> None:
        if one.outcome == "failed":
            typer.echo(f"framecls: {one.document_id}: {one.reason}", err=True)

    # Each retry would be told; what comes of them is.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    limits = FetchLimits(pause=pause, timeout=timeout, size=max_mib << 20)
    found = fetch(read_document_facts(facts / "documents.toml"), documents, limits=limits, progress=show)
    counts = {outcome: sum(one.outcome == outcome for one in found) for outcome in ("fetched", "there", "failed")}
    typer.echo(", ".join(f"{outcome} {count}" for outcome, count in counts.items()))
    raise typer.Exit(1 if counts["failed"] else 0)


def _calm_transformers() -> None:
    """Keep loading bars and load reports of transformers off the user's terminal."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
