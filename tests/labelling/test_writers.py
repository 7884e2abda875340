"""Writers: the same rows in every format, and CSV that a spreadsheet does not run."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from framecls.labelling import label
from framecls.labelling.writers import LabelWriter, label_schema
from framecls.model import FrameClassifier

TEXTS = ['=HYPERLINK("a")', "+ 3 ships", '- an item; the "toll",\nand more', "@quay", "Ships pay – 5 %.", ""]


def table() -> pa.Table:
    size = len(TEXTS)
    columns = {
        "document_id": ["d"] * size,
        "sentence_id": [f"d#{number}" for number in range(size)],
        "start": [None, *range(1, size)],
        "end": [None, *range(1, size)],
        "page": [None, 2] * (size // 2),
        "heading": [""] * size,
        "unit": ["sentence"] * size,
        "language": ["en", None] * (size // 2),
        "text": TEXTS,
        "prob_toll": [0.1, None] * (size // 2),
        "toll": [True, False] * (size // 2),
        "frames": [["toll"], []] * (size // 2),
        "model": ["m"] * size,
        "codebook": ["c"] * size,
    }
    schema = label_schema(["toll"])
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def write(path: Path, *, spreadsheet: bool = False) -> Path:
    with LabelWriter(path, label_schema(["toll"]), {"framecls.model": "m"}, path.suffix, spreadsheet=spreadsheet) as to:
        to.write(table().slice(0, 4))
        to.write(table().slice(4))
    return path


def test_parquet_gives_back_the_table(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.parquet")
    assert pq.read_table(path).equals(table())
    assert pq.read_schema(path).metadata[b"framecls.model"] == b"m"


def test_json_lines_give_back_the_rows(tmp_path: Path) -> None:
    lines = write(tmp_path / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == table().to_pylist()
    assert "–" in lines[4]


@pytest.mark.parametrize("spreadsheet", [False, True])
def test_csv_guards_formulas_only_where_asked(tmp_path: Path, spreadsheet: bool) -> None:
    path = write(tmp_path / "labels.csv", spreadsheet=spreadsheet)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    guarded = [f"'{text}" if spreadsheet and text[:1] in ("=", "+", "-", "@") and text else text for text in TEXTS]
    assert [row["text"] for row in rows] == guarded
    assert [row["frames"] for row in rows] == ["toll", ""] * 3
    assert [row["toll"] for row in rows] == ["1", "0"] * 3
    assert [rows[0][name] for name in ("start", "page", "heading")] == ["", "", ""]
    assert rows[1]["prob_toll"] == ""


def test_apostrophes_through_a_run(classifier: FrameClassifier, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"id": "a", "document_id": "d", "text": "=A toll of ships"}) + "\n")
    done = label([tmp_path / "rows.jsonl"], classifier, tmp_path / "labels.csv", spreadsheet=True)
    assert ",'=A toll of ships," in done.output.read_text(encoding="utf-8-sig")
