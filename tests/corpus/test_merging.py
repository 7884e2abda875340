"""Codings of several annotators: gathered from files and merged into one reading."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from framecls.cli import app
from framecls.corpus import AnnotatedSentence, Corpus, gather, merge, read_codings_of, write_corpus
from framecls.errors import ConfigError, CorpusError
from tests.corpus.builders import coded, small_codebook, small_corpus, write_jsonl


def row(id: str, frames: list[str] | None, annotator: str = "", **facts: Any) -> dict[str, Any]:
    found = {"id": id, "document_id": "d1", "text": f"The delegates of the two isles heard item {id}.", **facts}
    return found | ({"frames": frames} if frames is not None else {}) | ({"annotator": annotator} if annotator else {})


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Three coders; each says who they are in a way of their own, and none coded everything."""
    ada = [
        row("s1", ["carry"], "ada", start=0, end=9),
        row("s2", ["carry"], "ada"),
        row("s3", [], "ada"),
        row("s4", None),
    ]
    bo = [row("s1", ["carry"]), row("s2", ["gain"], note="Both?"), row("s3", ["gain"])]
    (tmp_path / "cy").mkdir()
    return [
        write_jsonl(tmp_path / "first.jsonl", ada),
        write_jsonl(tmp_path / "bo.jsonl", bo),
        write_jsonl(tmp_path / "cy" / "sentences.jsonl", [row("s2", ["carry", "gain"], borderline=True)]),
    ]


def readings(corpus: Corpus) -> dict[str, tuple[str, ...] | None]:
    return {sentence.id: sentence.frames for sentence in corpus.sentences}


def test_codings_are_gathered_from_files(three: list[Path]) -> None:
    corpus = read_codings_of(three, small_codebook())
    assert [sentence.id for sentence in corpus.sentences] == ["s1", "s2", "s3", "s4"]
    by_coder = corpus.by_coder()
    assert list(by_coder) == ["ada", "bo", "cy"]
    assert np.isnan(by_coder["cy"][:, 0]).tolist() == [True, False, True, True]
    assert by_coder["bo"][:3].tolist() == [[1, 0], [0, 1], [0, 1]]
    assert corpus.codings["s2"][2].borderline
    assert corpus.sha256 != read_codings_of(three[:2], small_codebook()).sha256


def test_a_settled_reading_beside_its_codings_is_no_coding(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "sentences.jsonl", [row("s1", ["carry"], "settled"), row("s2", [], "settled")])
    codings = [{"id": "s1", "annotator": "ada", "frames": []}, {"id": "s1", "annotator": "bo", "frames": ["carry"]}]
    write_jsonl(tmp_path / "codings.jsonl", codings)
    corpus = read_codings_of([tmp_path], small_codebook())
    assert {id: [c.annotator for c in of_id] for id, of_id in corpus.codings.items()} == {"s1": ["ada", "bo"]}


def test_every_row_of_a_table_of_several_coders_is_a_coding(tmp_path: Path) -> None:
    rows = [row("s1", [], "ada"), row("s1", ["carry"], "bo"), row("s2", ["gain"], "cy"), row("s3", ["gain"])]
    long = write_jsonl(tmp_path / "long.jsonl", rows)
    corpus = read_codings_of([long, write_jsonl(tmp_path / "dee.jsonl", [row("s2", [])])], small_codebook())
    assert {id: [c.annotator for c in of_id] for id, of_id in corpus.codings.items()} == {
        "s1": ["ada", "bo"],
        "s2": ["cy", "dee"],
        "s3": ["long"],
    }
    (s2,) = (sentence for sentence in merge(corpus, by="majority").corpus.sentences if sentence.id == "s2")
    assert (s2.frames, s2.borderline) == ((), True)
    write_corpus(Corpus.read(long, small_codebook()), tmp_path / "written")
    assert set(Corpus.read(tmp_path / "written", small_codebook()).codings) == {"s1", "s2", "s3"}


def test_files_that_do_not_fit_together(tmp_path: Path, three: list[Path]) -> None:
    book = small_codebook()
    with pytest.raises(CorpusError, match="another corpus is called 'bo' too; rename one"):
        read_codings_of([three[1], write_jsonl(tmp_path / "cy" / "bo.jsonl", [row("s9", [])])], book)
    other = write_jsonl(tmp_path / "other.jsonl", [row("s1", [], "ada")])
    with pytest.raises(CorpusError, match="other: 'ada' codes sentence 's1' in another corpus too; keep one coding"):
        read_codings_of([three[0], other], book)
    own = Corpus.read(three[0], book).sentences[0]
    other = write_jsonl(tmp_path / "other.jsonl", [row("d#1", []) | {"document_id": own.document_id, "text": own.text}])
    with pytest.raises(CorpusError, match=f"have ids such as 'd#1', and '{own.id}' in another corpus; give each sent"):
        read_codings_of([three[0], other], book)
    other = write_jsonl(tmp_path / "other.jsonl", [row("s1", []) | {"text": "Item one was heard."}])
    with pytest.raises(CorpusError, match="other: sentence 's1' has another text in another corpus; make ids unique"):
        read_codings_of([three[0], other], book)


