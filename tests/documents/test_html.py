"""HTML pages: the main text, in pieces."""

from pathlib import Path

import pytest

from framecls.documents import Document, sentences
from framecls.documents.html import read_html
from framecls.errors import DocumentError

FIRST = "The Parties shall hold regular consultations on the return of trained staff and report to the Joint Council."
SECOND = "The Joint Council shall meet in Vella once a year and publish a report on the fund and on its projects."


def page(folder: Path, html: str | bytes, encoding: str | None = None) -> Document:
    path = folder / "page.html"
    path.write_bytes(html.encode() if isinstance(html, str) else html)
    return read_html(path, "page", encoding)


def blocks_of(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_the_main_text_is_read_and_its_surroundings_are_furniture_behind_it(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        "<!doctype html><html><head><title> Joint \n statement </title><style>p { color: red }</style></head><body>"
        "<header>Ministry of Harbours</header><nav><ul><li>Home</li><li>News</li></ul></nav><main><article>"
        f"<h1>Joint statement</h1><p>{FIRST}</p><h2>Review</h2><p>{SECOND}</p>"
        "<script>track()</script></article></main><aside>Share this page</aside><footer>Contact us</footer>"
        "</body></html>",
    )
    assert blocks_of(document) == [
        ("heading", "Joint statement"),
        ("paragraph", FIRST),
        ("heading", "Review"),
        ("paragraph", SECOND),
        ("furniture", "Ministry of Harbours"),
        ("furniture", "Home"),
        ("furniture", "News"),
        ("furniture", "Share this page"),
        ("furniture", "Contact us"),
    ]
    assert [block.level for block in document.blocks[:4]] == [1, None, 2, None]
    assert document.meta == {"format": "html", "encoding": "utf-8", "title": "Joint statement"}
    assert [s.heading for s in sentences(document)][-1] == "Joint statement > Review"


def test_headings_are_kept_where_no_element_marks_the_main_text(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        "<html><body><nav>Home News</nav><h1>Joint statement</h1><h2>Review</h2>"
        f"<p>{FIRST}</p><h2>Funds</h2><p>{SECOND}</p><footer>Contact us</footer></body></html>",
    )
    assert blocks_of(document) == [
        ("heading", "Joint statement"),
        ("heading", "Review"),
        ("paragraph", FIRST),
        ("heading", "Funds"),
        ("paragraph", SECOND),
        ("furniture", "Home News"),
        ("furniture", "Contact us"),
    ]


def test_lists_tables_and_quotes_are_read_in_place(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        f"<html><body><main><article><p>{FIRST}</p><ul><li>One <b>thing</b> to do</li>"
        "<li>Two things: <ol><li>to meet</li><li>to report</li></ol></li></ul>"
        "<table><tr><th>Partner</th><th>Sum</th></tr>"
        "<tr><td>Vella</td><td><p>12 million</p><p>crowns</p></td></tr></table>"
        f"<blockquote>{SECOND}</blockquote></article></main></body></html>",
    )
    assert blocks_of(document) == [
        ("paragraph", FIRST),
        ("list_item", "One thing to do"),
        ("list_item", "Two things:"),
        ("list_item", "1. to meet"),
        ("list_item", "2. to report"),
        ("table_cell", "Partner"),
        ("table_cell", "Sum"),
        ("table_cell", "Vella"),
        ("table_cell", "12 million"),
        ("table_cell", "crowns"),
        ("paragraph", SECOND),
    ]


def test_words_beside_a_line_break_stay_apart(tmp_path: Path) -> None:
    document = page(
        tmp_path, f"<html><body><article><p>{FIRST}<br>It ends.<br/>All is well.</p></article></body></html>"
    )
    assert document.text == f"{FIRST} It ends. All is well."


def test_every_block_is_read_where_the_main_text_cannot_be_told(tmp_path: Path) -> None:
    items = "".join(
        f'<div class="teaser"><a href="/{n}">The Board decided on the port of Vella, pier {n}.</a></div>'
        for n in range(9)
    )
    document = page(
        tmp_path,
        f'<html><body><nav>Home</nav><div id="list"><h3>Decisions</h3>{items}</div>'
        "<div>Loose <i>words</i> first.<p>A paragraph.</p><!-- hidden --> Loose words last.<hr>After a rule.</div>"
        "<form>A form of a whole page.<button>Send</button></form>"
        "<section>A section.</section>The end<p hidden></p>.</body></html>",
    )
    decisions = [f"The Board decided on the port of Vella, pier {number}." for number in range(9)]
    assert document.text.split("\n\n") == [
        "Decisions",
        *decisions,
        "Loose words first.",
        "A paragraph.",
        "Loose words last.",
        "After a rule.",
        "A form of a whole page.",
        "A section.",
        "The end.",
        "Home",
    ]
    assert document.blocks[0].level == 3


@pytest.mark.parametrize("declared", ["iso-8859-1", "ISO-8859-1", "latin1", "windows-1252"])
def test_a_declared_western_charset_is_read_as_browsers_read_it(tmp_path: Path, declared: str) -> None:
    html = (
        f'<html><head><meta charset="{declared}"></head><body><p>Le comité mixte a dit “oui” à Vella.</p></body></html>'
    )
    assert page(tmp_path, html.encode("cp1252")).text == "Le comité mixte a dit “oui” à Vella."


def test_a_charset_declared_the_old_way(tmp_path: Path) -> None:
    html = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2"></head>'
        "<body><p>Wspólna rada zbiera się w Velli.</p></body></html>"
    )
    document = page(tmp_path, html.encode("iso-8859-2"))
    assert (document.text, document.meta["encoding"]) == ("Wspólna rada zbiera się w Velli.", "iso-8859-2")


