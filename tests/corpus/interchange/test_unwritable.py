"""What a format cannot hold, and archives that are not read: one line each."""

import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from framecls.corpus.interchange import cas, doccano, tables, zips
from framecls.corpus.interchange.project import Code, CodedDocument, Project, Selection, Unit
from framecls.errors import CorpusError


def project(text: str = "Ships pay.", code: str = "toll", annotators: tuple[str, ...] = ("anna", "bo")) -> Project:
    return Project(
        "x",
        (CodedDocument("d", "Notice", text, units=(Unit("1", 0, len(text)),)),),
        annotators,
        (Code(code, code),),
        tuple(Selection("d", name, (code,), 0, len(text)) for name in annotators),
    )


def test_several_annotators_need_an_archive(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there are 2 annotators, and doccano has a file for each; give a name that"):
        doccano.write(project(), tmp_path / "x.jsonl")
    pytest.importorskip("cassis")
    with pytest.raises(CorpusError, match="there are 2 pairs of document and annotator, and a CAS holds one"):
        cas.write_json(project(), tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


def test_names_that_fall_together_stay_apart(tmp_path: Path) -> None:
    names = ("a/b", "a:b")
    doccano.write(project(annotators=names), tmp_path / "x.zip")
    assert zips.entry_names(tmp_path / "x.zip") == ["a_b.jsonl", "a_b-2.jsonl"]
    assert set(doccano.read(tmp_path / "x.zip").project.annotators) == set(names)


def test_a_form_feed_is_no_xml(tmp_path: Path) -> None:
    pytest.importorskip("cassis")
    made = project("Ships\x0cpay.")
    with pytest.raises(
        CorpusError, match="document 'Notice' has a character that XML cannot hold; write it as cas-json"
    ):
        cas.write_xmi(made, tmp_path / "x.zip")
    cas.write_json(made, tmp_path / "x.zip")
    assert cas.read(tmp_path / "x.zip").project.texts() == made.texts()


def test_a_code_called_like_a_column(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="code 'note' is called like a column of the table; write a long table"):
        tables.write_one_hot(project(code="note"), tmp_path / "x.csv")


def test_a_cell_that_is_too_long(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with pytest.raises(CorpusError, match="row 2: 'text' has 40000 characters, and a cell holds 32767; write CSV"):
        tables.write_long(project("a" * 40_000), tmp_path / "x.xlsx")


def test_a_sheet_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openpyxl")
    monkeypatch.setattr(tables, "_MOST_ROWS", 3)
    tables.write_long(project(), tmp_path / "x.xlsx")
    monkeypatch.setattr(tables, "_MOST_ROWS", 2)
    with pytest.raises(CorpusError, match="a sheet holds 2 rows, its header among them; write CSV"):
        tables.write_long(project(), tmp_path / "x.xlsx")


def test_archives_that_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anna.jsonl", "\n" * 10_000)
    monkeypatch.setattr(zips, "_ENTRY_LIMIT", 5000)
    with pytest.raises(CorpusError, match=r"x\.zip: entry 'anna\.jsonl' has more than is read"):
        doccano.read(path)
    content = bytearray(path.read_bytes())
    # The bit that says an entry is locked, in the list at the end of the archive.
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(
        CorpusError, match=r"entry 'anna\.jsonl' is protected by a password; such an archive is refused"
    ):
        doccano.read(path)


@pytest.mark.parametrize(
    ("name", "mode", "message"),
    [
        ("../anna.jsonl", 0, r"entry '\.\./anna\.jsonl' leads out of the archive; such an archive is refused"),
        ("/anna.jsonl", 0, "entry '/anna.jsonl' has an absolute path"),
        ("anna.jsonl", stat.S_IFLNK | 0o777, "entry 'anna.jsonl' is a symbolic link"),
    ],
)
def test_archives_of_every_format_are_checked(name: str, mode: int, message: str, tmp_path: Path) -> None:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("bo.jsonl", '{"text": "Ships pay.", "label": []}')
        archive.writestr(entry, '{"text": "Ships pay.", "label": []}')
    with pytest.raises(CorpusError, match=message):
        doccano.read(tmp_path / "x.zip")


def test_the_same_project_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        doccano.write(replace(project(), name=name), tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
