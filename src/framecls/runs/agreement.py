"""From codings to a record of how far the coders agree."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from framecls.codebook import Codebook
from framecls.corpus import Corpus, read_codings_of
from framecls.evaluation import Agreement, disagreement, evaluate_agreement
from framecls.files import write_json, write_jsonl, write_text
from framecls.report import DisputedSentence, agreement_markdown

__all__ = ["measure_agreement"]


def measure_agreement(
    paths: Sequence[Path],
    codebook: Codebook,
    *,
    output: Path | None = None,
    draws: int = 1000,
    seed: int = 0,
    text: bool = True,
    show: int = 20,
) -> str:
    """
    Measure how far the coders of one corpus, or of several files, agree.

    :param paths: a corpus with several annotators, or a file each.
    :param codebook: gives the frames.
    :param output: folder for ``agreement.json``, ``agreement.md`` and ``disputed.jsonl``, if any.
    :param draws: of documents, for the intervals.
    :param seed: of the draws.
    :param text: whether disputed sentences are shown and written with their text.
    :param show: how many of them are shown.
    :returns: the record as Markdown.
    :raises FrameclsError: a corpus cannot be read, or no sentence is coded by two.
    """
    corpus = read_codings_of(paths, codebook)
    codings = corpus.by_coder()
    agreement = evaluate_agreement(
        codings,
        frames=codebook.frames,
        document_ids=corpus.document_ids(),
        borderline=_borderline(corpus, list(codings)),
        seed=seed,
        draws=draws,
    )
    disputed = _disputed(corpus, text=text)
    markdown = agreement_markdown(agreement, disputed, show=show)
    if output is not None:
        write_json(output / "agreement.json", _record(paths, corpus, agreement, len(disputed)))
        write_text(output / "agreement.md", markdown)
        rows = (asdict(one) for one in disputed)
        write_jsonl(output / "disputed.jsonl", ({k: v for k, v in row.items() if v != ""} for row in rows))
    return markdown


def _borderline(corpus: Corpus, coders: Sequence[str]) -> dict[str, np.ndarray]:
    """Tell which sentences each coder marked; what a merge makes of a tie is not among them."""
    marked = {name: np.zeros(len(corpus), dtype=bool) for name in coders}
    for number, sentence in enumerate(corpus.sentences):
        for coding in corpus.codings.get(sentence.id, ()):
            marked[coding.annotator][number] = coding.borderline
    return marked


def _disputed(corpus: Corpus, *, text: bool) -> list[DisputedSentence]:
    distances = disagreement(corpus.by_coder())
    found = []
    for number in np.argsort(-distances, kind="stable"):
        if distances[number] <= 0:
            break
        sentence = corpus.sentences[number]
        codings = corpus.codings[sentence.id]
        found.append(
            DisputedSentence(
                sentence.id,
                sentence.document_id,
                float(distances[number]),
                {coding.annotator: coding.frames or () for coding in codings},
                any(coding.borderline for coding in codings),
                sentence.text if text else "",
                sentence.before if text else "",
            )
        )
    return found


def _record(paths: Sequence[Path], corpus: Corpus, agreement: Agreement, disputed: int) -> dict[str, object]:
    return {
        "framecls": version("framecls"),
        "corpora": [path.name for path in paths],
        "corpus_sha256": corpus.sha256,
        "codebook": {
            "name": corpus.codebook.name,
            "version": corpus.codebook.version,
            "sha256": corpus.codebook.sha256,
        },
        **agreement.to_dict(),
        "disputed": disputed,
    }
