"""What a corpus is made of: annotated sentences and facts on documents."""

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["SPLITS", "AnnotatedSentence", "DocumentFacts", "Split"]

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class AnnotatedSentence:
    """
    One sentence as one annotator, or the settled reading, coded it.

    :param id: identifies the sentence in its corpus.
    :param document_id: the document it stands in.
    :param text: the sentence.
    :param frames: the frames it carries, in the codebook's order; empty when coded and none is present, ``None`` when
        not coded yet.
    :param start: first character in the document's text, or ``None`` when unknown.
    :param end: one past the last character, or ``None``.
    :param before: the sentence before it.
    :param heading: the headings above it.
    :param annotator: who coded it; empty when not said.
    :param borderline: whether careful readers differ over it.
    :param note: why.
    :param codes: second-level codes.
    """

    id: str
    document_id: str
    text: str
    frames: tuple[str, ...] | None
    start: int | None = None
    end: int | None = None
    before: str = ""
    heading: str = ""
    annotator: str = ""
    borderline: bool = False
    note: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a corpus says of one document; ``None`` and empty where it says nothing."""

    document_id: str
    title: str = ""
    genre: str = ""
    context: str = ""
    year: int | None = None
    topic: str = ""
    split: Split | None = None
    text: str | None = None
