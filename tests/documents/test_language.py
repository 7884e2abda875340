"""Languages of documents and sentences."""

import json
from pathlib import Path

import pytest

from framecls.documents import Document, Piece, read, read_sentences, sentences
from framecls.documents.collection import LocatedSentence, Source
from framecls.documents.language import (
    LANGUAGES,
    document_language,
    language_of,
    sentence_languages,
    with_language,
)
from framecls.documents.text import document_of_text

ROWS = [
    json.loads(line) for line in Path(__file__).with_name("languages.jsonl").read_text(encoding="utf-8").splitlines()
]
ENGLISH = ["The Parties shall meet once a year in Vella.", "They report to the Board on what has been done."]
FRENCH = [
    "Les Parties se réunissent une fois par an à Vella et en rendent compte.",
    "Elles présentent au Conseil un rapport sur les travaux accomplis.",
]


def test_sentences_written_in_seventeen_languages() -> None:
    told = [(row["language"], language_of(row["text"])) for row in ROWS]
    assert len({language for language, _ in told}) == 17
    # A language may be left open, and the sentences around then tell it; a wrong one is never named.
    assert {pair for pair in told if pair[1]} == {(language, language) for language, _ in told}
    assert sum(not found for _, found in told) <= 2


@pytest.mark.parametrize(
    "text", ["Annex", "ANNEX II", "Article 4", "Vella, 3.5.2021", "12 %", "", "No. 5/2019 (A/12)", "会议"]
)
def test_what_is_too_short_tells_nothing(text: str) -> None:
    assert language_of(text) == ""


def test_names_are_no_language() -> None:
    names = "Oren Vask, Alma Reith, Ina Tornby, P. O. Lund, Karl Dahl, Ada F. Moss, Port St. Arden, Ostmark"
    assert language_of(names) in ("", "en")


def test_numbers_and_addresses_are_no_language() -> None:
    assert language_of("https://vella.test/a/b?c=1&d=2#e https://vella.test/f/g/h.png 8504.40.9580 8504.40.9550") == ""


def test_english_is_told_by_its_small_words() -> None:
    assert language_of("report of the Board and of the Council") == "en"


def test_all_are_codes_of_iso_639_1() -> None:
    assert all(len(language) == 2 and language.isascii() and language.islower() for language in LANGUAGES)
    assert {"ar", "en", "es", "fr", "ru", "zh"} < LANGUAGES


def test_short_sentences_are_in_the_language_around_them() -> None:
    texts = [*ENGLISH, "Agreed.", *FRENCH, "Adopté.", *FRENCH, "Annex"]
    headings = [False] * len(texts)
    assert sentence_languages(texts, headings, "en") == ["en"] * 3 + ["fr"] * 5 + ["en"]
    assert sentence_languages(["Agreed.", "Annex"], [False, True], "") == ["", ""]
    assert sentence_languages(["Agreed.", *FRENCH], [False] * 3, "") == ["fr"] * 3


def test_a_heading_is_never_foreign_for_what_is_annexed() -> None:
    texts = [*ENGLISH, *FRENCH, "Annex", *FRENCH]
    headings = [text == "Annex" for text in texts]
    assert sentence_languages(texts, headings, "en")[4] == ""
    assert sentence_languages(texts, [False] * len(texts), "en")[4] == "fr"
    assert sentence_languages(["Annex", *ENGLISH, *FRENCH], [True, *[False] * 4], "fr")[0] == ""
    assert sentence_languages(["Annexe", *FRENCH, "Annexe"], [True, False, False, True], "fr") == ["fr"] * 4


def test_language_of_a_document_is_that_of_most_of_it() -> None:
    assert document_language(document_of_text("d", "\n\n".join(ENGLISH * 20 + FRENCH * 5))) == "en"
    assert document_language(document_of_text("d", "\n\n".join(ENGLISH * 3 + FRENCH * 40))) == "fr"
    assert document_language(document_of_text("d", "Annex 12")) == ""


def test_what_meta_says_holds() -> None:
    document = document_of_text("d", "Annexe\n\nArticle 4", {"language": "fr"})
    assert document_language(document) == "fr"
    assert {sentence.language for sentence in sentences(document)} == {"fr"}


def test_meta_records_the_language() -> None:
    document = document_of_text("d", FRENCH[0], {"format": "test"})
    assert with_language(document).meta == {"format": "test", "language": "fr"}
    assert document.meta == {"format": "test"}
    untold = document_of_text("d", "Annex 12")
    assert with_language(untold) is untold


def test_sentences_have_a_language() -> None:
    pieces = [
        Piece("heading", "Accord"),
        *(Piece("paragraph", text) for text in ENGLISH * 3),
        Piece("heading", "Annexe"),
        *(Piece("paragraph", text) for text in FRENCH),
    ]
    found = sentences(Document.from_pieces("d", pieces))
    assert [sentence.language for sentence in found] == ["en"] * 7 + ["", "fr", "fr"]


def test_files_and_tables_are_read_with_their_language(tmp_path: Path) -> None:
    path = tmp_path / "accord.txt"
    path.write_text("\n\n".join(FRENCH), encoding="utf-8")
    assert read(path).meta["language"] == "fr"
    table = tmp_path / "sentences.jsonl"
    rows = [{"id": str(number), "text": text} for number, text in enumerate([FRENCH[0], ENGLISH[0], "Annex"])]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = [
        item for item in read_sentences(Source(table, "t"), table="sentences") if isinstance(item, LocatedSentence)
    ]
    assert [item.sentence.language for item in found] == ["fr", "en", ""]
