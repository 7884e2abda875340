"""
Let teachers label what a student will be trained on: larger models, or several whose probabilities are averaged.

Every coded sentence outside the folds ``--leave-out`` gets as its shares the mean of its coding and the teachers'
probability. Two kinds of further sentences get the probability alone: those of the same documents that nobody has
coded, as far as the screen of a model does not discard them, with some others at random; and ``--variants`` of each
coded sentence that carries a frame or that the teachers are in doubt about, with words or a clause left out, or
joined to a clause of another sentence. Neither is made of documents that validate the student, which are the same as
in ``run.py`` and ``framecls train``; the authored test split stays out. ``run.py --soft`` trains on all of it, and
``framecls train`` does with ``soft = true`` where nothing was left out.

    python benchmarks/recipes/run.py --official hydrated/ --config configs/best.toml --folds 1 --keep teacher/ \\
        --set base=encoder/ learning_rate=5e-5 head_learning_rate=5e-4
    python benchmarks/recipes/distil.py teacher/ --documents documents.jsonl.gz --official hydrated/ --leave-out 1 \\
        --screened-by models/partnership-frames --output soft/
    python benchmarks/recipes/run.py --official hydrated/ --config configs/best.toml --folds 1 --soft soft/
"""

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from run import FOLDS

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import AnnotatedSentence, Corpus, DocumentFacts, Split, split_documents, write_corpus
from framecls.corpus.standoff import fingerprint
from framecls.documents import LocatedSentence, find_sources, read_sentences
from framecls.model import FrameClassifier
from framecls.runs.folds import group_documents, without_annotator

LOSS, CHUNK = 0.005, 2048
#: Probabilities between which a teacher is in doubt; share of the words that a variant leaves out.
DOUBT, DROPPED = (0.02, 0.98), 0.12
CLAUSE = re.compile(r"(?<=[,;:])\s+")


def uncoded(documents: Path, coded: set[str]) -> list[AnnotatedSentence]:
    """Give the sentences of documents whose words nobody has coded, each once."""
    found: dict[str, AnnotatedSentence] = {}
    for source in find_sources([documents])[0]:
        for item in read_sentences(source):
            if isinstance(item, LocatedSentence) and (key := fingerprint(item.sentence.text)) not in coded:
                one = item.sentence
                found.setdefault(
                    key,
                    AnnotatedSentence(
                        item.sentence_id, item.document_id, one.text, None, before=one.before, heading=one.heading
                    ),
                )
    return list(found.values())


def variant(text: str, other: str, rng: np.random.Generator) -> str:
    """Leave out some words or a clause of a sentence, or join a clause of another one to it."""
    clauses = CLAUSE.split(text)
    kind = rng.integers(3)
    if kind == 0 and len(clauses) > 1:
        out = int(rng.integers(len(clauses)))
        return " ".join(clause for place, clause in enumerate(clauses) if place != out)
    if kind == 1:
        piece = str(rng.choice(CLAUSE.split(other)))
        first, second = (text, piece) if rng.random() < 0.5 else (piece, text)
        return f"{first.rstrip('.;,:')}, {second[:1].lower()}{second[1:]}"
    words = text.split()
    kept = [word for word, chance in zip(words, rng.random(len(words)), strict=True) if chance >= DROPPED]
    return " ".join(kept) or text


def varied(
    sentences: list[AnnotatedSentence], probabilities: npt.NDArray[np.float32], each: int
) -> list[AnnotatedSentence]:
    """Give variants of the sentences that carry a frame, or that the teachers are in doubt about."""
    rng = np.random.default_rng(0)
    doubted = ((probabilities > DOUBT[0]) & (probabilities < DOUBT[1])).sum(axis=1).tolist()
    chosen = [s for s, doubts in zip(sentences, doubted, strict=True) if doubts or s.frames]
    others = rng.integers(len(sentences), size=(len(chosen), each))
    return [
        replace(s, id=f"{s.id}~{number}", text=variant(s.text, sentences[other].text, rng), codes=(), hard_negative=())
        for s, row in zip(chosen, others.tolist(), strict=True)
        for number, other in enumerate(row)
    ]


