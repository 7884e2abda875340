"""PDF files of many layouts, made of known sentences by a small typesetter of their own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from tests.documents.known import MAY_BREAK, Known

WIDTH, HEIGHT = 595.0, 842.0
Decorate = Callable[[Canvas, int], None]


def wrap(text: str, font: str, size: float, widths: Callable[[int], float]) -> list[str]:
    """Break a text into lines, within words where it may be and behind hyphens."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        rest = word
        while rest:
            width = widths(len(lines))
            whole = rest.replace(MAY_BREAK, "")
            candidate = f"{line} {whole}".strip()
            if stringWidth(candidate, font, size) <= width:
                line, rest = candidate, ""
                continue
            places = [i for i, c in enumerate(rest[:-1]) if c == MAY_BREAK or (c == "-" and i > 0)]
            for place in reversed(places):
                head = rest[:place].replace(MAY_BREAK, "") + "-"
                if stringWidth(f"{line} {head}".strip(), font, size) <= width:
                    line, rest = f"{line} {head}".strip(), rest[place + 1 :]
                    break
            else:
                if not line:
                    line, rest = whole, ""
                    continue
            lines.append(line)
            line = ""
    if line:
        lines.append(line)
    return lines


class Setter:
    """Sets text line by line into columns and pages, with nothing but a canvas below it."""

    def __init__(
        self,
        path: Path,
        *,
        columns: int = 1,
        size: float = 10.5,
        leading: float = 1.25,
        font: str = "Times-Roman",
        gutter: float = 20.0,
        margin: float = 70.0,
        bottom: float = 90.0,
        decorate: Decorate | None = None,
        turned: int = 0,
        encrypt: StandardEncryption | None = None,
        notes: Sequence[Sequence[str]] = (),
        rule: bool = True,
        note_size: float = 8.0,
    ) -> None:
        self.width, self.height = (HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT)
        self.canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1, encrypt=encrypt)
        self.turned = turned
        self.size, self.leading, self.font = size, leading, font
        self.margin, self.bottom, self.top = margin, bottom, self.height - 90
        inner = self.width - 2 * margin
        self.column_width = (inner - gutter * (columns - 1)) / columns
        self.lefts = [margin + number * (self.column_width + gutter) for number in range(columns)]
        self.column, self.page = 0, 0
        self.decorate, self.notes, self.rule, self.note_size = decorate, notes, rule, note_size
        self.y = self.column_top = self.top
        self._begin()

    def _begin(self) -> None:
        self.page += 1
        if self.turned:
            # The page is shown turned, and its text is drawn so that it then stands upright.
            self.canvas.setPageRotation(self.turned)
            self.canvas.translate(WIDTH, 0)
            self.canvas.rotate(90)
        if self.decorate is not None:
            self.decorate(self.canvas, self.page)
        self.y = self.column_top = self.top
        self.column = 0
        notes = self.notes[self.page - 1] if self.page <= len(self.notes) else ()
        self.floor = self.bottom
        if notes:
            lines = [
                line for note in notes for line in wrap(note, self.font, self.note_size, lambda _: self.column_width)
            ]
            self.floor += len(lines) * self.note_size * 1.2 + 8
            y = self.floor - 8
            if self.rule:
                self.canvas.line(self.lefts[0], y + 4, self.lefts[0] + 100, y + 4)
            self.canvas.setFont(self.font, self.note_size)
            for line in lines:
                y -= self.note_size * 1.2
                self.canvas.drawString(self.lefts[0], y, line)

    def room(self, height: float) -> None:
        """Go to the next column or page where the text does not fit."""
        if self.y - height < (self.floor if self.column == 0 or not self.notes else self.bottom):
            self.column += 1
            self.y = self.column_top
            if self.column == len(self.lefts):
                self.canvas.showPage()
                self._begin()

    def text(
        self,
        text: str,
        *,
        font: str | None = None,
        size: float | None = None,
        indent: float = 0.0,
        first: float | None = None,
        label: str = "",
        space: float = 6.0,
        wide: bool = False,
        justify: bool = False,
    ) -> None:
        """Set a paragraph: its label at the edge of its first line, then its words."""
        font, size = font or self.font, size or self.size
        width = (self.width - 2 * self.margin) if wide else self.column_width
        first = indent if first is None else first
        lines = wrap(text, font, size, lambda n: width - (first if n == 0 else indent))
        for number, line in enumerate(lines):
            self.room(size * self.leading)
            left = self.lefts[0 if wide else self.column]
            self.y -= size * self.leading
            self.canvas.setFont(font, size)
            x = left + (first if number == 0 else indent)
            if label and number == 0:
                self.canvas.drawString(left + max(0.0, indent - 18), self.y, label)
            spaces = line.count(" ")
            if justify and spaces and number < len(lines) - 1:
                extra = (width - (x - left) - stringWidth(line, font, size)) / spaces
                thing = self.canvas.beginText(x, self.y)
                thing.setWordSpace(extra)
                thing.textOut(line)
                self.canvas.drawText(thing)
            else:
                self.canvas.drawString(x, self.y, line)
        self.y -= space
        if wide:
            self.column_top = self.y

    def save(self) -> None:
        self.canvas.showPage()
        self.canvas.save()


