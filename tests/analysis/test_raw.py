"""The profile behind raw and proto reports."""

from __future__ import annotations

import pytest

from pipeline.analysis.raw import divided, raw_of
from pipeline.analysis.scope import open_scope
from pipeline.model.report import ReportOptions
from tests.analysis.drawing import drawn, inlined_profile, stacks_of


def test_inlined_calls_can_be_left_out() -> None:
    profile = raw_of(open_scope(inlined_profile(), ReportOptions(no_inlines=True), "raw"))
    assert stacks_of(profile) == [["outer", "middle"]]
    assert not profile.mappings[0].has_inline_frames
    assert stacks_of(raw_of(open_scope(inlined_profile(), ReportOptions(), "raw"))) == [["outer", "middle", "leaf"]]


@pytest.mark.parametrize(("by", "values"), [(2.0, [[1, -3]]), (1.0, [[3, -7]]), (-2.0, [[3, -7]]), (0.5, [[6, -14]])])
def test_values_are_divided_towards_zero(by: float, values: list[list[int]]) -> None:
    assert divided(drawn([(["f"], [3, -7])]), by).samples.values.tolist() == values
