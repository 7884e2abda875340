"""Word documents of known sentences, with what Word has beyond plain paragraphs."""

from collections.abc import Callable
from pathlib import Path

import docx
from docx.document import Document as WordDocument
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph

from tests.documents.known import MAY_BREAK, Known

_NAMESPACES = nsdecls("w")
RAISED = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'


def run(text: str, tag: str = "t", *, small: bool = False) -> str:
    """Give the XML of a run."""
    size = '<w:rPr><w:sz w:val="18"/></w:rPr>' if small else ""
    return f'<w:r>{size}<w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'


def append(paragraph: Paragraph, xml: str) -> None:
    """Append XML to a paragraph."""
    for child in parse_xml(f"<w:p {_NAMESPACES}>{xml}</w:p>"):
        paragraph._p.append(child)


def add_notes(word: WordDocument, kind: str, texts: dict[int, str]) -> None:
    """Add footnotes or endnotes, and the separator that Word keeps among them."""
    notes = "".join(
        f'<w:{kind} w:id="{id}"><w:p><w:r>{RAISED}<w:{kind}Ref/></w:r>{run(text, small=True)}</w:p></w:{kind}>'
        for id, text in texts.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:{kind}s {_NAMESPACES}>'
        f'<w:{kind} w:type="separator" w:id="-1"><w:p>{run("separator")}</w:p></w:{kind}>{notes}</w:{kind}s>'
    )
    type_name = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml"
    part = Part(PackURI(f"/word/{kind}s.xml"), type_name, content.encode(), word.part.package)
    word.part.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}s")


def add_lists(word: WordDocument, forms: list[tuple[str, str]]) -> str:
    """Add a list with numbers of the given forms, a level each; gives its number."""
    root = word.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for depth, (form, pattern) in enumerate(forms)
    )
    first = root.find(root.nsmap["w"].join("{}") + "num")
    first.addprevious(parse_xml(f'<w:abstractNum {_NAMESPACES} w:abstractNumId="77">{levels}</w:abstractNum>'))
    root.append(parse_xml(f'<w:num {_NAMESPACES} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    return "77"


def item(word: WordDocument, text: str, id: str, depth: int = 0) -> None:
    """Add a paragraph that a list numbers."""
    paragraph = word.add_paragraph(text.replace(MAY_BREAK, ""))
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {_NAMESPACES}><w:ilvl w:val="{depth}"/><w:numId w:val="{id}"/></w:numPr>')
    )


def outline(word: WordDocument, known: Known) -> None:
    """A title, headings of three depths, paragraphs; running headers."""
    word.sections[0].header.paragraphs[0].text = known.around("Fourth Report on Harbour Matters")
    word.sections[0].footer.paragraphs[0].text = known.around("Printed in Vella")
    word.add_heading(known.heading("Framework on Inner Harbours"), level=0)
    for chapter in range(3):
        word.add_heading(known.heading(f"Chapter on matter {chapter}"), level=1)
        word.add_paragraph(known.plain(4))
        word.add_heading(known.heading(f"Section on point {chapter}"), level=2)
        word.add_paragraph(known.plain(5))
        bold = word.add_paragraph()
        bold.add_run(known.heading(f"Bold words above point {chapter}")).bold = True
        word.add_paragraph(known.plain(2))


def numbered(word: WordDocument, known: Known) -> None:
    """Automatic numbers on three levels, which count on and begin anew."""
    id = add_lists(word, [("decimal", "%1."), ("lowerLetter", "(%2)"), ("lowerRoman", "%3)")])
    for number in range(1, 4):
        item(word, known.one(before=f"{number}. "), id)
        for letter in "ab":
            item(word, known.one(before=f"({letter}) "), id, 1)
            for roman in ("i", "ii"):
                item(word, known.one(before=f"{roman}) "), id, 2)
        word.add_paragraph(known.plain())


def styled_lists(word: WordDocument, known: Known) -> None:
    """Bullets and numbers by style."""
    for _ in range(4):
        word.add_paragraph(known.plain(), style="List Bullet")
    word.add_paragraph(known.plain(2))
    for number in range(1, 5):
        word.add_paragraph(known.one(before=f"{number}. ").replace(MAY_BREAK, ""), style="List Number")
    word.add_paragraph(known.plain(2))


def tables(word: WordDocument, known: Known) -> None:
    """Tables in their place, with merged cells and a table in a cell."""
    word.add_paragraph(known.plain(3))
    table = word.add_table(rows=4, cols=3)
    for row in table.rows[:3]:
        for cell in row.cells:
            cell.text = known.plain(2)
    merged = table.cell(3, 0).merge(table.cell(3, 2))
    merged.text = known.plain(2)
    inner = merged.add_table(rows=1, cols=2)
    for cell in inner.rows[0].cells:
        cell.text = known.plain()
    word.add_paragraph(known.plain(3))


def notes(word: WordDocument, known: Known, kind: str = "footnote") -> None:
    """Notes whose marks stand in the middle of sentences."""
    texts = {}
    for id in range(1, 6):
        sentence = known.plain()
        middle = sentence.index(" ", len(sentence) // 2)
        paragraph = word.add_paragraph(known.plain(2) + " " + sentence[:middle])
        append(paragraph, f'<w:r>{RAISED}<w:{kind}Reference w:id="{id}"/></w:r>')
        paragraph.add_run(sentence[middle:] + " " + known.plain())
        texts[id] = known.plain(2)
    add_notes(word, kind, texts)


def changes(word: WordDocument, known: Known) -> None:
    """Tracked changes: words inserted and removed, text moved, a paragraph's end and a row removed."""
    for _ in range(4):
        before, after = known.plain().rsplit(" ", 1)
        paragraph = word.add_paragraph(before.rsplit(" ", 1)[0] + " ")
        word_kept = before.rsplit(" ", 1)[1]
        append(
            paragraph,
            f'<w:del w:id="1">{run("formerly struck out ", "delText")}</w:del><w:ins w:id="2">{run(word_kept)}</w:ins>'
            f"{run(' ' + after)}",
        )
    known.around("struck out")
    moved = known.plain()
    append(word.add_paragraph(), f'<w:moveFrom w:id="3">{run(moved)}</w:moveFrom>')
    append(word.add_paragraph(known.plain() + " "), f'<w:moveTo w:id="4">{run(moved)}</w:moveTo>')
    first, second = known.plain().split(" ", 1)
    joined = word.add_paragraph(first + " ")
    joined._p.get_or_add_pPr().append(parse_xml(f'<w:rPr {_NAMESPACES}><w:del w:id="5"/></w:rPr>'))
    word.add_paragraph(second)
    table = word.add_table(rows=2, cols=1)
    table.cell(0, 0).text = known.plain()
    table.cell(1, 0).text = known.around("A row that was struck out.")
    table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f'<w:del {_NAMESPACES} w:id="6"/>'))
    word.add_paragraph(known.plain(3))


