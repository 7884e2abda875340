"""PDF: the text layer in reading order, with running headers, page numbers and footnotes set apart."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pypdfium2

from framecls.documents.document import Block, BlockKind, Document
from framecls.documents.hyphens import join_lines, vocabulary
from framecls.documents.pdf_blocks import Draft, blocks_of_page, finish, note_marks, style_of, without_marks
from framecls.documents.pdf_furniture import find_furniture
from framecls.documents.pdf_order import Line, Table, align, in_order, lines_of
from framecls.documents.pdf_words import PageContent, Word, read_page
from framecls.errors import DocumentError

__all__ = ["read_pdf"]

_PASSWORD_ERROR = 4
_GLUED_MARK = re.compile(r"^(\d{1,3}|[*†‡§]{1,3})(?=[A-Z\"“(])")
#: A document has no more kinds of columns than this.
_MOST_GUTTERS = 8


def read_pdf(path: Path, id: str) -> Document:
    """
    Read a PDF file.

    Furniture stands at the end of the text, after the body, and footnotes stand behind the paragraph in which their
    page ends, so that a sentence that runs over a page break is whole.

    :param path: the file.
    :param id: identifies the document.
    :returns: the document; it knows where its pages begin. Pages that are images without text are named in its
        ``meta`` as ``pages_without_text``.
    :raises DocumentError: the file is no PDF, is encrypted, or has no text layer.
    """
    try:
        with pypdfium2.PdfDocument(path) as pdf:
            pages = [_read(pdf, number) for number in range(len(pdf))]
            title = pdf.get_metadata_value("Title")
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_ERROR:
            raise DocumentError("is encrypted; save a copy that opens without a password") from error
        raise DocumentError("is not a readable PDF (damaged or incomplete); fetch or print it again") from error
    if not any(page.words for page in pages):
        raise DocumentError("no text layer: needs OCR (the pages are images)")
    meta: dict[str, str | int] = {"format": "pdf", "pages": len(pages)}
    if title:
        meta["title"] = title
    images = [number for number, page in enumerate(pages, 1) if page.images and not page.words]
    if images:
        meta["pages_without_text"] = _ranges(images)
    return _document(id, pages, meta)


def _read(pdf: pypdfium2.PdfDocument, number: int) -> PageContent:
    page = pdf[number]
    try:
        return read_page(page)
    finally:
        page.close()


def _ranges(numbers: Sequence[int]) -> str:
    """Write numbers as "2, 5-7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if run[1:] else str(run[0]) for run in runs)


def _document(id: str, pages: Sequence[PageContent], meta: dict[str, str | int]) -> Document:
    furniture, pages = _set_furniture_apart(pages)
    columns = _columns(pages)
    align(columns)
    aside = [
        [column for words in page.turned for column in in_order(words, (), number)[0]]
        for number, page in enumerate(pages, 1)
    ]
    style = style_of([column for page in columns for column in page])
    drafts: list[Draft] = []
    last: Draft | None = None
    for page, content, turned in zip(pages, columns, aside, strict=True):
        body, notes = blocks_of_page(content, page.rules, style, last)
        last = body[-1] if body else last
        drafts += body + notes
        for column in turned:
            drafts += blocks_of_page([column], (), style, None)[0]
    finish(drafts)
    words = vocabulary(line.text for draft in drafts for line in draft.lines)
    layout = _Layout(words, note_marks(drafts), len(pages))
    for draft in drafts:
        layout.add(draft)
    for line in furniture:
        layout.add_furniture(line)
    return Document(id, "".join(layout.parts), tuple(layout.blocks), meta, layout.page_starts())


def _columns(pages: Sequence[PageContent]) -> list[list[list[Line | Table]]]:
    """Give the columns of each page; what pages with many lines show of columns helps with those that have few."""
    found = [in_order(page.words, page.rules, number) for number, page in enumerate(pages, 1)]
    known = list(dict.fromkeys(gutter for _, gutters in found for gutter in gutters))[:_MOST_GUTTERS]
    return [
        columns if gutters or not known else in_order(page.words, page.rules, number, known)[0]
        for number, (page, (columns, gutters)) in enumerate(zip(pages, found, strict=True), 1)
    ]


def _set_furniture_apart(pages: Sequence[PageContent]) -> tuple[list[Line], list[PageContent]]:
    """Take running headers, footers, page numbers and recurring stamps off the pages; gives them, and what is left."""
    lines = [lines_of(page.words, number) for number, page in enumerate(pages, 1)]
    found = find_furniture(lines, [(page.top, page.height) for page in pages])
    stamps = Counter(text for page in pages for text in {_text(words) for words in page.turned})
    furniture: list[Line] = []
    left = []
    for number, (page, rows, indices) in enumerate(zip(pages, lines, found, strict=True), 1):
        furniture += [rows[index] for index in sorted(indices)]
        taken = {id(word) for index in indices for word in rows[index].words}
        turned = []
        for words in page.turned:
            if stamps[_text(words)] > 1:
                furniture += lines_of(words, number)
            else:
                turned.append(words)
        kept = [word for word in page.words if id(word) not in taken] if taken else page.words
        left.append(page._replace(words=kept, turned=turned))
    return furniture, left


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


class _Layout:
    """Lays blocks out one after another, an empty line between them, and notes where pages begin."""

    def __init__(self, words: Counter[str], marks: set[str], pages: int) -> None:
        self.parts: list[str] = []
        self.blocks: list[Block] = []
        self._words, self._marks = words, marks
        self._starts: list[int | None] = [None] * pages
        self._position = 0

    def add(self, draft: Draft) -> None:
        """Add a block, its lines joined."""
        parts = [without_marks(draft.lines[0], self._marks)]
        if draft.kind == "footnote":
            parts[0] = _GLUED_MARK.sub(r"\1 ", parts[0])
        begins = [0]
        length = len(parts[0])
        for line in draft.lines[1:]:
            text = without_marks(line, self._marks)
            joined = join_lines(parts[-1], text, self._words)
            length += len(joined) - len(parts[-1]) - len(text)
            parts[-1] = joined[: len(joined) - len(text)]
            begins.append(length)
            parts.append(text)
            length += len(text)
        assert draft.kind is not None
        start = self._append("".join(parts), draft.kind, draft.lines[0].page, draft.level)
        if draft.kind not in ("footnote", "furniture"):
            for line, begin in zip(draft.lines, begins, strict=True):
                if self._starts[line.page - 1] is None:
                    self._starts[line.page - 1] = start + begin

    def add_furniture(self, line: Line) -> None:
        """Add a line of furniture."""
        self._append(line.text, "furniture", line.page, None)

    def _append(self, text: str, kind: BlockKind, page: int, level: int | None) -> int:
        if self.parts:
            self.parts.append("\n\n")
            self._position += 2
        start = self._position
        self.parts.append(text)
        self._position += len(text)
        self.blocks.append(Block(kind, start, self._position, page, level))
        return start

    def page_starts(self) -> tuple[int, ...]:
        """Give where each page begins in the running text; a page without any begins where the next one does."""
        starts: list[int] = []
        later = max((block.end for block in self.blocks if block.kind != "furniture"), default=0)
        for start in reversed(self._starts):
            later = later if start is None else start
            starts.append(later)
        return tuple(reversed(starts))
