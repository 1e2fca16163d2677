"""The top table as a profile."""

from __future__ import annotations

from pipeline.analysis.report import top_of
from pipeline.analysis.scope import open_scope
from pipeline.analysis.source import open_profile
from pipeline.analysis.topproto import top_profile
from pipeline.model.report import ReportOptions
from tests.analysis.drawing import drawn, stacks_of


def test_rows_become_samples_in_the_unit_shown() -> None:
    profile = open_profile(drawn([(["main", "f"], [1, 3_000_000]), (["main"], [1, 1_500_000])]))
    report, infos = top_of(open_scope(profile, ReportOptions(), "topproto"))
    top = top_profile(profile, report, infos, "ms")
    assert [str(kind) for kind in top.sample_types] == ["cum/ms", "flat/ms"]
    assert top.samples.values.tolist() == [[3, 3], [4, 1]]
    assert stacks_of(top) == [["f"], ["main"]]
    assert (top.mappings, len(top.labels), top.time_nanos) == ((), 0, profile.time_nanos)


def test_no_rows() -> None:
    profile = open_profile(drawn([]))
    report, infos = top_of(open_scope(profile, ReportOptions(), "topproto"))
    assert top_profile(profile, report, infos, "ns").samples.values.shape == (0, 2)
