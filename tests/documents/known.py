"""Sentences whose wording is known, and what a document made of them must give back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

#: A dot in the middle of a word is where a line may end within it.
MAY_BREAK = "·"

POOL = tuple((Path(__file__).parent / "known_sentences.txt").read_text(encoding="utf-8").splitlines())


@dataclass
class Known:
    """
    A document in the making, with the sentences it holds.

    :param expected: its sentences, as they must come out.
    :param furniture: words that stand in its furniture and in no sentence.
    """

    name: str
    offset: int
    expected: list[str] = field(default_factory=list)
    furniture: list[str] = field(default_factory=list)
    _pool: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._pool = islice(cycle(POOL), self.offset % len(POOL), None)

    def take(self, count: int = 1) -> list[str]:
        """Take the next sentences, and expect them back."""
        taken = list(islice(self._pool, count))
        self.expected += [each.replace(MAY_BREAK, "") for each in taken]
        return taken

    def one(self, before: str = "", after: str = "") -> str:
        """Take a sentence that is expected with something before and after it."""
        taken = next(self._pool)
        self.expected.append(f"{before}{taken.replace(MAY_BREAK, '')}{after}")
        return taken

    def plain(self, count: int = 1) -> str:
        """Take a paragraph without places to break a word."""
        return " ".join(self.take(count)).replace(MAY_BREAK, "")

    def item(self, label: str) -> str:
        """Take a sentence, without places to break a word, that is expected behind the number of its item."""
        return self.one(before=f"{label} ").replace(MAY_BREAK, "")

    def heading(self, text: str) -> str:
        """Expect a heading."""
        self.expected.append(text)
        return text

    def around(self, text: str) -> str:
        """Expect that no sentence holds this."""
        self.furniture.append(text)
        return text
