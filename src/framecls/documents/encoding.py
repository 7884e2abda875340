"""Bytes to text."""

import codecs

from charset_normalizer import from_bytes
from ftfy import fix_encoding
from ftfy.badness import is_bad

from framecls.errors import DocumentError

__all__ = ["decode", "mend"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


#: What office software saves text in; a short text fits DOS and mainframe code pages as well, and would come out wrong.
_CANDIDATES = [
    *(f"cp125{last}" for last in range(9)),
    *(f"iso8859_{part}" for part in (2, 5, 7, 9, 15)),
    "koi8_r",
    "koi8_u",
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
]

#: Accents alone make a text look this much less orderly.
_CHAOS = 0.1


def decode(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """
    Decode the bytes of a text file: a byte order mark first, then UTF-8, then what the bytes look like.

    :param content: the bytes.
    :param encoding: an encoding to use instead of detecting one.
    :returns: the text without byte order mark, and the name of the encoding.
    :raises DocumentError: the bytes are not text in the given, or in any recognised, encoding.
    """
    if encoding is not None:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError as error:
            raise DocumentError(
                f"byte {error.start} is not valid {encoding}; name the right encoding or leave --encoding out"
            ) from error
        except (LookupError, UnicodeError) as error:
            # "undefined", which is among the encodings of Python, raises the latter.
            raise DocumentError(f"unknown encoding {encoding!r}; name one Python knows, such as utf-8") from error
    for bom, name in _BOMS:
        if content.startswith(bom):
            return decode(content, name)
    if b"\0" in content:
        raise DocumentError("is binary, not text; expected TXT, Markdown, HTML, DOCX, PDF or a table")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        matches = from_bytes(content, cp_isolation=_CANDIDATES)
    best = matches.best()
    if best is None:
        raise DocumentError("no known encoding fits; save it as UTF-8 or name its encoding with --encoding")
    for match in matches:
        # Central European and Baltic code pages give as good a reading of most Western texts, with "ŕ" or "ą" for "à";
        # the most common encoding is meant unless another makes better words.
        western = "cp1252" in match.could_be_from_charset
        if western and match.coherence >= best.coherence and match.chaos <= best.chaos + _CHAOS:
            return str(match), "cp1252"
    return str(best), best.encoding


def mend(text: str) -> str:
    """
    Undo text that was decoded wrongly before it reached us: ``â€œpeaceâ€\x9d`` is ``“peace”``.

    Only lines that show the marks of it are touched, so that the offsets of a sound text stay those of its file.

    :param text: the text.
    :returns: the text, changed only where it was broken.
    """
    # What was decoded wrongly shows in characters beyond ASCII; asking every line takes longer than all the rest.
    if text.isascii():
        return text
    lines = text.splitlines(keepends=True)
    return "".join(fix_encoding(line) if not line.isascii() and is_bad(line) else line for line in lines)