def plain(path: Path, known: Known, **options: object) -> None:
    """Pages of paragraphs with a header and a page number, sentences running over their ends."""

    def decorate(canvas: Canvas, page: int) -> None:
        canvas.setFont("Times-Italic", 9)
        canvas.drawString(70, HEIGHT - 50, known.around("Fourth Report on Harbour Matters"))
        canvas.drawCentredString(WIDTH / 2, 40, f"{page}")

    setter = Setter(path, decorate=decorate, **options)  # type: ignore[arg-type]
    for count in (4, 7, 3, 8, 6, 9, 5, 8, 7, 6, 8):
        setter.text(" ".join(known.take(count)))
    setter.save()


def odd_and_even(path: Path, known: Known) -> None:
    """Headers that differ on odd and even pages, none on the first, which has a title; a footer that is a sentence."""

    def decorate(canvas: Canvas, page: int) -> None:
        canvas.setFont("Helvetica", 8)
        known.around("Ministry of Quays")
        known.around("Chapter on Tolls")
        if page > 1 and page % 2:
            canvas.drawRightString(WIDTH - 70, HEIGHT - 50, f"Chapter on Tolls  {page}")
        elif page > 1:
            canvas.drawString(70, HEIGHT - 50, f"{page}  Ministry of Quays")
        canvas.drawString(70, 40, known.around("Office for Publications of the Lakes Union, 12 Quay Street, Vella."))

    setter = Setter(path, decorate=decorate, leading=1.6)
    setter.text(known.heading("Report on the Tolls of the Inner Harbours"), font="Times-Bold", size=18, space=20)
    for count in (5, 6, 7, 8, 9, 8, 7, 6, 8, 7, 9, 8):
        setter.text(" ".join(known.take(count)), first=14, space=0)
    setter.save()


def columns(path: Path, known: Known, number: int = 2, *, justify: bool = False, title: bool = True) -> None:
    """Columns below a title that runs over them all."""

    def decorate(canvas: Canvas, page: int) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(70, HEIGHT - 50, known.around("Gazette of the Lakes Union"))
        canvas.drawRightString(WIDTH - 70, HEIGHT - 50, f"L {page + 210}/17")
        known.around("/17")

    setter = Setter(path, columns=number, size=9.5, decorate=decorate, margin=55, font="Times-Roman")
    if title:
        setter.text(
            known.heading("Decision on the Seasonal Closure of Ports"), font="Times-Bold", size=16, wide=True, space=4
        )
        setter.text(" ".join(known.take(3)), wide=True, space=14, font="Times-Italic")
    for count in (6, 5, 7, 4, 6, 8, 5, 6, 7, 6, 5, 7, 8, 6, 7):
        setter.text(" ".join(known.take(count)), justify=justify)
    setter.save()


def footnotes(path: Path, known: Known, *, rule: bool = True, number: int = 1, size: float = 8.0) -> None:
    """Footnotes under a sentence that goes on over the page."""
    count = 1
    notes = []
    for _ in range(2):
        page = []
        for _ in range(2):
            page.append(f"{count} {known.one(before=f'{count} ')}")
            count += 1
        notes.append(page)
    setter = Setter(path, columns=number, notes=notes, rule=rule, note_size=size)
    for amount in (7, 6, 8, 9, 7, 8, 6, 9, 8, 8, 9):
        setter.text(" ".join(known.take(amount)))
    setter.save()


def headings(path: Path, known: Known, *, bold: bool = False) -> None:
    """Headings of three depths, by their size or by their weight and numbers."""
    setter = Setter(path, font="Helvetica", size=10)
    for chapter in range(1, 4):
        setter.text(
            known.heading(f"{chapter}. Chapter on matter {chapter}"), font="Helvetica-Bold", size=10 if bold else 16
        )
        setter.text(" ".join(known.take(3)))
        for section in range(1, 3):
            setter.text(
                known.heading(f"{chapter}.{section} Section on point {section} of matter {chapter}"),
                font="Helvetica-Bold",
                size=10 if bold else 12,
            )
            setter.text(" ".join(known.take(4)))
    setter.save()


