"""Words broken over a line end: join the syllables of "coopera-tion", keep the hyphen of "win-win"."""

import re
from collections import Counter
from collections.abc import Iterable

__all__ = ["join_lines", "vocabulary"]

_TOKEN = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")
_BROKEN = re.compile(r"([^\W_]+(?:[-\u2010\u2011][^\W_]+)*)([-\u2010\xad])$")
_BEGIN = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")
_ATTACHED = re.compile(r"[^\s\W]\.-$")
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
_TENS = frozenset(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
#: Prefixes that some authors set a hyphen behind and others do not: each document shows which.
_PREFIX = frozenset(["anti", "co", "inter", "intra", "mid", "multi", "post", "pre", "re", "sub", "semi"])


#: What is left of a word that was broken near its end.
_ENDING = re.compile(
    r"[a-z]{0,3}(?:tions?|sions?|tives?|fied|ments?|ity|ities|ances?|ences?|able|ible|ness|i[sz](?:ed|ing)|ical|ally|ional)"
)
#: Words that begin others as often as they stand before a hyphen: "under-stand", "with-out", "some-times".
_BEGINNINGS = frozenset(
    """
    under over with out up down in on off for fore after any some every there where here none never back new rest like
    real other another the be is as at an to per con pro dis mis
    """.split()  # noqa: SIM905
)
#: Documents that break words do so on more lines than this; one that breaks none ends fewer lines in a hyphen.
_BREAKS_WORDS, _ENOUGH_LINES = 0.015, 60
#: What :func:`vocabulary` counts beside words: line ends with a hyphen that are, or are not, those of broken words.
_WHOLE_WORDS = "\n"


def vocabulary(lines: Iterable[str]) -> Counter[str]:
    """
    Count the words of a document that no line end broke, hyphens kept; they are the evidence for those that one did.

    :param lines: its lines.
    :returns: how often each word occurs, in lower case, and whether the document breaks words at all.
    """
    words: Counter[str] = Counter()
    broken: list[tuple[str, str]] = []
    count = 0
    left = ""
    for line in lines:
        count += 1
        found = [word.lower() for word in _TOKEN.findall(line)]
        if left and found:
            broken.append((left, found[0]))
        end = _BROKEN.search(line)
        left = end[1].lower() if end and end[2] != "\xad" else ""
        if found and end:
            found.pop()
        for word in found:
            words[word] += 1
            if "-" in word:
                parts = word.split("-")
                words.update(parts)
                words[f"{parts[0]}-"] += 1
    if count >= _ENOUGH_LINES and len(broken) <= _BREAKS_WORDS * count:
        words[_WHOLE_WORDS] = int(not any(words[one + two] for one, two in broken))
    return words


def join_lines(before: str, after: str, words: Counter[str]) -> str:
    """
    Join a line to the one before it.

    Evidence decides about a hyphen between them, the strongest first: a soft hyphen, a capital or a digit behind it,
    the word written out elsewhere in the document, a document that breaks no words at all, parts that are words of
    their own in it, and parts that official texts are known to join by a hyphen.

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
    if begin and _ATTACHED.search(before):
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
    is_ending = _ENDING.fullmatch(second) is not None and not words[second]
    if words[_WHOLE_WORDS] and not is_ending and (len(first) > 4 or (words[first] and words[second])):
        return False
    if first in _TENS:
        return False
    if first not in _BEGINNINGS | _PREFIX and min(len(first), len(second)) > 3 and words[first] and words[second]:
        return False
    if "-" in one or (first.endswith("ly") and len(first) > 5 and second in words):
        return False
    if second in _SECOND and (len(first) > 4 or first in _FIRST or first in _PREFIX or first in words):
        return False
    if first in _PREFIX:
        return not (words[f"{first}-"] and second in words)
    return not (first in _FIRST and (second in _SECOND_OF_FIRST or (second in words and len(second) > 2)))
