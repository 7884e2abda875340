"""Training: what it writes, what it refuses, and that a killed run comes to the same end."""

import json
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file
from transformers import AutoModelForSequenceClassification, TrainerCallback, TrainerState, pipeline

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import ConfigError, CorpusError, FrameclsError, ModelError
from framecls.model import FrameClassifier, training
from framecls.model.checkpoint import read_splits, write_splits
from framecls.model.sampling import LengthSamplingTrainer
from framecls.model.training import train
from framecls.report import write_model_card


def test_learns_what_the_corpus_teaches(classifier: FrameClassifier, corpus_path: Path, codebook: Codebook) -> None:
    corpus = Corpus.read(corpus_path, codebook)
    test = corpus.select(corpus.splits(), "test")
    decisions = classifier.decide(classifier.probabilities([sentence.text for sentence in test.sentences]))
    assert (decisions == test.gold()).mean() > 0.95


def test_checkpoint_holds_weights_and_records_only(model_path: Path) -> None:
    names = {path.name for path in model_path.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "framecls.json", "codebook.toml"} <= names
    assert {"train.toml", "run.json", "splits.json"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
    assert "checkpoints" not in names


def test_decision_says_where_it_was_fitted(model_path: Path) -> None:
    facts = json.loads((model_path / "framecls.json").read_text())
    assert facts["decision"]["fitted_on"] == "validation"
    assert facts["decision"]["size"] == 33
    assert {name: frame["support"] for name, frame in facts["decision"]["frames"].items()} == {"toll": 15, "pilot": 15}


def test_run_record_has_provenance(model_path: Path, corpus_path: Path, codebook: Codebook) -> None:
    run = json.loads((model_path / "run.json").read_text())
    assert run["corpus_sha256"] == Corpus.read(corpus_path, codebook).sha256
    assert run["codebook_sha256"] == codebook.sha256
    assert run["sentences"] == {"train": 66, "validation": 33}
    assert run["seed"] == 7
    assert {"torch", "transformers", "python", "framecls"} <= set(run["versions"])


def test_stored_config_trains_again(model_path: Path, config: TrainConfig) -> None:
    again = TrainConfig.read(model_path / "train.toml")
    assert again == config
    with (model_path / "train.toml").open("rb") as file:
        assert not Path(tomllib.load(file)["corpus"]).is_absolute()


def test_transformers_loads_the_folder_unchanged(model_path: Path, classifier: FrameClassifier) -> None:
    text = "A toll is asked of every ship."
    model = AutoModelForSequenceClassification.from_pretrained(model_path)
    assert model.config.problem_type == "multi_label_classification"
    assert model.config.id2label == {0: "toll", 1: "pilot"}
    found = pipeline("text-classification", model=str(model_path), top_k=None, device="cpu")([text])[0]
    score = 1 / (1 + np.exp(-classifier.score([text])[0]))
    assert {entry["label"]: entry["score"] for entry in found} == pytest.approx(
        {"toll": score[0], "pilot": score[1]}, abs=1e-5
    )


def test_weights_in_half_precision_decide_as_they_were_fitted(
    config: TrainConfig, model_path: Path, tmp_path: Path
) -> None:
    folder = train(config.model_copy(update={"output": tmp_path / "half", "weights": "fp16"}))
    assert folder is not None
    sizes = [(path / "model.safetensors").stat().st_size for path in (folder, model_path)]
    assert sizes[0] < 0.6 * sizes[1]
    classifier = FrameClassifier.load(folder, device="cpu")
    again = FrameClassifier.load(folder, device="cpu", target="f1")
    assert again.decision == classifier.decision
    corpus = Corpus.read(config.corpus, classifier.codebook)
    validation = corpus.select(corpus.splits(), "validation")
    stored = pq.read_table(folder / "validation.parquet")
    np.testing.assert_allclose(
        classifier.score(*validation.inputs())[:, 0], stored.column("score_toll").to_numpy(), atol=1e-5
    )


def test_same_seed_gives_the_same_weights(config: TrainConfig, model_path: Path, tmp_path: Path) -> None:
    again = train(config.model_copy(update={"output": tmp_path / "again"}))
    assert again is not None
    assert_same_weights(model_path, again)


def test_killed_training_resumes_to_the_same_weights(config: TrainConfig, model_path: Path, tmp_path: Path) -> None:
    output = tmp_path / "killed"
    config.model_copy(update={"output": output}).write(tmp_path / "config.toml")
    script = (
        "import os, signal, sys\n"
        "from transformers import TrainerCallback\n"
        "from framecls.config import TrainConfig\n"
        "from framecls.model import training\n"
        "class Kill(TrainerCallback):\n"
        "    def on_save(self, args, state, control, **kwargs):\n"
        "        if state.epoch >= 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "class Trainer(training.LengthSamplingTrainer):\n"
        "    def __init__(self, **kwargs):\n"
        "        super().__init__(**kwargs)\n"
        "        self.add_callback(Kill())\n"
        "training.LengthSamplingTrainer = Trainer\n"
        "training.train(TrainConfig.read(sys.argv[1]))\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "config.toml")], capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    stopped = TrainConfig.read(tmp_path / "config.toml")
    with pytest.raises(ModelError, match="holds an unfinished training; go on with --resume"):
        train(stopped)
    with pytest.raises(ConfigError, match="the unfinished training had another seed; resume with the same config"):
        train(stopped.model_copy(update={"seed": 8}), resume=True)
    with pytest.raises(ModelError, match="is no framecls model"):
        FrameClassifier.load(output)
    with pytest.raises(ConfigError, match="give one of them"):
        train(stopped, resume=True, overwrite=True)
    known = output / "checkpoints" / "inputs.json"
    inputs = json.loads(known.read_text())
    known.write_text(json.dumps(inputs | {"corpus": "another"}))
    with pytest.raises(ConfigError, match="the corpus has changed since the training began"):
        train(stopped, resume=True)
    known.write_text(json.dumps(inputs))
    # What a kill in the middle of saving leaves: a newer checkpoint without its last file.
    whole = max((output / "checkpoints").glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    shutil.copytree(whole, output / "checkpoints" / "checkpoint-9999", ignore=lambda *_: ["trainer_state.json"])
    resumed = train(stopped, resume=True)
    assert resumed is not None
    assert_same_weights(model_path, resumed)


def test_a_resumed_training_has_no_more_patience_than_it_had(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(TrainerCallback):  # type: ignore[misc]
        def on_save(self, args: object, state: TrainerState, control: object, **kwargs: object) -> None:
            if state.epoch == 3:
                raise KeyboardInterrupt

    class Trainer(LengthSamplingTrainer):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self.add_callback(Stopped())

    own = config.model_copy(update={"output": tmp_path / "model", "patience": 2})
    with monkeypatch.context() as stopping:
        stopping.setattr(training, "LengthSamplingTrainer", Trainer)
        with pytest.raises(KeyboardInterrupt):
            train(own)
    # One epoch has brought nothing, and none to come can.
    states = (tmp_path / "model" / "checkpoints").glob("checkpoint-*/trainer_state.json")
    last = max(states, key=lambda path: path.stat().st_mtime_ns)
    state = json.loads(last.read_text())
    state["stateful_callbacks"]["EarlyStoppingCallback"]["attributes"]["early_stopping_patience_counter"] = 1
    last.write_text(json.dumps(state | {"best_metric": 2.0}))
    train(own, resume=True)
    record = json.loads((tmp_path / "model" / "run.json").read_text())
    assert [entry["epoch"] for entry in record["validation"]] == [1, 2, 3, 4]


def test_refuses_a_folder_that_holds_a_model(config: TrainConfig, model_path: Path) -> None:
    with pytest.raises(ModelError, match="already holds a model; give another --output, or --overwrite"):
        train(config)


def test_overwriting_leaves_nothing_of_the_old_model(
    config: TrainConfig, model_path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "model"
    shutil.copytree(model_path, output)
    (output / "evaluation").mkdir()
    (output / "evaluation" / "test.json").write_text("{}")
    (output / "about.md").write_text("Harbour notices of 1990.")
    assert train(config.model_copy(update={"output": output, "epochs": 1}), overwrite=True) == output
    assert not (output / "evaluation").exists()
    # What a person wrote is kept, but it is for the person to say of the new model.
    assert (output / "about.old.md").read_text() == "Harbour notices of 1990."
    assert "Harbour notices" not in write_model_card(output).read_text()
    assert "about.old.md: was written of the old model and stays out of the card" in caplog.text
    assert json.loads((output / "run.json").read_text())["validation"][-1]["epoch"] == 1


def test_what_is_cut_is_told_of_sentences_and_not_of_their_context(
    config: TrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Of a sentence and the one before it, more than these tokens; of a sentence alone, fewer.
    beside = config.model_copy(update={"output": tmp_path / "a", "context": "before", "max_length": 22, "epochs": 1})
    train(beside)
    assert "max_length" not in caplog.text
    train(beside.model_copy(update={"output": tmp_path / "b", "max_length": 12}))
    assert "train: 54 of 66 sentences are longer than max_length 12; what goes beyond is cut off" in caplog.text


def test_sentences_not_coded_yet_are_left_out(config: TrainConfig, corpus_path: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(corpus_path, corpus)
    with (corpus / "sentences.jsonl").open("a") as file:
        file.write('{"id": "d00#99", "document_id": "d00", "text": "Nobody has coded this."}\n')
    folder = train(config.model_copy(update={"corpus": corpus, "output": tmp_path / "model", "epochs": 1}))
    assert folder is not None
    assert json.loads((folder / "run.json").read_text())["sentences"]["train"] == 66


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": "/no/such/base"}, "no such folder; give 'packaged:all-MiniLM-L6-v2'"),
        ({"max_length": 65}, r"max_length 65 is more than the 64 tokens base .* reads"),
    ],
)
def test_a_wrong_config_leaves_the_old_model_alone(
    config: TrainConfig, model_path: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    output = tmp_path / "model"
    shutil.copytree(model_path, output)
    with pytest.raises(FrameclsError, match=message):
        train(config.model_copy(update={"output": output, **change}), overwrite=True)
    assert FrameClassifier.load(output).name == "harbour"
    assert not (output / "checkpoints").exists()


def test_output_that_is_a_file(config: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("")
    with pytest.raises(ConfigError, match="is a file; give a folder for the model"):
        train(config.model_copy(update={"output": tmp_path / "model"}))


def test_refuses_to_resume_what_was_not_begun(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no unfinished training to resume"):
        train(config.model_copy(update={"output": tmp_path / "new"}), resume=True)


def test_refuses_a_split_without_a_frame_before_training(
    config: TrainConfig, corpus_path: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (corpus_path / "sentences.jsonl").read_text().splitlines()]
    corpus = tmp_path / "sentences.jsonl"
    corpus.write_text(
        "".join(json.dumps(row | {"frames": [f for f in row["frames"] if f == "toll"]}) + "\n" for row in rows)
    )
    with pytest.raises(CorpusError, match="no sentence of the train split carries 'pilot'; add annotated documents"):
        train(config.model_copy(update={"corpus": corpus, "output": tmp_path / "model"}))
    assert not (tmp_path / "model").exists()


def test_corpus_without_splits_is_split_by_document(config: TrainConfig, corpus_path: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "sentences.jsonl"
    corpus.write_text((corpus_path / "sentences.jsonl").read_text())
    folder = train(config.model_copy(update={"corpus": corpus, "output": tmp_path / "model", "epochs": 1}))
    assert folder is not None
    splits = json.loads((folder / "splits.json").read_text())
    assert set(splits) == {f"d{number:02d}" for number in range(12)}
    assert set(splits.values()) == {"train", "validation", "test"}


def test_what_a_base_has_learnt_from_is_no_test(config: TrainConfig, model_path: Path, tmp_path: Path) -> None:
    shutil.copytree(config.corpus, tmp_path / "corpus")
    documents = tmp_path / "corpus" / "documents.jsonl"
    documents.write_text(documents.read_text().replace('"train"', '"test"', 1))
    changes = {"base": str(model_path), "corpus": tmp_path / "corpus", "output": tmp_path / "model"}
    with pytest.raises(ConfigError, match="document 'd00' of the test split was used to train the base"):
        train(config.model_copy(update=changes))
    assert not (tmp_path / "model").exists()


def test_a_model_inherits_what_its_base_has_learnt_from(
    config: TrainConfig, model_path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = shutil.copytree(model_path, tmp_path / "base")
    write_splits(base, {"d98": "test", "d99": "validation", "d00": "train"})
    own = config.model_copy(update={"base": str(base), "output": tmp_path / "model", "epochs": 1})
    train(own)
    assert read_splits(tmp_path / "model") == {"d99": "train"} | read_splits(model_path)
    assert "used to train the base" not in caplog.text
    write_splits(base, {id: "train" for id, split in read_splits(model_path).items() if split == "validation"})
    train(own, overwrite=True)
    assert "documents of the validation split were used to train the base" in caplog.text


@pytest.mark.slow
@pytest.mark.checkout
def test_two_processes_train_one_model(config: TrainConfig, tmp_path: Path) -> None:
    config.model_copy(update={"output": tmp_path / "model"}).write(tmp_path / "config.toml")
    root = Path(__file__).parents[2]
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(root / "scripts" / "train.py")]
    done = subprocess.run(
        [sys.executable, *command, "--config", str(tmp_path / "config.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(tmp_path / "model")) == 1
    assert json.loads((tmp_path / "model" / "run.json").read_text())["processes"] == 2
    assert FrameClassifier.load(tmp_path / "model").probabilities(["A toll is asked."]).shape == (1, 2)


def assert_same_weights(one: Path, other: Path) -> None:
    first, second = (load_file(folder / "model.safetensors") for folder in (one, other))
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], err_msg=name)


def test_a_target_out_of_reach_costs_no_training(
    config: TrainConfig, model_path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, corpus_path: Path
) -> None:
    # Gold that no words tell: whatever is ranked first may be wrong.
    corpus = shutil.copytree(corpus_path, tmp_path / "corpus")
    rows = [json.loads(line) for line in (corpus / "sentences.jsonl").read_text().splitlines()]
    for row in rows:
        if "d06" <= row["document_id"] <= "d08":
            row["frames"] = [frame for frame in ("toll", "pilot") if frame not in row["frames"]]
    (corpus / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    own = {"corpus": corpus, "output": tmp_path / "model", "target": "precision=1", "epochs": 6}
    folder = train(config.model_copy(update=own))
    assert folder is not None
    assert "no threshold gives precision 1, the best is" in caplog.text
    assert "its threshold is fitted for F1" in caplog.text
    assert FrameClassifier.load(folder, device="cpu").decision.target == "precision=1"


@pytest.mark.parametrize("found", [1.0, 0.5])
def test_soft_learns_the_shares_of_coders(
    found: float, config: TrainConfig, model_path: Path, corpus_path: Path, codebook: Codebook, tmp_path: Path
) -> None:
    shutil.copytree(corpus_path, tmp_path / "corpus")
    sentences = tmp_path / "corpus" / "sentences.jsonl"
    rows = [json.loads(line) for line in sentences.read_text().splitlines()]
    for row in rows:
        # Every coder found each pilot, and all or half of them each toll.
        row["shares"] = {"toll": found * ("toll" in row["frames"]), "pilot": float("pilot" in row["frames"])}
    sentences.write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder = train(
        config.model_copy(update={"corpus": tmp_path / "corpus", "output": tmp_path / "model", "soft": True})
    )
    assert folder is not None
    assert TrainConfig.read(folder / "train.toml").soft
    soft, hard = (load_file(path / "model.safetensors") for path in (folder, model_path))
    # Where all agree, shares are frames, and the training is the same to the last bit.
    assert all(np.array_equal(soft[name], hard[name]) for name in hard) == (found == 1)
    if found < 1:
        corpus = Corpus.read(corpus_path, codebook)
        learnt = 1 / (1 + np.exp(-FrameClassifier.load(folder, device="cpu").score(*corpus.inputs())))
        toll, pilot = (float(learnt[corpus.gold()[:, column], column].mean()) for column in (0, 1))
        assert toll < 0.6 < pilot


def test_soft_needs_shares(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no sentence to train on has 'shares', which soft needs; write them with"):
        train(config.model_copy(update={"output": tmp_path / "soft", "soft": True}))
