"""The data the project ships: sound, of the size the datasheet says, and its facts found again in the documents."""

import gzip
import json
import random
from pathlib import Path

import pytest

from framecls.codebook import Codebook
from framecls.corpus import Corpus, Standoff, check, hydrate
from framecls.documents import Document
from framecls.documents.text import document_of_text
from framecls.report.tables import corpus_markdown

ROOT = Path(__file__).parents[2]
OFFICIAL = ROOT.parent / "shared" / "official-texts" / "documents.jsonl.gz"

pytestmark = pytest.mark.checkout


@pytest.fixture(scope="module")
def book() -> Codebook:
    return Codebook.read(ROOT / "data" / "codebook.toml")


def test_the_corpus_is_sound_and_its_datasheet_is_of_this_state(book: Codebook) -> None:
    report = check(Corpus.read(ROOT / "data" / "corpus", book))
    assert report.problems == ()
    whole = next(part for part in report.parts if part.part == "all")
    assert whole.sentences >= 5000
    assert whole.documents >= 220
    assert whole.none >= whole.sentences / 2
    for frame in report.by_frame:
        assert frame.support >= (800 if frame.frame == "conditionality" else 500)
        assert frame.hard_negatives >= 400
        assert all(count > 0 for _, count in frame.codes)
    # If this fails after a change of the data: scripts/write_datasheet.py
    assert corpus_markdown(report) in (ROOT / "data" / "README.md").read_text(encoding="utf-8")


def test_half_of_the_documents_are_on_migration_and_all_are_of_our_years(book: Codebook) -> None:
    documents = Corpus.read(ROOT / "data" / "corpus", book).documents.values()
    assert sum(facts.topic == "migration" for facts in documents) * 2 >= len(documents)
    assert all(facts.year is not None and 1994 <= facts.year <= 2026 for facts in documents)
    assert {facts.context for facts in documents} == {
        "european",
        "international",
        "north-american",
        "african",
        "asian-pacific",
    }


def test_the_official_facts_are_sound_and_say_where_each_document_is(book: Codebook) -> None:
    standoff = Standoff.read(ROOT / "data" / "official", book)
    assert len(standoff.sentences) >= 4085
    for facts in standoff.documents.values():
        assert facts.title
        assert facts.institution
        assert facts.genre
        assert facts.licence
        assert facts.url or facts.copy


def broken(text: str, rng: random.Random) -> str:
    """Wrap lines anew, hyphenate at line ends and use other quotation marks."""
    letters = {'"': rng.choice("“«„"), "“": '"', "”": '"', "'": "’", "’": "'"}
    lines, width = [""], rng.randint(40, 90)
    for word in "".join(letters.get(letter, letter) for letter in text).split(" "):
        if len(lines[-1]) + len(word) > width and word.isalpha() and len(word) > 7 and rng.random() < 0.5:
            cut = rng.randint(3, len(word) - 3)
            lines[-1] += word[:cut] + "-"
            lines.append(word[cut:] + " ")
        elif len(lines[-1]) + len(word) > width:
            lines.append(word + " ")
        else:
            lines[-1] += word + " "
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.skipif(not OFFICIAL.exists(), reason="needs the official documents, which are not the project's")
def test_the_official_sentences_are_found_again(book: Codebook) -> None:
    standoff = Standoff.read(ROOT / "data" / "official", book)
    rng = random.Random(7)
    texts = {}
    with gzip.open(OFFICIAL, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            texts[row["document_id"]] = row["text"]

    def share(documents: dict[str, str]) -> float:
        copies: list[Document] = [document_of_text(id, text) for id, text in documents.items()]
        found = hydrate(standoff, copies, book)
        return (found.found + found.moved) / len(standoff.sentences)

    assert share(texts) >= 0.99
    assert share({f"scan {number}.txt": broken(text, rng) for number, text in enumerate(texts.values())}) >= 0.97
