"""Metrics of a comparison, written for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.analysis.metrics import METRICS
from pipeline.model.verdict import MetricComparison, MetricMean
from pipeline.render.metric_section import MetricRow, mean_rows, metric_rows
from tests.records import compared, comparison

ALLOCATED = next(metric for metric in METRICS if metric.name == "alloc_bytes_per_op")


def row(one: MetricComparison) -> MetricRow:
    (found,) = metric_rows(replace(comparison(), metrics=(one,)), ["ops_per_sec"])
    return found


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("center", "interval", "text"),
    [
        (100.0, (98.0, 105.0), "100 ops/s ± 5 %"),
        (100.0, (90.0, 101.0), "100 ops/s ± 10 %"),
        (100.0, None, "100 ops/s ± ∞"),
        (0.0, (0.0, 0.0), "0 ops/s ± 0 %"),
        (0.0, (0.0, 3.0), "0 ops/s (0 ops/s to 3 ops/s)"),
        (1.0, (-1.0, 3.0), "1 ops/s (-1 ops/s to 3 ops/s)"),
        (None, None, "–"),
    ],
)
def test_a_median_has_its_interval(center, interval, text):
    found = row(compared(base_center=center, base_interval=interval))
    assert plain(found.base) == text


def test_a_claim_shows_its_delta_and_interval():
    found = row(compared(delta=1.0, delta_interval=(0.8, 1.25), q=0.04, tests=3, detectable_effect=0.1))
    assert plain(found.delta) == "+100.0 %"
    assert (found.seen, found.power) == ("", "")
    assert plain(found.interval) == "+80.0 % to +125.0 %"
    assert (found.p, found.q, found.n) == ("0.030", "0.040", "3+3")


def test_no_claim_shows_what_was_seen_and_what_would_be_found():
    found = row(
        compared(
            outcome="unchanged", delta_interval=(-0.0004, 0.02), q=0.3, tests=1,
            detectable_effect=0.041, planned_effect=0.1, runs_needed=12,
        )
    )  # fmt: skip
    assert (found.delta, plain(found.seen), found.q) == ("~", "+100.0 %", "")
    assert plain(found.interval) == "0.0 % to +2.0 %"
    assert plain(found.power) == "would find a change of 4.1 % or more; 10 % takes 12 runs a side"


def test_values_without_noise_would_show_any_change():
    assert row(compared(outcome="unchanged", detectable_effect=0.0)).power == "would find any change"


def test_runs_that_suffice_are_not_asked_for():
    assert row(compared(outcome="unchanged", planned_effect=0.1, runs_needed=3)).power == ""


def test_one_side_alone_has_no_change():
    found = row(compared(outcome="inconclusive", head=(), head_center=None))
    assert (found.delta, found.seen, found.p, found.interval, found.n) == ("–", "", "–", "", "3+0")


def test_means_over_components():
    (found,) = mean_rows(replace(comparison(), means=(MetricMean(ALLOCATED, 3, 1000.0, 900.0, -0.1),)))
    assert (found.title, found.components) == ("Allocated per op", "3 components")
    assert plain(found.delta) == "−10.0 %"
    assert mean_rows(comparison()) == ()
