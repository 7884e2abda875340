"""What a corpus is made of: annotated sentences and facts on documents."""

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["DOCUMENT_WORDS", "SPLITS", "AnnotatedSentence", "DocumentFacts", "Split"]

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
    :param hard_negative: frames it comes near to, in words or in sense, and does not carry.
    :param inclusion_probability: the chance it had to be drawn for coding, above 0 and at most 1, or ``None`` when
        unknown.
    :param shares: what share of its annotators gave each frame, in the codebook's order; ``None`` where it is not said.
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
    hard_negative: tuple[str, ...] = ()
    inclusion_probability: float | None = None
    shares: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """
    What a corpus says of one document; ``None`` and empty where it says nothing.

    :param document_id: identifies it.
    :param title: its title.
    :param genre: its kind, such as ``council conclusions``.
    :param context: ``european``, ``international``, ``north-american`` …
    :param topic: what it is about.
    :param institution: whose text it is.
    :param url: its official address.
    :param copy: an address of the plain text that was coded.
    :param licence: on what terms it may be used.
    :param year: of publication.
    :param split: the split it belongs to.
    :param text: the whole text.
    """

    document_id: str
    title: str = ""
    genre: str = ""
    context: str = ""
    topic: str = ""
    institution: str = ""
    url: str = ""
    copy: str = ""
    licence: str = ""
    year: int | None = None
    split: Split | None = None
    text: str | None = None


#: The facts that are words.
DOCUMENT_WORDS = ("title", "genre", "context", "topic", "institution", "url", "copy", "licence")
