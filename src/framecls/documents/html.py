"""HTML: trafilatura finds the main text; where it leaves much out, every text block of the body is taken."""

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode
from trafilatura import extract

from framecls.documents.document import BlockKind, Document, Piece
from framecls.documents.encoding import decode, mend
from framecls.errors import DocumentError

__all__ = ["read_html"]

_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
#: Browsers read these as Windows-1252, and pages that declare them count on it.
_READ_AS_WINDOWS = ("ascii", "iso8859-1")
_KINDS: dict[str | None, BlockKind] = {
    "h1": "heading",
    "h2": "heading",
    "h3": "heading",
    "h4": "heading",
    "h5": "heading",
    "h6": "heading",
    "li": "list_item",
    "td": "table_cell",
    "th": "table_cell",
}
_NOT_TEXT = re.compile(r"script|style|noscript|template|nav|header|footer|aside|iframe|svg|button|select|title")
#: Elements that begin on a line of their own; text runs on through all others.
_BLOCK = re.compile(
    r"h[1-6r]|p|li|ul|ol|dl|dt|dd|table|caption|thead|tbody|tfoot|tr|td|th|blockquote|pre|div|section|article|main|body"
    r"|address|center|details|summary|dialog|fieldset|legend|figure|figcaption"
)
#: Below this share of the visible text, trafilatura is taken to have missed the document.
_ENOUGH = 0.6


def read_html(path: Path, id: str, encoding: str | None = None) -> Document:
    """
    Read an HTML page: headings, paragraphs, list items and table cells of its main text.

    :param path: the file.
    :param id: identifies the document.
    :param encoding: an encoding to use instead of the declared or detected one.
    :returns: the document.
    :raises DocumentError: the file is no text, or holds no visible text.
    """
    content = path.read_bytes()
    declared = _CHARSET.search(content[:4096])
    html, used = _decode(content, encoding, declared[1].decode("ascii") if declared else None)
    html = mend(html)
    tree = LexborHTMLParser(html)
    title = tree.css_first("title")
    everything = list(_pieces(tree))
    if not everything:
        raise DocumentError("no visible text in this HTML page; save the page with its text and try again")
    main = _main_pieces(html)
    if {piece.text for piece in everything}.isdisjoint(piece.text for piece in main):
        # Where trafilatura finds no main text, it gives the whole page, menus included, as one paragraph.
        main = []
    main = _with_headings(main, everything)
    enough = _ENOUGH * sum(len(piece.text) for piece in everything)
    pieces = main if sum(len(piece.text) for piece in main) >= enough else everything
    meta: dict[str, str | int] = {"format": "html", "encoding": used}
    if title is not None and title.text(strip=True):
        meta["title"] = " ".join(title.text().split())
    return Document.from_pieces(id, pieces, meta)


def _decode(content: bytes, encoding: str | None, declared: str | None) -> tuple[str, str]:
    """Decode by the user's word, else as UTF-8, else by the page's own declaration, else by detection."""
    if encoding is None and declared is not None:
        try:
            return content.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError:
            try:
                name = "cp1252" if codecs.lookup(declared).name in _READ_AS_WINDOWS else declared
                return content.decode(name), name
            except (UnicodeDecodeError, LookupError):
                return decode(content)
    return decode(content, encoding)


def _main_pieces(html: str) -> list[Piece]:
    extracted = extract(
        html, output_format="html", favor_recall=True, include_comments=False, include_tables=True, with_metadata=False
    )
    return list(_pieces(LexborHTMLParser(extracted))) if extracted else []


def _with_headings(main: list[Piece], everything: Sequence[Piece]) -> list[Piece]:
    """Put headings back above the text they stand over; trafilatura drops them where it has to guess the main text."""
    if any(piece.kind == "heading" for piece in main):
        return main
    above: dict[str, list[Piece]] = {}
    headings: list[Piece] = []
    for piece in everything:
        if piece.kind == "heading":
            headings.append(piece)
        else:
            above.setdefault(piece.text, headings)
            headings = []
    return [found for piece in main for found in (*above.pop(piece.text, ()), piece)]


def _pieces(tree: LexborHTMLParser) -> Iterator[Piece]:
    """Yield the visible text of a page, cut wherever a block begins or ends."""
    runs = _runs(tree.body) if tree.body is not None else ()
    for (_, kind, level), group in groupby(runs, key=lambda run: run[0]):
        text = " ".join("".join(text for _, text in group).split())
        if text:
            yield Piece(kind, text, level=level)


def _runs(body: LexborNode) -> Iterator[tuple[tuple[int, BlockKind, int | None], str]]:
    """Yield stretches of text, each with what identifies the block it stands in, its kind and depth of heading."""
    for node in body.traverse(include_text=True):
        if node.tag not in ("-text", "br") and not _is(node, _BLOCK):
            continue
        lineage = list(_lineage(node))
        if any(_is(above, _NOT_TEXT) for above in lineage):
            continue
        block = next((above for above in lineage if _is(above, _BLOCK)), body)
        tag = next((above.tag for above in lineage if above.tag in _KINDS), None)
        level = int(tag[1:]) if tag and _KINDS[tag] == "heading" else None
        text = node.text(deep=False) if node.tag == "-text" else "\n"
        yield (block.mem_id, _KINDS.get(tag, "paragraph"), level), text


def _is(node: LexborNode, tags: re.Pattern[str]) -> bool:
    return tags.fullmatch(node.tag or "") is not None


def _lineage(node: LexborNode) -> Iterator[LexborNode]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent
