"""Sentences to token ids, and token ids to padded batches of similar length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

from framecls.config import Context

__all__ = ["Encoder", "Features", "batches", "pad"]

#: For each sentence its token ids, mask and whatever else the model takes.
Features = list[dict[str, list[int]]]

#: Context is left out where the sentence leaves it fewer tokens than this.
_LEAST_CONTEXT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """
    Encode sentences, each with the context the model was trained with.

    :param tokenizer: of the base model.
    :param context: what of the surroundings goes into the second segment.
    :param max_length: tokens a sentence and its context may have, special ones included; the context is cut first.
    """

    tokenizer: PreTrainedTokenizerBase
    context: Context
    max_length: int

    def __call__(
        self, texts: Sequence[str], before: Sequence[str] | None = None, heading: Sequence[str] | None = None
    ) -> Features:
        """
        Encode N sentences without padding.

        :param texts: the sentences.
        :param before: the sentence before each; used where the context asks for it.
        :param heading: the heading path of each; likewise.
        :returns: for each sentence its ``input_ids``, ``attention_mask`` and whatever else the model takes.
        """
        texts = list(texts)
        if not texts:
            return []
        encoded = self.tokenizer(texts, truncation=True, max_length=self.max_length)
        features = [{key: values[row] for key, values in encoded.items()} for row in range(len(texts))]
        contexts = self._contexts(len(texts), before, heading)
        room = self.max_length - 1 - _LEAST_CONTEXT
        rows = [row for row, text in enumerate(contexts) if text and len(features[row]["input_ids"]) <= room]
        if rows:
            pairs = self.tokenizer(
                [texts[row] for row in rows],
                [contexts[row] for row in rows],
                truncation="only_second",
                max_length=self.max_length,
            )
            for position, row in enumerate(rows):
                features[row] = {key: values[position] for key, values in pairs.items()}
        return features

    def _contexts(self, size: int, before: Sequence[str] | None, heading: Sequence[str] | None) -> list[str]:
        wanted = [
            part
            for part, name in ((heading, "heading"), (before, "before"))
            if part is not None and name in self.context.split("+")
        ]
        return [" ".join(part[row] for part in wanted if part[row]) for row in range(size)]

    def too_long(self, texts: Sequence[str]) -> list[int]:
        """
        Tell which sentences the model sees only the beginning of.

        :param texts: N sentences.
        :returns: their rows, in order.
        """
        room = self.max_length - self.tokenizer.num_special_tokens_to_add()
        # No token is shorter than a character.
        rows = [row for row, text in enumerate(texts) if len(text) > room]
        if not rows:
            return []
        encoded = self.tokenizer([texts[row] for row in rows], add_special_tokens=False, verbose=False)["input_ids"]
        return [row for row, tokens in zip(rows, encoded, strict=True) if len(tokens) > room]


def batches(lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """
    Group sentences of similar length so that no padded batch holds more tokens than the budget.

    :param lengths: tokens of each of the N sentences.
    :param token_budget: most tokens of a padded batch, at least one sentence each.
    :returns: rows of each batch; every row occurs once.
    """
    order = np.argsort(np.asarray(lengths), kind="stable")[::-1]
    batch: list[int] = []
    for row in order.tolist():
        # Rows come longest first, so the first row of a batch gives its width.
        if batch and (len(batch) + 1) * lengths[batch[0]] > token_budget:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def pad(
    features: Sequence[dict[str, list[int]]], tokenizer: PreTrainedTokenizerBase
) -> dict[str, npt.NDArray[np.int64]]:
    """
    Pad encoded sentences to the longest of them.

    :param features: B encoded sentences.
    :param tokenizer: gives the padding ids.
    :returns: arrays by name. *Shape:* ``(B, T)``, int64.
    """
    width = max(len(feature["input_ids"]) for feature in features)
    fill = {"input_ids": tokenizer.pad_token_id, "token_type_ids": tokenizer.pad_token_type_id}
    padded = {key: np.full((len(features), width), fill.get(key, 0), dtype=np.int64) for key in features[0]}
    for key, array in padded.items():
        for row, feature in enumerate(features):
            array[row, : len(feature[key])] = feature[key]
    return padded
