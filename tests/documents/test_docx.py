"""Word documents."""

import zipfile
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement

from framecls.documents import Document, sentences
from framecls.documents.docx import read_docx
from framecls.documents.numerals import written
from framecls.errors import DocumentError
from tests.documents.made_docx import RAISED, add_lists, add_notes, append, item, run


def read(folder: Path, word: WordDocument) -> Document:
    path = folder / "accord.docx"
    word.save(str(path))
    return read_docx(path, "accord")


def blocks_of(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def rewrite(path: Path, part: str, content: bytes | None) -> None:
    """Replace a part of a Word file, or leave it out."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w") as file:
        for name, old in parts.items():
            if name != part:
                file.writestr(name, old)
            elif content is not None:
                file.writestr(name, content)


SAVED = "The Board meets in Vella."


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A sound Word file."""
    word = docx.Document()
    word.add_paragraph(SAVED)
    path = tmp_path / "accord.docx"
    word.save(str(path))
    return path


def test_headings_and_paragraphs(tmp_path: Path) -> None:
    word = docx.Document()
    word.core_properties.title = "Accord of Vella"
    word.add_heading("Accord", level=0)
    word.add_heading("Review", level=2)
    bold = word.add_paragraph("The ")
    bold.add_run("Board").bold = True
    bold.add_run(" meets.")
    word.add_paragraph("")
    document = read(tmp_path, word)
    assert blocks_of(document) == [("heading", "Accord"), ("heading", "Review"), ("paragraph", "The Board meets.")]
    assert [block.level for block in document.blocks] == [1, 2, None]
    assert document.meta == {"format": "docx", "title": "Accord of Vella"}
    assert [s.heading for s in sentences(document)] == ["", "Accord", "Accord > Review"]


def test_list_items_by_style_and_by_numbering(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("to meet;", style="List Bullet")
    word.add_paragraph("to report;", style="List Number 2")
    numbered = word.add_paragraph("to review;")
    numbered._p.get_or_add_pPr().append(OxmlElement("w:numPr"))
    word.add_paragraph("The end.")
    assert blocks_of(read(tmp_path, word)) == [
        ("list_item", "to meet;"),
        ("list_item", "1. to report;"),
        ("list_item", "to review;"),
        ("paragraph", "The end."),
    ]


def test_tables_stand_in_their_place_and_merged_cells_are_read_once(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("Before.")
    table = word.add_table(rows=3, cols=3)
    for row, texts in enumerate([("Partner", "", "Note"), ("Vella", "12", ""), ("Norland", "7", "")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(1, 2).merge(table.cell(2, 2)).text = "paid"
    inner = table.cell(2, 0).add_table(rows=1, cols=1)
    inner.cell(0, 0).text = "of which ports"
    table.cell(2, 1).add_paragraph("in two parts", style="List Bullet")
    word.add_paragraph("After.")
    assert blocks_of(read(tmp_path, word)) == [
        ("paragraph", "Before."),
        ("table_cell", "Partner"),
        ("table_cell", "Note"),
        ("table_cell", "Vella"),
        ("table_cell", "12"),
        ("table_cell", "paid"),
        ("table_cell", "Norland"),
        ("table_cell", "of which ports"),
        ("table_cell", "7"),
        ("list_item", "in two parts"),
        ("paragraph", "After."),
    ]


def test_a_document_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="holds no text; a scanned document needs OCR first"):
        read(tmp_path, docx.Document())


def test_a_document_with_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accord.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    with pytest.raises(
        DocumentError, match=r"is protected by a password, or a \.doc of old Word; save it as an open \.docx"
    ):
        read_docx(path, "accord")


DAMAGED = r"is not a readable Word document; open it in Word and save it again as \.docx"


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accord.docx"
    path.write_bytes(b"The Board meets.")
    with pytest.raises(DocumentError, match=DAMAGED):
        read_docx(path, "accord")


def test_an_incomplete_file_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:9000])
    with pytest.raises(DocumentError, match=DAMAGED):
        read_docx(saved, "accord")


@pytest.mark.parametrize("length", [1, 2, 5, 9])
def test_a_file_with_garbled_bytes_is_refused(saved: Path, length: int) -> None:
    content = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as file:
        begin = file.getinfo("word/document.xml").header_offset + 60
    content[begin : begin + length] = b"\xff" * length
    saved.write_bytes(content)
    with pytest.raises(DocumentError, match=DAMAGED):
        read_docx(saved, "accord")


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("word/document.xml", b"<w:document"),
        ("word/document.xml", None),
        ("word/document.xml", b"<board/>"),
        ("word/document.xml", b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'),
        ("word/styles.xml", b""),
        ("[Content_Types].xml", None),
        ("[Content_Types].xml", b"<types/>"),
        ("_rels/.rels", None),
    ],
)
def test_a_file_with_a_bad_part_is_refused(saved: Path, part: str, content: bytes | None) -> None:
    rewrite(saved, part, content)
    with pytest.raises(DocumentError, match=DAMAGED):
        read_docx(saved, "accord")


def patch_members(path: Path, offset: int, value: bytes) -> None:
    """Write over a field in the directory of a zip file, for every member alike."""
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + offset : place + offset + len(value)] = value
        place = content.find(b"PK\x01\x02", place + 4)
    path.write_bytes(content)


