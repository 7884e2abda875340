"""The internal model: what it refuses, and what it tells."""

from dataclasses import replace

import pytest

from framecls.codebook import Codebook
from framecls.corpus.interchange.project import Code, CodedDocument, Project, Selection, Unit, codes_of
from tests.corpus.builders import small_codebook

PROJECT = Project(
    "p",
    (CodedDocument("d", "d", "A toll is asked."),),
    ("Ann",),
    (Code("t", "Toll"), Code("h", "High", parent="t")),
    (Selection("d", "Ann", ("t",), 2, 6), Selection("d", "Ann", ("h",), None, None)),
)


def test_texts_and_paths() -> None:
    first, whole = PROJECT.selections
    texts = PROJECT.texts()
    assert texts["d"][first.start : first.end] == "toll"
    assert texts["d"][whole.start : whole.end] == "A toll is asked."
    assert PROJECT.code_paths() == {"t": ("Toll",), "h": ("Toll", "High")}


def test_a_codebook_gives_frames_and_codes_below_them() -> None:
    codes = codes_of(small_codebook("carry"))
    assert [(code.id, code.parent) for code in codes] == [
        ("carry", None),
        ("carry/cost", "carry"),
        ("carry/own", "carry"),
    ]
    assert isinstance(small_codebook(), Codebook)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"documents": PROJECT.documents * 2}, "document 'd' is there twice"),
        ({"annotators": ("Ann", "Ann")}, "annotator 'Ann' is there twice"),
        ({"annotators": ("Ben",)}, "by 'Ann', who is no annotator"),
        ({"codes": PROJECT.codes[:1] * 2}, "code 't' is there twice"),
        ({"codes": PROJECT.codes[::-1]}, "code 'h' does not stand after the code above it, 't'"),
        ({"codes": PROJECT.codes[:1]}, "has code 'h', which is not there"),
        ({"selections": (Selection("e", "Ann", (), 0, 1),)}, "of document 'e', which is not there"),
        ({"selections": (Selection("d", "Ann", (), 0, 17),)}, "ends at 17, behind document 'd'"),
        ({"completed": frozenset({("Ann", "e")})}, "'Ann' cannot have read 'e'"),
        ({"models": frozenset({"m"})}, "model 'm' is no annotator"),
    ],
)
def test_a_project_cannot_contradict_itself(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PROJECT, **change)  # type: ignore[arg-type]


def test_parts_cannot_be_wrong() -> None:
    for make, message in (
        (lambda: Unit("u", 2, 1), "cannot range from 2 to 1"),
        (lambda: CodedDocument("", "", ""), "needs an id"),
        (lambda: CodedDocument("d", "d", "ab", units=(Unit("u", 0, 2), Unit("v", 1, 2))), "'v' overlaps another"),
        (lambda: CodedDocument("d", "d", "ab", units=(Unit("u", 0, 1), Unit("u", 1, 2))), "two units with one id"),
        (lambda: Code("c", "c", "red"), "colour 'red'"),
        (lambda: Selection("d", "Ann", (), 0, None), "both a start and an end"),
        (lambda: Selection("d", "Ann", (), 3, 1), "cannot range from 3 to 1"),
        (lambda: Selection("d", "Ann", ("t", "t"), 0, 1), "a code twice"),
        (lambda: Selection("d", "Ann", ("t",), 0, 1, probabilities=(0.1, 0.2)), "2 probabilities for 1 codes"),
        (lambda: Selection("d", "Ann", ("t",), 0, 1, probabilities=(1.2,)), "between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
