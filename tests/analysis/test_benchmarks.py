"""Repeats of benchmarks as one line each."""

from __future__ import annotations

from pipeline.analysis.benchmarks import summarize
from pipeline.decode.gobench import decode_gobench

TEXT = b"""Unit widgets/op better=higher assume=exact
pkg: example.com/a
BenchmarkX-8 10 100 ns/op 3 widgets/op
BenchmarkX-8 10 300 ns/op 3 widgets/op
BenchmarkY 10 5 ns/op
BenchmarkX-8 10 150 ns/op NaN widgets/op
pkg: example.com/b
BenchmarkX-8 10 7 ns/op
"""


def test_repeats_of_one_package_and_name_are_one_line() -> None:
    found = [
        (one.package[-1], one.name, one.unit, one.center, one.low, one.high, one.count)
        for one in summarize(decode_gobench(TEXT))
    ]
    assert found == [
        ("a", "X-8", "sec/op", 150 * 1e-9, 100 * 1e-9, 300 * 1e-9, 3),
        ("a", "X-8", "widgets/op", 3.0, 3.0, 3.0, 2),
        ("a", "Y", "sec/op", 5 * 1e-9, 5 * 1e-9, 5 * 1e-9, 1),
        ("b", "X-8", "sec/op", 7 * 1e-9, 7 * 1e-9, 7 * 1e-9, 1),
    ]


def test_direction_and_exactness_are_the_files() -> None:
    by_unit = {one.unit: (one.better, one.is_exact) for one in summarize(decode_gobench(TEXT))}
    assert by_unit == {"sec/op": ("lower", False), "widgets/op": ("higher", True)}


def test_what_is_no_number_at_all_has_no_line() -> None:
    assert summarize(decode_gobench(b"BenchmarkX 1 NaN ns/op\n")) == ()
