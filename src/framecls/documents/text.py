"""Plain text and Markdown."""

import re
from collections.abc import Container, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block, paragraph
from markdown_it.token import Token

from framecls.documents.document import Document, Piece
from framecls.documents.encoding import decode, mend
from framecls.documents.html import html_pieces
from framecls.documents.layout import find_blocks
from framecls.errors import DocumentError

__all__ = ["document_of_text", "read_markdown", "read_text"]

#: Between the rules a line of a key and a value; before and after it comments, items and indented lines, too.
_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n"
    r"(?:[ \t]*\n|#.*\n)*"
    r"(?:[^\s:#-][^:\n]{0,60}:(?:[ \t].*)?\n(?:[ \t]*\n|#.*\n|-(?:[ \t].*)?\n|[ \t]+\S.*\n)*)+"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_NOTE = re.compile(r"\[\^(?P<label>[^\]\s]+)\]:[ \t]*")
_NOTE_REFERENCE = re.compile(r"\[\^([^\]\s]+)\]")
#: Paragraphs of a note after the first are indented by so much.
_NOTE_INDENT = 4
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
#: Lists and quotations within each other; a list counts twice, with its item. The parser skips what is deeper.
_NESTING = 100


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
    markdown = _blocks()
    markdown.block.ruler.before("reference", "note", _note, {"alt": ["paragraph", "reference"]})
    read: dict[str, list[str]] = {}
    tokens = markdown.parse(text[front.end() :] if front else text, read)
    pieces += _pieces(tokens, frozenset(read.get("notes", ())))
    document = Document.from_pieces(id, pieces, {"format": "markdown", "encoding": used})
    if not document.text:
        raise DocumentError("is empty; there is no text to read")
    return document


def _blocks() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")
    markdown.block.ruler.before("blockquote", "too_deep", _too_deep)
    return markdown


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take for a paragraph, marks and all, what would be nested so deep that the parser would skip it."""
    if state.level < _NESTING - 2 or not any(rule(state, start, end, True) for rule in (blockquote, list_block)):
        return False
    return paragraph(state, start, end, silent)


def _note(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take a footnote, "[^1]: Ibid.", with its indented paragraphs; else it is read as the address of a link."""
    found = _NOTE.match(state.src, state.bMarks[start] + state.tShift[start], state.eMarks[start])
    if found is None or state.is_code_block(start):
        return False
    if silent:
        return True
    ends_paragraph = state.md.block.ruler.getRules("paragraph")
    after = start + 1
    while after < end and (
        state.isEmpty(after)
        or state.sCount[after] >= state.blkIndent + _NOTE_INDENT
        or not (state.isEmpty(after - 1) or any(rule(state, after, end, True) for rule in ends_paragraph))
    ):
        after += 1
    first = state.src[found.end() : state.eMarks[start]]
    others = state.getLines(start + 1, after, state.blkIndent + _NOTE_INDENT, False)
    state.env.setdefault("notes", []).append(found["label"])
    state.push("note_open", "", 1)
    # A parser that knows no notes: none stands in another.
    inner = _blocks()
    inner.block.parse(f"{first}\n{others}", inner, state.env, state.tokens)
    state.push("note_close", "", -1)
    state.line = after
    return True


def _pieces(tokens: list[Token], notes: Container[str]) -> Iterator[Piece]:
    containers: list[str] = []
    marker = ""
    for token in _with_html_joined(tokens):
        if token.nesting == 1:
            containers.append(token.type)
        elif token.nesting == -1:
            containers.pop()
        found: Sequence[Piece] = ()
        if token.type in ("list_item_open", "list_item_close"):
            marker = f"{token.info}{token.markup} " if token.nesting == 1 else ""
        elif token.type in ("code_block", "fence"):
            yield Piece("furniture", token.content)
        elif token.type == "html_block":
            found = html_pieces(token.content)
        elif token.type == "inline":
            text = _plain(token, notes)
            if containers[-1] == "heading_open":
                found = [Piece("heading", text, level=_depth(tokens, token))]
            else:
                found = [Piece("table_cell" if containers[-1] in ("td_open", "th_open") else "paragraph", text)]
        for piece in found:
            if piece.kind == "paragraph" and "note_open" in containers:
                piece = Piece("footnote", marker + piece.text)
            elif piece.kind == "paragraph" and "list_item_open" in containers:
                piece = Piece("list_item", marker + piece.text)
            # Only the first words of an item stand beside its marker, whatever they are.
            marker = ""
            yield piece


def _with_html_joined(tokens: list[Token]) -> Iterator[Token]:
    """Put HTML together again where an empty line parted it, as between the rows of a table."""
    for is_html, group in groupby(tokens, key=lambda token: token.type == "html_block"):
        if is_html:
            yield Token("html_block", "", 0, content="\n".join([token.content for token in group]))
        else:
            yield from group


def _depth(tokens: list[Token], inline: Token) -> int:
    opening = tokens[tokens.index(inline) - 1]
    return int(opening.tag[1:])


def _plain(inline: Token, notes: Container[str]) -> str:
    """Give the words of a stretch of text, without the marks of notes that are known."""
    parts = []
    for child in inline.children or []:
        if child.type == "html_inline":
            parts.append("\n" if _BREAK.fullmatch(child.content) else "")
        elif child.type == "text":
            parts.append(_NOTE_REFERENCE.sub(lambda mark: "" if mark[1] in notes else mark[0], child.content))
        else:
            parts.append("\n" if child.type in ("softbreak", "hardbreak") else child.content)
    return "".join(parts)
