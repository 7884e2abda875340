"""What must not be unpacked is refused in one line; what is merely broken costs no more than itself."""

import stat
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from framecls.corpus.interchange.refi import merge_into, open_qdpx, read_qdc, read_qdpx
from framecls.corpus.interchange.refi.archive import is_archive
from framecls.errors import CorpusError
from tests.corpus.interchange.builders import (
    NAMESPACE,
    archive,
    codes,
    coding,
    guid,
    project,
    selection,
    simple,
    text_source,
    users,
)

TEXT = "A toll is asked of every ship. The pilot waits."
GOOD = project(users("Ann"), codes("toll"), f"<Sources>{text_source('notice')}</Sources>")


def with_entry(name: str, *, mode: int = 0, flag: int = 0, content: bytes = b"x") -> Callable[[Path], Path]:
    """Give what writes a good project with one entry more."""

    def make(path: Path) -> Path:
        archive(path, GOOD)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as zipped, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, content)
            info.flag_bits |= flag
        return path

    return make


def with_project(content: str | bytes, name: str = "project.qde") -> Callable[[Path], Path]:
    return lambda path: archive(path, content, project=name)


LAUGHS = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (with_entry("../../evil.txt"), "entry '../../evil.txt' leads out of the archive; such an archive is refused"),
        (with_entry("sources\\..\\..\\evil"), "leads out of the archive"),
        (with_entry("/etc/evil"), "entry '/etc/evil' has an absolute path"),
        (with_entry("C:\\evil"), "has an absolute path"),
        (with_entry("sources/l", mode=stat.S_IFLNK | 0o777), "entry 'sources/l' is a symbolic link"),
        (with_entry("sources/k", flag=1), "entry 'sources/k' is protected by a password"),
        (with_entry("project.qde"), "entry 'project.qde' is there 2 times"),
        (with_entry("sources/b", content=bytes(9 << 20)), "bytes to 9437184; such an archive"),
        (with_entry("other/project.qde"), "holds several project files (other/project.qde, project.qde)"),
        (with_project(GOOD, "notes.txt"), "holds no .qde project file"),
        (lambda path: path, "no such file; give the .qdpx that your tool exported"),
        (with_project("no XML"), "project.qde: the XML is broken"),
        (with_project(""), "project.qde: the XML is broken"),
        (with_project("<Harbour/>"), "is a Harbour, no Project of REFI-QDA"),
        (with_project(f"{LAUGHS}<Project name='&b;'/>"), "has a document type (<!DOCTYPE …>); such XML is refused"),
        (with_project(f"{LAUGHS}<Project name='&b;'/>".encode("utf-16")), "has a document type"),
        (with_project(f"<!-- <x -->{LAUGHS}<Project name='&b;'/>"), "has a document type"),
        (with_project(f"<!--{'-x' * 40_000}-->{LAUGHS}<Project name='&b;'/>"), "has a document type"),
        (with_project('<!DOCTYPE p SYSTEM "file:///etc/hostname"><Project name="p"/>'), "has a document type"),
    ],
)
def test_what_could_harm_is_refused(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    path = make(tmp_path / "x.qdpx")
    with pytest.raises(CorpusError) as error:
        read_qdpx(path)
    assert message in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_no_archive_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x.qdpx"
    path.write_bytes(b"PK\x03\x04 and no more")
    assert not is_archive(path)
    with pytest.raises(CorpusError, match=r"is not a readable \.qdpx archive"):
        read_qdpx(path)


def test_a_source_that_is_too_large_or_damaged_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = simple(tmp_path / "x.qdpx", TEXT, selection(2, 6, coding("toll")))
    content = bytearray(path.read_bytes())
    spot = content.index(f"sources/{guid('notice')}.txt".encode()) + 60
    content[spot : spot + 8] = bytes(8)
    damaged = tmp_path / "damaged.qdpx"
    damaged.write_bytes(content)
    (problem,) = read_qdpx(damaged).problems
    assert "source 'notice' is damaged" in problem.reason
    monkeypatch.setattr("framecls.corpus.interchange.refi.archive.SOURCE_LIMIT", 20)
    (problem,) = read_qdpx(path).problems
    assert "source 'notice' has 47 bytes; sources of more than 20" in problem.reason
    monkeypatch.setattr("framecls.corpus.interchange.refi.archive.PROJECT_LIMIT", 20)
    with pytest.raises(CorpusError, match="more than 20 are refused"):
        read_qdpx(path)


def test_a_word_file_that_unpacks_to_gigabytes_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framecls.corpus.interchange.refi.sources.SOURCE_LIMIT", 3 << 20)
    inner = with_entry("word/document.xml", content=bytes(4 << 20))(tmp_path / "inner.docx").read_bytes()
    source = text_source("notice", path="", attributes="richTextPath='internal://n.docx'")
    path = archive(tmp_path / "x.qdpx", project(f"<Sources>{source}</Sources>"), {"sources/n.docx": inner})
    (problem,) = read_qdpx(path).problems
    assert problem.reason.startswith("source 'notice' (sources/n.docx) unpacks to more than 3145728 bytes")


def test_a_source_of_an_unknown_kind_is_left_out(tmp_path: Path) -> None:
    source = text_source("notice", path="", attributes="richTextPath='internal://n.rtf'")
    nothing = text_source("empty", path="")
    content = project(f"<Sources>{source}{nothing}</Sources>")
    first, second = read_qdpx(archive(tmp_path / "x.qdpx", content, {"sources/n.rtf": b"{}"})).problems
    assert first.reason.startswith("source 'notice' (sources/n.rtf) unknown kind of document '.rtf'; expected one of")
    assert second.reason == "source 'empty' has neither a path nor a text"


def test_a_damaged_project_file_keeps_what_stands_before(tmp_path: Path) -> None:
    many = "".join(selection(2, 6, coding("toll"), name=str(number)) for number in range(4000))
    content = project(users("Ann"), codes("toll"), f"<Sources>{text_source('one')}{text_source('two', many)}</Sources>")
    files = {f"sources/{guid(name)}.txt": TEXT for name in ("one", "two")}
    path = archive(tmp_path / "x.qdpx", content, files)
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 2] ^= 0xFF
    path.write_bytes(bytes_)
    reading = read_qdpx(path)
    assert [document.id for document in reading.project.documents][:1] == ["one"]
    assert len(reading.problems) == 1


