"""Sentences in languages a model was not trained for: left out, and said."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from framecls.documents import Failure, LocatedSentence, Sentence
from framecls.errors import DocumentError
from framecls.labelling import label
from framecls.labelling.languages import in_languages
from framecls.model import FrameClassifier

ENGLISH = "A toll is asked of every ship that is in the harbour. The pilot asks a toll of ships."
FRENCH = (
    "Un péage est demandé à chaque navire qui entre dans le port. Le pilote demande un péage aux navires de commerce."
)
GERMAN = "Von jedem Schiff, das in den Hafen einläuft, wird eine Abgabe erhoben."


def item(document: str, number: int, language: str) -> LocatedSentence:
    return LocatedSentence(document, f"{document}#{number}", Sentence(None, None, "Ships pay.", language=language))


def left_out(languages: Sequence[str]) -> str:
    items = [item("a", number, language) for number, language in enumerate(languages)]
    *kept, failure = in_languages(items, ("en",))
    assert [one for one in items if one.sentence.language in ("en", "")] == kept
    assert isinstance(failure, Failure)
    assert (failure.path, failure.stage) == ("a", "language")
    return failure.reason


def test_reasons() -> None:
    ending = "the model was not trained for; label them with --any-language"
    assert left_out(["en", "fr", "", "fr"]) == f"2 of 4 sentences are in fr, which {ending}"
    assert left_out(["fr"]) == f"1 of 1 sentences is in fr, which {ending}"
    assert left_out(["de", "fr", "en", "fr"]) == f"3 of 4 sentences are in languages (2 in fr, 1 in de) that {ending}"


def test_one_failure_a_document_after_all_items_though_its_sentences_are_scattered() -> None:
    failure = Failure("b", "read", "is empty")
    items: list[LocatedSentence | Failure]
    items = [item("a", 1, "fr"), item("b", 1, "en"), failure, item("a", 2, "fr"), item("c", 1, "fr")]
    found = list(in_languages(items, ("en",)))
    assert found[:2] == [items[1], failure]
    assert [one.path for one in found[2:] if isinstance(one, Failure)] == ["a", "c"]


def test_a_model_may_be_trained_for_several() -> None:
    items = [item("a", 1, "fr"), item("a", 2, "en")]
    assert list(in_languages(items, ("en", "fr"))) == items


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "mixed.txt").write_text(f"NOTICE\n\n{ENGLISH}\n\n{ENGLISH}\n\n{FRENCH}\n\n{GERMAN}\n", encoding="utf-8")
    (folder / "english.txt").write_text(f"ANNEX\n\n{ENGLISH}\n", encoding="utf-8")
    return folder


def test_they_are_not_labelled_and_the_record_says_so(classifier: FrameClassifier, mixed: Path, tmp_path: Path) -> None:
    assert classifier.languages == ("en",)
    done = label([mixed], classifier, tmp_path / "labels.parquet")
    found = pq.read_table(done.output).to_pylist()
    assert [row["language"] for row in found] == ["en"] * 8
    # Their numbers are those they have in the document, whatever is left out.
    assert found[-1]["sentence_id"] == "mixed.txt#0005"
    assert done.errors is not None
    assert [json.loads(line) for line in done.errors.read_text().splitlines()] == [
        {
            "path": "mixed.txt",
            "stage": "language",
            "reason": "3 of 8 sentences are in languages (2 in fr, 1 in de) that the model was not trained for;"
            " label them with --any-language",
            "output": "labels.parquet",
        }
    ]


def test_they_are_labelled_and_marked_on_demand(classifier: FrameClassifier, mixed: Path, tmp_path: Path) -> None:
    done = label([mixed], classifier, tmp_path / "labels.csv", any_language=True)
    assert (done.failures, done.sentences) == ((), 11)
    cells = done.output.read_text(encoding="utf-8-sig").splitlines()
    place = cells[0].split(",").index("language")
    assert [line.split(",")[place] for line in cells[-3:]] == ["fr", "fr", "de"]


def test_a_document_in_another_language_alone_says_why(classifier: FrameClassifier, tmp_path: Path) -> None:
    (tmp_path / "avis.txt").write_text(FRENCH, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"avis\.txt: 2 of 2 sentences are in fr, which the model was not trained"):
        label([tmp_path / "avis.txt"], classifier, tmp_path / "labels.parquet")


def test_a_heading_is_labelled_though_most_of_its_document_is_not(classifier: FrameClassifier, tmp_path: Path) -> None:
    (tmp_path / "mixed.txt").write_text(f"ANNEX\n\n{ENGLISH}\n\n{FRENCH}\n\n{FRENCH}\n\n{FRENCH}", encoding="utf-8")
    done = label([tmp_path / "mixed.txt"], classifier, tmp_path / "labels.parquet")
    found = [(row["text"], row["language"]) for row in pq.read_table(done.output).to_pylist()]
    assert found[0] == ("ANNEX", None)
    assert [language for _, language in found[1:]] == ["en", "en"]


def test_what_nothing_tells_is_labelled_without_a_language(classifier: FrameClassifier, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Ships pay.", encoding="utf-8")
    done = label([tmp_path / "note.txt"], classifier, tmp_path / "labels.parquet")
    assert [row["language"] for row in pq.read_table(done.output).to_pylist()] == [None]
