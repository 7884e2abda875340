"""HTML: blocks out of the page's own tree; trafilatura tells the main text from what stands around it."""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode
from trafilatura import extract

from framecls.documents.document import BlockKind, Document, Piece
from framecls.documents.encoding import decode, mend
from framecls.documents.layout import ENUMERATOR, find_blocks
from framecls.documents.numerals import written
from framecls.errors import DocumentError

__all__ = ["html_pieces", "read_html"]

_CHARSET = re.compile(rb"(?:<meta[^>]+charset|<\?xml[^>]+encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
#: A declaration is looked for so far, though browsers give up after the first kilobyte.
_DECLARED_WITHIN = 1 << 16
#: Browsers read these as Windows-1252, and pages that declare them count on it.
_READ_AS_WINDOWS = ("ascii", "iso8859-1")
#: XML may close an element where it opens; to a reader of HTML, the rest of the page would be inside.
_SELF_CLOSED = re.compile(
    r"<(script|style|title|textarea|iframe|noscript|a|p|div|span|td|th|li|ul|ol|em|strong|b|i|sup|sub|h[1-6])"
    r"(\s[^<>]*?)?/>",
    re.IGNORECASE,
)
_NOT_TEXT = frozenset(
    ("script", "style", "noscript", "template", "iframe", "svg", "button", "select", "title", "head", "object")
)
#: Elements that begin on a line of their own; text runs on through all others.
_BLOCK = frozenset(
    [
        *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "li", "ul", "ol", "dl", "dt", "dd", "table", "caption"),
        *("thead", "tbody", "tfoot", "tr", "td", "th", "blockquote", "pre", "div", "section", "article", "main"),
        *("address", "center", "details", "summary", "dialog", "fieldset", "legend", "figure", "figcaption", "form"),
        *("nav", "header", "footer", "aside", "body"),
    ]
)
_AROUND = frozenset(["nav", "aside", "dialog"])
_AROUND_ROLES = frozenset(["navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog"])
#: What authors call the parts of a page that are on every page.
_AROUND_NAME = re.compile(
    r"(?:site|page|global|top|left|right|main|js|eu|gov)?[-_]{0,2}"
    r"(?:cookies?|consent|gdpr|breadcrumbs?|navbar|nav|navigation|menu|sidebar|skip|share|sharing|social|newsletter"
    r"|pagination|footer|masthead|toolbar|langs?|language)"
    r"(?:[-_]{1,2}(?:bar|banner|box|links?|list|content|container|wrapper|menu|nav|notice|popup|modal|block|icons|buttons"
    r"|switcher|selector|law|policy|overlay|message|main|content))?",
    re.IGNORECASE,
)
_NOTE_NAME = re.compile(
    r"(?:doc-)?(?:foot|end)notes?(?:[-_]?(?:list|text|item|content|area|\d+))?|msofootnotetext|msoendnotetext|oj-note"
    r"|(?:fn|ftn|edn|note)[-_:]?\d+",
    re.IGNORECASE,
)
_NOTE_REFERENCE = re.compile(r"[\[(]?(?:\d{1,3}|[a-z]|[*†‡]{1,3})[\])]?")
# How word processors and official journals name what a mark of a note links to; the mark may be raised by a style.
_NOTE_TARGET = re.compile(r"#_?(?:ftn|edn|ntr|fn|footnote|endnote)[-_:]?\d[\w.:-]*|#ntr\d*-[\w.:-]+", re.IGNORECASE)
_BACK_LINK = re.compile(r"[↩↑^⤴⏎\ufe0e\s]+")
_LONE_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxl]{1,6})[.)\]]+|\d{1,3}|[—–•·-]")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: Below this share of the text, trafilatura is taken to have missed the document.
_ENOUGH = 0.6
_BULLETS = "—–•·-"
_LIST_TYPES = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_LIST_STYLES = {
    "lower-alpha": "lowerLetter",
    "lower-latin": "lowerLetter",
    "upper-alpha": "upperLetter",
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
}
_SPACE, _BLANK_LINE = re.compile(r"\s+"), re.compile(r"\n\s*\n")
_INVISIBLE = dict.fromkeys(map(ord, "\xad\u200b\u2060\ufeff"))