def test_broken_xml_keeps_what_stands_before(tmp_path: Path) -> None:
    sources = text_source("one", selection(2, 6, coding("toll"))) + "\n" + text_source("two", "<PlainTextSelection")
    content = project(users("Ann"), codes("toll"), f"<Sources>{sources}")
    files = {f"sources/{guid(name)}.txt": TEXT for name in ("one", "two")}
    reading = read_qdpx(archive(tmp_path / "x.qdpx", content, files))
    assert [document.id for document in reading.project.documents] == ["one"]
    assert len(reading.project.selections) == 1
    (problem,) = reading.problems
    assert problem.where.endswith("project.qde line 6")
    assert "the XML is broken" in problem.reason


@pytest.mark.parametrize(
    ("inside", "lost", "problem"),
    [
        (selection(40, 90, coding("toll")), "its range 40 to 90 leaves the text, which has 47 characters", ""),
        (selection(-3, 4, coding("toll")), "its range -3 to 4 leaves the text", ""),
        (
            selection(2, 6, coding("toll")).replace("'6'", "'six'"),
            "its positions '2' to 'six' are no whole numbers",
            "",
        ),
        (selection(2, 6, coding("due")), "", f"code {guid('due')} is not in the codebook of the project"),
        (selection(2, 6, f"<Coding guid='{guid('x')}'/>"), "", "a Coding names no code"),
    ],
)
def test_one_bad_selection_costs_itself(inside: str, lost: str, problem: str, tmp_path: Path) -> None:
    path = simple(tmp_path / "x.qdpx", TEXT, inside, selection(35, 40, coding("pilot")))
    reading = read_qdpx(path)
    assert [TEXT[s.start : s.end] for s in reading.project.selections] == ["pilot"]
    found = [*reading.lost, *reading.problems]
    assert len(found) == 1
    assert (lost or problem) in found[0].reason
    assert (len(reading.lost), len(reading.problems)) == (bool(lost), bool(problem))
    assert found[0].where == f"{path}: project.qde line 5"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([codes("toll"), users("Ann")], "Users stands behind CodeBook in Project; the standard has it before"),
        ([users("Ann"), users("Ben")], "Project holds more than one Users"),
        (["<Users/>"], "Users holds no User, which is required"),
        (["<Harbours/>"], "Project holds a Harbours, which does not belong there"),
        ([codes("toll").replace(" isCodable='true'", "")], "Code has no isCodable, which is required"),
        ([codes("toll").replace("'true'", "'perhaps'")], "Code has isCodable 'perhaps'; expected true or false"),
        ([codes("toll").replace("<Code guid", "<Code color='red' guid")], "Code has color 'red'; expected #rrggbb"),
        (["<Users><User guid='me'/></Users>"], "User has guid 'me', which is no GUID"),
        (
            [f"<Sources>{text_source('n', '<PlainTextContent>x</PlainTextContent>')}</Sources>"],
            "TextSource has both a plainTextPath and a PlainTextContent",
        ),
    ],
)
def test_departures_from_the_standard_name_line_and_element(parts: list[str], message: str, tmp_path: Path) -> None:
    reading = read_qdpx(archive(tmp_path / "x.qdpx", project(*parts)))
    found = [notice for notice in reading.notices if message in notice]
    assert len(found) == 1
    assert "project.qde line " in found[0]


