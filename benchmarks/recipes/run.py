"""
Train a recipe and measure it on official sentences it has not seen; every run is kept, and none is done twice.

Three kinds of training data: ``authored`` (the project's corpus, tested on all official sentences at once),
``official`` and ``both`` (document-grouped cross-validation over the official sentences; in ``both`` the authored
corpus joins the training part of every fold). Validation, on which the decision is fitted, is always of the training
data: the authored validation split, or 15 % of the documents of the fold's training part. Sentences of the training
part that are near-duplicates of a test sentence are dropped, and official sentences of the annotator ``--train-only``
are trained on in the folds whose documents are not theirs, and never tested on.

    framecls corpus hydrate --documents my-copies/ --output hydrated/
    python benchmarks/recipes/run.py --official hydrated/ --train both --config configs/default.toml

Each run appends its record to ``results.jsonl``; ``README.md`` shows them as a table. ``taught.sh`` measures
the recipe of ``configs/best.toml``, from its teachers to its record.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from variants import VARIANTS, applied

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import AnnotatedSentence, Corpus
from framecls.errors import FrameclsError
from framecls.evaluation import evaluate
from framecls.files import write_jsonl, write_text
from framecls.lexicon import Lexicon
from framecls.model.training_data import TrainingData
from framecls.runs.cross_validation import base_digest, write_fold
from framecls.runs.folds import Fold, fold_data, group_documents, train_and_score, without_annotator

HERE = Path(__file__).parent
RESULTS = HERE / "results.jsonl"
Source = Literal["authored", "official", "both"]
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Data:
    """
    What there is.

    :param authored: the project's corpus.
    :param official: the sentences that are tested on.
    :param leave_out: share of the authored framed sentences without a keyword of any of their frames that is left out.
    :param thin: share of the authored sentences without a frame that is left out, so that a large teacher takes less.
    :param more: further official sentences, trained on only; most were drawn because an earlier model was taken in.
    :param soft: what teachers say of sentences (``distil.py``), coded ones and others.
    """

    authored: Corpus
    official: Corpus
    more: Corpus
    leave_out: float = 0.0
    thin: float = 0.0
    soft: Corpus | None = None

    @classmethod
    def of(cls, authored: Corpus, official: Corpus, train_only: str, **options: Any) -> Self:
        """Set apart the official sentences of an annotator who coded what is trained on only."""
        own = without_annotator(official, train_only)
        rest = tuple(s for s in official.sentences if s.annotator == train_only)
        return cls(authored, own, replace(official, sentences=rest), **options)

    def cut(
        self, config: TrainConfig, source: Source, held: str
    ) -> tuple[TrainingData, Corpus, Corpus, npt.NDArray[np.intp]]:
        """Give what is trained on, all official sentences, those that are tested on, and their rows among all."""
        authored = replace(self.authored, sentences=tuple(self.authored_sentences()))
        if source == "authored":
            learnt = TrainingData.of(authored, authored.splits(), name="authored")
            return (
                learnt.without_near(self.official.sentences),
                self.official,
                self.official,
                np.arange(len(self.official)),
            )
        corpus = replace(self.official, sentences=(*self.official.sentences, *self.more.sentences))
        also = [replace(authored, documents={})] if source == "both" else []
        learnt, test, rows = fold_data(config, corpus, self.folds(held), held, also=also)
        return learnt, corpus, test, rows

    def authored_sentences(self) -> list[AnnotatedSentence]:
        """Give the authored sentences, without those left out."""
        gold = self.authored.gold()
        hits = Lexicon(self.authored.codebook).decide([s.text for s in self.authored.sentences])
        escaping = gold.any(axis=1) & ~(gold & hits).any(axis=1)
        chance = np.random.default_rng(0).random(len(gold))
        left = np.where(gold.any(axis=1), escaping & (chance < self.leave_out), chance < self.thin)
        return [s for s, out in zip(self.authored.sentences, left, strict=True) if not out]

    def folds(self, held: str = "") -> dict[str, str]:
        """Assign the documents that are tested on to folds, the same in every run; ``0+2`` joins two of them."""
        own = group_documents(self.official, "kfold", folds=FOLDS)
        return {id: held if fold in held.split("+") else fold for id, fold in own.items()}

    def key(self, source: Source) -> dict[str, str]:
        """Hash what a run depends on."""
        return (
            {
                "authored": self.authored.sha256[:12] if source != "official" else "",
                "official": self.official.sha256[:12],
            }
            | ({"leave_out": str(self.leave_out)} if self.leave_out and source != "official" else {})
            | ({"thin": str(self.thin)} if self.thin and source != "official" else {})
            | ({"more": str(len(self.more))} if len(self.more) and source != "authored" else {})
            | ({"soft": self.soft.sha256[:12]} if self.soft else {})
        )

    def softened(self, data: TrainingData, test: Corpus, source: Source) -> TrainingData:
        """Let the train split learn what teachers say of it, and of uncoded sentences of its documents."""
        if self.soft is None:
            return data
        shares = {s.id: s.shares for s in self.soft.sentences}
        # A model of the authored corpus may learn from documents it is tested on: nobody's coding of them, that is.
        tested = set(test.document_ids()) if source != "authored" else set()
        if any(s.document_id in tested for s in self.soft.sentences):
            sys.exit("recipes: --soft has sentences of the fold that is tested; run distil.py with --leave-out of it")
        coded = {s.id for part in (self.authored, self.official, self.more) for s in part.sentences}
        others = [
            s for s in self.soft.sentences if s.id not in coded and data.splits.get(s.document_id, "train") == "train"
        ]
        own = [replace(s, shares=shares.get(s.id)) for s in data.train.sentences]
        softer = replace(data, train=replace(data.train, sentences=(*own, *others)))
        return softer.without_near(test.sentences)


def score(
    config: TrainConfig, source: Source, data: Data, fold: str, keep: Path | None, *, resume: bool
) -> tuple[Corpus, Fold]:
    """Train once and score official sentences that took no part, those that are tested on and others."""
    learnt, corpus, test, rows = data.cut(config, source, fold)
    learnt = data.softened(learnt, test, source)
    return corpus, replace(train_and_score(config, learnt, test, name=fold, keep=keep, resume=resume), rows=rows)


def recipe_in_results(config: TrainConfig) -> dict[str, Any]:
    """Give what of a config decides how a model scores, without paths; a base in a folder by its name and weights."""
    recipe = config.model_dump(mode="json", exclude={"codebook", "corpus", "output", "train_also"})
    if digest := base_digest(config):
        recipe["base"] = f"{Path(config.base).name}@{digest[:12]}"
    return recipe


def measure(
    config: TrainConfig, source: Source, data: Data, fold: str, keep: Path | None, key: str, *, resume: bool
) -> dict[str, Any]:
    """Train once and evaluate once."""
    corpus, found = score(config, source, data, fold, keep, resume=resume)
    tested = {s.id for s in data.official.sentences}
    rows = np.array([corpus.sentences[row].id in tested for row in found.rows])
    test = replace(corpus, sentences=tuple(corpus.sentences[row] for row in found.rows[rows]))
    scored = found.scored["model"]
    probabilities, decisions = scored.probabilities[rows], scored.decisions[rows]
    gold = test.gold()
    scores = evaluate(gold, probabilities, decisions, frames=test.codebook.frames, document_ids=test.document_ids())
    if keep:
        write_fold(fold_path(keep, fold), key, found)
    return {
        "trained_on": found.trained_on,
        # Of a resumed training the first part is not known.
        "seconds": None if resume else round(found.seconds),
        "sentences": len(test),
        "true_positives": (gold & decisions).sum(axis=0).tolist(),
        "false_positives": (~gold & decisions).sum(axis=0).tolist(),
        "false_negatives": (gold & ~decisions).sum(axis=0).tolist(),
        "average_precision": [round(s.average_precision or 0.0, 4) for s in scores.frames],
    }


def fold_path(keep: Path, fold: str) -> Path:
    """Give the file that a fold's probabilities are kept in."""
    return keep / f"fold{fold}.npz"


