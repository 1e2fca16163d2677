"""Lasting changes in words: the box of the overview and the lines of the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.history import History, LabelHistory, Series, Step
from pipeline.model.page import StampedPage
from pipeline.render import encode
from pipeline.render.env import environment
from pipeline.render.history_section import history_lines, history_view, step_rows
from pipeline.render.overview import overview_page
from pipeline.render.run_list import run_listing
from tests.records import HOSTILE
from tests.render.test_pages import TEMPLATES, Structure

RATE = Series("main", "api", "ops_per_sec", "Throughput", "ops/s", "higher")
WORK = Series("main", "", "cpu", "cpu", "nanoseconds/op", "lower", "main.work")
RUN = "20261101_100000-main"
STEP = Step(RATE, RUN, "before", "0123456789abcdef", 200.0, 150.0, -0.25, "worse", (8, 5), 0.001, 0.0123, True)
LABELS = (LabelHistory("main", 13, 0, 40), LabelHistory("pr", 100, 7, 1))


def page(history: History | None) -> StampedPage:
    return overview_page(environment(TEMPLATES), (), run_listing(()), (), headline=(), history=history)


def test_without_a_label_that_was_searched_there_is_no_box() -> None:
    assert history_view(History(), ()) is None
    assert "Changes over time" not in page(None).body


def test_a_step_says_what_changed_by_how_much_and_since_when() -> None:
    view = history_view(History(LABELS, (STEP,)), {RUN})
    assert view is not None
    (row,) = view.rows
    assert (row.state.word, row.state.tone, row.change) == ("worse", "bad", "−25.0 %")
    assert (row.before, row.after, row.commit) == ("200 ops/s", "150 ops/s", "0123456789ab")
    assert (row.href, row.evidence) == (f"runs/{RUN}/index.html", "8 runs before, 5 since; q 0.012")
    assert view.searched == ("main: 13 runs, 40 series", "pr: 100 runs, 1 series; 7 older runs were left out")


@pytest.mark.parametrize(
    ("effect", "certain", "word", "tone"),
    [("worse", True, "worse", "bad"), ("better", True, "better", "good"),
     ("worse", False, "worse, candidate", "doubt"), ("better", False, "better, candidate", "doubt")],
)  # fmt: skip
def test_a_candidate_never_looks_like_a_proved_step(effect: str, certain: bool, word: str, tone: str) -> None:
    (row,) = step_rows([replace(STEP, effect=effect, certain=certain)], (), root="")
    assert (row.state.word, row.state.tone) == (word, tone)


def test_candidates_are_counted_on_the_front_page_not_told() -> None:
    text = page(History(LABELS, (STEP, replace(STEP, series=WORK, certain=False)))).body
    assert text.count('<th scope="row">') == 1
    assert "1 candidate, large enough to show but not proved" in text


def test_a_step_leads_to_the_whole_history() -> None:
    text = page(History(LABELS, (STEP, replace(STEP, series=WORK)))).body
    assert 'href="trends/index.html#label=main&amp;component=api&amp;metric=ops_per_sec"' in text
    assert 'href="functions/index.html#label=main&amp;component=&amp;type=cpu&amp;f=main.work"' in text


def test_a_run_without_a_page_is_not_linked() -> None:
    view = history_view(History(LABELS, (STEP,)), ())
    assert view is not None
    assert view.rows[0].href == ""


def test_many_steps_are_cut_and_counted() -> None:
    view = history_view(History(LABELS, (STEP,) * 15), ())
    assert view is not None
    assert (len(view.rows), view.more) == (12, 3)
    made = page(History(LABELS, (STEP,) * 15))
    assert '3 more: see <a href="trends/index.html">Trends</a>' in made.body
    assert ("changes", "Changes over time") in made.toc


def test_a_search_that_found_nothing_says_so() -> None:
    assert "No lasting change is proved." in page(History(LABELS)).body


def test_lines_for_a_terminal() -> None:
    new = replace(STEP, series=WORK, before=0.0, after=1500.0, change=None, commit="", certain=False)
    first, second = history_lines([STEP, new])
    told = "8 runs before, 5 since; q 0.012"
    at = f"since {RUN} (commit 0123456789ab)"
    assert first == f"worse: main/api: Throughput: 200 ops/s → 150 ops/s (−25.0 %) {at}; {told}"
    assert second == f"worse, candidate: main: main.work (cpu): 0 s/op → 1.50 us/op (from 0) since {RUN}; {told}"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str) -> None:
    odd = replace(STEP, series=Series(text, text, text, text, text, "lower", text), run=text, commit=text)
    made = page(History((LabelHistory(text, 6, 0, 1),), (odd,)))
    Structure(made)
    assert "<script" not in made.body
    (line,) = history_lines([odd])
    assert encode.visible(line) == line
    assert not {"\n", "\t", "\r"} & set(line)
