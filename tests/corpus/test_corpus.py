"""Reading annotated sentences from every layout, merging codings, and each refusal."""

import itertools
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecls.corpus import AnnotatedSentence, Corpus, DocumentFacts, Split, merge_codings, write_corpus
from framecls.errors import CorpusError
from tests.corpus.builders import coded, small_codebook, small_corpus, write_csv, write_jsonl

CODEBOOK = small_codebook("carry", "gain", "help")

#: The same four sentences are written in every layout below.
TEXTS = {
    "s1": "Both isles answer for the lighthouse and both earn from its light.",
    "s2": "The ferry leaves the northern isle at noon.",
    "s3": "Divers of the one isle teach those of the other.",
    "s4": 'The harbour master said: "Bring rope, tar and sails."',
}
FRAMES: dict[str, tuple[str, ...]] = {"s1": ("carry", "gain"), "s2": (), "s3": ("help",), "s4": ()}
EXPECTED = tuple(AnnotatedSentence(id, "d1" if id < "s3" else "d2", text, FRAMES[id]) for id, text in TEXTS.items())


def rows(**columns: Any) -> list[dict[str, Any]]:
    """A row for each expected sentence; a column is a function of its frames."""
    return [
        {"id": s.id, "document_id": s.document_id, "text": s.text}
        | {name: column(s.frames) for name, column in columns.items()}
        for s in EXPECTED
    ]


def one_hot(*, yes: Any = 1, no: Any = 0) -> list[dict[str, Any]]:
    return [
        {"id": s.id, "document_id": s.document_id, "text": s.text}
        | {frame: yes if frame in (s.frames or ()) else no for frame in CODEBOOK.frames}
        for s in EXPECTED
    ]


def row(**changes: Any) -> dict[str, Any]:
    """A row that is right but for the changes."""
    return {"id": "s1", "document_id": "d1", "text": "The ferry leaves at noon.", "frames": []} | changes


@pytest.mark.parametrize("name", ["sentences.jsonl", "sentences.ndjson", "sentences.JSONL"])
def test_json_lines_hold_lists(tmp_path: Path, name: str) -> None:
    corpus = Corpus.read(write_jsonl(tmp_path / name, rows(frames=list)), CODEBOOK)
    assert corpus.sentences == EXPECTED
    assert (corpus.documents, corpus.codings) == ({}, {})
    assert corpus.codebook is CODEBOOK


@pytest.mark.parametrize("delimiter", [";", "|", ",", " ", "; ", " | "])
@pytest.mark.parametrize("name", ["sentences.csv", "sentences.tsv"])
def test_a_cell_holds_delimited_frames(tmp_path: Path, name: str, delimiter: str) -> None:
    path = write_csv(tmp_path / name, rows(frames=delimiter.join))
    assert Corpus.read(path, CODEBOOK).sentences == EXPECTED


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("true", "false"), ("TRUE", "FALSE"), ("Yes", "no"), ("1.0", "0.0")]
)
def test_a_column_for_each_frame(tmp_path: Path, yes: str, no: str) -> None:
    path = write_csv(tmp_path / "sentences.csv", one_hot(yes=yes, no=no))
    assert Corpus.read(path, CODEBOOK).sentences == EXPECTED


@pytest.mark.parametrize(
    "content", [rows(frames=list), rows(frames=";".join), one_hot(), one_hot(yes=True, no=False)], ids=repr
)
def test_parquet_holds_lists_cells_or_columns(tmp_path: Path, content: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(content), tmp_path / "sentences.parquet")
    assert Corpus.read(str(tmp_path / "sentences.parquet"), CODEBOOK).sentences == EXPECTED


def test_frames_come_in_the_codebooks_order(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "sentences.jsonl", [row(frames=["help", "carry", "help"])])
    assert Corpus.read(path, CODEBOOK).sentences[0].frames == ("carry", "help")


def test_every_field_of_a_sentence_is_read(tmp_path: Path) -> None:
    content = row(
        start=3,
        end=28,
        before="It is early.",
        heading="Timetable",
        annotator="ada",
        borderline=True,
        note="Unsure.",
        codes=["cost", "own"],
        frames=["gain"],
        unit="sentence",
    )
    expected = AnnotatedSentence(
        "s1",
        "d1",
        "The ferry leaves at noon.",
        ("gain",),
        start=3,
        end=28,
        before="It is early.",
        heading="Timetable",
        annotator="ada",
        borderline=True,
        note="Unsure.",
        codes=("cost", "own"),
    )
    as_cells = content | {"codes": "cost; own", "frames": "gain", "borderline": "yes"}
    assert Corpus.read(write_jsonl(tmp_path / "a.jsonl", [content]), CODEBOOK).sentences == (expected,)
    assert Corpus.read(write_csv(tmp_path / "a.csv", [as_cells]), CODEBOOK).sentences == (expected,)