def export(config: TrainConfig, source: Source, data: Data, folder: Path) -> None:
    """Write what each fold is trained on, validated on and tested on, for systems with environments of their own."""
    tested = {s.id for s in data.official.sentences}
    for fold in sorted(set(data.folds().values())):
        found, _, test, _ = data.cut(config, source, fold)
        own = replace(test, sentences=tuple(s for s in test.sentences if s.id in tested))
        for name, part in (("train", found.train), ("validation", found.validation), ("test", own)):
            rows = (
                {"id": s.id, "document_id": s.document_id, "text": s.text, "frames": s.frames} for s in part.sentences
            )
            write_jsonl(folder / fold / f"{name}.jsonl", rows)


def known(results: Path) -> Iterator[dict[str, Any]]:
    if results.exists():
        yield from (json.loads(line) for line in results.read_text(encoding="utf-8").splitlines())


def f1(records: Sequence[dict[str, Any]]) -> npt.NDArray[np.float64]:
    """F1 of each frame over the counts of all folds. *Shape:* ``(F,)``."""
    tp, fp, fn = (
        np.array([record[key] for record in records]).sum(axis=0)
        for key in ("true_positives", "false_positives", "false_negatives")
    )
    scores: npt.NDArray[np.float64] = 2 * tp / np.maximum(2 * tp + fp + fn, 1)
    return scores


