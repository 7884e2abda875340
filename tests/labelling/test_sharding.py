"""Parts and shards: the same inputs give the same ones, and nothing is lost between them."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecls.documents import Failure, LocatedSentence, Source, read_sentences
from framecls.labelling.rows import TableShare, count_rows
from framecls.labelling.sharding import Input, Part, Reading, Shard, cut_parts, cut_shards, hash_inputs, read_parts

MEGABYTE = 1 << 20


def inputs(*files: tuple[str, int]) -> list[Input]:
    return [Input(Source(Path(name), name), size, "") for name, size in files]


def test_a_table_is_a_part_and_files_share_one() -> None:
    given = inputs(("a.txt", 10), ("b.pdf", 20), ("c.csv", 5), ("d.txt", 1), ("e.jsonl.gz", 5), ("f.parquet", 5))
    parts = list(cut_parts(given))
    assert [[item.source.id for item in part.inputs] for part in parts] == [
        ["a.txt", "b.pdf"],
        ["c.csv"],
        ["d.txt"],
        ["e.jsonl.gz"],
        ["f.parquet"],
    ]
    assert [part.number for part in parts] == [0, 1, 2, 3, 4]
    assert [part.bytes for part in parts] == [30, 5, 1, 5, 5]


def test_a_part_is_full_at_so_many_bytes_or_files() -> None:
    sizes = [len(part.inputs) for part in cut_parts(inputs(*((f"{n}.txt", 15 * MEGABYTE) for n in range(5))))]
    assert sizes == [2, 2, 1]
    assert [len(part.inputs) for part in cut_parts(inputs(*((f"{n}.txt", 0) for n in range(5000))))] == [4096, 904]
    assert list(cut_parts([])) == []


@given(
    st.lists(
        st.tuples(st.sampled_from([".txt", ".csv", ".pdf"]), st.integers(0, 40 * MEGABYTE)), min_size=1, max_size=30
    )
)
def test_parts_keep_every_input_in_order(files: list[tuple[str, int]]) -> None:
    given = inputs(*((f"{number}{suffix}", size) for number, (suffix, size) in enumerate(files)))
    parts = list(cut_parts(given))
    assert [item for part in parts for item in part.inputs] == given
    assert all(len(part.inputs) == 1 or not any(item.source.is_table for item in part.inputs) for part in parts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(6):
        (tmp_path / f"{number}.txt").write_text(" ".join(f"Ship {number} pays toll {n}." for n in range(number + 1)))
    (tmp_path / "3.txt").write_text("")
    return tmp_path


def sources(folder: Path) -> list[Source]:
    return [Source(path, path.name) for path in sorted(folder.iterdir())]


def shards_of(part: Part, size: int) -> list[Shard]:
    [(read, items)] = [(read, list(items)) for read, items in read_parts([part], Reading())]
    assert read == part
    return list(cut_shards(part, items, size))


def test_parts_are_read_one_after_another(folder: Path) -> None:
    (folder / "2b.csv").write_text("")
    (folder / "2c.csv").write_text("document_id,text\na,Ships pay.\n")
    parts = list(cut_parts(hash_inputs(sources(folder))))
    found = [(part.number, [source.id for source, _ in items]) for part, items in read_parts(parts, Reading())]
    assert [(number, sorted(set(ids))) for number, ids in found] == [
        (0, ["0.txt", "1.txt", "2.txt"]),
        (1, ["2b.csv"]),
        (2, ["2c.csv"]),
        (3, ["3.txt", "4.txt", "5.txt"]),
    ]


@pytest.mark.parametrize("size", [1, 3, 4, 17, 18, 1000])
def test_shards_hold_what_was_read_once_and_in_order(folder: Path, size: int) -> None:
    [part] = cut_parts(hash_inputs(sources(folder)))
    read = [item for source in sources(folder) for item in read_sentences(source)]
    shards = shards_of(part, size)
    assert [s for shard in shards for s in shard.sentences] == [i for i in read if isinstance(i, LocatedSentence)]
    assert [f for shard in shards for f in shard.failures] == [i for i in read if isinstance(i, Failure)]
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert [shard.last for shard in shards] == [False] * (len(shards) - 1) + [True]
    assert all(len(shard.sentences) == size for shard in shards[:-1])
    assert shards == shards_of(part, size)
    shares = [shard.share for shard in shards]
    assert shares == sorted(shares)
    assert (shards[-1].share, shards[-1].inputs) == (1.0, 6)


def test_failure_stays_with_the_sentences_around_it(folder: Path) -> None:
    [part] = cut_parts(hash_inputs(sources(folder)))
    shards = shards_of(part, 6)
    assert [[failure.path for failure in shard.failures] for shard in shards] == [[], ["3.txt"], []]


def test_hash_of_inputs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    there, missing = hash_inputs([Source(tmp_path / "a.txt", "a.txt"), Source(tmp_path / "b.txt", "b.txt")])
    assert (there.bytes, there.sha256[:16]) == (3, "ba7816bf8f01cfea")
    assert (missing.bytes, missing.sha256) == (0, "")


def test_rows_are_counted_without_parsing(tmp_path: Path) -> None:
    rows = [{"document_id": f"d{n}", "text": 'Ships pay.\nThey say "now".\n'} for n in range(7)]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with gzip.open(tmp_path / "t.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    cells = "".join('{document_id},"{0}"\n'.format(row["text"].replace('"', '""'), **row) for row in rows)
    (tmp_path / "t.csv").write_text("document_id,text\n" + cells)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "broken.jsonl.gz").write_bytes(b"\x1f\x8b nothing")
    counts = {path.name: count_rows(path) for path in tmp_path.iterdir()}
    assert counts == {
        "t.jsonl": 7,
        "t.jsonl.gz": 7,
        "t.csv": 8,
        "t.parquet": 7,
        "broken.parquet": None,
        "broken.jsonl.gz": None,
    }


def test_share_of_a_table_is_by_rows(tmp_path: Path) -> None:
    documents, single = tmp_path / "documents.jsonl", tmp_path / "sentences.jsonl"
    documents.write_text(
        "".join(json.dumps({"document_id": f"d{n}", "text": "Ships pay. Ships pay."}) + "\n" for n in range(4))
    )
    single.write_text(
        "".join(json.dumps({"sentence_id": f"{n}", "document_id": "d", "text": "Ships pay."}) + "\n" for n in range(4))
    )
    for path, per_sentence in ((documents, 0.125), (single, 0.25)):
        source = Source(path, path.name)
        share, shares = TableShare(source, None), []
        for item in read_sentences(source):
            share.add(item)
            shares.append(share.share)
        assert shares[-1] == 1.0
        assert shares[0] == 0.25
        assert len(shares) == round(1 / per_sentence)
