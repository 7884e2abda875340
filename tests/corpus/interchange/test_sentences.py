"""Selections to sentences: overlap, who has read what, and what is said of the rest."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecls.corpus import Corpus, read_codings_of
from framecls.corpus.interchange import Overlap, write_imported
from framecls.corpus.interchange.importing import Imported
from framecls.corpus.interchange.mapping import MappingTable, map_codes
from framecls.corpus.interchange.project import (
    Code,
    CodedDocument,
    ImportReport,
    Project,
    ProjectReading,
    Selection,
    Unit,
    codes_of,
)
from framecls.corpus.interchange.sentences import annotate, cut
from tests.corpus.builders import small_codebook

BOOK = small_codebook("carry", "gain")
TEXT = "The delegates met. They carry the cost together. Both of the isles will gain by it."
FIRST, SECOND, THIRD = "The delegates met.", "They carry the cost together.", "Both of the isles will gain by it."


def selected(words: str, *codes: str, who: str = "Ann", document: str = "d", note: str = "") -> Selection:
    start = TEXT.index(words)
    return Selection(document, who, codes or ("carry",), start, start + len(words), note)


def a_project(
    *selections: Selection,
    documents: tuple[CodedDocument, ...] = (CodedDocument("d", "d", TEXT),),
    codes: tuple[Code, ...] = codes_of(BOOK),
    models: frozenset[str] = frozenset(),
) -> Project:
    return Project("p", documents, ("Ann", "Ben"), codes, selections, models=models)


def annotated(
    project: Project, *, overlap: Overlap = "half", coded_all: bool = False, models: bool = False
) -> tuple[Corpus, ImportReport]:
    rules = MappingTable({"left_out": None} if any(code.name == "left out" for code in project.codes) else {})
    return annotate(
        ProjectReading(project),
        map_codes(project, BOOK, rules),
        BOOK,
        source="p.qdpx",
        format="qdpx",
        overlap=overlap,
        coded_all=coded_all,
        models=models,
    )


def frames(corpus: Corpus) -> list[tuple[str, ...] | None]:
    return [sentence.frames for sentence in corpus.sentences]


@pytest.mark.parametrize(
    ("words", "some", "half", "full"),
    [
        (SECOND, [1], [1], [1]),
        (SECOND.rstrip("."), [1], [1], [1]),
        ("carry", [1], [1], []),
        ("together. Both", [1, 2], [1], []),
        ("carry the cost together. Both", [1, 2], [1], []),
        (f"{FIRST} {SECOND}", [0, 1], [0, 1], [0, 1]),
        ("met. They carry the cost together. Both of", [0, 1, 2], [1], [1]),
        # As many letters of the one as of the other: half of the selection is in each.
        ("gether. Both of", [1, 2], [1, 2], []),
        (TEXT, [0, 1, 2], [0, 1, 2], [0, 1, 2]),
        (". ", [], [], []),
    ],
)
def test_overlap(words: str, some: list[int], half: list[int], full: list[int]) -> None:
    for overlap, expected in (("any", some), ("half", half), ("full", full)):
        # A second coder keeps the corpus from being empty where the first one reaches nothing.
        project = a_project(selected(words), selected(SECOND, "gain", who="Ben"))
        corpus, report = annotated(project, overlap=overlap)  # type: ignore[arg-type]
        by_ann = [next(c for c in corpus.codings[s.id] if c.annotator == "Ann") for s in corpus.sentences]
        assert [index for index, coding in enumerate(by_ann) if coding.frames] == expected, overlap
        assert len(report.lost) == (not expected)
        assert report.selections == 1 + bool(expected)


def test_what_reached_no_sentence_says_why() -> None:
    project = a_project(selected("carry"), selected(". "), selected(SECOND))
    _, report = annotated(project, overlap="full")
    assert [(lost.where, lost.reason, lost.quote) for lost in report.lost] == [
        (
            "p.qdpx: document 'd', 24 to 29, Ann",
            "covers no sentence in full; --overlap half takes parts of sentences too",
            "carry",
        ),
        ("p.qdpx: document 'd', 17 to 19, Ann", "covers no letter or digit", "."),
    ]
    text = "Ships wait at the quay.\n\n12\n\nThe pilot is late."
    paged = a_project(
        Selection("d", "Ann", ("carry",), 25, 27),
        Selection("d", "Ann", ("gain",), 0, 5),
        documents=(CodedDocument("d", "d", text),),
    )
    _, report = annotated(paged)
    assert report.lost[0].reason == "covers no sentence, only a number, a mark or furniture of the page"
    assert not report.complete


def test_two_annotators_are_merged_and_their_codings_kept() -> None:
    corpus, report = annotated(
        a_project(
            selected(SECOND, "carry", "carry/cost", note="plain"),
            selected("cost together", "carry", note="again"),
            selected(SECOND, "carry", who="Ben"),
            selected(THIRD, "gain", who="Ben"),
        )
    )
    assert frames(corpus) == [(), ("carry",), ()]
    assert [sentence.borderline for sentence in corpus.sentences] == [False, False, True]
    ann, ben = corpus.codings["d#0002"]
    assert (ann.annotator, ann.frames, ann.codes, ann.note) == ("Ann", ("carry",), ("cost",), "plain; again")
    assert (ben.annotator, ben.frames, ben.codes, ben.note) == ("Ben", ("carry",), (), "")
    second = corpus.sentences[1]
    assert (TEXT[second.start : second.end], second.before) == (SECOND, FIRST)
    assert corpus.documents["d"].text == TEXT
    assert report.annotators == {"Ann": 3, "Ben": 3}
    assert report.codes_mapped == {"carry": "carry", "carry > cost": "carry/cost", "gain": "gain"}
    assert report.complete


def test_who_has_read_what() -> None:
    more = (CodedDocument("d", "d", TEXT), CodedDocument("e", "Second", TEXT), CodedDocument("f", "f", TEXT))
    extra = (*codes_of(BOOK), Code("x", "left out"))
    project = a_project(
        selected(SECOND),
        selected(SECOND, "x", document="e"),
        selected(SECOND, "x", who="Ben"),
        documents=more,
        codes=extra,
    )
    corpus, report = annotated(project)
    # Ann coded d and, with a code that is left out, e; Ben used no mapped code anywhere.
    assert [(s.document_id, s.annotator) for s in corpus.sentences] == [("d", "Ann")] * 3 + [("e", "Ann")] * 3
    assert frames(corpus)[3:] == [(), (), ()]
    assert corpus.documents["e"].title == "Second"
    assert report.codes_ignored == {"left out": 2}
    assert report.notices == (
        "Ben used none of the mapped codes and was left out",
        "documents nobody coded, left out: 1",
    )

    corpus, report = annotated(project, coded_all=True)
    assert report.annotators == {"Ann": 9}
    assert len(corpus) == 9

    said, report = annotated(replace(project, completed=frozenset({("Ben", "f")})))
    assert report.annotators == {"Ann": 6, "Ben": 6}
    assert [s.annotator for s in said.sentences if s.document_id == "f"] == ["Ben"] * 3


def test_the_only_coder_of_a_document_is_kept_beside_those_of_another(tmp_path: Path) -> None:
    more = (CodedDocument("d", "d", TEXT), CodedDocument("e", "e", TEXT))
    selections = (selected(SECOND), selected(SECOND, who="Ben"), selected(THIRD, who="Cy", document="e"))
    corpus, report = annotated(Project("p", more, ("Ann", "Ben", "Cy"), codes_of(BOOK), selections))
    write_imported(Imported(corpus, report, ()), tmp_path)
    again = read_codings_of([tmp_path], BOOK)
    assert [c.annotator for c in again.codings["e#0003"]] == ["Cy"]


def test_models_and_whole_documents_are_left_out_unless_asked_for() -> None:
    project = a_project(
        selected(SECOND),
        selected(THIRD, "gain", who="Ben"),
        Selection("d", "Ann", ("gain",), None, None),
        models=frozenset({"Ben"}),
    )
    corpus, report = annotated(project)
    assert frames(corpus) == [(), ("carry",), ()]
    assert report.notices == (
        "Ben is a model and was left out; --models counts it among the annotators",
        "codings of whole documents, which say nothing of a sentence, left out: 1",
    )
    assert annotated(project, models=True)[1].annotators == {"Ann": 3, "Ben": 3}


def test_units_are_the_sentences_and_only_those_touched_are_coded() -> None:
    units = tuple(
        Unit(id, TEXT.index(words), TEXT.index(words) + len(words))
        for id, words in (("u1", FIRST), ("u2", SECOND), ("u3", THIRD))
    )
    document = CodedDocument("d", "d", TEXT, units=(*units, Unit("blank", len(TEXT), len(TEXT))))
    none = Selection("d", "Ann", (), units[0].start, units[0].end)
    corpus, report = annotated(a_project(none, selected(SECOND), documents=(document,)))
    assert [(s.id, s.frames, s.before) for s in corpus.sentences] == [("u1", (), ""), ("u2", ("carry",), FIRST)]
    assert report.lost == ()
    # A code that is left out says that the sentence was read.
    other = selected(THIRD, "x")
    extra = (*codes_of(BOOK), Code("x", "left out"))
    corpus, _ = annotated(a_project(selected(SECOND), other, documents=(document,), codes=extra))
    assert [(s.id, s.frames) for s in corpus.sentences] == [("u2", ("carry",)), ("u3", ())]
    both = (document, replace(document, id="e"))
    assert [piece.id for piece in cut(document, unit_ids_are_unique=False)] == ["d#u1", "d#u2", "d#u3"]
    corpus, _ = annotated(a_project(none, selected(SECOND, document="e"), documents=both))
    assert [s.id for s in corpus.sentences] == ["d#u1", "e#u2"]
    whole = Selection("d", "Ann", (), None, None)
    corpus, _ = annotated(a_project(whole, documents=(document,)))
    assert frames(corpus) == [(), (), ()]


def test_nothing_coded_is_an_empty_corpus() -> None:
    corpus, report = annotated(a_project())
    assert len(corpus) == 0
    assert report.notices[-1] == "documents nobody coded, left out: 1"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    project = a_project(selected(SECOND), selected(THIRD, "gain", who="Ben"))
    corpus, report = annotated(project)
    documents = (CodedDocument("e", "Late", "The pilot is late."), CodedDocument("f", "f", " "))
    write_imported(Imported(corpus, report, documents), tmp_path)
    again = Corpus.read(tmp_path, BOOK)
    assert again.sentences == corpus.sentences
    assert {id: [(c.annotator, c.frames) for c in codings] for id, codings in again.codings.items()} == {
        id: [(c.annotator, c.frames) for c in codings] for id, codings in corpus.codings.items()
    }
    assert json.loads((tmp_path / "report.json").read_text())["annotators"] == {"Ann": 3, "Ben": 3}
    uncoded = [json.loads(line) for line in (tmp_path / "uncoded.jsonl").read_text().splitlines()]
    assert uncoded == [{"document_id": "e", "title": "Late", "text": "The pilot is late."}]
    write_imported(Imported(corpus, report, ()), tmp_path)
    assert not (tmp_path / "uncoded.jsonl").exists()


@given(st.integers(0, len(TEXT) - 1), st.integers(1, len(TEXT)))
def test_kinds_of_overlap_hold_each_other(start: int, length: int) -> None:
    end = min(len(TEXT), start + length)
    found = {}
    for overlap in ("any", "half", "full"):
        corpus, _ = annotated(
            a_project(Selection("d", "Ann", ("carry",), start, end), selected(FIRST, "gain")), overlap=overlap
        )
        found[overlap] = {s.id for s in corpus.sentences if "carry" in (s.frames or ())}
    assert found["full"] <= found["half"] <= found["any"]
    # Half of a selection is always somewhere.
    assert bool(found["half"]) == any(letter.isalnum() for letter in TEXT[start:end])


def test_a_sentence_that_was_left_out_is_not_passed_over() -> None:
    units = tuple(
        Unit(id, TEXT.index(words), TEXT.index(words) + len(words)) for id, words in (("u1", FIRST), ("u3", THIRD))
    )
    for document in (CodedDocument("d", "d", TEXT, units=units), CodedDocument("d", "d", TEXT, sentences=units)):
        assert [(piece.id, piece.before) for piece in cut(document)] == [("u1", ""), ("u3", "")]
