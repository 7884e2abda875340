"""Order of training sentences: batches of similar length, in random order."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from transformers import Trainer

__all__ = ["LengthSampler", "LengthSamplingTrainer"]

#: Batches among which sentences are sorted by length; more pad less and mix less.
_WINDOW = 32


class LengthSampler(torch.utils.data.Sampler[int]):
    """
    Yield rows so that consecutive batches are of similar length each and come in random order.

    transformers' own ``group_by_length`` runs from the longest to the shortest sentences of fifty batches; as headings
    and other short sentences rarely carry a frame, each sweep ends by unlearning the frames, and training stays near
    chance.

    :param lengths: tokens of each of the N sentences.
    :param batch_size: sentences of a batch.
    :param seed: with the epoch, fixes the order.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, *, seed: int) -> None:
        self._lengths = np.asarray(lengths)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def set_epoch(self, epoch: int) -> None:
        """
        Choose the order of an epoch.

        :param epoch: its number, from 0.
        """
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng((self._seed, self._epoch))
        rows = rng.permutation(len(self._lengths))
        window = _WINDOW * self._batch_size
        batches: list[list[int]] = []
        for start in range(0, len(rows), window):
            part = rows[start : start + window]
            part = part[np.argsort(self._lengths[part], kind="stable")]
            batches += [part[at : at + self._batch_size].tolist() for at in range(0, len(part), self._batch_size)]
        full = [batch for batch in batches if len(batch) == self._batch_size]
        # Only the last batch may be smaller, or all after it would be cut askew.
        for index in rng.permutation(len(full)).tolist():
            yield from full[index]
        for batch in batches:
            if len(batch) < self._batch_size:
                yield from batch


class LengthSamplingTrainer(Trainer):  # type: ignore[misc]
    """A ``Trainer`` that takes its sentences from a :class:`LengthSampler`."""

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthSampler:
        dataset = self.train_dataset if train_dataset is None else train_dataset
        lengths = [len(ids) for ids in dataset["input_ids"]]
        return LengthSampler(lengths, self.args.per_device_train_batch_size, seed=self.args.seed)
