"""What a training learns from: splits, and corpora that only join the train split."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus, check
from framecls.errors import CorpusError
from framecls.model.training import train
from framecls.model.training_data import TrainingData


def renamed(source: Path, target: Path, *, splits: bool, change: str = "") -> Path:
    """Copy a corpus under other document names, its sentences changed by a word."""
    target.mkdir()
    for name in ("sentences", "documents"):
        rows = [json.loads(line) for line in (source / f"{name}.jsonl").read_text().splitlines()]
        for row in rows:
            row["document_id"] = f"x-{row['document_id']}"
            if "id" in row:
                row |= {"id": f"x-{row['id']}", "text": f"{change} {row['text']}".strip()}
            if not splits:
                row.pop("split", None)
        (target / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return target


def test_reads_the_splits_of_the_corpus(config: TrainConfig, codebook: Codebook) -> None:
    data = TrainingData.read(config, codebook)
    assert (len(data.train), len(data.validation), len(data.splits)) == (66, 33, 12)
    assert data.sha256 == Corpus.read(config.corpus, codebook).sha256


def test_a_joining_corpus_is_trained_on_without_its_test_split(
    config: TrainConfig, corpus_path: Path, codebook: Codebook, tmp_path: Path
) -> None:
    also = renamed(corpus_path, tmp_path / "also", splits=True, change="On the third of May of that year")
    data = TrainingData.read(config.model_copy(update={"train_also": (also,)}), codebook)
    # Nine of its twelve documents, all of it in train; validation is of the corpus alone.
    assert (len(data.train), len(data.validation)) == (66 + 99, 33)
    assert data.splits["x-d00"] == data.splits["x-d07"] == "train"
    assert data.splits["x-d11"] == "test"
    assert data.sha256 != Corpus.read(config.corpus, codebook).sha256
    without = renamed(corpus_path, tmp_path / "without", splits=False, change="On the third of May of that year")
    data = TrainingData.read(config.model_copy(update={"train_also": (without,)}), codebook)
    assert len(data.train) == 66 + 132


def test_splits_drawn_here_share_no_words_with_the_test_split(
    config: TrainConfig, corpus_path: Path, codebook: Codebook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    rows = [json.loads(line) for line in (corpus_path / "sentences.jsonl").read_text().splitlines()]
    for row in rows:
        number = row["document_id"][1:]
        row["text"] = " ".join(f"{word} {number}" for word in row["text"].split())
    formula = "The council of the harbour meets on the first Monday of each month."
    documents = sorted({row["document_id"] for row in rows})
    rows += [dict(rows[0], id=f"{document}-f", document_id=document, text=formula) for document in documents]
    (folder / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shares = {"corpus": folder, "validation_share": 0.25, "test_share": 0.25}
    data = TrainingData.read(config.model_copy(update=shares), codebook)
    tested = {id for id, split in data.splits.items() if split == "test"}
    held = {row["text"] for row in rows if row["document_id"] in tested}
    learnt = [*data.train.sentences, *data.validation.sentences]
    assert not held & {sentence.text for sentence in learnt}
    left = sum(row["document_id"] not in tested for row in rows) - len(learnt)
    assert left == len(documents) - len(tested) > 0
    assert f"{left} sentences have nearly the words of one of the test split and are left out" in caplog.text


def test_a_corpus_in_which_nothing_is_coded_is_refused(config: TrainConfig, codebook: Codebook, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id,document_id,text,Frames\n1,a,Ships pay the toll.,toll\n")
    with pytest.raises(CorpusError, match=r"mine\.csv: no sentence is coded; give a column 'frames', or one for each "):
        TrainingData.read(config.model_copy(update={"corpus": path}), codebook)
    problems = check(Corpus.read(path, codebook)).problems
    assert list(problems) == ["no sentence is coded; give a column 'frames', or one for each frame, called toll, pilot"]


def test_joining_sentences_like_held_out_ones_stay_out(
    config: TrainConfig, corpus_path: Path, codebook: Codebook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    also = renamed(corpus_path, tmp_path / "also", splits=False)
    caplog.set_level("INFO")
    data = TrainingData.read(config.model_copy(update={"train_also": (also,)}), codebook)
    held = {s.text for s in Corpus.read(corpus_path, codebook).sentences if int(s.document_id[1:]) >= 6}
    assert not held & {s.text for s in data.train.sentences}
    assert "sentences have nearly the words of a held-out one and are left out" in caplog.text
    less = data.without_near(data.train.sentences[:1])
    assert len(less.train) < len(data.train)


def test_a_document_in_two_corpora_is_refused(config: TrainConfig, corpus_path: Path, codebook: Codebook) -> None:
    with pytest.raises(CorpusError, match=r"document 'd00' is in .* and in a corpus of train_also; keep it in one"):
        TrainingData.read(config.model_copy(update={"train_also": (corpus_path,)}), codebook)


def test_the_record_of_the_training_has_all_corpora(
    config: TrainConfig, corpus_path: Path, codebook: Codebook, tmp_path: Path
) -> None:
    also = renamed(corpus_path, tmp_path / "also", splits=True, change="On the third of May of that year")
    own = config.model_copy(update={"train_also": (also,), "output": tmp_path / "model", "epochs": 1})
    folder = train(own)
    assert folder is not None
    run = json.loads((folder / "run.json").read_text())
    assert run["sentences"] == {"train": 165, "validation": 33}
    assert json.loads((folder / "splits.json").read_text())["x-d11"] == "test"
    assert TrainConfig.read(folder / "train.toml") == own


def test_splits_without_a_frame_are_refused(corpus_path: Path, codebook: Codebook) -> None:
    corpus = Corpus.read(corpus_path, codebook)
    bare = replace(corpus, sentences=tuple(replace(s, frames=("toll",)) for s in corpus.sentences))
    with pytest.raises(CorpusError, match="here: every sentence of the train split carries 'toll'"):
        TrainingData.of(bare, bare.splits(), name="here")


def test_what_is_left_of_a_split_must_have_every_frame(corpus_path: Path, codebook: Codebook) -> None:
    corpus = Corpus.read(corpus_path, codebook)
    data = TrainingData.of(corpus, corpus.splits(), name="here")
    framed = [s for s in data.validation.sentences if "pilot" in (s.frames or ())]
    with pytest.raises(CorpusError, match="here: no sentence of the validation split carries 'pilot'"):
        data.without_near(framed)
