"""PDF: the text layer, with running headers and page numbers set apart and line-end hyphens joined."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pypdfium2

from framecls.documents.document import Block, Document
from framecls.documents.layout import find_blocks, is_page_number
from framecls.errors import DocumentError

__all__ = ["read_pdf"]

_PASSWORD_ERROR = 4
#: Lines this near the top or bottom of a page may be running headers or footers.
_MARGIN_LINES = 3


def read_pdf(path: Path, id: str) -> Document:
    """
    Read a PDF file.

    Furniture stands at the end of the text, after the body, so that a sentence that runs over a page break is whole.

    :param path: the file.
    :param id: identifies the document.
    :returns: the document; it knows where its pages begin.
    :raises DocumentError: the file is no PDF, is protected by a password, or has no text layer.
    """
    try:
        with pypdfium2.PdfDocument(path) as pdf:
            pages = [_lines(page) for page in pdf]
            title = pdf.get_metadata_value("Title")
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_ERROR:
            raise DocumentError("is protected by a password; save an unprotected copy") from error
        raise DocumentError("is not a readable PDF (damaged or incomplete); fetch or print it again") from error
    if not any(pages):
        raise DocumentError("no text layer: needs OCR (the pages are images)")
    meta: dict[str, str | int] = {"format": "pdf", "pages": len(pages)}
    if title:
        meta["title"] = title
    return _document(id, pages, meta)


def _lines(page: pypdfium2.PdfPage) -> list[str]:
    textpage = page.get_textpage()
    text = textpage.get_text_range()
    textpage.close()
    # PDFium puts U+FFFE or U+0002 in place of a hyphen at a line end, and of the line end with it.
    text = text.replace("\ufffe", "-\n").replace("\x02", "-\n")
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _document(id: str, pages: Sequence[Sequence[str]], meta: dict[str, str | int]) -> Document:
    furniture = _find_furniture(pages)
    parts: list[str] = []
    starts: list[int] = []
    position = 0
    for number, lines in enumerate(pages):
        starts.append(position)
        for index, line in enumerate(lines):
            if (number, index) in furniture:
                continue
            if parts and (joined := _join(parts[-1], line)) is not None:
                position -= len(parts[-1])
                parts[-1] = joined
            else:
                parts.append(line + "\n")
            position += len(parts[-1])
    body = "".join(parts)
    blocks = [
        Block(block.kind, block.start, block.end, bisect_right(starts, block.start), block.level)
        for block in find_blocks(body)
    ]
    tail = []
    position = len(body)
    for page, index in sorted(furniture):
        line = pages[page][index]
        blocks.append(Block("furniture", position, position + len(line), page + 1))
        tail.append(line + "\n")
        position += len(line) + 1
    return Document(id, body + "".join(tail), tuple(blocks), meta, tuple(starts))


def _join(line: str, after: str) -> str | None:
    """Join a word hyphenated over a line end; ``None`` where the line does not end in such a word."""
    if not re.search(r"[^\W\d_]{2,}-\n$", line) or not after[0].islower():
        return None
    return line[:-2] + after + "\n"


def _find_furniture(pages: Sequence[Sequence[str]]) -> set[tuple[int, int]]:
    """
    Find the lines at the edge of a page that hold its number or recur, but for their digits, on many pages.

    Only lines without a body line between them and the edge count, and none that ends as a sentence does.

    :returns: pairs of page and line index, both from 0.
    """
    edges = [(_edge(len(lines), top=True), _edge(len(lines), top=False)) for lines in pages]
    counts = Counter(
        key
        for lines, sides in zip(pages, edges, strict=True)
        for key in {_key(lines[i]) for side in sides for i in side}
    )
    often = 2 if len(pages) == 2 else max(3, 0.3 * len(pages))
    recurring = {key for key, count in counts.items() if count >= often}
    found = set()
    for page, (lines, sides) in enumerate(zip(pages, edges, strict=True)):
        for side in sides:
            for index in side:
                line = lines[index]
                if not is_page_number(line) and (_key(line) not in recurring or len(line) > 100 or line[-1] in ".;:,"):
                    break
                found.add((page, index))
    return found


def _edge(length: int, *, top: bool) -> range:
    """Indices of the lines that may be furniture, from the edge of the page inwards."""
    reach = min(_MARGIN_LINES, length)
    return range(reach) if top else range(length - 1, length - 1 - reach, -1)


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", line.lower())
