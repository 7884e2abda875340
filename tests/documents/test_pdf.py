"""PDF files, written by reportlab."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from framecls.documents import Document, sentences
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