def read_html(path: Path, id: str, encoding: str | None = None) -> Document:
    """
    Read an HTML page: headings, paragraphs, list items, table cells and footnotes of its main text.

    Menus, banners and whatever else stands around the main text is furniture, behind it.

    :param path: the file.
    :param id: identifies the document.
    :param encoding: an encoding to use instead of the declared or detected one.
    :returns: the document.
    :raises DocumentError: the file is no text, or holds no visible text.
    """
    content = path.read_bytes()
    declared = _CHARSET.search(content[:_DECLARED_WITHIN])
    html, used = _decode(content, encoding, declared[1].decode("ascii") if declared else None)
    html = mend(html)
    if html.lstrip()[:5].lower() == "<?xml" or "http://www.w3.org/1999/xhtml" in html[:2000]:
        html = _SELF_CLOSED.sub(r"<\1\2></\1>", html)
    tree = LexborHTMLParser(html)
    found = list(_found(tree.body)) if tree.body is not None else []
    if not any(not each.around for each in found):
        raise DocumentError("no visible text in this HTML page; save the page with its text and try again")
    meta: dict[str, str | int] = {"format": "html", "encoding": used}
    title = tree.css_first("title")
    if title is not None and title.text(strip=True):
        meta["title"] = " ".join(title.text().split())
    main = _main(found, html)
    pieces = [each.piece for each, is_main in zip(found, main, strict=True) if is_main]
    pieces += [Piece("furniture", each.piece.text) for each, is_main in zip(found, main, strict=True) if not is_main]
    return Document.from_pieces(id, pieces, meta)


def html_pieces(html: str) -> list[Piece]:
    """
    Read HTML that stands in a text of another format.

    :param html: the elements, without the rest of a page.
    :returns: what they show, in order; parts that call themselves a menu or the like are furniture.
    """
    body = LexborHTMLParser(html).body
    found = _found(body) if body is not None else ()
    return [Piece("furniture", each.piece.text) if each.around else each.piece for each in found]


def _decode(content: bytes, encoding: str | None, declared: str | None) -> tuple[str, str]:
    """Decode by the user's word, else as UTF-8, else by the page's own declaration, else by detection."""
    if encoding is None and declared is not None:
        try:
            return content.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError:
            try:
                name = "cp1252" if codecs.lookup(declared).name in _READ_AS_WINDOWS else declared
                # It was found as ASCII, so it is wrong where it names what would have written it otherwise.
                if declared.encode("ascii").decode(name) == declared:
                    return content.decode(name), name
            except (UnicodeError, LookupError):
                return decode(content)
    return decode(content, encoding)


class _Found(NamedTuple):
    """A piece, and what speaks for and against its being main text."""

    piece: Piece
    around: bool
    links: float


def _main(found: Sequence[_Found], html: str) -> list[bool]:
    """
    Tell which pieces are main text.

    They are those from the first to the last that trafilatura keeps, with the headings right above, without parts of
    the page that call themselves a menu, and without links that it leaves out. Notes always belong to it. Where
    trafilatura keeps little of the page, all is main text that does not call itself a menu or the like.
    """
    extracted = extract(
        html, output_format="txt", favor_recall=True, include_comments=False, include_tables=True, with_metadata=False
    )
    kept = _kept(found, extracted or "")
    length = sum(len(each.piece.text) for each in found if not each.around)
    if sum(len(each.piece.text) for each, is_kept in zip(found, kept, strict=True) if is_kept) < _ENOUGH * length:
        return [not each.around for each in found]
    first, last = kept.index(True), len(kept) - 1 - kept[::-1].index(True)
    while first and found[first - 1].piece.kind == "heading" and not found[first - 1].around:
        first -= 1
    return [
        not each.around
        and (each.piece.kind == "footnote" or (first <= index <= last and (is_kept or each.links < 0.8)))
        for index, (each, is_kept) in enumerate(zip(found, kept, strict=True))
    ]


