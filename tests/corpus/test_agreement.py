"""Agreement against published values, brute force and scikit-learn."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from framecls.corpus.agreement import krippendorff_alpha, pairwise_f1

Floats = npt.NDArray[np.float64]


def table(*coders: str) -> Floats:
    """A row for each coder, a character for each unit; a dot is not coded."""
    return np.array([[np.nan if value == "." else float(ord(value)) for value in coder] for coder in coders])


# The worked examples of Krippendorff 2011, "Computing Krippendorff's alpha-reliability", sections A to C.
PUBLISHED = [
    (table("0100000010", "1110010000"), 0.095),
    (table("aabbdcccedda", "babbbccceddd"), 0.692),
    (table("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),
]


@pytest.mark.parametrize(("values", "alpha"), PUBLISHED)
def test_alpha_is_the_published_one(values: Floats, alpha: float) -> None:
    assert krippendorff_alpha(values) == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize(
    ("values", "alpha"),
    [
        (table("0101", "0101"), 1.0),
        # Observed 2 of 4 values disagree; expected 2·2·2 / (4·3) = 2/3.
        (table("01", "10"), 1 - 1 / (2 / 3)),
        # Nothing to compare: units coded once, or not at all.
        (table("01..", "..10"), None),
        (table("...", "..."), None),
        (np.zeros((2, 0)), None),
        # One value only: no variation, so neither agreement nor disagreement can be told from chance.
        (table("0000", "0000"), None),
        # The one 1 stands in a unit with a single coding and does not count.
        (table("0001", "000."), None),
    ],
)
def test_alpha_by_hand(values: Floats, alpha: float | None) -> None:
    assert krippendorff_alpha(values) == pytest.approx(alpha)


def alpha_by_pairs(values: Floats) -> float | None:
    """Average disagreement of pairs within units, over that of pairs of all pairable values."""
    units = [[value for value in unit if not np.isnan(value)] for unit in values.T]
    units = [unit for unit in units if len(unit) > 1]
    pooled = [value for unit in units for value in unit]
    expected = disagreement(pooled)
    if not expected:
        return None
    observed = sum(len(unit) * (disagreement(unit) or 0.0) for unit in units) / len(pooled)
    return 1 - observed / expected


def disagreement(values: Sequence[float]) -> float | None:
    pairs = list(permutations(values, 2))
    return sum(one != other for one, other in pairs) / len(pairs) if pairs else None


@st.composite
def tables(draw: st.DrawFn, values: str = "abc.") -> Floats:
    units = draw(st.integers(1, 8))
    return table(*draw(st.lists(st.text(values, min_size=units, max_size=units), min_size=2, max_size=4)))


@settings(deadline=None)
@given(values=tables())
def test_alpha_is_what_pairs_give_and_does_not_care_for_order_or_names(values: Floats) -> None:
    alpha = krippendorff_alpha(values)
    assert alpha == pytest.approx(alpha_by_pairs(values), abs=1e-12)
    assert krippendorff_alpha(values[::-1, ::-1]) == pytest.approx(alpha, abs=1e-12)
    assert krippendorff_alpha(-values) == pytest.approx(alpha, abs=1e-12)
    if alpha is not None:
        assert alpha <= 1


@pytest.mark.parametrize(
    ("coders", "f1"),
    [
        ((("1100"), ("1010")), 0.5),
        (("1010", "1010"), 1.0),
        (("1000", "0111"), 0.0),
        (("0000", "0000"), None),
        # Only the first two units were coded by both.
        (("11..1", "10.1."), 2 / 3),
        (("1..", ".11"), None),
        # Pairs: F1 of (1,1) 2/2, of (1,0) 0/1 and 0/1; counted together 2 / (2 + 1 + 1).
        (("1", "1", "0"), 0.5),
    ],
)
def test_pairwise_f1_by_hand(coders: tuple[str, ...], f1: float | None) -> None:
    assert pairwise_f1(table(*coders) - ord("0")) == pytest.approx(f1)


@settings(deadline=None)
@given(values=tables("01"))
def test_pairwise_f1_of_two_is_scikit_learns_and_of_more_has_no_order(values: Floats) -> None:
    values = values - ord("0")
    one, other = values[:2] == 1
    expected = f1_score(one, other, zero_division=np.nan)
    assert pairwise_f1(values[:2]) == (None if np.isnan(expected) else pytest.approx(expected))
    assert pairwise_f1(values[::-1]) == pytest.approx(pairwise_f1(values))
