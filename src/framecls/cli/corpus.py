"""Commands for annotated sentences: framecls corpus …"""

import logging
from pathlib import Path
from typing import Annotated

import typer

from framecls.cli.app import app, fail

corpus_app = typer.Typer(help="Work with annotated sentences.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")


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


Codings = Annotated[
    list[Path],
    typer.Argument(help="A corpus with several annotators, or a file each by one of them.", show_default=False),
]


@corpus_app.command("agreement")
def corpus_agreement(
    corpora: Codings,
    codebook: Annotated[Path, typer.Option(help="The codebook they were coded by.")] = Path("data/codebook.toml"),
    output: Annotated[
        Path | None, typer.Option(help="Folder for agreement.json, agreement.md and disputed.jsonl.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws of documents for the intervals.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0)] = 0,
    show: Annotated[int, typer.Option(help="How many of the sentences that split the coders.", min=0)] = 20,
    text: Annotated[bool, typer.Option(help="Show and write their text.")] = True,
) -> None:
    """Measure how far coders agree: alpha, kappa, F1, confusions, and the sentences that split them."""
    from framecls.codebook import Codebook
    from framecls.runs.agreement import measure_agreement

    book = Codebook.read(codebook)
    markdown = measure_agreement(corpora, book, output=output, draws=draws, seed=seed, text=text, show=show)
    typer.echo(markdown, nl=False)


@corpus_app.command("merge")
def corpus_merge(
    corpora: Codings,
    output: Annotated[Path, typer.Option(help="Folder for the merged corpus.")],
    by: Annotated[
        str,
        typer.Option(help="'majority' (a tie is absent and borderline), 'adjudicator=NAME', or 'soft' (with shares)."),
    ] = "majority",
    codebook: Annotated[Path, typer.Option(help="The codebook they were coded by.")] = Path("data/codebook.toml"),
) -> None:
    """Merge the codings of several annotators into one reading of each sentence."""
    from framecls.codebook import Codebook
    from framecls.corpus import merge, read_codings_of, write_corpus
    from framecls.corpus.writing import corpus_files
    from framecls.files import refuse_overwriting
    from framecls.report import merge_markdown

    read = [file for path in corpora for file in (corpus_files(path) if path.is_dir() else [path])]
    for path in corpus_files(output):
        refuse_overwriting(path, read)
    merged = merge(read_codings_of(corpora, Codebook.read(codebook)), by=by)
    write_corpus(merged.corpus, output)
    typer.echo(merge_markdown(merged), nl=False)
    typer.echo(f"{output}: {len(merged.corpus)} sentences", err=True)


Facts = Annotated[Path, typer.Option(help="Facts on sentences and documents: sentences.jsonl and documents.toml.")]


@corpus_app.command("suggest")
def corpus_suggest(
    labels: Annotated[Path, typer.Argument(help="The .parquet file 'framecls label' wrote.")],
    output: Annotated[Path, typer.Option(help="Sentences ready to be coded, as JSON Lines.")],
    size: Annotated[int, typer.Option(help="How many sentences.", min=1)] = 200,
    per_document: Annotated[int, typer.Option(help="Most of one document.", min=1)] = 5,
) -> None:
    """Choose the sentences worth coding next: those the model is unsure of, no two of them alike."""
    from framecls.runs.suggestion import suggest_sentences

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
    from framecls.files import refuse_overwriting

    refuse_overwriting(output / "sentences.jsonl", [corpus, corpus / "sentences.jsonl"])
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
    from framecls.corpus.writing import corpus_files
    from framecls.documents import find_sources, read_documents
    from framecls.files import refuse_overwriting, write_jsonl

    sources, unknown = find_sources(documents)
    missing = output / "missing.jsonl"
    written = (*corpus_files(output), missing)
    for path in written:
        refuse_overwriting(path, [facts / "sentences.jsonl", *documents])
    # What an earlier run wrote below the documents is none of them.
    sources = [source for source in sources if source.path.resolve() not in {path.resolve() for path in written}]
    book = Codebook.read(codebook)
    standoff = Standoff.read(facts, book)
    copies = (copy for source in sources for copy in read_documents(source, encoding=encoding, text_column=text_column))
    found = hydrate(standoff, copies, book)
    for failure in (*unknown, *found.unread):
        typer.echo(f"framecls: {failure.path}: {failure.reason}", err=True)
    missing.unlink(missing_ok=True)
    typer.echo(f"found {found.found}, moved {found.moved}, missing {len(found.missing)} of {len(standoff.sentences)}")
    if found.missing:
        write_jsonl(missing, (one.model_dump(mode="json", exclude_defaults=True) for one in found.missing))
        typer.echo(f"{missing}: the facts on those that are missing", err=True)
    if not len(found.corpus):
        fail(f"{', '.join(map(str, documents))}: none of the sentences stands in these documents")
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
