"""PDF files, written by reportlab."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from framecls.documents import Document, Failure, Source, read_sentences, sentences
from framecls.documents.hyphens import join_lines, vocabulary
from framecls.documents.pdf import read_pdf
from framecls.errors import DocumentError

Pages = Sequence[Sequence[str]]


def write(
    folder: Path, pages: Pages, *, title: str | None = None, encryption: StandardEncryption | None = None
) -> Path:
    """Write a PDF with a line of text for each string, without compression, so that a test can damage it."""
    path = folder / "accord.pdf"
    canvas = Canvas(str(path), invariant=1, pageCompression=0, encrypt=encryption)
    if title is not None:
        canvas.setTitle(title)
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(50, 800 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return path


def read(folder: Path, pages: Pages) -> Document:
    return read_pdf(write(folder, pages), "accord")


def blocks_of(document: Document) -> list[tuple[str, str, int | None]]:
    return [(block.kind, document.text[block.start : block.end], block.page) for block in document.blocks]


def texts(document: Document) -> list[tuple[str, int | None]]:
    """Give the sentences on one line each, with their pages."""
    return [(" ".join(sentence.text.split()), sentence.page) for sentence in sentences(document)]


PAGES = [
    [
        "Accord on Training, version 3",
        "1. The Parties shall hold regular consultations on the return of trained staff, and",
        "shall report on them. The Joint Council shall name, in the first year, the members of a",
        "Page 1 of 3",
    ],
    [
        "Accord on Training, version 3",
        "board that reviews the fund. The board shall meet in Vella and in Norland by turns. The",
        "report of the board is public.",
        "Page 2 of 3",
    ],
    ["Accord on Training, version 4", "2. Either Party may end the Accord.", "Page 3 of 3"],
]


def test_a_sentence_runs_over_a_page_break_and_each_knows_its_page(tmp_path: Path) -> None:
    assert texts(read(tmp_path, PAGES)) == [
        (
            "1. The Parties shall hold regular consultations on the return of trained staff, and shall report on them.",
            1,
        ),
        (
            "The Joint Council shall name, in the first year, the members of a board that reviews the fund.",
            1,
        ),
        ("The board shall meet in Vella and in Norland by turns.", 2),
        ("The report of the board is public.", 2),
        ("2. Either Party may end the Accord.", 3),
    ]


def test_running_headers_and_page_numbers_are_furniture_after_the_body(tmp_path: Path) -> None:
    document = read(tmp_path, PAGES)
    blocks = blocks_of(document)
    assert [kind for kind, _, _ in blocks] == ["paragraph"] * 2 + ["furniture"] * 6
    assert blocks[2:] == [
        ("furniture", "Accord on Training, version 3", 1),
        ("furniture", "Page 1 of 3", 1),
        ("furniture", "Accord on Training, version 3", 2),
        ("furniture", "Page 2 of 3", 2),
        ("furniture", "Accord on Training, version 4", 3),
        ("furniture", "Page 3 of 3", 3),
    ]


def test_two_lines_of_header_are_furniture_and_a_body_line_between_is_not(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        [
            ["Ministry of Harbours", "Annual report", f"The port handled {n} ships.", "Ministry of Harbours"]
            for n in range(3)
        ],
    )
    assert texts(document) == [(f"The port handled {n} ships.", n + 1) for n in range(3)]
    assert [kind for kind, _, _ in blocks_of(document)].count("furniture") == 9


def test_on_two_pages_a_header_must_be_on_both(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        [["Accord of Vella", "Review", "The Board meets."], ["Accord of Vella", "Funds", "It reports on the fund."]],
    )
    assert [block[:2] for block in blocks_of(document)] == [
        ("heading", "Review"),
        ("paragraph", "The Board meets."),
        ("heading", "Funds"),
        ("paragraph", "It reports on the fund."),
        ("furniture", "Accord of Vella"),
        ("furniture", "Accord of Vella"),
    ]


def test_a_sentence_that_recurs_at_the_edge_of_pages_is_no_furniture(tmp_path: Path) -> None:
    document = read(tmp_path, [["The Board shall meet.", f"It shall report {n} times."] for n in range(4)])
    assert len(texts(document)) == 8


def test_a_page_alone_has_no_furniture_but_its_number(tmp_path: Path) -> None:
    assert blocks_of(read(tmp_path, [["Accord of Vella", "The Board meets.", "- 1 -"]])) == [
        ("heading", "Accord of Vella", 1),
        ("paragraph", "The Board meets.", 1),
        ("furniture", "- 1 -", 1),
    ]


def test_an_empty_page_is_counted(tmp_path: Path) -> None:
    document = read(tmp_path, [["The Board meets."], [], ["It reports."]])
    assert texts(document) == [("The Board meets.", 1), ("It reports.", 3)]
    assert document.meta["pages"] == 3


def test_words_hyphenated_at_a_line_end_are_joined(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        [["The Parties shall consult on the regula-", "tions of the Vella-", "Norland line in the 12-", "month plan."]],
    )
    assert (
        document.text == "The Parties shall consult on the regulations of the Vella-Norland line in the 12-month plan."
    )


def test_words_hyphenated_over_a_page_break_are_joined(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        [["The Parties shall consult on the regula-", "Page 1"], ["tions of the fund. They shall report.", "Page 2"]],
    )
    assert texts(document) == [
        ("The Parties shall consult on the regulations of the fund.", 1),
        ("They shall report.", 2),
    ]
    assert [kind for kind, _, _ in blocks_of(document)] == ["paragraph", "furniture", "furniture"]


def test_what_is_known_of_the_file(tmp_path: Path) -> None:
    document = read_pdf(write(tmp_path, [["The Board meets."]], title="Accord of Vella"), "accord")
    assert (document.id, document.meta) == ("accord", {"format": "pdf", "pages": 1, "title": "Accord of Vella"})


def test_a_file_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, [["The Board meets."]], encryption=StandardEncryption("secret"))
    with pytest.raises(DocumentError, match="is encrypted; save a copy that opens without a password"):
        read_pdf(path, "accord")


def test_a_file_that_only_forbids_printing_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, [["The Board meets."]], encryption=StandardEncryption("", ownerPassword="owner", canPrint=0))
    assert texts(read_pdf(path, "accord")) == [("The Board meets.", 1)]


DAMAGED = r"is not a readable PDF \(damaged or incomplete\); fetch or print it again"


def test_a_file_that_is_no_pdf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accord.pdf"
    path.write_bytes(b"The Board meets.")
    with pytest.raises(DocumentError, match=DAMAGED):
        read_pdf(path, "accord")


def test_an_incomplete_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, PAGES)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DocumentError, match=DAMAGED):
        read_pdf(path, "accord")


def test_a_file_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, PAGES)
    content = path.read_bytes()
    assert content.count(b"/Type /Page\n") == 3
    path.write_bytes(content.replace(b"/Type /Page\n", b"/Type /Blob\n", 2).replace(b"/Blob", b"/Page", 1))
    with pytest.raises(DocumentError, match=DAMAGED):
        read_pdf(path, "accord")


def test_a_file_without_a_text_layer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    canvas = Canvas(str(path))
    canvas.rect(50, 50, 400, 600, fill=1)
    canvas.showPage()
    canvas.save()
    with pytest.raises(DocumentError, match=r"no text layer: needs OCR \(the pages are images\)"):
        read_pdf(path, "scan")


def test_pages_that_are_images_are_named(tmp_path: Path) -> None:
    path = tmp_path / "accord.pdf"
    canvas = Canvas(str(path), invariant=1)
    for page in range(1, 8):
        if page in (2, 5, 6):
            canvas.drawInlineImage(Image.new("L", (4, 4)), 0, 0, 595, 842)
        elif page != 7:
            canvas.drawString(50, 800, f"The Board meets in year {page}.")
        canvas.showPage()
    canvas.save()
    assert read_pdf(path, "accord").meta["pages_without_text"] == "2, 5-6"
    found = list(read_sentences(Source(path, "accord.pdf")))
    assert found[-1] == Failure(
        "accord.pdf", "read", "no text layer on some pages, which need OCR: 2, 5-6; the others were read"
    )
    assert len(found) == 4


NOTES = [
    [
        (10, "The Board reviews the fund each year and sends its report to the ministers.1 The report is"),
        (7, "1 See Annex II."),
    ],
    [
        (10, "public. The second review is the work of experts.2"),
        (7, "2 Their names are public."),
        (7, "They are paid."),
    ],
]


def write_notes(path: Path) -> Path:
    canvas = Canvas(str(path), invariant=1)
    for page in NOTES:
        for number in range(6):
            canvas.setFont("Helvetica", 10)
            canvas.drawString(
                50, 800 - 14 * number, f"The ministers have met and have spoken of matter {number} at length."
            )
        y = 700.0
        for size, line in page:
            canvas.setFont("Helvetica", size)
            canvas.drawString(50, y, line)
            y = 80.0 if size == 10 else y - 9
        canvas.showPage()
    canvas.save()
    return path


def test_footnotes_do_not_cut_a_sentence_and_know_their_page(tmp_path: Path) -> None:
    document = read_pdf(write_notes(tmp_path / "accord.pdf"), "accord")
    notes = [block for block in blocks_of(document) if block[0] == "footnote"]
    assert notes == [("footnote", "1 See Annex II.", 1), ("footnote", "2 Their names are public. They are paid.", 2)]
    found = texts(document)
    assert ("1 See Annex II.", 1) in found
    assert ("2 Their names are public.", 2) in found
    # The blocks of the body end where their text does, whatever stands at the foot of the page.
    body = " ".join(text for kind, text, _ in blocks_of(document) if kind != "footnote")
    assert "each year and sends its report to the ministers.1 The report is" in body


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["the coopera-", "tion of all"], "the cooperation of all"),
        (["a win-", "win plan"], "a win-win plan"),
        (["for capacity-", "building at home"], "for capacity-building at home"),
        (["the EU-", "Africa talks"], "the EU-Africa talks"),
        (["in 2010–", "2015 and"], "in 2010–2015 and"),
        (["the long-", "term aim"], "the long-term aim"),
        (["inter-", "national law"], "international law"),
        (
            ["an inter-", "agency plan; the inter-ministerial board; each agency"],
            "an inter-agency plan; the inter-ministerial board; each agency",
        ),
        (["the re-", "admission; readmission of all"], "the readmission; readmission of all"),
        (["the re-", "admission; re-admission of all"], "the re-admission; re-admission of all"),
        (["regula\xad", "tions"], "regulations"),
        (["an e-", "mail"], "an e-mail"),
        (["CO-", "OPERATION"], "COOPERATION"),
        (["the U.S.-", "Norland talks"], "the U.S.-Norland talks"),
        (["the seventy-", "second session"], "the seventy-second session"),
        (["a federally-", "funded plan, funded twice"], "a federally-funded plan, funded twice"),
        (["under-", "stand them; stand under them"], "understand them; stand under them"),
        (["of wildfire-", "impacted land", *["The land is dry."] * 70], "of wildfire-impacted land"),
        (["a board -", "it meets"], "a board - it meets"),
    ],
)
def test_hyphens_at_line_ends(lines: list[str], text: str) -> None:
    assert join_lines(lines[0], lines[1], vocabulary(lines)) == text


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "accord.pdf"
    canvas = Canvas(str(path), invariant=1)
    canvas.grid([50, 200, 300], [600, 640, 700])
    for x, y, text in [
        (55, 685, "Upper valley of"),
        (55, 671, "the Orvel"),
        (205, 685, "three ports"),
        (55, 625, "Islands"),
    ]:
        canvas.drawString(x, y, text)
    canvas.drawString(205, 625, "no port")
    canvas.drawString(50, 580, "The table is final.")
    canvas.save()
    assert blocks_of(read_pdf(path, "accord")) == [
        ("table_cell", "Upper valley of the Orvel", 1),
        ("table_cell", "three ports", 1),
        ("table_cell", "Islands", 1),
        ("table_cell", "no port", 1),
        ("paragraph", "The table is final.", 1),
    ]


def test_headings_have_the_depth_of_their_type(tmp_path: Path) -> None:
    path = tmp_path / "accord.pdf"
    canvas = Canvas(str(path), invariant=1)
    lines = [
        ("Helvetica-Bold", 18, "Accord of Vella"),
        ("Helvetica-Bold", 12, "1. Review"),
        (
            "Helvetica",
            10,
            "The Board shall meet in Vella once a year, and it shall report to the ministers of both Parties.",
        ),
        ("Helvetica-Bold", 12, "1.1 Funds"),
        (
            "Helvetica",
            10,
            "The fund is held in Norland, by a bank that the Joint Council has named for a term of five years.",
        ),
    ]
    for number, (font, size, text) in enumerate(lines):
        canvas.setFont(font, size)
        canvas.drawString(50, 800 - 30 * number, text)
    canvas.save()
    document = read_pdf(path, "accord")
    assert [(block.kind, block.level) for block in document.blocks] == [
        ("heading", 1),
        ("heading", 2),
        ("paragraph", None),
        ("heading", 3),
        ("paragraph", None),
    ]
    assert sentences(document)[-1].heading == "Accord of Vella > 1. Review > 1.1 Funds"


def test_a_table_of_contents_is_furniture(tmp_path: Path) -> None:
    document = read(
        tmp_path, [["Review of the fund .......... 3", "Names of experts . . . . . . 12", "The Board meets."]]
    )
    assert [kind for kind, _, _ in blocks_of(document)] == ["furniture", "furniture", "paragraph"]


def test_an_article_at_the_top_of_each_page_is_no_furniture(tmp_path: Path) -> None:
    document = read(
        tmp_path, [[f"Article {n}", "The Parties shall meet in Vella.", "They report."] for n in range(1, 5)]
    )
    assert [text for kind, text, _ in blocks_of(document) if kind == "heading"] == [f"Article {n}" for n in range(1, 5)]
