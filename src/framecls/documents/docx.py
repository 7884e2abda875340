"""Word documents."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from lxml.etree import XMLSyntaxError

from framecls.documents.document import Document, Piece
from framecls.errors import DocumentError

__all__ = ["read_docx"]

#: What python-docx, and the zip and XML readers below it, raise for a damaged file.
_DAMAGED = (PackageNotFoundError, zipfile.BadZipFile, zlib.error, XMLSyntaxError, KeyError, ValueError)
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_docx(path: Path, id: str) -> Document:
    """
    Read a Word document: paragraphs, headings, list items and tables in the order of the page.

    :param path: the ``.docx`` file.
    :param id: identifies the document.
    :returns: the document.
    :raises DocumentError: the file is no Word document, is protected by a password, or holds no text.
    """
    with path.open("rb") as file:
        if file.read(8) == _OLE_MAGIC:
            raise DocumentError("is protected by a password, or a .doc of old Word; save it as an open .docx")
    try:
        word = docx.Document(str(path))
    except _DAMAGED as error:
        raise DocumentError("is not a readable Word document; open it in Word and save it again as .docx") from error
    meta: dict[str, str | int] = {"format": "docx"}
    if word.core_properties.title:
        meta["title"] = word.core_properties.title
    document = Document.from_pieces(id, _pieces(word), meta)
    if not document.text:
        raise DocumentError("holds no text; a scanned document needs OCR first")
    return document


def _pieces(container: WordDocument | _Cell, *, in_table: bool = False) -> Iterator[Piece]:
    for item in container.iter_inner_content():
        if isinstance(item, Table):
            seen = set()
            for row in item.rows:
                for cell in row.cells:
                    # A merged cell is listed once for every column it spans.
                    if cell._tc not in seen:
                        seen.add(cell._tc)
                        yield from _pieces(cell, in_table=True)
        else:
            yield _piece(item, in_table=in_table)


def _piece(paragraph: Paragraph, *, in_table: bool) -> Piece:
    style = (paragraph.style.name if paragraph.style is not None else None) or ""
    heading = re.fullmatch(r"(?:heading|title)\s*(\d?)", style, re.IGNORECASE)
    if heading:
        return Piece("heading", paragraph.text, level=int(heading[1] or 1))
    properties = paragraph._p.pPr
    numbered = properties is not None and properties.numPr is not None
    if numbered or style.lower().startswith("list"):
        return Piece("list_item", paragraph.text)
    return Piece("table_cell" if in_table else "paragraph", paragraph.text)