def _kept(found: Sequence[_Found], extracted: str) -> list[bool]:
    lines = {_letters(line) for line in extracted.splitlines()}
    everything = _letters(extracted)
    keys = [_letters(each.piece.text) for each in found]
    return [
        not each.around and bool(key) and (key in lines or (len(key) >= 12 and key in everything))
        for each, key in zip(found, keys, strict=True)
    ]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


class _State(NamedTuple):
    """
    Where in the page a stretch of text stands.

    :param block: identifies the innermost element that begins on a line of its own.
    :param marker: the number of the list item it is in, with what identifies the item.
    :param layout: whether the cells around it only lay out the page.
    """

    block: int
    kind: BlockKind = "paragraph"
    level: int | None = None
    around: bool = False
    link: bool = False
    inside: bool = False
    lists: int = 0
    marker: tuple[int, str] | None = None
    layout: bool = False
    pre: bool = False


def _found(body: LexborNode) -> Iterator[_Found]:
    """Yield the visible pieces of a page in order, cut wherever a block begins or ends."""
    shown: set[int] = set()
    for _, group in groupby(_runs(body), key=lambda run: run[0].block):
        runs = list(group)
        state = runs[0][0]
        text = "".join([part for _, part in runs])
        if not text or text.isspace():
            continue
        share = sum(len(part.strip()) for each, part in runs if each.link) / len(text.strip())
        if state.pre and "\n" in text.strip():
            for block in find_blocks(text):
                words = " ".join(text[block.start : block.end].split())
                yield _Found(Piece(block.kind, words, level=block.level), state.around, share)
            continue
        for part in _BLANK_LINE.split(text):
            words = " ".join(part.split())
            if not words:
                continue
            if state.marker is not None and state.marker[0] not in shown:
                shown.add(state.marker[0])
                if not ENUMERATOR.match(words):
                    words = f"{state.marker[1]} {words}"
            yield _Found(Piece(state.kind, words, level=state.level), state.around, share)


def _runs(body: LexborNode) -> Iterator[tuple[_State, str]]:
    """Yield stretches of text with where they stand; the walk is not recursive, as pages may nest without bound."""
    stack: list[tuple[LexborNode, _State]] = [(body, _State(body.mem_id))]
    while stack:
        node, state = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            text = (node.text_content or "").translate(_INVISIBLE)
            yield state, text if state.pre else _SPACE.sub(" ", text)
            continue
        if tag == "br":
            yield state, "\n"
            continue
        if not tag or tag[0] in "-!_" or tag in _NOT_TEXT:
            continue
        entered = _enter(node, tag, state)
        if entered is None:
            continue
        if entered.block != state.block:
            # Even an empty block ends the one before it.
            yield entered, ""
        children = list(node.iter(include_text=True))
        item = _item_row(children) if tag == "tr" else None
        if item is not None:
            marker, cell = item
            stack.append((cell, entered._replace(kind="list_item", marker=(node.mem_id, marker))))
            continue
        markers = _markers(node, children) if tag == "ol" else {}
        for child in reversed(children):
            marked = markers.get(child.mem_id)
            stack.append((child, entered if marked is None else entered._replace(marker=(child.mem_id, marked))))


def _enter(node: LexborNode, tag: str, state: _State) -> _State | None:
    """Give the state inside an element; ``None`` for one that is not shown."""
    attributes = node.attributes
    if attributes and ("hidden" in attributes or _HIDDEN_STYLE.search(attributes.get("style") or "")):
        return None
    if tag in ("a", "sup") and _is_reference(node, tag, attributes):
        return None
    if tag not in _BLOCK:
        return state._replace(link=True) if tag == "a" else state
    names = [*(attributes.get("class") or "").split(), attributes.get("id") or "", attributes.get("role") or ""]
    names = [name for name in names if name]
    state = state._replace(
        block=node.mem_id,
        link=False,
        inside=state.inside or tag in ("main", "article", "section"),
        around=state.around or _is_around(node, tag, names, inside=state.inside),
        pre=state.pre or tag == "pre",
    )
    if state.kind == "footnote" or any(_NOTE_NAME.fullmatch(name) for name in names):
        return state._replace(kind="footnote", level=None, marker=None)
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return state._replace(kind="heading", level=int(tag[1]))
    if tag in ("ul", "ol"):
        return state._replace(lists=state.lists + 1, marker=None)
    if tag == "li":
        return state._replace(kind="list_item", level=max(1, state.lists))
    if tag == "table":
        return state._replace(layout=_is_layout(node, names), marker=None)
    if tag in ("td", "th"):
        # A row that is an item has said so, and no cell stands in another's item.
        is_item = state.kind == "list_item" and state.marker is not None
        kind: BlockKind = "list_item" if is_item else "paragraph" if state.layout else "table_cell"
        return state._replace(kind=kind, level=state.lists + 1 if is_item else None)
    return state


