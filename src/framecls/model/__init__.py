"""From base model to trained classifier. The only room, with labelling, that imports torch."""

from framecls.model.classifier import FrameClassifier
from framecls.model.decision import Decision, FrameDecision

__all__ = ["Decision", "FrameClassifier", "FrameDecision"]