@pytest.mark.parametrize("declared", ["klingon", "ascii", "shift_jis"])
def test_a_charset_that_does_not_fit_is_not_believed(tmp_path: Path, declared: str) -> None:
    html = (
        f'<html><head><meta charset="{declared}"></head><body><p>Совет собирается ежегодно в Велле.</p></body></html>'
    )
    assert page(tmp_path, html.encode("koi8_r"), "koi8_r").text == "Совет собирается ежегодно в Велле."
    assert page(tmp_path, html.encode()).text == "Совет собирается ежегодно в Велле."


@pytest.mark.parametrize("declared", ["klingon", "undefined", "utf-16", "utf-16le", "utf-32", "cp037"])
def test_a_charset_that_cannot_be_the_one_of_the_page_leaves_detection(tmp_path: Path, declared: str) -> None:
    html = (
        f'<html><head><meta charset="{declared}"></head><body><p>Le comité mixte se réunit à Vella.</p></body></html>'
    )
    content = html.encode("cp1252")
    document = page(tmp_path, content + b" " * (-len(content) % 4))
    assert (document.text, document.meta["encoding"]) == ("Le comité mixte se réunit à Vella.", "cp1252")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    html = f'\ufeff<html><head><meta charset="utf-8"></head><body>{FIRST}</body></html>'
    assert page(tmp_path, html).text == FIRST


def test_xhtml_that_names_its_encoding(tmp_path: Path) -> None:
    html = f'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>{FIRST}</p></body></html>'
    assert page(tmp_path, html).text == FIRST


def test_wrongly_decoded_text_is_mended(tmp_path: Path) -> None:
    assert (
        page(tmp_path, "<html><body><p>The peopleâ€™s Board meets.</p></body></html>").text
        == "The people’s Board meets."
    )


@pytest.mark.parametrize(
    "html",
    [
        "<html><body></body></html>",
        "<html><head><title>Ministry</title></head><body><nav>Home</nav><div id='app'></div><script>load()</script>",
        "<frameset><frame src='menu.html'></frameset>",
    ],
)
def test_a_page_without_visible_text_is_refused(tmp_path: Path, html: str) -> None:
    with pytest.raises(
        DocumentError, match="no visible text in this HTML page; save the page with its text and try again"
    ):
        page(tmp_path, html)


def test_rows_of_a_number_and_a_text_are_items(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        f"<html><body><p>{FIRST}</p><table><tr><td>(a)</td><td><p>the return of trained staff to Norland;</p></td></tr>"
        f"<tr><td>—</td><td>the report of the Joint Council.</td></tr></table><p>{SECOND}</p></body></html>",
    )
    assert blocks_of(document) == [
        ("paragraph", FIRST),
        ("list_item", "(a) the return of trained staff to Norland;"),
        ("list_item", "the report of the Joint Council."),
        ("paragraph", SECOND),
    ]


