"""framecls: label partnership frames in official texts, sentence by sentence."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from framecls.errors import FrameclsError

if TYPE_CHECKING:
    from framecls.codebook import Codebook
    from framecls.corpus import Corpus
    from framecls.documents import Document
    from framecls.evaluation import evaluate
    from framecls.labelling import label
    from framecls.model import FrameClassifier
    from framecls.model.training import train

__all__ = ["Codebook", "Corpus", "Document", "FrameClassifier", "FrameclsError", "evaluate", "label", "train"]

#: Where each public name lives; loaded on first use, so that ``import framecls`` does not load torch.
_HOMES = {
    "Codebook": "framecls.codebook",
    "Corpus": "framecls.corpus",
    "Document": "framecls.documents",
    "FrameClassifier": "framecls.model",
    "evaluate": "framecls.evaluation",
    "label": "framecls.labelling",
    "train": "framecls.model.training",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value
    raise AttributeError(f"module 'framecls' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
