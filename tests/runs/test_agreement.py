"""From files of codings to tables and records of agreement."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from framecls.cli import app
from framecls.codebook import Codebook
from framecls.evaluation import evaluate_agreement
from framecls.report import agreement_markdown
from framecls.runs.agreement import measure_agreement
from tests.corpus.builders import write_jsonl
from tests.evaluation.test_agreement import FRAMES, random_codings


@pytest.fixture
def coders(tmp_path: Path) -> list[Path]:
    """Two coders of six sentences in three documents, who differ on two."""
    texts = [f"Ships in harbour {n} | pay." for n in range(6)]
    given = {
        "ada": [["toll"], ["toll"], [], [], ["pilot"], ["toll", "pilot"]],
        "bo": [["toll"], ["toll"], [], ["pilot"], ["pilot"], ["toll"]],
    }
    files = []
    for name, frames in given.items():
        rows = [
            {"id": f"s{n}", "document_id": f"d{n % 3}", "text": texts[n], "frames": frames[n], "annotator": name}
            | ({"borderline": True} if (name, n) == ("bo", 5) else {})
            for n in range(6)
        ]
        files.append(write_jsonl(tmp_path / f"{name}.jsonl", rows))
    return files


def test_record_tables_and_disputed_sentences(coders: list[Path], codebook: Codebook, tmp_path: Path) -> None:
    output = tmp_path / "out"
    markdown = measure_agreement(coders, codebook, output=output, draws=50)
    assert (output / "agreement.md").read_text() == markdown
    record = json.loads((output / "agreement.json").read_text())
    assert record["corpora"] == ["ada.jsonl", "bo.jsonl"]
    assert record["codebook"]["sha256"] == codebook.sha256
    assert [(r["name"], r["sentences"], r["documents"]) for r in record["readings"]] == [
        ("all", 6, 3),
        ("without borderline", 5, 3),
    ]
    assert (record["frames"], record["draws"], record["disputed"]) == (["toll", "pilot"], 50, 2)
    rows = [json.loads(line) for line in (output / "disputed.jsonl").read_text().splitlines()]
    # Nothing in common with an empty set; one set in the other 1 - 1/2 · 2/3.
    assert [(r["id"], r["distance"], r["codings"]) for r in rows] == [
        ("s3", 1.0, {"ada": [], "bo": ["pilot"]}),
        ("s5", pytest.approx(2 / 3), {"ada": ["toll", "pilot"], "bo": ["toll"]}),
    ]
    assert "| 1.00 | s3 | none | pilot | Ships in harbour 3 \\| pay. |" in markdown
    assert "| 0.67 | s5 (borderline) | toll, pilot | toll | Ships in harbour 5 \\| pay. |" in markdown
    assert "| all sentences (6) | alpha | agreement | pairwise F1 |" in markdown
    assert "| toll | 1.000 (" in markdown
    assert "2 sentences split the coders; those that do most:" in markdown


def test_without_texts(coders: list[Path], codebook: Codebook, tmp_path: Path) -> None:
    markdown = measure_agreement(coders, codebook, output=tmp_path / "out", draws=2, text=False, show=1)
    assert "harbour" not in markdown + (tmp_path / "out" / "disputed.jsonl").read_text()
    assert ("| s3 |" in markdown, "| s5" in markdown) == (True, False)


def test_many_pairs_stand_in_one_table() -> None:
    codings = random_codings(5)
    agreement = evaluate_agreement(codings, frames=FRAMES, document_ids=[f"d{n % 9}" for n in range(60)], draws=2)
    markdown = agreement_markdown(agreement)
    assert "| F1 (Cohen's kappa) | sentences | carry | gain | teach |" in markdown
    first = agreement.pairs[0]
    assert f"| ada, bo | {first.sentences} | {first.frames[0].f1:.2f} ({first.frames[0].kappa:.2f}) |" in markdown
    assert "No sentence splits the coders." in markdown


def test_the_commands(coders: list[Path], codebook_path: Path, tmp_path: Path) -> None:
    files, book = [str(path) for path in coders], ["--codebook", str(codebook_path)]
    runner = CliRunner()
    done = runner.invoke(app, ["corpus", "agreement", *files, *book, "--draws", "5", "--show", "0"])
    assert done.exit_code == 0, done.output
    assert "2 sentences split the coders.\n" in done.stdout
    done = runner.invoke(app, ["corpus", "merge", *files, *book, "--by", "soft", "--output", str(tmp_path / "merged")])
    assert done.exit_code == 0, done.output
    assert "6 sentences merged by soft: 6 coded by several, of which 4 alike by all." in done.stdout
    assert "| pilot | 2 |" in done.stdout
    rows = [json.loads(line) for line in (tmp_path / "merged" / "sentences.jsonl").read_text().splitlines()]
    assert rows[3]["shares"] == {"toll": 0.0, "pilot": 0.5}
    assert (rows[3]["frames"], rows[3]["borderline"]) == ([], True)
    done = runner.invoke(
        app, ["corpus", "merge", *files, *book, "--by", "adjudicator=bo", "--output", str(tmp_path / "settled")]
    )
    assert "The adjudicator settled 2 sentences on which the coders differ." in done.stdout
    again = [str(tmp_path / "settled"), *book, "--output", str(tmp_path / "settled")]
    done = runner.invoke(app, ["corpus", "merge", *again])
    assert (done.exit_code, "is what is read; give --output another" in str(done.exception)) == (1, True)
    checked = runner.invoke(app, ["corpus", "check", str(tmp_path / "settled"), *book])
    assert checked.exit_code == 0, checked.output
    review = ["report", str(coders[0]), "--review", "--blind", "--output", str(tmp_path / "review.html"), *book]
    done = runner.invoke(app, review)
    assert (done.exit_code, done.stdout.strip()) == (0, str(tmp_path / "review.html"))
    done = runner.invoke(app, ["report", str(coders[0]), "--blind"])
    assert "belong to a review; give --review too" in str(done.exception)
