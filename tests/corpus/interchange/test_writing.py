"""What is written is read back the same, by framecls and by an independent reader."""

import warnings
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framecls.codebook import Codebook
from framecls.corpus.interchange.project import Code, CodedDocument, Project, Selection
from framecls.corpus.interchange.refi import (
    codebook_of,
    detailed_codes,
    read_qdc,
    read_qdpx,
    write_qdc,
    write_qdpx,
)
from framecls.errors import CorpusError
from tests.corpus.builders import small_codebook

TEXT = "A toll is asked.\r\nThe 𝕏 pilot waits.\r\n\r\nNobody “pays” <twice> & leaves."
PROJECT = Project(
    "Harbours",
    (CodedDocument("notice.txt", "Notice to mariners", TEXT), CodedDocument("empty", "empty", "")),
    ("Ann", "Ben", "framecls harbour"),
    (
        Code("toll", "Toll", "#aa3311", "Is a toll asked?"),
        Code("toll/due", "due", "#aa3311", "", "toll"),
        Code("pilot", "Pilot"),
    ),
    (
        Selection("notice.txt", "Ann", ("toll", "toll/due"), 0, 16, "Plain,\nand   clear."),
        Selection("notice.txt", "Ben", ("pilot",), 0, 16),
        Selection("notice.txt", "framecls harbour", ("toll", "pilot"), 18, 36, "", (0.8125, 0.0625)),
        Selection("notice.txt", "Ann", ("pilot",), 18, 29),
        Selection("notice.txt", "Ann", ("pilot",), 18, 29),
    ),
    frozenset({("Ben", "empty"), ("Ben", "notice.txt")}),
    frozenset({"framecls harbour"}),
)


def comparable(project: Project) -> object:
    """Give what has to survive, codes by their path."""
    paths = project.code_paths()
    return (
        project.name,
        [(document.id, document.name, document.text) for document in project.documents],
        project.annotators,
        # A tree has no order but from the top down.
        sorted((paths[code.id], code.color, code.description) for code in project.codes),
        sorted(
            (
                s.document,
                s.annotator,
                -1 if s.start is None else s.start,
                -1 if s.end is None else s.end,
                tuple(paths[code] for code in s.codes),
                s.note,
                s.probabilities,
            )
            for s in project.selections
        ),
        project.completed,
        project.models,
    )


def test_export_and_import_are_inverse(tmp_path: Path) -> None:
    write_qdpx(PROJECT, tmp_path / "p.qdpx")
    reading = read_qdpx(tmp_path / "p.qdpx")
    assert comparable(reading.project) == comparable(PROJECT)
    assert (reading.moved, reading.lost, reading.problems, reading.notices) == ((), (), (), ())


def test_two_exports_are_alike_to_the_byte(tmp_path: Path) -> None:
    when = datetime(2024, 5, 6, tzinfo=UTC)
    for name in ("a", "b"):
        write_qdpx(PROJECT, tmp_path / name, created=when)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_people_see(tmp_path: Path) -> None:
    write_qdpx(PROJECT, tmp_path / "p.qdpx")
    with zipfile.ZipFile(tmp_path / "p.qdpx") as archive:
        content = archive.read("project.qde")
        names = archive.namelist()
        texts = [archive.read(name) for name in names[1:]]
    assert not content.startswith(b"\xef\xbb\xbf")
    assert texts == [TEXT.encode(), b""]
    assert all(name.startswith("sources/") and name.endswith(".txt") for name in names[1:])
    xml = content.decode()
    for words in (
        'name="framecls harbour"',
        "<Description>probability: Toll 0.8125; Pilot 0.0625</Description>",
        'name="The 𝕏 pilot waits."',
        'color="#aa3311"',
        'startPosition="18" endPosition="36"',
        'plainTextPath="internal://',
    ):
        assert words in xml
    assert "richTextPath" not in xml


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=9
)
NAMES = NAMES.filter(lambda name: name.strip() == name and not name.startswith("framecls "))
TEXTS = st.text(st.one_of(st.sampled_from("ab .\r\n𝕏é\ufeff"), st.characters(exclude_categories=["Cs"])), max_size=60)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    documents = [CodedDocument(name, name, draw(TEXTS)) for name in names]
    annotators = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    codes: list[Code] = []
    for number in range(draw(st.integers(1, 4))):
        parent = draw(st.sampled_from([None, *(code.id for code in codes)]))
        codes.append(Code(f"c{number}", draw(NAMES), draw(st.sampled_from(["", "#0a1b2c"])), "", parent))
    selections = []
    for document in draw(st.lists(st.sampled_from(documents), max_size=6)):
        chosen = tuple(draw(st.lists(st.sampled_from([code.id for code in codes]), min_size=1, unique=True)))
        visible = [index for index, letter in enumerate(document.text) if not letter.isspace()]
        who = draw(st.sampled_from(annotators))
        if visible:
            # Ranges begin and end on what can be seen, as a coder's do.
            first, last = sorted((draw(st.sampled_from(visible)), draw(st.sampled_from(visible))))
            selections.append(Selection(document.id, who, chosen, first, last + 1, draw(st.sampled_from(["", "why"]))))
        else:
            selections.extend(Selection(document.id, who, (code,), None, None) for code in chosen)
    read = draw(st.sets(st.tuples(st.sampled_from(annotators), st.sampled_from(names))))
    return Project("p", tuple(documents), tuple(annotators), tuple(codes), tuple(selections), frozenset(read))


