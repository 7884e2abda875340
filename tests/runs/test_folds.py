"""Cross-validation: every sentence is scored once, by a model that did not see its document."""

import json
import shutil
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file, save_file

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus, DocumentFacts
from framecls.errors import ConfigError, CorpusError
from framecls.model.training_data import TrainingData
from framecls.runs import folds
from framecls.runs.baselines import score_baselines
from framecls.runs.cross_validation import cross_validate
from framecls.runs.record import MAJORITY


@pytest.fixture
def corpus(corpus_path: Path, codebook: Codebook) -> Corpus:
    return Corpus.read(corpus_path, codebook)


@pytest.fixture
def short(config: TrainConfig) -> TrainConfig:
    return config.model_copy(update={"epochs": 8, "validation_share": 0.25})


def test_kfold_is_balanced_and_the_same_each_time(corpus: Corpus) -> None:
    found = folds.group_documents(corpus, "kfold", folds=4)
    assert sorted(np.unique(list(found.values()), return_counts=True)[1].tolist()) == [3, 3, 3, 3]
    assert folds.group_documents(corpus, "kfold", folds=4) == found


def test_leave_one_out_takes_the_facts_of_documents(corpus: Corpus) -> None:
    facts = {id: DocumentFacts(id, genre="notice", year=2000 + int(id[1:]) % 3) for id in set(corpus.document_ids())}
    known = replace(corpus, documents=facts)
    assert set(folds.group_documents(known, "leave-one-out:year").values()) == {"2000", "2001", "2002"}
    assert len(set(folds.group_documents(known, "leave-one-out:document").values())) == 12
    with pytest.raises(CorpusError, match="every document has the same genre; there is nothing to leave out"):
        folds.group_documents(known, "leave-one-out:genre")
    with pytest.raises(CorpusError, match="document 'd00' has no institution; leave-one-out:institution needs it"):
        folds.group_documents(known, "leave-one-out:institution")


def test_folds_may_keep_institutions_together(corpus: Corpus) -> None:
    facts = {id: DocumentFacts(id, institution=f"house {int(id[1:]) % 5}") for id in set(corpus.document_ids())}
    known = replace(corpus, documents=facts)
    found = folds.group_documents(known, "kfold:institution", folds=3)
    fold_of = {facts[id].institution: fold for id, fold in found.items()}
    assert all(fold_of[facts[id].institution] == fold for id, fold in found.items())
    assert set(found.values()) == {"0", "1", "2"}
    with pytest.raises(ConfigError, match="6 folds of 5 institutions; give from 2 to as many as there are"):
        folds.group_documents(known, "kfold:institution", folds=6)


@pytest.mark.parametrize("protocol", ["leave-one-out", "leave-one-out:mood", "kfold:mood", "jackknife"])
def test_unknown_protocols_are_refused(corpus: Corpus, protocol: str) -> None:
    with pytest.raises(ConfigError, match="give holdout, kfold, kfold: or leave-one-out: with one of institution"):
        folds.group_documents(corpus, protocol)


@pytest.mark.parametrize("number", [1, 13])
def test_as_many_folds_as_there_are_documents_at_most(corpus: Corpus, number: int) -> None:
    with pytest.raises(ConfigError, match=f"{number} folds of 12 documents; give from 2 to as many as there are"):
        folds.group_documents(corpus, "kfold", folds=number)


