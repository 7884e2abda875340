"""Documents of known content in many layouts: every sentence comes back, once, with nothing else in it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pypdfium2
import pytest

from framecls.documents import Document, read, sentences
from tests.documents import made_docx, made_html, made_pdf
from tests.documents.known import Known

_BULLET = re.compile(r"^[•–—-]\s+")


@dataclass(frozen=True)
class Result:
    """What came out of one document."""

    known: Known
    document: Document
    found: list[str]

    @property
    def missing(self) -> list[str]:
        return [text for text in self.known.expected if _BULLET.sub("", text) not in self.found]

    @property
    def repeated(self) -> list[str]:
        counts, expected = Counter(self.found), Counter(_BULLET.sub("", text) for text in self.known.expected)
        return [text for text in expected if counts[text] > expected[text]]

    @property
    def polluted(self) -> list[str]:
        return [text for text in self.found for words in self.known.furniture if words in text]


def _write_html(path: Path, known: Known) -> None:
    name = path.stem
    path.write_bytes(made_html.MAKERS[name](known).encode(made_html.ENCODINGS.get(name, "utf-8")))


MAKERS: dict[str, Callable[[Path, Known], None]] = {
    **{f"{name}.pdf": make for name, make in made_pdf.MAKERS.items()},
    **{f"{name}.docx": partial(made_docx.make, maker) for name, maker in made_docx.MAKERS.items()},
    **{f"{name}.html": _write_html for name in made_html.MAKERS},
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="session")
def results(made: Path) -> dict[str, Result]:
    found = {}
    for number, (name, make) in enumerate(MAKERS.items()):
        known = Known(name, 11 * number)
        make(made / name, known)
        document = read(made / name)
        texts = [_BULLET.sub("", sentence.text) for sentence in sentences(document)]
        found[name] = Result(known, document, texts)
    return found


def test_there_are_documents_enough() -> None:
    assert len(MAKERS) >= 40


def test_known_sentences_come_out_exactly(results: dict[str, Result]) -> None:
    total = sum(len(result.known.expected) for result in results.values())
    missing = [f"{name}: {text}" for name, result in results.items() for text in result.missing]
    assert total > 1000
    assert len(missing) <= 0.005 * total, f"{len(missing)} of {total}:\n" + "\n".join(missing)


def test_no_sentence_comes_out_twice(results: dict[str, Result]) -> None:
    assert [(name, text) for name, result in results.items() for text in result.repeated] == []


def test_no_sentence_holds_furniture(results: dict[str, Result]) -> None:
    assert [(name, text) for name, result in results.items() for text in result.polluted] == []


def test_offsets_hold_and_pages_grow(results: dict[str, Result]) -> None:
    for result in results.values():
        text = result.document.text
        for sentence in sentences(result.document):
            assert sentence.start is not None
            assert text[sentence.start : sentence.end] == sentence.text
        assert list(result.document.page_starts) == sorted(result.document.page_starts)


def test_every_letter_of_a_pdf_is_in_its_text(results: dict[str, Result], made: Path) -> None:
    """PDFium's own text is the oracle; only the marks of notes are left out, as their notes have them too."""
    spelt = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi"})

    def letters(text: str) -> Counter[str]:
        return Counter(char for char in text.translate(spelt) if char.isalnum())

    for name, result in results.items():
        if name.endswith(".pdf"):
            with pypdfium2.PdfDocument(made / name) as pdf:
                pages = "".join(page.get_textpage().get_text_range() for page in pdf)
            marks = Counter("123456") if name == "raised-marks.pdf" else Counter()
            assert letters(pages) - letters(result.document.text) == marks, name
            assert not letters(result.document.text) - letters(pages), name
