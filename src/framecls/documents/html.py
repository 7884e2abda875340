"""HTML: trafilatura finds the main text; where it leaves much out, every text block of the body is taken."""

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree
from selectolax.lexbor import LexborHTMLParser, LexborNode
from trafilatura import bare_extraction

from framecls.documents.document import BlockKind, Document, Piece
from framecls.documents.encoding import decode, mend
from framecls.errors import DocumentError

__all__ = ["read_html"]

_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
_NOT_TEXT = "script, style, noscript, template, nav, header, footer, aside, form, iframe, svg, button, select"
_BLOCKS = "h1, h2, h3, h4, h5, h6, p, li, td, th, blockquote, pre, dt, dd, figcaption, caption, div"
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
    everything = list(_all_pieces(tree))
    main = list(_main_pieces(html))
    enough = _ENOUGH * sum(len(piece.text) for piece in everything)
    pieces = main if main and sum(len(piece.text) for piece in main) >= enough else everything
    if not pieces:
        raise DocumentError("no visible text in this HTML page; save the page with its text and try again")
    meta: dict[str, str | int] = {"format": "html", "encoding": used}
    if title is not None and title.text(strip=True):
        meta["title"] = " ".join(title.text().split())
    return Document.from_pieces(id, pieces, meta)


def _decode(content: bytes, encoding: str | None, declared: str | None) -> tuple[str, str]:
    """Decode by the user's word, else as UTF-8, else by the page's own declaration, else by detection."""
    if encoding is None and declared is not None:
        try:
            return content.decode("utf-8"), "utf-8"
        except UnicodeDecodeError:
            try:
                return content.decode(declared), declared
            except (UnicodeDecodeError, LookupError):
                return decode(content)
    return decode(content, encoding)


def _main_pieces(html: str) -> Iterator[Piece]:
    extracted = bare_extraction(
        html, favor_recall=True, include_comments=False, include_tables=True, with_metadata=False
    )
    body = getattr(extracted, "body", None)
    if body is not None:
        yield from _walk(body)


def _walk(element: etree._Element) -> Iterator[Piece]:
    for child in element:
        text = " ".join("".join(map(str, child.itertext())).split())
        if child.tag == "head":
            yield Piece("heading", text, level=_level(child.get("rend", "")))
        elif child.tag in ("list", "table", "row", "quote", "div"):
            if len(child):
                yield from _walk(child)
            else:
                yield Piece("paragraph", text)
        elif child.tag == "item":
            own = " ".join((child.text or "").split())
            if child.find("list") is None:
                yield Piece("list_item", text)
            else:
                yield Piece("list_item", own)
                yield from _walk(child)
        elif child.tag == "cell":
            yield Piece("table_cell", text)
        else:
            yield Piece("paragraph", text)
        if child.tail and child.tail.strip():
            yield Piece("paragraph", " ".join(child.tail.split()))


def _level(name: str | None) -> int:
    return int(name[1:]) if name and re.fullmatch(r"h[1-6]", name) else 2


def _all_pieces(tree: LexborHTMLParser) -> Iterator[Piece]:
    body = tree.body
    if body is None:
        return
    for node in body.css(_NOT_TEXT):
        node.decompose()
    found = False
    for node in body.css(_BLOCKS):
        if node.css_first(_BLOCKS) is not None and node.tag == "div":
            continue
        text = _own_text(node)
        if text:
            found = True
            yield Piece(_kind(node), text, level=_level(node.tag) if re.fullmatch(r"h[1-6]", node.tag or "") else None)
    if not found and body.text(strip=True):
        yield Piece("paragraph", " ".join(body.text(separator=" ").split()))


def _own_text(node: LexborNode) -> str:
    """Text of a node without that of the blocks inside it, which are pieces of their own."""
    parts: list[str] = []
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            parts.append(child.text(deep=False))
        elif child.tag == "br":
            parts.append("\n")
        elif (
            not child.css_matches(_BLOCKS)
            and child.css_first(_BLOCKS) is None
            and child.tag not in ("ul", "ol", "table")
        ):
            parts.append(child.text(deep=True))
    return " ".join("".join(parts).split())


def _kind(node: LexborNode) -> BlockKind:
    if re.fullmatch(r"h[1-6]", node.tag or ""):
        return "heading"
    if node.tag == "li":
        return "list_item"
    return "table_cell" if node.tag in ("td", "th") else "paragraph"
