"""Label documents: sentences in windows, scored and decided by the classifier, a row each; failures recorded apart."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from framecls.documents import Failure, LocatedSentence, Source, find_sources, read_sentences
from framecls.documents.tables import TableKind
from framecls.errors import ConfigError, DocumentError
from framecls.labelling.failures import FAILURES, read_others, write_failures
from framecls.labelling.languages import in_languages
from framecls.labelling.writers import LabelWriter, check_output, label_schema
from framecls.model import FrameClassifier

__all__ = ["LabelledRun", "label"]

logger = logging.getLogger(__name__)

#: Sentences scored together: enough to sort by length, few enough to keep memory flat.
_WINDOW = 2048


@dataclass(frozen=True, slots=True)
class LabelledRun:
    """
    What a run came to.

    :param output: the labels.
    :param errors: the record of failures; ``None`` where there were none.
    :param documents: documents with at least one labelled sentence.
    :param sentences: rows written.
    :param failures: documents, or rows of tables, without one, or with sentences left out for their language.
    """

    output: Path
    errors: Path | None
    documents: int
    sentences: int
    failures: tuple[Failure, ...]


def label(
    paths: Sequence[Path | str],
    model: FrameClassifier | Path | str,
    output: Path | str,
    *,
    text: bool = True,
    encoding: str | None = None,
    table: TableKind | None = None,
    text_column: str = "text",
    any_language: bool = False,
    progress: Callable[[int, int, int], None] | None = None,
) -> LabelledRun:
    """
    Label every sentence of documents.

    :param paths: files, folders, and tables of documents or of sentences.
    :param model: a classifier, or its checkpoint folder.
    :param output: ``.parquet``, ``.jsonl`` or ``.csv``.
    :param text: whether to write the sentences' text.
    :param encoding: an encoding of text files, to use instead of detecting one.
    :param table: what the rows of tables are; told from their columns by default.
    :param text_column: the column of tables that holds the text.
    :param any_language: label sentences in languages the model was not trained for too; the labels say which.
    :param progress: called with files read, files in all, and sentences labelled.
    :returns: what was done. Documents that failed are in ``errors.jsonl`` beside the output.
    :raises FrameclsError: the model cannot be loaded, nothing could be read, or the output cannot be written.
    """
    output = Path(output)
    sources, failures = _inputs(paths, output)
    others = read_others(output)
    classifier = model if isinstance(model, FrameClassifier) else FrameClassifier.load(model)
    frames = classifier.codebook.frames
    metadata = {
        "framecls.model": classifier.name,
        "framecls.codebook": f"{classifier.codebook.name} {classifier.codebook.version} {classifier.codebook.sha256}",
        "framecls.decision": json.dumps(asdict(classifier.decision)),
    }
    owners: dict[str, str] = {}
    sentences = done = 0

    def located() -> Iterator[LocatedSentence]:
        nonlocal done
        for source in sources:
            items = read_sentences(source, encoding=encoding, table=table, text_column=text_column)
            for item in items if any_language else in_languages(items, classifier.languages):
                if isinstance(item, LocatedSentence):
                    owner = owners.setdefault(item.document_id, source.id)
                    if owner == source.id:
                        yield item
                        continue
                    item = _duplicate(item.document_id, source, owner)
                    if item in failures:
                        continue
                # What is wrong with an only input is said once, at the end; the rows of a table may be thousands.
                if len(sources) > 1:
                    logger.warning("%s: %s", item.path, item.reason)
                failures.append(item)
            done += 1

    with LabelWriter(output, label_schema(frames, text=text), metadata) as writer:
        for window in _windows(located(), _WINDOW):
            writer.write(_rows(window, classifier, text=text))
            sentences += len(window)
            if progress is not None:
                progress(done, len(sources), sentences)
        if not sentences:
            write_failures(output, failures, others)
            first = failures[0]
            raise DocumentError(
                f"{first.path}: {first.reason}" + (f" (and {len(failures) - 1} more)" if failures[1:] else "")
            )
    errors = write_failures(output, failures, others)
    return LabelledRun(output, errors, len(owners), sentences, tuple(failures))


def _inputs(paths: Sequence[Path | str], output: Path) -> tuple[list[Source], list[Failure]]:
    """Find the inputs, without the labels and the record that an earlier run left among them."""
    check_output(output)
    own = {output.resolve(), output.with_name(FAILURES).resolve()}
    for given in map(Path, paths):
        if given.resolve() in own and given.exists():
            raise ConfigError(f"{given}: is an input and would be overwritten; give another --output")
    sources, failures = find_sources(paths)
    left = [source for source in sources if source.path not in own]
    if not left and not failures:
        raise DocumentError(f"{', '.join(map(str, paths))}: no documents in here")
    return left, failures


def _duplicate(document_id: str, source: Source, owner: str) -> Failure:
    return Failure(
        source.id, "read", f"duplicate document id {document_id!r}, found in {owner} before; make ids unique"
    )


def _windows(items: Iterable[LocatedSentence], size: int) -> Iterator[list[LocatedSentence]]:
    iterator = iter(items)
    while window := list(islice(iterator, size)):
        yield window


def _rows(window: Sequence[LocatedSentence], classifier: FrameClassifier, *, text: bool) -> list[dict[str, Any]]:
    probabilities = classifier.probabilities(
        [item.sentence.text for item in window],
        [item.sentence.before for item in window],
        [item.sentence.heading for item in window],
    )
    frames = classifier.codebook.frames
    provenance = {"model": classifier.name, "codebook": classifier.codebook.sha256}
    rows = []
    for item, probability, decided in zip(
        window, probabilities.tolist(), classifier.decide(probabilities).tolist(), strict=True
    ):
        sentence = item.sentence
        row: dict[str, Any] = {
            "document_id": item.document_id,
            "sentence_id": item.sentence_id,
            "start": sentence.start,
            "end": sentence.end,
            "page": sentence.page,
            "heading": sentence.heading,
            "unit": sentence.unit,
            "language": sentence.language or None,
        }
        if text:
            row["text"] = sentence.text
        row |= {f"prob_{frame}": value for frame, value in zip(frames, probability, strict=True)}
        row |= dict(zip(frames, decided, strict=True))
        row["frames"] = [frame for frame, present in zip(frames, decided, strict=True) if present]
        row |= provenance
        rows.append(row)
    return rows