def _is_around(node: LexborNode, tag: str, names: Sequence[str], *, inside: bool) -> bool:
    """Tell parts of a page that call themselves its menu, its banner or the like."""
    if tag in _AROUND or (tag in ("header", "footer") and not inside):
        return not any(_NOTE_NAME.fullmatch(name) for name in names)
    if tag in ("body", "main", "article") or not names:
        return False
    if not any(name in _AROUND_ROLES or _AROUND_NAME.fullmatch(name) for name in names):
        return False
    return node.css_first("main, article, h1") is None


def _is_reference(node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Tell the mark of a footnote, and the link back from it."""
    text = node.text(strip=True)
    role = attributes.get("role")
    if role in ("doc-noteref", "doc-backlink"):
        return True
    anchor, raised = (node, node.css_first("sup")) if tag == "a" else (node.css_first("a"), node)
    target = (anchor.attributes.get("href") or "") if anchor is not None else ""
    if not target.startswith("#"):
        return False
    if _NOTE_TARGET.fullmatch(target) and _NOTE_REFERENCE.fullmatch(text):
        return True
    # A link may also be to a heading in which something is raised, as in "km²".
    if raised is not None and raised.text(strip=True) == text and _NOTE_REFERENCE.fullmatch(text):
        return True
    return tag == "a" and _BACK_LINK.fullmatch(text) is not None


def _is_layout(table: LexborNode, names: Sequence[str]) -> bool:
    """Tell a table that only lays out the page: it says so, or has headings, other tables or a single cell in it."""
    if "presentation" in names or "none" in names:
        return True
    if table.css_first("td table, td h1, td h2, td h3, td h4, td article, td main") is not None:
        return True
    return len(table.css("td, th")) == 1


def _item_row(children: Sequence[LexborNode]) -> tuple[str, LexborNode] | None:
    """Give the number and the cell of a row that holds an item, as official journals set them; ``None`` for others."""
    cells = [child for child in children if child.tag in ("td", "th")]
    if not 2 <= len(cells) <= 3:
        return None
    filled = [cell for cell in cells if cell.text(strip=True)]
    if len(filled) != 2 or filled[0].tag != "td":
        return None
    marker = " ".join(filled[0].text().split())
    words = filled[1].text().split()
    if len(marker) > 8 or not _LONE_ENUMERATOR.fullmatch(marker) or len(words) < 4:
        return None
    return ("" if marker in _BULLETS else marker), filled[1]


def _markers(node: LexborNode, children: Sequence[LexborNode]) -> dict[int, str]:
    """Give the numbers that a browser shows before the items of a list."""
    attributes = node.attributes
    style = f"{attributes.get('style') or ''} {attributes.get('class') or ''}".lower()
    if re.search(r"list-style(?:-type)?\s*:\s*none|\b(?:list-none|no-bullets?|unstyled|list-unstyled)\b", style):
        return {}
    form = next((name for name in _LIST_STYLES if name in style), None)
    items = [child for child in children if child.tag == "li"]
    step = -1 if "reversed" in attributes else 1
    count = _whole(attributes.get("start"), len(items) if step < 0 else 1)
    markers = {}
    for item in items:
        count = _whole(item.attributes.get("value"), count)
        kind = _LIST_STYLES[form] if form else _LIST_TYPES.get(attributes.get("type") or "1", "decimal")
        markers[item.mem_id] = f"{written(count, kind)}."
        count += step
    return markers


def _whole(value: str | None, default: int) -> int:
    return int(value) if value is not None and re.fullmatch(r"\s*-?\d{1,6}\s*", value) else default
