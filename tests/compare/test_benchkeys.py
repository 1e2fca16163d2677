"""Results under the keys of benchstat's options."""

from __future__ import annotations

import pytest

from pipeline.compare.benchkeys import Result, filtered, in_fixed_orders, name_parts, project, residue, value_of
from pipeline.compare.benchsyntax import parse_filter, parse_projection
from pipeline.model.benchmark import Benchmark, BenchmarkValue


def result(name: str = "Sort/n=10/fast-8", file: str = "f", **config: str) -> Result:
    values = (BenchmarkValue(1.0, "sec/op", 1e9, "ns/op"), BenchmarkValue(5.0, "B/op", 5.0, "B/op"))
    return Result(file, Benchmark(name, 1, values, tuple(config.items()), 1), values)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Sort/n=10/fast-8", ("Sort", ("/n=10", "/fast", "-8"))),
        ("Sort", ("Sort", ())),
        ("Sort-8", ("Sort", ("-8",))),
        ("Sort-x", ("Sort-x", ())),
        ("Sort-8/n", ("Sort-8", ("/n",))),
        ("", ("", ())),
    ],
)
def test_the_parts_of_a_name(name: str, parts: tuple[str, tuple[str, ...]]) -> None:
    assert name_parts(name) == parts
    assert "".join([parts[0], *parts[1]]) == name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (".name", "Sort"),
        (".fullname", "Sort/n=10/fast-8"),
        (".file", "f"),
        ("/n", "10"),
        ("/fast", ""),
        ("/gomaxprocs", "8"),
        ("goos", "linux"),
        ("absent", ""),
    ],
)
def test_values_of_keys(key: str, value: str) -> None:
    assert value_of(result(goos="linux"), key) == value


def test_gomaxprocs_may_be_a_part_of_the_name() -> None:
    assert value_of(result("Sort/gomaxprocs=4"), "/gomaxprocs") == "4"


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("*", ["sec/op", "B/op"]),
        (".unit:ns/op", ["sec/op"]),
        (".unit:sec/op", ["sec/op"]),
        ("-.unit:sec/op", ["B/op"]),
        (".unit:(B/op OR allocs/op) /n:10", ["B/op"]),
        ("/n:11 OR .unit:B/op", ["B/op"]),
        ("/n:11", []),
        ("/n:/^1/ .name:Sort", ["sec/op", "B/op"]),
    ],
)
def test_filters_keep_values(text: str, units: list[str]) -> None:
    kept = filtered(result(), parse_filter(text))
    assert [value.unit for value in kept.values] == units if kept else not units


def ordered(text: str, names: list[str]) -> list[str]:
    fields = parse_projection(text, "-row")
    projected = project([result(f"S/n={name}") for name in names], fields, fields)
    return [" ".join(key) for key in sorted(set(projected.keys), key=projected.rank)]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("/n", ["b", "a", "b", "c"], ["b", "a", "c"]),
        ("/n@alpha", ["b", "a", "c"], ["a", "b", "c"]),
        (
            "/n@num",
            ["2k", "10", "1Mi", "x", "nan", "9B", "1.5M", "a"],
            ["9B", "10", "2k", "1Mi", "1.5M", "nan", "a", "x"],
        ),
        ("/n@(c a)", ["a", "c"], ["c", "a"]),
    ],
)
def test_orders(text: str, names: list[str], expected: list[str]) -> None:
    assert ordered(text, names) == expected


def test_a_fixed_order_is_a_filter_too() -> None:
    fields = parse_projection("/n@(11 10)", "-row")
    assert in_fixed_orders(result(), fields)
    assert not in_fixed_orders(result("Sort/n=12"), fields)


def test_general_keys_leave_out_what_others_name() -> None:
    rows, columns = parse_projection(".fullname,.config", "-row"), parse_projection("/n,/gomaxprocs,goos", "-col")
    some = [result(goos="linux", pkg="x"), result("Sort/n=11/fast", goos="plan9", pkg="x")]
    projected = project(some, rows, [*rows, *columns])
    assert projected.fields == (".fullname", "pkg")
    assert set(projected.keys) == {("Sort/fast", "x")}
    named = parse_projection(".name", "-row")
    assert project(some, rows, [*rows, *named]).keys[0] == ("*/n=10/fast-8", "linux", "x")


def test_the_residue_is_what_nobody_named() -> None:
    assert [field.key for field in residue(parse_projection(".name,goos", "-row"))] == [".config", ".fullname"]
    assert residue(parse_projection(".config,.fullname", "-row")) == ()


def test_values_of_config_are_ordered_by_their_text() -> None:
    fields = parse_projection(".config", "-table")
    projected = project([result(note="b"), result(note="a")], fields, fields)
    assert sorted(set(projected.keys), key=projected.rank) == [("a",), ("b",)]
