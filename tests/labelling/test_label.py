"""Labelling: every sentence once, offsets exact, a bad document recorded and the others labelled."""

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from framecls.codebook import Codebook
from framecls.documents import Failure
from framecls.errors import ConfigError, DocumentError, FrameclsError
from framecls.labelling import label
from framecls.labelling.failures import write_failures
from framecls.labelling.progress import Done
from framecls.model import FrameClassifier
from framecls.report import write_report, write_review
from framecls.runs.suggestion import suggest_sentences

COLUMNS = [
    "document_id",
    "sentence_id",
    "start",
    "end",
    "page",
    "heading",
    "unit",
    "language",
    "text",
    "prob_toll",
    "prob_pilot",
    "toll",
    "pilot",
    "frames",
    "model",
    "codebook",
]
NOTICE = (
    "THE QUAY IS LONG\n\nA toll is asked of every ship. The quay is long and grey.\n\nThe pilot asks a toll of ships.\n"
)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "old").mkdir(parents=True)
    (folder / "notice.txt").write_text(NOTICE)
    (folder / "old" / "notice.md").write_text("# Notice\n\nA pilot is sent to every ship.\n")
    return folder


def rows(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


def test_one_row_a_sentence(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    done = label([documents], classifier, tmp_path / "labels.parquet")
    assert (done.documents, done.sentences, done.failures, done.errors) == (2, 6, (), None)
    found = rows(done.output)
    assert list(found[0]) == COLUMNS
    first = [row for row in found if row["document_id"] == "notice.txt"]
    assert [row["unit"] for row in first] == ["heading", "sentence", "sentence", "sentence"]
    assert [row["heading"] for row in first] == ["", *["THE QUAY IS LONG"] * 3]
    for row in first:
        assert NOTICE[row["start"] : row["end"]] == row["text"]
    assert first[1]["frames"] == ["toll"]
    assert first[3]["frames"] == ["toll", "pilot"]
    assert {row["sentence_id"] for row in first} == {f"notice.txt#000{number}" for number in range(1, 5)}


def test_decides_as_the_classifier_does(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    found = rows(label([documents], classifier, tmp_path / "labels.parquet").output)
    probabilities = classifier.probabilities([row["text"] for row in found])
    assert [[row["toll"], row["pilot"]] for row in found] == classifier.decide(probabilities).tolist()
    assert [row["prob_toll"] for row in found] == pytest.approx(probabilities[:, 0].tolist(), abs=1e-5)
    assert {row["codebook"] for row in found} == {classifier.codebook.sha256}


def test_parquet_carries_the_decision(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    metadata = pq.read_schema(label([documents], classifier, tmp_path / "labels.parquet").output).metadata
    decision = json.loads(metadata[b"framecls.decision"])
    assert decision["frames"][0]["threshold"] == classifier.decision.frames[0].threshold
    assert metadata[b"framecls.codebook"].decode().startswith("harbours 1 ")


def test_formats_hold_the_same(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    expected = rows(label([documents], classifier, tmp_path / "labels.parquet").output)
    lines = label([documents], classifier, tmp_path / "labels.jsonl").output.read_text().splitlines()
    assert [json.loads(line)["frames"] for line in lines] == [row["frames"] for row in expected]
    assert list(json.loads(lines[0])) == COLUMNS
    with label([documents], classifier, tmp_path / "labels.csv").output.open(newline="", encoding="utf-8-sig") as file:
        cells = list(csv.DictReader(file))
    assert [row["frames"] for row in cells] == [";".join(row["frames"]) for row in expected]
    assert [row["toll"] for row in cells] == [str(int(row["toll"])) for row in expected]
    assert cells[0]["page"] == ""


def test_text_can_be_left_out(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    found = rows(label([documents], classifier, tmp_path / "labels.parquet", text=False).output)
    assert list(found[0]) == [name for name in COLUMNS if name != "text"]


def test_bad_document_among_good_ones(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    (documents / "empty.txt").write_text("")
    (documents / "photo.jpg").write_bytes(b"\xff\xd8")
    done = label([documents], classifier, tmp_path / "out" / "labels.parquet")
    assert done.sentences == 6
    assert done.errors == tmp_path / "out" / "errors.jsonl"
    recorded = [json.loads(line) for line in done.errors.read_text().splitlines()]
    assert {(entry["path"], entry["stage"]) for entry in recorded} == {("photo.jpg", "find"), ("empty.txt", "read")}
    assert all(entry["reason"] for entry in recorded)


def test_record_of_earlier_failures_goes_and_that_of_other_labels_stays(
    classifier: FrameClassifier, documents: Path, tmp_path: Path
) -> None:
    (documents / "empty.txt").write_text("")
    for name in ("one", "two"):
        label([documents], classifier, tmp_path / f"{name}.parquet")
    record = tmp_path / "errors.jsonl"
    assert [json.loads(line)["output"] for line in record.read_text().splitlines()] == ["one.parquet", "two.parquet"]
    (documents / "empty.txt").write_text("Ships pay.")
    assert label([documents], classifier, tmp_path / "one.parquet").errors is None
    assert [json.loads(line)["output"] for line in record.read_text().splitlines()] == ["two.parquet"]
    label([documents], classifier, tmp_path / "two.parquet")
    assert not record.exists()


def test_runs_at_once_keep_each_others_failures(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    (documents / "empty.txt").write_text("")

    def meanwhile(done: Done) -> None:
        label([documents], classifier, tmp_path / "two.parquet")

    label([documents], classifier, tmp_path / "one.parquet", watch=meanwhile)
    recorded = [json.loads(line)["output"] for line in (tmp_path / "errors.jsonl").read_text().splitlines()]
    assert recorded == ["two.parquet", "one.parquet"]


def test_records_written_at_the_same_moment_are_all_kept(tmp_path: Path) -> None:
    # str.splitlines takes the separators for ends of lines.
    failure = Failure("a\u2028b\u2029c\x85d", "read", "is empty")
    names = [f"{number}.csv" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: write_failures(tmp_path / name, [failure]), names))
    rows = [json.loads(line) for line in (tmp_path / "errors.jsonl").read_text().split("\n")[:-1]]
    assert sorted(row["output"] for row in rows) == sorted(names)
    assert {row["path"] for row in rows} == {failure.path}


def test_file_of_the_user_is_not_taken_for_the_record(
    classifier: FrameClassifier, documents: Path, tmp_path: Path
) -> None:
    (tmp_path / "errors.jsonl").write_text('{"mine": 1}\n')
    with pytest.raises(ConfigError, match=r"errors\.jsonl: is in the way of the record of failures"):
        label([documents], classifier, tmp_path / "labels.parquet")
    assert (tmp_path / "errors.jsonl").read_text() == '{"mine": 1}\n'


def test_labels_of_an_earlier_run_are_no_input(classifier: FrameClassifier, documents: Path) -> None:
    (documents / "empty.txt").write_text("")
    first = label([documents], classifier, documents / "labels.parquet")
    (documents / "notice.txt").write_text("Ships pay.")
    again = label([documents], classifier, documents / "labels.parquet")
    assert (first.sentences, again.sentences) == (6, 3)
    assert [failure.path for failure in again.failures] == ["empty.txt"]


def test_labels_of_other_runs_and_their_pages_are_no_input(
    classifier: FrameClassifier, documents: Path, tmp_path: Path
) -> None:
    (documents / "empty.txt").write_text("")
    for suffix in (".parquet", ".jsonl", ".csv"):
        label([documents], classifier, documents / f"labels{suffix}")
    write_report(documents / "labels.csv", documents / "report.html")
    write_review(documents / "labels.parquet", documents / "review.html")
    again = label([tmp_path], classifier, tmp_path / "labels.parquet")
    assert again.sentences == 6
    assert [failure.path for failure in again.failures] == ["documents/empty.txt"]
    named = label([documents / "labels.csv"], classifier, tmp_path / "again.parquet")
    assert (named.sentences, named.failures) == (6, ())


def test_names_that_are_not_utf8_do_not_end_the_run(
    classifier: FrameClassifier, documents: Path, tmp_path: Path
) -> None:
    for name in (b"caf\xe9.txt", b"caf\xe9.xyz"):
        Path(os.fsdecode(os.fsencode(documents) + b"/" + name)).write_text(NOTICE)
    done = label([documents], classifier, tmp_path / "labels.parquet")
    assert done.sentences == 6
    assert done.errors is not None
    recorded = [json.loads(line)["path"] for line in done.errors.read_text().splitlines()]
    assert recorded == [r"caf\xe9.txt", r"caf\xe9.xyz"]


def test_input_is_never_overwritten(classifier: FrameClassifier, tmp_path: Path) -> None:
    table = tmp_path / "speeches.csv"
    table.write_text("document_id,text\na,Ships pay.\n")
    with pytest.raises(ConfigError, match=r"speeches\.csv: is what is read; give --output another name"):
        label([table], classifier, table)
    with pytest.raises(ConfigError, match=r"speeches\.csv: is what is read; give --output another name"):
        label([tmp_path], classifier, table)
    assert table.read_text() == "document_id,text\na,Ships pay.\n"


def test_nothing_to_label_says_why(classifier: FrameClassifier, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    with pytest.raises(DocumentError, match=r"empty\.txt: is empty; there is no text to read"):
        label([tmp_path / "empty.txt"], classifier, tmp_path / "labels.parquet")
    assert not list(tmp_path.glob("labels*"))
    assert json.loads((tmp_path / "errors.jsonl").read_text())["path"] == "empty.txt"


def test_sentences_of_a_table(classifier: FrameClassifier, tmp_path: Path) -> None:
    table = tmp_path / "sentences.jsonl"
    entries = [
        {"id": "a#1", "document_id": "a", "text": "A toll is asked of every ship."},
        {"id": "a#2", "document_id": "a", "text": "The quay is long and grey.", "start": 31, "end": 57},
        {"id": "a#2", "document_id": "a", "text": "The pilot meets ships."},
    ]
    table.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    done = label([table], classifier, tmp_path / "labels.parquet")
    assert [(row["sentence_id"], row["start"], row["end"]) for row in rows(done.output)] == [
        ("a#1", None, None),
        ("a#2", 31, 57),
    ]
    assert [failure.reason for failure in done.failures] == ["duplicate sentence id 'a#2'; make ids unique"]


def test_a_file_comes_before_a_sample_of_it(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    sample = {"id": "notice.txt#0002", "document_id": "notice.txt", "text": "A toll is asked of every ship."}
    for name in ("a.jsonl", "z.jsonl"):
        (documents / name).write_text(json.dumps(sample) + "\n")
    done = label(documents, classifier, tmp_path / "labels.parquet")
    assert (done.documents, done.sentences) == (2, 6)
    reason = "duplicate document id 'notice.txt', which is the id of a file; make ids unique"
    assert done.failures == (Failure("a.jsonl", "read", reason), Failure("z.jsonl", "read", reason))


def test_a_sentence_longer_than_what_the_model_reads_is_told(
    classifier: FrameClassifier, documents: Path, tmp_path: Path
) -> None:
    long = f"A toll {'and a toll ' * classifier.max_length}is asked."
    (documents / "notice.txt").write_text(f"The quay is long and grey. {long}\n\n{long}\n")
    done = label(str(documents), classifier, tmp_path / "labels.parquet")
    reason = f"longer than the {classifier.max_length} tokens the model reads; labelled by the beginning alone"
    assert done.failures == (Failure("notice.txt", "length", f"2 sentences, 'notice.txt#0002' first, are {reason}"),)
    (documents / "notice.txt").write_text(f"{long}\n")
    done = label([documents], classifier, tmp_path / "labels.parquet")
    assert [failure.reason for failure in done.failures] == [f"sentence 'notice.txt#0001' is {reason}"]


def test_same_document_id_in_two_tables(classifier: FrameClassifier, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text(
            json.dumps({"document_id": "a", "text": f"Ships pay. The {name}."}) + "\n"
        )
    done = label([tmp_path / "one.jsonl", tmp_path / "two.jsonl"], classifier, tmp_path / "out.parquet")
    assert {row["text"] for row in rows(done.output)} == {"Ships pay.", "The one."}
    assert [failure.reason for failure in done.failures] == [
        "duplicate document id 'a', found in one.jsonl before; make ids unique"
    ]


def test_tables_may_count_their_sentences_alike(
    classifier: FrameClassifier, codebook: Codebook, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text(f"sentence_id,text\n1,Ships pay {name}.\n2,The pilot waits {name}.\n")
    done = label([tmp_path], classifier, tmp_path / "out" / "labels.parquet", shard_size=1)
    found = [(row["document_id"], row["sentence_id"]) for row in rows(done.output)]
    assert found == [(f"{name}.csv", id) for name in ("one", "two") for id in ("1", "2")]
    assert not done.failures
    # They can be told apart by document, and codings cannot, which are known by their sentence alone.
    with pytest.raises(FrameclsError, match="two sentences have the id '1'; give each an id of its own in the tables"):
        write_review(done.output, tmp_path / "review.html", codebook=codebook)
    with pytest.raises(FrameclsError, match=r"2 sentences have the id '\d'; give each an id of its own in the tables"):
        suggest_sentences(done.output, tmp_path / "next.jsonl")


def test_many_windows_keep_the_order(classifier: FrameClassifier, tmp_path: Path) -> None:
    table = tmp_path / "documents.csv"
    texts = [" ".join(f"Ship {number} pays toll {part}." for part in range(9)) for number in range(500)]
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("document_id", "text"), *enumerate(texts)])
    found = rows(label([table], classifier, tmp_path / "labels.parquet").output)
    assert [row["text"] for row in found] == [f"Ship {n} pays toll {part}." for n in range(500) for part in range(9)]


def test_progress_is_told(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, int]] = []
    label([documents], classifier, tmp_path / "labels.parquet", progress=lambda *counts: told.append(counts))
    assert told == [(2, 2, 6)]


def test_unknown_output(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown kind of output '\.xlsx'; expected one of \.parquet \.jsonl \.csv"):
        label([documents], classifier, tmp_path / "labels.xlsx")


def test_outputs_that_cannot_be(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"errors\.jsonl: is the name of the record of failures"):
        label([documents], classifier, tmp_path / "errors.jsonl")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigError, match=r"folder\.csv: is a folder"):
        label([documents], classifier, tmp_path / "folder.csv")


def test_output_that_cannot_be_written(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"labels\.parquet: cannot be written"):
        label([documents], classifier, tmp_path / "file" / "labels.parquet")
