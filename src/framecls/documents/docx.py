"""Word documents, as they read with all tracked changes accepted."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.package import OpcPackage
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError, _Element

from framecls.documents.document import BlockKind, Document, Piece
from framecls.documents.docx_numbering import Numbering, number, value_of
from framecls.documents.layout import ENUMERATOR
from framecls.errors import DocumentError

__all__ = ["read_docx"]

#: What python-docx, and the zip and XML readers below it, raise for a damaged file.
_DAMAGED = (PackageNotFoundError, zipfile.BadZipFile, zlib.error, EOFError, XMLSyntaxError, KeyError, ValueError)
_UNREADABLE = "is not a readable Word document; open it in Word and save it again as .docx"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: A document that unpacks to more than this is no document but an attack on memory.
_MOST_BYTES = 1 << 30

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
#: Around a paragraph, a table or text without a say in what is read.
_TRANSPARENT = frozenset(
    qn(name)
    for name in (
        "w:ins",
        "w:moveTo",
        "w:sdt",
        "w:sdtContent",
        "w:customXml",
        "w:smartTag",
        "w:hyperlink",
        "w:fldSimple",
    )
)
_REMOVED = frozenset(map(qn, ("w:del", "w:moveFrom")))
_CHARACTERS = {
    qn("w:tab"): " ",
    qn("w:ptab"): " ",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
_NOT_TEXT = frozenset(map(qn, ("w:pPr", "w:rPr", "w:rt", "w:instrText", "w:delText", "w:sdtPr", "w:sdtEndPr")))
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|заголовок)\s*([1-9])"
)
_TITLES = {"title": 1, "subtitle": 2, "titel": 1, "titre": 1, "título": 1, "titolo": 1, "название": 1}
_HEADING_WORDS, _LONG_HEADING_WORDS = 20, 40


def read_docx(path: Path, id: str) -> Document:
    """
    Read a Word document: paragraphs, headings, list items and tables in the order of the page.

    Tracked changes are read as accepted, the numbers of lists are written out, footnotes and endnotes stand behind the
    paragraph or table that refers to them, and running headers and footers at the end.

    :param path: the ``.docx`` file.
    :param id: identifies the document.
    :returns: the document.
    :raises DocumentError: the file is no Word document, is encrypted, unpacks to too much, or holds no text.
    """
    _check(path)
    try:
        word = _open(path)
        reader = _Reader.of(word)
        pieces = _with_levels(list(reader.pieces()))
        title = next((root.findtext(qn("dc:title")) for root in _roots(word.part.package, "core-properties")), None)
    except _DAMAGED as error:
        raise DocumentError(_UNREADABLE) from error
    meta: dict[str, str | int] = {"format": "docx"}
    if title:
        meta["title"] = title
    if reader.changes:
        meta["tracked_changes"] = reader.changes
    document = Document.from_pieces(id, pieces, meta)
    if not any(block.kind != "furniture" for block in document.blocks):
        raise DocumentError("holds no text; a scanned document needs OCR first")
    return document


def _check(path: Path) -> None:
    """Refuse what is no open Word document, before anything of it is unpacked."""
    with path.open("rb") as file:
        begin = file.read(8)
        if begin == _OLE_MAGIC:
            content = begin + file.read()
            if "EncryptedPackage".encode("utf-16-le") in content:
                raise DocumentError("is encrypted; save a copy without a password")
            if "WordDocument".encode("utf-16-le") in content:
                raise DocumentError("is a .doc of old Word, whatever its name says; save it as .docx")
            raise DocumentError("is protected by a password, or a .doc of old Word; save it as an open .docx")
    if begin.startswith(b"{\\rtf"):
        raise DocumentError("is RTF, whatever its name says; save it as .docx")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            for member in members:
                archive.open(member).close()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DocumentError(_UNREADABLE) from error
    except RuntimeError as error:
        # What zipfile raises for a member that needs a password.
        raise DocumentError("is encrypted; save a copy without a password") from error
    size = sum(member.file_size for member in members)
    if size > _MOST_BYTES:
        raise DocumentError(f"unpacks to {size >> 20} MiB, beyond the {_MOST_BYTES >> 20} MiB that are read; split it")


def _open(path: Path) -> WordDocument:
    """Open a Word document, and see that its main part is one."""
    try:
        word = docx.Document(str(path))
    except (AttributeError, TypeError) as error:
        # python-docx takes the parts that lead to the text for what they are called, whatever they hold.
        raise DocumentError(_UNREADABLE) from error
    if word.element.tag != qn("w:document") or word.element.body is None:
        raise DocumentError(_UNREADABLE)
    return word


def _with_levels(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Put headings that are such only by their bold type below those by style."""
    deepest = max((piece.level or 0 for piece in pieces if piece.kind == "heading"), default=0)
    for piece in pieces:
        if piece.kind == "heading" and piece.level is None:
            yield Piece("heading", piece.text, level=min(9, deepest + 1))
        else:
            yield piece


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph style says: its name, the depth of its headings, and its list."""

    name: str = ""
    outline: int | None = None
    list_id: str | None = None
    depth: int | None = None
    bold: bool = False


@dataclass(slots=True)
class _Text:
    """A paragraph as it is put together."""

    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    boxes: list[_Element] = field(default_factory=list)
    bold: int = 0


@dataclass(slots=True)
class _Reader:
    """Reads one document; ``changes`` counts its tracked changes."""

    body: _Element
    styles: dict[str, _Style]
    default: _Style
    numbering: Numbering
    notes: dict[str, _Element]
    margins: list[_Element]
    changes: int = 0
    _fields: list[bool] = field(default_factory=list)

    @classmethod
    def of(cls, word: WordDocument) -> "_Reader":
        # Where the file has no styles, those of python-docx stand in.
        root = next(_roots(word.part, "styles"), None)
        styles, default = _styles(word.styles.element if root is None else root)
        return cls(
            word.element.body,
            styles,
            default,
            Numbering.of(next(_roots(word.part, "numbering"), None)),
            {f"{kind}{note.get(qn('w:id'))}": note for kind in ("footnote", "endnote") for note in _notes(word, kind)},
            [root for kind in ("header", "footer") for root in _roots(word.part, kind)],
        )

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of the body, with notes behind what refers to them, then headers and footers."""
        left = dict(self.notes)
        for piece, references in self._blocks(self.body):
            yield piece
            for reference in references:
                if reference in left:
                    yield from self._note(left.pop(reference))
        # A note that nothing refers to any more is kept all the same.
        for note in left.values():
            yield from self._note(note)
        for margin in self.margins:
            for piece, _ in self._blocks(margin):
                yield Piece("furniture", piece.text)

    def _note(self, note: _Element) -> Iterator[Piece]:
        for piece, _ in self._blocks(note):
            yield Piece("footnote", piece.text)

    def _blocks(self, container: _Element) -> Iterator[tuple[Piece, list[str]]]:
        """Yield the pieces of a container, each with the notes that may follow it; a table is not interrupted."""
        pending: _Text | None = None
        for child in _children(container):
            if child.tag == qn("w:tbl"):
                pieces = list(self._table(child))
                notes = [note for _, found in pieces for note in found]
                for index, (piece, _) in enumerate(pieces, 1):
                    yield piece, notes if index == len(pieces) else []
            elif child.tag == qn("w:p"):
                text = pending or _Text()
                self._fields.clear()
                self._collect(child, text)
                mark = child.find(f"{qn('w:pPr')}/{qn('w:rPr')}")
                if mark is not None and any(mark.find(tag) is not None for tag in _REMOVED):
                    # The end of this paragraph was removed, so that the next one goes on with it.
                    self.changes += 1
                    pending = text
                    continue
                pending = None
                yield from self._paragraph(child, text)
        if pending is not None:
            yield from ((Piece("paragraph", part), pending.notes) for part in _parts("".join(pending.parts)))

    def _table(self, table: _Element) -> Iterator[tuple[Piece, list[str]]]:
        for row in _children(table):
            properties = row.find(qn("w:trPr"))
            if row.tag != qn("w:tr") or (properties is not None and properties.find(qn("w:del")) is not None):
                continue
            for cell in _children(row):
                if cell.tag != qn("w:tc") or _is_hidden_cell(cell.find(qn("w:tcPr"))):
                    continue
                for piece, notes in self._blocks(cell):
                    # Bold type alone makes no heading here: it is how the first row of a table is set.
                    if piece.kind == "paragraph" or (piece.kind == "heading" and piece.level is None):
                        piece = Piece("table_cell", piece.text)
                    yield piece, notes

    def _collect(self, element: _Element, into: _Text, *, bold: bool = False) -> None:
        """Gather the visible text of a paragraph or of anything in it."""
        for child in element:
            tag = child.tag
            if tag in _NOT_TEXT or not isinstance(tag, str):
                continue
            if tag in _REMOVED:
                self.changes += 1
            elif tag == qn("w:fldChar"):
                self._field(child.get(qn("w:fldCharType")))
            elif tag == qn("w:txbxContent"):
                into.boxes.append(child)
            elif tag in (qn("w:footnoteReference"), qn("w:endnoteReference")):
                into.notes.append(f"{tag.rpartition('}')[2].removesuffix('Reference')}{child.get(qn('w:id'))}")
            elif tag == _FALLBACK:
                # The same for older programs; the newer form has been read.
                if not any(other.tag == _CHOICE for other in element):
                    self._collect(child, into, bold=bold)
            elif tag == qn("w:r"):
                properties = child.find(qn("w:rPr"))
                if not _is_on(properties, "w:vanish"):
                    self._collect(child, into, bold=_is_on(properties, "w:b"))
            elif any(self._fields):
                self._collect(child, into, bold=bold)
            elif tag in (qn("w:t"), _MATH + "t"):
                into.parts.append(child.text or "")
                into.bold += len((child.text or "").strip()) if bold else 0
            elif tag in _CHARACTERS:
                into.parts.append(_CHARACTERS[tag])
            elif tag == qn("w:sym"):
                into.parts.append(_symbol(child.get(qn("w:char"))))
            else:
                if tag in (qn("w:ins"), qn("w:moveTo")):
                    self.changes += 1
                self._collect(child, into, bold=bold)

    def _field(self, kind: str | None) -> None:
        """Keep track of fields, whose instructions are no text while their results are."""
        if kind == "begin":
            self._fields.append(True)
        elif self._fields and kind == "separate":
            self._fields[-1] = False
        elif self._fields and kind == "end":
            self._fields.pop()

    def _paragraph(self, paragraph: _Element, text: _Text) -> Iterator[tuple[Piece, list[str]]]:
        properties = paragraph.find(qn("w:pPr"))
        style = self.styles.get(value_of(properties, "w:pStyle") or "", self.default)
        label, depth = self._label(properties, style)
        whole = "".join(text.parts)
        parts = list(_parts(whole))
        name = style.name.lower()
        level = _heading_level(properties, style, parts)
        bold = style.bold or (text.bold > 0 and text.bold >= len(re.sub(r"\s", "", whole)) * 0.9)
        kind: BlockKind = "paragraph"
        if re.match(r"toc\s*\d|table of (?:contents|figures)", name):
            kind = "furniture"
        elif level is not None:
            kind = "heading"
        elif depth is not None or name.startswith("list"):
            kind = "list_item"
        elif (
            bold and len(parts) == 1 and len(whole.split()) <= _HEADING_WORDS and re.search(r"[\w)”\"]$", whole.strip())
        ):
            kind = "heading"
        for index, part in enumerate(parts):
            shown = f"{label} {part}" if label and not index else part
            deep = level if kind == "heading" else (depth or 0) + 1 if kind == "list_item" else None
            yield Piece(kind, shown, level=deep), text.notes if index == len(parts) - 1 else []
        for box in text.boxes:
            yield from self._blocks(box)

    def _label(self, properties: _Element | None, style: _Style) -> tuple[str, int | None]:
        """Count a paragraph in its list; gives its number as shown, and its depth from 0, ``None`` outside lists."""
        listed = None if properties is None else properties.find(qn("w:numPr"))
        id = value_of(listed, "w:numId")
        if id is None:
            id = style.list_id
        depth = number(value_of(listed, "w:ilvl"), style.depth or 0)
        if (id is None and listed is None) or id == "0":
            return "", None
        return self.numbering.label(id or "", depth), depth


