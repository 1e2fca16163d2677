"""Intervals hold what they promise: seeded simulations, the order statistics by hand, and the words of benchstat."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare import intervals, stats

POSITIVE = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=9)


def test_the_median() -> None:
    assert intervals.median([3.0, 1.0, 2.0]) == 2
    assert intervals.median([4.0, 1.0, 2.0, 3.0]) == 2.5
    with pytest.raises(ValueError, match="no values"):
        intervals.median([])


# --- of a median ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "confidence", "orders", "real"),
    [
        (6, 0.95, (1, 6), 1 - 2 / 64),
        (10, 0.95, (2, 9), 1 - 2 * 11 / 1024),
        (5, 0.95, (0, 5), 31 / 32),
        (2, 0.0, (1, 2), 0.5),
        (8, 1.0, (0, 9), 1.0),
    ],
)
def test_the_orders_of_a_small_sample(count: int, confidence: float, orders: tuple[int, int], real: float) -> None:
    low, high, told = intervals.median_orders(count, confidence)
    assert (low, high) == orders
    assert told == pytest.approx(real)


@pytest.mark.parametrize("count", [*range(6, 31), 31, 40, 80])
def test_the_interval_is_as_sure_as_it_says(count: int) -> None:
    low, high, told = intervals.median_orders(count, 0.95)
    inside = sum(math.comb(count, below) for below in range(low, high)) / 2**count
    assert inside == pytest.approx(told, abs=0.005)
    assert inside >= 0.945
    assert 1 <= low < high <= count


def test_the_interval_of_the_median_covers_it_often_enough() -> None:
    chance = random.Random(7)
    for count in (6, 9, 10, 20, 35):
        hits = 0
        for _ in range(1500):
            summary = intervals.summarize([chance.expovariate(1) for _ in range(count)])
            hits += summary.lo <= math.log(2) <= summary.hi
        assert hits / 1500 >= 0.95 - 2.6 * math.sqrt(0.05 * 0.95 / 1500), count


def test_too_few_values_have_no_interval() -> None:
    summary = intervals.summarize([5.0, 1.0, 3.0])
    assert (summary.center, summary.lo, summary.hi, summary.confidence) == (3, -math.inf, math.inf, 1)
    assert not summary.is_bounded
    assert summary.warnings == ("need >= 6 samples for confidence interval at level 0.95",)
    assert intervals.summarize([1.0] * 6, confidence=0.99).warnings == (
        "need >= 8 samples for confidence interval at level 0.99",
    )
    assert intervals.summarize([1.0] * 6, confidence=1.0).warnings == (
        "need > 50 samples for confidence interval at level 1",
    )


def test_exact_values_are_all_the_same() -> None:
    summary = intervals.summarize([4.0, 4.0], "exact")
    assert (summary.center, summary.lo, summary.hi, summary.warnings) == (4, 4, 4, ())
    summary = intervals.summarize([101.0, 100, 101], "exact")
    assert (summary.center, summary.lo, summary.hi) == (101, 100, 101)
    assert summary.warnings == ("exact distribution expected, but values range from 100 to 101",)
    with pytest.raises(ValueError, match="no values"):
        intervals.summarize([], "exact")


# --- of a change ------------------------------------------------------------------------------------------------------


def test_a_change_by_hand() -> None:
    change = intervals.delta_interval([10.0, 10, 10, 10], [11.0, 12, 13, 14])
    assert change.delta == pytest.approx(math.sqrt(1.2 * 1.3) - 1)
    assert (change.lo, change.hi) == (pytest.approx(0.1), pytest.approx(0.4))
    assert change.confidence == pytest.approx(1 - 2 / 70)


@given(POSITIVE, POSITIVE, st.floats(0.1, 10))
def test_a_change_knows_no_unit(base: list[float], head: list[float], factor: float) -> None:
    plain = intervals.delta_interval(base, head)
    scaled = intervals.delta_interval([factor * one for one in base], [factor * one for one in head])
    assert scaled.delta == pytest.approx(plain.delta, rel=1e-6, abs=1e-9)
    assert (scaled.lo is None) == (plain.lo is None)
    back = intervals.delta_interval(head, base)
    assert (back.lo is None) == (plain.lo is None)
    if plain.lo is not None and plain.hi is not None:
        assert (1 + (back.lo or 0.0)) * (1 + plain.hi) == pytest.approx(1)
        assert plain.lo <= (plain.delta or 0.0) + 1e-9 <= plain.hi + 2e-9
        assert scaled.lo == pytest.approx(plain.lo, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_the_interval_leaves_out_zero_exactly_where_the_test_is_significant(seed: int) -> None:
    chance = random.Random(seed)
    sizes = chance.randrange(4, 9), chance.randrange(4, 9)
    base, head = (
        [chance.lognormvariate(shift, 0.2) for _ in range(n)]
        for shift, n in zip((0, (-0.2, 0.2)[seed % 2]), sizes, strict=True)
    )
    change = intervals.delta_interval(base, head)
    assert change.lo is not None
    assert change.hi is not None
    assert (not change.lo <= 0 <= change.hi) == (stats.mann_whitney_p(base, head) <= 0.05)


def test_the_interval_of_a_change_covers_it_often_enough() -> None:
    chance = random.Random(11)
    for sizes in ((4, 4), (5, 7), (10, 10), (55, 12)):
        hits = 0
        for _ in range(800):
            base = [chance.lognormvariate(3, 0.3) for _ in range(sizes[0])]
            head = [1.25 * chance.lognormvariate(3, 0.3) for _ in range(sizes[1])]
            change = intervals.delta_interval(base, head)
            hits += change.lo is not None and change.hi is not None and change.lo <= 0.25 <= change.hi
        assert hits / 800 >= 0.95 - 2.6 * math.sqrt(0.05 * 0.95 / 800), sizes


def test_intervals_of_a_change_get_narrower_with_more_runs() -> None:
    widths = []
    for count in (8, 16, 32, 64):
        side = [math.exp(0.1 * NormalDist().inv_cdf((place + 0.5) / count)) for place in range(count)]
        change = intervals.delta_interval(side, side)
        widths.append((change.hi or 0.0) - (change.lo or 0.0))
    assert all(wide > narrow for wide, narrow in pairwise(widths))


def test_a_change_that_cannot_be_told_says_why() -> None:
    three = intervals.delta_interval([1.0, 2, 3], [2.0, 4, 6])
    assert three.delta == pytest.approx(1)
    assert (three.lo, three.hi) == (None, None)
    assert three.warnings == ("too few runs for an interval of the change at level 0.95",)
    assert intervals.delta_interval([0.0, 1], [1.0, 2]).warnings == ("a relative change needs values above 0",)
    assert intervals.delta_interval([], [1.0]).warnings == ("measured on one side only",)
    assert intervals.delta_interval([math.nan], [math.inf]).delta is None
