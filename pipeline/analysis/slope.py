"""The slope of a series that a few odd values do not move: the median of the slopes between all pairs of its points.

Rules: the numbers are those of ``scipy.stats.theilslopes``, against which the tests hold them; to import that takes
longer than to derive a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from pipeline.model.profile import Int


def fit(at: Sequence[float], values: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """Fit the slope of at least two values at different moments: (slope, low, high). Source: Theil (1950), Sen (1968).

    With few values the interval is as wide as all slopes there are, and holds for less than ``confidence``.
    """
    x, y = np.asarray(at, np.float64), np.asarray(values, np.float64)
    run = x[:, np.newaxis] - x
    slopes = np.sort((y[:, np.newaxis] - y)[run > 0] / run[run > 0])
    ties = np.unique(x, return_counts=True)[1], np.unique(y, return_counts=True)[1]
    variance = (_pairs_weight(np.array([len(y)])) - sum(_pairs_weight(counts) for counts in ties)) / 18
    reach = NormalDist().inv_cdf(0.5 + max(confidence, 1 - confidence) / 2) * max(variance, 0.0) ** 0.5
    low = max(round((len(slopes) - reach) / 2) - 1, 0)
    high = min(round((len(slopes) + reach) / 2), len(slopes) - 1)
    return float(np.median(slopes)), float(slopes[low]), float(slopes[high])


def _pairs_weight(counts: Int) -> int:
    """Weigh groups of tied values in the variance of Kendall's S."""
    return int((counts * (counts - 1) * (2 * counts + 5)).sum())
