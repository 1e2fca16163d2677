"""The data scripts of the pages over time: what they hold, how small they are, and that nothing in them is markup."""

from __future__ import annotations

import re

import pytest

from pipeline.model.history import Stretch
from pipeline.model.page import unit_of
from pipeline.render import encode, history_data
from pipeline.render.payload import opened
from tests.overtime import functions, kept
from tests.records import HOSTILE

KEY = "0123456789abcdef"
CALL = re.compile(rb'^profbook\.data\("([^"]+)","[A-Za-z0-9+/=]*"\);\n$')


def values(scripts: dict[str, bytes]) -> dict[str, dict]:
    found = {}
    for name, data in scripts.items():
        match = CALL.match(data)
        assert match, name
        assert match[1].decode() == f"history/{KEY}/{name.removesuffix('.js')}"
        found[name] = opened(data)
        assert found[name].pop("format") == history_data.FORMAT
    return found


RUNS = (
    kept(0, "main", functions({"main.work": (750.0, 1000.0), "leaf": (250.0, 250.0)}), rate=123.456789, branch="dev"),
    kept(1, "main"),
    kept(2, "pr", functions({"main.work": (1000.0, 1000.0)}, path="app/cpu1.prof"), rate=1e7, failed=True),
)


def test_trends_have_a_value_for_each_run() -> None:
    found = values(history_data.scripts(KEY, RUNS, closed=False))["trends.js"]
    assert [run[:4] for run in found["runs"]] == [
        [one.facts.id, one.facts.label, one.facts.started, one.facts.branch] for one in RUNS
    ]
    assert [run[6] for run in found["runs"]] == [False, False, True]
    assert found["series"] == [
        ["app", "cpu_per_op", [0.0081, 0.01, 1e-7]], ["app", "ops_per_sec", [123.46, 100, 10_000_000]]
    ]  # fmt: skip
    assert found["profiles"] == [
        ["app", "cpu", "cpu", "nanoseconds", True, [1000, None, 1000], [100, None, 100],
         ["app/cpu.prof", None, "app/cpu1.prof"]]
    ]  # fmt: skip


def test_functions_are_shares_of_the_profile_and_a_missing_profile_is_not_nothing() -> None:
    found = values(history_data.scripts(KEY, RUNS, closed=False))
    assert set(found) == {"trends.js", "functions.js"}
    rows = [["leaf", [25_000, None, 0]], ["main.work", [75_000, None, 100_000], [100_000, None, 100_000]]]
    assert found["functions.js"]["tables"] == [["app", "cpu", "cpu", rows]]


@pytest.mark.parametrize(("flat", "cum", "there"), [(499, 4999, False), (500, 500, True), (1, 5000, True)])
def test_functions_that_matter_in_no_run_are_left_out(flat: float, cum: float, there: bool) -> None:
    runs = (kept(0, "main", functions({"big": (9e4, 1e5), "small": (flat, cum)}, total=1e5)), *RUNS)
    (table,) = values(history_data.scripts(KEY, runs, closed=False))["functions.js"]["tables"]
    assert ("small" in {row[0] for row in table[3]}) is there


def test_a_stretch_that_gets_no_more_runs_is_in_parts_by_name() -> None:
    names = [f"pkg.f{place}" for place in range(40)]
    runs = (kept(0, "main", functions(dict.fromkeys(names, (1.0, 1.0)))),)
    found = values(history_data.scripts(KEY, runs, closed=True))
    assert set(found) == set(history_data.script_names(closed=True))
    for shard in range(history_data.SHARDS):
        (table,) = found[f"functions-{shard}.js"]["tables"]
        assert {row[0] for row in table[3]} == {name for name in names if history_data.shard_of(name) == shard}
    assert found["names.js"]["tables"] == [["app", "cpu", "cpu", sorted(names)]]


def test_names_out_of_a_run_stay_text() -> None:
    weights = dict.fromkeys(HOSTILE, (1.0, 1.0))
    runs = (kept(0, HOSTILE[0], functions(weights, component=HOSTILE[1]), branch=HOSTILE[2], commit=HOSTILE[6]),)
    for closed in (False, True):
        made = history_data.scripts(KEY, runs, closed=closed)
        assert not any(mark in data for data in made.values() for mark in (b"<", b">", b"&", "\u2028".encode()))
        tables = [
            table for name, value in values(made).items() if name.startswith("functions") for table in value["tables"]
        ]
        assert {row[0] for table in tables for row in table[3]} == {encode.visible(name) for name in HOSTILE}


def test_the_site_shares_every_script_of_every_stretch() -> None:
    stretches = [Stretch(KEY, ("a",), ("main",), closed=True), Stretch("b", ("b",), ("main",), False)]
    shared = history_data.shared(stretches)
    assert {unit: list(one.names) for unit, one in shared.items()} == {"data/history": [KEY, "b"]}
    found = shared["data/history"].files()
    assert {unit_of(place) for place in found} == set(shared)
    assert history_data.shared([]) == {}
    assert found["data/history/b/functions.js"] == "build/history/site/b/functions.js"
    assert sorted(found) == sorted(
        [f"data/history/{KEY}/{name}" for name in history_data.script_names(closed=True)]
        + [f"data/history/b/{name}" for name in history_data.script_names(closed=False)]
    )


@pytest.mark.parametrize(
    ("value", "kept_as"), [(float("nan"), None), (float("inf"), None), (0.0, 0), (-12345.67, -12346)]
)
def test_numbers_are_short_and_finite(value: float, kept_as: float | None) -> None:
    assert history_data.short(value) == kept_as
