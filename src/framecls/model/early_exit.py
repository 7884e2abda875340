"""
An early exit: the first third of the encoder's layers, with a head of its own (Xin et al. 2020, "DeeBERT").

The layers are the trained classifier's, as they are; only the head is fitted, to what the whole classifier finds. It
looks at every token before it pools, as what tells a frame is often one phrase of a long sentence.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from tempfile import TemporaryFile
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from framecls.model.encoding import Encoder, Features, batches, pad

__all__ = ["EarlyExit", "ExitHead", "exit_layers", "fit_exit"]

#: What the head makes of each token.
_WIDTH = 384
#: How it is fitted; chosen on documents that none of the figures reported are of.
_EPOCHS, _STEPS, _TOKENS, _RATE, _DECAY, _DROPOUT, _WARMUP = 4, 200, 4096, 2e-3, 0.01, 0.1, 100
#: Sentences without a frame that it is fitted to, beside all that have one.
_PLAIN = 40_000
#: Weight of a frame against its absence, as frames are rare.
_RARE = 5.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitHead:
    """
    A head on the tokens of an inner layer.

    :param layers: of the encoder that are computed.
    :param inner: weights on the H channels of each token. *Shape:* ``(W, H)``, float32.
    :param inner_bias: *Shape:* ``(W,)``, float32.
    :param outer: weights on the largest and the mean of the tokens. *Shape:* ``(F, 2 W)``, float32.
    :param outer_bias: *Shape:* ``(F,)``, float32.
    """

    layers: int
    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats

    @classmethod
    def of(cls, tensors: Mapping[str, npt.NDArray[np.floating]], *, layers: int) -> Self:
        """
        Make a head of tensors, rounded to half precision as they are stored.

        :param tensors: by name.
        :param layers: of the encoder that are computed.
        :returns: the head.
        """
        rounded = {name: tensors[name].astype(np.float16).astype(np.float32) for name in _TENSORS}
        return cls(layers=layers, **rounded)

    def tensors(self) -> dict[str, npt.NDArray[np.float16]]:
        """
        Give what is stored.

        :returns: tensors by name, in half precision.
        """
        return {name: getattr(self, name).astype(np.float16) for name in _TENSORS}

    @property
    def digest(self) -> str:
        """Tells one head from another, in the names of files made from it."""
        content = b"".join(array.tobytes() for array in self.tensors().values())
        return sha256(bytes([self.layers]) + content).hexdigest()[:8]


_TENSORS = ("inner", "inner_bias", "outer", "outer_bias")


def exit_layers(config: PretrainedConfig) -> int:
    """
    Say after how many layers a screen leaves the encoder: a third of them.

    :param config: of the model.
    :returns: how many; 0 where there are fewer than three.
    """
    return int(getattr(config, "num_hidden_layers", 0)) // 3


def _first_layers(model: PreTrainedModel, layers: int) -> PreTrainedModel | None:
    """Cut an encoder, in place; ``None`` where it has no list of layers to cut."""
    base, every = model.base_model, getattr(model.config, "num_hidden_layers", 0)
    for module in base.modules():
        for name, child in module.named_children():
            if isinstance(child, torch.nn.ModuleList) and len(child) == every:
                setattr(module, name, child[:layers])
                encoder: PreTrainedModel = base
                return encoder
    return None


class EarlyExit(torch.nn.Module):
    """
    The first layers of an encoder with a head of their own; gives logits as the whole model does.

    :param model: an encoder with a multi-label head; its later layers are cut off.
    :param head: says how many layers stay.
    :raises ValueError: the encoder has no list of layers.
    """

    def __init__(self, model: PreTrainedModel, head: ExitHead) -> None:
        super().__init__()
        self.config = model.config
        encoder = _first_layers(model, head.layers)
        if encoder is None:
            raise ValueError(f"a {type(model).__name__} has no list of layers")
        self.encoder = encoder
        self.inner = _linear(head.inner, head.inner_bias)
        self.outer = _linear(head.outer, head.outer_bias)
        self.to(model.dtype)

    @property
    def dtype(self) -> torch.dtype:
        """Arithmetic it computes in."""
        return self.inner.weight.dtype

    @property
    def device(self) -> torch.device:
        """Where it lies."""
        return self.inner.weight.device

    def forward(self, **inputs: torch.Tensor) -> SequenceClassifierOutput:
        """
        Compute logits.

        :param inputs: what the encoder takes. *Shape:* ``(B, T)`` each.
        :returns: with ``logits`` of shape ``(B, F)``.
        """
        states = self.encoder(**inputs).last_hidden_state
        pooled = _pool(self.inner(states), inputs["attention_mask"])
        return SequenceClassifierOutput(logits=self.outer(pooled))


def _linear(weight: Floats, bias: Floats) -> torch.nn.Linear:
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
    return layer


def _pool(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The largest and the mean over tokens of what is positive. ``(B, T, C)``, ``(B, T)`` to ``(B, 2 C)``."""
    shown = mask.unsqueeze(-1).to(values.dtype)
    # Nothing is below zero, so zero stands for a token that is not there.
    positive = torch.relu(values) * shown
    return torch.cat([positive.amax(dim=1), positive.sum(dim=1) / shown.sum(dim=1)], dim=-1)


