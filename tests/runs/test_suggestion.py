"""From labels to a file that can be coded and read as a corpus."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from framecls.codebook import Codebook
from framecls.corpus import Corpus
from framecls.errors import FrameclsError
from framecls.labelling import label
from framecls.model import FrameClassifier
from framecls.runs.suggestion import suggest_sentences


@pytest.fixture
def labels(classifier: FrameClassifier, tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text("A toll is asked of ships. The quay is long. The pilot waits.")
    (folder / "b.txt").write_text("Ships lie at anchor. A toll pays the pilot.")
    label([folder], classifier, tmp_path / "labels.parquet")
    return tmp_path / "labels.parquet"


def test_the_file_is_a_corpus_waiting_for_its_codes(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    assert suggest_sentences(labels, tmp_path / "next.jsonl", size=3) == 3
    corpus = Corpus.read(tmp_path / "next.jsonl", codebook)
    texts = {row["sentence_id"]: row["text"] for row in pq.read_table(labels).to_pylist()}
    assert {s.id: s.text for s in corpus.sentences}.items() <= texts.items()
    assert all(s.frames is None for s in corpus.sentences)
    assert suggest_sentences(labels, tmp_path / "all.jsonl") == 5
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    befores = {row["text"]: row["before"] for row in rows}
    assert befores["The quay is long."] == "A toll is asked of ships."
    assert befores["Ships lie at anchor."] == ""


def test_the_sentence_before_is_not_invented(classifier: FrameClassifier, tmp_path: Path) -> None:
    texts = ["A toll is asked of ships.", "The quay is long.", "The pilot waits."]
    rows = [{"id": f"s{n}", "document_id": "d", "text": text, "before": "It rains."} for n, text in enumerate(texts)]
    (tmp_path / "sampled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    label([tmp_path / "sampled.jsonl"], classifier, tmp_path / "sampled.parquet")
    suggest_sentences(tmp_path / "sampled.parquet", tmp_path / "next.jsonl")
    assert [json.loads(line)["before"] for line in (tmp_path / "next.jsonl").read_text().splitlines()] == [""] * 3


def test_the_labels_are_not_overwritten(labels: Path) -> None:
    before = labels.read_bytes()
    with pytest.raises(FrameclsError, match=r"labels\.parquet: is what is read; give --output another name"):
        suggest_sentences(labels, labels)
    assert labels.read_bytes() == before


def test_what_are_no_labels(labels: Path, classifier: FrameClassifier, tmp_path: Path) -> None:
    with pytest.raises(FrameclsError, match="no such file; label documents first"):
        suggest_sentences(tmp_path / "none.parquet", tmp_path / "next.jsonl")
    label([tmp_path / "documents"], classifier, tmp_path / "bare.parquet", text=False)
    with pytest.raises(FrameclsError, match="holds no labels with text and thresholds"):
        suggest_sentences(tmp_path / "bare.parquet", tmp_path / "next.jsonl")
    (tmp_path / "labels.csv").write_text("document_id,text\n")
    with pytest.raises(FrameclsError, match=r"labels\.csv: only Parquet carries the thresholds; label again with"):
        suggest_sentences(tmp_path / "labels.csv", tmp_path / "next.jsonl")
    (tmp_path / "odd.parquet").write_text("no table")
    with pytest.raises(FrameclsError, match=r"odd\.parquet: cannot be read as Parquet"):
        suggest_sentences(tmp_path / "odd.parquet", tmp_path / "next.jsonl")
