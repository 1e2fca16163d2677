from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from pipeline.render import charts
from pipeline.render.charts import ChartData, draw, tidy_svg
from pipeline.site.templates import templates_dir

CHARTS = {
    "series": ({"x": 0.0, "value": 1.0, "label": "0"}, {"x": 10.0, "value": 2.0, "label": "1"}),
    "strips": (
        {"side": "old", "order": 0, "value": 1.0, "run": "r", "text": "1"},
        {"side": "<new>", "order": 1, "value": 2.0, "run": "s", "text": "2"},
    ),
}


@pytest.mark.parametrize("kind", CHARTS)
def test_every_type_draws_the_same_picture_twice(kind: str) -> None:
    chart = ChartData(kind, "across", "up", CHARTS[kind])
    first, second = draw(chart, label="A <chart>", cache={}), draw(chart, label="A <chart>", cache={})
    assert first == second
    root = ET.fromstring(first.svg)  # ours, and so a test that it is well-formed
    assert root.get("role") == "img"
    assert root.get("aria-label") == "A <chart>"
    assert "var(--pb-" in first.svg
    assert "across" in first.svg
    assert not re.search(r"https?://(?!www\.w3\.org)", first.svg)
    assert not re.search(r"\d\.\d{3}", first.svg)


def test_labels_are_whole_and_escaped() -> None:
    name = "github.com/a/very/long/package.(*Type[go.shape.struct { X int }]).Method<script>"
    row = {"side": name, "order": 0, "value": 1.0, "run": "r", "text": "1"}
    drawn = draw(ChartData("strips", "", "", (row,)), label="x", cache={})
    assert name.replace("<", "&lt;").replace(">", "&gt;") in drawn.svg


def test_a_known_chart_is_not_drawn_again() -> None:
    chart = ChartData("series", "a", "b", CHARTS["series"])
    cache: dict[str, str] = {}
    drawn = draw(chart, label="x", cache=cache)
    (key,) = cache
    cache[key] = cache[key].replace("<svg", "<svg id='kept'")
    assert draw(chart, label="x", cache=cache).svg != drawn.svg
    draw(ChartData("series", "a", "other", CHARTS["series"]), label="x", cache=cache)
    assert len(cache) == 2


def test_ids_of_two_pictures_differ() -> None:
    svg = '<svg viewBox="0 0 1 1"><clipPath id="clip0"/><g clip-path="url(#clip0)"/></svg>'
    one, other = tidy_svg(svg, "l", "a" * 32), tidy_svg(svg, "l", "b" * 32)
    assert 'id="caaaaaaaa-0"' in one
    assert "url(#cbbbbbbbb-0)" in other
    assert tidy_svg(svg.replace("clip0", "clip17"), "l", "a" * 32) == one


def test_a_picture_without_a_sheet_has_the_colours_of_the_sheet() -> None:
    sheet = (templates_dir() / "assets/css/page.css").read_text("utf-8")
    light = sheet[: sheet.index("[data-md-color-scheme")]
    assert all(f"{name}: {colour};" in light for name, colour in charts._LIGHT.items())