def test_majority(three: list[Path]) -> None:
    merged = merge(read_codings_of(three, small_codebook()), by="majority")
    assert readings(merged.corpus) == {"s1": ("carry",), "s2": ("carry", "gain"), "s3": (), "s4": None}
    s1, s2, s3, _ = merged.corpus.sentences
    assert (s1.annotator, s1.start, s1.borderline, s2.borderline, s2.note, s3.borderline) == (
        *("", 0, False, True, "Both?"),
        True,
    )
    assert (merged.coded, merged.several, merged.unanimous) == ({"ada": 3, "bo": 3, "cy": 1}, 3, 1)
    assert (merged.ties, merged.settled, merged.uncoded) == ({"carry": 0, "gain": 1}, None, 1)


def test_an_adjudicator_wins_where_they_coded(three: list[Path]) -> None:
    merged = merge(read_codings_of(three, small_codebook()), by="adjudicator=bo")
    assert readings(merged.corpus) == {"s1": ("carry",), "s2": ("gain",), "s3": ("gain",), "s4": None}
    assert [s.annotator for s in merged.corpus.sentences] == ["bo", "bo", "bo", ""]
    assert (merged.settled, merged.ties) == (2, {"carry": 0, "gain": 0})
    by_cy = merge(read_codings_of(three, small_codebook()), by="adjudicator=cy")
    # Elsewhere the others' majority stands: a tie on the third.
    assert readings(by_cy.corpus) == {"s1": ("carry",), "s2": ("carry", "gain"), "s3": (), "s4": None}
    assert (by_cy.settled, by_cy.ties) == (1, {"carry": 0, "gain": 1})


def test_soft_keeps_the_shares_through_a_file(three: list[Path], tmp_path: Path) -> None:
    merged = merge(read_codings_of(three, small_codebook()), by="soft")
    assert [s.shares for s in merged.corpus.sentences] == [(1, 0), (2 / 3, 2 / 3), (0, 0.5), None]
    write_corpus(merged.corpus, tmp_path / "merged")
    again = Corpus.read(tmp_path / "merged", small_codebook())
    assert again.sentences == merged.corpus.sentences
    assert again.coded().targets().tolist() == [[1, 0], [2 / 3, 2 / 3], [0, 0.5]]
    assert again.coded().gold().tolist() == [[True, False], [True, True], [False, False]]
    # The single codings went along, and merge again to the same.
    assert merge(gather({"merged": again}), by="soft").corpus.sentences == merged.corpus.sentences


def test_what_a_sentence_is_near_to_stays_with_it() -> None:
    settled = coded("s1", hard_negative=("carry", "gain"))
    codings: tuple[AnnotatedSentence, ...] = tuple(coded("s1", "carry", annotator=name) for name in ("ada", "bo"))
    corpus = small_corpus(settled)
    merged = merge(Corpus(corpus.codebook, corpus.sentences, {}, {"s1": codings}), by="majority")
    (sentence,) = merged.corpus.sentences
    assert (sentence.frames, sentence.hard_negative) == (("carry",), ("gain",))


def test_rules_that_cannot_be_followed(three: list[Path]) -> None:
    corpus = read_codings_of(three, small_codebook())
    with pytest.raises(ConfigError, match="--by 'mean': give 'majority', 'soft' or 'adjudicator=' with the name"):
        merge(corpus, by="mean")
    with pytest.raises(CorpusError, match="no sentence is coded by the adjudicator 'di'; the coders are ada, bo, cy"):
        merge(corpus, by="adjudicator=di")
    with pytest.raises(CorpusError, match="no sentence is coded, so there is nothing to merge"):
        merge(small_corpus(coded("s1")), by="majority")


def test_commands_do_not_replace_the_corpus_they_read(tmp_path: Path) -> None:
    small_codebook().write(tmp_path / "codebook.toml")
    (tmp_path / "a").mkdir()
    ada = write_jsonl(tmp_path / "a" / "sentences.jsonl", [row("s1", ["carry"], "ada")])
    bo = write_jsonl(tmp_path / "bo.jsonl", [row("s1", [], "bo")])
    before = ada.read_bytes()
    refused = "is what is read; give --output another name"
    for command in (
        ["merge", ada, bo],
        ["merge", tmp_path / "a", bo],
        ["facts", ada],
        ["facts", tmp_path / "a"],
        ["hydrate", "--documents", bo, "--facts", tmp_path / "a"],
        ["hydrate", "--documents", ada, "--facts", tmp_path],
    ):
        options = ["--output", tmp_path / "a", "--codebook", tmp_path / "codebook.toml"]
        done = CliRunner().invoke(app, ["corpus", *map(str, [*command, *options])])
        assert done.exit_code == 1
        assert refused in (done.output + str(done.exception))
        assert ada.read_bytes() == before


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ("0.5;0.5", "'shares' must give a number for each frame, found '0.5;0.5'; CSV cannot hold it"),
        ({"carry": 0.5}, "'shares' must give 'gain' a number from 0 to 1, found None"),
        ({"carry": 1.5, "gain": 0}, "'shares' must give 'carry' a number from 0 to 1, found 1.5"),
        ({"carry": 1, "gain": True}, "'shares' must give 'gain' a number from 0 to 1, found True"),
        ({"carry": 1, "gain": 0, "lose": 0}, "unknown frame 'lose'"),
    ],
)
def test_shares_are_numbers_for_the_frames(shares: object, message: str, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "corpus.jsonl", [row("s1", [], shares=shares)])
    with pytest.raises(CorpusError, match=f"line 1: {message}"):
        Corpus.read(path, small_codebook())
