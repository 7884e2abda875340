"""
Ways of training that were tried on a fold and are not in the product, as none of them helped enough.

``run.py --variant NAME`` trains with one of them; the rest of the recipe is the config's.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from transformers import BertForSequenceClassification, PreTrainedModel, TrainerCallback
from transformers.modeling_outputs import SequenceClassifierOutput

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.model import base, choice, training
from framecls.model.sampling import LengthSamplingTrainer

__all__ = ["VARIANTS", "applied"]

Tensor = torch.Tensor

#: Second-level codes of all frames.
CODES = [
    code.name
    for definition in Codebook.read(Path(__file__).parents[2] / "data" / "codebook.toml").definitions
    for code in definition.codes
]
#: Share of a layer's learning rate that the layer below it has.
LAYER_DECAY = 0.85
#: Weights are averaged over the last so many of all steps.
AVERAGED = 0.4


def focal(logits: Tensor, gold: Tensor) -> Tensor:
    """Lin et al. 2017, with gamma 2."""
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits, gold, reduction="none")
    missed = torch.where(gold > 0.5, 1 - logits.sigmoid(), logits.sigmoid())
    return (missed**2 * plain).mean() * 4


def asymmetric(logits: Tensor, gold: Tensor) -> Tensor:
    """Ridnik et al. 2021, with gamma 0 for what is there and 4 for what is not, and a margin of 0.05."""
    there = torch.nn.functional.logsigmoid(logits)
    shifted = (logits.sigmoid() - 0.05).clamp(min=0)
    absent = shifted**4 * torch.log((1 - shifted).clamp(min=1e-6))
    return -(gold * there + (1 - gold) * absent).mean() * 2


def balanced(logits: Tensor, gold: Tensor) -> Tensor:
    """What is there counts three times, about the root of how much rarer it is."""
    weight = torch.full((logits.shape[1],), 3.0, device=logits.device)
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, gold, pos_weight=weight)


def logits(logits: Tensor, shares: Tensor) -> Tensor:
    """Beside the shares their logits, so that how unlikely a frame is counts, too (Kim et al. 2021)."""
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits, shares)
    return plain + 0.1 * torch.nn.functional.mse_loss(logits, shares.clamp(0.002, 0.998).logit())


LOSSES = {"focal": focal, "asymmetric": asymmetric, "balanced": balanced, "logits": logits}


class MeanPooled(BertForSequenceClassification):  # type: ignore[misc]
    """The head sees the mean of the tokens in place of the first one, pooled."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.classifier = torch.nn.Linear(self.pooled(config), config.num_labels)
        self.post_init()

    def pooled(self, config: Any) -> int:
        """Channels that the head sees."""
        return int(config.hidden_size)

    def pool(self, states: Tensor, shown: Tensor) -> Tensor:
        """``(B, T, H)`` and ``(B, T, 1)`` to ``(B, C)``."""
        return (states * shown).sum(dim=1) / shown.sum(dim=1)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor | None = None, **rest: Any
    ) -> SequenceClassifierOutput:
        """Compute logits, ``(B, F)``, and the loss where there are labels."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask, **rest).last_hidden_state
        pooled = self.pool(states, attention_mask.unsqueeze(-1).to(states.dtype))
        logits = self.classifier(self.dropout(pooled))
        loss = None
        if labels is not None:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), labels.float())
        return SequenceClassifierOutput(loss=loss, logits=logits)


class TokenHead(MeanPooled):
    """The head looks at each token before it takes the largest and the mean of them, beside the first."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.inner = torch.nn.Linear(config.hidden_size, config.hidden_size)
        self.post_init()

    def pooled(self, config: Any) -> int:
        return 3 * int(config.hidden_size)

    def pool(self, states: Tensor, shown: Tensor) -> Tensor:
        values = torch.relu(self.inner(states)) * shown
        return torch.cat([values.amax(dim=1), values.sum(dim=1) / shown.sum(dim=1), states[:, 0]], dim=1)


