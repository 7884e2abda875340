"""Projects in the dialects of the tools, each with what it is known for, import completely."""

import io
from pathlib import Path

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from framecls.corpus.interchange.project import ProjectReading
from framecls.corpus.interchange.refi import open_qdpx, read_qdpx
from tests.corpus.interchange.builders import (
    archive,
    codes,
    coding,
    guid,
    project,
    selection,
    simple,
    text_source,
    users,
)

TEXT = (
    "Notice to mariners\r\n\r\n"
    "A toll is asked of every ship that passes the mole. 𝕏 marks the berth.\r\n"
    "The pilot meets ships at the outer buoy.\r\n\r\n"
    "Ships that wait pay no toll."
)
TOLL, PILOT, LAST = "A toll is asked of every ship", "The pilot meets ships", "Ships that wait pay no toll"


def positions(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def complete(reading: ProjectReading) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Give document, words, names of codes and annotator of each selection; nothing was lost on the way."""
    assert (reading.lost, reading.problems) == ((), ())
    texts, names = reading.project.texts(), {code.id: code.name for code in reading.project.codes}
    return [
        (s.document, texts[s.document][s.start : s.end], tuple(names[code] for code in s.codes), s.annotator)
        for s in reading.project.selections
    ]


def test_atlas_ti_stores_two_characters_and_counts_one(tmp_path: Path) -> None:
    counted = TEXT.replace("\r\n", "\n")
    note = f"<Notes><Note guid='{guid('memo')}' name='memo'><PlainTextContent>Tariff.</PlainTextContent></Note></Notes>"
    refer = f"<NoteRef targetGUID='{guid('memo')}'/>"
    content = project(
        users("Ann", "Ben"),
        codes("toll", "pilot"),
        "<Sources>",
        text_source(
            "notice",
            selection(
                *positions(counted, TOLL),
                coding("toll"),
                coding("toll", "Ben"),
                coding("pilot", "Ben"),
                name="A toll is asked of…",
                inside="<Description>Read twice.</Description>",
                more=refer,
            ),
            selection(*positions(counted, PILOT), coding("pilot"), name=PILOT),
            selection(*positions(counted, LAST), coding("toll"), name="the exception"),
        ),
        "</Sources>",
        note,
    )
    path = archive(
        tmp_path / "a.qdpx",
        content,
        {f"sources/{guid('notice')}.txt": b"\xef\xbb\xbf" + TEXT.encode()},
        project="Harbours of the north.qde",
    )
    reading = read_qdpx(path)
    assert complete(reading) == [
        ("notice", TOLL, ("toll",), "Ann"),
        ("notice", TOLL, ("toll", "pilot"), "Ben"),
        ("notice", PILOT, ("pilot",), "Ann"),
        ("notice", LAST, ("toll",), "Ann"),
    ]
    assert reading.moved == ()
    assert reading.project.selections[0].note == "Read twice.; Tariff."
    assert reading.project.documents[0].text == TEXT
    assert any("a line end as one" in notice for notice in reading.notices)


def test_nvivo_counts_both_characters_nests_codes_and_names_no_words(tmp_path: Path) -> None:
    tree = (
        f"<CodeBook><Codes><Code guid='{{{guid('Money').upper()}}}' name='Money' isCodable='false'>"
        f"<Code guid='{guid('toll').upper()}' name='toll' isCodable='true' color='#A31'/></Code>"
        f"<Code guid='{guid('pilot')}' name='pilot' isCodable='true'/></Codes></CodeBook>"
    )
    word = docx.Document()
    for line in TEXT.split("\r\n"):
        word.add_paragraph(line)
    rich = io.BytesIO()
    word.save(rich)
    source = text_source(
        "Internals\\notice",
        selection(*positions(TEXT, TOLL), coding("toll"), name="toll"),
        selection(*positions(TEXT, PILOT), coding("pilot", "Ben")),
        selection(*positions(TEXT, LAST), coding("toll", "Ben")),
        coding("pilot"),
        path="internal://n.txt",
        attributes="richTextPath='internal://n.docx'",
    )
    content = project(users("Ann", "Ben"), tree, f"<Sources>{source}</Sources>", origin="NVivo for Mac 15.0.0")
    files = {"sources/.root": b"", "sources/n.txt": TEXT.encode(), "sources/n.docx": rich.getvalue()}
    reading = read_qdpx(archive(tmp_path / "n.qdpx", content, files))
    whole, *rest = complete(reading)
    assert whole == ("Internals\\notice", TEXT, ("pilot",), "Ann")
    assert reading.project.selections[0].start is None
    assert [row[1:] for row in rest] == [
        (TOLL, ("toll",), "Ann"),
        (PILOT, ("pilot",), "Ben"),
        (LAST, ("toll",), "Ben"),
    ]
    assert reading.project.code_paths()[guid("toll")] == ("Money", "toll")
    assert reading.project.codes[1].color == "#aa3311"


def test_maxqda_has_a_source_for_each_row_all_of_one_name(tmp_path: Path) -> None:
    rows = ["The toll is too high.\r\nShips stay away.", "The pilot is late.\r\nAgain."]
    sources, files = [], {}
    for number, row in enumerate(rows):
        words = row.partition(".")[0]
        inside = selection(*positions(row, words), coding("toll" if not number else "pilot"), name=words)
        marked = selection(*positions(row, row[-6:]))
        head = f"<TextSource guid='{guid(row)}' name='Survey' plainTextPath='internal:/{number}.TXT'>"
        sources.append(f"{head}{inside}{marked}</TextSource>")
        files[f"Sources/{number}.txt"] = row.encode()
    content = project(users("Ann"), codes("toll", "pilot"), f"<Sources>{''.join(sources)}</Sources>", origin="MAXQDA")
    reading = read_qdpx(archive(tmp_path / "m.qdpx", content, files, project="Survey 2021.qde"))
    assert complete(reading) == [
        ("Survey", "The toll is too high", ("toll",), "Ann"),
        ("Survey (2)", "The pilot is late", ("pilot",), "Ann"),
    ]
    assert "selections without a code, left out: 2" in reading.notices


def test_the_words_of_the_standard_an_end_that_is_the_last_character(tmp_path: Path) -> None:
    ranges = [positions(TEXT, words) for words in (TOLL, PILOT, LAST)]
    selections = [selection(start, end - 1, coding("toll")) for start, end in ranges]
    reading = read_qdpx(simple(tmp_path / "i.qdpx", TEXT, *selections, origin="Other"))
    assert [row[1] for row in complete(reading)] == [TOLL, PILOT, LAST]


def test_utf_16_units(tmp_path: Path) -> None:
    start, end = positions(TEXT, LAST)
    pilot = positions(TEXT, PILOT)
    selections = [
        selection(pilot[0] + 1, pilot[1] + 1, coding("pilot")),
        selection(start + 1, end + 1, coding("toll"), name=LAST),
    ]
    reading = read_qdpx(simple(tmp_path / "u.qdpx", TEXT, *selections, origin="Other"))
    assert [row[1] for row in complete(reading)] == [PILOT, LAST]
    assert reading.moved == ()


def test_text_in_the_project_loses_a_character_of_each_line_end_and_is_found(tmp_path: Path) -> None:
    held = TEXT.replace("\r\n", "\n")
    inside = f"<PlainTextContent>{held}</PlainTextContent>" + "".join(
        selection(*positions(TEXT, words), coding("toll"), name=words) for words in (TOLL, PILOT, LAST)
    )
    content = project(users("Ann"), codes("toll"), f"<Sources>{text_source('notice', inside, path='')}</Sources>")
    assert [row[1] for row in complete(read_qdpx(archive(tmp_path / "t.qdpx", content)))] == [TOLL, PILOT, LAST]


def test_a_word_file_without_its_plain_text_is_read_and_selections_found_by_words(tmp_path: Path) -> None:
    word = docx.Document()
    for line in TEXT.split("\r\n"):
        word.add_paragraph(line)
    rich = io.BytesIO()
    word.save(rich)
    inside = selection(4, 12, coding("toll"), name=TOLL) + selection(1, 9, coding("pilot"), name=PILOT)
    source = text_source("notice", inside, path="", attributes="richTextPath='internal://n.docx'")
    content = project(users("Ann"), codes("toll", "pilot"), f"<Sources>{source}</Sources>")
    reading = read_qdpx(archive(tmp_path / "w.qdpx", content, {"sources/n.docx": rich.getvalue()}))
    assert [row[1] for row in complete(reading)] == [TOLL, PILOT]
    assert len(reading.moved) == 2


def test_a_plain_text_that_is_missing_gives_way_to_the_word_file(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("A toll is asked of every ship.")
    rich = io.BytesIO()
    word.save(rich)
    inside = selection(0, 28, coding("toll"), name=TOLL)
    source = text_source("notice", inside, path="internal://n.txt", attributes="richTextPath='internal://n.docx'")
    content = project(users("Ann"), codes("toll"), f"<Sources>{source}</Sources>")
    path = archive(tmp_path / "w.qdpx", content, {"sources/n.docx": rich.getvalue()})
    assert [row[1] for row in complete(read_qdpx(path))] == [TOLL]
    assert dict(open_qdpx(path).documents) == {}


def test_an_empty_text_in_the_project(tmp_path: Path) -> None:
    source = text_source("notice", "<PlainTextContent/>", path="")
    reading = read_qdpx(archive(tmp_path / "e.qdpx", project(f"<Sources>{source}</Sources>")))
    assert reading.project.texts() == {"notice": ""}


def pdf_source(*inside: str) -> str:
    return f"<PDFSource guid='{guid('pdf')}' name='notice.pdf' path='internal://n.pdf'>{''.join(inside)}</PDFSource>"


def area(name: str, *inside: str) -> str:
    place = "page='0' firstX='10' firstY='20' secondX='90' secondY='40'"
    return (
        f"<PDFSelection guid='{guid(f'area {name} {inside}')}' name='{name}' {place}>{''.join(inside)}</PDFSelection>"
    )


def test_a_pdf_with_its_text_beside_it(tmp_path: Path) -> None:
    representation = (
        f"<Representation guid='{guid('text')}' plainTextPath='internal://n.txt'>"
        f"{selection(*positions(TEXT, PILOT), coding('pilot'), name=PILOT)}</Representation>"
    )
    words = f"<Representation guid='{guid('words')}'><PlainTextContent>{TOLL}</PlainTextContent></Representation>"
    source = pdf_source(
        area("page 1", words, coding("toll")),
        area(LAST, coding("toll", "Ben")),
        area("", coding("pilot")),
        representation,
    )
    content = project(users("Ann", "Ben"), codes("toll", "pilot"), f"<Sources>{source}</Sources>")
    files = {"sources/n.txt": TEXT.encode(), "sources/n.pdf": b"%PDF, of no use here"}
    reading = read_qdpx(archive(tmp_path / "p.qdpx", content, files))
    assert [row[1:] for row in complete(reading)] == [
        (PILOT, ("pilot",), "Ann"),
        (TOLL, ("toll",), "Ann"),
        (LAST, ("toll",), "Ben"),
    ]


def test_a_pdf_without_its_text_is_read_and_areas_found_by_words(tmp_path: Path) -> None:
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.drawString(72, 720, "A toll is asked of every ship.")
    canvas.drawString(72, 690, "The pilot meets ships.")
    canvas.save()
    source = pdf_source(area("A toll is asked of every ship.", coding("toll")), area("", coding("pilot")))
    content = project(users("Ann"), codes("toll", "pilot"), f"<Sources>{source}</Sources>")
    reading = read_qdpx(archive(tmp_path / "p.qdpx", content, {"sources/n.pdf": file.getvalue()}))
    (only,) = reading.project.selections
    assert reading.project.texts()[only.document][only.start : only.end] == "A toll is asked of every ship."
    assert [lost.reason for lost in reading.lost] == ["marks an area of page 0 and quotes no words of it"]


@pytest.mark.parametrize(
    "path", ["internal://{0}", "internal:/{0}", "internal:///{0}", "INTERNAL://{0}", "internal://sources/{0}", "{0}"]
)
def test_every_way_to_write_an_inner_path(path: str, tmp_path: Path) -> None:
    source = text_source("notice", selection(2, 6, coding("toll")), path=path.format("a%20b.txt"))
    content = project(users("Ann"), codes("toll"), f"<Sources>{source}</Sources>")
    for name in ("sources/a b.txt", "Sources/A B.txt", "top/sources/a b.txt"):
        file = "top/project.qde" if name.startswith("top") else "project.qde"
        reading = read_qdpx(archive(tmp_path / "x.qdpx", content, {name: b"A toll."}, project=file))
        assert [row[1] for row in complete(reading)] == ["toll"]


def test_sources_beside_the_project_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    outside = tmp_path / "secret.txt"
    outside.write_text("A secret toll.")
    (tmp_path / "in" / "kept.txt").write_text("A toll.")
    (tmp_path / "in" / "link.txt").symlink_to(outside)

    def read(path: str, sources: Path | None) -> ProjectReading:
        source = text_source("notice", selection(2, 6, coding("toll")), path=path)
        content = project(users("Ann"), codes("toll"), f"<Sources>{source}</Sources>")
        return read_qdpx(archive(tmp_path / "in" / "x.qdpx", content), sources)

    inside = (tmp_path / "in").resolve()
    for path, sources in (
        ("relative://kept.txt", None),
        ("relative:///kept.txt", None),
        (f"absolute://{inside}/kept.txt", inside),
        ("absolute:///C:/Users/ann/kept.txt", inside),
        ("internal://kept.txt", inside),
    ):
        assert [row[1] for row in complete(read(path, sources))] == ["toll"], path
    for path, sources in (
        ("relative://../secret.txt", None),
        ("relative://link.txt", None),
        ("relative:///a%00.txt", None),
        (f"relative:///{'x' * 300}.txt", None),
        (f"absolute://{outside}", None),
        (f"absolute://{outside}", inside),
        (f"absolute://{inside}/kept.txt", None),
        ("internal://../../secret.txt", inside),
        ("internal://nowhere.txt", inside),
    ):
        reading = read(path, sources)
        assert reading.project.documents == (), path
        assert "put it in a folder and name that with --sources" in reading.problems[0].reason
        assert [lost.reason for lost in reading.lost] == ["its source 'notice' could not be read"]
