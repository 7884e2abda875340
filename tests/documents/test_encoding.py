"""Bytes to text, whatever they were saved as."""

import codecs

import pytest

from framecls.documents.encoding import decode, mend
from framecls.errors import DocumentError

FRENCH = "Le comité mixte se réunit à Vella. Il a déjà siégé à Norland l’été passé."


def test_utf8_needs_no_detection() -> None:
    assert decode(FRENCH.encode()) == (FRENCH, "utf-8")


@pytest.mark.parametrize(
    ("mark", "encoding", "name"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    ],
)
def test_a_byte_order_mark_is_believed_and_dropped(mark: bytes, encoding: str, name: str) -> None:
    assert decode(mark + FRENCH.encode(encoding)) == (FRENCH, name)


@pytest.mark.parametrize(
    "text",
    [
        FRENCH,
        "naïve café",
        "Die Vertragsparteien führen jährliche Gespräche über die Rückkehr.",
        "The Parties’ “joint” efforts – agreed in Vella – continue.",
    ],
)
def test_windows_western_is_told_from_its_neighbours(text: str) -> None:
    assert decode(text.encode("cp1252")) == (text, "cp1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Совет собирается ежегодно. Стороны сообщают о своих мерах.", "cp1251"),
        ("Η κοινή επιτροπή συνεδριάζει κάθε χρόνο στη Βέλλα.", "cp1253"),
        ("تجتمع اللجنة المشتركة كل سنة في فيلا.", "cp1256"),
    ],
)
def test_other_alphabets_are_recognised(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == (text, encoding)


def test_a_named_encoding_is_used_and_its_byte_order_mark_dropped() -> None:
    assert decode(FRENCH.encode("latin-1", "replace"), "latin-1")[0] == FRENCH.replace("’", "?")
    assert decode(codecs.BOM_UTF8 + b"The Board meets.", "utf-8") == ("The Board meets.", "utf-8")


@pytest.mark.parametrize("name", ["klingon", "undefined", "rot13"])
def test_an_unknown_encoding_is_refused(name: str) -> None:
    with pytest.raises(DocumentError, match=f"unknown encoding '{name}'; name one Python knows, such as utf-8"):
        decode(b"The Board meets.", name)


def test_a_wrong_encoding_is_refused_with_the_place() -> None:
    with pytest.raises(
        DocumentError, match="byte 8 is not valid utf-8; name the right encoding or leave --encoding out"
    ):
        decode("Le comité".encode("cp1252") + b" mixte", "utf-8")


def test_a_broken_file_with_a_byte_order_mark_is_refused() -> None:
    with pytest.raises(DocumentError, match="byte 2 is not valid utf-16"):
        decode(codecs.BOM_UTF16_LE + b"a")


def test_binary_is_refused() -> None:
    with pytest.raises(DocumentError, match="is binary, not text; expected TXT, Markdown, HTML, DOCX, PDF or a table"):
        decode(b"\x7fELF\x02\x01\x00\x00 Board")


def test_bytes_that_fit_no_encoding_are_refused() -> None:
    with pytest.raises(DocumentError, match="no known encoding fits; save it as UTF-8 or name its encoding with --enc"):
        decode(bytes(range(1, 256)))


def test_text_decoded_wrongly_is_mended_line_by_line() -> None:
    sound = "The “joint” effort – déjà vu.\r\n"
    broken = "The “joint” effort.".encode().decode("cp1252", "replace").replace("\ufffd", "\x9d")
    assert mend(sound + broken) == sound + "The “joint” effort."


def test_sound_text_is_not_mended() -> None:
    assert mend(FRENCH) == FRENCH
