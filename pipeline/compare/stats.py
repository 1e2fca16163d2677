"""The arithmetic of comparing two groups of replicates: medians and the exact Mann-Whitney test.

Rules: nothing is assumed about the distribution (benchstat's ``assume=nothing``). Small groups get the exact
permutation distribution with ties counted as they are; a normal approximation serves where that would be too large.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final

ALPHA: Final = 0.05
_EXACT_UP_TO: Final = 40


def center(values: Sequence[float]) -> float | None:
    """Take the median; None of nothing."""
    return median(values) if values else None


def mann_whitney_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided probability of ranks at least this uneven if both groups came from one source; 1.0 for an empty group.

    Exact over all ways of dealing the pooled values (ties as they are) up to 40 values, normal with tie and continuity
    correction beyond. Source: Mann & Whitney (1947).
    """
    if not first or not second:
        return 1.0
    ranks = _doubled_ranks([*first, *second])
    observed = sum(ranks[: len(first)])
    if len(ranks) <= _EXACT_UP_TO:
        return _exact(ranks, len(first), observed)
    return _normal(ranks, len(first), observed)


def smallest_p(first_count: int, second_count: int) -> float:
    """Smallest probability two groups of these sizes can reach: full separation, without ties."""
    return min(1.0, 2 / math.comb(first_count + second_count, first_count)) if first_count and second_count else 1.0


def runs_needed(alpha: float = ALPHA) -> int:
    """Replicates each side needs before the test can be significant at all."""
    count = 1
    while smallest_p(count, count) >= alpha:
        count += 1
    return count


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Mid-ranks times two, so that ties stay integers."""
    below: dict[float, int] = {}
    seen = 0
    counts = Counter(values)
    for value in sorted(counts):
        below[value] = 2 * seen + counts[value] + 1
        seen += counts[value]
    return [below[value] for value in values]


def _exact(ranks: Sequence[int], size: int, observed: int) -> float:
    ways: list[Counter[int]] = [Counter() for _ in range(size + 1)]
    ways[0][0] = 1
    for rank in ranks:
        for chosen in range(size, 0, -1):
            for total, count in ways[chosen - 1].items():
                ways[chosen][total + rank] += count
    all_ways = math.comb(len(ranks), size)
    low = sum(count for total, count in ways[size].items() if total <= observed)
    high = sum(count for total, count in ways[size].items() if total >= observed)
    return min(1.0, 2 * min(low, high) / all_ways)


def _normal(ranks: Sequence[int], size: int, observed: int) -> float:
    count = len(ranks)
    other = count - size
    mean = size * (count + 1)
    ties = sum(n**3 - n for n in Counter(ranks).values())
    variance = size * other / 12 * ((count + 1) - ties / (count * (count - 1))) * 4
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(observed - mean) - 1) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))