def lists(path: Path, known: Known, *, style: str = "bullet") -> None:
    """Items with their marks to the left of them, some of several lines, some nested."""
    setter = Setter(path)
    setter.text(" ".join(known.take(2)))
    for block in range(3):
        for number in range(5):
            label = {"bullet": "•", "letter": f"({'abcde'[number]})", "number": f"{block * 5 + number + 1}."}[style]
            setter.text(known.one(before=f"{label} "), indent=20, label=label, space=2)
            if number == 2:
                for inner in ("(i)", "(ii)"):
                    setter.text(known.one(before=f"{inner} "), indent=44, label=inner, space=2)
        setter.text(" ".join(known.take(3)), space=8)
    setter.save()


def indented(path: Path, known: Known, *, leading: float = 1.2) -> None:
    """Paragraphs told apart by the indent of their first lines alone."""
    setter = Setter(path, leading=leading)
    for count in (4, 5, 3, 6, 4, 5, 7):
        setter.text(" ".join(known.take(count)), first=18, space=0, justify=True)
    setter.save()


def turned_page(path: Path, known: Known) -> None:
    """Pages that are shown turned by a quarter."""

    def decorate(canvas: Canvas, page: int) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(70, WIDTH - 40, known.around("Landscape Annex of the Treasury"))

    setter = Setter(path, turned=90, decorate=decorate)
    for count in (6, 7, 5, 8, 6, 9, 8, 7, 6):
        setter.text(" ".join(known.take(count)))
    setter.save()


def turned_text(path: Path, known: Known) -> None:
    """Upright pages whose text is turned, between pages whose text is not."""
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1)
    for page in range(3):
        canvas.saveState()
        if page == 1:
            canvas.rotate(90)
            canvas.translate(0, -WIDTH)
        y = (WIDTH if page == 1 else HEIGHT) - 80
        canvas.setFont("Times-Roman", 10)
        for _ in range(4):
            for line in wrap(" ".join(known.take(3)), "Times-Roman", 10, lambda _: 440.0):
                canvas.drawString(70, y, line)
                y -= 12.5
            y -= 10
        canvas.restoreState()
        canvas.showPage()
    canvas.save()


def stamped(path: Path, known: Known) -> None:
    """A stamp up the margin of each page, and one across it."""

    def decorate(canvas: Canvas, page: int) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 9)
        canvas.translate(30, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, known.around("PROVISIONAL VERSION OF THE REGISTRY"))
        canvas.restoreState()
        canvas.saveState()
        canvas.setFont("Helvetica", 60)
        canvas.setFillGray(0.9)
        canvas.translate(150, 250)
        canvas.rotate(45)
        canvas.drawString(0, 0, known.around("DRAFT"))
        canvas.restoreState()
        canvas.setFont("Helvetica", 8)
        canvas.drawString(70, 40, f"Page {page} of 3")
        known.around("of 3")

    setter = Setter(path, decorate=decorate)
    for count in (7, 8, 6, 9, 8, 7, 9, 8, 9, 8, 7, 9):
        setter.text(" ".join(known.take(count)))
    setter.save()


def with_scan(path: Path, known: Known) -> None:
    """A page that is an image between pages of text."""
    from PIL import Image

    setter = Setter(path)
    setter.text(" ".join(known.take(6)))
    canvas = setter.canvas
    canvas.showPage()
    canvas.drawInlineImage(Image.new("L", (60, 80), 128), 0, 0, WIDTH, HEIGHT)
    canvas.showPage()
    setter.y = setter.top
    setter.text(" ".join(known.take(6)))
    setter.save()


