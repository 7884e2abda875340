"""Labels and corpora out, projects in, and a model's codings into the project people work in."""

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from framecls.cli import app
from framecls.codebook import Codebook
from framecls.corpus import AnnotatedSentence, Corpus
from framecls.corpus.interchange import FORMATS, export_project, import_project, write_imported
from framecls.corpus.interchange.formats import Format, find_format, format_to_write
from framecls.corpus.interchange.project import Project
from framecls.corpus.interchange.refi import read_qdpx
from framecls.corpus.interchange.reporting import report_markdown
from framecls.corpus.writing import write_corpus
from framecls.errors import ConfigError, CorpusError
from framecls.labelling import label
from framecls.model import FrameClassifier
from tests.corpus.builders import coded, small_codebook, small_corpus
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

ROOT = Path(__file__).parents[3]
TEXT = (
    "Notice\r\n\r\nA toll is asked of every ship. The quay is long and grey. 𝕏 marks it.\r\n"
    "A pilot is sent to every ship. Ships lie at anchor today."
)
WHO = "framecls harbour"


def found(project: Project) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Give document, words, names of codes and annotator of each selection."""
    texts, names = project.texts(), {code.id: code.name for code in project.codes}
    return [
        (s.document, texts[s.document][s.start : s.end], tuple(names[code] for code in s.codes), s.annotator)
        for s in project.selections
    ]


@pytest.fixture(scope="module")
def labelled(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Labels of a text and of a table, and the folder of the documents."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "notice.txt").write_bytes(TEXT.encode())
    (folder / "more.jsonl").write_text(
        json.dumps({"document_id": "row", "text": "The toll is raised on Monday."}) + "\n"
    )
    labels = tmp_path_factory.mktemp("labels") / "labels.parquet"
    label([folder], FrameClassifier.load(model_path, device="cpu"), labels)
    return labels, folder


def rows(labels: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(labels).to_pylist())


def test_labels_become_a_project(labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path) -> None:
    labels, folder = labelled
    done = export_project(labels, tmp_path / "p.qdpx", codebook, documents=[folder], name="Harbours")
    expected = [row for row in rows(labels) if row["frames"]]
    assert {frame for row in expected for frame in row["frames"]} == {"toll", "pilot"}
    assert (done.selections, done.documents, done.problems) == (len(expected), 2, ())
    back = read_qdpx(tmp_path / "p.qdpx").project
    assert back.name == "Harbours"
    assert back.annotators == (WHO,)
    assert back.models == {WHO}
    assert back.completed == {(WHO, "notice.txt"), (WHO, "row")}
    assert sorted(found(back)) == sorted(
        (row["document_id"], row["text"], tuple(f.capitalize() for f in ("toll", "pilot") if f in row["frames"]), WHO)
        for row in expected
    )
    chances = {s.start: s.probabilities for s in back.selections if s.document == "notice.txt"}
    for row in expected:
        if row["document_id"] == "notice.txt":
            given = [row[f"prob_{frame}"] for frame in ("toll", "pilot") if frame in row["frames"]]
            assert chances[row["start"]] == pytest.approx(given, abs=1e-4)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_labels_of_every_kind(suffix: str, model_path: Path, codebook: Codebook, tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_bytes(TEXT.encode())
    labels = tmp_path / f"labels{suffix}"
    label([tmp_path / "notice.txt"], FrameClassifier.load(model_path, device="cpu"), labels, text=False)
    done = export_project(labels, tmp_path / "p.qdpx", codebook, documents=[tmp_path / "notice.txt"])
    assert done.problems == ()
    assert ("notice.txt", "A toll is asked of every ship.", ("Toll",), WHO) in found(
        read_qdpx(tmp_path / "p.qdpx").project
    )


def test_labels_without_probabilities(labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path) -> None:
    labels, folder = labelled
    lines = [{key: value for key, value in row.items() if not key.startswith("prob_")} for row in rows(labels)]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = export_project(tmp_path / "labels.jsonl", tmp_path / "p.qdpx", codebook, documents=[folder])
    back = read_qdpx(tmp_path / "p.qdpx").project
    assert len(back.selections) == done.selections > 0
    assert {selection.probabilities for selection in back.selections} == {()}


def test_labels_that_a_spreadsheet_saved(labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path) -> None:
    labels, folder = labelled
    expected = export_project(labels, tmp_path / "p.qdpx", codebook, documents=[folder]).selections
    assert expected > 0

    def saved(yes: str, no: str) -> Path:
        lines = [row | {frame: yes if row[frame] else no for frame in codebook.frames} for row in rows(labels)]
        (tmp_path / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return tmp_path / "labels.jsonl"

    for yes, no in (("1.0", "0.0"), ("yes", "no"), ("TRUE", "FALSE")):
        again = export_project(saved(yes, no), tmp_path / "q.qdpx", codebook, documents=[folder])
        assert (again.selections, again.problems) == (expected, ())
    with pytest.raises(CorpusError, match=r"labels\.jsonl: sentence '.*': column '.*' must be 1 or 0, .* found 'x'"):
        export_project(saved("x", ""), tmp_path / "r.qdpx", codebook, documents=[folder])


def test_labels_whose_documents_changed_are_left_out(
    labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path
) -> None:
    labels, _ = labelled
    changed = tmp_path / "documents"
    changed.mkdir()
    (changed / "notice.txt").write_bytes(TEXT[:80].replace("every", "each ").encode())
    (changed / "more.txt").write_text("")
    done = export_project(labels, tmp_path / "p.qdpx", codebook, documents=[changed])
    reasons = [problem.reason for problem in done.problems]
    assert any("where the label has another sentence; give the very files" in reason for reason in reasons)
    assert any("and the document has 80 characters; give the very files" in reason for reason in reasons)
    assert any("document 'row' is not among --documents; 1 sentences were left out" in reason for reason in reasons)
    assert "is empty; there is no text to read" in reasons
    assert read_qdpx(tmp_path / "p.qdpx").project.completed == frozenset()


def test_labels_that_cannot_be_used(labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path) -> None:
    labels, folder = labelled
    output = tmp_path / "p.qdpx"
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "other.jsonl").write_text('{"model": "m", "document_id": "d"}\n')
    for path, documents, book, message in (
        (labels, [], codebook, "labels have no text of documents; give what was labelled with --documents"),
        (tmp_path / "no.parquet", [folder], codebook, "no.parquet: no such file or folder; give labels"),
        (tmp_path / "other.jsonl", [folder], codebook, "no column 'sentence_id'; expected labels of 'framecls label'"),
        (labels, [folder], codebook.model_copy(update={"version": "2"}), "labelled by another codebook; give the"),
    ):
        with pytest.raises(CorpusError, match=re.escape(message)):
            export_project(path, output, book, documents=documents)
    assert not output.exists()


def test_a_corpus_goes_out_and_comes_back(tmp_path: Path) -> None:
    book = small_codebook("carry", "gain")
    text = "The delegates met. They carry the cost. Both isles gain by it."
    spans = {"d#0001": (0, 18), "d#0002": (19, 39), "d#0003": (40, 62)}
    codings: dict[str, tuple[AnnotatedSentence, ...]] = {}
    for id, by_ann, by_ben in (
        ("d#0001", (), ()),
        ("d#0002", ("carry",), ("carry", "gain")),
        ("d#0003", (), ("gain",)),
    ):
        start, end = spans[id]
        facts: dict[str, Any] = {"document": "d", "text": text[start:end], "start": start, "end": end}
        codings[id] = (
            coded(id, *by_ann, annotator="Ann", codes=("own",) if by_ann else (), **facts),
            coded(id, *by_ben, annotator="Ben", note="sure" if by_ben else "", **facts),
        )
    folder = tmp_path / "corpus"
    corpus = small_corpus(*(pair[0] for pair in codings.values()), codebook=book, texts={"d": text})
    write_corpus(Corpus(book, corpus.sentences, corpus.documents, codings), folder)
    done = export_project(folder, tmp_path / "p.qdpx", book)
    assert (done.selections, done.documents, done.problems) == (3, 1, ())
    back = import_project(tmp_path / "p.qdpx", book)
    assert back.report.complete
    assert back.report.annotators == {"Ann": 3, "Ben": 3}
    for id, pair in codings.items():
        assert [(c.annotator, c.frames, c.codes, c.note, c.start, c.end) for c in back.corpus.codings[id]] == [
            (c.annotator, c.frames, c.codes, c.note, c.start, c.end) for c in pair
        ]


def test_a_corpus_without_its_texts_is_put_together_from_sentences(tmp_path: Path) -> None:
    book = small_codebook("carry", "gain")
    sentences = [coded("a", "carry"), coded("b"), coded("c", "gain", document="d2")]
    write_corpus(small_corpus(*sentences, AnnotatedSentence("e", "d2", "Not read.", None)), tmp_path / "corpus")
    export_project(tmp_path / "corpus" / "sentences.jsonl", tmp_path / "p.qdpx", book)
    back = read_qdpx(tmp_path / "p.qdpx").project
    assert back.texts() == {
        "d1": f"{sentences[0].text}\n\n{sentences[1].text}",
        "d2": f"{sentences[2].text}\n\nNot read.",
    }
    assert found(back) == [
        ("d1", sentences[0].text, ("Carry",), "coder"),
        ("d2", sentences[2].text, ("Gain",), "coder"),
    ]
    assert back.completed == {("coder", "d1")}
    wrong = small_corpus(coded("a", "carry", start=1, end=5), texts={"d1": "Something else."})
    write_corpus(wrong, tmp_path / "wrong")
    with pytest.raises(CorpusError, match="sentence 'a' does not stand at 1 to 5 of document 'd1'"):
        export_project(tmp_path / "wrong", tmp_path / "p.qdpx", book)


#: The extra a format needs.
READERS = {"x.xmi.zip": "cassis", "x.xlsx": "openpyxl"}


@pytest.mark.parametrize(
    "name", ["x.qdpx", "x.xmi.zip", "x.json", "x.jsonld", "x.zip", "x.sentences.json", "x.csv", "x.xlsx"]
)
def test_what_nobody_read_carries_nothing_when_it_comes_back(name: str, tmp_path: Path) -> None:
    if name in READERS:
        pytest.importorskip(READERS[name])
    book = small_codebook("carry", "gain")
    text = "The delegates met. They carry the cost. Both isles gain by it. The sun was out. They went home."
    words = ("The delegates met.", "They carry the cost.", "Both isles gain by it.")
    facts: list[dict[str, Any]] = [
        {"text": one, "document": "d", "start": text.index(one), "end": text.index(one) + len(one)} for one in words
    ]
    # The corpus has three of five sentences; Ann has coded them all, and Ben two.
    codings: dict[str, tuple[AnnotatedSentence, ...]] = {
        "d#1": (coded("d#1", annotator="Ann", **facts[0]), coded("d#1", annotator="Ben", **facts[0])),
        "d#2": (coded("d#2", "carry", annotator="Ann", **facts[1]), coded("d#2", annotator="Ben", **facts[1])),
        "d#3": (coded("d#3", annotator="Ann", **facts[2]),),
    }
    corpus = small_corpus(*(of_id[0] for of_id in codings.values()), codebook=book, texts={"d": text})
    write_corpus(Corpus(book, corpus.sentences, corpus.documents, codings), tmp_path / "corpus")
    format = "doccano" if name == "x.zip" else None
    export_project(tmp_path / "corpus", tmp_path / name, book, format=format)
    back = import_project(tmp_path / name, book)
    assert back.report.complete
    assert [
        [(c.annotator, c.text, c.frames) for c in back.corpus.codings[sentence.id]]
        for sentence in back.corpus.sentences
    ] == [[(c.annotator, c.text, c.frames) for c in of_id] for of_id in codings.values()]
    everything = import_project(tmp_path / "x.qdpx", book, coded_all=True) if name == "x.qdpx" else None
    assert everything is None or everything.report.annotators == {"Ann": 5, "Ben": 5}


def test_a_document_is_read_in_full_where_all_of_its_sentences_are_coded(tmp_path: Path) -> None:
    text = "The delegates met. They carry the cost."
    sentences = [coded("a", text=text[:18], start=0, end=18), coded("b", "carry", text=text[19:], start=19, end=39)]
    for count, completed in ((2, {("coder", "d1")}), (1, set())):
        write_corpus(small_corpus(*sentences[:count], texts={"d1": text}), tmp_path / str(count))
        export_project(tmp_path / str(count), tmp_path / "p.qdpx", small_codebook())
        back = read_qdpx(tmp_path / "p.qdpx").project
        assert back.completed == completed
        assert [selection.codes == () for selection in back.selections] == [not completed]


def merged(
    labelled: tuple[Path, Path], codebook: Codebook, target: Path, output: Path, mapping: Path | None = None
) -> tuple[Project, Any]:
    labels, folder = labelled
    done = export_project(labels, output, codebook, documents=[folder], into=target, mapping=mapping)
    return read_qdpx(output).project, done


def test_a_model_joins_the_coders_of_a_project(labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path) -> None:
    held = TEXT.replace("\r\n", "\n")
    quote = "The quay is long and grey"
    start = held.index(quote)
    content = project(
        "<!-- kept -->",
        users("Ann"),
        codes("Money", "Depth"),
        "<Sources>",
        text_source(
            "notice",
            "<Description>From the board.</Description>",
            selection(start, start + len(quote), coding("Depth"), name=quote),
            coding("Money"),
        ),
        f"<PictureSource guid='{guid('map')}' path='internal://map.png'/>",
        "</Sources>",
    )
    files = {f"sources/{guid('notice')}.txt": TEXT.encode(), "sources/map.png": bytes(range(256))}
    target = archive(tmp_path / "team.qdpx", content, files, project="Team.qde")
    before = target.read_bytes()
    mapping = tmp_path / "m.toml"
    mapping.write_text("Money = 'toll'\nDepth = 'ignore'\n")
    back, done = merged(labelled, codebook, target, tmp_path / "out.qdpx", mapping)
    assert target.read_bytes() == before
    expected = [row for row in rows(labelled[0]) if row["frames"] and row["document_id"] == "notice.txt"]
    assert (done.selections, done.documents) == (len(expected), 1)
    assert [problem.reason for problem in done.problems] == [
        "document 'row' is no plain text of the project, by its words or its name; 1 selections were not written"
    ]
    assert back.annotators == ("Ann", WHO)
    titles = {"toll": "Money", "pilot": "Pilot"}
    assert [row for row in found(back) if row[3] == WHO] == [
        ("notice", row["text"], tuple(titles[f] for f in ("toll", "pilot") if f in row["frames"]), WHO)
        for row in expected
    ]
    assert [row[1:] for row in found(back) if row[3] == "Ann"] == [
        (TEXT, ("Money",), "Ann"),
        (quote, ("Depth",), "Ann"),
    ]
    with zipfile.ZipFile(tmp_path / "out.qdpx") as zipped:
        assert zipped.namelist() == ["Team.qde", *files]
        assert {name: zipped.read(name) for name in files} == files
        xml = zipped.read("Team.qde").decode()
    assert "<!-- kept -->" in xml
    # The project counts a line end as one, and so do the positions that were added.
    assert f'startPosition="{held.index("A toll")}"' in xml

    assert back.completed == {(WHO, "notice")}

    again, _ = merged(labelled, codebook, tmp_path / "out.qdpx", tmp_path / "again.qdpx", mapping)
    assert (found(again), again.codes) == (found(back), back.codes)
    assert (again.annotators, again.completed) == (back.annotators, back.completed)

    # Another tool gives users and codes GUIDs in its own spelling, and names who coded in the codings alone.
    with zipfile.ZipFile(tmp_path / "out.qdpx") as zipped:
        xml = zipped.read("Team.qde").decode()
    (mine,) = re.findall(f'<User guid="([^"]+)" name="{WHO}"', xml)
    xml = re.sub(f'(<PlainTextSelection[^>]*) creatingUser="{mine}"', r"\1", xml).replace(mine, guid("renamed"))
    xml = xml.replace(guid("Money"), f"{{{guid('Money').upper()}}}")
    tossed = archive(tmp_path / "tossed.qdpx", xml, files, project="Team.qde")
    third, _ = merged(labelled, codebook, tossed, tmp_path / "third.qdpx", mapping)
    assert (found(third), third.annotators) == (found(back), back.annotators)
    with zipfile.ZipFile(tmp_path / "third.qdpx") as zipped:
        assert guid("Money") not in zipped.read("Team.qde").decode()


def test_a_text_that_differs_takes_codings_by_their_words(
    labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path
) -> None:
    shorter = TEXT.replace("\r\n", " ").replace("A pilot is sent to every ship. ", "")
    path = archive(
        tmp_path / "t.qdpx",
        project(f"<Sources>{text_source('notice')}</Sources>", origin="Other"),
        {f"sources/{guid('notice')}.txt": shorter},
    )
    back, done = merged(labelled, codebook, path, tmp_path / "out.qdpx")
    assert ("notice", "A toll is asked of every ship.", ("Toll",), WHO) in found(back)
    assert any("its words do not stand in the text" in problem.reason for problem in done.problems)
    assert not back.completed
    assert back.partial == {(WHO, "notice")}


def test_a_document_in_which_the_model_found_nothing_was_read(
    labelled: tuple[Path, Path], model_path: Path, codebook: Codebook, tmp_path: Path
) -> None:
    words = next(row["text"] for row in rows(labelled[0]) if not row["frames"])
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "empty.txt").write_text(words)
    label([tmp_path / "documents"], model_path, tmp_path / "labels.parquet")
    path = archive(
        tmp_path / "t.qdpx",
        project(f"<Sources>{text_source('empty')}</Sources>", origin="Other"),
        {f"sources/{guid('empty')}.txt": words},
    )
    found = tmp_path / "labels.parquet", tmp_path / "documents"
    back, done = merged(found, codebook, path, tmp_path / "out.qdpx")
    assert (done.selections, back.annotators) == (0, (WHO,))
    assert back.completed == {(WHO, "empty")}


def test_what_cannot_be_merged(labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path) -> None:
    target = simple(tmp_path / "t.qdpx", TEXT)
    with pytest.raises(CorpusError, match="is the project that is merged into; give --output another name"):
        merged(labelled, codebook, target, target)
    with pytest.raises(CorpusError, match="holds codings of people; --into adds labels of a model"):
        export_project(labelled[1], tmp_path / "out.qdpx", codebook, into=target)
    notice: dict[str, str | bytes] = {f"sources/{guid('notice')}.txt": TEXT, "sources/map.png": bytes(range(256)) * 9}
    whole = archive(tmp_path / "w.qdpx", project(f"<Sources>{text_source('notice')}</Sources>"), notice)
    content = bytearray(whole.read_bytes())
    spot = content.index(b"sources/map.png") + 25
    content[spot : spot + 20] = bytes(20)
    whole.write_bytes(content)
    with pytest.raises(CorpusError, match=r"w\.qdpx: entry 'sources/map\.png' is damaged .*; export the project again"):
        merged(labelled, codebook, whole, tmp_path / "out.qdpx")
    broken = archive(tmp_path / "b.qdpx", "<Project name='p'><Users>")
    with pytest.raises(CorpusError, match="cannot be written into: it is broken or damaged"):
        merged(labelled, codebook, broken, tmp_path / "out.qdpx")
    assert not (tmp_path / "out.qdpx").exists()


def test_formats_are_told_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = simple(tmp_path / "renamed.zip", TEXT)
    assert find_format(path).name == "qdpx"
    assert find_format(path, "qdpx") is FORMATS["qdpx"]
    assert format_to_write(tmp_path / "X.QDPX").name == "qdpx"
    (tmp_path / "x.txt").write_text("x")
    (tmp_path / "blank.json").touch()
    calls: list[tuple[Callable[[], Format], str]] = [
        (lambda: find_format(tmp_path / "no.qdpx"), "no such file; give the file that your tool exported"),
        (lambda: find_format(tmp_path), "is a folder; give the file that your tool exported"),
        (lambda: find_format(tmp_path / "blank.json"), "blank.json: is empty; export it again"),
        (lambda: format_to_write(tmp_path, "csv"), "is a folder; give the name of the file to write"),
        (lambda: find_format(tmp_path / "x.txt"), "its format is not recognised; name it with --format (qdpx"),
        (lambda: find_format(path, "sav"), "unknown format 'sav'; expected one of qdpx"),
        (lambda: format_to_write(tmp_path / "x.txt"), "its name does not tell the format; name it with --format (qdpx"),
    ]
    for call, message in calls:
        with pytest.raises(CorpusError) as error:
            call()
        assert message in str(error.value)
    halves = {"qdpx": Format("qdpx", "Half", ".qdpx", lambda path: True, None, None)}
    monkeypatch.setattr("framecls.corpus.interchange.formats.FORMATS", halves)
    with pytest.raises(CorpusError, match="Half is only written, not read"):
        import_project(path, small_codebook())
    with pytest.raises(CorpusError, match="Half is only read, not written"):
        export_project(path, tmp_path / "x.qdpx", small_codebook())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.qdpx", b"no zip", "x.qdpx: is not a readable .qdpx archive"),
        ("x.jsonl", '{"text": "é"}'.encode("latin-1"), "x.jsonl: byte 10 is not UTF-8; export it again"),
        (
            "x.jsonl",
            b"one\ntwo\n",
            "x.jsonl: line 1: is no JSON: Expecting value: line 1 column 1 (char 0), nor is any",
        ),
        ("x.csv", b"place,words\n1,A toll.\n", "x.csv: needs columns 'sentence_id' and 'text', found place, words"),
        ("x.jsonld", b"{", "x.jsonld: is no JSON"),
        ("x.json", b'[{"data": {"text": "\xe9"}}]', "x.json: byte 20 is not UTF-8; export it again"),
        ("x.json", b"null", "x.json: its format is not recognised; name it with --format"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_says_so(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError) as error:
        import_project(tmp_path / name, small_codebook())
    assert message in str(error.value)


def test_only_a_project_can_be_added_to(
    labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Format("other", "Other", ".oth", lambda path: False, None, lambda project, path: None)
    monkeypatch.setattr("framecls.corpus.interchange.formats.FORMATS", {"other": other})
    labels, folder = labelled
    with pytest.raises(CorpusError, match="can be added to with --into"):
        export_project(labels, tmp_path / "x.oth", codebook, documents=[folder], into=simple(tmp_path / "t.qdpx", TEXT))


def test_what_is_read_is_not_replaced(labelled: tuple[Path, Path], codebook: Codebook, tmp_path: Path) -> None:
    (tmp_path / "speech.txt").write_bytes(TEXT.encode())
    (tmp_path / "m.toml").write_text('"*" = "ignore"')
    write_corpus(small_corpus(coded("a", "carry")), tmp_path / "corpus")
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows(labelled[0])))
    mapping = {"mapping": tmp_path / "m.toml", "into": simple(tmp_path / "t.qdpx", TEXT)}
    calls: list[tuple[Path, Path, dict[str, Any]]] = [
        (labels, tmp_path / "speech.txt", {"format": "doccano"}),
        (labels, labels, {"format": "doccano"}),
        (labels, tmp_path / "m.toml", {"format": "qdpx", **mapping}),
        (tmp_path / "corpus", tmp_path / "corpus" / "sentences.jsonl", {"format": "doccano"}),
    ]
    for coded_, output, more in calls:
        before = output.read_bytes()
        with pytest.raises(ConfigError, match=f"{output.name}: is what is read; give --output another name"):
            export_project(coded_, output, codebook, documents=[tmp_path / "speech.txt"], **more)
        assert output.read_bytes() == before
    # What an export left in a corpus' folder is not read with it.
    for _ in range(2):
        assert export_project(tmp_path / "corpus", tmp_path / "corpus" / "out.qdpx", small_codebook()).selections == 1
    row = {"id": 1, "text": "Ships pay.", "label": [[0, 5, "toll"]]}
    path = tmp_path / "corpus" / "sentences.jsonl"
    path.write_text(json.dumps(row))
    imported = import_project(path, codebook)
    with pytest.raises(ConfigError, match=r"sentences\.jsonl: is what is read; give --output another name"):
        write_imported(imported, tmp_path / "corpus")
    assert json.loads(path.read_text()) == row


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def framecls(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command line, in this process: every new one would import scikit-learn again."""

    def run(*arguments: str | Path) -> Done:
        with pytest.raises(SystemExit) as stop:
            app([*map(str, arguments)])
        code = stop.value.code
        streams = capsys.readouterr()
        return Done(code if isinstance(code, int) else 0, streams.out, streams.err)

    return run