def test_empty_cells_are_unknown(tmp_path: Path) -> None:
    empty = dict.fromkeys(("start", "end", "before", "heading", "annotator", "borderline", "note", "codes"), "")
    path = write_csv(tmp_path / "sentences.csv", [row(frames="", **empty)])
    assert Corpus.read(path, CODEBOOK).sentences == (
        AnnotatedSentence("s1", "d1", "The ferry leaves at noon.", frames=()),
    )


def test_nulls_are_unknown(tmp_path: Path) -> None:
    null = dict.fromkeys(("start", "end", "before", "heading", "annotator", "borderline", "note", "codes"))
    path = write_jsonl(tmp_path / "sentences.jsonl", [row(**null)])
    assert Corpus.read(path, CODEBOOK).sentences == (
        AnnotatedSentence("s1", "d1", "The ferry leaves at noon.", frames=()),
    )


def test_whole_numbers_may_come_as_floats(tmp_path: Path) -> None:
    corpus = Corpus.read(write_jsonl(tmp_path / "a.jsonl", [row(start=3.0, end="28")]), CODEBOOK)
    assert (corpus.sentences[0].start, corpus.sentences[0].end) == (3, 28)


def test_ids_that_are_numbers_become_words(tmp_path: Path) -> None:
    corpus = Corpus.read(write_jsonl(tmp_path / "a.jsonl", [row(id=7, document_id=0)]), CODEBOOK)
    assert (corpus.sentences[0].id, corpus.document_ids()) == ("7", ["0"])


@pytest.mark.parametrize("frames", [{}, {"frames": None}])
def test_a_sentence_without_frames_is_not_coded_yet(tmp_path: Path, frames: dict[str, None]) -> None:
    uncoded = {"id": "s2", "document_id": "d1", "text": "The bell rang twice."} | frames
    corpus = Corpus.read(write_jsonl(tmp_path / "a.jsonl", [row(frames=["gain"]), uncoded]), CODEBOOK)
    assert [sentence.frames for sentence in corpus.sentences] == [("gain",), None]
    assert [sentence.id for sentence in corpus.coded().sentences] == ["s1"]
    assert corpus.coded().gold().tolist() == [[False, True, False]]
    with pytest.raises(
        CorpusError, match=r"^sentence 's2' is not coded yet \(no 'frames'\); code it, or call coded\(\)"
    ):
        corpus.gold()


def test_gold_has_a_column_for_a_frame_that_never_occurs() -> None:
    corpus = small_corpus(coded("s1", "help"), coded("s2"), coded("s3", "carry", "help"), codebook=CODEBOOK)
    gold = corpus.gold()
    assert gold.dtype == bool
    assert gold.tolist() == [[False, False, True], [False, False, False], [True, False, True]]
    assert len(corpus) == 3


def test_an_empty_corpus_has_empty_gold() -> None:
    assert small_corpus(codebook=CODEBOOK).gold().shape == (0, 3)


def write_folder(folder: Path, **files: list[dict[str, Any]]) -> Path:
    for name, content in files.items():
        write_jsonl(folder / f"{name}.jsonl", content)
    return folder


def test_a_folder_holds_sentences_documents_and_codings(tmp_path: Path) -> None:
    facts = {
        "title": "On ferries",
        "genre": "notice",
        "context": "isles",
        "year": "1907",
        "topic": "ferries",
        "split": "test",
        "text": "It is early. The ferry leaves at noon.",
    }
    write_folder(
        tmp_path,
        sentences=[row(frames=["gain"], annotator="settled")],
        documents=[{"document_id": "d1", **facts}, {"document_id": "d2"}],
        codings=[
            {"id": "s1", "annotator": "ada", "frames": ["gain"], "codes": ["cost"]},
            {"id": "s1", "annotator": "bea", "frames": []},
        ],
    )
    corpus = Corpus.read(tmp_path, CODEBOOK)
    text = "The ferry leaves at noon."
    assert corpus.sentences == (AnnotatedSentence("s1", "d1", text, ("gain",), annotator="settled"),)
    assert corpus.documents == {
        "d1": DocumentFacts("d1", **(facts | {"year": 1907})),  # type: ignore[arg-type]
        "d2": DocumentFacts("d2"),
    }
    assert corpus.codings == {
        "s1": (
            AnnotatedSentence("s1", "d1", text, ("gain",), annotator="ada", codes=("cost",)),
            AnnotatedSentence("s1", "d1", text, (), annotator="bea"),
        )
    }


