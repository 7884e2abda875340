"""REFI-QDA 1.5, the standard between ATLAS.ti, NVivo, MAXQDA and others: projects (.qdpx) and codebooks (.qdc)."""

from framecls.corpus.interchange.refi.codebook import codebook_of, read_qdc, write_qdc
from framecls.corpus.interchange.refi.reader import read_qdpx
from framecls.corpus.interchange.refi.writer import write_qdpx

__all__ = ["codebook_of", "read_qdc", "read_qdpx", "write_qdc", "write_qdpx"]
