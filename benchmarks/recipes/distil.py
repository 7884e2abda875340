"""
Let teachers label what a student will be trained on: larger models, or several whose probabilities are averaged.

Every coded sentence that the student learns from gets as its shares the mean of its coding and the teachers'
probability. Two kinds of further sentences get the probability alone: those of the same documents that nobody has
coded, as far as the screen of a model does not discard them (with ``--train authored``, whose teachers and students
know no official coding: those with a keyword), with some others at random; and ``--variants`` of each
coded sentence that carries a frame or that the teachers are in doubt about, with words or a clause left out, or
joined to a clause of an authored sentence. Neither is made of documents that validate the student, which are the same
as in ``run.py`` and ``framecls train``, nor of the folds ``--leave-out``, which the teachers must not have seen
either; the authored test split stays out. ``run.py --soft`` trains on all of it, and ``framecls train`` does with
``soft = true`` where nothing was left out. What a teacher said of a text is kept in ``--cache``.

    python benchmarks/recipes/run.py --official hydrated/ --config configs/official.toml --folds 0+2 --keep teacher/ \\
        --set base=encoder/ learning_rate=5e-5 head_learning_rate=5e-4
    python benchmarks/recipes/distil.py teacher/ --documents documents.jsonl.gz --official hydrated/ --leave-out 0+2 \\
        --cache said/ --output soft/
    python benchmarks/recipes/run.py --official hydrated/ --config configs/best.toml --folds 0+2 --soft soft/

In place of a teacher's folder stands a file of such a cache where the teacher itself is not at hand; ``said/`` beside
this script has those of the shipped model's teachers. Then nothing is screened or drawn: of the sentences that nobody
has coded, and of the variants, those are taken that every teacher has spoken of.
"""

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from run import Data
from teachers import Teacher

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import AnnotatedSentence, Corpus, DocumentFacts, write_corpus
from framecls.corpus.standoff import fingerprint
from framecls.documents import LocatedSentence, find_sources, read_sentences
from framecls.errors import FrameclsError
from framecls.lexicon import Lexicon

LOSS = 0.005
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
    sentences: list[AnnotatedSentence], probabilities: npt.NDArray[np.float32], each: int, joined: list[str]
) -> list[AnnotatedSentence]:
    """Give variants of the sentences that carry a frame, or that the teachers are in doubt about."""
    doubted = ((probabilities > DOUBT[0]) & (probabilities < DOUBT[1])).sum(axis=1).tolist()
    found = []
    for sentence, doubt in zip(sentences, doubted, strict=True):
        # Of the sentence alone, so that its variants are the same whatever else is there.
        rng = np.random.default_rng(int(fingerprint(sentence.id + sentence.text), 16))
        if doubt or sentence.frames:
            found += [
                replace(
                    sentence,
                    id=f"{sentence.id}~{number}",
                    text=variant(sentence.text, other, rng),
                    codes=(),
                    hard_negative=(),
                )
                for number, other in enumerate(rng.choice(joined, size=each).tolist())
            ]
    return found


def screened(
    others: list[AnnotatedSentence], codebook: Codebook, options: argparse.Namespace
) -> list[AnnotatedSentence]:
    """Give the uncoded sentences that may carry a frame, and some of the rest."""
    if options.train == "both":
        screen = Teacher(options.screened_by, options.cache, engine="onnx-int8", screen_loss=LOSS)
        kept = np.isfinite(screen.probabilities(others)).all(axis=1)
    else:
        # The screen has learnt from codings of official sentences.
        kept = Lexicon(codebook).decide([s.text for s in others]).any(axis=1)
    drawn = sorted(np.flatnonzero(~kept).tolist(), key=lambda row: fingerprint(others[row].text))[: options.drawn]
    sys.stdout.write(f"{kept.sum()} of {len(others)} uncoded sentences kept, {len(drawn)} of the rest drawn\n")
    return [others[row] for row in sorted({*np.flatnonzero(kept).tolist(), *drawn})]


