"""Tables of documents or of ready sentences, row by row."""

import csv
import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from framecls.documents import Sentence
from framecls.documents.tables import Row, read_rows, sentence_before, sentence_of_row, table_kind, truth
from framecls.errors import DocumentError

ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": "The Board meets, in “Vella”.\nIt reports."},
    {"id": "b", "text": "It ends."},
]


def write(path: Path, content: bytes | str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path


def json_lines() -> str:
    return "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson", "ROWS.JSONL"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "\ufeff" + json_lines().replace("\n", "\n\n"))
    assert list(read_rows(path)) == [Row("line 1", ROWS[0]), Row("line 3", ROWS[1])]


@pytest.mark.parametrize(("name", "delimiter"), [("rows.csv", ","), ("rows.tsv", "\t")])
def test_csv_and_tsv(tmp_path: Path, name: str, delimiter: str) -> None:
    path = tmp_path / name
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["id", "text"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    assert list(read_rows(path)) == [Row("line 2", ROWS[0]), Row("line 4", ROWS[1])]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([*ROWS, {"id": "c", "text": None}]), path)
    assert list(read_rows(path)) == [
        Row("row 1", ROWS[0]),
        Row("row 2", ROWS[1]),
        Row("row 3", {"id": "c", "text": None}),
    ]


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "ROWS.JSONL.GZ"])
def test_gzipped_tables(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, gzip.compress(json_lines().encode()))
    assert [row.values for row in read_rows(path)] == ROWS


def test_a_whole_document_may_stand_in_a_cell(tmp_path: Path) -> None:
    text = "The Board meets. " * 20_000
    path = write(tmp_path / "rows.csv", f"id,text\na,{text}\n")
    assert [row.values["text"] for row in read_rows(path)] == [text]


def test_a_bad_json_line_does_not_end_the_reading(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", '{"id" "a"}\n[1, 2]\n"text"\n{"id": "b"}\n')
    rows = list(read_rows(path))
    assert [row.where for row in rows] == ["line 1", "line 2", "line 3", "line 4"]
    assert rows[0].problem == "is not valid JSON: Expecting ':' delimiter: line 1 column 7 (char 6)"
    assert [row.problem for row in rows[1:]] == [
        "expected a JSON object, found list",
        "expected a JSON object, found str",
        None,
    ]


def test_a_csv_row_of_another_width(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", "id,text\na\nb,It ends.,x\nc,All is well.\n")
    assert list(read_rows(path)) == [
        Row("line 2", {"id": "a", "text": None}),
        Row("line 3", {}, "has more cells than the 2 columns of the header"),
        Row("line 4", {"id": "c", "text": "All is well."}),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('id,text\na,"It\nends."\n\nb,"It ends.\nc,It ends.\n', "line 5: is not valid CSV: unexpected end of data"),
        ('id,text\na,It ends.\nb,"It "ends"."\n', "line 3: is not valid CSV: ',' expected after '\"'"),
        ("id,text,text\na,b,c\n", "line 1: two columns are called 'text'; rename one"),
    ],
)
def test_bad_csv_is_refused_by_the_line_on_which_the_row_begins(tmp_path: Path, content: str, reason: str) -> None:
    path = write(tmp_path / "rows.csv", content)
    with pytest.raises(DocumentError, match=f"^{re.escape(reason)}$"):
        list(read_rows(path))


@pytest.mark.parametrize("mark", [";", "\t"])
def test_csv_may_be_parted_by_other_marks(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path / "rows.csv", f'id{mark}text\na{mark}"Now, it ends."\n')
    assert [row.values for row in read_rows(path)] == [{"id": "a", "text": "Now, it ends."}]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf8"])
def test_the_encoding_may_be_named(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "rows.csv", "\ufeff" * (encoding == "utf8") + "id,text\na,comité\n", encoding)
    assert [row.values for row in read_rows(path, encoding=encoding)] == [{"id": "a", "text": "comité"}]


@pytest.mark.parametrize(
    ("encoding", "reason"), [("utf-16", "is not UTF-16: "), ("utf-9", "unknown encoding 'utf-9'; give a name")]
)
def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path, encoding: str, reason: str) -> None:
    path = write(tmp_path / "rows.csv", "id,text\na,It ends.\n")
    with pytest.raises(DocumentError, match=f"^{reason}"):
        list(read_rows(path, encoding=encoding))


