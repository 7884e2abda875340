"""The HTML page of a labelled run."""

import csv
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from framecls.codebook import Codebook
from framecls.errors import ConfigError, FrameclsError
from framecls.labelling import label
from framecls.model import FrameClassifier
from framecls.report import write_report


@pytest.fixture
def labels(classifier: FrameClassifier, tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "Ships lie at anchor today in harbour 1.\n\n"
        "A toll is asked of every ship in harbour 1. The quay is long and grey in harbour 1.\n"
    )
    (folder / "b.txt").write_text("A pilot is sent to <script>every</script> ship.\n")
    return label([folder], classifier, tmp_path / "labels.parquet").output


def read(path: Path) -> LexborHTMLParser:
    return LexborHTMLParser(path.read_text(encoding="utf-8"))


def test_sentences_carry_their_frames_and_probabilities(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    page = read(write_report(labels, tmp_path / "report.html", codebook=codebook))
    found = {node.text(): node.attributes for node in page.css(".s")}
    assert found["A toll is asked of every ship in harbour 1."]["data-f"] == "0"
    assert found["The quay is long and grey in harbour 1."]["data-f"] == ""
    toll, pilot = map(int, (found["A toll is asked of every ship in harbour 1."]["data-p"] or "").split(","))
    assert toll > pilot
    assert [node.text(strip=True) for node in page.css("button[data-frame]")] == ["All frames", "Toll1", "Pilot1"]


def test_counts_by_document(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    page = read(write_report(labels, tmp_path / "report.html", codebook=codebook))
    table = [[cell.text(strip=True) for cell in row.css("td")] for row in page.css("tbody tr")]
    assert table == [["a.txt", "3", "1", "1", "0"], ["b.txt", "1", "1", "0", "1"]]


def test_labels_are_not_overwritten_by_their_page(labels: Path, tmp_path: Path) -> None:
    before = labels.read_bytes()
    with pytest.raises(ConfigError, match=r"labels\.parquet: is what is read; give --output another name"):
        write_report(labels, labels)
    with pytest.raises(ConfigError, match=rf"{tmp_path.name}: is a folder; give the name of a file to write"):
        write_report(labels, tmp_path)
    assert labels.read_bytes() == before


def test_page_says_what_wrote_it(labels: Path, tmp_path: Path) -> None:
    node = read(write_report(labels, tmp_path / "report.html")).css_first("meta[name=generator]")
    assert node is not None
    assert node.attributes["content"] == f"framecls {version('framecls')}"


def test_text_of_documents_is_never_markup(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    content = write_report(labels, tmp_path / "report.html", codebook=codebook).read_text()
    assert "<script>every" not in content
    assert "A pilot is sent to <script>every</script> ship." in read(tmp_path / "report.html").css("article")[1].text()


def test_page_needs_no_network(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    content = write_report(labels, tmp_path / "report.html", codebook=codebook).read_text()
    assert not re.search(r"(?:src|href)=[\"'](?!#)|url\(|@import|https?://", content)


def test_page_says_what_it_leaves_out(labels: Path, tmp_path: Path) -> None:
    page = read(write_report(labels, tmp_path / "report.html", max_sentences=1))
    assert len(page.css("article")) == 1
    assert len(page.css("tbody tr")) == 2
    assert "The texts of the first 1 documents are shown; the counts cover all 2." in page.text()


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_other_formats_give_the_same_page(
    labels: Path, classifier: FrameClassifier, tmp_path: Path, suffix: str
) -> None:
    other = label([tmp_path / "documents"], classifier, tmp_path / f"labels{suffix}").output
    texts = []
    for source in (labels, other):
        page = read(write_report(source, tmp_path / "report.html"))
        texts.append([(node.text(), node.attributes["data-f"], node.attributes["data-p"]) for node in page.css(".s")])
    assert texts[0] == texts[1]


def test_labels_that_a_spreadsheet_saved(
    labels: Path, classifier: FrameClassifier, codebook: Codebook, tmp_path: Path
) -> None:
    written = label([tmp_path / "documents"], classifier, tmp_path / "labels.csv").output
    expected = [node.attributes["data-f"] for node in read(write_report(written, tmp_path / "report.html")).css(".s")]
    assert any(expected)
    with written.open(newline="") as file:
        rows = list(csv.DictReader(file))

    def saved(yes: str, no: str) -> Path:
        with (tmp_path / "saved.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            for row in rows:
                present = row["frames"].split(";")
                writer.writerow(row | {frame: yes if frame in present else no for frame in codebook.frames})
        return tmp_path / "saved.csv"

    for yes, no in (("1.0", "0.0"), ("yes", "no")):
        page = read(write_report(saved(yes, no), tmp_path / "report.html"))
        assert [node.attributes["data-f"] for node in page.css(".s")] == expected
    with pytest.raises(FrameclsError, match=r"sentence '.*': column '.*' must be 1 or 0, .* found 'x'; label again"):
        write_report(saved("x", "0"), tmp_path / "report.html")


def test_labels_without_text(classifier: FrameClassifier, labels: Path, tmp_path: Path) -> None:
    bare = label([tmp_path / "documents"], classifier, tmp_path / "bare.parquet", text=False).output
    with pytest.raises(FrameclsError, match="was written with --no-text; label again with the text"):
        write_report(bare, tmp_path / "report.html")


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FrameclsError, match="no such file; label documents first"):
        write_report(tmp_path / "labels.parquet", tmp_path / "report.html")


def test_files_that_hold_no_labels(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("x")
    with pytest.raises(FrameclsError, match=r"holds no labels; expected the \.parquet, \.jsonl or \.csv file"):
        write_report(tmp_path / "labels.txt", tmp_path / "report.html")
    (tmp_path / "labels.jsonl").write_text('{"text": "x"}\n')
    with pytest.raises(FrameclsError, match="holds no labels; expected the file 'framecls label' wrote"):
        write_report(tmp_path / "labels.jsonl", tmp_path / "report.html")
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(FrameclsError, match="holds no labelled sentence"):
        write_report(tmp_path / "none.jsonl", tmp_path / "report.html")


def test_another_codebook(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    other = codebook.model_copy(update={"version": "2"})
    with pytest.raises(FrameclsError, match=r"was not made with codebook harbours 2; give the model's codebook\.toml"):
        write_report(labels, tmp_path / "report.html", codebook=other)