def test_a_folder_may_hold_a_csv_of_sentences(tmp_path: Path) -> None:
    write_csv(tmp_path / "sentences.csv", rows(frames=";".join))
    write_folder(tmp_path, documents=[{"document_id": "d1", "split": "train"}, {"document_id": "d2", "split": "test"}])
    corpus = Corpus.read(tmp_path, CODEBOOK)
    assert corpus.sentences == EXPECTED
    assert corpus.splits() == {"d1": "train", "d2": "test"}


def test_the_hash_covers_every_file(tmp_path: Path) -> None:
    files = {
        "sentences": [row(frames=["gain"])],
        "documents": [{"document_id": "d1"}],
        "codings": [{"id": "s1", "annotator": "ada", "frames": []}],
    }
    write_folder(tmp_path, **files)
    content = b"".join((tmp_path / f"{name}.jsonl").read_bytes() for name in files)
    before = Corpus.read(tmp_path, CODEBOOK).sha256
    assert before == sha256(content).hexdigest()
    (tmp_path / "documents.jsonl").write_text('{"document_id": "d1", "year": 1908}\n')
    assert Corpus.read(tmp_path, CODEBOOK).sha256 != before


def test_select_keeps_the_sentences_of_one_split_in_order() -> None:
    splits: dict[str, Split] = {"d1": "train", "d2": "test", "d3": "train"}
    corpus = small_corpus(
        coded("s1"), coded("s2", document="d2"), coded("s3", document="d3"), coded("s4"), splits=splits
    )
    assert corpus.splits() == splits
    assert [sentence.id for sentence in corpus.select(splits, "train").sentences] == ["s1", "s3", "s4"]
    assert [sentence.id for sentence in corpus.select(splits, "test").sentences] == ["s2"]
    assert len(corpus.select(splits, "validation")) == 0


def test_a_corpus_may_have_no_splits() -> None:
    assert small_corpus(coded("s1")).splits() == {}
    assert small_corpus(coded("s1"), texts={"d1": "A text."}).splits() == {}


def test_a_split_for_some_documents_only_is_refused() -> None:
    corpus = small_corpus(coded("s1"), coded("s2", document="d2"), splits={"d1": "train"})
    with pytest.raises(
        CorpusError, match=r"^document 'd2' has no split while others have one; give every document one or none$"
    ):
        corpus.splits()


def test_long_form_is_merged_by_strict_majority(tmp_path: Path) -> None:
    readings: dict[str, tuple[list[str] | None, ...]] = {
        # Two of three say gain, one says help.
        "s1": (["gain"], ["gain", "help"], []),
        # One of two is a tie.
        "s2": (["carry", "help"], ["help"], None),
        "s3": ([], [], []),
    }
    content = [
        row(id=id, annotator=annotator, frames=frames)
        for id, all_frames in readings.items()
        for annotator, frames in zip(("ada", "bea", "cid"), all_frames, strict=True)
    ]
    corpus = Corpus.read(write_jsonl(tmp_path / "a.jsonl", content), CODEBOOK)
    merged = {sentence.id: (sentence.frames, sentence.borderline) for sentence in corpus.sentences}
    assert merged == {"s1": (("gain",), False), "s2": (("help",), True), "s3": ((), False)}
    assert {sentence.annotator for sentence in corpus.sentences} == {""}
    assert [coding.annotator for coding in corpus.codings["s1"]] == ["ada", "bea", "cid"]
    assert corpus.codings["s2"][2].frames is None


def test_where_a_sentence_is_coded_twice_every_row_is_a_coding(tmp_path: Path) -> None:
    content = [row(annotator="ada"), row(annotator="bea", frames=["gain"]), row(id="s2", annotator="ada")]
    corpus = Corpus.read(write_jsonl(tmp_path / "a.jsonl", content), CODEBOOK)
    text = "The ferry leaves at noon."
    assert corpus.codings == {
        "s1": (
            AnnotatedSentence("s1", "d1", text, (), annotator="ada"),
            AnnotatedSentence("s1", "d1", text, ("gain",), annotator="bea"),
        ),
        "s2": (AnnotatedSentence("s2", "d1", text, (), annotator="ada"),),
    }
    assert corpus.sentences[1].annotator == "ada"