def test_an_empty_cell_of_parquet_is_a_cell(tmp_path: Path) -> None:
    pq.write_table(pa.table({"sentence_id": ["a", None], "text": [None, "It ends."]}), tmp_path / "rows.parquet")
    assert [row.values for row in read_rows(tmp_path / "rows.parquet")] == [
        {"sentence_id": "a", "text": None},
        {"sentence_id": None, "text": "It ends."},
    ]


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", "id,text\na,comité\n".encode("cp1252"))
    with pytest.raises(DocumentError, match="has the byte 0xe9, which is not UTF-8; save the table as UTF-8"):
        list(read_rows(path))


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(json_lines().encode())
    garbled = whole[:30] + b"\xff\xff\xff\xff" + whole[34:]
    for content in (whole[:-12], b"It ends.", garbled):
        path = write(tmp_path / "rows.jsonl.gz", content)
        with pytest.raises(DocumentError, match="is not a complete gzip file; copy it again"):
            list(read_rows(path))


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.parquet", "It ends.")
    with pytest.raises(DocumentError, match="is not a Parquet file: "):
        list(read_rows(path))


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": [f"It ends {number}." for number in range(1000)]}), path, compression="none")
    content = path.read_bytes()
    write(path, content[:20] + b"\xff" * 4000 + content[4020:])
    with pytest.raises(DocumentError, match=r"cannot be read: |is not a Parquet file: "):
        list(read_rows(path))


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv.gz", "rows.parquet"])
def test_a_missing_table_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError, match=r"cannot be read: .*No such file"):
        list(read_rows(tmp_path / name))


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (("text",), "documents"),
        (("id", "text"), "documents"),
        (("document_id", "text"), "documents"),
        (("id", "document_id", "text"), "sentences"),
        (("sentence_id", "text"), "sentences"),
    ],
)
def test_columns_tell_documents_from_sentences(columns: tuple[str, ...], kind: str) -> None:
    assert table_kind(dict.fromkeys(columns, "x")) == kind


def test_a_sentence_of_a_full_row() -> None:
    row = {
        "text": "It reports.",
        "start": "17",
        "end": 28.0,
        "unit": "clause",
        "before": "The Board meets.",
        "heading": "Review",
        "page": 3,
    }
    assert sentence_of_row(row) == Sentence(17, 28, "It reports.", "clause", "The Board meets.", "Review", 3)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_sentence_of_a_row_with_little(nothing: object) -> None:
    row = {"text": "It ends.", **dict.fromkeys(("start", "end", "unit", "before", "heading", "page"), nothing)}
    assert sentence_of_row(row) == sentence_of_row({"text": "It ends."}) == Sentence(None, None, "It ends.")


@pytest.mark.parametrize("key", ["start", "end", "page"])
@pytest.mark.parametrize("value", ["x", "3.7", 3.7, float("inf"), float("nan"), [1]])
def test_an_offset_is_a_whole_number(key: str, value: object) -> None:
    with pytest.raises(DocumentError, match=f"column '{key}' must be a whole number, found "):
        sentence_of_row({"text": "It ends.", key: value})


@pytest.mark.parametrize(("start", "end"), [(-1, 4), (9, 4)])
def test_offsets_are_a_range(start: int, end: int) -> None:
    with pytest.raises(
        DocumentError, match=f"a sentence cannot range from {start} to {end}; expected 0 <= start <= end"
    ):
        sentence_of_row({"text": "It ends.", "start": start, "end": end})


@pytest.mark.parametrize("row", [{"text": "It ends.", "unit": "verse"}, {"text": "It ends.", "unit": ["clause"]}])
def test_an_unknown_unit_is_refused(row: Mapping[str, Any]) -> None:
    with pytest.raises(DocumentError, match=r"unknown unit .*; expected one of sentence, clause, list_item, heading"):
        sentence_of_row(row)


def test_half_of_a_surrogate_pair_in_json_costs_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"text": "Ships \\ud83d pay."}\n{"text": "Ships \\ud83d\\udea2 pay."}\n{"text": "say \\\\ud83d"}\n'
    )
    bad, pair, words = read_rows(path)
    assert bad.problem == "holds half of a surrogate pair, which is no character; save it as valid Unicode"
    assert (pair.values["text"], pair.problem) == ("Ships \U0001f6a2 pay.", None)
    assert (words.values["text"], words.problem) == ("say \\ud83d", None)


def test_yes_and_no_are_written_in_many_ways() -> None:
    assert [truth(cell, "toll") for cell in (True, 1, 1.0, "1", "1.0", "TRUE", "True", " yes ")] == [True] * 8
    assert [truth(cell, "toll") for cell in (False, 0, 0.0, "0", "0.0", "FALSE", "no", "", " ", None)] == [False] * 10


@pytest.mark.parametrize("cell", ["x", "perhaps", 2, 0.5, float("nan"), [1]])
def test_what_is_neither_yes_nor_no_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match="column 'toll' must be 1 or 0, true or false, found "):
        truth(cell, "toll")


@pytest.mark.parametrize(
    ("last", "row", "before"),
    [
        ({"end": 4}, {"start": 5}, "It rains."),
        ({"end": 4}, {"start": 4}, "It rains."),
        ({"end": "4.0"}, {"start": "14"}, "It rains."),
        ({"end": 4}, {"start": 15}, ""),
        ({"end": 4}, {"start": 3}, ""),
        ({"end": 4, "document_id": "b"}, {"start": 5}, ""),
        ({"end": None}, {"start": 5}, ""),
        ({"end": 4}, {"start": ""}, ""),
        ({}, {}, ""),
        ({"end": 4}, {"start": 5, "before": "It pours."}, "It pours."),
        ({"end": 4}, {"start": 5, "before": None}, ""),
    ],
)
def test_the_row_before_holds_the_sentence_before_only_where_it_ends_there(
    last: dict[str, Any], row: dict[str, Any], before: str
) -> None:
    facts = {"document_id": "a", "text": "It rains."}
    assert sentence_before(facts | row, facts | last) == before
    assert sentence_before({"document_id": "a", "start": 0}, {}) == ""
