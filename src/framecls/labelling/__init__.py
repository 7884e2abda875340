"""Batch labelling: documents in, a row a sentence out."""

from framecls.labelling.cluster import Cluster
from framecls.labelling.label import LabelledRun, label
from framecls.labelling.labeller import Labeller

__all__ = ["Cluster", "LabelledRun", "Labeller", "label"]
