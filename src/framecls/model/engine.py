"""What computes logits: one protocol, and the engine of PyTorch. ONNX Runtime's is in ``onnx_engine``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from framecls.config import EngineName

__all__ = ["Batch", "Engine", "TorchEngine"]

#: Padded token ids, their mask and whatever else the model takes, by name. *Shape:* ``(B, T)``, int64.
Batch = Mapping[str, npt.NDArray[np.int64]]


class Engine(Protocol):
    """Computes the logits of one padded batch. The scorer cuts batches, and knows of no engine more than this."""

    @property
    def name(self) -> EngineName:
        """The name users ask for it by."""

    @property
    def outputs(self) -> int:
        """Frames F it has a logit for."""

    @property
    def token_budget(self) -> int:
        """Tokens of a padded batch it is fastest with."""

    @property
    def workers(self) -> int:
        """Batches it computes at the same time, each asked for by a thread of its own."""

    def __call__(self, batch: Batch) -> npt.NDArray[np.float32]:
        """
        Compute logits.

        :param batch: B sentences.
        :returns: *Shape:* ``(B, F)``, float32.
        """


@dataclass(frozen=True, slots=True)
class TorchEngine:
    """
    PyTorch, in the arithmetic the model was loaded in, on the device it lies on.

    :param model: an encoder with a multi-label head.
    """

    model: PreTrainedModel

    @property
    def name(self) -> EngineName:
        """``torch-bf16`` where the weights are bfloat16, else ``torch``."""
        return "torch-bf16" if self.model.dtype == torch.bfloat16 else "torch"

    @property
    def outputs(self) -> int:
        """Frames F it has a logit for."""
        return int(self.model.config.num_labels)

    @property
    def token_budget(self) -> int:
        """Small enough for the cache of a core; a GPU is only busy with much more."""
        return 32_768 if self.model.device.type == "cuda" else 1024

    @property
    def workers(self) -> int:
        """One: torch has threads of its own for every batch."""
        return 1

    def __call__(self, batch: Batch) -> npt.NDArray[np.float32]:
        """
        Compute logits.

        :param batch: B sentences.
        :returns: *Shape:* ``(B, F)``, float32.
        """
        self.model.eval()
        with torch.inference_mode():
            inputs = {name: torch.from_numpy(array).to(self.model.device) for name, array in batch.items()}
            logits: npt.NDArray[np.float32] = self.model(**inputs).logits.float().cpu().numpy()
        return logits
