"""The page of functions without its script: lasting changes, the heaviest functions, and addresses of histories."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from pipeline.model.history import History, LabelHistory, OverTime, Series, Step, Stretch
from pipeline.render import encode
from pipeline.render.env import environment
from pipeline.render.functions_page import functions_page
from pipeline.render.links import function_history
from tests.overtime import functions, kept
from tests.records import HOSTILE
from tests.render.test_pages import TEMPLATES, Structure
from tests.render.test_trends_page import island, summary

RUN = kept(5, "main", functions({"main.work": (750.0, 1000.0), "runtime.mallocgc": (250.0, 250.0)}))
LABELS = (LabelHistory("main", 12, 0, 2),)


def step(name: str = "main.work", run: str = RUN.facts.id, *, certain: bool = True) -> Step:
    series = Series("main", "app", "cpu", "cpu", "nanoseconds/op", "lower", name)
    return Step(series, run, "before", "ab" * 20, 5.0, 7.5, 0.5, "worse", (6, 6), 0.001, 0.01, certain)


SUMMARIES = (summary(5),)


def body(history: History, *newest, summaries=SUMMARIES) -> str:
    stretches = (Stretch("k", tuple(one.id for one in summaries), ("main",), closed=False),) if summaries else ()
    page = functions_page(environment(TEMPLATES), summaries, OverTime(stretches, newest), history)
    assert page.url == "functions/"
    assert not Structure(page).handlers
    return page.body


def test_lasting_changes_say_the_function_and_its_first_bad_run() -> None:
    text = body(History(LABELS, (step(), step("main.other", certain=False))))
    assert "worse, candidate" in text
    assert "5 ns/op → 7.50 ns/op" in text
    assert f'<a href="../runs/{RUN.facts.id}/index.html">' in text
    assert 'href="#label=main&amp;component=app&amp;type=cpu&amp;f=main.work"' in text
    assert [one["function"] for one in island(text)["steps"]] == ["main.work", "main.other"]


def test_metrics_are_not_functions() -> None:
    series = Series("main", "app", "ops_per_sec", "Throughput", "ops/s", "higher")
    found = Step(series, RUN.facts.id, "b", "", 1.0, 2.0, 1.0, "better", (6, 6), 0.0, 0.0, certain=True)
    assert "No lasting change of a function" in body(History(LABELS, (found,)))


def test_the_heaviest_functions_are_told_per_operation_and_as_share() -> None:
    text = body(History(), RUN)
    assert "7.50 ns/op" in text
    assert "75.0 %" in text
    assert "100.0 %" in text
    assert "Nothing is searched yet" in text


def test_memory_in_use_has_no_operation() -> None:
    table = functions(
        {"main.keep": (1024.0, 1024.0)}, operations=0.0, kind="heap", sample_type="inuse_space", unit="bytes"
    )
    text = body(History(), kept(5, "main", table))
    assert "1 kB</td>" in text
    assert "/op" not in text.split('id="heaviest"')[1]


def test_a_run_that_left_the_site_is_not_linked() -> None:
    text = body(History(LABELS, (step(run="gone"),)), kept(9, "main", *RUN.tables))
    assert "runs/gone" not in text
    assert 'id="heaviest"' not in text


def test_nothing_at_all_is_a_page_too() -> None:
    assert "Nothing is searched yet" in body(History(), summaries=())


@pytest.mark.parametrize("name", HOSTILE)
def test_names_out_of_a_run_stay_text_and_can_be_linked(name: str) -> None:
    fields = parse_qs(function_history("main", name, "cpu", name).partition("#")[2], keep_blank_values=True)
    assert fields["f"] == [encode.visible(name)]
    table = functions({name: (1.0, 1.0)}, component=name, sample_type=name)
    text = body(History(LABELS, (step(name),)), kept(5, "main", table))
    assert "<img" not in text
    assert text.count("<script") == 1
