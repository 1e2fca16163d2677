"""Sparklines: well formed, inside their box, told in words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.render.sparkline import HEIGHT, WIDTH, sparkline
from tests.records import HOSTILE

NUMBERS = st.floats(min_value=-1e300, max_value=1e300)


@pytest.mark.property
@given(st.lists(NUMBERS, min_size=2, max_size=40))
def test_every_point_lies_in_the_box(values: list[float]) -> None:
    line = ET.fromstring(sparkline(values, label="x")).find("polyline")
    assert line is not None
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert len(points) == len(values)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_a_larger_value_is_higher_and_the_last_is_a_dot() -> None:
    text = sparkline([1.0, 3.0, 2.0], label="x")
    heights = [float(y) for y in re.findall(r",([\d.]+)", ET.fromstring(text).find("polyline").attrib["points"])]  # type: ignore[union-attr]
    assert heights[1] < heights[2] < heights[0]
    assert ET.fromstring(text).find("circle").attrib["cy"] == f"{heights[2]:g}"  # type: ignore[union-attr]


def test_one_value_is_no_line() -> None:
    assert sparkline([1.0], label="x") == sparkline([], label="x") == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_is_only_text(text: str) -> None:
    root = ET.fromstring(sparkline([1.0, 2.0], label=text))
    assert [child.tag for child in root] == ["polyline", "circle"]
