"""From base model to trained classifier. The lowest room that imports torch; evaluation and report never do."""

from framecls.model.classifier import FrameClassifier
from framecls.model.decision import Decision, FrameDecision

__all__ = ["Decision", "FrameClassifier", "FrameDecision"]