def test_a_file_whose_members_need_a_password_is_refused(saved: Path) -> None:
    patch_members(saved, 8, b"\x01\x00")
    with pytest.raises(DocumentError, match="is encrypted; save a copy without a password"):
        read_docx(saved, "accord")


@pytest.mark.parametrize(("offset", "value"), [(10, b"\x09\x00"), (6, b"\xff\x00")], ids=["Deflate64", "newer zip"])
def test_a_file_that_is_packed_in_another_way_is_refused(saved: Path, offset: int, value: bytes) -> None:
    patch_members(saved, offset, value)
    with pytest.raises(DocumentError, match=DAMAGED):
        read_docx(saved, "accord")


def test_a_part_beside_the_text_may_be_another_than_it_is_called(saved: Path) -> None:
    rewrite(saved, "docProps/core.xml", b"<board/>")
    assert (read_docx(saved, "accord").text, "title" in read_docx(saved, "accord").meta) == (SAVED, False)


@pytest.mark.parametrize("part", ["styles", "numbering"])
def test_a_part_without_its_declared_kind_is_read_all_the_same(tmp_path: Path, part: str) -> None:
    word = docx.Document()
    word.add_heading("Review", level=2)
    item(word, "Parties meet.", add_lists(word, [("decimal", "Rule %1.")]), 0)
    path = tmp_path / "accord.docx"
    word.save(str(path))
    with zipfile.ZipFile(path) as file:
        kinds = file.read("[Content_Types].xml")
    declared = f"officedocument.wordprocessingml.{part}+xml".encode()
    assert declared in kinds
    rewrite(path, "[Content_Types].xml", kinds.replace(declared, b"officedocument.anything+xml"))
    assert blocks_of(read_docx(path, "accord")) == [("heading", "Review"), ("list_item", "Rule 1. Parties meet.")]


def test_an_encrypted_file_and_a_renamed_one_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "accord.docx"
    begin = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    for content, reason in [
        (begin + "EncryptedPackage".encode("utf-16-le"), "is encrypted; save a copy without a password"),
        (
            begin + "WordDocument".encode("utf-16-le"),
            r"is a \.doc of old Word, whatever its name says; save it as \.docx",
        ),
        (b"{\\rtf1 The Board meets.}", r"is RTF, whatever its name says; save it as \.docx"),
    ]:
        path.write_bytes(content)
        with pytest.raises(DocumentError, match=reason):
            read_docx(path, "accord")


def test_a_file_that_unpacks_to_too_much_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framecls.documents.docx._MOST_BYTES", 1 << 20)
    with zipfile.ZipFile(saved, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/media/bomb.xml", bytes(2 << 20))
    with pytest.raises(DocumentError, match="unpacks to 2 MiB, beyond the 1 MiB that are read; split it"):
        read_docx(saved, "accord")


def test_notes_stand_behind_their_paragraph_and_headers_behind_the_body(tmp_path: Path) -> None:
    word = docx.Document()
    word.sections[0].header.paragraphs[0].text = "Ministry of Harbours"
    append(word.add_paragraph("The Board meets."), f'<w:r>{RAISED}<w:footnoteReference w:id="2"/></w:r>')
    word.add_paragraph("It reports.")
    add_notes(word, "footnote", {2: "See Annex II.", 3: "Nothing refers to this."})
    assert blocks_of(read(tmp_path, word)) == [
        ("paragraph", "The Board meets."),
        ("footnote", "See Annex II."),
        ("paragraph", "It reports."),
        ("footnote", "Nothing refers to this."),
        ("furniture", "Ministry of Harbours"),
    ]


def test_numbers_go_on_and_begin_anew(tmp_path: Path) -> None:
    word = docx.Document()
    id = add_lists(word, [("upperRoman", "Article %1."), ("decimal", "%1.%2"), ("bullet", "")])
    for depth in (0, 1, 1, 2, 0, 1):
        item(word, "Parties meet.", id, depth)
    blocks = read(tmp_path, word)
    assert [text for _, text in blocks_of(blocks)] == [
        "Article I. Parties meet.",
        "I.1 Parties meet.",
        "I.2 Parties meet.",
        "Parties meet.",
        "Article II. Parties meet.",
        "II.1 Parties meet.",
    ]
    assert [block.level for block in blocks.blocks] == [1, 2, 2, 3, 1, 2]


def test_tracked_changes_are_counted(tmp_path: Path) -> None:
    word = docx.Document()
    append(
        word.add_paragraph("The Board "),
        f'<w:del w:id="1">{run("never ", "delText")}</w:del><w:ins w:id="2">{run("meets.")}</w:ins>',
    )
    document = read(tmp_path, word)
    assert (document.text, document.meta["tracked_changes"]) == ("The Board meets.", 2)


@pytest.mark.parametrize(
    ("count", "form", "text"),
    [
        (1, "lowerLetter", "a"),
        (28, "upperLetter", "BB"),
        (1994, "lowerRoman", "mcmxciv"),
        (4, "upperRoman", "IV"),
        (7, "decimalZero", "07"),
        (22, "ordinal", "22nd"),
        (112, "ordinal", "112th"),
        (5, "hebrew1", "5"),
        (0, "lowerLetter", "0"),
    ],
)
def test_numerals(count: int, form: str, text: str) -> None:
    assert written(count, form) == text
