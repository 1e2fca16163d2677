"""What changed since last time: the newest run of each label."""

from __future__ import annotations

import pytest

from pipeline.model.history import History, LabelHistory, Series, Step
from pipeline.model.page import StampedPage
from pipeline.render.env import environment, render
from pipeline.render.run_list import newest_first
from pipeline.render.since import SinceView, since_view
from tests.records import HOSTILE
from tests.render.test_pages import TEMPLATES, Structure
from tests.summaries import measured, summary

PAGE = """{% from "partials/since.html.j2" import since_table %}{{ since_table(since, "") }}"""


def view(*summaries: object, history: History = History()) -> SinceView:  # noqa: B008 - a value
    found = since_view(newest_first(summaries), history)  # type: ignore[arg-type]
    assert found is not None
    return found


def page(since: SinceView) -> str:
    return render(environment(dict(TEMPLATES) | {"page": PAGE}), "page", since=since)


def test_the_newest_run_of_each_label_stands_against_those_before_it() -> None:
    runs = [summary(day, measurements=measured(ops_per_sec=100.0 + day % 2)) for day in range(1, 5)]
    (row,) = view(*runs, summary(5, measurements=measured(ops_per_sec=50.0))).rows
    assert (row.run, row.before, row.runs) == ("20260105_030405-main", "20260104_030405-main", 5)
    (cell,) = row.cells
    assert cell is not None
    assert cell.spread is not None
    assert (cell.value, cell.spread.change, cell.spread.state.sign) == ("50 ops/s", "−50.0 %", "▽")


def test_the_sentence_counts_what_moved_and_claims_nothing_of_few_runs() -> None:
    steady = [summary(day, measurements=measured(ops_per_sec=100.0)) for day in range(1, 6)]
    assert "every value is within" in view(*steady).sentence
    assert "Too few runs" in view(*steady[:2]).sentence
    moved = view(*steady, summary(7, measurements=measured(ops_per_sec=1.0)))
    assert "1 worse" in moved.sentence
    assert "not proved" in moved.sentence


def test_a_failed_run_is_shown_and_not_compared() -> None:
    (row,) = view(summary(1), summary(2), summary(3), summary(4, state="load_failed")).rows
    assert not row.is_compared
    assert all(cell is None or cell.spread is None for cell in row.cells)
    assert "not compared" in page(view(summary(1), summary(2, state="load_failed")))


def test_components_have_rows_of_their_own_and_unused_columns_are_left_out() -> None:
    both = measured("api", elapsed=1.0) + measured("worker", elapsed=2.0)
    made = view(summary(1, measurements=both))
    assert [row.component for row in made.rows] == ["api", "worker"]
    assert [heading for heading, _ in made.heads] == ["elapsed"]


def test_many_labels_are_cut_newest_first() -> None:
    made = view(*(summary(day, f"l{day:02}") for day in range(1, 12)))
    assert (made.rows[0].label, len(made.rows), made.more) == ("l11", 8, 3)
    assert "3 more labels" in page(made)


def test_a_lasting_change_that_begins_with_the_run_is_told() -> None:
    series = Series("main", "service", "ops_per_sec", "Throughput", "ops/s", "higher")
    step = Step(series, "20260102_030405-main", "x", "", 200.0, 150.0, -0.25, "worse", (8, 5), 0.001, 0.01, True)
    made = view(summary(1), summary(2), history=History((LabelHistory("main", 2, 0, 1),), (step,)))
    assert made.rows[0].steps == ("lasting change of Throughput: −25.0 %, worse",)


def test_without_a_label_there_is_no_table() -> None:
    assert since_view([summary(1, "")], History()) is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_stay_text(text: str) -> None:
    body = page(view(summary(1, text, id=text), summary(2, text)))
    assert Structure(StampedPage("", "", body)).handlers == []
    assert "<img" not in body
