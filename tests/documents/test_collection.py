"""Inputs of a run: which files, under which ids, and what is said of those that cannot be used."""

import gzip
import json
import logging
import ntpath
import os
from pathlib import Path
from typing import Any

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reportlab.pdfgen.canvas import Canvas

from framecls.documents import Document, Failure, LocatedSentence, Sentence, Source, find_sources, read, read_sentences
from framecls.documents.collection import read_documents
from framecls.documents.seen import Seen
from framecls.documents.tables import TableKind
from framecls.errors import DocumentError

TEXT = "The Board meets. It reports."


def touch(path: Path, content: str = TEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def ids(sources: list[Source]) -> list[str]:
    return [source.id for source in sources]


def rows(
    path: Path, content: str, *, table: TableKind | None = None, text_column: str = "text"
) -> list[LocatedSentence | Failure]:
    """Read a table written for the test, under its file name."""
    touch(path, content)
    return list(read_sentences(Source(path, path.name), table=table, text_column=text_column))


def test_files_below_a_folder_in_order_with_ids_relative_to_it(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.HTML", "sub/deep/d.jsonl.gz", "e.pdf"):
        touch(tmp_path / name)
    sources, failures = find_sources([tmp_path])
    assert ids(sources) == ["a.md", "b.txt", "e.pdf", "sub/c.HTML", "sub/deep/d.jsonl.gz"]
    assert [source.path for source in sources] == [tmp_path.resolve() / source.id for source in sources]
    assert failures == []


def test_ids_are_relative_to_the_folder_all_inputs_share(tmp_path: Path) -> None:
    touch(tmp_path / "north" / "a.txt")
    touch(tmp_path / "south" / "a.txt")
    assert ids(find_sources([tmp_path / "north", tmp_path / "south"])[0]) == ["north/a.txt", "south/a.txt"]
    assert ids(find_sources([tmp_path / "south" / "a.txt"])[0]) == ["a.txt"]
    assert ids(find_sources([str(tmp_path / "south" / "a.txt"), tmp_path])[0]) == ["south/a.txt", "north/a.txt"]


def test_a_name_that_is_not_utf8_is_a_failure(tmp_path: Path) -> None:
    touch(tmp_path / "a.txt")
    for name in (b"caf\xe9.txt", b"caf\xe9.xyz"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text(TEXT)
    sources, failures = find_sources([tmp_path])
    assert ids(sources) == ["a.txt"]
    assert failures == [
        Failure(rf"caf\xe9.{suffix}", "find", "its name is not UTF-8; rename it") for suffix in ("txt", "xyz")
    ]


def test_links_are_followed_and_no_folder_is_read_twice(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "deep" / "b.txt")
    touch(tmp_path / "in" / "real" / "c.txt")
    (tmp_path / "in" / "away").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in" / "real")
    (tmp_path / "in" / "real" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "d.txt").symlink_to(tmp_path / "elsewhere" / "deep" / "b.txt")
    assert ids(find_sources([tmp_path / "in"])[0]) == ["away/deep/b.txt", "real/c.txt"]
    assert ids(find_sources([tmp_path / "in" / "d.txt"])[0]) == ["d.txt"]
    # A file goes by its own name where that is found, too.
    assert ids(find_sources([tmp_path / "in" / "*"])[0]) == ["away/deep/b.txt", "real/c.txt"]
    assert ids(find_sources([tmp_path / "in" / "d.txt", tmp_path / "elsewhere"])[0]) == ["elsewhere/deep/b.txt"]


def test_what_cannot_be_reached_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "in" / "a.txt")
    touch(tmp_path / "in" / "locked" / "b.txt")
    (tmp_path / "in" / "lost.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    scandir = os.scandir

    def guarded(path: Any) -> Any:
        # Whoever runs the tests may be allowed to read everything.
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    sources, failures = find_sources([tmp_path / "in"])
    assert ids(sources) == ["a.txt"]
    assert [(failure.path, failure.reason) for failure in failures] == [
        ("lost.txt", "cannot be opened: No such file or directory"),
        ("pipe.txt", "is a pipe or a device, and no file; save what it gives to one"),
        ("locked", "cannot be opened: Permission denied"),
        ("up", "is a link to a folder above it, which is not followed"),
    ]
    assert find_sources([tmp_path / "in" / "locked"]) == (
        [],
        [Failure("locked", "find", "cannot be opened: Permission denied")],
    )


LABELS = {"document_id": "a", "text": TEXT, "prob_toll": 0.5, "toll": True, "model": "m", "codebook": "c"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A document among what framecls wrote, and a table that only looks a little like it."""
    touch(tmp_path / "a.txt")
    touch(tmp_path / "table.jsonl", json.dumps({"text": TEXT, "prob_toll": 0.5, "model": "m"}) + "\n")
    touch(tmp_path / "labels.jsonl", json.dumps(LABELS | {"prob_toll": None}) + "\n")
    touch(tmp_path / "labels.csv", f"{','.join(LABELS)}\n{','.join(map(str, LABELS.values()))}\n")
    pq.write_table(pa.table({name: [value] for name, value in LABELS.items()}), tmp_path / "labels.parquet")
    judged = {"id": "a#1", "gold_toll": True, "prob_toll": 0.5, "toll": True}
    pq.write_table(pa.table({name: [value] for name, value in judged.items()}), tmp_path / "all.parquet")
    touch(tmp_path / "coded.csv", "document_id,text,annotator,model_annotator,toll,prob_toll\na,It,m,1,1,0.5\n")
    failure = {"path": "a", "stage": "read", "reason": "is empty", "output": "labels.csv"}
    touch(tmp_path / "old" / "errors.jsonl", json.dumps(failure) + "\n")
    touch(tmp_path / "report.html", f'<html><head><meta name="generator" content="framecls 1"></head><p>{TEXT}</html>')
    touch(tmp_path / "zine.html", f'<html><head><meta name="generator" content="Hugo"></head><p>{TEXT}</html>')
    return tmp_path


def test_what_framecls_wrote_is_left_out_and_told(written: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        sources, failures = find_sources([written])
    assert (ids(sources), failures) == (["a.txt", "table.jsonl", "zine.html"], [])
    assert caplog.messages == [
        f"{name}: left out, as framecls wrote it ({what}); name the file to have it read"
        for name, what in [
            ("all.parquet", "an evaluation"),
            ("coded.csv", "an export"),
            ("labels.csv", "labels"),
            ("labels.jsonl", "labels"),
            ("labels.parquet", "labels"),
            ("old/errors.jsonl", "failures"),
            ("report.html", "a page"),
        ]
    ]


def test_what_framecls_wrote_is_read_where_it_is_named(written: Path) -> None:
    assert ids(find_sources([written / "labels.csv", written / "report.html"])[0]) == ["labels.csv", "report.html"]
    assert ids(find_sources([written, written / "labels.csv"])[0]) == [
        "a.txt",
        "labels.csv",
        "table.jsonl",
        "zine.html",
    ]
    with pytest.raises(
        DocumentError, match="old: nothing in here but what framecls wrote; name a file to have it read"
    ):
        find_sources([written / "old"])


def test_each_file_is_taken_once(tmp_path: Path) -> None:
    touch(tmp_path / "a.txt")
    assert ids(find_sources([tmp_path / "a.txt", tmp_path, tmp_path / "." / "a.txt"])[0]) == ["a.txt"]


def test_ids_do_not_depend_on_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "texts" / "a.txt")
    monkeypatch.chdir(tmp_path)
    assert find_sources(["texts"]) == find_sources([tmp_path / "texts"])


def test_hidden_files_are_passed_over_unless_named(tmp_path: Path) -> None:
    for name in ("a.txt", ".b.txt", ".git/c.txt"):
        touch(tmp_path / name)
    assert ids(find_sources([tmp_path])[0]) == ["a.txt"]
    assert ids(find_sources([tmp_path / ".b.txt"])[0]) == [".b.txt"]


@pytest.mark.parametrize(("name", "suffix"), [("photo.JPG", ".JPG"), ("README", "")])
def test_an_unknown_kind_of_file_is_a_failure(tmp_path: Path, name: str, suffix: str) -> None:
    touch(tmp_path / "a.txt")
    touch(tmp_path / name)
    sources, failures = find_sources([tmp_path])
    assert ids(sources) == ["a.txt"]
    known = ".txt .text .md .markdown .html .htm .xhtml .docx .pdf .jsonl .ndjson .csv .tsv .parquet"
    assert failures == [Failure(name, "find", f"unknown kind of file {suffix!r}; expected one of {known}")]


def test_a_missing_path_raises(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"nowhere\.txt: no such file or folder"):
        find_sources([tmp_path, tmp_path / "nowhere.txt"])


def test_inputs_on_several_drives_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt"]
    for path in paths:
        path.parent.mkdir()
        path.write_text("The Board meets.")

    def on_drives(roots: list[Path]) -> str:
        return ntpath.commonpath([f"{drive}:{root}" for drive, root in zip("CD", roots, strict=True)])

    monkeypatch.setattr("framecls.documents.collection.commonpath", on_drives)
    with pytest.raises(DocumentError, match=r"x\.txt: are on several drives; give the inputs of each by themselves"):
        find_sources(paths)


def test_a_folder_with_nothing_raises(tmp_path: Path) -> None:
    touch(tmp_path / ".hidden.txt")
    with pytest.raises(DocumentError, match=f"{tmp_path.name}: no files in here"):
        find_sources([tmp_path])


def test_every_kind_of_document_is_read(tmp_path: Path) -> None:
    touch(tmp_path / "a.txt")
    touch(tmp_path / "b.md")
    touch(tmp_path / "c.htm", f"<html><body><p>{TEXT}</p></body></html>")
    word = docx.Document()
    word.add_paragraph(TEXT)
    word.save(str(tmp_path / "d.docx"))
    canvas = Canvas(str(tmp_path / "e.PDF"))
    canvas.drawString(50, 800, TEXT)
    canvas.save()
    sources, failures = find_sources([tmp_path])
    assert failures == []
    documents = [read(source.path, source.id) for source in sources]
    assert [document.id for document in documents] == ["a.txt", "b.md", "c.htm", "d.docx", "e.PDF"]
    assert [document.text.strip() for document in documents] == [TEXT] * 5
    assert [document.meta["format"] for document in documents] == ["text", "markdown", "html", "docx", "pdf"]


def test_the_id_is_the_file_name_by_default(tmp_path: Path) -> None:
    assert read(str(touch(tmp_path / "accord.txt"))).id == "accord.txt"


def test_a_named_encoding_reaches_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "accord.txt"
    path.write_bytes("Совет собирается.".encode("koi8_r"))
    assert read(path, encoding="koi8_r").text == "Совет собирается."
    assert [
        item.sentence.text
        for item in read_sentences(Source(path, "accord"), encoding="koi8_r")
        if isinstance(item, LocatedSentence)
    ] == ["Совет собирается."]


def test_errors_of_reading_begin_with_the_path(tmp_path: Path) -> None:
    path = touch(tmp_path / "accord.docx", "The Board meets.")
    with pytest.raises(DocumentError, match=r"/accord\.docx: is not a readable Word document"):
        read(path)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.docx", "a.pdf"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError, match=f"{name}: is empty; there is no text to read"):
        read(touch(tmp_path / name, ""))


def test_a_missing_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"nowhere\.txt: cannot be opened: No such file or directory"):
        read(tmp_path / "nowhere.txt")


@pytest.mark.parametrize("name", ["rows.jsonl", "photo.jpg"])
def test_only_documents_are_read_as_documents(tmp_path: Path, name: str) -> None:
    known = ".txt .text .md .markdown .html .htm .xhtml .docx .pdf"
    with pytest.raises(
        DocumentError, match=f"unknown kind of document '.{name.split('.')[1]}'; expected one of {known}"
    ):
        read(touch(tmp_path / name))


def test_sentences_of_a_document_are_numbered(tmp_path: Path) -> None:
    path = touch(tmp_path / "accord.txt")
    assert list(read_sentences(Source(path, "north/accord.txt"))) == [
        LocatedSentence("north/accord.txt", "north/accord.txt#0001", Sentence(0, 16, "The Board meets.")),
        LocatedSentence(
            "north/accord.txt", "north/accord.txt#0002", Sentence(17, 28, "It reports.", before="The Board meets.")
        ),
    ]


def test_a_document_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    path = touch(tmp_path / "accord.pdf", "The Board meets.")
    assert list(read_sentences(Source(path, "accord.pdf"))) == [
        Failure("accord.pdf", "read", "is not a readable PDF (damaged or incomplete); fetch or print it again")
    ]


def test_a_document_without_words_is_a_failure(tmp_path: Path) -> None:
    path = touch(tmp_path / "accord.txt", "12 – 13\n\n§ 4\n")
    assert list(read_sentences(Source(path, "accord.txt"))) == [
        Failure("accord.txt", "segment", "holds no sentence; there are no words in it")
    ]


def test_a_table_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    found = list(read_sentences(Source(tmp_path / "rows.csv", "rows.csv")))
    assert found == [Failure("rows.csv", "read", "cannot be read: No such file or directory")]


def test_a_table_of_documents_is_cut_into_sentences(tmp_path: Path) -> None:
    found = rows(tmp_path / "docs.csv", f"document_id,text\nvella,{TEXT}\nnorland,It ends.\n")
    assert [(i.document_id, i.sentence_id, i.sentence.text) for i in found if isinstance(i, LocatedSentence)] == [
        ("vella", "vella#0001", "The Board meets."),
        ("vella", "vella#0002", "It reports."),
        ("norland", "norland#0001", "It ends."),
    ]
    assert len(found) == 3


@pytest.mark.parametrize("document_id", ["", ',"document_id":""', ',"document_id":null'])
def test_documents_without_an_id_are_counted(tmp_path: Path, document_id: str) -> None:
    found = rows(tmp_path / "docs.jsonl", f'{{"text":"It ends."{document_id}}}\n{{"id":7,"text":"It begins."}}\n')
    assert [(i.document_id, i.sentence_id) for i in found if isinstance(i, LocatedSentence)] == [
        ("docs.jsonl:1", "docs.jsonl:1#0001"),
        ("7", "7#0001"),
    ]


def test_a_table_of_sentences_is_taken_as_it_is(tmp_path: Path) -> None:
    found = rows(
        tmp_path / "coded.jsonl",
        '{"id":"a1","document_id":"a","start":17,"end":45,"text":"It reports. It then decides.","page":2}\n'
        '{"sentence_id":"x","document_id":null,"text":"It ends.","before":"It reports."}\n'
        '{"sentence_id":"y","text":"All is well."}\n',
    )
    assert found == [
        LocatedSentence("a", "a1", Sentence(17, 45, "It reports. It then decides.", page=2)),
        LocatedSentence("coded.jsonl", "x", Sentence(None, None, "It ends.", before="It reports.")),
        LocatedSentence("coded.jsonl", "y", Sentence(None, None, "All is well.")),
    ]


def test_the_kind_of_a_table_can_be_told(tmp_path: Path) -> None:
    content = f'{{"id":"a","document_id":"d","text":"{TEXT}"}}\n'
    assert rows(tmp_path / "t.jsonl", content, table="sentences") == [
        LocatedSentence("d", "a", Sentence(None, None, TEXT))
    ]
    cut = rows(tmp_path / "t.jsonl", content, table="documents")
    assert [i.sentence_id for i in cut if isinstance(i, LocatedSentence)] == ["d#0001", "d#0002"]


def test_the_text_may_stand_in_another_column(tmp_path: Path) -> None:
    found = rows(tmp_path / "t.csv", "id,text,body\na,Not this.,It ends.\n", text_column="body")
    assert [i.sentence.text for i in found if isinstance(i, LocatedSentence)] == ["It ends."]


def test_a_missing_text_column_is_one_failure_of_a_table_with_a_header(tmp_path: Path) -> None:
    reason = "no column 'text'; it has id, body (name the right one with --text-column)"
    assert rows(tmp_path / "t.csv", "id,body\na,It ends.\nb,It ends.\n") == [Failure("t.csv", "read", reason)]
    line = '{"id": "a", "body": "It ends."}\n'
    assert rows(tmp_path / "t.jsonl", line * 2) == [
        Failure(f"t.jsonl: line {number}", "read", reason) for number in (1, 2)
    ]


def test_a_table_that_cannot_be_read_on_says_how_much_of_it_was(tmp_path: Path) -> None:
    (first, failure) = rows(tmp_path / "t.csv", 'id,text\na,It ends.\nb,"It "ends"."\nc,It ends.\n')
    assert isinstance(first, LocatedSentence)
    assert first.document_id == "a"
    assert failure == Failure(
        "t.csv",
        "read",
        "line 3: is not valid CSV: ',' expected after '\"'; only its first row was read, and nothing from there on",
    )


def test_a_cell_of_a_table_holds_text_or_nothing(tmp_path: Path) -> None:
    found = rows(
        tmp_path / "t.jsonl", '{"text": ["It ends."]}\n{"text": {"body": "It"}}\n{"text": true}\n{"text": NaN}\n'
    )
    assert [item.reason for item in found if isinstance(item, Failure)] == [
        "column 'text' must hold text, found list",
        "column 'text' must hold text, found dict",
        "column 'text' must hold text, found bool",
        "is empty; there is no text to read",
    ]


def test_rows_of_one_table_are_of_one_kind(tmp_path: Path) -> None:
    found = rows(tmp_path / "t.csv", f"sentence_id,document_id,text\na#1,a,{TEXT}\n,a,{TEXT}\n")
    assert [item.sentence_id for item in found if isinstance(item, LocatedSentence)] == ["a#1", "t.csv:2"]


def test_tables_may_have_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("id;text\na;Le comité finit.\n".encode("cp1252"))
    source = Source(tmp_path / "t.csv", "t.csv")
    for found in (read_sentences(source, encoding="cp1252"), read_documents(source, encoding="cp1252")):
        (item,) = found
        assert not isinstance(item, Failure)
        assert (item.text if isinstance(item, Document) else item.sentence.text) == "Le comité finit."


def test_rows_that_cannot_be_used_are_failures_and_the_others_are_read(tmp_path: Path) -> None:
    found = rows(
        tmp_path / "t.jsonl",
        '{"id" "a"}\n{"id":"b","text":" "}\n{"id":"c","text":null}\n{"id":"d","text":"12."}\n'
        '{"sentence_id":"e","text":"It ends.","start":"x"}\n{"id":"f","text":"It ends."}\n',
    )
    assert [(i.path, i.stage, i.reason) for i in found if isinstance(i, Failure)] == [
        ("t.jsonl: line 1", "read", "is not valid JSON: Expecting ':' delimiter: line 1 column 7 (char 6)"),
        ("t.jsonl: line 2", "read", "is empty; there is no text to read"),
        ("t.jsonl: line 3", "read", "is empty; there is no text to read"),
        ("t.jsonl: line 4", "segment", "holds no sentence; there are no words in it"),
        ("t.jsonl: line 5", "read", "column 'start' must be a whole number, found 'x'"),
    ]
    assert [i.sentence_id for i in found if isinstance(i, LocatedSentence)] == ["f#0001"]


def test_duplicate_ids_are_failures(tmp_path: Path) -> None:
    documents = rows(tmp_path / "t.csv", "id,text\na,It ends.\na,It begins.\n")
    assert documents[1:] == [
        Failure(
            "t.csv: line 3",
            "read",
            "duplicate document id 'a'; make ids unique; if its rows are sentences, say --table sentences",
        )
    ]
    coded = rows(tmp_path / "t.csv", "sentence_id,text\na,It ends.\na,It begins.\n")
    assert coded[1:] == [Failure("t.csv: line 3", "read", "duplicate sentence id 'a'; make ids unique")]


@pytest.mark.parametrize(("name", "content"), [("t.csv", "id,text\n"), ("t.jsonl", "\n")])
def test_a_table_without_rows_is_a_failure(tmp_path: Path, name: str, content: str) -> None:
    assert rows(tmp_path / name, content) == [Failure(name, "read", "is empty; there are no rows to read")]


def test_gzipped_and_parquet_tables_are_found_and_read(tmp_path: Path) -> None:
    (tmp_path / "A.CSV.GZ").write_bytes(gzip.compress(b"id,text\na,It ends.\n"))
    pq.write_table(pa.table({"id": ["b"], "text": ["It begins."]}), tmp_path / "b.parquet")
    sources, failures = find_sources([tmp_path])
    found = [item for source in sources for item in read_sentences(source)]
    assert failures == []
    assert [i.sentence.text for i in found if isinstance(i, LocatedSentence)] == ["It ends.", "It begins."]


def test_patterns_are_resolved_here(tmp_path: Path) -> None:
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt", "sub/d.md", ".git/e.txt", "sub/~$f.txt"):
        touch(tmp_path / name)
    assert ids(find_sources([tmp_path / "**" / "*.txt"])[0]) == ["a.txt", "sub/b.txt", "sub/deep/c.txt"]
    assert ids(find_sources([str(tmp_path / "s*")])[0]) == ["sub/b.txt", "sub/d.md", "sub/deep/c.txt"]
    with pytest.raises(DocumentError, match=r"\*\.pdf: no file fits this pattern"):
        find_sources([tmp_path / "*.pdf"])


def test_a_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    touch(tmp_path / "a[1].txt")
    assert ids(find_sources([tmp_path / "a[1].txt"])[0]) == ["a[1].txt"]


@pytest.mark.parametrize("name", ["a.zip", "a.txt.gz", "a.tar.GZ", "a.7z"])
def test_an_archive_is_one_failure(tmp_path: Path, name: str) -> None:
    touch(tmp_path / name)
    assert find_sources([tmp_path])[1] == [
        Failure(name, "find", "is an archive, which is not opened; unpack it, and name the folder")
    ]


def test_json_nested_without_end_is_a_failure_of_its_row(tmp_path: Path) -> None:
    found = rows(tmp_path / "t.jsonl", '{"text": ' + "[" * 100_000 + '\n{"id": "b", "text": "It ends."}\n')
    assert found[0] == Failure("t.jsonl: line 1", "read", "is not valid JSON: nested too deep")
    assert isinstance(found[1], LocatedSentence)


def test_ids_that_have_been_seen() -> None:
    seen = Seen()
    assert all(seen.add(f"d{number}") for number in range(5000))
    assert not any(seen.add(f"d{number}") for number in range(5000))
    assert len(seen) == 5000