def test_a_coder_without_a_name_has_that_of_the_corpus(tmp_path: Path) -> None:
    content = [row(frames=["gain"]), row(annotator="bea", frames=[]), row(id="s2", frames=["gain"])]
    corpus = Corpus.read(write_jsonl(tmp_path / "ada.jsonl", content), CODEBOOK)
    assert [coding.annotator for of_id in corpus.codings.values() for coding in of_id] == ["ada", "bea", "ada"]
    assert list(corpus.by_coder()) == ["ada", "bea"]
    # What is merged, or coded once, is nobody's by that name.
    assert [sentence.annotator for sentence in corpus.sentences] == ["", ""]
    (tmp_path / "folder").mkdir()
    write_jsonl(tmp_path / "folder" / "sentences.jsonl", content)
    for path in (tmp_path / "folder", tmp_path / "folder" / "sentences.jsonl"):
        assert set(Corpus.read(path, CODEBOOK).by_coder()) == {"bea", "folder"}


def test_two_coders_of_a_sentence_are_not_taken_for_one(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "bea.jsonl", [row(frames=["gain"]), row(annotator="bea", frames=[])])
    with pytest.raises(CorpusError, match=r"bea\.jsonl: sentence 's1' is coded by 'bea' and by nobody who is named"):
        Corpus.read(path, CODEBOOK)


def test_a_single_coding_is_kept_as_it_is() -> None:
    only = coded("s1", "gain", annotator="ada", note="Unsure.", codes=("cost",))
    assert merge_codings([only], CODEBOOK) is only


def test_merging_keeps_notes_and_doubts() -> None:
    one = coded("s1", "gain", annotator="ada", note="Both earn.", borderline=True, codes=("cost",))
    other = coded("s1", "gain", annotator="bea")
    third = coded("s1", "gain", annotator="cid", note="Clear.")
    merged = merge_codings([one, other, third], CODEBOOK)
    assert merged == coded("s1", "gain", note="Both earn.; Clear.", borderline=True)


def test_merging_nothing_coded_gives_nothing_coded() -> None:
    uncoded = [AnnotatedSentence("s1", "d1", "Noon.", None, annotator=annotator) for annotator in ("ada", "bea")]
    merged = merge_codings(uncoded, CODEBOOK)
    assert (merged.frames, merged.borderline) == (None, False)


@settings(deadline=None, max_examples=100)
@given(readings=st.lists(st.sets(st.sampled_from(CODEBOOK.frames)), min_size=2, max_size=5))
def test_merging_counts_votes_whatever_their_order(readings: list[set[str]]) -> None:
    codings = [coded("s1", *sorted(frames), annotator=str(number)) for number, frames in enumerate(readings)]
    expected = set()
    tie = False
    for frame in CODEBOOK.frames:
        yes = sum(frame in frames for frames in readings)
        no = len(readings) - yes
        tie = tie or yes == no
        if yes > no:
            expected.add(frame)
    for order in itertools.islice(itertools.permutations(codings), 6):
        merged = merge_codings(order, CODEBOOK)
        assert set(merged.frames or ()) == expected
        assert merged.borderline is tie


def test_a_missing_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"absent: no such corpus; give a folder with sentences\.jsonl, or a JSONL"):
        Corpus.read(tmp_path / "absent", CODEBOOK)


