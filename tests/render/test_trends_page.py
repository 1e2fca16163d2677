"""The page of trends without its script: pictures, words, tables, and what it tells the script."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from pipeline.model.history import History, LabelHistory, OverTime, Series, Step, Stretch
from pipeline.model.metric import Measurement, Metric
from pipeline.model.summary import RunSummary
from pipeline.render import encode
from pipeline.render.env import environment
from pipeline.render.trend_figure import trend_picture
from pipeline.render.trends_page import labels_in_order, trends_page
from tests.records import HOSTILE
from tests.render.test_pages import TEMPLATES, Structure

METRICS = {
    "ops_per_sec": Metric("ops_per_sec", "Throughput", "ops/s", "higher", "load test"),
    "rss_max": Metric("rss_max", "Resident memory", "bytes", "lower", "the kernel"),
}


def summary(place: int, label: str = "main", *, component: str = "app", **facts: object) -> RunSummary:
    told = RunSummary(
        id=f"20261101_10{place:02}00-{label}", key="k", label=label, started=f"2026-11-01T10:{place:02}:00Z",
        branch="main",
        commit=f"{place:040x}", dirty=None, components=(component,), state="complete", errors=0, warnings=0,
        measurements=(Measurement("ops_per_sec", 100.0 + place, component), Measurement("rss_max", 2.0**20, component)),
        functions=(), profiles=(), cells=(),
    )  # fmt: skip
    return replace(told, **facts)


def step(run: RunSummary, **facts: object) -> Step:
    series = Series(run.label, "app", "ops_per_sec", "Throughput", "ops/s", "higher")
    told = Step(series, run.id, "before", run.commit, 100.0, 80.0, -0.2, "worse", (6, 6), 0.001, 0.01, True)
    return replace(told, **facts)


def over_time(runs: tuple[RunSummary, ...], undated: int = 0) -> OverTime:
    labels = tuple(dict.fromkeys(run.label for run in runs))
    stretch = Stretch("0123456789abcdef", tuple(run.id for run in runs), labels, closed=False)
    return OverTime((stretch,), (), undated, ((0, 0), (0, 0)))


def body(runs: tuple[RunSummary, ...], *steps: Step, over: OverTime | None = None) -> str:
    history = History((LabelHistory("main", 12, 0, 2),), steps)
    page = trends_page(
        environment(TEMPLATES), runs, over or over_time(runs), history, metrics=METRICS, headline=("ops_per_sec",)
    )
    assert page.url == "trends/"
    assert not Structure(page).handlers
    return page.body


def island(text: str) -> dict:
    (found,) = re.findall(r'<script type="application/json" class="pb-over__data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


RUNS = tuple(summary(place) for place in range(12))


def test_headline_metrics_are_drawn_and_told_without_a_script() -> None:
    text = body(RUNS)
    assert text.count("<svg") == 1
    assert text.count('<circle class="pb-trend__dot"') == 12
    assert "111 ops/s <span" in text
    assert "12 runs from 100 ops/s to 111 ops/s" in text
    assert "higher is better" in text
    assert re.findall(r'href="\.\./runs/(\S+)/index.html"', text) == [run.id for run in RUNS[:1:-1]]


def test_a_lasting_change_is_marked_and_told_with_its_first_run() -> None:
    text = body(RUNS, step(RUNS[6]))
    assert text.count('class="pb-trend__mark pb-tone-bad"') == 1
    assert "100 ops/s → 80 ops/s (−20.0 %) since" in text
    assert f'since <a href="../runs/{RUNS[6].id}/index.html">' in text
    assert island(text)["steps"][0]["run"] == RUNS[6].id


@pytest.mark.parametrize("facts", [{"state": "failed"}, {"state": "load_failed"}, {"started": ""}])
def test_runs_that_failed_or_have_no_start_are_not_drawn(facts: dict) -> None:
    runs = (*RUNS[:11], replace(RUNS[11], **facts))
    text = body(runs)
    assert text.count('<circle class="pb-trend__dot"') == 11
    assert f"runs/{RUNS[11].id}/" not in text


def test_the_script_is_told_labels_stretches_and_metrics() -> None:
    runs = (*RUNS, summary(30, "pr"), summary(31, "pr"))
    told = island(body(runs))
    assert told["labels"] == ["pr", "main"]
    assert told["stretches"] == [["0123456789abcdef", False, [0, 1]]]
    assert [one[0] for one in told["metrics"]] == ["ops_per_sec", "rss_max"]
    assert told["oldest"] is None


def test_a_label_with_one_run_comes_after_those_that_show_a_change() -> None:
    runs = (*RUNS, summary(30, "pr"), summary(31, "pr"), summary(40, "tried"), summary(41, "failed", state="failed"))
    text = body(runs)
    assert island(text)["labels"] == ["pr", "main", "tried", "failed"]
    assert re.findall(r'<h2 id="label-(\w+)"', text) == ["pr", "main", "tried"]
    assert labels_in_order(runs) == ["pr", "main", "failed", "tried"]


def test_runs_that_left_the_site_are_said_to_have_no_page() -> None:
    told = island(body(RUNS[4:], over=over_time(RUNS)))
    assert told["oldest"] == [RUNS[4].started, RUNS[4].id]


def test_a_run_more_moves_nothing_but_its_own_label() -> None:
    """A page whose script lists every run would grow with them."""
    few, many = (len(body(tuple(summary(place) for place in range(count)))) for count in (45, 59))
    assert abs(few - many) < 40


def test_what_is_not_there_is_said() -> None:
    assert "No runs yet" in body(())
    assert "No run has a start yet" in body((), over=over_time((), 1))
    assert "2 runs have no start" in body(RUNS, over=over_time(RUNS, 2))
    bare = tuple(replace(run, measurements=()) for run in RUNS)
    assert "none of the headline metrics" in body(bare)


def test_names_out_of_a_run_stay_text() -> None:
    for name in HOSTILE:
        runs = tuple(
            summary(place, name, component=name, branch=name, commit=name, id=f"run-{place}") for place in range(3)
        )
        series = Series(name, name, "ops_per_sec", "Throughput", "ops/s", "higher")
        text = body(runs, step(runs[1], series=series, commit=name))
        assert "<img" not in text
        assert text.count("<script") == 1
        assert island(text)["labels"] == [encode.visible(name)]


def test_a_picture_of_one_value_or_none() -> None:
    assert trend_picture([], "ops/s", [], label="x") == ""
    assert trend_picture([None, None], "ops/s", [], label="x") == ""
    one = trend_picture([None, 5.0], "ops/s", [], label="x")
    assert one.count("<circle") == 1
    assert one.count("<text") == 1
    flat = trend_picture([5.0, 5.0, 5.0], "ops/s", [(1, "bad")], label='"><b>')
    assert set(re.findall(r'cy="([\d.]+)"', flat)) == {"60"}
    assert "<b>" not in flat


def test_a_picture_keeps_order_and_scale() -> None:
    drawn = trend_picture([10.0, None, 30.0, 20.0], "bytes", [], label="x")
    points = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    low, high, middle = (y for _, y in points)
    assert low > middle > high
    assert middle == pytest.approx((low + high) / 2, abs=0.1)
