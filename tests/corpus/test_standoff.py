"""Codings without text: what is stored, and finding the sentences again."""

import json
import random
from pathlib import Path

import pytest

from framecls.corpus import (
    Corpus,
    DocumentFacts,
    Hydration,
    SentenceFacts,
    Standoff,
    hydrate,
    write_corpus,
    write_standoff,
)
from framecls.corpus.standoff import fingerprint
from framecls.documents import Document, Failure
from framecls.documents.text import document_of_text
from framecls.errors import CorpusError
from tests.corpus.builders import coded, small_codebook, small_corpus, write_jsonl

ISLES = (
    "The two isles keep the light-house together, each with its own crew. “Neither can pay for the oil alone,” the "
    "warden said. The ferry runs twice a day in summer.\n\n"
    "A toll is asked of every ship that passes the sound. The café on the quay was closed in 1912."
)
HILLS = (
    "The hill towns share one doctor. He rides on Mondays.\n\nThe road is mended by whoever uses it. The ferry runs "
    "twice a day in summer."
)


def corpus_of(texts: dict[str, str]) -> Corpus:
    """Every sentence of the texts, with frames that tell them apart."""
    sentences, number = [], 0
    for id, text in texts.items():
        for sentence in text.replace("\n\n", " ").split(". "):
            number += 1
            whole = sentence if sentence.endswith(".") else sentence + "."
            sentences.append(coded(f"{id}#{number}", *(("carry",), ("gain",), ())[number % 3], document=id, text=whole))
    return small_corpus(*sentences, texts=texts)


@pytest.fixture
def standoff() -> Standoff:
    return Standoff.of(corpus_of({"isles": ISLES, "hills": HILLS}))


def find(standoff: Standoff, *documents: Document | Failure) -> Hydration:
    return hydrate(standoff, documents, small_codebook())


def counts(found: Hydration) -> tuple[int, int, int]:
    return found.found, found.moved, len(found.missing)


def test_facts_say_nothing_of_the_words(standoff: Standoff, tmp_path: Path) -> None:
    write_standoff(standoff, tmp_path)
    stored = (tmp_path / "sentences.jsonl").read_text() + (tmp_path / "documents.toml").read_text()
    for word in ("isles keep", "warden", "toll", "café", "doctor"):
        assert word not in stored
    assert Standoff.read(tmp_path, small_codebook()).sentences == standoff.sentences


def test_a_fingerprint_is_of_letters_and_digits_only() -> None:
    assert fingerprint("The light-\nhouse 2: “keep”!") == fingerprint("THE LIGHTHOUSE 2 KEEP")
    assert fingerprint("caf\u00e9") == fingerprint("cafe\u0301") == fingerprint("caf")
    assert fingerprint("a") == "86f7e437faa5a7fc"
    assert fingerprint("İz") == fingerprint("iz")
    assert fingerprint("the toll") != fingerprint("the tool")


def test_the_same_copy_gives_everything_back_in_place(standoff: Standoff) -> None:
    found = find(standoff, document_of_text("isles", ISLES), document_of_text("hills", HILLS))
    assert counts(found) == (9, 0, 0)
    original = corpus_of({"isles": ISLES, "hills": HILLS})
    for ours, theirs in zip(found.corpus.sentences, original.sentences, strict=True):
        assert ours.text == theirs.text
        assert (ours.frames, ours.document_id) == (theirs.frames, theirs.document_id)
        text = {"isles": ISLES, "hills": HILLS}[ours.document_id]
        assert text[ours.start : ours.end] == ours.text
    assert found.corpus.sentences[2].before == "“Neither can pay for the oil alone,” the warden said."


def test_a_copy_may_have_any_name_and_any_line_ends(standoff: Standoff) -> None:
    broken = ISLES.replace("light-house", "light-\nhouse").replace("together", "to-\n  gether").replace("“", "«")
    broken = broken.replace(" ", "\n", 9).replace("é", "e\u0301").upper()
    assert counts(find(standoff, document_of_text("scan0001.txt", broken)))[0] == 5


