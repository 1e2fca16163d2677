"""The functions and culprits of a comparison as they are printed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.difference import Difference
from pipeline.render.compare_page import compare_page
from pipeline.render.env import environment, render
from pipeline.render.functions_section import FunctionView, function_views
from pipeline.site.templates import read_templates, templates_dir
from tests.records import HEADLINE, HOSTILE, comparison, difference, weights

PAGE = """{% from "partials/culprits.html.j2" import culprits %}{% from "partials/functions.html.j2" import functions %}
{{ culprits(views) }}{{ functions(views, comparison, "../") }}"""


def views(*tables: Difference) -> tuple[FunctionView, ...]:
    return function_views(comparison(functions=tables or (difference(),)))


def page(*tables: Difference) -> str:
    env = environment({**read_templates(templates_dir()), "page": PAGE})
    return render(env, "page", views=views(*tables), comparison=comparison())


def test_a_row_has_all_scales_and_words() -> None:
    (view,) = views()
    first, second = view.first
    assert (view.unit, view.run_unit) == ("nanoseconds/op", "nanoseconds")
    assert (first.flat.delta, first.run, first.points) == (-8, -160, "−16.0 pp")
    assert (first.state.word, second.state.word) == ("cheaper", "new")
    assert (first.p, first.q) == ("0.001", "0.010")
    assert second.notes == ("only in head, in every run", "in head: main.slow")
    assert view.total == "100 ns/op → 87 ns/op (−13.0 %, p = 0.030)"
    assert view.doubts == (
        "main.more is taken for main.slow (closures are numbered anew)",
        "main.slow has another number of closures: equal names may be different closures",
    )


def test_a_function_too_small_to_test_has_no_p() -> None:
    table = difference()
    small = replace(table.functions[0], measure="", outcome="inconclusive", reason="holds less than 0.5 % of the total")
    row = views(replace(table, functions=(small,)))[0].first[0]
    assert (row.p, row.q, row.notes) == ("–", "–", ("holds less than 0.5 % of the total",))


def test_how_many_runs_it_takes_is_said_once() -> None:
    table = difference()
    rows = tuple(replace(row, outcome="inconclusive", reason="needs 9 runs a side") for row in table.functions)
    (view,) = views(replace(table, functions=rows))
    assert view.needs == "needs 9 runs a side"
    assert not view.first[0].notes
    assert page(replace(table, functions=rows)).count("A single function needs 9 runs a side to be proved.") == 1


def test_every_claim_is_shown_and_the_rest_is_cut() -> None:
    table = difference()
    claimed, other = table.functions[0], replace(table.functions[0], outcome="unchanged")
    view = views(replace(table, functions=(claimed,) * 30 + (other,) * 30))[0]
    assert (len(view.first), len(view.further)) == (20, 10)
    view = views(replace(table, functions=(other,) * 30))[0]
    assert (len(view.first), len(view.further)) == (20, 0)


def test_culprits_come_with_their_caveats() -> None:
    text = page()
    assert "What changed the totals" in text
    assert "mostly in <code" in text
    assert "on 2 paths" in text
    assert "120 % of the change" in text
    assert "20 % of the change, the other way" in text
    assert "CPU samples cannot tell how often a function is called" in text
    assert "not proved" not in text
    assert "not proved" in page(difference(outcome="inconclusive"))
    assert "What changed the totals" not in page(difference(culprits=()))


def test_without_operations_there_is_no_column_a_run() -> None:
    bare = replace(weights(10, 2), per_op=None)
    table = difference()
    rows = tuple(replace(row, flat=bare, cum=bare) for row in table.functions)
    text = page(replace(table, total=bare, functions=rows))
    assert "a run</th>" not in text
    assert "per operation" not in text
    assert "a run</th>" in page()


def test_the_page_lists_every_heading() -> None:
    env = environment(read_templates(templates_dir()))
    made = compare_page(env, comparison(), {}, headline=HEADLINE, known_runs=frozenset())
    titles = dict(made.toc)
    assert list(titles)[2:4] == ["metrics", "culprits"]
    assert titles["functions"] == "Functions"
    assert all(f'id="{identity}"' in made.body for identity in titles)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str) -> None:
    html = page(difference(text, text + "2"))
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "\u202e" not in html
