"""Formats of other tools: out and in again is the same coding, on the same characters, by the same people."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from framecls.codebook import Codebook
from framecls.corpus.interchange import import_project
from framecls.corpus.interchange.formats import FORMATS, find_format, format_to_write
from framecls.corpus.interchange.label_studio import write as write_label_studio
from framecls.corpus.interchange.project import Code, CodedDocument, Project, Selection, Unit
from framecls.errors import CorpusError

CODES = (
    Code("toll", "toll", "#aa3311", "Does the sentence ask for a toll?"),
    Code("toll/fee", "fee", "#aa3311", "A fee.", "toll"),
    Code("pilot", "pilot", "#1133aa", "Does the sentence send a pilot?"),
)
PEOPLE, MODEL = ("anna@example.org", "Bo/2", "Čeněk"), "framecls harbour"
#: Formats of documents with passages, and of sentences with frames; how a file of each is called.
SPANS = {
    "label-studio": "x.json",
    "w3c": "x.jsonld",
    "doccano": "x.zip",
    "cas-xmi": "x.xmi.zip",
    "cas-json": "x.zip",
}
SENTENCES = {
    "label-studio-sentences": "x.sentences.json",
    "doccano-sentences": "x.zip",
    "csv": "x.csv",
    "csv-one-hot": "x.one-hot.csv",
    "xlsx": "x.xlsx",
    "xlsx-one-hot": "x.one-hot.xlsx",
}
EXTRAS = {"cas-xmi": "cassis", "cas-json": "cassis", "xlsx": "openpyxl", "xlsx-one-hot": "openpyxl"}

words = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), include_characters="🚢𝛼\u2028é\u0301="),
    min_size=1,
    max_size=12,
).filter(lambda text: bool(text.strip()))
separators = st.sampled_from(["\n\n", "\r\n", " ", "", "\r\n\r\n", "🚢", "\t"])


@st.composite
def documents(draw: st.DrawFn, id: str) -> CodedDocument:
    """A document whose sentences are its units; may be empty."""
    text, units = draw(st.sampled_from(["", "\n", "🚢 "])), []
    for number in range(draw(st.integers(0, 4))):
        sentence = draw(words)
        units.append(Unit(f"{id}#{number}", len(text), len(text) + len(sentence)))
        text += sentence + draw(separators)
    return CodedDocument(id, draw(st.sampled_from(["A notice", id])), text if units else "", units=tuple(units))


@st.composite
def projects(draw: st.DrawFn, *, passages: bool) -> Project:
    """A project of people and a model; in one of passages they select what they like, and what overlaps."""
    made = tuple(draw(documents(id)) for id in ("d1", "old/ñ 2.md", "d3")[: draw(st.integers(1, 3))])
    annotators = (*PEOPLE[: draw(st.integers(1, 3))], MODEL)
    selections = []
    completed: set[tuple[str, str]] = set()
    partial: set[tuple[str, str]] = set()
    for document in made:
        for who in annotators:
            if not draw(st.booleans()):
                continue
            ranges = [(unit.start, unit.end) for unit in document.units]
            if passages and document.text:
                places = st.integers(0, len(document.text) - 1)
                for start in draw(st.lists(places, max_size=2)):
                    ranges.append((start, draw(st.integers(start + 1, len(document.text)))))
            in_part = bool(ranges) and draw(st.booleans())
            (partial if in_part else completed).add((who, document.id))
            for start, end in dict.fromkeys(ranges):
                codes = draw(st.lists(st.sampled_from([code.id for code in CODES]), unique=True))
                chances = tuple(draw(st.sampled_from([0.25, 0.5, 1.0])) for _ in codes) if who == MODEL else ()
                note = draw(st.sampled_from(["", "unsure, ask; again"])) if codes else ""
                selections.append(Selection(document.id, who, tuple(codes), start, end, note, chances))
    return Project(
        "notices",
        made,
        annotators,
        CODES,
        tuple(selections),
        frozenset(completed),
        frozenset({MODEL}),
        frozenset(partial),
    )


def codings(project: Project) -> set[tuple[str, str, int | None, int | None, str]]:
    return {
        (selection.document, selection.annotator, selection.start, selection.end, code)
        for selection in project.selections
        for code in selection.codes
    }


def round_trip(project: Project, format: str, path: Path) -> Project:
    if format in EXTRAS:
        pytest.importorskip(EXTRAS[format])
    written = FORMATS[format]
    assert written.write is not None
    assert written.read is not None
    written.write(project, path)
    reading = written.read(path, None)
    assert (reading.lost, reading.problems, reading.moved) == ((), (), ())
    return reading.project


def notice(text: str, *ranges: tuple[int, int, tuple[str, ...]]) -> Project:
    """A document in which one person selected ranges, with codes or without."""
    selections = tuple(Selection("d", "Bo/2", given, start, end) for start, end, given in ranges)
    document = CodedDocument("d", "A notice", text)
    return Project("notices", (document,), ("Bo/2",), CODES, selections, frozenset({("Bo/2", "d")}))


# In UTF-16 units these would end on a word instead of a space, or be the same letter elsewhere.
@example(project=notice("𐀀 \n\n", (0, 2, ("toll",))))
@example(project=notice("𐀀 a", (0, 2, ("toll",)), (0, 1, ())))
@example(project=notice("🚢aaa", (2, 3, ("toll", "pilot"))))
@pytest.mark.parametrize("format", SPANS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(project=projects(passages=True))
def test_passages_come_back_on_the_same_characters(project: Project, format: str, tmp_path: Path) -> None:
    # A CAS, or a row, is there only of what somebody read.
    read = project.completed | project.partial
    assume(read or not format.startswith("cas"))
    found = round_trip(project, format, tmp_path / SPANS[format])
    assert codings(found) == codings(project)
    active = {who for who, _ in read}
    texts = project.texts()
    if format.startswith("cas"):
        # A CAS is a document as somebody annotated it; what nobody did is not there.
        texts = {id: text for id, text in texts.items() if any(id == of for _, of in read)}
    assert found.texts() == texts
    if not format.startswith("cas"):
        assert {document.id: document.sentences for document in found.documents} == {
            document.id: document.units for document in project.documents
        }
    if format != "doccano":
        assert active <= set(found.annotators)
        assert found.models == project.models & set(found.annotators)
        assert found.completed == project.completed
        assert found.partial == project.partial
    if format == "doccano":
        assert found.partial <= project.partial
    assert nothing(found, project.partial) == nothing(project, project.partial)


def nothing(project: Project, partial: frozenset[tuple[str, str]]) -> set[tuple[str, str, int | None, int | None]]:
    """Where annotators who read a document in part found nothing."""
    ranges = [(s.annotator, s.document, s.start, s.end, bool(s.codes)) for s in project.selections]
    coded = {one[:4] for one in ranges if one[4]}
    return {one[:4] for one in ranges if one[:2] in partial} - coded


@pytest.mark.parametrize("format", SENTENCES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(project=projects(passages=False))
def test_sentences_come_back_in_their_places(project: Project, format: str, tmp_path: Path) -> None:
    assume(project.selections or not format.startswith(("csv", "xlsx")))
    found = round_trip(project, format, tmp_path / SENTENCES[format])
    units = {(document.id, unit.id, unit.start): unit for document in project.documents for unit in document.units}
    again = {(document.id, unit.id, unit.start): unit for document in found.documents for unit in document.units}
    coded = {(selection.document, selection.start) for selection in project.selections}
    if "csv" in format or "xlsx" in format:
        units = {key: unit for key, unit in units.items() if (key[0], key[2]) in coded}
    assert again == units
    texts = project.texts()
    for document in found.documents:
        for unit in document.units:
            assert document.text[unit.start : unit.end] == texts[document.id][unit.start : unit.end]
    assert codings(found) == codings(project)
    if not format.startswith("doccano"):
        # That somebody found nothing in a sentence comes back too.
        assert {(s.document, s.annotator, s.start) for s in found.selections} == {
            (s.document, s.annotator, s.start) for s in project.selections
        }
        assert found.models == project.models & set(found.annotators)


NOTICE = "A toll 🚢 is asked. It is due.\r\nA pilot is sent."
SMALL = Project(
    "small",
    (CodedDocument("d", "Notice", NOTICE, units=(Unit("d#1", 0, 18), Unit("d#2", 19, 29), Unit("d#3", 31, 47))),),
    (MODEL,),
    CODES,
    (Selection("d", MODEL, ("toll", "toll/fee"), 0, 18, "clear", (0.75, 0.5)), Selection("d", MODEL, (), 19, 29)),
    frozenset({(MODEL, "d")}),
    frozenset({MODEL}),
)


@pytest.mark.parametrize(("format", "name"), [*SPANS.items(), *SENTENCES.items()])
def test_a_format_is_told_from_its_file_and_carries_probabilities(format: str, name: str, tmp_path: Path) -> None:
    found = round_trip(SMALL, format, tmp_path / name)
    recognised = find_format(tmp_path / name)
    # What tells the two kinds of tasks, lines or rows apart is found when they are read.
    assert recognised.name == format.removesuffix("-sentences").removesuffix("-one-hot")
    if name != "x.zip":
        assert format_to_write(tmp_path / name).name == format
    (document,) = found.documents
    assert document.id == "d"
    (selection,) = [one for one in found.selections if one.codes]
    assert (selection.start, selection.end, selection.codes) == (0, 18, ("toll", "toll/fee"))
    if "doccano" not in format:
        assert selection.note == "clear"
        expected = (0.75, 0.75) if format == "label-studio-sentences" else (0.75, 0.5)
        assert selection.probabilities == expected
    assert {code.id: code.parent for code in found.codes} == {"toll": None, "toll/fee": "toll"} | (
        {"pilot": None} if "one-hot" in format and "pilot" in {code.id for code in found.codes} else {}
    )


#: Of its three sentences the file takes the first two for one.
DUES = "1. Dues\n\nA toll is asked. It is due. Ships wait."
FIRST = DUES.index("A toll")
SECOND = DUES.index("Ships")


def dues(*sentences: Unit) -> Project:
    selection = Selection("d", "Bo/2", ("toll",), FIRST, SECOND - 1)
    document = CodedDocument("d", "Notice", DUES, units=sentences)
    return Project("x", (document,), ("Bo/2",), CODES, (selection,), frozenset({("Bo/2", "d")}))


@pytest.mark.parametrize("format", ["label-studio", "w3c", "doccano"])
def test_sentences_are_those_of_the_export(format: str, codebook_path: Path, tmp_path: Path) -> None:
    project = dues(Unit("one", FIRST, SECOND - 1), Unit("two", SECOND, len(DUES)))
    path = tmp_path / SPANS[format]
    write = FORMATS[format].write
    assert write is not None
    write(project, path)
    found = import_project(path, Codebook.read(codebook_path), format=format).corpus.sentences
    assert [(s.id, s.start, s.end, s.frames, s.before, s.heading) for s in found] == [
        ("one", FIRST, SECOND - 1, ("toll",), "", "1. Dues"),
        ("two", SECOND, len(DUES), (), found[0].text, "1. Dues"),
    ]


@pytest.mark.parametrize(
    "sentences",
    [
        [["one", 0, 900]],
        [["one", 9, 4]],
        [["one", 0, 9], ["one", 9, 12]],
        [["two", 9, 12], ["one", 0, 9]],
        [["one", "0", 9]],
        [[0, 9]],
        "one",
    ],
)
def test_sentences_that_do_not_fit_are_found_again(sentences: object, codebook_path: Path, tmp_path: Path) -> None:
    write_label_studio(dues(), tmp_path / "x.json")
    (task,) = json.loads((tmp_path / "x.json").read_text())
    assert "sentences" not in task["data"]
    plain = import_project(tmp_path / "x.json", Codebook.read(codebook_path)).corpus.sentences
    task["data"]["sentences"] = sentences
    (tmp_path / "x.json").write_text(json.dumps([task]))
    assert import_project(tmp_path / "x.json", Codebook.read(codebook_path)).corpus.sentences == plain


@pytest.mark.parametrize("format", ["label-studio-sentences", "doccano-sentences", "csv", "csv-one-hot"])
def test_sentences_need_to_be_marked(format: str, tmp_path: Path) -> None:
    bare = Project("x", (CodedDocument("d", "Notice", "A toll."),), ("Bo",), CODES, ())
    write = FORMATS[format].write
    assert write is not None
    with pytest.raises(CorpusError, match="document 'Notice' has no sentences marked in it"):
        write(bare, tmp_path / "x.zip")


@pytest.mark.parametrize(
    ("module", "extra", "use"),
    [
        ("openpyxl", r"openpyxl is not installed; run: pip install 'framecls\[xlsx\]'", "xlsx"),
        ("cassis", r"dkpro-cassis is not installed; run: pip install 'framecls\[cas\]'", "cas-json"),
    ],
)
def test_a_missing_extra_says_what_to_install(
    module: str, extra: str, use: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(importlib.sys.modules, module, None)  # type: ignore[attr-defined]
    write: Callable[[Project, Path], None] | None = FORMATS[use].write
    assert write is not None
    with pytest.raises(CorpusError, match=extra):
        write(SMALL, tmp_path / "x.xlsx")


def test_tasks_show_the_sentence_before_where_it_is_known(tmp_path: Path) -> None:
    text = "A toll is asked. It is due at the gate. A pilot is sent."
    starts = [0, text.index("It is"), text.index("A pilot")]
    units = [Unit(f"u{n}", start, text.index(".", start) + 1) for n, start in enumerate(starts)]
    for those, befores in ((units, ["", text[:16], text[17:39]]), ([units[0], units[2]], ["", ""])):
        document = CodedDocument("d", "d", text, units=tuple(those))
        path = tmp_path / "tasks.json"
        FORMATS["label-studio-sentences"].write(Project("p", (document,), (), CODES, ()), path)  # type: ignore[misc]
        assert [task["data"]["before"] for task in json.loads(path.read_text(encoding="utf-8"))] == befores
