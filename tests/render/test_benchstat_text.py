"""Numbers, ranges and differences are written as benchstat writes them."""

from __future__ import annotations

import math

import pytest

from pipeline.model.benchtable import BenchCell, BenchTable, BenchTotal
from pipeline.model.sample import Significance, Summary
from pipeline.render.benchstat_text import (
    common_scale,
    delta_text,
    is_binary,
    range_text,
    render_csv,
    render_text,
    significance_text,
)


@pytest.mark.parametrize(
    ("value", "decimal", "binary"),
    [
        (0.0, "0.000", "0.000"),
        (1.0, "1.000", "1.000"),
        (12.345, "12.35", "12.35"),
        (123.45, "123.5", "123.5"),
        (99.994, "99.99", "99.99"),
        (99.995, "100.0", "100.0"),
        (999.94, "999.9", "999.9"),
        (999.96, "1.000k", "1000.0"),
        (1023.0, "1.023k", "1023.0"),
        (1024.0, "1.024k", "1.000Ki"),
        (1.5e6, "1.500M", "1.431Mi"),
        (3e15, "3000.0T", "2728.5Ti"),
        (0.0015, "1.500m", "0.001500"),
        (2.3e-6, "2.300µ", "0.000002300"),
        (2.3e-9, "2.300n", "0.0000000023"),
        (4.56e-10, "0.4560n", "0.0000000005"),
        (1e-14, "0.00001000n", "0.0000000000"),
        (-1500.0, "-1.500k", "-1.465Ki"),
    ],
)
def test_values_are_scaled(value: float, decimal: str, binary: str) -> None:
    assert common_scale([value], binary=False).show(value) == decimal
    assert common_scale([value], binary=True).show(value) == binary


def test_a_row_has_the_scale_of_its_smallest_value() -> None:
    scale = common_scale([0.0, 1e-6, 2e-3], binary=False)
    assert [scale.show(value) for value in (0.0, 1e-6, 2e-3)] == ["0.000µ", "1.000µ", "2000.000µ"]


@pytest.mark.parametrize(
    ("unit", "binary"),
    [
        ("B/op", True),
        ("B/s", True),
        ("text-bytes", True),
        ("sec/op", False),
        ("op/B", False),
        ("x/s*B", True),
        ("Bx", False),
    ],
)
def test_bytes_go_by_1024(unit: str, binary: bool) -> None:
    assert is_binary(unit) is binary


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        (Summary(100, 98, 105, 0.95), "5%"),
        (Summary(100, 90, 101, 0.95), "10%"),
        (Summary(-100, -110, -99, 0.95), "-1%"),
        (Summary(100, -math.inf, 101, 0.95), "∞"),
        (Summary(0, 0, 0, 0.95), "0%"),
        (Summary(1, 0, 2, 0.95), "?"),
        (Summary(0, 0, 2, 0.95), "?"),
        (Summary(5, 5, 5, 1), "0%"),
    ],
)
def test_ranges(summary: Summary, text: str) -> None:
    assert range_text(summary) == text


@pytest.mark.parametrize(
    ("p", "alpha", "base", "head", "text"),
    [
        (0.01, 0.05, 100, 112.345, "+12.35%"),
        (0.05, 0.05, 100, 90, "-10.00%"),
        (0.0501, 0.05, 100, 90, "~"),
        (0.01, 0.05, 5, 5, "0.00%"),
        (0.01, 0.05, 0, 5, "?"),
        (0.0, 0.0, 1e9, 1e9 - 1, "-0.00%"),
        (0.01, 0.05, 1, 30, "+2900.00%"),
    ],
)
def test_deltas(p: float, alpha: float, base: float, head: float, text: str) -> None:
    assert delta_text(Significance(p, 5, 5, alpha), base, head) == text


def test_what_a_delta_rests_on() -> None:
    assert significance_text(Significance(0.0079, 5, 5, 0.05)) == "p=0.008 n=5"
    assert significance_text(Significance(0.0079, 5, 6, 0.05)) == "p=0.008 n=5+6"
    assert significance_text(Significance(0.0, 1, 1, 0.05)) == "n=1"


def a_table(row: str = "A", **facts: object) -> BenchTable:
    cell = BenchCell(Summary(1, 1, 1, 1), ("odd, very",))
    plain: dict[str, object] = {
        "header": (("goos", "linux"),), "unit": "x", "fields": (".file",), "columns": (("a",),), "rows": (row,),
        "cells": ((cell,),), "totals": (BenchTotal(1.0, None),),
    }  # fmt: skip
    return BenchTable(**(plain | facts))  # type: ignore[arg-type]


def test_only_what_changed_stands_between_tables() -> None:
    tables = [a_table(), a_table(unit="y"), a_table(header=(("goos", "plan9"),))]
    assert [line for line in render_text(tables).splitlines() if not line.strip() or ":" in line] == [
        "goos: linux", "", "", "goos: plan9",
    ]  # fmt: skip


def test_no_table_is_no_text() -> None:
    assert render_text([]) == ""
    assert render_csv([]) == ("", "")


def test_several_fields_make_several_lines_of_heads() -> None:
    cell = BenchCell(Summary(1, 1, 1, 1))
    columns = (("a", "1"), ("a", "2"), ("b", "2"))
    table = a_table(fields=("x", "y"), columns=columns, cells=((cell,) * 3,), totals=(BenchTotal(1.0, None),) * 3)
    first, second, *_ = render_text([table]).splitlines()[1:]
    assert [part.strip() for part in first.split("│")] == ["", "a", "b", ""]
    assert [part.strip() for part in second.split("│")] == ["", "1", "2", "2", ""]


def test_csv_fields_that_hold_marks_are_quoted() -> None:
    text, warnings = render_csv([a_table(row='A,"b"')])
    assert text.splitlines() == ["goos: linux", ",a,", ",x,CI", '"A,""b""",1,0%', "geomean,1,"]
    assert warnings == "B4: odd, very\n"


def test_a_cell_without_results_leaves_its_place_empty() -> None:
    cell = BenchCell(Summary(2, 2, 2, 1))
    columns = (("a",), ("b",))
    table = a_table(columns=columns, cells=((None, cell),), totals=(BenchTotal(None, None), BenchTotal(2.0, None)))
    assert render_csv([table])[0].splitlines()[-2:] == ["A,,,2,0%", "geomean,,,2,,?,"]
