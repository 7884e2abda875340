"""
Adapt a base model to official texts before it is fine-tuned, by masked language modelling on documents without codings.

Documents of the folds ``--leave-out`` are left out, so that a recipe measured on those folds with
``run.py --set base=FOLDER --folds …`` has seen neither their codings nor their texts.

    python benchmarks/recipes/adapt.py --documents documents.jsonl.gz --official hydrated/ --leave-out 0+1 --output new/
    python benchmarks/recipes/run.py --official hydrated/ --config configs/official.toml --set base=new/ --folds 0 1
"""

import argparse
import gzip
import json
import sys
import time
from pathlib import Path

import torch
from run import FOLDS
from transformers import AutoModelForMaskedLM, AutoTokenizer, set_seed

from framecls.codebook import Codebook
from framecls.config import PACKAGED_BASE
from framecls.corpus import Corpus
from framecls.model.base import resolve_base
from framecls.runs.folds import group_documents, without_annotator

LENGTH, BATCH, MASKED, WARMUP, DECAY = 128, 32, 0.2, 0.06, 0.01


def blocks(texts: list[str], tokenizer: object, length: int) -> torch.Tensor:
    """Cut documents into blocks of equal length, each between the marks of a beginning and an end."""
    found = []
    for start in range(0, len(texts), 64):
        for ids in tokenizer(texts[start : start + 64], add_special_tokens=False)["input_ids"]:  # type: ignore[operator]
            body = length - 2
            found += [ids[at : at + body] for at in range(0, len(ids) - body + 1, body)]
    inner = torch.tensor(found)
    first = torch.full((len(inner), 1), tokenizer.cls_token_id)  # type: ignore[attr-defined]
    last = torch.full((len(inner), 1), tokenizer.sep_token_id)  # type: ignore[attr-defined]
    return torch.cat([first, inner, last], dim=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, required=True, help="JSON lines with document_id and text, gzipped")
    parser.add_argument("--official", type=Path, required=True, help="the official corpus with its texts")
    parser.add_argument("--train-only", default="c", help="annotator whose sentences are not tested on")
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--leave-out", default="", help="fold whose documents are not read; 0+2 for two of them")
    parser.add_argument("--base", default=PACKAGED_BASE)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    corpus = Corpus.read(options.official, Codebook.read(options.codebook))
    tested = without_annotator(corpus, options.train_only)
    folds = group_documents(tested, "kfold", folds=FOLDS)
    left = set(filter(None, options.leave_out.split("+")))
    if strange := left - set(folds.values()):
        sys.exit(
            f"adapt: no fold is called {min(strange)!r}; --leave-out takes {', '.join(sorted(set(folds.values())))}"
        )
    with gzip.open(options.documents, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    texts = [d["text"] for d in documents if folds.get(d["document_id"]) not in left]
    where = resolve_base(options.base)
    tokenizer, model = AutoTokenizer.from_pretrained(where), AutoModelForMaskedLM.from_pretrained(where)
    set_seed(13)
    # The head of an embedder is new: it starts from the identity, with the embeddings as its output.
    torch.nn.init.eye_(model.cls.predictions.transform.dense.weight)
    cut = blocks(texts, tokenizer, LENGTH)
    steps = options.epochs * (len(cut) // BATCH)
    sys.stdout.write(f"{len(texts)} of {len(documents)} documents, {len(cut)} blocks of {LENGTH}, {steps} steps\n")
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (WARMUP * steps), (steps - step) / ((1 - WARMUP) * steps))
    )
    model.train()
    started, losses, step = time.monotonic(), [], 0
    for _ in range(options.epochs):
        order = torch.randperm(len(cut))
        for start in range(0, len(cut) - BATCH + 1, BATCH):
            ids = cut[order[start : start + BATCH]]
            hidden = torch.rand(ids.shape) < MASKED
            hidden[:, 0] = hidden[:, -1] = False
            # Of the hidden ones eight in ten are masked, one in ten is another piece, one in ten stays.
            chance, shown = torch.rand(ids.shape), ids.clone()
            shown[hidden & (chance < 0.8)] = tokenizer.mask_token_id
            other = hidden & (chance >= 0.9)
            shown[other] = torch.randint(len(tokenizer), (int(other.sum()),))
            with torch.autocast("cpu", torch.bfloat16):
                states = model.base_model(input_ids=shown).last_hidden_state
                loss = torch.nn.functional.cross_entropy(model.cls(states[hidden]).float(), ids[hidden])
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            step += 1
            if step % 50 == 0:
                left = (time.monotonic() - started) / step * (steps - step)
                mean = sum(losses[-50:]) / 50
                sys.stdout.write(f"step {step} of {steps}, loss {mean:.3f}, {left / 60:.1f} min left\n")
                sys.stdout.flush()
    model.base_model.save_pretrained(options.output)
    tokenizer.save_pretrained(options.output)


if __name__ == "__main__":
    main()
