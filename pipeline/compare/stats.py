"""The statistics of comparing two groups of replicates.

Rules: nothing is assumed about the distribution (benchstat's ``assume=nothing``). Small groups get the exact
permutation distribution with ties counted as they are; a normal approximation serves where that would be too large.
Many tests made together are adjusted together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline import units
from pipeline.compare import ranks
from pipeline.compare.intervals import CONFIDENCE, delta_interval, median, summarize
from pipeline.model.sample import Assumption, Significance

__all__ = [
    "ALPHA",
    "CONFIDENCE",
    "adjust",
    "center",
    "compare",
    "delta_interval",
    "geomean",
    "mann_whitney_p",
    "runs_needed",
    "smallest_p",
    "summarize",
]

ALPHA: Final = 0.05
_TIES_EXACT_UP_TO: Final = 25
_MOST_RUNS: Final = 10


def center(values: Sequence[float]) -> float | None:
    """Take the median; None of nothing."""
    return median(values) if values else None


def mann_whitney_p(base: Sequence[float], head: Sequence[float]) -> float:
    """Two-sided probability of ranks at least this uneven if both groups came from one source; 1.0 for an empty group.

    Exact over all ways of dealing the pooled values up to 50 values a side (25 with ties), as benchstat does; normal
    with tie and continuity correction beyond. A value that is not a number makes it 1.0. Source: Mann & Whitney (1947).
    """
    pooled = [*base, *head]
    if not base or not head or any(math.isnan(value) for value in pooled):
        return 1.0
    dealt = ranks.doubled_ranks(pooled)
    smaller = dealt[: len(base)] if len(base) <= len(head) else dealt[len(base) :]
    limit = ranks.EXACT_UP_TO if len(set(dealt)) == len(dealt) else _TIES_EXACT_UP_TO
    test = ranks.exact_p if max(len(base), len(head)) <= limit else ranks.normal_p
    return test(dealt, len(smaller), sum(smaller))


def compare(
    base: Sequence[float], head: Sequence[float], assume: Assumption = "nothing", alpha: float = ALPHA
) -> Significance:
    """Test whether two samples differ, with benchstat's warnings; exact values differ when they differ (p = 0)."""
    sizes = len(base), len(head)
    if assume == "exact":
        return Significance(0.0, *sizes, alpha)
    if len({*base, *head}) == 1:
        return Significance(1.0, *sizes, alpha, ("all samples are equal",))
    p = mann_whitney_p(base, head)
    words = f"samples to detect a difference at alpha level {units.shortest(alpha)}"
    needed = next((n for n in range(1, _MOST_RUNS) if smallest_p(n, n) <= alpha), _MOST_RUNS)
    too_few = p > alpha and max(sizes) < needed
    sign = ">=" if needed < _MOST_RUNS else ">"
    return Significance(p, *sizes, alpha, (f"need {sign} {needed} {words}",) if too_few else ())


def adjust(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust the p values of tests made together: of the claims at ``q < x``, a share of ``x`` is false on average.

    In the order given. Source: Benjamini & Hochberg (1995); scipy.stats.false_discovery_control gives the same, but to
    import it takes longer than to search a history.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1.0)
    return tuple(q.tolist())


def geomean(values: Sequence[float]) -> float | None:
    """Take the geometric mean; None of nothing and of values that are not above 0."""
    mean = 0.0
    for count, value in enumerate(values, 1):
        if not value > 0:
            return None
        # A running mean, as benchstat takes it, so that the last digit is the same.
        mean += (math.log(value) - mean) / count
    return math.exp(mean) if values else None


def smallest_p(first_count: int, second_count: int) -> float:
    """Smallest probability two groups of these sizes can reach: full separation, without ties."""
    return min(1.0, 2 / math.comb(first_count + second_count, first_count)) if first_count and second_count else 1.0


def runs_needed(alpha: float = ALPHA) -> int:
    """Replicates each side needs before the test can be significant at all."""
    count = 1
    while smallest_p(count, count) >= alpha:
        count += 1
    return count