def _children(container: _Element) -> Iterator[_Element]:
    """Yield what stands in a container, content controls and accepted changes opened."""
    for child in container:
        if child.tag in _TRANSPARENT:
            yield from _children(child)
        else:
            yield child


def _parts(text: str) -> Iterator[str]:
    """Cut a paragraph at line breaks that end more than a line: before items, after clauses, and doubled ones."""
    part: list[str] = []
    for line in text.split("\n"):
        line = " ".join(line.split())
        ends = part and (not line or ENUMERATOR.match(line) or part[-1].endswith((";", ":")))
        if ends:
            yield " ".join(part)
            part = []
        if line:
            part.append(line)
    if part:
        yield " ".join(part)


def _heading_level(properties: _Element | None, style: _Style, parts: Sequence[str]) -> int | None:
    """Give the depth of a heading; whole paragraphs in a heading's style, as legal texts have them, are none."""
    outline = value_of(properties, "w:outlineLvl")
    level = style.outline if outline is None else number(outline, 9) + 1
    if level is None or not 1 <= level <= 9:
        return None
    words = sum(len(part.split()) for part in parts)
    long = words > _LONG_HEADING_WORDS or (words > _HEADING_WORDS and parts[-1][-1] in ".;:")
    return None if long else level


def _is_on(properties: _Element | None, name: str) -> bool:
    return value_of(properties, name) not in (None, "0", "false", "none")


