"""Columns that say a thing twice, or not at all."""

from dataclasses import fields
from pathlib import Path

import pytest

from framecls.codebook import Codebook
from framecls.corpus import AnnotatedSentence, Corpus
from framecls.errors import CodebookError, CorpusError
from framecls.labelling.writers import label_schema
from tests.corpus.builders import small_codebook, write_csv, write_jsonl

BASE = {"document_id": "d1", "text": "The two isles dredge the strait."}


def test_frames_and_columns_must_agree(tmp_path: Path) -> None:
    agreeing = {**BASE, "id": "s1", "frames": "gain", "carry": 0, "gain": 1}
    corpus = Corpus.read(write_csv(tmp_path / "good.csv", [agreeing]), small_codebook())
    assert corpus.sentences[0].frames == ("gain",)
    with pytest.raises(
        CorpusError, match="line 2: 'frames' has gain but the frames' columns have carry, gain; keep the"
    ):
        Corpus.read(write_csv(tmp_path / "bad.csv", [agreeing | {"carry": 1}]), small_codebook())


def test_blank_columns_are_not_coded_yet(tmp_path: Path) -> None:
    rows = [{**BASE, "id": "s1", "carry": "", "gain": ""}, {**BASE, "id": "s2", "carry": "", "gain": "1.0"}]
    corpus = Corpus.read(write_csv(tmp_path / "sentences.csv", rows), small_codebook())
    assert [sentence.frames for sentence in corpus.sentences] == [None, ("gain",)]


def test_splits_may_stand_beside_the_sentences(tmp_path: Path) -> None:
    rows = [
        {**BASE, "id": f"s{n}", "document_id": f"d{n}", "frames": "", "split": s}
        for n, s in enumerate(("train", "test"))
    ]
    assert Corpus.read(write_csv(tmp_path / "sentences.csv", rows), small_codebook()).splits() == {
        "d0": "train",
        "d1": "test",
    }
    with pytest.raises(CorpusError, match="document 'd0' is in two splits; a document belongs to one"):
        Corpus.read(
            write_csv(tmp_path / "two.csv", [*rows, {**rows[0], "id": "s9", "split": "test"}]), small_codebook()
        )
    write_jsonl(tmp_path / "documents.jsonl", [{"document_id": "d0"}, {"document_id": "d1"}])
    with pytest.raises(CorpusError, match=r"has a column 'split' beside documents\.jsonl; keep splits in one of them"):
        Corpus.read(tmp_path, small_codebook())


def test_tables_beside_the_sentences_may_be_of_any_kind(tmp_path: Path) -> None:
    write_csv(tmp_path / "sentences.csv", [{**BASE, "id": "s1", "frames": "gain"}])
    write_csv(tmp_path / "documents.csv", [{"document_id": "d1", "split": "test", "year": "2004"}])
    corpus = Corpus.read(tmp_path, small_codebook())
    assert corpus.splits() == {"d1": "test"}
    assert corpus.documents["d1"].year == 2004


@pytest.mark.parametrize(
    "name", ["macro", "prob_gain", *label_schema(()).names, *(column.name for column in fields(AnnotatedSentence))]
)
def test_a_frame_is_never_named_as_a_column(name: str, tmp_path: Path) -> None:
    path = tmp_path / "codebook.toml"
    small_codebook("gain").write(path)
    path.write_text(path.read_text().replace('name = "gain"', f'name = "{name}"'))
    with pytest.raises(CodebookError, match=f"a frame cannot be named '{name}', which is a column of its own"):
        Codebook.read(path)
