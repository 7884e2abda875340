"""Label documents: inputs cut into shards, each labelled and kept, and joined to one file; failures recorded apart."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from framecls.documents import Failure, LocatedSentence, Source, find_sources
from framecls.documents.tables import TableKind
from framecls.errors import ConfigError, DocumentError
from framecls.files import refuse_overwriting
from framecls.labelling.cluster import Cluster, label_on_cluster
from framecls.labelling.failures import FAILURES, check_record, write_failures
from framecls.labelling.labeller import Labeller
from framecls.labelling.merging import Merger
from framecls.labelling.progress import Done, Tally
from framecls.labelling.sharding import Input, Part, Reading, cut_parts, cut_shards, hash_inputs, read_parts
from framecls.labelling.shards import label_shard, warn
from framecls.labelling.unfinished import Manifest, UnfinishedRun
from framecls.labelling.writers import LabelWriter, check_output
from framecls.model import FrameClassifier

__all__ = ["SHARD_SIZE", "LabelledRun", "label"]

#: Sentences of a shard: what a crash may cost, and what is held in memory.
SHARD_SIZE = 8192


@dataclass(frozen=True, slots=True)
class LabelledRun:
    """
    What a run came to.

    :param output: the labels.
    :param errors: the record of failures; ``None`` where there were none.
    :param documents: documents with at least one labelled sentence.
    :param sentences: rows written.
    :param failures: documents, or rows of tables, without one, or with sentences or pages left out.
    :param kept: sentences that an earlier, unfinished run had labelled.
    :param seconds: that reading, labelling and writing took.
    """

    output: Path
    errors: Path | None
    documents: int
    sentences: int
    failures: tuple[Failure, ...]
    kept: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Sentences labelled a second, without those that an earlier run had labelled."""
        return max(self.sentences - self.kept, 0) / max(self.seconds, 1e-9)


def label(
    paths: Sequence[Path | str] | Path | str,
    model: FrameClassifier | Path | str,
    output: Path | str,
    *,
    text: bool = True,
    encoding: str | None = None,
    table: TableKind | None = None,
    text_column: str = "text",
    any_language: bool = False,
    workers: int = 1,
    progress: Callable[[int, int, int], None] | None = None,
    watch: Callable[[Done], None] | None = None,
    resume: bool = False,
    shard_size: int = SHARD_SIZE,
    spreadsheet: bool = False,
    cluster: Cluster | None = None,
) -> LabelledRun:
    """
    Label every sentence of documents.

    :param paths: files, folders, and tables of documents or of sentences; or a single one.
    :param model: a classifier, or its checkpoint folder.
    :param output: ``.parquet``, ``.jsonl`` or ``.csv``.
    :param text: whether to write the sentences' text.
    :param encoding: an encoding of text files and tables, to use instead of detecting one.
    :param table: what the rows of tables are; told from their columns by default.
    :param text_column: the column of tables that holds the text.
    :param any_language: label sentences in languages the model was not trained for too; the labels say which.
    :param workers: processes that read documents, beside the one that labels; on a cluster its tasks read.
    :param progress: called with files read, files in all, and sentences labelled.
    :param watch: called at the same times with all that is known of how far the run is.
    :param resume: go on with a run that did not finish, where there is one.
    :param shard_size: sentences labelled and kept together.
    :param spreadsheet: in CSV, put an apostrophe before texts that a spreadsheet would take for a formula.
    :param cluster: a Ray cluster to label on, instead of this process.
    :returns: what was done. Documents that failed are in ``errors.jsonl`` beside the output.
    :raises FrameclsError: the model cannot be loaded, nothing could be read, the output cannot be written, or the run
        to go on with began with something else.
    """
    output = Path(output)
    if shard_size < 1:
        raise ConfigError(f"a shard of {shard_size} sentences holds none; give at least 1")
    sources, failures = _inputs(paths, output)
    check_record(output)
    labeller = Labeller(model if isinstance(model, FrameClassifier) else FrameClassifier.load(model), text=text)
    if workers < 1:
        raise ConfigError(f"{workers} processes cannot read; give at least 1")
    languages = None if any_language else labeller.languages
    reading = Reading(encoding, table, text_column, workers, languages)
    inputs = hash_inputs(sources)
    parts = list(cut_parts(inputs))
    # What the rows depend on is known before the first of them is kept.
    labeller.settle(_first_sentences(parts, replace(reading, workers=1)))
    manifest = _manifest(inputs, labeller, reading, shard_size)
    started = time.monotonic()
    with UnfinishedRun.begin(output, manifest, resume=resume) as run:
        tally = Tally(parts, run, progress, watch)
        if cluster is not None:
            label_on_cluster(
                cluster,
                parts,
                labeller.recipe(),
                run,
                reading=replace(reading, workers=1),
                size=shard_size,
                tally=tally,
            )
        else:
            with _settled_memory():
                _label_parts(parts, labeller, run, reading=reading, size=shard_size, tally=tally)
        merger = Merger(run, len(sources) > 1, failures)
        metadata = labeller.metadata | {"framecls.inputs_sha256": manifest.inputs_sha256}
        with run.output(output) as unnamed:
            with LabelWriter(unnamed, labeller.schema, metadata, output.suffix, spreadsheet=spreadsheet) as writer:
                for rows in merger.tables(parts):
                    writer.write(rows)
            errors = write_failures(output, failures)
            if not merger.sentences:
                more = f" (and {len(failures) - 1} more)" if failures[1:] else ""
                raise DocumentError(f"{failures[0].path}: {failures[0].reason}{more}")
    seconds = time.monotonic() - started
    return LabelledRun(output, errors, merger.documents, merger.sentences, tuple(failures), run.kept, seconds)


