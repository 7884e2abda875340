"""Word documents."""

import zipfile
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement

from framecls.documents import Document, sentences
from framecls.documents.docx import read_docx
from framecls.errors import DocumentError


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


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A sound Word file."""
    word = docx.Document()
    word.add_paragraph("The Board meets in Vella.")
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
        ("word/styles.xml", b""),
        ("[Content_Types].xml", None),
        ("_rels/.rels", None),
    ],
)
def test_a_file_with_a_bad_part_is_refused(saved: Path, part: str, content: bytes | None) -> None:
    rewrite(saved, part, content)
    with pytest.raises(DocumentError, match=DAMAGED):
        read_docx(saved, "accord")
