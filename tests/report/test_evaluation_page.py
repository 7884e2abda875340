"""The HTML page of an evaluation: whole, readable without anything else, and the same each time."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from framecls.codebook import Codebook
from framecls.evaluation import Slice
from framecls.report import ShownMistake, slices_markdown, write_evaluation_page
from framecls.report.plots import f1_plot, reliability_plot
from framecls.runs.holdout import evaluate_model


@pytest.fixture(scope="session")
def evaluated(model_path: Path, corpus_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated")
    evaluate_model(model_path, corpus_path, output=folder)
    return folder


def test_the_page_holds_plots_and_tables(evaluated: Path) -> None:
    page = LexborHTMLParser((evaluated / "test.html").read_text())
    assert [node.text() for node in page.css("h1")] == ["Evaluation of harbour (model)"]
    assert len(page.css("figure svg")) == 2
    assert [node.attributes["role"] for node in page.css("figure svg")] == ["img", "img"]
    for title in ("Toll", "Pilot", "keyword lexicon"):
        assert title in page.css("figure svg")[0].text()
    # Every Markdown table is there with all its rows.
    markdown = (evaluated / "test.md").read_text()
    rows = [line for line in markdown.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    assert len(page.css("table tr")) == len(rows)


def test_the_page_needs_no_other_file(evaluated: Path) -> None:
    page = (evaluated / "test.html").read_text()
    links = re.findall(r'(?:src|href)="(?!#)([^"]*)"', page)
    assert links == []
    assert "url(http" not in page


def test_mistakes_are_shown_as_text(evaluated: Path, codebook: Codebook, tmp_path: Path) -> None:
    record = json.loads((evaluated / "test.json").read_text())
    shown = [
        ShownMistake("toll", "wrong", 0.9, "d1#1", "Before.", "A <b>toll</b> & more.", True),
        ShownMistake("pilot", "missed", 0.1, "d1#2", "", "No pilot.", False, ((0, 2, -2.0), (3, 9, 1.0))),
    ]
    page = LexborHTMLParser(
        write_evaluation_page(tmp_path / "p.html", record, "| a |\n| - |\n", codebook, shown).read_text()
    )
    assert [node.text() for node in page.css("h3")] == ["Toll: given, and not in gold", "Pilot: in gold, and not given"]
    assert [node.text() for node in page.css("li")] == [
        "Before. A <b>toll</b> & more.d1#1, probability 0.90, borderline",
        "No pilot.d1#2, probability 0.10",
    ]
    marked = [(node.text(), node.attributes["class"], node.attributes["style"]) for node in page.css("li mark")]
    assert marked == [("No", "against", "--s:1.00"), ("pilot.", "for", "--s:0.50")]


def test_plots_are_the_same_each_time_and_leave_out_what_is_undefined(evaluated: Path) -> None:
    record = json.loads((evaluated / "test.json").read_text())
    assert f1_plot(record["evaluations"], {}, {}) == f1_plot(record["evaluations"], {}, {})
    record["evaluations"][0]["frames"][0] |= {"f1": None, "f1_interval": None}
    record["evaluations"][0]["frames"][1] |= {"f1_interval": None}
    assert f1_plot(record["evaluations"], {}, {}).startswith("<svg")
    assert reliability_plot([one | {"reliability": []} for one in record["curves"]], {}, {}) == ""


CHROMIUM = shutil.which("chromium")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_draws_it(evaluated: Path, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    picture = tmp_path / "page.png"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    done = subprocess.run(
        [
            CHROMIUM,
            *flags,
            f"--user-data-dir={tmp_path / 'user'}",
            "--window-size=1100,1600",
            f"--screenshot={picture}",
            (evaluated / "test.html").as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    # A blank page of this size takes a few kilobytes.
    assert picture.stat().st_size > 40_000


def test_names_from_a_corpus_are_text(evaluated: Path, codebook: Codebook, tmp_path: Path) -> None:
    record = json.loads((evaluated / "test.json").read_text())
    odd = Slice("genre", "<script>a|b</script>", 3, 1, (1, 0), (1.0, None), 1.0)
    tables = slices_markdown([odd], ("toll", "pilot"))
    page = LexborHTMLParser(write_evaluation_page(tmp_path / "p.html", record, tables, codebook).read_text())
    assert page.css("script") == []
    assert [node.text() for node in page.css("td")][:2] == ["<script>a|b</script>", "1"]
