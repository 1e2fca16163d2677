"""The list of runs: order, what runs can be chosen by, and the data file of all of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.render.env import environment, render
from pipeline.render.run_cells import COLUMNS
from pipeline.render.run_list import ROWS, newest_first, run_listing, runs_data
from tests.records import HOSTILE
from tests.render.test_pages import TEMPLATES, Structure
from tests.summaries import heap, measured, summary

PAGE = """{% from "partials/run_table.html.j2" import run_table %}{{ run_table(listing, columns, "../") }}"""
START = "(globalThis.profbook ??= {}).runs = "


def data_of(*summaries: Any) -> dict[str, Any]:
    text = runs_data(summaries).decode()
    assert text.startswith(START)
    assert text.endswith(";\n")
    made: dict[str, Any] = json.loads(text[len(START) : -2])
    return made


def table(*summaries: Any) -> str:
    return render(
        environment(dict(TEMPLATES) | {"page": PAGE}), "page", listing=run_listing(summaries), columns=COLUMNS
    )


def test_runs_are_listed_newest_first_and_those_without_a_start_last() -> None:
    undated = [summary(9, "b", id="b", started=""), summary(8, "a", id="a", started="")]
    ordered = newest_first([summary(1), *undated, summary(3), summary(2)])
    assert [one.id for one in ordered] == [
        "20260103_030405-main",
        "20260102_030405-main",
        "20260101_030405-main",
        "a",
        "b",
    ]


def test_a_page_holds_the_newest_and_the_data_file_all() -> None:
    many = [
        summary(1, id=f"run-{place:03}", started=f"2026-01-01T00:{place // 60:02}:{place % 60:02}Z")
        for place in range(120)
    ]
    listing = run_listing(many)
    assert (len(listing.rows), listing.total) == (ROWS, 120)
    assert listing.rows[0].id == "run-119"
    columns = data_of(*many)["columns"]
    assert columns["run"] == [f"run-{place:03}" for place in reversed(range(120))]
    assert {len(column) for name, column in columns.items() if name not in {"texts", "keys"}} == {120}
    assert "Show 70 more of 70" in table(*many)
    assert " hidden>Show" in table(many[0])


def test_the_data_file_says_what_the_rows_say() -> None:
    one = summary(
        measurements=measured(ops_per_sec=1234.5, alloc_bytes_per_op=2048.0), errors=1, warnings=2, dirty=True
    )
    made, text = data_of(one), table(one)
    columns, tables = made["columns"], made["tables"]
    assert columns["about"] == ["trunk · 01234567 + changes"]
    assert tables["label"] == ["main"]
    assert tables["state"] == [["complete", "✓", "good"]]
    assert [column[0] for column in columns["texts"]] == ["1,234", "–", "2 kB", "–", "–"]
    assert [column[0] for column in columns["keys"]] == ["1234.5", "", "2048", "", ""]
    for shown in ("1,234", "2 kB", "trunk · 01234567 + changes", "1 error", "2 warnings"):
        assert shown in text


def test_only_what_tells_runs_apart_is_a_facet() -> None:
    runs = [summary(1), summary(2), summary(3, "pr", branch="topic", state="load_failed")]
    facets = {one.key: one.values for one in run_listing(runs).facets}
    assert facets == {
        "label": (("main", 2), ("pr", 1)),
        "branch": (("trunk", 2), ("topic", 1)),
        "status": (("complete", 2), ("load failed", 1)),
    }
    assert run_listing([summary(1)]).facets == ()


def test_many_values_of_a_facet_are_folded() -> None:
    (facet,) = run_listing([summary(day, f"l{day:02}") for day in range(1, 13)]).facets
    assert (len(facet.shown), len(facet.more)) == (8, 4)


def test_components_are_those_with_profiles() -> None:
    two = summary(profiles=(heap(component="api"), heap(component="worker")), components=("api", "service", "worker"))
    assert run_listing([two]).rows[0].components == ("api", "worker")
    assert "api, worker" in run_listing([two]).rows[0].about
    assert run_listing([summary(profiles=(), measurements=measured("job", elapsed=1.0))]).rows[0].components == ("job",)


def test_the_version_follows_the_data() -> None:
    assert run_listing([summary(1)]).version == run_listing([summary(1)]).version
    assert run_listing([summary(1)]).version != run_listing([summary(2)]).version


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_ever_text(text: str) -> None:
    one = summary(1, text, id=text, branch=text, commit=text, profiles=(heap(component=text), heap(component="b")))
    data = runs_data([one, summary(2)]).decode()
    assert not set("<>&\u2028\u202e") & set(data)
    from pipeline.model.page import StampedPage

    structure = Structure(StampedPage("", "", table(one, summary(2))))
    assert structure.handlers == []
    assert "<img" not in table(one, summary(2))