class SecondLevel(BertForSequenceClassification):  # type: ignore[misc]
    """A second head learns the second-level codes, where they are known, and is not asked afterwards."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.second = torch.nn.Linear(config.hidden_size, len(CODES))
        self.post_init()

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor | None = None, **rest: Any
    ) -> SequenceClassifierOutput:
        """Compute logits, ``(B, F)``, and the loss where there are labels, ``(B, F)`` or ``(B, F + codes)``."""
        pooled = self.dropout(self.bert(input_ids=input_ids, attention_mask=attention_mask, **rest).pooler_output)
        logits = self.classifier(pooled)
        loss = None
        if labels is not None:
            frames, codes = labels[:, : self.num_labels].float(), labels[:, self.num_labels :].float()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), frames)
            known = ~codes.isnan()
            if known.any():
                second = self.second(pooled).float()[known]
                loss = loss + 0.5 * torch.nn.functional.binary_cross_entropy_with_logits(second, codes[known])
        return SequenceClassifierOutput(loss=loss, logits=logits)


def with_codes(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Put the second-level codes beside the frames that are trained on, nan where a framed sentence has none."""

    def part(corpus: Corpus, encoder: Any, name: str, *, soft: bool = False) -> Any:
        found = plain(corpus, encoder, name, soft=soft)
        if name != "train":
            return found
        known = [
            [float(code in one.codes) if one.codes or not one.frames else np.nan for code in CODES]
            for one in corpus.sentences
        ]
        return replace(found, targets=np.concatenate([found.targets, known], axis=1))

    return part


HEADS = {"mean-pooled": MeanPooled, "token-head": TokenHead, "second-level": SecondLevel}
VARIANTS = (*LOSSES, *HEADS, "layer-rates", "averaged")


def layer_rates(model: PreTrainedModel, config: TrainConfig) -> torch.optim.AdamW:
    """Each layer learns slower than the one above it, the embeddings slowest (Howard and Ruder 2018)."""
    depth = model.config.num_hidden_layers
    groups = []
    for name, parameter in model.named_parameters():
        rate = config.head_learning_rate
        if ".layer." in name:
            rate = config.learning_rate * LAYER_DECAY ** (depth - 1 - int(name.split(".layer.")[1].split(".")[0]))
        elif ".embeddings." in name:
            rate = config.learning_rate * LAYER_DECAY**depth
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups, fused=True)


class Averaging(TrainerCallback):  # type: ignore[misc]
    """Put the mean of the last steps' weights in place of the last before an epoch is scored."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.count = 0

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **rest: Any) -> None:
        if state.global_step < (1 - AVERAGED) * state.max_steps or state.global_step % 10:
            return
        self.count += 1
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.sums[name] = self.sums.get(name, torch.zeros_like(value)) + value

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **rest: Any) -> None:
        if state.global_step >= state.max_steps:
            model.load_state_dict({name: value / self.count for name, value in self.sums.items()}, strict=False)


@contextmanager
def applied(variant: str) -> Iterator[None]:
    """Train in one of these ways while it lasts."""

    class VariantTrainer(LengthSamplingTrainer):
        def __init__(self, **arguments: Any) -> None:
            if variant == "averaged":
                arguments["callbacks"].append(Averaging())
            super().__init__(**arguments)

        def compute_loss(self, model: Any, inputs: dict[str, Tensor], return_outputs: bool = False, **rest: Any) -> Any:
            if variant not in LOSSES:
                return super().compute_loss(model, inputs, return_outputs, **rest)
            gold = inputs.pop("labels")
            outputs = model(**inputs)
            loss = LOSSES[variant](outputs.logits.float(), gold)
            return (loss, outputs) if return_outputs else loss

    with ExitStack() as patches:
        patches.enter_context(patch.object(training, "LengthSamplingTrainer", VariantTrainer))
        if variant == "layer-rates":
            patches.enter_context(patch.object(training, "_optimizer", layer_rates))
        if variant == "second-level":
            patches.enter_context(patch.object(training, "_part", with_codes(training._part)))
        if variant in HEADS:
            for module in (base, choice):
                patches.enter_context(patch.object(module, "AutoModelForSequenceClassification", HEADS[variant]))
        yield