def raised_marks(path: Path, known: Known) -> None:
    """Raised marks in the text, with the notes they stand for, and a raised number that is none."""
    body = ParagraphStyle("body", fontName="Times-Roman", fontSize=11, leading=14, spaceAfter=6)
    story = []
    for number in range(1, 4):
        sentence = known.plain()
        middle = sentence.index(" ", len(sentence) // 2)
        marked = f"{sentence[:middle]}<super size=6>{number}</super>{sentence[middle:]}"
        story.append(Paragraph(f"{known.plain()} {marked} {known.plain()}<super size=6>{number + 3}</super>", body))
    story.append(
        Paragraph(f"{known.heading('The site covers some 300 km9 of forest.').replace('9', '<super>9</super>')}", body)
    )
    sentence_of = {number: known.item(str(number)) for number in range(1, 7)}

    def draw(canvas: Canvas, _: object) -> None:
        for number in sentence_of:
            canvas.setFont("Times-Roman", 6)
            canvas.drawString(80, 172 - 14 * number, str(number))
            canvas.setFont("Times-Roman", 8)
            canvas.drawString(83.5, 169 - 14 * number, sentence_of[number])

    SimpleDocTemplate(str(path), invariant=1, bottomMargin=200).build(story, onFirstPage=draw)


def ruled_table(path: Path, known: Known) -> None:
    """A table with ruled cells, one of them over two columns, between paragraphs; set by reportlab's own engine."""
    body = ParagraphStyle("body", fontName="Times-Roman", fontSize=10, leading=12.5, alignment=TA_JUSTIFY, spaceAfter=6)
    cell = ParagraphStyle("cell", fontName="Times-Roman", fontSize=9, leading=11)
    first = Paragraph(known.plain(4), body)
    rows = [[known.heading("Measure"), known.heading("Remark"), known.heading("Sum in crowns")]]
    rows += [[Paragraph(known.plain(), cell), Paragraph(known.plain(), cell), f"{n},500"] for n in range(1, 5)]
    rows += [[Paragraph(known.plain(), cell), "", "17,000"]]
    table = Table(rows, colWidths=[180, 180, 90])
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
                ("SPAN", (0, -1), (1, -1)),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    last = Paragraph(known.plain(5), body)
    SimpleDocTemplate(str(path), invariant=1).build([first, Spacer(1, 8), table, Spacer(1, 8), last])


def open_table(path: Path, known: Known) -> None:
    """A table without rules."""
    setter = Setter(path)
    setter.text(" ".join(known.take(4)))
    setter.y -= 8
    for row in (
        ("Region", "Ports", "Ferries"),
        ("Upper valley", "3", "12"),
        ("Lower valley", "5", "7"),
        ("Islands", "11", "31"),
    ):
        setter.y -= 14
        for x, text in zip((70, 250, 400), row, strict=True):
            setter.canvas.setFont("Times-Roman", 10.5)
            setter.canvas.drawString(x, setter.y, text)
            if any(char.isalpha() for char in text):
                known.heading(text)
    setter.y -= 20
    setter.text(" ".join(known.take(4)))
    setter.save()


def truetype(path: Path, known: Known) -> None:
    """A TrueType font with ligatures drawn as such, and soft hyphens."""
    import matplotlib

    registerFont(TTFont("DejaVu", Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"))
    setter = Setter(path, font="DejaVu", size=9.5)
    for count in (4, 6, 5, 7):
        text = " ".join(known.take(count)).replace("ffi", "ﬃ").replace("fi", "ﬁ").replace("fl", "ﬂ")
        setter.text(text, justify=True)
    setter.save()


MAKERS: dict[str, Callable[[Path, Known], None]] = {
    "plain": plain,
    "plain-narrow": lambda path, known: plain(path, known, margin=150.0, font="Helvetica", size=11.0),
    "plain-tight": lambda path, known: plain(path, known, leading=1.08, size=12.0),
    "odd-and-even": odd_and_even,
    "two-columns": columns,
    "two-columns-justified": lambda path, known: columns(path, known, justify=True),
    "three-columns": lambda path, known: columns(path, known, 3),
    "two-columns-untitled": lambda path, known: columns(path, known, title=False),
    "footnotes": footnotes,
    "footnotes-unruled": lambda path, known: footnotes(path, known, rule=False),
    "footnotes-same-size": lambda path, known: footnotes(path, known, size=10.5),
    "footnotes-columns": lambda path, known: footnotes(path, known, number=2),
    "headings-by-size": headings,
    "headings-by-weight": lambda path, known: headings(path, known, bold=True),
    "bullets": lists,
    "letters": lambda path, known: lists(path, known, style="letter"),
    "numbers": lambda path, known: lists(path, known, style="number"),
    "indented": indented,
    "indented-wide": lambda path, known: indented(path, known, leading=2.0),
    "turned-page": turned_page,
    "turned-text": turned_text,
    "stamped": stamped,
    "with-scan": with_scan,
    "raised-marks": raised_marks,
    "ruled-table": ruled_table,
    "open-table": open_table,
    "truetype": truetype,
    "owner-password": lambda path, known: plain(path, known, encrypt=StandardEncryption("", ownerPassword="owner")),
}