def table(records: Sequence[dict[str, Any]]) -> str:
    """Lay out a line for each recipe and kind of training data, in the order they were first tried."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        same = {
            key: record.get(key, "")
            for key in ("name", "train", "recipe", "authored", "official", "more", "leave_out", "thin", "variant")
        }
        # Every fold has soft labels of its own.
        same["soft"] = "soft" in record
        groups.setdefault(json.dumps(same, sort_keys=True), []).append(record)
    lines = [
        "# Recipes",
        "",
        (__doc__ or "").strip(),
        "",
        "F1 of the positive class from the counts of all folds together; AP is the mean over frames and folds.",
        "",
        "| what | trained on | sentences | folds | shared_responsibility | win_win | capacity_building "
        "| conditionality | macro | AP | s a fold |",
        "| --- " * 11 + "|",
    ]
    for of_group in groups.values():
        scores = f1(of_group)
        cells = [of_group[0]["name"], of_group[0]["train"], str(round(np.mean([r["trained_on"] for r in of_group])))]
        cells += [str(len(of_group)), *(f"{value:.2f}" for value in (*scores, scores.mean()))]
        cells += [f"{np.mean([r['average_precision'] for r in of_group]):.2f}"]
        seconds = [r["seconds"] for r in of_group if r["seconds"] is not None]
        cells += [str(round(np.median(seconds))) if seconds else "–"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path, help="the official corpus with its texts")
    parser.add_argument("--train-only", default="c", help="annotator whose sentences are trained on and not tested on")
    parser.add_argument("--authored", type=Path, default=Path("data/corpus"))
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--config", type=Path, default=Path("configs/default.toml"))
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="lay over the config")
    parser.add_argument("--train", choices=get_args(Source), default="both")
    parser.add_argument(
        "--folds", nargs="*", default=[str(fold) for fold in range(FOLDS)], help="0+2 holds out two at once"
    )
    parser.add_argument("--name", default="", help="what is tried, for the table")
    parser.add_argument("--keep", type=Path, help="keep the last model and its probabilities here")
    parser.add_argument("--resume", action="store_true", help="go on with the training in --keep that was killed")
    parser.add_argument(
        "--leave-out", type=float, default=0.0, help="share of keyword-free framed authored sentences not trained on"
    )
    parser.add_argument("--thin", type=float, default=0.0, help="share of frame-free authored sentences left out")
    parser.add_argument("--variant", choices=VARIANTS, help="a way of training that is not in the product")
    parser.add_argument("--soft", type=Path, help="train on what distil.py wrote here, too")
    parser.add_argument("--export", type=Path, help="only write each fold's sentences here, for peers")
    parser.add_argument("--table", action="store_true", help="only write README.md anew")
    options = parser.parse_args()
    if options.official is None and not options.table:
        parser.error("--official is needed: the official corpus with its texts")
    if options.table:
        write_text(HERE / "README.md", table(list(known(RESULTS))))
        return
    if options.resume and not (options.keep and (len(options.folds) == 1 or options.train == "authored")):
        parser.error("--resume goes on with one fold's training in --keep")
    codebook = Codebook.read(options.codebook)
    authored, official = (Corpus.read(path, codebook).coded() for path in (options.authored, options.official))
    data = Data.of(
        authored,
        official,
        options.train_only,
        leave_out=options.leave_out,
        thin=options.thin,
        soft=Corpus.read(options.soft, codebook) if options.soft else None,
    )
    config = TrainConfig.read(
        options.config,
        {"codebook": options.codebook, "soft": bool(options.soft)} | dict(pair.split("=", 1) for pair in options.set),
    )
    if options.export:
        export(config, options.train, data, options.export)
        return
    recipe = recipe_in_results(config)
    for fold in options.folds if options.train != "authored" else ["0"]:
        key = {
            "train": options.train,
            "fold": fold,
            "recipe": recipe,
            **data.key(options.train),
            **({"variant": options.variant} if options.variant else {}),
        }
        digest = sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]
        measured = any(record["key"] == digest for record in known(RESULTS))
        if measured and (not options.keep or fold_path(options.keep, fold).exists()):
            sys.stdout.write(f"{options.train} fold {fold}: measured before ({digest})\n")
            continue
        with applied(options.variant) if options.variant else nullcontext():
            record = measure(config, options.train, data, fold, options.keep, digest, resume=options.resume)
        if not measured:
            with RESULTS.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"key": digest, "name": options.name, **key, **record}) + "\n")
        scores = f1([record])
        per_frame = " ".join(f"{value:.2f}" for value in scores)
        sys.stdout.write(f"{options.train} fold {fold}: macro-F1 {scores.mean():.3f} ({per_frame})\n")
        sys.stdout.flush()
        write_text(HERE / "README.md", table(list(known(RESULTS))))


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"recipes: {error}")
