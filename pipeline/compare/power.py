"""What a comparison could have seen: the smallest change it would find, and how many runs a given change takes.

Rules: a change is a factor on every value (a shift of the logarithms), noise is the spread of the logarithms within a
side, taken as normal. The test is the exact Mann-Whitney test; its statistic under a change is taken as normal with its
true mean and variance. Nothing is drawn by chance. Source: Lehmann, Nonparametrics (1975), 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from pipeline.compare.ranks import NORMAL, critical_u
from pipeline.compare.stats import ALPHA

POWER: Final = 0.8
"""Share of comparisons in which a change of the size asked for should be found."""
EFFECT: Final = 0.1
"""The change to plan for where nothing else is said: 10 % more or less."""
MOST_RUNS: Final = 1000
_WIDEST_SHIFT: Final = 50.0
_NODES: Final = 48


def detectable_effect(
    base: Sequence[float], head: Sequence[float], power: float = POWER, alpha: float = ALPHA
) -> float | None:
    """Tell the smallest change (0.1 is 10 % more) that these numbers of runs, with this spread, find with ``power``.

    None where there are too few runs to find any, or values at or below 0.
    """
    spread = noise(base, head)
    shift = _detectable_shift(len(base), len(head), power, alpha)
    if spread is None or shift is None:
        return None
    return math.expm1(spread * shift)


def runs_needed(
    base: Sequence[float],
    head: Sequence[float],
    effect: float = EFFECT,
    power: float = POWER,
    alpha: float = ALPHA,
) -> int | None:
    """Tell how many runs each side needs to find a change of ``effect`` with ``power``; None beyond 1,000 or unknown.

    Never fewer than the test needs at all (4 at alpha 0.05).
    """
    spread = noise(base, head)
    if spread is None or effect <= 0:
        return None
    shift = math.log1p(effect) / spread if spread else math.inf
    low, high = 1, 2
    while high < MOST_RUNS and not _finds(high, shift, power, alpha):
        low, high = high, min(high * 2, MOST_RUNS)
    if not _finds(high, shift, power, alpha):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _finds(middle, shift, power, alpha) else (middle, high)
    return high


def noise(base: Sequence[float], head: Sequence[float]) -> float | None:
    """Estimate the spread of the logarithms within a side (pooled standard deviation, about the relative one).

    None where fewer than two runs of a side, or values at or below 0, tell nothing.
    """
    if not all(0 < value < math.inf for value in (*base, *head)):
        return None
    sides = [np.log(np.asarray(side, float)) for side in (base, head) if len(side) > 1]
    freedom = sum(len(side) - 1 for side in sides)
    if not freedom:
        return None
    return math.sqrt(sum(float(((side - side.mean()) ** 2).sum()) for side in sides) / freedom)


def power_of(base_count: int, head_count: int, shift: float, alpha: float = ALPHA) -> float:
    """Tell how often the test is significant when the groups differ by ``shift`` standard deviations of the noise."""
    place, _ = critical_u(base_count, head_count, alpha)
    if place < 0:
        return 0.0
    if math.isinf(shift):
        return 1.0
    if place == 0:
        return _apart(base_count, head_count, shift)
    pairs = base_count * head_count
    larger = NORMAL.cdf(shift / math.sqrt(2))
    both = _both_larger(shift)
    variance = larger * (1 - larger) + (base_count + head_count - 2) * (both - larger**2)
    spread = math.sqrt(max(pairs * variance, 1e-12))
    return NORMAL.cdf((pairs * larger - (pairs - place - 0.5)) / spread)


def _finds(count: int, shift: float, power: float, alpha: float) -> bool:
    return power_of(count, count, shift, alpha) >= power


@lru_cache(maxsize=1024)
def _detectable_shift(base_count: int, head_count: int, power: float, alpha: float) -> float | None:
    low, high = 0.0, _WIDEST_SHIFT
    if power_of(base_count, head_count, high, alpha) < power:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if power_of(base_count, head_count, middle, alpha) >= power else (middle, high)
    return high


def _apart(base_count: int, head_count: int, shift: float) -> float:
    """Probability that every value of the shifted group is above every one of the other: the largest of those is."""
    largest = [base_count * NORMAL.cdf(node) ** (base_count - 1) for node in _normal_nodes()[0]]
    above = [NORMAL.cdf(shift - node) ** head_count for node in _normal_nodes()[0]]
    return sum(weight * one * other for weight, one, other in zip(_normal_nodes()[1], largest, above, strict=True))


def _both_larger(shift: float) -> float:
    """Probability that two values of the shifted group are both above one of the other group."""
    nodes, weights = _normal_nodes()
    return sum(weight * NORMAL.cdf(shift - node) ** 2 for node, weight in zip(nodes, weights, strict=True))


@lru_cache(maxsize=1)
def _normal_nodes() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points and weights to average over a normal value (Gauss-Hermite)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    total = weights.sum()
    return tuple(float(node) for node in nodes), tuple(float(weight / total) for weight in weights)
