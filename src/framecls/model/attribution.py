"""Which words push a score up or down: integrated gradients, by captum."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from framecls.errors import EvaluationError
from framecls.model.encoding import batches, pad
from framecls.model.engine import TorchEngine
from framecls.model.scoring import Scorer

__all__ = ["Push", "attribute"]

#: Points on the way from the empty sentence to the sentence; errors of the sum stay within a few per cent.
_STEPS = 32
#: Tokens of one padded batch of sentences; each is computed at every step.
_TOKEN_BUDGET = 1024


@dataclass(frozen=True, slots=True)
class Push:
    """
    What one word does to a score.

    :param word: as it stands in the sentence.
    :param start: its first character there.
    :param end: one past its last.
    :param value: by how much the logit is higher with it than with nothing in its place; negative where it is lower.
    """

    word: str
    start: int
    end: int
    value: float


def attribute(
    scorer: Scorer,
    texts: Sequence[str],
    columns: Sequence[int],
    before: Sequence[str] | None = None,
    heading: Sequence[str] | None = None,
) -> list[list[Push]]:
    """
    Attribute the score of one frame of each sentence to its words.

    Gradients of the logit by the embeddings of word pieces are integrated from a sentence of padding to the sentence
    itself (Sundararajan, Taly & Yan 2017, "Axiomatic attribution for deep networks") and summed over the pieces of a
    word. The values of all pieces, those of the context too, sum up to what the sentence's logit is above that of
    padding.

    :param scorer: of a trained classifier.
    :param texts: N sentences.
    :param columns: the frame asked of each, by its place in the codebook.
    :param before: the sentence before each, or ``None``.
    :param heading: the heading path of each, or ``None``.
    :returns: for each sentence its words in order; words cut off at the model's length are not among them.
    :raises EvaluationError: captum is not installed.
    """
    try:
        from captum.attr import LayerIntegratedGradients
    except ModuleNotFoundError as error:
        raise EvaluationError("captum is not installed; run: pip install 'framecls[explain]'") from error
    if not isinstance(scorer.engine, TorchEngine):
        raise EvaluationError("words can be asked of the torch engine only; load the model with engine torch")
    model, tokenizer = scorer.engine.model, scorer.encoder.tokenizer
    model.eval()
    features = scorer.encoder(texts, before, heading)
    special = torch.tensor(tokenizer.all_special_ids, device=model.device)

    def logits(input_ids: torch.Tensor, others: dict[str, torch.Tensor]) -> torch.Tensor:
        # Steps are laid out one after another along the batch; what does not change is repeated beside them.
        times = len(input_ids) // len(others["attention_mask"])
        found: torch.Tensor = model(
            input_ids=input_ids, **{key: value.repeat(times, 1) for key, value in others.items()}
        ).logits
        return found

    integrate: Callable[..., torch.Tensor] = LayerIntegratedGradients(logits, model.get_input_embeddings()).attribute
    found: list[list[Push]] = [[] for _ in texts]
    for rows in batches([len(feature["input_ids"]) for feature in features], _TOKEN_BUDGET):
        padded = pad([features[row] for row in rows], tokenizer)
        batch = {key: torch.from_numpy(values).to(model.device) for key, values in padded.items()}
        ids = batch.pop("input_ids")
        empty = torch.where(torch.isin(ids, special), ids, torch.full_like(ids, tokenizer.pad_token_id))
        values = integrate(
            ids,
            baselines=empty,
            target=torch.tensor([columns[row] for row in rows], device=model.device),
            additional_forward_args=(batch,),
            n_steps=_STEPS,
            internal_batch_size=None,
        ).sum(dim=-1)
        for row, of_pieces in zip(rows, values.tolist(), strict=True):
            found[row] = _words(texts[row], of_pieces, scorer)
    return found


def _words(text: str, values: Sequence[float], scorer: Scorer) -> list[Push]:
    """Sum up the values of word pieces by word; a mark beside a word belongs to it, so only space parts words."""
    encoder = scorer.encoder
    # The sentence is the first segment, with or without a context behind it.
    offsets = encoder.tokenizer(text, truncation=True, max_length=encoder.max_length, return_offsets_mapping=True)[
        "offset_mapping"
    ]
    found: list[Push] = []
    for (start, end), value in zip(offsets, values, strict=False):
        if start == end:
            continue
        last = found[-1] if found else None
        if last is not None and not any(character.isspace() for character in text[last.end : start + 1]):
            found[-1] = Push(text[last.start : end], last.start, end, last.value + value)
        else:
            while text[start].isspace():
                # Tokenizers of bytes count the space before a word with it.
                start += 1
            found.append(Push(text[start:end], start, end, value))
    return found
