"""REFI-QDA 1.5, the standard between ATLAS.ti, NVivo, MAXQDA and others: projects (.qdpx) and codebooks (.qdc)."""

from framecls.corpus.interchange.refi.archive import is_archive
from framecls.corpus.interchange.refi.codebook import codebook_of, detailed_codes, read_qdc, write_qdc
from framecls.corpus.interchange.refi.merging import Merged, merge_into
from framecls.corpus.interchange.refi.reader import open_qdpx, read_qdpx
from framecls.corpus.interchange.refi.writer import write_qdpx

__all__ = [
    "Merged",
    "codebook_of",
    "detailed_codes",
    "is_archive",
    "merge_into",
    "open_qdpx",
    "read_qdc",
    "read_qdpx",
    "write_qdc",
    "write_qdpx",
]