def fit_exit(
    model: PreTrainedModel,
    encoder: Encoder,
    features: Features,
    targets: npt.NDArray[np.floating],
    folds: npt.NDArray[np.intp],
    *,
    progress: Callable[[float], None] | None = None,
) -> tuple[ExitHead, Floats] | None:
    """
    Fit a head to what the whole classifier finds.

    :param model: the classifier's; its later layers are cut off.
    :param encoder: gives the padding.
    :param features: N encoded sentences.
    :param targets: what to learn, from 0 to 1. *Shape:* ``(N, F)``.
    :param folds: the fold of each sentence; -1 for those to score only. *Shape:* ``(N,)``.
    :param progress: called with the share of the fitting that is done.
    :returns: the head fitted to all folds, and for each sentence the highest of its logits, by a head that was fitted
        without its fold. *Shape:* ``(N,)``, float32. ``None`` where the encoder cannot be left early.
    """
    layers = exit_layers(model.config)
    inner = _first_layers(model, layers) if layers else None
    if inner is None:
        return None
    with TemporaryFile() as file, torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        heads = _Heads(int(inner.config.hidden_size), int(folds.max()) + 1, targets.shape[1])
        learnt = _learnt(targets, folds)
        states = _States.of(inner, encoder, [features[row] for row in learnt], file)
        heads.fit(
            states, torch.from_numpy(targets[learnt].astype(np.float32)), torch.from_numpy(folds[learnt]), progress
        )
    return heads.head(layers), heads.score(inner, encoder, features, folds)


