"""Sample types and units made alike."""

from __future__ import annotations

import pytest

from pipeline.analysis.scaling import scale_alike, scale_values, share_sample_types
from pipeline.decode import decode_profile
from pipeline.errors import UsageError
from pipeline.model.profile import Profile, SampleType
from tests.builders import pprof_bytes


def profile(values: list[list[int]], types: list[tuple[str, str]]) -> Profile:
    return decode_profile(pprof_bytes([(["a"], row) for row in values], types))


def test_only_shared_types_stay_in_the_order_of_the_first() -> None:
    first = profile([[1, 2, 3]], [("a", "count"), ("b", "bytes"), ("c", "count")])
    other = profile([[7, 8]], [("c", "count"), ("a", "count")])
    one, two = share_sample_types([first, other])
    assert [kind.type for kind in one.sample_types] == [kind.type for kind in two.sample_types] == ["a", "c"]
    assert (one.samples.values.tolist(), two.samples.values.tolist()) == ([[1, 3]], [[8, 7]])


def test_the_finest_unit_wins() -> None:
    one, two = scale_alike([profile([[3]], [("cpu", "milliseconds")]), profile([[5]], [("cpu", "microseconds")])])
    assert one.sample_types == two.sample_types == (SampleType("cpu", "microseconds"),)
    assert (one.samples.values.tolist(), two.samples.values.tolist()) == ([[3000]], [[5]])


def test_units_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="sample types: incompatible types: x/bytes and x/seconds"):
        scale_alike([profile([[1]], [("x", "bytes")]), profile([[1]], [("x", "seconds")])])


def test_halves_are_rounded_away_from_zero_and_zeroes_dropped() -> None:
    scaled = scale_values(profile([[5], [-5], [1], [0]], [("x", "count")]), [0.5])
    assert scaled.samples.values.tolist() == [[3], [-3], [1]]


def test_only_changed_values_decide_what_is_dropped() -> None:
    two = profile([[1, 9], [8, 9]], [("x", "count"), ("y", "count")])
    assert scale_values(two, [0.25, 1.0]).samples.values.tolist() == [[2, 9]]
    assert scale_values(two, [1.0, 1.0]) is two