def test_the_command_line_from_a_project_to_a_corpus(
    framecls: Callable[..., Done], codebook_path: Path, tmp_path: Path
) -> None:
    lines = [
        selection(10, 39, coding("Money"), name="A toll is asked of every ship"),
        selection(4, 900, coding("Money")),
    ]
    content = project(
        users("Ann"), codes("Money"), f"<Sources>{text_source('notice', *lines)}</Sources>", origin="Other"
    )
    path = archive(tmp_path / "team.qdpx", content, {f"sources/{guid('notice')}.txt": TEXT})
    output = tmp_path / "corpus"
    refused = framecls("corpus", "import", path, "--output", output, "--codebook", codebook_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "1 code is no frame of the codebook: 'Money'" in refused.stderr
    table = output / "mapping.csv"
    assert f"{table} is one to fill in" in refused.stderr
    table.write_text(table.read_text(encoding="utf-8-sig").replace("Money,,", "Money,toll,"), encoding="utf-8")
    done = framecls("corpus", "import", path, "--output", output, "--codebook", codebook_path, "--mapping", table)
    assert done.returncode == 1, done.stderr
    assert "1 selection placed, 0 of them moved, 1 lost." in done.stdout
    assert "| Money | toll |" in done.stdout
    assert "its range 4 to 900 leaves the text" in done.stdout
    corpus = Corpus.read(output, Codebook.read(codebook_path))
    assert [s.text for s in corpus.sentences if s.frames] == ["A toll is asked of every ship."]
    assert json.loads((output / "report.json").read_text())["lost"][0]["reason"].startswith("its range 4 to 900")

    table.write_text("code,frame\nMoney,ignore\n")
    nothing = framecls(
        "corpus", "import", path, "--output", tmp_path / "n", "--codebook", codebook_path, "--mapping", table
    )
    assert nothing.returncode == 1
    assert "no sentence is coded with a frame of" in nothing.stderr
    assert json.loads((tmp_path / "n" / "uncoded.jsonl").read_text())["text"] == TEXT


def test_the_command_line_from_labels_and_codebooks(
    framecls: Callable[..., Done], labelled: tuple[Path, Path], codebook_path: Path, tmp_path: Path
) -> None:
    labels, folder = labelled
    shared = ["--codebook", codebook_path, "--documents", folder]
    done = framecls("corpus", "export", labels, "--output", tmp_path / "p.qdpx", *shared)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"{tmp_path / 'p.qdpx'}: " in done.stderr
    back = framecls(
        "corpus", "import", tmp_path / "p.qdpx", "--models", "--output", tmp_path / "c", "--codebook", codebook_path
    )
    assert back.returncode == 0, back.stderr
    assert (
        back.stderr == f"{tmp_path / 'c'}: {len(Corpus.read(tmp_path / 'c', Codebook.read(codebook_path)))} sentences\n"
    )
    refused = framecls("corpus", "import", tmp_path / "p.qdpx", "--output", labels, "--codebook", codebook_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"framecls: {labels}: is a file; --output names a folder\n"
    no_book = framecls("corpus", "export", labels, "--output", tmp_path / "x.qdc")
    assert no_book.returncode == 1
    assert f"a .qdc file holds a codebook alone, and {labels} is none; give a codebook.toml" in no_book.stderr
    assert f"| {WHO} |" in back.stdout

    book = tmp_path / "frames.qdc"
    written = framecls("corpus", "export", codebook_path, "--output", book)
    assert (written.returncode, written.stdout.strip()) == (0, str(book)), written.stderr
    read = framecls("corpus", "import", book, "--output", tmp_path / "book")
    assert (read.returncode, read.stdout.strip()) == (0, str(tmp_path / "book" / "codebook.toml")), read.stderr
    assert Codebook.read(tmp_path / "book" / "codebook.toml").frames == ("toll", "pilot")
    twice = framecls("corpus", "import", book, "--output", tmp_path / "book")
    assert twice.returncode == 1
    assert "codebook.toml: is there already; give another folder, or remove it" in twice.stderr


def test_a_long_report_is_cut_short(tmp_path: Path, codebook: Codebook) -> None:
    lines = [selection(900 + number, 950, coding("toll")) for number in range(30)]
    moved = [selection(3, 9, coding("pilot"), name="A pilot is sent to every ship")]
    path = simple(tmp_path / "x.qdpx", TEXT, *lines, *moved)
    imported = import_project(path, codebook)
    page = report_markdown(imported.report)
    assert "- … and 10 more, in report.json" in page
    start = TEXT.index("A pilot")
    assert f"3–9 → {start}–{start + 29} “A pilot is sent to every ship”" in page
    write_imported(imported, tmp_path / "out")
    assert len(json.loads((tmp_path / "out" / "report.json").read_text())["lost"]) == 30


@pytest.mark.checkout
def test_the_page_names_options_that_there_are(framecls: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    helps = [
        framecls(*command, "--help").stdout for command in (("corpus", "import"), ("corpus", "export"), ("label",))
    ]
    page = (ROOT / "docs" / "interchange.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z][a-z-]+", page))
    assert options >= {"--mapping", "--into", "--coded-all"}
    assert [option for option in sorted(options) if not any(option in text for text in helps)] == []


def test_help_names_every_format(framecls: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    for command in ("import", "export"):
        (listed,) = re.findall(r"One of ([a-z0-9, -]+)\.", framecls("corpus", command, "--help").stdout)
        assert sorted(listed.split(", ")) == sorted([*FORMATS, "qdc"])


def test_the_one_coder_of_a_project_gets_a_name(codebook: Codebook, tmp_path: Path) -> None:
    path = simple(tmp_path / "a.qdpx", TEXT, selection(10, 39, coding("toll", "Ben")), origin="Other")
    assert import_project(path, codebook, annotator="Cleo").report.annotators == {"Cleo": 6}
    both = simple(tmp_path / "b.qdpx", TEXT, selection(10, 39, coding("toll"), coding("toll", "Ben")))
    with pytest.raises(CorpusError, match="is coded by Ann, Ben; --annotator Cleo names the one coder of a project"):
        import_project(both, codebook, annotator="Cleo")


def test_a_folder_of_sources_has_to_be_one(codebook: Codebook, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere: no such folder; --sources names the one"):
        import_project(simple(tmp_path / "a.qdpx", TEXT), codebook, sources=tmp_path / "nowhere")
