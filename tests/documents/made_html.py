"""HTML pages of known sentences, as ministries, journals and content management systems write them."""

from collections.abc import Callable
from html import escape

from tests.documents.known import Known


def p(known: Known, count: int = 2) -> str:
    return f"<p>{escape(known.plain(count))}</p>"


def page(body: str, head: str = '<meta charset="utf-8"><title>A page</title>') -> str:
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"


def article(known: Known) -> str:
    sections = "".join(f"<h2>{known.heading(f'Section on point {n}')}</h2>{p(known, 3)}{p(known)}" for n in range(4))
    return page(
        f"<header><a href='/'>{known.around('Ministry of Quays')}</a></header>"
        f"<nav><ul><li>{known.around('All topics')}</li><li>Press</li></ul></nav>"
        f"<main><article><header><h1>{known.heading('Statement on the inner harbours')}</h1></header>"
        f"{p(known)}{sections}</article></main>"
        f"<aside><p>{known.around('Read our newsletter on quays')}</p></aside>"
        f"<footer><p>{known.around('All rights reserved by the Ministry.')}</p></footer>"
    )


def without_elements(known: Known) -> str:
    body = "".join(f"<div class='para'>{escape(known.plain(3))}</div>" for _ in range(6))
    links = "".join(f"<li><a href='/{n}'>{known.around(f'Menu entry {n} of the registry')}</a></li>" for n in range(8))
    return page(
        f"<div id='cookie-banner'><p>{known.around('We use cookies to improve this registry.')}</p></div>"
        f"<div class='navigation'><ul>{links}</ul></div>"
        f"<div id='content'><h1>{known.heading('Notice to mariners')}</h1>{body}</div>"
        f"<div class='site-footer'><p>{known.around('Contact the webmaster.')}</p></div>"
    )


def nested_lists(known: Known) -> str:
    inner = f"<ol type='i'><li>{known.item('i.')}</li><li>{known.item('ii.')}</li></ol>"
    items = f"<li>{known.item('a.')}{inner}</li><li><p>{known.item('b.')}</p></li>"
    bullets = "".join(f"<li>{known.plain()}</li>" for _ in range(4))
    counted = "".join(f"<li>{known.item(f'{n}.')}</li>" for n in (4, 5, 6))
    return page(
        f"<main>{p(known, 3)}<ol style='list-style-type: lower-alpha'>{items}</ol>{p(known)}<ul>{bullets}</ul>"
        f"<ol start='4'>{counted}</ol>{p(known, 3)}</main>"
    )


def data_table(known: Known) -> str:
    rows = "".join(f"<tr><td>{known.plain()}</td><td><p>{known.plain(2)}</p></td></tr>" for _ in range(4))
    head = "".join(f"<th>{known.heading(name)}</th>" for name in ("Measure", "Remark"))
    return page(
        f"<main><h1>{known.heading('Table of measures')}</h1>{p(known, 3)}<table>"
        f"<caption>{known.heading('Measures by region')}</caption><thead><tr>{head}</tr></thead>{rows}</table>"
        f"{p(known, 3)}</main>"
    )


def journal(known: Known) -> str:
    """Items in tables of two cells, as official journals set them, and notes at the end."""
    rows = "".join(
        f"<table><tr><td><p>({letter})</p></td><td><p>{known.item(f'({letter})')}</p></td></tr></table>"
        for letter in "abcd"
    )
    notes = "".join(f"<p class='oj-note' id='ntr{n}'>{known.plain()}</p>" for n in range(3))
    middle = known.plain().split(" ", 3)
    marked = f"<p>{' '.join(middle[:3])}<sup><a href='#ntr1'>(1)</a></sup> {middle[3]}</p>"
    title = f"<p>{known.heading('DECISION OF THE COUNCIL')}</p>"
    return page(f"<div>{title}{p(known, 3)}{marked}{rows}{p(known, 3)}<hr>{notes}</div>")


def footnotes(known: Known) -> str:
    notes = "".join(
        f"<li id='fn{n}'>{known.plain()} <a href='#ref{n}' role='doc-backlink'>↩</a></li>" for n in range(1, 4)
    )
    text = "".join(
        f"<p>{known.plain(2)} {known.plain()}<sup><a href='#fn{n}' id='ref{n}'>{n}</a></sup></p>" for n in range(1, 4)
    )
    return page(
        f"<main><article>{text}{p(known, 3)}<section class='footnotes'><ol>{notes}</ol></section></article></main>"
    )


def breaks(known: Known) -> str:
    """Paragraphs that are parted by line breaks alone, in a table that lays out the page."""
    text = "<br><br>".join(known.plain(2).replace(" the ", "<br>the ", 1) for _ in range(6))
    links = "".join(f"<a href='/{n}'>{known.around(f'Office {n} of the port')}</a><br>" for n in range(4))
    title = f"<h1>{known.heading('Minutes of the board')}</h1>"
    return page(f"<table><tr><td class='menu'>{links}</td><td>{title}{text}</td></tr></table>")


def latin(known: Known) -> str:
    return page(
        f"<main><h1>{known.heading('Réunion à Vélla')}</h1>{p(known, 4)}{p(known, 4)}</main>",
        "<!--"
        + "x" * 3000
        + "--><meta http-equiv='Content-Type' content='text/html; charset=windows-1252'><title>é</title>",
    )


def xhtml(known: Known) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/>'
        f'<script src="a.js"/></head><body><div id="a"/><p>{known.plain(3)}</p><p>{known.plain(3)}</p>'
        f"<p>{escape(known.heading('Fees & tolls'))}</p><p>{known.plain(2)}</p></body></html>"
    )


def preformatted(known: Known) -> str:
    paragraphs = []
    for _ in range(5):
        words, lines = known.plain(3).split(), [""]
        for word in words:
            if len(lines[-1]) + len(word) > 70:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        paragraphs.append("\n".join(lines))
    return page("<pre>" + escape("\n\n".join(paragraphs)) + "</pre>")


def definitions(known: Known) -> str:
    entries = "".join(
        f"<dt>{known.heading(f'Term {n} of the glossary')}</dt><dd>{known.plain()}</dd>" for n in range(5)
    )
    quotes = f"<blockquote><p>{known.plain(2)}</p></blockquote>"
    more = f"<details><summary>{known.heading('More details')}</summary>{p(known)}</details>"
    return page(f"<main>{p(known, 3)}<dl>{entries}</dl>{quotes}{more}</main>")


MAKERS: dict[str, Callable[[Known], str]] = {
    "article": article,
    "without-elements": without_elements,
    "nested-lists": nested_lists,
    "data-table": data_table,
    "journal": journal,
    "footnotes": footnotes,
    "breaks": breaks,
    "latin": latin,
    "xhtml": xhtml,
    "preformatted": preformatted,
    "definitions": definitions,
}
ENCODINGS = {"latin": "cp1252"}
