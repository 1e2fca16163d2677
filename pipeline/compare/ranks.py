"""How rank sums fall by chance: the null distribution behind the Mann-Whitney test and the intervals made from it.

Rules: ranks are mid-ranks times two, so that ties stay integers. Distributions are exact counts of the ways to deal the
ranks (as floats: exact up to 2**53 ways, and to 13 digits beyond).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO: Final = 50
"""Largest group whose distribution is computed exactly; larger ones are normal enough (benchstat's limit, too)."""
NORMAL: Final = NormalDist()


def doubled_ranks(values: Sequence[float]) -> list[int]:
    """Rank values from 1, ties sharing the mean of their ranks; each rank times two."""
    below: dict[float, int] = {}
    seen = 0
    counts = Counter(values)
    for value in sorted(counts):
        below[value] = 2 * seen + counts[value] + 1
        seen += counts[value]
    return [below[value] for value in values]


@lru_cache(maxsize=256)
def ways(ranks: tuple[int, ...], size: int) -> tuple[NDArray[np.float64], int, int]:
    """Count the ways to draw ``size`` ranks by their sum: (counts, the sum of the first one, the step to the next)."""
    least = min(ranks)
    step = math.gcd(*(rank - least for rank in ranks)) or 1
    reduced = sorted((rank - least) // step for rank in ranks)
    top = sum(reduced[len(reduced) - size :])
    found = np.zeros((size + 1, top + 1))
    found[0, 0] = 1.0
    for rank in reduced:
        found[1:, rank:] += found[:-1, : top + 1 - rank].copy()
    counts = found[size]
    counts.flags.writeable = False
    return counts, size * least, step


def exact_p(ranks: Sequence[int], size: int, observed: int) -> float:
    """Two-sided probability of a rank sum as far out as ``observed`` when ``size`` ranks are dealt by chance."""
    counts, smallest, step = ways(tuple(sorted(ranks)), size)
    place = (observed - smallest) // step
    low, high = counts[: place + 1].sum(), counts[place:].sum()
    return min(1.0, 2 * float(min(low, high)) / math.comb(len(ranks), size))


def normal_p(ranks: Sequence[int], size: int, observed: int) -> float:
    """The same for large groups: normal, with corrections for ties and for continuity."""
    count = len(ranks)
    other = count - size
    mean = size * (count + 1)
    ties = sum(n**3 - n for n in Counter(ranks).values())
    variance = size * other / 12 * ((count + 1) - ties / (count * (count - 1))) * 4
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(observed - mean) - 1) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


@lru_cache(maxsize=4096)
def critical_u(first_count: int, second_count: int, alpha: float) -> tuple[int, float]:
    """Largest U that is significant at ``alpha`` (two-sided, without ties), and the probability of one as small.

    U counts the pairs in which the value of the first group is the larger one. The place is -1 where no U is
    significant. Source: Mann & Whitney (1947).
    """
    pairs = first_count * second_count
    if not pairs:
        return -1, 0.0
    if max(first_count, second_count) <= EXACT_UP_TO:
        size = min(first_count, second_count)
        counts, _, _ = ways(tuple(range(2, 2 * (first_count + second_count) + 1, 2)), size)
        # The smallest sum of ranks is that of the ranks 1 to size: no pair the wrong way round.
        tail = np.cumsum(counts[size * (size - 1) // 2 :]) / math.comb(first_count + second_count, size)
        place = int(np.searchsorted(tail, alpha / 2 * (1 + 1e-12), side="right")) - 1
        return place, float(tail[place]) if place >= 0 else 0.0
    spread = math.sqrt(pairs * (first_count + second_count + 1) / 12)
    place = math.floor(pairs / 2 + spread * NORMAL.inv_cdf(alpha / 2) - 0.5) if 0 < alpha < 1 else -1
    return place, NORMAL.cdf((place + 0.5 - pairs / 2) / spread)
