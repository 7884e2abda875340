"""The check: what it counts and each problem it names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framecls.corpus import AnnotatedSentence, Corpus, DocumentFacts, check
from framecls.corpus.agreement import krippendorff_alpha, pairwise_f1
from framecls.corpus.merging import merge, read_codings_of
from framecls.errors import CorpusError
from framecls.evaluation import evaluate_ceiling
from tests.corpus.builders import coded, small_codebook, small_corpus, write_csv, write_jsonl

WORDS = "The two isles keep the old lighthouse together."


def test_counts_by_split() -> None:
    corpus = small_corpus(
        coded("s1", "carry", "gain"),
        coded("s2"),
        coded("s3", "gain", document="d2", borderline=True),
        coded("s4", document="d3"),
        AnnotatedSentence("s5", "d3", "Nobody has coded this line.", None),
        splits={"d1": "train", "d2": "train", "d3": "test"},
    )
    report = check(corpus)
    assert (report.frames, report.problems) == (("carry", "gain"), ())
    assert [
        (part.part, part.documents, part.sentences, part.frames, part.none, part.borderline) for part in report.parts
    ] == [
        ("train", 2, 3, (1, 2), 1, 1),
        ("validation", 0, 0, (0, 0), 0, 0),
        ("test", 1, 1, (0, 0), 1, 0),
        ("all", 3, 4, (1, 2), 2, 1),
    ]


def test_a_corpus_without_splits_or_genres_is_described_once() -> None:
    (part,) = check(small_corpus(coded("s1", "gain"))).parts
    assert (part.part, part.sentences, part.frames) == ("all", 1, (0, 1))


def test_genres_are_described_where_there_are_several() -> None:
    corpus = small_corpus(coded("s1", "gain"), coded("s2", document="d2"), coded("s3", document="d3"))
    documents = {"d1": DocumentFacts("d1", genre="treaty"), "d2": DocumentFacts("d2", genre="speech")}
    parts = check(replace(corpus, documents=documents)).parts
    assert [(part.part, part.sentences) for part in parts] == [
        ("all", 3),
        ("(no genre)", 1),
        ("speech", 1),
        ("treaty", 1),
    ]


def test_keywords_and_hard_negatives_are_counted() -> None:
    book = small_codebook(lexicons={"carry": ["load*"], "gain": ["profit"]})
    corpus = small_corpus(
        coded("s1", "carry", text="We carry the loads."),
        coded("s2", "carry", "gain", text="Both are glad of it."),
        coded("s3", "gain", text="They bear it for a profit.", hard_negative=("carry",)),
        coded("s4", text="The truck is loaded for profit.", hard_negative=("carry", "gain")),
        codebook=book,
    )
    report = check(corpus)
    assert (report.parts[0].keyword_free, report.parts[0].hard_negatives) == (0.5, 2)
    carry, gain = report.by_frame
    assert (carry.support, carry.keyword_free, carry.hard_negatives, carry.keyword_only) == (2, 0.5, 2, 1)
    assert (gain.support, gain.keyword_free, gain.hard_negatives, gain.keyword_only) == (2, 0.5, 1, 1)


def test_second_level_codes_are_counted_with_their_frame() -> None:
    corpus = small_corpus(
        coded("s1", "carry", codes=("cost",)), coded("s2", "gain", codes=("cost", "own")), coded("s3")
    )
    carry, gain = check(corpus).by_frame
    assert (carry.codes, gain.codes) == ((("cost", 1), ("own", 0)), (("cost", 1), ("own", 1)))


def test_how_varied_the_words_are() -> None:
    corpus = small_corpus(
        coded("s1", text="One ship, one crew, one ship, one crew."),
        coded("s2", text="One crew.", document="d2"),
        coded("s3", text="—", document="d2"),
    )
    (part,) = check(corpus).parts
    # "one", "ship" and "crew" among ten words; of five runs of four the first comes twice.
    assert part.type_token == pytest.approx(3 / 10)
    assert part.distinct_4 == pytest.approx(4 / 5)
    # The two sentences with words are each other's nearest; both cosines are the same.
    both, one = np.log((1 + 3) / (1 + 2)) + 1, np.log((1 + 3) / (1 + 1)) + 1
    long, short = np.array([4 * both, 2 * both, 2 * one]), np.array([both, both, 0.0])
    assert part.nearest == pytest.approx(long @ short / np.linalg.norm(long) / np.linalg.norm(short), rel=1e-5)


def test_half_given_splits_are_refused() -> None:
    with pytest.raises(CorpusError, match="document 'd2' has no split"):
        check(small_corpus(coded("s1"), coded("s2", document="d2"), splits={"d1": "train"}))


def test_agreement_is_that_of_the_table_of_codings(tmp_path: Path) -> None:
    readings = {
        "s1": (["carry"], ["carry"], None),
        "s2": (["carry"], [], ["gain"]),
        "s3": ([], [], []),
        "s4": (["gain"], ["carry"], ["carry"]),
    }
    rows = [{"id": id, "document_id": "d1", "text": f"The isles met on day {id}.", "frames": []} for id in readings]
    codings = [
        {"id": id, "annotator": annotator, "frames": frames}
        for id, all_frames in readings.items()
        for annotator, frames in zip(("ada", "bea", "cid"), all_frames, strict=True)
    ]
    # A sentence with one coding, and one with a second coding that is not made yet, say nothing on agreement.
    rows += [{"id": id, "document_id": "d1", "text": f"The isles met on day {id}."} for id in ("s5", "s6")]
    codings += [
        {"id": "s5", "annotator": "ada", "frames": ["carry"]},
        {"id": "s6", "annotator": "ada", "frames": ["carry"]},
        {"id": "s6", "annotator": "bea"},
    ]
    write_jsonl(tmp_path / "sentences.jsonl", rows)
    write_jsonl(tmp_path / "codings.jsonl", codings)
    report = check(Corpus.read(tmp_path, small_codebook()))
    nan = np.nan
    carry = np.array([[1, 1, 0, 0], [1, 0, 0, 1], [nan, 0, 0, 1]])
    gain = np.array([[0, 0, 0, 1], [0, 0, 0, 0], [nan, 1, 0, 0]])
    assert [(frame.coded_twice, frame.alpha, frame.pairwise_f1) for frame in report.by_frame] == [
        (4, krippendorff_alpha(carry), pairwise_f1(carry)),
        (4, krippendorff_alpha(gain), pairwise_f1(gain)),
    ]
    assert report.parts[0].alpha == pytest.approx(np.mean([frame.alpha for frame in report.by_frame]))
    assert report.parts[0].pairwise_f1 == pairwise_f1(np.concatenate([carry, gain], axis=1))
    # By hand: ada and bea share 1 of 4 positives twice, ada and cid none of 2, bea and cid both of 2.
    assert pairwise_f1(carry) == pytest.approx((2 + 0 + 2) / (4 + 2 + 2))


def test_check_ceiling_and_merge_count_the_same_coders(tmp_path: Path) -> None:
    book = small_codebook()
    rows = [
        {"id": f"s{number}", "document_id": f"d{number % 4}", "text": f"The isles met on day {number}."}
        | {"annotator": annotator, "frames": "carry" if (number + (annotator == "bea" and number < 3)) % 2 else ""}
        for number in range(40)
        for annotator in ("", "bea")
    ]
    path = write_csv(tmp_path / "ada.csv", rows)
    corpus = Corpus.read(path, book)
    (carry, _) = check(corpus).by_frame
    assert carry.coded_twice == 40
    assert carry.alpha is not None
    ceiling = evaluate_ceiling(
        corpus.by_coder(), corpus.gold(), frames=book.frames, document_ids=corpus.document_ids(), draws=10
    )
    assert ceiling is not None
    assert (ceiling.coders, ceiling.sentences, ceiling.frames[0].alpha) == (("ada", "bea"), 40, carry.alpha)
    assert merge(read_codings_of([path], book), by="majority").coded == {"ada": 40, "bea": 40}


def test_nothing_coded_has_no_coders() -> None:
    assert check(small_corpus(AnnotatedSentence("s1", "d1", WORDS, None))).by_frame[0].coded_twice == 0


def test_offsets_that_do_not_match_are_problems() -> None:
    sentences = (
        coded("s1", text="The ferry left.", start=0, end=15),
        coded("s2", text="It came back.", start=15, end=28),
        coded("s3", text="No offsets, so nothing to compare."),
        coded("s4", text="The text of its document is unknown.", document="d2", start=0, end=3),
    )
    corpus = small_corpus(*sentences, texts={"d1": "The ferry left. It came back."}, splits={})
    corpus = replace(corpus, documents={**corpus.documents, "d2": replace(corpus.documents["d1"], text=None)})
    assert check(corpus).problems == (
        "sentence 's2': its document has ' It came back' at 15-28, not 'It came back.'; correct start and end",
    )


def test_a_document_without_facts_is_a_problem() -> None:
    corpus = small_corpus(coded("s1"), coded("s2", document="d2"), texts={"d1": ""})
    assert check(corpus).problems == ("sentence 's2': document 'd2' is not in documents.jsonl",)
    assert check(small_corpus(coded("s1"))).problems == ()


def test_the_same_words_on_both_sides_of_a_split_are_a_leak() -> None:
    shouted = "“The two isles keep the old light-house – together!”".upper()
    corpus = small_corpus(
        coded("s1", "carry", text=WORDS),
        coded("s2", "carry", text=shouted, document="d2"),
        coded("s3", "carry", text=WORDS),
        splits={"d1": "train", "d2": "test"},
    )
    assert check(corpus).problems == (
        "leak: 's1' (train) and 's2' (test) (and 1 more) have the same words; move or drop one",
    )


def test_nearly_the_same_words_are_a_leak_too() -> None:
    long = "By the first day of every month the keepers of the two isles count the oil that is left in the tower"
    corpus = small_corpus(
        coded("s1", text=f"{long}."),
        coded("s2", text=f"{long} again.", document="d2"),
        coded("s3", text="By the first day of every month the ferry is painted.", document="d2"),
        splits={"d1": "train", "d2": "test"},
    )
    assert check(corpus).problems == (
        "leak: 's1' (train) and 's2' (test) have nearly the same words (Jaccard 0.95); move or drop one",
    )


def test_the_same_words_with_other_frames_are_a_contradiction() -> None:
    one, other = coded("s1", "carry", text=WORDS), coded("s2", text=WORDS)
    assert check(small_corpus(one, other)).problems == (
        "contradiction: 's1' and 's2' have the same words and other frames; settle them",
    )
    assert check(small_corpus(one, replace(other, borderline=True))).problems == ()
    assert check(small_corpus(one, replace(other, frames=None))).problems == ()
    assert check(small_corpus(one, replace(other, frames=("carry",)))).problems == ()


def test_a_formula_that_stands_everywhere_is_a_line_each() -> None:
    long = "By the first day of every month the keepers of the two isles count the oil that is left in the tower"
    endings = ["", " again", " again", ""]
    sentences = [
        coded(f"s{row}", *(["carry"] if row == 799 else []), text=long + endings[row % 4], document=f"d{row % 2}")
        for row in range(800)
    ]
    corpus = small_corpus(*sentences, splits={"d0": "train", "d1": "test"})
    assert check(corpus).problems == (
        "leak: 's0' (train) and 's3' (test) (and 398 more) have the same words; move or drop one",
        "contradiction: 's0' and 's799' (and 398 more) have the same words and other frames; settle them",
        "leak: 's1' (test) and 's2' (train) (and 398 more) have the same words; move or drop one",
        "leak: 's0' (train) and 's1' (test) (and 798 more) have nearly the same words (Jaccard 0.95); move or drop one",
    )


def test_a_few_words_may_stand_anywhere() -> None:
    corpus = small_corpus(
        coded("s1", "carry", text="Article 2: Definitions"),
        coded("s2", text="Article 2: Definitions", document="d2"),
        splits={"d1": "train", "d2": "test"},
    )
    assert check(corpus).problems == ()