def mean(teachers: list[Teacher], sentences: list[AnnotatedSentence]) -> npt.NDArray[np.float32]:
    """Average what teachers say, nan where one says nothing. *Shape:* ``(N, F)``."""
    found: npt.NDArray[np.float32] = np.mean([teacher.probabilities(sentences) for teacher in teachers], axis=0)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teachers", type=Path, nargs="+", help="model folders, or files of --cache")
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--official", type=Path, required=True, help="the official corpus with its texts")
    parser.add_argument("--authored", type=Path, default=Path("data/corpus"))
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--config", type=Path, default=Path("configs/best.toml"), help="the student's recipe")
    parser.add_argument("--train-only", default="c", help="annotator whose sentences are not tested on")
    parser.add_argument("--train", choices=("both", "authored"), default="both", help="whose codings are learnt from")
    parser.add_argument("--leave-out", default="", help="fold the student is tested on; 0+2 for two of them")
    parser.add_argument("--screened-by", type=Path, default=Path("models/partnership-frames"))
    parser.add_argument("--drawn", type=int, default=4000, help="sentences taken of those the screen discards")
    parser.add_argument("--variants", type=int, default=2, help="of each sentence with a frame or a doubt")
    parser.add_argument(
        "--sure",
        type=float,
        default=0.5,
        help="take of what nobody has coded only that of which every frame is given or denied with such a probability",
    )
    parser.add_argument("--cache", type=Path, help="keep here what each teacher says of a text")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    codebook = Codebook.read(options.codebook)
    authored, official = (Corpus.read(path, codebook).coded() for path in (options.authored, options.official))
    held_out = {id for id, split in authored.splits().items() if split == "test"}
    learnable = [s for s in authored.sentences if s.document_id not in held_out]
    data = Data.of(replace(authored, sentences=tuple(learnable)), official, options.train_only)
    config = TrainConfig.read(options.config, {"codebook": options.codebook})
    learnt, _, test, _ = data.cut(config, options.train, options.leave_out)
    apart = {id for id, split in learnt.splits.items() if split != "train"}
    if options.train == "both":
        apart |= set(test.document_ids())
    teachers = [Teacher(path, options.cache, precision="auto") for path in options.teachers]
    silent = any(teacher.is_silent for teacher in teachers)
    coded = {fingerprint(s.text) for s in (official if options.train == "both" else data.official).sentences}
    others = [s for s in uncoded(options.documents, coded) if s.document_id not in apart]
    if not silent:
        others = screened(others, codebook, options)

    own = list(learnt.train.sentences)
    said = mean(teachers, own)
    others += varied(own, said, options.variants, [s.text for s in learnable])
    theirs = mean(teachers, others)
    heard = (np.maximum(theirs, 1 - theirs) >= options.sure).all(axis=1)
    sys.stdout.write(f"{np.isfinite(said).all(axis=1).sum()} of {len(own)} coded sentences, {heard.sum()} others\n")
    others, theirs = [others[row] for row in np.flatnonzero(heard).tolist()], theirs[heard]
    decided = teachers[0].decide(theirs)
    gold = learnt.train.gold()
    # A coded sentence that no teacher has spoken of has its coding alone.
    both = (np.where(np.isfinite(said), said, gold) + gold) / 2
    soft = [replace(s, shares=rounded(row)) for s, row in zip(own, both, strict=True)]
    for sentence, row, given in zip(others, theirs, decided, strict=True):
        frames = tuple(frame for frame, there in zip(codebook.frames, given, strict=True) if there)
        soft.append(replace(sentence, shares=rounded(row), frames=frames))
    soft += learnt.validation.sentences
    facts = {**authored.documents, **official.documents}
    documents = {
        id: replace(facts.get(id, DocumentFacts(id)), split=learnt.splits.get(id, "train"))
        for id in dict.fromkeys(s.document_id for s in soft)
    }
    write_corpus(replace(official, sentences=tuple(soft), documents=documents, codings={}), options.output)


def rounded(values: npt.NDArray[np.floating]) -> tuple[float, ...]:
    return tuple(float(f"{value:.4f}") for value in values)


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"distil: {error}")
