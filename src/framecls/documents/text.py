"""Plain text and Markdown."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from framecls.documents.document import BlockKind, Document, Piece
from framecls.documents.encoding import decode, mend
from framecls.documents.layout import find_blocks
from framecls.errors import DocumentError

__all__ = ["document_of_text", "read_markdown", "read_text"]

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def document_of_text(id: str, text: str, meta: dict[str, str | int] | None = None) -> Document:
    """
    Make a document of a plain text, kept as it is, so that offsets count the characters of that very text.

    The exception is text with characters decoded wrongly, which are mended; ``meta`` then says so.

    :param id: identifies the document.
    :param text: the text.
    :param meta: what else is known.
    :returns: the document with its blocks.
    :raises DocumentError: the text is empty.
    """
    if not text.strip():
        raise DocumentError("is empty; there is no text to read")
    mended = mend(text)
    meta = {**(meta or {}), **({"mended": "encoding"} if mended != text else {})}
    return Document(id, mended, find_blocks(mended), meta)


def read_text(path: Path, id: str, encoding: str | None = None) -> Document:
    """
    Read a TXT file.

    :param path: the file.
    :param id: identifies the document.
    :param encoding: an encoding to use instead of detecting one.
    :returns: the document; its text is that of the file, line ends included.
    :raises DocumentError: the file is empty or no text.
    """
    text, used = decode(path.read_bytes(), encoding)
    return document_of_text(id, text, {"format": "text", "encoding": used})


def read_markdown(path: Path, id: str, encoding: str | None = None) -> Document:
    """
    Read a Markdown file; its marks are dropped, its structure is kept.

    :param path: the file.
    :param id: identifies the document.
    :param encoding: an encoding to use instead of detecting one.
    :returns: the document.
    :raises DocumentError: the file is empty or no text.
    """
    text, used = decode(path.read_bytes(), encoding)
    text = mend(text).replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    pieces = [Piece("furniture", front[0])] if front else []
    pieces += _pieces(MarkdownIt("commonmark").enable("table").parse(text[front.end() :] if front else text))
    document = Document.from_pieces(id, pieces, {"format": "markdown", "encoding": used})
    if not document.text:
        raise DocumentError("is empty; there is no text to read")
    return document


def _pieces(tokens: list[Token]) -> Iterator[Piece]:
    containers: list[str] = []
    marker = ""
    for token in tokens:
        if token.nesting == 1:
            containers.append(token.type)
        elif token.nesting == -1:
            containers.pop()
        if token.type in ("list_item_open", "list_item_close"):
            marker = f"{token.info}{token.markup} " if token.nesting == 1 else ""
        elif token.type == "inline":
            text = _plain(token)
            kind: BlockKind = "paragraph"
            level = None
            if containers[-1] == "heading_open":
                kind, level = "heading", _depth(tokens, token)
            elif containers[-1] in ("td_open", "th_open"):
                kind = "table_cell"
            elif "list_item_open" in containers:
                kind = "list_item"
                text = marker + text
            # Only the first words of an item stand beside its marker, whatever they are.
            marker = ""
            yield Piece(kind, text, level=level)
        elif token.type in ("code_block", "fence", "html_block"):
            yield Piece("furniture", token.content)


def _depth(tokens: list[Token], inline: Token) -> int:
    opening = tokens[tokens.index(inline) - 1]
    return int(opening.tag[1:])


def _plain(inline: Token) -> str:
    parts = []
    for child in inline.children or []:
        if child.type == "html_inline":
            parts.append("\n" if _BREAK.fullmatch(child.content) else "")
        else:
            parts.append("\n" if child.type in ("softbreak", "hardbreak") else child.content)
    return "".join(parts)