def _learnt(targets: npt.NDArray[np.floating], folds: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Choose the sentences to learn from."""
    framed = targets.max(axis=1) >= 0.5
    plain = np.flatnonzero(~framed & (folds >= 0))
    some = np.random.default_rng(0).permutation(plain)[:_PLAIN]
    return np.sort(np.concatenate([np.flatnonzero(framed & (folds >= 0)), some]))


def _tokens(
    inner: PreTrainedModel, encoder: Encoder, features: Features
) -> Iterator[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """Compute the states of an inner layer, some sentences at a time; gives their rows, states and masks."""
    inner.eval()
    for rows in batches([len(one["input_ids"]) for one in features], _TOKENS):
        batch = pad([features[row] for row in rows], encoder.tokenizer)
        inputs = {name: torch.from_numpy(array).to(inner.device) for name, array in batch.items()}
        with torch.inference_mode():
            states = inner(**inputs).last_hidden_state
        yield rows, states.cpu(), torch.from_numpy(batch["attention_mask"])


class _States:
    """The tokens of an inner layer of N sentences, in a file."""

    def __init__(self, values: npt.NDArray[np.float16], starts: npt.NDArray[np.int64]) -> None:
        self._values, self._starts = values, starts
        self.lengths = np.diff(starts)

    @classmethod
    def of(cls, inner: PreTrainedModel, encoder: Encoder, features: Features, file: Any) -> Self:
        starts = np.append(0, np.cumsum([len(one["input_ids"]) for one in features])).astype(np.int64)
        shape = (int(starts[-1]), int(inner.config.hidden_size))
        values = np.memmap(file, dtype=np.float16, mode="w+", shape=shape)
        for rows, found, _ in _tokens(inner, encoder, features):
            half = found.to(torch.float16).numpy()
            for place, row in enumerate(rows):
                values[starts[row] : starts[row + 1]] = half[place, : starts[row + 1] - starts[row]]
        return cls(values, starts)

    def batch(self, rows: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the tokens of some sentences, padded, and which are there."""
        lengths = self.lengths[rows]
        values = np.zeros((len(rows), int(lengths.max()), self._values.shape[1]), dtype=np.float32)
        for place, row in enumerate(rows):
            values[place, : lengths[place]] = self._values[self._starts[row] : self._starts[row + 1]]
        shown = np.arange(values.shape[1]) < lengths[:, None]
        return torch.from_numpy(values), torch.from_numpy(shown)


class _Heads(torch.nn.Module):
    """Heads for every fold and one for all, side by side: the tokens are read once for all of them."""

    def __init__(self, width: int, folds: int, frames: int) -> None:
        super().__init__()
        self.heads = folds + 1
        self.inner = torch.nn.Linear(width, self.heads * _WIDTH)
        self.outer = torch.nn.Parameter(torch.randn(self.heads, frames, 2 * _WIDTH) / (2 * _WIDTH) ** 0.5)
        self.outer_bias = torch.nn.Parameter(torch.zeros(self.heads, frames))

    def forward(self, values: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
        """``(B, T, H)`` and ``(B, T)`` to logits of every head, ``(B, K, F)``."""
        pooled = _pool(self.inner(values), shown).reshape(-1, 2, self.heads, _WIDTH).transpose(1, 2).flatten(2)
        pooled = torch.nn.functional.dropout(pooled, _DROPOUT, self.training)
        return torch.einsum("bkc,kfc->bkf", pooled, self.outer) + self.outer_bias

    def fit(
        self,
        states: _States,
        targets: torch.Tensor,
        folds: torch.Tensor,
        progress: Callable[[float], None] | None,
    ) -> None:
        cut = list(batches(states.lengths.tolist(), _TOKENS))
        # Few sentences are gone through more often.
        epochs = max(_EPOCHS, -(-_STEPS // len(cut)))
        steps = epochs * len(cut)
        optimizer = torch.optim.AdamW(self.parameters(), lr=_RATE, weight_decay=_DECAY)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / _WARMUP, 1.0) * (1 - step / steps)
        )
        # The head of a fold learns from all but its sentences, the last head from all.
        learns = folds[:, None] != torch.arange(self.heads)
        self.train()
        for epoch in range(epochs):
            for step, index in enumerate(torch.randperm(len(cut)).tolist(), epoch * len(cut) + 1):
                batch = cut[index]
                found, likely = self(*states.batch(batch)), targets[batch].unsqueeze(1)
                losses = torch.nn.functional.binary_cross_entropy_with_logits(
                    found, likely.expand_as(found), reduction="none"
                ) * (1 + (_RARE - 1) * likely)
                loss = (losses.mean(dim=2) * learns[batch]).sum(dim=1).mean()
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
                if progress is not None:
                    progress(step / steps)

    def head(self, layers: int) -> ExitHead:
        weights = {
            "inner": self.inner.weight[-_WIDTH:],
            "inner_bias": self.inner.bias[-_WIDTH:],
            "outer": self.outer[-1],
            "outer_bias": self.outer_bias[-1],
        }
        return ExitHead.of({name: array.detach().numpy() for name, array in weights.items()}, layers=layers)

    def score(
        self, inner: PreTrainedModel, encoder: Encoder, features: Features, folds: npt.NDArray[np.intp]
    ) -> Floats:
        scores = np.empty(len(folds), dtype=np.float32)
        self.eval()
        for rows, states, mask in _tokens(inner, encoder, features):
            with torch.inference_mode():
                found = self(states.float(), mask).amax(dim=2).numpy()
            # The head of all is the last one, which is where -1 leads.
            scores[rows] = found[np.arange(len(rows)), folds[rows]]
        return scores