def test_a_sentence_glued_to_a_footnote_mark_is_found(standoff: Standoff) -> None:
    glued = ISLES.replace("summer.\n\nA toll", "summer.12A toll")
    assert counts(find(standoff, document_of_text("isles", glued)))[0] == 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He left. (“The toll?”) She stayed.", "(“The toll?”)"),
        ("He left.“The toll?” She stayed.", "“The toll?”"),
        ("He left.12The toll.3 She stayed.", "The toll."),
        ("café.The tollé, she said", "The tollé,"),
        ("The toll.(3) She stayed.", "The toll."),
        ("他说。The toll 。通行费", "The toll"),
        ("The toll", "The toll"),
    ],
)
def test_marks_at_its_ends_belong_to_a_sentence(text: str, found: str) -> None:
    standoff = Standoff.of(small_corpus(coded("s1", text="The toll"), texts={"d1": "The toll"}))
    (sentence,) = find(standoff, document_of_text("d1", text)).corpus.sentences
    assert sentence.text == found


def test_a_fetched_document_is_known_by_its_quoted_id() -> None:
    texts = {"a.b/c 1": ISLES, "other": ISLES}
    corpus = small_corpus(coded("s1", document="other", text="The toll is due"), texts={"other": "The toll is due"})
    standoff = Standoff.of(corpus)
    facts = standoff.sentences[0].model_copy(update={"document_id": "a.b/c 1"})
    both = Standoff((*standoff.sentences, facts), {id: DocumentFacts(id) for id in texts})
    found = find(both, document_of_text("a%2Eb%2Fc 1.txt", "The toll is due"))
    assert counts(found) == (1, 1, 0)


def test_a_sentence_in_another_document_has_moved(standoff: Standoff) -> None:
    both = f"{HILLS}\n\n{ISLES}"
    assert counts(find(standoff, document_of_text("hills", both))) == (4, 5, 0)
    # Its own document is taken before any other that has it.
    found = find(standoff, document_of_text("hills", HILLS), document_of_text("isles", ISLES))
    assert counts(found) == (9, 0, 0)


def test_a_sentence_far_from_its_neighbours_has_moved(standoff: Standoff) -> None:
    noise = "Nothing of note was heard on that day at the harbour. " * 30
    start, end = ISLES.split("A toll")
    moved = "A toll" + end.split(". ")[0] + ". " + noise + start + "The café" + end.split("The café")[1]
    # The ferry of the hill towns is the second.
    assert counts(find(standoff, document_of_text("isles", moved))) == (4, 2, 3)


def test_what_is_missing_is_named(standoff: Standoff) -> None:
    found = find(standoff, document_of_text("isles", ISLES.replace("toll", "tithe")))
    # The ferry runs in the isles and in the hill towns; of the isles' five sentences one is lost.
    assert counts(found) == (4, 1, 4)
    assert {facts.document_id for facts in found.missing} == {"isles", "hills"}
    assert find(standoff, document_of_text("other", "Nothing of ours.")).corpus.sentences == ()


def test_a_document_that_cannot_be_read_does_not_end_it(standoff: Standoff) -> None:
    failure = Failure("hills.pdf", "read", "no text layer")
    found = find(standoff, failure, document_of_text("isles", ISLES))
    assert found.unread == (failure,)
    assert found.found + found.moved == 6


def test_each_annotator_comes_back(tmp_path: Path) -> None:
    rows = [{"id": "s1", "document_id": "isles", "text": "A toll is asked of every ship", "frames": ["gain"]}]
    codings = [{"id": "s1", "annotator": "ada", "frames": ["gain"]}, {"id": "s1", "annotator": "bea", "frames": []}]
    write_jsonl(tmp_path / "sentences.jsonl", rows)
    write_jsonl(tmp_path / "codings.jsonl", codings)
    write_jsonl(tmp_path / "documents.jsonl", [{"document_id": "isles", "text": ISLES, "institution": "The Isles"}])
    standoff = Standoff.of(Corpus.read(tmp_path, small_codebook()))
    assert standoff.sentences[0].annotators == {"ada": ("gain",), "bea": ()}
    write_corpus(find(standoff, document_of_text("isles", ISLES)).corpus, tmp_path / "again")
    again = Corpus.read(tmp_path / "again", small_codebook())
    (id,) = again.codings
    assert [(c.annotator, c.frames) for c in again.codings[id]] == [("ada", ("gain",)), ("bea", ())]
    assert again.sentences[0].frames == ("gain",)
    assert again.documents["isles"].institution == "The Isles"


def test_random_line_breaks_hyphens_and_quotes_lose_nothing(standoff: Standoff) -> None:
    rng = random.Random(5)
    for _ in range(30):
        letters = []
        for letter in ISLES:
            letters.append({"“": rng.choice('"«„'), "”": rng.choice('"»“')}.get(letter, letter))
            if letter.isalpha() and rng.random() < 0.05:
                letters.append("-\n")
        assert not {
            f.id for f in find(standoff, document_of_text("x", "".join(letters))).missing if f.document_id == "isles"
        }