def _manifest(inputs: Sequence[Input], labeller: Labeller, reading: Reading, shard_size: int) -> Manifest:
    return Manifest(
        framecls=version("framecls"),
        model=labeller.name,
        model_sha256=labeller.model_sha256,
        codebook=labeller.codebook_sha256,
        settings={
            **labeller.settings,
            "encoding": str(reading.encoding),
            "table": str(reading.table),
            "text column": reading.text_column,
            "languages": "any" if reading.languages is None else " ".join(reading.languages),
            "shard size": str(shard_size),
        },
        inputs=inputs,
    )


def _first_sentences(parts: Sequence[Part], reading: Reading) -> Iterator[LocatedSentence]:
    for _, items in read_parts(parts, reading):
        yield from (item for _, item in items if isinstance(item, LocatedSentence))


def _inputs(paths: Sequence[Path | str] | Path | str, output: Path) -> tuple[list[Source], list[Failure]]:
    """Find the inputs; what will be written, where it is there already, must be none of them."""
    check_output(output)
    sources, failures = find_sources(paths)
    for written in (output, output.with_name(FAILURES)):
        refuse_overwriting(written, (source.path for source in sources))
    return sources, failures


@contextmanager
def _settled_memory() -> Iterator[None]:
    """
    Keep the garbage collector off what was there before: torch and transformers alone are a million objects, and going
    through them again and again takes as long as reading.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _label_parts(
    parts: Sequence[Part], labeller: Labeller, run: UnfinishedRun, *, reading: Reading, size: int, tally: Tally
) -> None:
    """Label and keep every shard that is not kept yet."""
    for part, items in read_parts([part for part in parts if not run.complete(part.number)], reading):
        for shard in cut_shards(part, items, size, table=reading.table):
            if (shard.part, shard.number) in run.records:
                tally.skipped(part, shard)
                continue
            warn(shard, several=len(parts) > 1 or len(part.inputs) > 1)
            run.add(*label_shard(shard, labeller, partial(tally.labelled, part, shard)))
            tally.finished(part, shard, len(shard.sentences))