def _is_hidden_cell(properties: _Element | None) -> bool:
    """Tell cells that a merged or removed one hides."""
    if properties is None:
        return False
    return value_of(properties, "w:vMerge") in ("", "continue") or properties.find(qn("w:cellDel")) is not None


def _symbol(code: str | None) -> str:
    """Give the character of a symbol; those of symbol fonts alone have no meaning as text."""
    if code is None or not re.fullmatch(r"[0-9A-Fa-f]{4}", code) or code[0] in "Ff":
        return " "
    return chr(int(code, 16))


def _styles(root: _Element) -> tuple[dict[str, _Style], _Style]:
    """Read the paragraph styles, what each inherits included; gives them, and the default one."""
    elements = {each.get(qn("w:styleId"), ""): each for each in root.iterfind(qn("w:style"))}
    found: dict[str, _Style] = {}
    default = _Style()
    for id, element in elements.items():
        if element.get(qn("w:type")) != "paragraph":
            continue
        style = _Style(name=value_of(element, "w:name") or id)
        seen: set[str] = set()
        above: _Element | None = element
        while above is not None and above.get(qn("w:styleId"), "") not in seen:
            seen.add(above.get(qn("w:styleId"), ""))
            style = _inherit(style, above)
            above = elements.get(value_of(above, "w:basedOn") or "")
        found[id] = style
        if element.get(qn("w:default")) in ("1", "true"):
            default = style
    return found, default


def _inherit(style: _Style, element: _Element) -> _Style:
    name = (value_of(element, "w:name") or "").lower()
    outline = value_of(element, "w:pPr/w:outlineLvl")
    heading = _HEADING.fullmatch(name)
    level = number(outline, 9) + 1 if outline is not None else int(heading[1]) if heading else _TITLES.get(name)
    listed = element.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    depth = value_of(listed, "w:ilvl")
    return _Style(
        style.name,
        style.outline if style.outline is not None else level,
        style.list_id if style.list_id is not None else value_of(listed, "w:numId"),
        style.depth if style.depth is not None else None if depth is None else number(depth),
        style.bold or _is_on(element.find(qn("w:rPr")), "w:b"),
    )


def _roots(of: Part | OpcPackage, kind: str) -> Iterator[_Element]:
    """Yield the XML of the parts of a kind that belong to a part or to the whole file."""
    for relation in of.rels.values():
        if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
            yield parse_xml(relation.target_part.blob)


def _notes(word: WordDocument, kind: str) -> Iterator[_Element]:
    for root in _roots(word.part, f"{kind}s"):
        for note in root.iterfind(qn(f"w:{kind}")):
            if note.get(qn("w:type")) in (None, "normal"):
                yield note
