"""Top tables for pages."""

from __future__ import annotations

from pipeline.analysis.top import build_top_tables
from pipeline.model.calltree import TopRow
from tests.analysis.drawing import decoded, drawn
from tests.builders import pprof_message


def test_one_table_per_sample_type() -> None:
    profile = drawn([(["main.main", "net/http.(*T).Run"], [1, 10]), (["main.main"], [5, 2]), ([], [4, 40])])
    samples, cpu = build_top_tables(profile)
    assert (samples.sample_type.type, samples.total, samples.count) == ("samples", 10, 2)
    assert cpu.total == 52
    assert cpu.rows == (
        TopRow("net/http.(*T).Run", 10, 10, "net/http.go", "net/http"),
        TopRow("main.main", 2, 12, "main.go", "main"),
    )
    assert [row.name for row in samples.rows] == ["main.main", "net/http.(*T).Run"]


def test_a_limit_cuts_rows_but_not_the_count() -> None:
    (table,) = build_top_tables(drawn([([name], [1, 1]) for name in "abc"]), limit=2)[:1]
    assert ([row.name for row in table.rows], table.count) == (["a", "b"], 3)


def test_of_equal_weights_the_first_names_are_kept() -> None:
    profile = drawn([([name], [weight, 0]) for name, weight in zip("edcba", (2, 1, 1, 1, 3), strict=True)])
    assert [row.name for row in build_top_tables(profile, limit=3)[0].rows] == ["a", "e", "b"]


def test_the_file_of_a_function_is_the_first_its_lines_name() -> None:
    message = pprof_message([(["a"], [1, 1]), (["b"], [1, 1]), (["c"], [1, 1])])
    for function in message.function:
        function.name = function.system_name = message.function[0].name
    assert build_top_tables(decoded(message))[0].rows == (TopRow("a", 3, 3, "a.go", ""),)
    message.function[0].filename = 0
    assert build_top_tables(decoded(message))[0].rows == (TopRow("a", 3, 3, "b.go", ""),)


def test_frames_without_a_function_are_named_as_pprof_names_them() -> None:
    message = pprof_message([(["a", "b"], [1, 1])])
    del message.location[1].line[:]
    names = sorted(row.name for row in build_top_tables(decoded(message))[0].rows)
    assert names == ["[app]", "a"]


def test_functions_without_any_value_are_left_out() -> None:
    samples, cpu = build_top_tables(drawn([(["a"], [1, 0]), (["b"], [0, 5])]))
    assert [row.name for row in samples.rows] == ["a"]
    assert [row.name for row in cpu.rows] == ["b"]


def test_recursion_counts_once() -> None:
    _, cpu = build_top_tables(drawn([(["f", "f", "f"], [1, 7])]))
    assert cpu.rows == (TopRow("f", 7, 7, "f.go", ""),)


def test_no_samples() -> None:
    assert [table.rows for table in build_top_tables(decoded(pprof_message([])))] == [(), ()]
