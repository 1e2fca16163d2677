"""Benchmarks grouped into tables, compared with the first column, and summed up."""

from __future__ import annotations

import pytest

from pipeline.compare.benchtab import TableOptions, build_tables
from pipeline.decode.gobench import decode_gobench
from pipeline.model.benchtable import BenchTable


def tables(*texts: str, **options: str) -> tuple[BenchTable, ...]:
    files = [(f"f{place}", decode_gobench(text.encode())) for place, text in enumerate(texts)]
    return build_tables(files, TableOptions(**options))  # type: ignore[arg-type]


def lines(name: str, *values: float, unit: str = "ns/op") -> str:
    return "".join(f"Benchmark{name} 1 {value} {unit}\n" for value in values)


def test_a_table_for_each_unit_and_configuration() -> None:
    text = "goos: linux\nBenchmarkA 1 5 ns/op 7 B/op\npkg: x\nBenchmarkA 1 6 ns/op\n"
    found = tables(text)
    assert [(table.header, table.unit) for table in found] == [
        ((("goos", "linux"), ("pkg", "")), "sec/op"),
        ((("goos", "linux"), ("pkg", "")), "B/op"),
        ((("goos", "linux"), ("pkg", "x")), "sec/op"),
    ]


def test_rows_and_columns_in_order_of_appearance() -> None:
    (table,) = tables(lines("B", 1) + lines("A", 1), lines("A", 2) + lines("C", 2))
    assert table.rows == ("B", "A", "C")
    assert table.columns == (("f0",), ("f1",))
    assert [[cell is not None for cell in row] for row in table.cells] == [[True, False], [True, True], [False, True]]


def test_each_column_is_compared_with_the_first() -> None:
    (table,) = tables(*(lines("A", *[value] * 6) for value in (10, 20, 30)))
    base, first, second = table.cells[0]
    assert base is not None
    assert first is not None
    assert second is not None
    assert base.test is base.baseline is None
    assert first.baseline == second.baseline == pytest.approx(1e-8)
    assert first.test is not None
    assert first.test.p == pytest.approx(2 / 924)


def test_totals_are_means_of_ratios() -> None:
    base, head = lines("A", *[10] * 6) + lines("B", *[1000] * 6), lines("A", *[20] * 6) + lines("B", *[8000] * 6)
    (table,) = tables(base, head)
    assert table.totals[0].geomean == pytest.approx(1e-7)
    assert table.totals[0].ratio is None
    assert table.totals[1].ratio == pytest.approx(4)
    assert table.totals[1].warnings == ()


def test_different_sets_of_benchmarks_are_told() -> None:
    (table,) = tables(lines("A", 1) + lines("B", 1), lines("A", 1) + lines("C", 1))
    assert table.totals[1].warnings == ("benchmark set differs from baseline; geomeans may not be comparable",)
    assert table.totals[0].warnings == ()
    (apart,) = tables(lines("A", 1), lines("B", 1))
    assert apart.totals[1].warnings == (
        "benchmark set differs from baseline; geomeans may not be comparable",
        "ratios must be >0 to compute geomean",
    )


def test_zeros_have_no_geometric_mean() -> None:
    (table,) = tables(lines("A", 0), lines("A", 0))
    assert table.totals[1].geomean is None
    assert table.totals[1].ratio == 1
    assert table.totals[1].warnings == ("summaries must be >0 to compute geomean",)
    (rising,) = tables(lines("A", 0), lines("A", 5))
    assert (rising.totals[1].geomean, rising.totals[1].ratio) == (pytest.approx(5e-9), None)


def test_results_put_together_that_differ_are_told() -> None:
    text = "goos: linux\n" + lines("A/n=1", 1) + "goos: plan9\n" + lines("A/n=2", 1)
    (table,) = tables(text, row=".name", table="")
    cell = table.cells[0][0]
    assert cell is not None
    assert cell.warnings == ("benchmarks vary in goos, .fullname",)
    (ignored,) = tables(text, row=".name", table="", ignore="goos,.fullname")
    assert ignored.cells[0][0] is not None
    assert ignored.cells[0][0].warnings == ()


def test_exact_units_are_those_of_the_first_file_that_says_so() -> None:
    exact, plain = "Unit ns/op assume=exact\n" + lines("A", 5), "Unit ns/op assume=nothing\n" + lines("A", 6)
    (table,) = tables(exact, plain)
    assert table.cells[0][1] is not None
    assert table.cells[0][1].test is not None
    assert table.cells[0][1].test.p == 0
    assert table.cells[0][1].summary.is_bounded


def test_nothing_left_is_no_table() -> None:
    assert tables(lines("A", 1), filter=".name:B") == ()


def test_alpha_and_confidence_reach_the_numbers() -> None:
    files = [
        (name, decode_gobench(lines("A", *values).encode()))
        for name, values in (("a", range(1, 7)), ("b", range(5, 11)))
    ]
    (table,) = build_tables(files, TableOptions(alpha=0.001, confidence=0.5))
    assert table.cells[0][1] is not None
    assert table.cells[0][1].test is not None
    assert table.cells[0][1].test.alpha == 0.001
    assert (table.cells[0][1].summary.lo, table.cells[0][1].summary.hi) == pytest.approx((6e-9, 8e-9), rel=0.2)
