"""Which language a document and each of its sentences is in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from framecls.documents.document import Document
from framecls.documents.wording import words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["LANGUAGES", "document_language", "language_of", "sentence_languages", "with_language"]

#: Those told apart, by ISO 639-1: what official documents are written in. The model knows more, dialects among them,
#: and would take a list of names for one of those.
LANGUAGES = words(
    """
    af am ar az be bg bn ca cs cy da de el en es et eu fa fi fr ga gu he hi hr hu hy id is it ja ka kk km kn ko ky lo
    lt lv mk ml mn mr ms mt my ne nl no pa pl ps pt ro ru si sk sl so sq sr sv sw ta te tg th tk tl tr uk ur uz vi zh
    """
)
#: What the model says of numbers, addresses and the like.
_NO_LANGUAGE = "zxx"

#: Fewer letters tell too little, unless the script does.
_LETTERS = 30
_LETTERS_OF_OTHER_SCRIPTS = 8
_PROBABILITY = 0.7
#: English words that are rare elsewhere, and their least share of a text that is taken for English without the model.
_ENGLISH = words(
    """
    and are been between but by from had has its not of our shall should than that the their these they this those to
    was were which who will with would
    """
)
_ENGLISH_SHARE = 0.12
_ENGLISH_WORDS = 2
#: Of a document, so many characters at so many places are looked at.
_SAMPLE = 600
_SAMPLES = 5


@cache
def _identifier() -> "LanguageIdentifier":
    # Half a second and a hundred megabytes, for those who need it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([*sorted(LANGUAGES), _NO_LANGUAGE])
    return identifier


def _is_english(text: str) -> bool:
    tokens = text.lower().split()
    hits = sum(map(_ENGLISH.__contains__, tokens))
    return hits >= _ENGLISH_WORDS and hits >= _ENGLISH_SHARE * len(tokens)


def language_of(text: str) -> str:
    """
    Tell the language of a text.

    :param text: a sentence or more.
    :returns: its ISO 639-1 code; empty where the text is too short, or too much of it names and numbers, to be sure.
    """
    if _is_english(text):
        return "en"
    letters = sum(map(str.isalpha, text))
    if letters < _LETTERS_OF_OTHER_SCRIPTS or (letters < _LETTERS and _is_latin(text, letters)):
        return ""
    language, probability = _identifier().classify(text)
    return "" if language == _NO_LANGUAGE or probability < _PROBABILITY else str(language)


def document_language(document: Document) -> str:
    """
    Tell the language that most of a document is in.

    :param document: the document; where its ``meta`` names a language, that is it.
    :returns: its ISO 639-1 code; empty where nothing tells it.
    """
    if "language" in document.meta:
        return str(document.meta["language"])
    text = document.text
    step = max(_SAMPLE, len(text) // _SAMPLES)
    samples = (language_of(text[start : start + _SAMPLE]) for start in range(0, len(text), step))
    votes = Counter(language for language in samples if language)
    if votes:
        return votes.most_common(1)[0][0]
    # Names and numbers alone in every sample may still tell something together.
    return language_of(text[: _SAMPLE * _SAMPLES])


def with_language(document: Document) -> Document:
    """
    Record the language of a document in its ``meta``.

    :param document: the document.
    :returns: the same with ``meta["language"]``; without it where nothing tells the language.
    """
    language = document_language(document)
    return replace(document, meta={**document.meta, "language": language}) if language else document


def sentence_languages(texts: Sequence[str], is_heading: Sequence[bool], overall: str) -> list[str]:
    """
    Tell the language of each sentence of a document.

    What is too short to tell is in the language of the sentences around it where they agree, and else in that of the
    document. A heading is in that of the document, and in none that is told where the sentences around it are in
    another: "Annex" stands above whatever is annexed.

    :param texts: the sentences, in order.
    :param is_heading: which of them are headings.
    :param overall: language of the document; may be empty.
    :returns: ISO 639-1 codes; empty where nothing tells the language.
    """
    told = [language_of(text) for text in texts]
    before = _nearest(told)
    after = _nearest(told[::-1])[::-1]
    return [
        own or _inherited(left, right, overall, is_heading=heading)
        for own, left, right, heading in zip(told, before, after, is_heading, strict=True)
    ]


def _inherited(left: str, right: str, overall: str, *, is_heading: bool) -> str:
    overall = overall or left or right
    if is_heading:
        return overall if {left, right} <= {overall, ""} else ""
    return left if left and left == right else overall


def _nearest(told: Sequence[str]) -> list[str]:
    """Give for each place the last language told before it."""
    last = ""
    found = []
    for language in told:
        found.append(last)
        last = language or last
    return found


def _is_latin(text: str, letters: int) -> bool:
    if text.isascii():
        return True
    latin = sum(letter.isalpha() and (letter <= "\u024f" or "\u1e00" <= letter <= "\u1eff") for letter in text)
    return 2 * latin > letters
