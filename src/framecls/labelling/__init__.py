"""Batch labelling: documents in, a row a sentence out."""

from framecls.labelling.label import LabelledRun, label

__all__ = ["LabelledRun", "label"]