def test_many_departures_are_counted(tmp_path: Path) -> None:
    wrong = "<Users>" + "".join(f"<User guid='{number}'/>" for number in range(9)) + "</Users>"
    reading = read_qdpx(archive(tmp_path / "x.qdpx", project(wrong)))
    assert reading.notices[5] == "4 more departures from the standard"


def test_without_namespace_users_and_names(tmp_path: Path) -> None:
    inside = selection(2, 6, coding("toll", None)) + selection(35, 40, coding("pilot", "Stranger"))
    content = project(
        f"<Users><User guid='{guid('a')}' name='Ann'/><User guid='{guid('b')}' name='Ann'/></Users>",
        codes("toll", "pilot"),
        f"<Sources>{text_source('', inside)}<VideoSource guid='{guid('v')}'/></Sources>",
    ).replace(NAMESPACE, "")
    reading = read_qdpx(archive(tmp_path / "x.qdpx", content, {f"sources/{guid('')}.txt": TEXT}))
    assert reading.project.annotators == ("Ann", "Ann (2)", guid("Stranger")[:8], "unknown")
    assert [s.annotator for s in reading.project.selections] == ["unknown", guid("Stranger")[:8]]
    assert reading.project.documents[0].id == guid("")[:8]
    assert "VideoSources, which hold no text to code, left out: 1" in reading.notices
    assert any("is not of the namespace" in notice for notice in reading.notices)
    assert any("is not in Users" in notice for notice in reading.notices)


def test_nothing_has_a_name(tmp_path: Path) -> None:
    content = f"""<Project {NAMESPACE}><Users><User/></Users>
        <CodeBook><Codes><Code guid='{guid("toll")}'/></Codes></CodeBook>
        <Sources><TextSource><PlainTextContent>{TEXT}</PlainTextContent><PlainTextSelection startPosition='2'
        endPosition='6'><Coding creatingUser=''><CodeRef targetGUID='{guid("toll")}'/></Coding></PlainTextSelection>
        </TextSource></Sources></Project>"""
    project = read_qdpx(archive(tmp_path / "nothing.qdpx", content)).project
    assert (project.name, project.annotators) == ("nothing", ("unnamed",))
    assert [(s.document, s.annotator, TEXT[s.start : s.end]) for s in project.selections] == [
        ("unnamed", "unnamed", "toll")
    ]


def test_a_note_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    refer = f"<NoteRef targetGUID='{guid('memo')}'/><NoteRef targetGUID='{guid('nothing')}'/>"
    content = project(
        users("Ann"),
        codes("toll"),
        f"<Sources>{text_source('notice', selection(2, 6, coding('toll'), more=refer))}</Sources>",
        f"<Notes><Note guid='{guid('memo')}' name='memo' plainTextPath='internal://gone.txt'/></Notes>",
    )
    reading = read_qdpx(archive(tmp_path / "x.qdpx", content, {f"sources/{guid('notice')}.txt": TEXT}))
    assert reading.project.selections[0].note == ""
    assert "note 'memo' is missing" in reading.problems[0].reason


