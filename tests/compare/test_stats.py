"""The Mann-Whitney test is exact, with ties."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from pipeline.compare import stats


def brute_force(first: list[float], second: list[float]) -> float:
    pooled = [*first, *second]
    ranks = [sum(other < value for other in pooled) + (pooled.count(value) + 1) / 2 for value in pooled]
    observed = sum(ranks[: len(first)])
    sums = [sum(deal) for deal in itertools.combinations(ranks, len(first))]
    low = sum(one <= observed for one in sums)
    high = sum(one >= observed for one in sums)
    return min(1.0, 2 * min(low, high) / math.comb(len(pooled), len(first)))


@pytest.mark.parametrize("seed", range(40))
def test_equals_every_way_of_dealing(seed: int) -> None:
    chance = random.Random(seed)
    first = [float(chance.randrange(6)) for _ in range(chance.randrange(1, 6))]
    second = [float(chance.randrange(6)) for _ in range(chance.randrange(1, 6))]
    assert stats.mann_whitney_p(first, second) == pytest.approx(brute_force(first, second))


def test_full_separation() -> None:
    assert stats.mann_whitney_p([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1)
    assert stats.mann_whitney_p([1, 2, 3, 4], [5, 6, 7, 8]) == pytest.approx(2 / 70)


def test_nothing_to_compare() -> None:
    assert stats.mann_whitney_p([], [1.0]) == 1.0
    assert stats.center([]) is None


def test_four_runs_a_side_are_needed() -> None:
    assert stats.runs_needed() == 4
    assert stats.smallest_p(3, 3) == pytest.approx(0.1)


def test_large_groups_agree_with_the_exact_distribution() -> None:
    chance = random.Random(1)
    first = [chance.gauss(0, 1) for _ in range(20)]
    second = [chance.gauss(0.4, 1) for _ in range(20)]
    ranks = stats._doubled_ranks([*first, *second])
    approximate = stats._normal(ranks, 20, sum(ranks[:20]))
    assert approximate == pytest.approx(stats.mann_whitney_p(first, second), rel=0.15)
    assert 0.001 < approximate < 0.9