def inside(word: WordDocument, known: Known) -> None:
    """Text inside content controls, links, fields and text boxes; comments; line breaks, tabs, hyphens."""
    control = parse_xml(
        f"<w:sdt {_NAMESPACES}><w:sdtPr/><w:sdtContent><w:p>{run(known.plain(2))}</w:p></w:sdtContent></w:sdt>"
    )
    word.element.body.insert(0, control)
    one, two, three = known.plain().split(" ", 2)
    paragraph = word.add_paragraph(one + " ")
    append(
        paragraph,
        f'<w:hyperlink w:anchor="a">{run(two)}</w:hyperlink>'
        f"<w:sdt><w:sdtContent>{run(' ' + three)}</w:sdtContent></w:sdt>",
    )
    first, rest = known.plain().split(" ", 1)
    paragraph = word.add_paragraph()
    append(
        paragraph,
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        + run(known.around("REF _Ref12 MERGEFORMAT"), "instrText")
        + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + run(first)
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        + run(" " + rest),
    )
    box = known.plain(2)
    picture = (
        '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="wps"><w:drawing><w:txbxContent>'
        f"<w:p>{run(box)}</w:p></w:txbxContent></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><w:txbxContent><w:p>{run(box)}</w:p></w:txbxContent></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    append(word.add_paragraph(known.plain()), picture)
    broken = known.plain().split(" ")
    append(word.add_paragraph(), f"{run(' '.join(broken[:4]))}<w:r><w:br/></w:r>{run(' '.join(broken[4:]))}")
    tabbed = known.plain().split(" ")
    append(word.add_paragraph(), f"{run(tabbed[0])}<w:r><w:tab/></w:r>{run(' '.join(tabbed[1:]))}")
    commented = word.add_paragraph(known.plain())
    word.add_comment(commented.runs, known.around("Delete this before printing."), author="A. Clerk")
    hidden = word.add_paragraph(known.plain())
    hidden.add_run(" " + known.around("Hidden remark.")).font.hidden = True


def localised(word: WordDocument, known: Known) -> None:
    """Headings by styles of other names: a German one, and one that only has an outline level."""
    for number, (name, level) in enumerate((("Überschrift 1", None), ("Kapiteltitel", 1))):
        style = word.styles.add_style(name, 1)
        if level is not None:
            style.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {_NAMESPACES} w:val="{level}"/>'))
        word.add_paragraph(known.heading(f"Heading in the style of clerk {number}"), style=name)
        word.add_paragraph(known.plain(4))


def sections(word: WordDocument, known: Known) -> None:
    """Sections with headers of their own, one for the first page, one for even pages."""
    word.settings.odd_and_even_pages_header_footer = True
    for number in range(3):
        section = word.sections[-1] if number == 0 else word.add_section()
        section.different_first_page_header_footer = True
        for part, name in (
            (section.header, "odd"),
            (section.first_page_header, "first"),
            (section.even_page_header, "even"),
        ):
            part.is_linked_to_previous = False
            part.paragraphs[0].text = known.around(f"Header {name} of section {number}")
        word.add_paragraph(known.plain(3))


MAKERS: dict[str, Callable[[WordDocument, Known], None]] = {
    "outline": outline,
    "numbered": numbered,
    "styled-lists": styled_lists,
    "tables": tables,
    "footnotes": notes,
    "endnotes": lambda word, known: notes(word, known, "endnote"),
    "changes": changes,
    "inside": inside,
    "localised": localised,
    "sections": sections,
}


def make(maker: Callable[[WordDocument, Known], None], path: Path, known: Known) -> None:
    """Write a Word document."""
    word = docx.Document()
    maker(word, known)
    word.save(str(path))