def facts(**changes: object) -> dict[str, object]:
    good = {"document_id": "d1", "fingerprint": "0" * 16, "anchor": "0" * 8, "length": 9, "position": 0, "frames": []}
    return {**good, **changes}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([facts(frames=["pain"])], "line 1: unknown frame 'pain'"),
        ([facts(annotators={"ada": ["pain"]})], "line 1: unknown frame 'pain'"),
        ([facts(), facts()], "line 2: sentence 'd1#00000000' occurs twice"),
        ([facts(codes=["nonsense"])], "line 1: unknown second-level code 'nonsense'"),
        ([facts(hard_negative=["pain"])], "line 1: unknown frame 'pain'"),
        ([facts(fingerprint="xyz")], "line 1: .*fingerprint"),
        ([facts(length=0)], "line 1: .*length"),
        ([facts(document_id="d9")], "line 1: document 'd9' is not in documents.toml"),
        ([facts(text="The toll.")], "line 1: .*text"),
        ([], "holds no sentence"),
    ],
)
def test_facts_that_break_a_rule_are_refused(rows: list[dict[str, object]], message: str, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "sentences.jsonl", rows)
    (tmp_path / "documents.toml").write_text('[d1]\ntitle = "One"\n')
    with pytest.raises(CorpusError, match=message):
        Standoff.read(tmp_path, small_codebook())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("d1 = 3\n", "documents.toml: d1: expected facts on a document, found 3"),
        ('[d1]\nyear = "long ago"\n', "documents.toml: d1: .*year"),
        ("[d1\n", "documents.toml: is not valid TOML"),
        (None, "documents.toml: cannot be read"),
    ],
)
def test_facts_on_documents_that_break_a_rule_are_refused(content: str | None, message: str, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "sentences.jsonl", [facts()])
    if content is not None:
        (tmp_path / "documents.toml").write_text(content)
    with pytest.raises(CorpusError, match=message):
        Standoff.read(tmp_path, small_codebook())


def test_of_two_places_the_coded_one_is_taken() -> None:
    text = "Their eyes met. Yes. The ferry had gone, and then, after a long while: Yes."
    start = text.rindex("Yes")
    corpus = small_corpus(coded("s1", "gain", text="Yes.", start=start, end=start + 4), texts={"d1": text})
    standoff = Standoff.of(corpus)
    (sentence,) = find(standoff, document_of_text("d1", text)).corpus.sentences
    assert (sentence.start, sentence.text) == (start, "Yes.")


def test_ligatures_are_letters() -> None:
    assert fingerprint("The o\ufb03ce was \ufb01rst") == fingerprint("The office was first")
    standoff = Standoff.of(small_corpus(coded("s1", text="The office."), texts={"d1": "Here. The office. There."}))
    (sentence,) = find(standoff, document_of_text("d1", "Here. The o\ufb03ce. There.")).corpus.sentences
    assert sentence.text == "The o\ufb03ce."


def test_hard_negatives_come_back(tmp_path: Path) -> None:
    standoff = Standoff.of(
        small_corpus(coded("s1", "gain", text="The toll.", hard_negative=("carry",)), texts={"d1": "The toll."})
    )
    write_standoff(standoff, tmp_path)
    again = Standoff.read(tmp_path, small_codebook())
    (sentence,) = find(again, document_of_text("d1", "The toll.")).corpus.sentences
    assert (sentence.frames, sentence.hard_negative) == (("gain",), ("carry",))


def test_facts_need_the_text_of_the_document() -> None:
    with pytest.raises(CorpusError, match="the corpus has no text of document 'd1'"):
        Standoff.of(small_corpus(coded("s1")))
    with pytest.raises(CorpusError, match="'s1': does not stand in its document"):
        Standoff.of(small_corpus(coded("s1", text="The toll."), texts={"d1": "The ferry."}))
    same = [coded(id, text="The toll.") for id in ("s1", "s2")]
    with pytest.raises(CorpusError, match="the same words are coded twice"):
        Standoff.of(small_corpus(*same, texts={"d1": "The toll."}))


def test_facts_have_defaults_for_what_is_not_said() -> None:
    one = SentenceFacts.model_validate_json(json.dumps(facts()))
    assert (one.annotators, one.borderline, one.codes, one.id) == ({}, False, (), "d1#00000000")
    assert DocumentFacts("d1").institution == ""
