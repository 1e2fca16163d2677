"""Text of the top report, character for character; the oracle compares it with the real tool."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from pipeline.model.profile import SampleType
from pipeline.model.report import FilterOptions, ReportHeader, ReportOptions, ReportRow, TextReport
from pipeline.render.pprof_report import render_top

REPORT = TextReport(
    header=ReportHeader("app", "abc", ("a comment",), "https://doc", 1_700_000_000_000_000_000, 2_000_000_000),
    sample_type=SampleType("cpu", "nanoseconds"),
    total=1_500_000_000,
    rows=(ReportRow("heavy", 1_000_000_000, 1_200_000_000, "(inline)"), ReportRow("main", 0, 1_500_000_000)),
    node_total=3,
    dropped=2,
    node_fraction=0.005,
)


def test_everything_a_report_can_say() -> None:
    options = ReportOptions(filters=FilterOptions(focus="x", prune_from="y"))
    assert render_top(REPORT, options) == (
        "File: app\n"
        "Build ID: abc\n"
        "a comment\n"
        "Type: cpu\n"
        "Doc: https://doc\n"
        "Time: 2023-11-14 22:13:20 UTC\n"
        "Duration: 2s, Total samples = 1.50s (75.00%)\n"
        "Active filters:\n"
        "   focus=x\n"
        "Showing nodes accounting for 1s, 66.67% of 1.50s total\n"
        "Dropped 2 nodes (cum <= 0.01s)\n"
        "Showing top 2 nodes out of 3\n"
        "      flat  flat%   sum%        cum   cum%\n"
        "        1s 66.67% 66.67%      1.20s 80.00%  heavy (inline)\n"
        "         0     0% 66.67%      1.50s   100%  main\n"
    )


def test_compact_labels_leave_the_profile_out() -> None:
    assert render_top(REPORT, ReportOptions(compact_labels=True)).startswith("Showing nodes")


def test_times_are_shown_in_the_zone() -> None:
    assert "Time: 2023-11-14 23:13:20 CET\n" in render_top(REPORT, ReportOptions(), ZoneInfo("Europe/Berlin"))


def test_counts_have_no_unit_and_no_share_of_time() -> None:
    report = replace(REPORT, sample_type=SampleType("goroutine", "count"), total=3, rows=(ReportRow("f", 3, 3),))
    text = render_top(report, ReportOptions())
    assert "Duration: 2s, Total samples = 3 \n" in text
    assert "         3   100%   100%          3   100%  f\n" in text


def test_an_empty_report_keeps_its_total() -> None:
    text = render_top(replace(REPORT, rows=(), dropped=0), ReportOptions(compact_labels=True))
    assert text == "Showing nodes accounting for 0, 0% of 1.50s total\n      flat  flat%   sum%        cum   cum%\n"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (ReportOptions(unit="ms"), "    1000ms 66.67%"),
        (ReportOptions(unit="auto"), "        1s 66.67%"),
        (ReportOptions(divide_by=1000), "       1ms 66.67%"),
        (ReportOptions(divide_by=-2), "        1s 66.67%"),
    ],
)
def test_units(options: ReportOptions, shown: str) -> None:
    assert shown in render_top(REPORT, options)


@pytest.mark.parametrize(("flat", "shown"), [(12_000_000, "     0.01s"), (20_000_000, "      20ms")])
def test_the_unit_is_that_of_a_hundred_times_the_smallest_value(flat: int, shown: str) -> None:
    small = ReportRow("small", flat, flat)
    assert shown in render_top(replace(REPORT, rows=(small,)), ReportOptions())


def test_a_long_filter_is_cut_at_80_bytes() -> None:
    text = render_top(REPORT, ReportOptions(filters=FilterOptions(focus="é" * 60)))
    assert f"   focus={'é' * 37}…\n" in text
