"""Where a series of values changes for good: piecewise constant segments of least absolute deviation.

Rules: a segment's level is its median, and it has at least `SHORTEST` values, so that one or two outliers are no step.
Each further segment must lower the sum of absolute deviations by more than a penalty made of the noise between
neighbouring values, which steps hardly touch. What remains is tested against its neighbours, with the search paid for.
Source: the L1 Potts functional (Friedrich, Kempe, Liebscher & Winkler 2008), which airspeed velocity uses as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.compare import stats

SHORTEST: Final = 3
"""Fewest values of a segment: two bad runs in a row are still bad luck."""
_PENALTY: Final = (2.0, 1.5)
_KEPT: Final = 0.8
_NORMAL: Final = 0.7
_ROUNDING: Final = 1e-9
_TOGETHER: Final = 64

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Break:
    """A step of a series: ``at`` is the place of the first value after it, ``sizes`` the values of both segments.

    ``p`` is the Mann-Whitney probability of the two segments times the places the step could have been at.
    """

    at: int
    before: float
    after: float
    sizes: tuple[int, int]
    p: float


def find_breaks(series: Float, least: float = 0.0) -> list[list[Break]]:
    """Find the steps of each row of float64[K, n]; ``least`` is the smallest relative change of the median that counts.

    A row with a value that is not a number has none.
    """
    count, length = series.shape
    if length < 2 * SHORTEST:
        return [[] for _ in range(count)]
    cuts: list[list[int]] = []
    for start in range(0, count, _TOGETHER):
        cuts += _segment(series[start : start + _TOGETHER])
    return [
        _confirmed(row, places, least) if np.isfinite(row).all() else []
        for row, places in zip(series, cuts, strict=True)
    ]


def noise(series: Float) -> Float:
    """Estimate the standard deviation of each row around its level, from the differences of neighbours.

    The largest fifth of them is left out: that is where the steps are.
    """
    apart = np.sort(np.abs(np.diff(series, axis=1)), axis=1)
    kept = max(1, math.floor(apart.shape[1] * _KEPT))
    mean: Float = apart[:, :kept].mean(axis=1) / _NORMAL
    return mean


def _segment(series: Float) -> list[list[int]]:
    """Place the cuts of each row: those of the least deviation plus penalty, over all ways to cut it."""
    count, length = series.shape
    a, b = _PENALTY
    penalty = noise(series) * (a + b * math.log(length)) + np.abs(series).max(axis=1) * _ROUNDING
    cost = _deviations(series)
    best = np.full((count, length + 1), np.inf)
    best[:, 0] = -penalty
    last = np.zeros((count, length + 1), dtype=np.int64)
    for end in range(SHORTEST, length + 1):
        starts = end - SHORTEST + 1
        ways = best[:, :starts] + cost[:, :starts, end]
        last[:, end] = ways.argmin(axis=1)
        best[:, end] = ways.min(axis=1) + penalty
    return [_walk(row.tolist(), length) for row in last]


def _walk(last: Sequence[int], length: int) -> list[int]:
    cuts: list[int] = []
    at = last[length]
    while at > 0:
        cuts.append(at)
        at = last[at]
    return cuts[::-1]


def _deviations(series: Float) -> Float:
    """Sum the absolute deviations from the median of every stretch: [row, start, end)."""
    count, length = series.shape
    cost = np.full((count, length + 1, length + 1), np.inf)
    for width in range(SHORTEST, length + 1):
        ordered = np.sort(sliding_window_view(series, width, axis=1), axis=2)
        upper = ordered[:, :, (width + 1) // 2 :].sum(axis=2)
        lower = ordered[:, :, : width // 2].sum(axis=2)
        starts = np.arange(length - width + 1)
        cost[:, starts, starts + width] = upper - lower
    return cost


def _confirmed(row: Float, cuts: Sequence[int], least: float) -> list[Break]:
    """Drop the weakest step that is too small or that its test refutes, until all that remain stand."""
    places = list(cuts)
    while places:
        found = _breaks(row, places)
        fallen = [one for one, alone in found if _is_small(one, least) or _is_refuted(one, alone)]
        if not fallen:
            return [one for one, _ in found]
        weakest = max(fallen, key=lambda one: (one.p, -abs(one.after - one.before), one.at))
        places.remove(weakest.at)
    return []


def _breaks(row: Float, places: Sequence[int]) -> list[tuple[Break, float]]:
    """Measure the steps at these places: each with its p as if nobody had searched for it."""
    ends = [0, *places, len(row)]
    return [
        _break(row[start:at].tolist(), row[at:end].tolist(), at)
        for start, at, end in zip(ends[:-2], ends[1:-1], ends[2:], strict=True)
    ]


def _break(left: Sequence[float], right: Sequence[float], at: int) -> tuple[Break, float]:
    sizes = len(left), len(right)
    searched = sum(sizes) - 2 * SHORTEST + 1
    p = stats.mann_whitney_p(left, right)
    before, after = stats.center(left) or 0.0, stats.center(right) or 0.0
    return Break(at, before, after, sizes, min(1.0, p * searched)), p


def _is_refuted(one: Break, alone: float) -> bool:
    """Tell whether a test that could have confirmed the step, even without a search, did not."""
    return alone >= stats.ALPHA > stats.smallest_p(*one.sizes)


def _is_small(one: Break, least: float) -> bool:
    return abs(one.after - one.before) <= least * max(abs(one.before), abs(one.after))
