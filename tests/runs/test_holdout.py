"""Evaluation of a saved model: on its own splits, or on sentences it never saw."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import ConfigError, CorpusError
from framecls.model.identity import checkpoint_sha256
from framecls.model.training import train
from framecls.runs.holdout import evaluate_model


def without_splits(corpus_path: Path, target: Path, prefix: str = "") -> Path:
    rows = [json.loads(line) for line in (corpus_path / "sentences.jsonl").read_text().splitlines()]
    target.write_text("".join(json.dumps(row | {"document_id": prefix + row["document_id"]}) + "\n" for row in rows))
    return target


def test_writes_records_and_rows(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    evaluations = evaluate_model(model_path, corpus_path, output=tmp_path)
    assert [evaluation.system for evaluation in evaluations] == [
        "harbour (model)",
        "keyword lexicon",
        "TF-IDF + logistic regression",
        "majority",
    ]
    assert json.loads((tmp_path / "test.json").read_text())["evaluations"][0]["micro"]["support"] == 30
    rows = pq.read_table(tmp_path / "test.parquet").to_pylist()
    assert len(rows) == 33
    assert set(rows[0]) >= {"id", "document_id", "gold_toll", "prob_toll", "toll", "borderline"}


def test_the_record_says_what_made_it(model_path: Path, corpus_path: Path, codebook: Codebook, tmp_path: Path) -> None:
    evaluate_model(model_path, corpus_path, output=tmp_path, interval="bca", baselines=False)
    record = json.loads((tmp_path / "test.json").read_text())
    assert (record["framecls"], record["model"]) == (version("framecls"), "harbour")
    assert record["model_sha256"] == checkpoint_sha256(model_path)
    assert record["codebook_sha256"] == codebook.sha256
    assert record["corpus_sha256"] == Corpus.read(corpus_path, codebook).sha256
    assert record["interval"] == {"kind": "bca", "draws": 2000, "seed": 0}
    for name in ("test.md", "test.html"):
        assert "95 % interval from a bootstrap of documents (BCa, 2,000 draws)." in (tmp_path / name).read_text()


def test_the_record_has_slices_and_differences(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    evaluate_model(model_path, corpus_path, output=tmp_path)
    record = json.loads((tmp_path / "test.json").read_text())
    # All are of one genre and unit, short and not in doubt; nine of the eleven of each document have a keyword.
    assert [(one["by"], one["value"], one["sentences"]) for one in record["slices"]] == [
        ("keyword of any frame", "present", 24),
        ("keyword of any frame", "absent", 9),
    ]
    assert {one["other"] for one in record["differences"]} == {
        "keyword lexicon",
        "TF-IDF + logistic regression",
        "majority",
    }
    assert record["ceiling"] is None
    assert "| keyword of any frame |" in (tmp_path / "test.md").read_text()


def test_several_coders_are_set_beside_the_model(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    corpus = shutil.copytree(corpus_path, tmp_path / "corpus")
    rows = [json.loads(line) for line in (corpus / "sentences.jsonl").read_text().splitlines()]
    codings = [
        {"id": row["id"], "annotator": name, "frames": row["frames"] if name == "ada" else row["frames"][:1]}
        for row in rows
        for name in ("ada", "bo")
    ]
    (corpus / "codings.jsonl").write_text("".join(json.dumps(row) + "\n" for row in codings))
    evaluate_model(model_path, corpus, baselines=False, output=tmp_path / "out")
    ceiling = json.loads((tmp_path / "out" / "test.json").read_text())["ceiling"]
    assert (ceiling["coders"], ceiling["sentences"]) == (["ada", "bo"], 33)
    assert [frame["coder_f1"] for frame in ceiling["frames"]] == [1.0, 0.75]
    assert (
        "33 sentences of 3 documents were coded by more than one of ada, bo."
        in (tmp_path / "out" / "test.md").read_text()
    )


def test_splits_of_the_training_are_used_where_the_corpus_has_none(
    model_path: Path, corpus_path: Path, tmp_path: Path
) -> None:
    corpus = without_splits(corpus_path, tmp_path / "sentences.jsonl")
    (evaluation,) = evaluate_model(model_path, corpus, baselines=False)
    assert evaluation.documents == 3


def test_strange_corpus_is_no_test_split(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    corpus = without_splits(corpus_path, tmp_path / "sentences.jsonl", prefix="other-")
    with pytest.raises(CorpusError, match="took no part in training this model; evaluate with --split all"):
        evaluate_model(model_path, corpus)
    evaluations = evaluate_model(model_path, corpus, split="all")
    assert [(evaluation.system, evaluation.sentences) for evaluation in evaluations] == [
        ("harbour (model)", 132),
        ("keyword lexicon", 132),
    ]


def test_documents_of_the_training_are_no_test(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus_path, tmp_path / "corpus")
    documents = tmp_path / "corpus" / "documents.jsonl"
    documents.write_text(documents.read_text().replace('"train"', '"test"', 1))
    with pytest.raises(CorpusError, match="document 'd00' of the test split was used to train this model"):
        evaluate_model(model_path, tmp_path / "corpus")


def test_all_documents_of_the_training_are_warned_of(
    model_path: Path, corpus_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evaluations = evaluate_model(model_path, corpus_path, split="all")
    assert "9 of 12 documents have the ids of documents this model was trained on" in caplog.text
    assert [evaluation.system for evaluation in evaluations] == ["harbour (model)", "keyword lexicon"]


def test_another_corpus_is_not_recorded_in_the_model(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    model = shutil.copytree(model_path, tmp_path / "model")
    shutil.copytree(corpus_path, tmp_path / "corpus")
    with (tmp_path / "corpus" / "sentences.jsonl").open("a") as file:
        file.write('{"id": "d11#99", "document_id": "d11", "text": "Ships pay.", "frames": []}\n')
    evaluate_model(model, tmp_path / "corpus", baselines=False)
    assert not (model / "evaluation").exists()
    evaluate_model(model, corpus_path, baselines=False)
    assert (model / "evaluation" / "test.json").exists()


def test_split_without_a_sentence(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus_path, tmp_path / "corpus")
    documents = tmp_path / "corpus" / "documents.jsonl"
    documents.write_text(documents.read_text().replace('"test"', '"validation"'))
    with pytest.raises(CorpusError, match="the test split has no coded sentence"):
        evaluate_model(model_path, tmp_path / "corpus")


def test_a_baseline_that_cannot_be_trained_does_not_stop_the_model(
    model_path: Path, corpus_path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus = shutil.copytree(corpus_path, tmp_path / "corpus")
    documents = [json.loads(line) for line in (corpus / "documents.jsonl").read_text().splitlines()]
    validated = {row["document_id"] for row in documents if row["split"] == "validation"}
    rows = [json.loads(line) for line in (corpus / "sentences.jsonl").read_text().splitlines()]
    less = [row for row in rows if row["document_id"] not in validated or "toll" not in row["frames"]]
    (corpus / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in less))
    found = evaluate_model(model_path, corpus, output=tmp_path / "out")
    assert [one.system for one in found] == ["harbour (model)", "keyword lexicon", "majority"]
    assert "TF-IDF + logistic regression is left out: validation: 0 of " in caplog.text


def test_what_is_written_to_files_needs_a_folder(model_path: Path, corpus_path: Path) -> None:
    with pytest.raises(ConfigError, match="words and suspects are written to files; give --output a folder"):
        evaluate_model(model_path, corpus_path, split="all", suspected=True)


def test_inclusion_probabilities_are_honoured(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    corpus = shutil.copytree(corpus_path, tmp_path / "corpus")
    rows = [json.loads(line) for line in (corpus / "sentences.jsonl").read_text().splitlines()]
    # As if every framed sentence had been drawn, and one in ten of the others.
    drawn = [row | {"inclusion_probability": 1 if row["frames"] else 0.1} for row in rows]
    (corpus / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in drawn))
    _, lexicon, tfidf, _ = evaluate_model(model_path, corpus, output=tmp_path / "out", interval="bca")
    assert lexicon.weighted
    plain = evaluate_model(model_path, corpus_path, output=tmp_path / "plain")
    assert tfidf.frames[0].support == plain[2].frames[0].support == 15
    assert "each counted for those it was drawn from" in (tmp_path / "out" / "test.md").read_text()
    del drawn[-1]["inclusion_probability"]
    (corpus / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in drawn))
    with pytest.raises(CorpusError, match="'d11#10' has no 'inclusion_probability' while others have one"):
        evaluate_model(model_path, corpus)


def test_a_model_of_several_corpora_is_recorded_on_its_own(
    config: TrainConfig, corpus_path: Path, tmp_path: Path
) -> None:
    also = tmp_path / "also.jsonl"
    rows = [json.loads(line) for line in (corpus_path / "sentences.jsonl").read_text().splitlines()][:11]
    for row in rows:
        row |= {"id": f"x{row['id']}", "document_id": "x", "text": f"On the third of May of that year {row['text']}"}
    also.write_text("".join(json.dumps(row) + "\n" for row in rows))
    own = config.model_copy(update={"train_also": (also,), "output": tmp_path / "model", "epochs": 1})
    folder = train(own)
    assert folder is not None
    evaluate_model(folder, corpus_path, baselines=False)
    assert (folder / "evaluation" / "test.json").exists()


def test_words_and_suspects_are_recorded_when_asked_for(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("captum")
    pytest.importorskip("cleanlab")
    corpus = shutil.copytree(corpus_path, tmp_path / "corpus")
    rows = [json.loads(line) for line in (corpus / "sentences.jsonl").read_text().splitlines()]
    # A coder who overlooked a toll.
    wrong = next(row for row in rows if row["id"].startswith("d09") and row["frames"] == ["toll"])
    wrong["frames"] = []
    (corpus / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    evaluate_model(model_path, corpus, baselines=False, output=tmp_path / "out", explain=True, suspected=True)
    record = json.loads((tmp_path / "out" / "test.json").read_text())
    (mistake,) = (one for one in record["mistakes"] if one["id"] == wrong["id"])
    assert mistake["kind"] == "wrong"
    assert "toll" in [push["word"].strip(".") for push in mistake["words"] if push["value"] > 0]
    assert (wrong["id"], "toll", False) in [(one["id"], one["frame"], one["coded"]) for one in record["suspects"]]
    page = (tmp_path / "out" / "test.html").read_text()
    assert '<mark class="for"' in page
    evaluate_model(model_path, corpus, baselines=False, output=tmp_path / "bare", text=False, explain=True)
    bare = json.loads((tmp_path / "bare" / "test.json").read_text())
    assert {push["word"] for one in bare["mistakes"] for push in one["words"]} == {""}
    assert bare["suspects"] is None
