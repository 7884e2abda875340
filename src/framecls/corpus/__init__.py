"""Annotated sentences, their splits and the checks on them. Knows nothing of models."""

from framecls.corpus.check import CorpusReport, check
from framecls.corpus.corpus import Corpus, merge_codings
from framecls.corpus.records import AnnotatedSentence, DocumentFacts, Split
from framecls.corpus.splits import split_documents

__all__ = [
    "AnnotatedSentence",
    "Corpus",
    "CorpusReport",
    "DocumentFacts",
    "Split",
    "check",
    "merge_codings",
    "split_documents",
]
