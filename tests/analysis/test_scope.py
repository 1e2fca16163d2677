"""What a report counts, and what each kind of report decides itself."""

from __future__ import annotations

import pytest

from pipeline.analysis.scope import effective_options, open_scope
from pipeline.model.report import FilterOptions, ReportKind, ReportOptions
from tests.analysis.drawing import drawn, labelled


@pytest.mark.parametrize(
    ("kind", "given", "count"),
    [("top", -1, 0), ("tree", -1, 80), ("dot", -1, 80), ("topproto", -1, 0), ("tree", 5, 5), ("peek", 5, 0)],
)
def test_node_counts(kind: ReportKind, given: int, count: int) -> None:
    assert effective_options(ReportOptions(node_count=given), kind).node_count == count


@pytest.mark.parametrize("kind", ["raw", "proto", "callgrind"])
def test_whole_profiles_are_not_trimmed_and_show_addresses(kind: ReportKind) -> None:
    options = effective_options(ReportOptions(granularity="files", node_count=3), kind)
    assert (options.granularity, options.node_count, options.node_fraction, options.edge_fraction) == (
        "addresses",
        0,
        0.0,
        0.0,
    )


def test_nothing_is_trimmed_where_that_is_asked_for() -> None:
    options = effective_options(ReportOptions(trim=False, node_count=3), "tree")
    assert (options.node_count, options.node_fraction, options.edge_fraction) == (0, 0.0, 0.0)


def test_label_frames_come_before_filters() -> None:
    profile = labelled([(["main"], 5, {"user": "ann"}), (["main"], 7, {"user": "bob"})])
    options = ReportOptions(tag_root=("user",), filters=FilterOptions(focus="ann"))
    scope = open_scope(profile, options, "tree")
    assert scope.values().tolist() == [5]
    assert (scope.total, scope.warnings) == (12, ())


def test_divisors_are_only_there_for_means() -> None:
    profile = drawn([(["f"], [4, 10])])
    assert open_scope(profile, ReportOptions()).divisors().tolist() == [0]
    assert open_scope(profile, ReportOptions(mean=True)).divisors().tolist() == [4]


def test_only_callgrind_keeps_binaries_apart_and_only_traces_keep_long_paths() -> None:
    profile = drawn([(["f"], [4, 10])])
    kinds: tuple[ReportKind, ...] = ("top", "callgrind", "traces")
    rules = [open_scope(profile, ReportOptions(), kind).rules() for kind in kinds]
    assert [rule.object_files for rule in rules] == [False, True, False]
    assert [rule.whole_paths for rule in rules] == [False, False, True]
