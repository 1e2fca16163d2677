"""Theil-Sen slopes: SciPy is the judge."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.slope import fit


def test_one_odd_snapshot_does_not_move_the_slope() -> None:
    slope, low, high = fit([0, 1, 2, 3, 4, 5, 6], [0, 2, 4, 600, 8, 10, 12], 0.95)
    assert slope == 2.0
    assert low <= slope <= high
    assert fit([0.0, 3.0], [1, 7], 0.95)[0] == 2.0


POINTS = st.tuples(
    st.integers(0, 12) | st.floats(0, 1e6, allow_subnormal=False).map(lambda at: round(at, 3)),
    st.integers(-5, 5) | st.integers(0, 2**62) | st.floats(-1e9, 1e9, allow_subnormal=False),
)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    points=st.lists(POINTS, min_size=2, max_size=25, unique_by=lambda point: point[0]),
    confidence=st.sampled_from((0.5, 0.8, 0.9, 0.95, 0.99)),
)
def test_numbers_are_those_of_scipy(points: list[tuple[float, float]], confidence: float) -> None:
    at, values = zip(*points, strict=True)
    from scipy.stats import theilslopes

    judged = theilslopes(values, at, alpha=confidence)
    assert fit(at, values, confidence) == pytest.approx((judged.slope, judged.low_slope, judged.high_slope), rel=1e-12)