def test_a_folder_without_sentences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"is no corpus folder; it has no sentences\.jsonl \(or \.csv, \.parquet\)"):
        Corpus.read(tmp_path, CODEBOOK)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sentences.xlsx"
    path.write_bytes(b"")
    with pytest.raises(CorpusError, match=r"sentences\.xlsx: unknown kind of corpus; expected one of \.jsonl .*\.csv"):
        Corpus.read(path, CODEBOOK)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", r"a\.jsonl: holds no sentence$"),
        ("a.csv", b"id,document_id,text,frames\n", r"a\.csv: holds no sentence$"),
        ("a.jsonl", b'\n{"id": \n', r"a\.jsonl: line 2: is not valid JSON: "),
        ("a.jsonl", b"[]\n", r"a\.jsonl: line 1: expected a JSON object, found list$"),
        ("a.csv", b"id,document_id,text\n1,2,3,4\n", r"a\.csv: line 2: has more cells than the 3 columns"),
        ("a.csv", "id,document_id,text\n1,2,né\n".encode("latin-1"), r"a\.csv: has the byte 0xe9, which is not UTF-8"),
        ("a.parquet", b"no table", r"a\.parquet: is not a Parquet file: "),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        Corpus.read(tmp_path / name, CODEBOOK)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"id": "s1", "text": "Noon."},
            "line 2: no column 'document_id'; annotated sentences need id, document_id, text, frames$",
        ),
        (row(id="s2", text=None), "line 2: no column 'text'"),
        (row(id=None), "line 2: no column 'id'"),
        (row(id="s2", text=" \n"), "line 2: the text of 's2' is empty; give its text or remove the row$"),
        (row(id=""), "line 2: the id of '' is empty; give its id or remove the row$"),
        (row(id="s2", document_id=" "), "line 2: the document_id of 's2' is empty; give its document_id or remove"),
        (row(id="s2", frames=["gian"]), "line 2: unknown frame 'gian'; the codebook has carry, gain, help$"),
        (row(id="s2", frames="gain, gian"), "line 2: unknown frame 'gian'"),
        (row(id="s2", frames={"gain": 1}), "line 2: 'frames' must be a list of names, found {'gain': 1}$"),
        (row(id="s2", frames=1), "line 2: 'frames' must be a list of names, found 1$"),
        (
            {"id": "s2", "document_id": "d1", "text": "Noon.", "carry": 1, "help": 0},
            "line 2: no column 'gain'; one column for each frame, or a column 'frames'$",
        ),
        (
            {"id": "s2", "document_id": "d1", "text": "Noon.", "carry": 1, "help": 0, "gain": 2},
            "line 2: column 'gain' must be 1 or 0, true or false, found 2$",
        ),
        (
            row(id="s2", borderline="perhaps"),
            "line 2: column 'borderline' must be 1 or 0, true or false, found 'perhaps'$",
        ),
        (row(id="s2", codes=7), "line 2: 'codes' must be a list of names, found 7$"),
        (row(id="s2", codes=["toll"]), "line 2: unknown second-level code 'toll'; the codebook has cost, own$"),
        (row(id="s2", start="three"), "line 2: column 'start' must be a whole number, found 'three'$"),
        (row(id="s2", end=[3]), r"line 2: column 'end' must be a whole number, found \[3\]$"),
        (row(id="s2", end=3.5), r"line 2: column 'end' must be a whole number, found 3\.5$"),
        (row(id="s2", end=float("inf")), "line 2: column 'end' must be a whole number, found inf$"),
        (row(), "duplicate id 's1'; make ids unique, or name the 'annotator' of each coding$"),
        (
            row(annotator="bea", text="The ferry leaves at one."),
            "sentence 's1' has two different texts; make ids unique$",
        ),
        (row(annotator="bea", document_id="d2"), "sentence 's1' has two different texts; make ids unique$"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [row(), content])
    with pytest.raises(CorpusError, match=message) as caught:
        Corpus.read(path, CODEBOOK)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"title": "On ferries"}, "line 2: no 'document_id'$"),
        ({"document_id": None}, "line 2: no 'document_id'$"),
        ({"document_id": "d1"}, "line 2: duplicate document id 'd1'; make ids unique$"),
        (
            {"document_id": "d2", "split": "dev"},
            "line 2: unknown split 'dev'; expected one of train, validation, test$",
        ),
        ({"document_id": "d2", "year": "MCMVII"}, "line 2: column 'year' must be a whole number, found 'MCMVII'$"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    write_folder(tmp_path, sentences=[row()], documents=[{"document_id": "d1"}, content])
    with pytest.raises(CorpusError, match=message) as caught:
        Corpus.read(tmp_path, CODEBOOK)
    assert str(caught.value).startswith(f"{tmp_path / 'documents.jsonl'}: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"id": "s9", "annotator": "ada"}, "line 2: codes sentence 's9', which the corpus does not have$"),
        ({"annotator": "ada"}, "line 2: codes sentence '', which the corpus does not have$"),
        ({"id": "s1", "frames": []}, "line 2: no 'annotator'; every coding says who made it$"),
        ({"id": "s1", "annotator": ["bea"]}, r"line 2: 'annotator' must be a name, found \['bea'\]; give every"),
        ({"id": "s1", "annotator": "ada"}, "line 2: 'ada' codes sentence 's1' twice; keep one coding$"),
        ({"id": "s1", "annotator": "bea", "frames": ["gian"]}, "line 2: unknown frame 'gian'"),
    ],
)
def test_a_coding_that_breaks_a_rule_is_refused(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    write_folder(tmp_path, sentences=[row()], codings=[{"id": "s1", "annotator": "ada", "frames": []}, content])
    with pytest.raises(CorpusError, match=message) as caught:
        Corpus.read(tmp_path, CODEBOOK)
    assert str(caught.value).startswith(f"{tmp_path / 'codings.jsonl'}: ")


def test_a_number_names_the_same_annotator_as_its_digits(tmp_path: Path) -> None:
    codings: list[Any] = [{"id": "s1", "annotator": annotator, "frames": []} for annotator in (0, "0")]
    write_folder(tmp_path, sentences=[row()], codings=codings)
    with pytest.raises(CorpusError, match=r"line 2: '0' codes sentence 's1' twice; keep one coding$"):
        Corpus.read(tmp_path, CODEBOOK)


def test_a_part_of_a_corpus_is_written_with_its_own_codings(tmp_path: Path) -> None:
    one, other = coded("s1", "carry"), coded("s2", document="d2")
    codings = {s.id: (replace(s, annotator="ada"), replace(s, annotator="bea")) for s in (one, other)}
    corpus = replace(small_corpus(one, other), codings=codings)
    write_corpus(replace(corpus, sentences=(other,)), tmp_path)
    again = Corpus.read(tmp_path, small_codebook())
    assert [s.id for s in again.sentences] == list(again.codings) == ["s2"]


def test_a_frame_that_is_carried_is_no_hard_negative() -> None:
    codings = [
        replace(coded("s1"), annotator="ada", hard_negative=("carry", "gain")),
        replace(coded("s1", "carry"), annotator="bea"),
        replace(coded("s1", "carry"), annotator="cid"),
    ]
    merged = merge_codings(codings, small_codebook())
    assert (merged.frames, merged.hard_negative) == (("carry",), ("gain",))


def test_a_hard_negative_is_read_and_contradicts_its_frame(tmp_path: Path) -> None:
    row = {"id": "s1", "document_id": "d1", "text": "The toll is due.", "frames": ["gain"], "hard_negative": ["carry"]}
    path = write_jsonl(tmp_path / "sentences.jsonl", [row])
    assert Corpus.read(path, small_codebook()).sentences[0].hard_negative == ("carry",)
    write_jsonl(path, [{**row, "hard_negative": ["gain"]}])
    with pytest.raises(CorpusError, match="line 1: 'frames' and 'hard_negative' both have 'gain'"):
        Corpus.read(path, small_codebook())


def test_inclusion_probabilities_give_weights_and_are_kept(tmp_path: Path) -> None:
    corpus = small_corpus(
        coded("s1", "carry", inclusion_probability=0.25), coded("s2", inclusion_probability=1.0), codebook=CODEBOOK
    )
    weights = corpus.weights()
    assert weights is not None
    assert weights.tolist() == [4, 1]
    write_corpus(corpus, tmp_path)
    assert Corpus.read(tmp_path, CODEBOOK).sentences == corpus.sentences
    assert small_corpus(coded("s1")).weights() is None
    with pytest.raises(CorpusError, match="sentence 's2' has no 'inclusion_probability' while others have one"):
        small_corpus(coded("s1", inclusion_probability=0.5), coded("s2")).weights()


@pytest.mark.parametrize("value", [0, -0.5, 1.5, "often", "nan"])
def test_an_inclusion_probability_that_is_none(tmp_path: Path, value: object) -> None:
    row = {"id": "s1", "document_id": "d1", "text": "A sentence.", "frames": [], "inclusion_probability": value}
    path = write_jsonl(tmp_path / "sentences.jsonl", [row])
    with pytest.raises(CorpusError, match=r"line 1: 'inclusion_probability' must be above 0 and at most 1, found"):
        Corpus.read(path, CODEBOOK)


def test_merging_keeps_the_chance_a_sentence_had() -> None:
    one, other = coded("s1", "carry"), coded("s1", "carry", inclusion_probability=0.2)
    assert merge_codings([one, other], CODEBOOK).inclusion_probability == 0.2
    with pytest.raises(CorpusError, match="sentence 's1' has several values of 'inclusion_probability'"):
        merge_codings([other, replace(other, inclusion_probability=0.4)], CODEBOOK)
