"""The Mann-Whitney test is exact, with ties; tests made together are adjusted together; the words are benchstat's."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare import ranks, stats

SMALL = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=5)
ANY = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9)
# The worked example of benchstat's manual: Encode/format=gob before and after, in nanoseconds.
GOB = (
    [3069.0, 3075, 3069, 3067, 3207, 3064, 3064, 3058, 3059, 3062],
    [3075.0, 3065, 3059, 3065, 3060, 3081, 3186, 3135, 3087, 3062],
)


def brute_force(first: list[float], second: list[float]) -> float:
    pooled = [*first, *second]
    placed = [sum(other < value for other in pooled) + (pooled.count(value) + 1) / 2 for value in pooled]
    observed = sum(placed[: len(first)])
    sums = [sum(deal) for deal in itertools.combinations(placed, len(first))]
    low = sum(one <= observed for one in sums)
    high = sum(one >= observed for one in sums)
    return min(1.0, 2 * min(low, high) / math.comb(len(pooled), len(first)))


@given(SMALL, SMALL)
def test_equals_every_way_of_dealing(first: list[float], second: list[float]) -> None:
    assert stats.mann_whitney_p(first, second) == pytest.approx(brute_force(first, second))


@given(ANY, ANY)
def test_it_makes_no_difference_which_side_is_which(first: list[float], second: list[float]) -> None:
    assert stats.mann_whitney_p(first, second) == pytest.approx(stats.mann_whitney_p(second, first))


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=9), st.lists(st.integers(-40, 40), min_size=1, max_size=9))
def test_only_the_order_of_values_counts(first: list[int], second: list[int]) -> None:
    plain = stats.mann_whitney_p(first, second)
    assert stats.mann_whitney_p([x**3 + 5 for x in first], [x**3 + 5 for x in second]) == plain
    assert stats.mann_whitney_p([-x for x in first], [-x for x in second]) == pytest.approx(plain)


def test_the_example_of_benchstats_manual() -> None:
    assert f"{stats.mann_whitney_p(*GOB):.3f}" == "0.446"


def test_full_separation() -> None:
    assert stats.mann_whitney_p([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1)
    assert stats.mann_whitney_p([1, 2, 3, 4], [5, 6, 7, 8]) == pytest.approx(2 / 70)


def test_nothing_to_compare() -> None:
    assert stats.mann_whitney_p([], [1.0]) == 1.0
    assert stats.mann_whitney_p([math.nan, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]) == 1.0
    assert stats.center([]) is None


def test_four_runs_a_side_are_needed() -> None:
    assert stats.runs_needed() == 4
    assert stats.smallest_p(3, 3) == pytest.approx(0.1)


def test_large_groups_agree_with_the_exact_distribution() -> None:
    chance = random.Random(1)
    first = [chance.gauss(0, 1) for _ in range(20)]
    second = [chance.gauss(0.4, 1) for _ in range(20)]
    dealt = ranks.doubled_ranks([*first, *second])
    approximate = ranks.normal_p(dealt, 20, sum(dealt[:20]))
    assert approximate == pytest.approx(stats.mann_whitney_p(first, second), rel=0.15)
    assert 0.001 < approximate < 0.9


@pytest.mark.parametrize(
    ("count", "ties", "exact"), [(50, False, True), (51, False, False), (25, True, True), (26, True, False)]
)
def test_large_groups_are_exact_as_long_as_benchstats(monkeypatch, count: int, ties: bool, exact: bool) -> None:
    asked = []
    monkeypatch.setattr(ranks, "exact_p", lambda *_: asked.append(True) or 0.5)
    monkeypatch.setattr(ranks, "normal_p", lambda *_: asked.append(False) or 0.5)
    first = [float(value) for value in range(count)]
    stats.mann_whitney_p(first, [value + (0 if ties else 0.5) for value in first])
    assert asked == [exact]


def test_fifty_values_a_side_are_dealt_in_as_many_ways_as_there_are() -> None:
    counts, _, _ = ranks.ways(tuple(range(2, 201, 2)), 50)
    assert counts.sum() == pytest.approx(math.comb(100, 50), rel=1e-12)


@pytest.mark.parametrize("sizes", [(4, 4), (5, 6), (10, 10), (3, 20)])
def test_the_critical_u_is_the_last_significant_one(sizes: tuple[int, int]) -> None:
    place, tail = ranks.critical_u(*sizes, 0.05)
    assert tail <= 0.025
    first = [float(value) for value in range(sizes[0])]
    for wrong, significant in ((place, True), (place + 1, False)):
        # As many pairs the wrong way round as `wrong` says: the head value is the smaller one.
        second = [sizes[0] + 0.5 + rank for rank in range(sizes[1])]
        for rank in range(sizes[1]):
            taken = min(sizes[0], wrong - sum(sum(one > two for one in first) for two in second))
            second[rank] = sizes[0] - taken - 0.5 + rank * 1e-3
        assert sum(one > two for one in first for two in second) == wrong
        assert (stats.mann_whitney_p(first, second) <= 0.05) is significant


# --- tests made together ----------------------------------------------------------------------------------------------


def test_adjusting_the_hand_example() -> None:
    # Sorted 0.005 0.01 0.03 0.04, times 4 over the place: 0.02 0.02 0.04 0.04.
    assert stats.adjust([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.02, 0.04, 0.04, 0.02))
    assert stats.adjust([]) == ()
    assert stats.adjust([0.03]) == (0.03,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusting_keeps_the_order_and_never_helps(p_values: list[float]) -> None:
    q_values = stats.adjust(p_values)
    assert all(p <= q + 1e-12 and q <= 1 for p, q in zip(p_values, q_values, strict=True))
    ordered = [q for _, q in sorted(zip(p_values, q_values, strict=True))]
    assert ordered == sorted(ordered)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_adjusted_values_are_those_of_scipy(p_values: list[float]) -> None:
    from scipy.stats import false_discovery_control

    expected = false_discovery_control(p_values, method="bh") if p_values else []
    assert stats.adjust(p_values) == pytest.approx(tuple(expected), rel=1e-12)


def test_false_claims_among_tests_of_nothing_stay_rare() -> None:
    chance = random.Random(3)
    families = 400
    claims = 0
    for _ in range(families):
        p_values = [
            stats.mann_whitney_p([chance.random() for _ in range(8)], [chance.random() for _ in range(8)])
            for _ in range(6)
        ]
        claims += min(stats.adjust(p_values)) < 0.05
    assert claims / families <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / families)


# --- benchstat's words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "head", "alpha", "warnings"),
    [
        ([1.0] * 3, [2.0] * 3, 0.05, ("need >= 4 samples to detect a difference at alpha level 0.05",)),
        ([1.0] * 4, [2.0] * 4, 0.05, ()),
        ([1.0] * 4, [2.0] * 4, 0.01, ("need >= 5 samples to detect a difference at alpha level 0.01",)),
        ([1.0] * 4, [2.0] * 4, 1e-50, ("need > 10 samples to detect a difference at alpha level 1e-50",)),
        ([1.0] * 3, [2.0] * 4, 0.05, ()),
        ([7.0] * 2, [7.0] * 3, 0.05, ("all samples are equal",)),
    ],
)
def test_a_test_says_what_it_lacks(
    base: list[float], head: list[float], alpha: float, warnings: tuple[str, ...]
) -> None:
    test = stats.compare(base, head, alpha=alpha)
    assert test.warnings == warnings
    assert (test.base_count, test.head_count, test.alpha) == (len(base), len(head), alpha)


def test_exact_values_need_no_test() -> None:
    assert stats.compare([1.0], [2.0], "exact").p == 0


def test_geometric_means() -> None:
    assert stats.geomean([2.0, 8.0]) == pytest.approx(4)
    assert stats.geomean([2.0, 0.0]) is None
    assert stats.geomean([2.0, -1.0]) is None
    assert stats.geomean([]) is None
