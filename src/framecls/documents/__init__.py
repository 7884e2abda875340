"""Official documents in, sentences out. Knows nothing of frames and models."""

from framecls.documents.collection import (
    Failure,
    LocatedSentence,
    Source,
    find_sources,
    read,
    read_documents,
    read_sentences,
)
from framecls.documents.document import Block, Document, Piece, Sentence
from framecls.documents.parallel import read_all
from framecls.documents.segmentation import Gap, sentences, unsegmented

__all__ = [
    "Block",
    "Document",
    "Failure",
    "Gap",
    "LocatedSentence",
    "Piece",
    "Sentence",
    "Source",
    "find_sources",
    "read",
    "read_all",
    "read_documents",
    "read_sentences",
    "sentences",
    "unsegmented",
]
