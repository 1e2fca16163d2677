"""The top report: totals, order, trimming, options that do not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.analysis.report import build_top_report
from pipeline.analysis.scope import exact_total, find_sample_type
from pipeline.analysis.source import open_profile
from pipeline.errors import UsageError
from pipeline.model.profile import Profile
from pipeline.model.report import FilterOptions, ReportOptions
from tests.analysis.drawing import drawn

PROFILE = open_profile(
    drawn([(["main", "heavy"], [1, 900]), (["main", "b"], [1, 50]), (["main", "a"], [1, 50]), (["tiny"], [1, 1])])
)


def rows(options: ReportOptions, profile: Profile = PROFILE) -> list[tuple[str, int, int]]:
    return [(row.name, row.flat, row.cum) for row in build_top_report(profile, options).rows]


def test_order_and_trimming() -> None:
    report = build_top_report(PROFILE, ReportOptions())
    assert rows(ReportOptions()) == [("heavy", 900, 900), ("a", 50, 50), ("b", 50, 50), ("main", 0, 1000)]
    assert (report.total, report.dropped, report.node_total) == (1001, 1, 4)
    assert rows(ReportOptions(cum_sort=True))[0] == ("main", 0, 1000)


def test_limits() -> None:
    assert rows(ReportOptions(node_count=2)) == [("heavy", 900, 900), ("a", 50, 50)]
    assert build_top_report(PROFILE, ReportOptions(node_count=2)).node_total == 4
    assert len(rows(ReportOptions(trim=False, node_count=2))) == 5
    assert rows(ReportOptions(node_fraction=0.5)) == [("heavy", 900, 900), ("main", 0, 1000)]


def test_means_divide_by_the_first_sample_type() -> None:
    profile = open_profile(drawn([(["main", "a"], [4, 10]), (["main"], [0, 5])]))
    report = build_top_report(profile, ReportOptions(mean=True))
    assert [(row.name, row.flat, row.cum) for row in report.rows] == [("a", 2, 2), ("main", 5, 3)]
    assert (report.total, report.sample_type.type) == (3, "mean_cpu")


def test_means_are_rounded_towards_zero() -> None:
    profile = open_profile(drawn([(["a"], [2, -5])]))
    assert rows(ReportOptions(mean=True), profile) == [("a", -2, -2)]


def test_percentages_are_of_all_or_of_what_is_left() -> None:
    options = ReportOptions(filters=FilterOptions(focus="heavy"))
    assert build_top_report(PROFILE, options).total == 1001
    assert build_top_report(PROFILE, replace(options, relative_percentages=True)).total == 900


def test_negative_nodes_can_be_dropped() -> None:
    profile = open_profile(drawn([(["up"], [1, 10]), (["down"], [1, -20])]))
    assert rows(ReportOptions(), profile) == [("down", -20, -20), ("up", 10, 10)]
    assert rows(ReportOptions(drop_negative=True), profile) == [("up", 10, 10)]


@pytest.mark.parametrize(("name", "index"), [("", 1), ("samples", 0), ("cpu", 1), ("0", 0), ("inuse_cpu", 1)])
def test_sample_types(name: str, index: int) -> None:
    assert find_sample_type(PROFILE, name) == index


@pytest.mark.parametrize(
    ("name", "message"), [("2", "outside the range"), ("-1", "outside"), ("heap", r"one of: \[sa")]
)
def test_sample_types_that_are_not_there(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_sample_type(PROFILE, name)


def test_exact_totals_do_not_wrap() -> None:
    huge = open_profile(drawn([(["a"], [1, 2**63 - 1]), (["b"], [1, 2**63 - 1])]))
    assert exact_total(huge, 1) == 2**64 - 2
    assert build_top_report(huge, ReportOptions()).total == -2, "pprof wraps, and so does its drop-in"
