"""Headline values of a run among those of the runs before it."""

from __future__ import annotations

from pipeline.model.metric import Measurement
from pipeline.render.headline_section import Headline, headline
from pipeline.render.run_page import metric_lines
from tests.records import METRICS
from tests.summaries import measured, summary

REGISTRY = {metric.name: metric for metric in METRICS}


def made(*values: Measurement, earlier: int = 3, label: str = "main", is_whole: bool = True) -> Headline:
    before = [summary(day, measurements=measured(ops_per_sec=100.0)) for day in range(1, earlier + 1)]
    return headline(metric_lines(values, REGISTRY), before, label=label, is_whole=is_whole)


def test_each_component_has_its_values_and_what_was_before() -> None:
    found = made(Measurement("ops_per_sec", 90.0, "service"), Measurement("latency_mean", 0.1, "worker"))
    assert [group.component for group in found.groups] == ["service", "worker"]
    (first,), (second,) = (group.tiles for group in found.groups)
    assert first.spread is not None
    assert first.spread.state.sign == "▽"
    assert second.spread is None
    assert found.about == "Among the 3 whole runs of main before it: seen, not judged."


def test_what_there_is_to_stand_among_is_said() -> None:
    value = Measurement("ops_per_sec", 90.0, "service")
    assert "no label" in made(value, label="").about
    assert "first whole run" in made(value, earlier=0).about
    failed = made(value, is_whole=False)
    assert "not set among" in failed.about
    assert failed.groups[0].tiles[0].spread is None