def judged(teachers: list[FrameClassifier], sentences: list[AnnotatedSentence]) -> npt.NDArray[np.float32]:
    """Average the teachers' probabilities. *Shape:* ``(N, F)``."""
    means = np.empty((len(sentences), len(teachers[0].codebook.frames)), dtype=np.float32)
    for start in range(0, len(sentences), CHUNK):
        part = sentences[start : start + CHUNK]
        inputs = [s.text for s in part], [s.before for s in part], [s.heading for s in part]
        means[start : start + CHUNK] = np.mean([teacher.probabilities(*inputs) for teacher in teachers], axis=0)
        sys.stdout.write(f"{start + len(part)} of {len(sentences)} sentences\n")
        sys.stdout.flush()
    return means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teachers", type=Path, nargs="+")
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--official", type=Path, required=True, help="the official corpus with its texts")
    parser.add_argument("--authored", type=Path, default=Path("data/corpus"))
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--config", type=Path, default=Path("configs/best.toml"), help="the student's recipe")
    parser.add_argument("--train-only", default="c", help="annotator whose sentences are not tested on")
    parser.add_argument("--leave-out", nargs="*", default=[], help="folds the student is tested on")
    parser.add_argument("--screened-by", type=Path, default=Path("models/partnership-frames"))
    parser.add_argument("--drawn", type=int, default=4000, help="sentences taken of those the screen discards")
    parser.add_argument("--variants", type=int, default=2, help="of each sentence with a frame or a doubt")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    codebook = Codebook.read(options.codebook)
    authored, official = (Corpus.read(path, codebook).coded() for path in (options.authored, options.official))
    own = without_annotator(official, options.train_only)
    folds = group_documents(own, "kfold", folds=FOLDS)
    # In the order of run.py, on which the split depends.
    more = tuple(s for s in official.sentences if s.annotator == options.train_only)
    official = replace(official, sentences=(*own.sentences, *more))
    inside = {id for id, fold in folds.items() if fold in options.leave_out}
    rest = replace(official, sentences=tuple(s for s in official.sentences if s.document_id not in inside))
    config = TrainConfig.read(options.config, {"codebook": options.codebook})
    shares: dict[Split, float] = {"train": 1 - config.validation_share, "validation": config.validation_share}
    splits = split_documents(rest.document_ids(), rest.gold(), shares, rng=np.random.default_rng(config.seed))
    tested = {id for id, split in authored.splits().items() if split == "test"}
    coded = [*rest.sentences, *(s for s in authored.sentences if s.document_id not in tested)]
    learnt = [s for s in coded if splits.get(s.document_id, "train") == "train"]
    others = uncoded(options.documents, {fingerprint(s.text) for s in official.sentences})
    others = [s for s in others if s.document_id not in inside and splits.get(s.document_id, "train") == "train"]
    screened = FrameClassifier.load(options.screened_by, engine="onnx-int8", screen_loss=LOSS)
    kept = np.isfinite(screened.probabilities([s.text for s in others])).all(axis=1)
    discarded = np.flatnonzero(~kept)
    drawn = np.random.default_rng(0).permutation(discarded)[: options.drawn]
    rows = np.sort(np.concatenate([np.flatnonzero(kept), drawn]))
    sys.stdout.write(f"{kept.sum()} of {len(others)} uncoded sentences kept, {len(drawn)} of the rest drawn\n")
    others = [others[row] for row in rows]

    teachers = [FrameClassifier.load(path, precision="auto") for path in options.teachers]
    said = judged(teachers, coded)
    row_of = {s.id: row for s, row in zip(coded, said, strict=True)}
    others += varied(learnt, np.array([row_of[s.id] for s in learnt]), options.variants)
    theirs = judged(teachers, others)
    gold = replace(official, sentences=tuple(coded)).gold()
    soft = [replace(s, shares=rounded(row)) for s, row in zip(coded, (said + gold) / 2, strict=True)]
    for sentence, row, decided in zip(others, theirs, teachers[0].decide(theirs), strict=True):
        frames = tuple(frame for frame, given in zip(codebook.frames, decided, strict=True) if given)
        soft.append(replace(sentence, shares=rounded(row), frames=frames))
    facts = {**authored.documents, **official.documents}
    documents = {
        id: replace(facts.get(id, DocumentFacts(id)), split=splits.get(id, "train"))
        for id in dict.fromkeys(s.document_id for s in soft)
    }
    write_corpus(replace(official, sentences=tuple(soft), documents=documents, codings={}), options.output)


def rounded(values: npt.NDArray[np.floating]) -> tuple[float, ...]:
    return tuple(float(f"{value:.4f}") for value in values)


if __name__ == "__main__":
    main()
