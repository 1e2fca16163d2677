from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.render import charts
from pipeline.render.charts import ChartData
from pipeline.render.strip_picture import WIDTH, draw_strips, ticks

NAME = '<script>alert("&")</script>'
ROWS = (
    {"side": "old", "order": 0, "value": 1.0, "run": "r1", "text": "1 ms"},
    {"side": "old", "order": 0, "value": 3.0, "run": "r2", "text": "3 ms"},
    {"side": NAME, "order": 1, "value": 9.0, "run": NAME, "text": "9 ms"},
)
CHART = ChartData("strips", "Latency (ms)", "", ROWS)


def test_every_run_is_a_dot_in_the_colour_of_its_side() -> None:
    drawn = draw_strips(CHART, label=NAME, cache={})
    root = ET.fromstring(drawn.svg)  # ours, and so a test that it is well-formed
    assert (root.get("role"), root.get("aria-label")) == ("img", NAME)
    dots = list(root.iter("circle"))
    assert [one.get("fill") for one in dots] == ["var(--pb-base)"] * 2 + ["var(--pb-head)"]
    assert [one.text for one in root.iter("title")] == ["r1: 1 ms", "r2: 3 ms", f"{NAME}: 9 ms"]
    first, second, last = (float(one.get("cx", "")) for one in dots)
    assert 0 < first < second < last < WIDTH
    assert second - first == pytest.approx((last - first) / 4, abs=0.2)
    medians = [one.get("d", "") for one in root.iter("path") if one.get("stroke-width")]
    assert float(medians[0][1:].partition(",")[0]) == pytest.approx((first + second) / 2, abs=0.2)
    texts = [one.text for one in root.iter("text")]
    assert {"old", NAME, "Latency (ms)"} <= set(texts)


def test_the_interactive_view_is_that_of_the_library_made_once() -> None:
    cache: dict[str, str] = {}
    assert draw_strips(CHART, label="x", cache=cache).spec == charts.specification(CHART)
    (key,) = cache
    cache[key] = cache[key].replace('"datasets"', '"kept":1,"datasets"')
    other = ChartData("strips", 'Heap "in use"', "", ROWS[:1])
    found = draw_strips(other, label="x", cache=cache).spec
    assert found["kept"] == 1
    assert {**found} == {**charts.specification(other), "kept": 1}


def test_values_that_are_all_the_same_stand_in_the_middle() -> None:
    same = ChartData("strips", "", "", tuple({**row, "value": 0.0} for row in ROWS))
    root = ET.fromstring(draw_strips(same, label="x", cache={}).svg)
    assert {float(one.get("cx", "")) for one in root.iter("circle")} == {WIDTH / 2}


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12))
def test_ticks_are_few_round_and_inside(low: float, span: float) -> None:
    high = low + max(span, abs(low) * 1e-6)
    found = ticks(low, high)
    assert 1 <= len(found) <= 5
    slack = (high - low) * 1e-6
    assert all(low - slack <= value <= high + slack for value, _ in found)
    assert len({text for _, text in found}) == len(found)
