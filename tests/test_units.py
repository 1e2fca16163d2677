"""Units print what pprof prints and what our pages promise."""

from __future__ import annotations

import math

import pytest

from pipeline import units


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "bytes", "0"),
        (512, "bytes", "512B"),
        (524800, "bytes", "512.50kB"),
        (-1536, "bytes", "-1.50kB"),
        (1 << 40, "bytes", "1TB"),
        (10_000_000, "nanoseconds", "10ms"),
        (90_000_000_000, "nanoseconds", "90s"),
        (3_600_000_000_000, "nanoseconds", "1hrs"),
        (17, "count", "17"),
        (3, "widgets", "3"),
        (1, "nanosecond", "1ns"),
        (2_500, "microseconds", "2.50ms"),
    ],
)
def test_label_as_pprof(value: int, unit: str, text: str) -> None:
    assert units.label(value, unit) == text


@pytest.mark.parametrize(
    ("value", "total", "text"),
    [
        (1, 3, "33.33%"),
        (1, 1, "  100%"),
        (99_96, 100_00, "  100%"),
        (1, 1000, "  0.1%"),
        (0, 10, "    0%"),
        (5, 0, "    0%"),
        (-1, 4, "25.00%"),
        (1, 10_000_000, "1e-05%"),
    ],
)
def test_percentage_as_pprof(value: int, total: int, text: str) -> None:
    assert units.percentage(value, total) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "bytes", "–"),
        (1234567.0, "bytes/op", "1.18 MB/op"),
        (0.00152, "seconds", "1.52 ms"),
        (0.0000009, "seconds/op", "900 ns/op"),
        (48210, "count", "48,210"),
        (0.0035, "ratio", "0.35 %"),
        (5123.4, "ops/s", "5,123 ops/s"),
        (3, "goroutines", "3 goroutines"),
        (0, "bytes", "0 B"),
    ],
)
def test_show(value: float | None, unit: str, text: str) -> None:
    assert units.show(value, unit) == text


def test_show_delta_has_a_sign_and_needs_a_base() -> None:
    assert units.show_delta(100, 112.34) == "+12.3 %"
    assert units.show_delta(100, 95.9) == "−4.1 %"
    assert units.show_delta(100, 99.99) == units.show_delta(100, 100.01) == "0.0 %"
    assert units.show_delta(0, 5) == "–"
    assert units.show_delta(None, 5) == "–"


def test_same_family() -> None:
    assert units.same_family("ns", "seconds")
    assert units.same_family("count", "count")
    assert not units.same_family("bytes", "count")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.95, "0.95"),
        (1.0, "1"),
        (-100.0, "-100"),
        (0.0, "0"),
        (1.718e-06, "1.718e-06"),
        (0.0001, "0.0001"),
        (1e-5, "1e-05"),
        (1e20, "100000000000000000000"),
        (1.5e21, "1.5e+21"),
        (1e300, "1e+300"),
        (2.2530000000000016e-06, "2.2530000000000016e-06"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_the_shortest_form_is_gos(value: float, text: str) -> None:
    assert units.shortest(value) == text