@given(projects())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_export_and_import_are_inverse_whatever_the_project(project: Project) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "p.qdpx"
        write_qdpx(project, path)
        reading = read_qdpx(path)
    assert comparable(reading.project) == comparable(project)
    assert (reading.moved, reading.lost, reading.problems) == ((), (), ())


@pytest.fixture(scope="module")
def pyrefiqda() -> Any:
    """The independent reader, whose models are made from the standard's schema."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pyrefiqda")


def test_an_independent_reader_finds_the_same_codes_on_the_same_characters(pyrefiqda: Any, tmp_path: Path) -> None:
    write_qdpx(PROJECT, tmp_path / "p.qdpx")
    # It raises for what it does not know, and warns, which is an error here, of values it cannot convert.
    read = pyrefiqda.RefiProject.load(tmp_path / "p.qdpx", extract_dir=str(tmp_path / "out"))
    users = {user.guid: user.name for user in read.users.user}
    codes: dict[str, tuple[str, ...]] = {}
    pending: list[tuple[Any, tuple[str, ...]]] = [(code, ()) for code in read.code_book.codes.code]
    for code, above in pending:
        codes[code.guid] = (*above, code.name)
        pending += [(child, codes[code.guid]) for child in code.code]
        assert code.is_codable
    found = []
    for source in read.sources.text_source:
        file = pyrefiqda.RefiProject.resolve_source_path(source.plain_text_path, tmp_path / "out")
        text = file.read_bytes().decode()
        for one in source.plain_text_selection:
            words = text[one.start_position : one.end_position]
            found += [
                (source.name, words, codes[coding.code_ref.target_guid], users[coding.creating_user])
                for coding in one.coding
            ]
    paths, texts = PROJECT.code_paths(), PROJECT.texts()
    assert found == [
        (s.document, texts[s.document][s.start : s.end], paths[code], s.annotator)
        for s in PROJECT.selections
        for code in s.codes
    ]
    members = {one.name: [member.target_guid for member in one.member_source] for one in read.sets.set}
    assert members == {"Read by Ben": [source.guid for source in read.sources.text_source]}


def test_an_independent_reader_reads_the_codebook(pyrefiqda: Any, tmp_path: Path) -> None:
    write_qdc(detailed_codes(small_codebook("carry", "gain")), tmp_path / "b.qdc")
    read = pyrefiqda.RefiCodebook.load(tmp_path / "b.qdc")
    assert [(code.name, code.color, [child.name for child in code.code]) for code in read.codes.code] == [
        ("Carry", "#2563a8", ["cost", "own"]),
        ("Gain", "#2e7d4f", ["cost", "own"]),
    ]
    assert read.codes.code[0].description == "Does the sentence present carry?\nIn: Words of carry."


def test_a_codebook_comes_back_but_for_keywords_and_examples(tmp_path: Path, codebook: Codebook) -> None:
    write_qdc(detailed_codes(codebook), tmp_path / "b.qdc")
    codes, problems = read_qdc(tmp_path / "b.qdc")
    assert problems == ()
    back = codebook_of(codes, "Harbour frames")
    assert back.name == "harbour-frames"
    assert [frame.model_copy(update={"lexicon": (), "examples": ()}) for frame in codebook.definitions] == list(
        back.definitions
    )


def test_codes_that_say_little_make_a_codebook_to_go_through() -> None:
    codes = [Code("1", "Aid & trade"), Code("2", "2nd", "#112233", "Is it second?"), Code("3", "Deep", parent="1")]
    book = codebook_of([*codes, Code("4", "Deeper", parent="3")], "Öre 9")
    assert book.frames == ("aid_trade", "code_2nd")
    assert book["aid_trade"].question == "Does the sentence carry Aid & trade?"
    assert [code.name for code in book["aid_trade"].codes] == ["deep", "deeper"]
    assert (book["code_2nd"].color, book["code_2nd"].included) == ("#112233", ("Is it second?",))
    with pytest.raises(CorpusError, match="its codes make no codebook: frame 'deep' is defined twice; rename"):
        codebook_of([Code("1", "Deep"), Code("2", "deep")], "x")


def test_titles_that_are_not_unique_give_way_to_names(codebook: Codebook) -> None:
    same = [frame.model_copy(update={"title": "Frame"}) for frame in codebook.definitions]
    book = codebook.model_copy(update={"definitions": tuple(same)})
    assert [code.name for code in detailed_codes(book)] == ["toll", "pilot"]


def test_half_a_character_cannot_be_written(tmp_path: Path) -> None:
    broken = replace(PROJECT, documents=(CodedDocument("d", "d", "ab\ud835c"),), selections=(), completed=frozenset())
    with pytest.raises(CorpusError, match="document 'd': character 2 is half of a surrogate pair"):
        write_qdpx(broken, tmp_path / "p.qdpx")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_project(tmp_path: Path) -> None:
    write_qdpx(Project("nothing", (), (), (), ()), tmp_path / "p.qdpx")
    assert read_qdpx(tmp_path / "p.qdpx").project == Project("nothing", (), (), (), ())