WHOLE = project(
    users("Ann", "Ben"),
    codes("toll", "pilot"),
    "<Sources>",
    text_source(
        "notice",
        selection(2, 6, coding("toll"), coding("pilot", "Ben"), more=f"<NoteRef targetGUID='{guid('memo')}'/>"),
        coding("toll"),
    ),
    f"<PDFSource guid='{guid('pdf')}'><PDFSelection guid='{guid('area')}' page='1' name='pilot'>{coding('pilot')}"
    f"</PDFSelection><Representation guid='{guid('r')}' plainTextPath='internal://{guid('notice')}.txt'>"
    f"{selection(0, 16, coding('toll'), name='A toll is asked')}</Representation></PDFSource>",
    "</Sources>",
    f"<Notes><Note guid='{guid('memo')}'><PlainTextContent>x</PlainTextContent></Note></Notes>",
)
VALUES = [
    "",
    "-1",
    "0",
    "9" * 20,
    "abc",
    "unknown",
    guid("toll"),
    guid("Ann"),
    "internal://",
    "relative://../x",
    "framecls m",
]


@given(st.randoms(use_true_random=False), st.integers(1, 5))
@settings(deadline=None, max_examples=150)
def test_whatever_is_changed_in_a_project_it_is_read_or_refused(chance: Random, changes: int) -> None:
    root = etree.fromstring(WHOLE.encode())
    for _ in range(changes):
        everything = list(root.iter("{*}*"))
        one, other = chance.choice(everything), chance.choice(everything)
        kind = chance.choice(["drop", "set", "remove", "copy", "text", "rename"])
        above = one.getparent()
        if kind in ("drop", "set") and one.attrib:
            one.set(chance.choice(sorted(one.attrib)), chance.choice(VALUES))
            if kind == "drop":
                del one.attrib[chance.choice(sorted(one.attrib))]
        elif kind == "remove" and above is not None:
            above.remove(one)
        elif kind == "copy":
            other.append(deepcopy(one))
        elif kind == "text":
            one.text = chance.choice(VALUES)
        elif kind == "rename":
            one.tag = other.tag
    with TemporaryDirectory() as folder:
        path = archive(Path(folder) / "x.qdpx", etree.tostring(root), {f"sources/{guid('notice')}.txt": TEXT})
        with suppress(CorpusError):
            opened = open_qdpx(path)
            merge_into(opened, opened.reading.project, Path(folder) / "again.qdpx", codes={})
            again = read_qdpx(Path(folder) / "again.qdpx").project
            assert again.texts() == opened.reading.project.texts()


def test_a_pdf_that_calls_a_plain_text_its_own_is_not_written_into(tmp_path: Path) -> None:
    root = etree.fromstring(WHOLE.encode())
    (pdf,) = root.iter("{*}PDFSource")
    pdf.set("plainTextPath", f"internal://{guid('notice')}.txt")
    pdf.remove(next(pdf.iter("{*}Representation")))
    path = archive(tmp_path / "x.qdpx", etree.tostring(root), {f"sources/{guid('notice')}.txt": TEXT})
    opened = open_qdpx(path)
    merge_into(opened, opened.reading.project, tmp_path / "again.qdpx", codes={})
    with zipfile.ZipFile(tmp_path / "again.qdpx") as zipped:
        (again,) = etree.fromstring(zipped.read("project.qde")).iter("{*}PDFSource")
    assert again.find("{*}PlainTextSelection") is None


def qdc(inside: str) -> str:
    return f"<CodeBook xmlns='urn:QDA-XML:codebook:1.0'><Codes>{inside}</Codes></CodeBook>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<CodeBook", "line 1: is no XML"),
        ("<Project/>", "is a Project, no CodeBook"),
        (qdc(""), "holds no code"),
        (f"{LAUGHS}<CodeBook/>", "has a document type"),
    ],
)
def test_a_codebook_file_that_is_none(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.qdc"
    with pytest.raises(CorpusError, match=r"x\.qdc: cannot be read"):
        read_qdc(path)
    path.write_text(content)
    with pytest.raises(CorpusError) as error:
        read_qdc(path)
    assert message in str(error.value)


def test_codes_nothing_can_refer_to(tmp_path: Path) -> None:
    path = tmp_path / "x.qdc"
    twice = f"<Code guid='{guid('a')}' name='a' isCodable='true'/>" * 2
    path.write_text(qdc(f"{twice}<Code name='b' isCodable='true'/>"))
    found, problems = read_qdc(path)
    assert [code.name for code in found] == ["a"]
    assert [problem.reason for problem in problems] == [
        "code 'a' has the guid of code 'a'",
        "code 'b' has no guid, so that nothing can refer to it",
    ]
