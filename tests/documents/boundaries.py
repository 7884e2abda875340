"""Segmentation cases written by hand, and how well cuts agree with them; the benchmark scores other cutters alike."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HELD_OUT", "REGRESSION", "Case", "Score", "read_cases", "score"]

#: The rules are tuned against these, and must keep to them.
REGRESSION = Path(__file__).with_name("segmentation_cases.jsonl")
#: Written after the rules, and never tuned against.
HELD_OUT = Path(__file__).with_name("segmentation_heldout.jsonl")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Case:
    """
    A text and the sentences that a careful reader cuts it into.

    :param kind: what is difficult about it.
    :param text: the text.
    :param spans: range of each sentence, in order.
    :param units: what each sentence is; ``None`` where the case does not say.
    """

    kind: str
    text: str
    spans: tuple[Span, ...]
    units: tuple[str, ...] | None

    @property
    def sentences(self) -> list[str]:
        return [self.text[start:end] for start, end in self.spans]


@dataclass(frozen=True, slots=True)
class Score:
    """
    Boundaries found, counted over cases. A boundary is the end of a sentence that another follows.

    :param expected: boundaries that the cases have.
    :param found: boundaries that were found.
    :param right: boundaries among both.
    :param whole: cases cut as expected throughout.
    :param cases: cases in all.
    """

    expected: int
    found: int
    right: int
    whole: int
    cases: int

    @property
    def precision(self) -> float | None:
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.right / self.expected if self.expected else None

    @property
    def f1(self) -> float | None:
        both = self.expected + self.found
        return 2 * self.right / both if both else None


def read_cases(path: Path) -> list[Case]:
    """
    Read cases.

    :param path: JSON Lines of ``kind, text, sentences`` and, in some, ``units``.
    :returns: the cases, in order.
    :raises ValueError: a sentence does not stand in its text, after the one before it, or the units are not one each.
    """
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        units = tuple(row["units"]) if "units" in row else None
        if units is not None and len(units) != len(row["sentences"]):
            raise ValueError(f"{row['text']!r}: {len(units)} units for {len(row['sentences'])} sentences")
        cases.append(Case(row["kind"], row["text"], tuple(_spans(row["text"], row["sentences"])), units))
    return cases


def _spans(text: str, sentences: Sequence[str]) -> Iterable[Span]:
    position = 0
    for sentence in sentences:
        start = text.index(sentence, position)
        position = start + len(sentence)
        yield start, position


def score(cases: Iterable[Case], cut: Callable[[str], Sequence[Span]]) -> Score:
    """
    Score a cutter.

    :param cases: what to cut.
    :param cut: gives the ranges of a text's sentences, in order.
    :returns: the counts.
    """
    expected = found = right = whole = number = 0
    for case in cases:
        number += 1
        spans = _tight(case.text, cut(case.text))
        wanted, got = ({end for _, end in given[:-1]} for given in (case.spans, spans))
        expected += len(wanted)
        found += len(got)
        right += len(wanted & got)
        whole += spans == case.spans
    return Score(expected, found, right, whole, number)


def _tight(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Give spans without white space at their ends, since cutters differ in whether they keep it."""
    tight = []
    for start, end in spans:
        part = text[start:end]
        left = start + len(part) - len(part.lstrip())
        right = start + len(part.rstrip())
        if left < right:
            tight.append((left, right))
    return tuple(tight)
