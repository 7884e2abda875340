"""The one scoring path: sentences to logits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from framecls.errors import ModelError
from framecls.model.encoding import Encoder, batches, pad

__all__ = ["Scorer"]

#: Tokens of one padded batch; larger batches were no faster on two cores.
_TOKEN_BUDGET = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """An encoder with a multi-label head of F outputs, and the way sentences are put to it."""

    model: PreTrainedModel
    encoder: Encoder

    def __call__(
        self, texts: Sequence[str], before: Sequence[str] | None = None, heading: Sequence[str] | None = None
    ) -> npt.NDArray[np.float32]:
        """
        Score sentences, batched by length, in the order given.

        :param texts: N sentences.
        :param before: the sentence before each, or ``None``.
        :param heading: the heading path of each, or ``None``.
        :returns: logits. *Shape:* ``(N, F)``, float32.
        :raises ModelError: ``texts`` is one string, or ``before`` or ``heading`` is not as long.
        """
        if isinstance(texts, str):
            raise ModelError("give a list of sentences, not one string, which would be read letter by letter")
        for name, given in (("before", before), ("heading", heading)):
            if given is not None and len(given) != len(texts):
                raise ModelError(f"{len(given)} values of {name!r} for {len(texts)} texts; give one for each, or none")
        self.model.eval()
        features = self.encoder(texts, before, heading)
        scores = np.empty((len(texts), self.model.config.num_labels), dtype=np.float32)
        with torch.inference_mode():
            for rows in batches([len(feature["input_ids"]) for feature in features], _TOKEN_BUDGET):
                batch = pad([features[row] for row in rows], self.encoder.tokenizer)
                inputs = {key: tensor.to(self.model.device) for key, tensor in batch.items()}
                scores[rows] = self.model(**inputs).logits.float().cpu().numpy()
        return scores
