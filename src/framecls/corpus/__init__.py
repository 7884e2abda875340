"""Annotated sentences, their splits and the checks on them. Knows nothing of models."""

from framecls.corpus.check import CorpusReport, FrameSummary, Summary, check
from framecls.corpus.corpus import Corpus, merge_codings
from framecls.corpus.duplicates import near_duplicates, near_groups
from framecls.corpus.fetching import Fetched, FetchLimits, fetch
from framecls.corpus.merging import Merged, gather, merge, read_codings_of
from framecls.corpus.records import AnnotatedSentence, DocumentFacts, Split
from framecls.corpus.splits import split_documents
from framecls.corpus.standoff import Hydration, SentenceFacts, Standoff, hydrate
from framecls.corpus.writing import write_corpus, write_standoff

__all__ = [
    "AnnotatedSentence",
    "Corpus",
    "CorpusReport",
    "DocumentFacts",
    "FetchLimits",
    "Fetched",
    "FrameSummary",
    "Hydration",
    "Merged",
    "SentenceFacts",
    "Split",
    "Standoff",
    "Summary",
    "check",
    "fetch",
    "gather",
    "hydrate",
    "merge",
    "merge_codings",
    "near_duplicates",
    "near_groups",
    "read_codings_of",
    "split_documents",
    "write_corpus",
    "write_standoff",
]