def test_every_sentence_is_tested_once(
    short: TrainConfig, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[set[str], set[str]]] = []
    original = folds.train_and_score

    def spy(config: TrainConfig, data: TrainingData, test: Corpus, **kwargs: object) -> folds.Fold:
        seen.append((set(data.train.document_ids()) | set(data.validation.document_ids()), set(test.document_ids())))
        assert not set(data.train.document_ids()) & set(data.validation.document_ids())
        return original(config, data, test, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(folds, "train_and_score", spy)
    found = cross_validate(short, tmp_path, folds=3)
    assert len(seen) == 3
    assert all(not learnt & tested and learnt | tested == set(corpus.document_ids()) for learnt, tested in seen)
    assert [(one.system, one.sentences, one.documents) for one in found] == [
        ("model", 132, 12),
        ("TF-IDF + logistic regression", 132, 12),
        ("majority", 132, 12),
        ("keyword lexicon", 132, 12),
    ]
    assert found[2].macro.f1 == 0.0
    rows = pq.read_table(tmp_path / "kfold.parquet").to_pylist()
    gold = dict(zip([s.id for s in corpus.sentences], corpus.gold().tolist(), strict=True))
    assert {row["id"]: [row["gold_toll"], row["gold_pilot"]] for row in rows} == gold
    assert (found[0].macro.f1 or 0) > 0.8
    record = json.loads((tmp_path / "kfold.json").read_text())
    assert (record["protocol"], record["folds"], record["recipe"]["epochs"]) == ("kfold", 3, 8)
    assert (record["codebook_sha256"], record["corpus_sha256"]) == (corpus.codebook.sha256, corpus.sha256)
    assert (record["train_also_sha256"], record["framecls"]) == ([], version("framecls"))
    assert record["interval"] == {"kind": "percentile", "draws": 2000, "seed": 0}

    # A second run finds its folds, until the recipe is another.
    assert cross_validate(short, tmp_path, folds=3) == found
    assert len(seen) == 3
    cross_validate(short.model_copy(update={"epochs": 1}), tmp_path, folds=3, baselines=False)
    assert len(seen) == 6


def test_the_majority_is_that_of_what_is_trained_on(short: TrainConfig, corpus: Corpus) -> None:
    fold_of = folds.group_documents(corpus, "kfold", folds=3)
    data, test, _ = folds.fold_data(short, corpus, fold_of, "0")
    scored = score_baselines(data.train, data.validation, test, target="f1")
    assert scored[MAJORITY].probabilities.tolist() == [pytest.approx(data.train.gold().mean(axis=0))] * len(test)


def test_an_annotator_may_be_trained_on_only(
    short: TrainConfig, corpus_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = [json.loads(line) for line in (corpus_path / "sentences.jsonl").read_text().splitlines()]
    # Document d11 was coded by nobody else, so it is in no fold.
    others = [
        row | {"annotator": "c" if row["id"].endswith("3") or row["document_id"] == "d11" else ""} for row in rows
    ]
    (folder / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in others))
    learnt: list[set[str]] = []
    original = folds.train_and_score

    def spy(config: TrainConfig, data: TrainingData, test: Corpus, **kwargs: object) -> folds.Fold:
        learnt.append({s.id for s in (*data.train.sentences, *data.validation.sentences)})
        return original(config, data, test, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(folds, "train_and_score", spy)
    own = short.model_copy(update={"corpus": folder, "epochs": 1})
    (found,) = cross_validate(own, tmp_path / "out", folds=3, train_only="c", baselines=False)
    assert found.sentences == sum(not row["annotator"] for row in others) == 110
    assert all("d11#00" in ids for ids in learnt)
    assert sum("d00#03" in ids for ids in learnt) == 2
    one = tmp_path / "one.jsonl"
    one.write_text("".join(json.dumps(row | {"annotator": "c"}) + "\n" for row in rows))
    with pytest.raises(CorpusError, match="every sentence was coded by 'c'; there is none to test on"):
        cross_validate(own.model_copy(update={"corpus": one}), tmp_path / "out", train_only="c")


def test_what_is_left_out_is_left_out_of_all_that_is_trained_on(
    short: TrainConfig, corpus_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(name: str, prefix: str, annotator: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for kind in ("sentences", "documents"):
            rows = [json.loads(line) for line in (corpus_path / f"{kind}.jsonl").read_text().splitlines()]
            for row in rows:
                number = int(row["document_id"][1:])
                row["document_id"] = prefix + row["document_id"]
                if kind == "sentences":
                    row |= {"id": prefix + row["id"], "text": row["text"].replace("now", f"now {prefix}")}
                    row["annotator"] = annotator if number % 4 == 3 else ""
                else:
                    row.pop("split")
                    row["institution"] = f"house {number % 2}"
            (folder / f"{kind}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder

    # Of house 1 every second document was coded by c alone; a joining corpus has documents of both houses.
    learnt: dict[str, set[str]] = {}
    original = folds.train_and_score

    def spy(config: TrainConfig, data: TrainingData, test: Corpus, **kwargs: object) -> folds.Fold:
        learnt[str(kwargs["name"])] = {s.document_id for s in (*data.train.sentences, *data.validation.sentences)}
        return original(config, data, test, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(folds, "train_and_score", spy)
    own = short.model_copy(
        update={"corpus": written("a", "a-", "c"), "train_also": (written("b", "b-", ""),), "epochs": 1}
    )
    cross_validate(own, tmp_path / "out", protocol="leave-one-out:institution", train_only="c", baselines=False)
    assert set(learnt) == {"house 0", "house 1"}
    assert {int(id[3:]) % 2 for id in learnt["house 1"]} == {0}
    assert {int(id[3:]) % 2 for id in learnt["house 0"]} == {1}
    learnt.clear()
    cross_validate(own, tmp_path / "out", protocol="kfold:institution", folds=2, train_only="c", baselines=False)
    assert sorted({int(id[3:]) % 2 for id in ids}.pop() for ids in learnt.values()) == [0, 1]
    assert all(len({int(id[3:]) % 2 for id in ids}) == 1 for ids in learnt.values())


def test_a_document_in_two_corpora_is_refused_before_any_training(short: TrainConfig, tmp_path: Path) -> None:
    own = short.model_copy(update={"train_also": (short.corpus,)})
    with pytest.raises(CorpusError, match="document 'd00' is in the corpus and in one of train_also; keep it in one"):
        cross_validate(own, tmp_path)
    assert not (tmp_path / "folds").exists()


def test_folds_of_a_base_that_has_learnt_from_them_are_refused(
    short: TrainConfig, model_path: Path, tmp_path: Path
) -> None:
    own = short.model_copy(update={"base": str(model_path)})
    with pytest.raises(ConfigError, match=r"fold \w+: document 'd\d+' was used to train the base .*; start from one"):
        cross_validate(own, tmp_path, folds=2, baselines=False)


def test_folds_of_a_base_that_has_changed_are_trained_again(
    short: TrainConfig, base_path: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(base_path, tmp_path / "base")
    own = short.model_copy(update={"base": str(base), "epochs": 1})
    cross_validate(own, tmp_path / "out", folds=2, baselines=False)
    before = (tmp_path / "out" / "folds" / "0.npz").stat().st_mtime_ns
    weights = load_file(base / "model.safetensors")
    save_file({name: 2 * values for name, values in weights.items()}, base / "model.safetensors", {"format": "pt"})
    cross_validate(own, tmp_path / "out", folds=2, baselines=False)
    assert (tmp_path / "out" / "folds" / "0.npz").stat().st_mtime_ns > before