def test_notes_are_kept_as_such_and_their_marks_are_no_text(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        f"<html><body><main><p>{FIRST[:-1]}<sup><a href='#fn1'>[1]</a></sup>.</p>"
        "<p>Some 300 km<sup>2</sup> are closed.</p>"
        "<aside role='doc-footnote' id='fn1'><p>See Annex II. <a href='#r1'>↩</a></p></aside></main></body></html>",
    )
    assert blocks_of(document) == [
        ("paragraph", FIRST),
        ("paragraph", "Some 300 km2 are closed."),
        ("footnote", "See Annex II."),
    ]


@pytest.mark.parametrize(
    "mark", ["<sup><a href='#fn1'>1</a></sup>", "<a href='#fn1' class='footnoteRef' id='fnref1'><sup>1</sup></a>"]
)
def test_a_raised_link_to_a_note_is_no_text_and_other_raised_text_is(tmp_path: Path, mark: str) -> None:
    document = page(
        tmp_path,
        f"<html><p>{FIRST[:-1]}{mark}. See <a href='#area'>Area in km<sup>2</sup></a>, 10<sup>2</sup> and the"
        f" <a href='/report'>report<sup>1</sup></a>.</p><p>{SECOND}</p>"
        "<div class='footnotes'><ol><li id='fn1'><p>See Annex II.<a href='#fnref1'>↩</a></p></li></ol></div>",
    )
    assert blocks_of(document) == [
        ("paragraph", f"{FIRST} See Area in km2, 102 and the report1."),
        ("paragraph", SECOND),
        ("footnote", "See Annex II."),
    ]


@pytest.mark.parametrize(
    "mark",
    [
        "<a style='mso-footnote-id:ftn1' href='#_ftn1' name='_ftnref1'><span class=MsoFootnoteReference>[1]</span></a>",
        "<a id='ntc1-L_2E-E01' href='#ntr1-L_2E-E01'>(<span class='oj-super oj-note-tag'>1</span>)</a>",
    ],
)
def test_marks_that_only_a_style_raises_are_no_text(tmp_path: Path, mark: str) -> None:
    document = page(
        tmp_path,
        f"<html><p>{FIRST[:-1]}{mark}. See <a href='#ftn1'>the note on it</a>, and <a href='#step1'>1</a>.</p>"
        "<div id=ftn1><p class=MsoFootnoteText>See Annex II.</p></div>",
    )
    assert blocks_of(document) == [
        ("paragraph", f"{FIRST} See the note on it, and 1."),
        ("footnote", "See Annex II."),
    ]


def test_numbers_of_lists_are_those_a_browser_shows(tmp_path: Path) -> None:
    document = page(
        tmp_path,
        "<html><body><ol type='A' start='3'><li>Vella</li><li value='7'><p>Norland</p><p>and Qelmar</p></li></ol>"
        "<ol reversed><li>two</li><li>1. one</li></ol><ol style='list-style: none'><li>bare</li></ol></body></html>",
    )
    assert [text for _, text in blocks_of(document)] == [
        "C. Vella",
        "G. Norland",
        "and Qelmar",
        "2. two",
        "1. one",
        "bare",
    ]


def test_hidden_text_is_not_read(tmp_path: Path) -> None:
    document = page(
        tmp_path, f"<html><body><p>{FIRST}</p><p style='display:none'>Secret.</p><div hidden>More.</div></body></html>"
    )
    assert document.text == FIRST


def test_a_charset_declared_late_and_a_self_closed_element(tmp_path: Path) -> None:
    head = "<!--" + "x" * 5000 + "--><meta charset='windows-1252'/>"
    body = "<body><p>Réunion à Vella.</p></body>"
    html = f'<html xmlns="http://www.w3.org/1999/xhtml"><head>{head}<script src="a.js"/></head>{body}</html>'
    document = page(tmp_path, html.encode("cp1252"))
    assert (document.text, document.meta["encoding"]) == ("Réunion à Vella.", "windows-1252")


def test_a_page_that_nests_without_end_is_read(tmp_path: Path) -> None:
    assert page(tmp_path, f"<html><body>{'<div>' * 5000}<p>{FIRST}</p></body></html>").text == FIRST
