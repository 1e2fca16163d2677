"""Intervals without assumptions: of a median from order statistics, of a change from the Mann-Whitney test inverted.

Rules: an interval has at least the confidence asked for, or there is none and a warning says how many values it takes.
The words of warnings are benchstat's where benchstat has them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from pipeline import units
from pipeline.compare.ranks import NORMAL, critical_u
from pipeline.model.sample import Assumption, Change, Summary

CONFIDENCE: Final = 0.95
_EXACT_ORDERS_UP_TO: Final = 30
_MOST_SAMPLES: Final = 50


def median(values: Sequence[float]) -> float:
    """Take the middle value, or the mean of the two middle ones. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values have no median")
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low if low == high else low + 0.5 * (high - low)


def summarize(values: Sequence[float], assume: Assumption = "nothing", confidence: float = CONFIDENCE) -> Summary:
    """Summarize repeated values: the median and its confidence interval, or the one value that exact values have.

    Raises ValueError for no values. Source: golang.org/x/perf/benchmath, AssumeNothing and AssumeExact.
    """
    if assume == "exact":
        return _exact_summary(sorted(values))
    ordered = sorted(values)
    low, high, real = median_orders(len(ordered), confidence)
    lo = ordered[low - 1] if low >= 1 else -math.inf
    hi = ordered[high - 1] if high <= len(ordered) else math.inf
    warnings = () if math.isfinite(lo) and math.isfinite(hi) else (_too_few_for_interval(confidence),)
    return Summary(median(ordered), lo, hi, real, warnings)


def _exact_summary(ordered: Sequence[float]) -> Summary:
    if not ordered:
        raise ValueError("no values have no summary")
    most, longest, length = ordered[0], 1, 1
    for before, value in pairwise(ordered):
        length = length + 1 if value == before else 1
        if length > longest:
            most, longest = value, length
    lo, hi = ordered[0], ordered[-1]
    spread = f"exact distribution expected, but values range from {units.shortest(lo)} to {units.shortest(hi)}"
    return Summary(most, lo, hi, 1.0, () if longest == len(ordered) else (spread,))


@lru_cache(maxsize=1024)
def median_orders(count: int, confidence: float) -> tuple[int, int, float]:
    """Find which order statistics (from 1) bound the median with this confidence, and the confidence they really have.

    0 and ``count + 1`` stand for minus and plus infinity. The number of values below the median is binomial; the
    likeliest numbers are taken until they make up the confidence, the lower of two equals first. Normal beyond 30
    values. Source: David & Nagaraja, Order Statistics (2003), 7.1; golang.org/x/perf takes the same ones.
    """
    if confidence >= 1:
        return 0, count + 1, 1.0
    if count > _EXACT_ORDERS_UP_TO:
        return _normal_orders(count, confidence)
    low = (count + 2) // 2 - 1
    high = low + 1
    total, inside = 2**count, math.comb(count, low)
    while inside < confidence * total and (low > 0 or high <= count):
        left = math.comb(count, low - 1) if low > 0 else 0
        right = math.comb(count, high)
        if left >= right:
            inside, low = inside + left, low - 1
        else:
            inside, high = inside + right, high + 1
    return low, high, inside / total


def _normal_orders(count: int, confidence: float) -> tuple[int, int, float]:
    mean, spread = count / 2, math.sqrt(count) / 2
    edge = mean + spread * NORMAL.inv_cdf((1 - confidence) / 2) if confidence > 0 else mean
    low, high = math.floor(edge - 0.5) + 1, math.ceil(2 * mean - edge - 0.5) + 1

    def inside(last: int) -> float:
        return NORMAL.cdf((last - 0.5 - mean) / spread) - NORMAL.cdf((low - 0.5 - mean) / spread)

    if confidence <= inside(high - 1) < inside(high):
        high -= 1
    real = 1.0 if low <= 0 and high > count else inside(high)
    return max(low, 0), min(high, count + 1), real


def _too_few_for_interval(confidence: float) -> str:
    for count in range(2, _MOST_SAMPLES + 1):
        low, high, _ = median_orders(count, confidence)
        if low >= 1 and high <= count:
            return f"need >= {count} samples for confidence interval at level {units.shortest(confidence)}"
    return f"need > {_MOST_SAMPLES} samples for confidence interval at level {units.shortest(confidence)}"


def delta_interval(base: Sequence[float], head: Sequence[float], confidence: float = CONFIDENCE) -> Change:
    """Estimate by how much ``head`` differs from ``base``, as head / base - 1, with an interval that assumes nothing.

    The estimate is the median of the ratios of every head value to every base value (Hodges & Lehmann 1963, on the
    logarithms); the interval holds every ratio that the Mann-Whitney test would not reject (Bauer 1972), so it leaves
    out 0 exactly where the test is significant (ties apart, which widen it). All values must be above 0.
    """
    if not base or not head:
        return Change(None, warnings=("measured on one side only",))
    if not all(0 < value < math.inf for value in (*base, *head)):
        return Change(None, warnings=("a relative change needs values above 0",))
    ratios = np.sort(np.divide.outer(np.asarray(head, float), np.asarray(base, float)).ravel())
    delta = float(np.exp(np.median(np.log(ratios)))) - 1
    place, tail = critical_u(len(base), len(head), 1 - confidence)
    if place < 0:
        words = f"too few runs for an interval of the change at level {units.shortest(confidence)}"
        return Change(delta, warnings=(words,))
    return Change(delta, float(ratios[place]) - 1, float(ratios[-1 - place]) - 1, 1 - 2 * tail)
