"""Words broken over a line end: join the syllables of "coopera-tion", keep the hyphen of "win-win"."""

import re
from collections import Counter
from collections.abc import Iterable

__all__ = ["join_lines", "vocabulary"]

_TOKEN = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")
_BROKEN = re.compile(r"([^\W_]+(?:[-\u2010\u2011][^\W_]+)*)([-\u2010\xad])$")
_BEGIN = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")
_RANGE = re.compile(r"\d[-–—]$")
#: A sign that the author set a hyphen: what official texts put before one, and what they put behind one.
_FIRST = frozenset(
    """
    win non self long short high low well cross vice ex capacity policy decision peace evidence rights needs people
    gender donor partner cost risk labour market demand two three four five six medium full large small fact follow
    results host middle lower upper conflict climate child data deep
    """.split()  # noqa: SIM905
)
_SECOND = frozenset(
    """
    based making building sharing driven oriented term related range specific owned sensitive responsive friendly
    neutral compliance effective governmental known financing financed
    """.split()  # noqa: SIM905
)
_SECOND_OF_FIRST = frozenset(
    """
    border party state country year month day time win level scale wide led free being income finding refoulement
    discrimination regular profit skilled keeping off up called lasting maker makers holder holders step track sectoral
    cutting binding aged sea seated rooted established standing
    """.split()  # noqa: SIM905
)
#: Prefixes that some authors set a hyphen behind and others do not: each document shows which.
_PREFIX = frozenset(["anti", "co", "inter", "intra", "mid", "multi", "post", "pre", "re", "sub", "semi"])


def vocabulary(lines: Iterable[str]) -> Counter[str]:
    """
    Count the words of a document that no line end broke, hyphens kept; they are the evidence for those that one did.

    :param lines: its lines.
    :returns: how often each word occurs, in lower case.
    """
    words: Counter[str] = Counter()
    for line in lines:
        found = [word.lower() for word in _TOKEN.findall(line)]
        if found and _BROKEN.search(line):
            found.pop()
        for word in found:
            words[word] += 1
            if "-" in word:
                parts = word.split("-")
                words.update(parts)
                words[f"{parts[0]}-"] += 1
    return words


def join_lines(before: str, after: str, words: Counter[str]) -> str:
    """
    Join a line to the one before it.

    Evidence decides about a hyphen between them, the strongest first: a soft hyphen, a capital or a digit behind it,
    the word written out elsewhere in the document, and parts that official texts are known to join by a hyphen.

    :param before: what has been read, which ends with a line.
    :param after: the next line.
    :param words: the words of the document, by :func:`vocabulary`.
    :returns: both, with a space, with nothing or with a hyphen between them.
    """
    broken = _BROKEN.search(before)
    begin = _BEGIN.match(after)
    if broken and begin:
        joined = before[: -len(broken[2])]
        return joined + after if _is_one_word(broken[1], begin[0], broken[2], words) else joined + "-" + after
    if _RANGE.search(before) and after[0].isdigit():
        return before + after
    return f"{before} {after}"


def _is_one_word(left: str, right: str, hyphen: str, words: Counter[str]) -> bool:
    if hyphen == "\xad":
        return True
    if not left[-1].isalpha() or right[0].isdigit():
        return False
    if right[0].isupper() and not (left.isupper() and len(left) > 1 and right.isupper()):
        return False
    one, two = left.lower(), right.lower()
    whole, apart = words[one + two], words[f"{one}-{two}"]
    if whole != apart:
        return whole > apart
    if one == two or len(one.split("-")[-1]) == 1:
        return False
    first, second = one.split("-")[-1], two.split("-")[0]
    if second in _SECOND and (first in _FIRST or first in _PREFIX or first in words):
        return False
    if first in _PREFIX:
        return not (words[f"{first}-"] and second in words)
    return not (first in _FIRST and (second in _SECOND_OF_FIRST or (second in words and len(second) > 2)))
