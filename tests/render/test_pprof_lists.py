"""Text of traces, tags and comments."""

from __future__ import annotations

from pipeline.model.profile import SampleType
from pipeline.model.report import (
    ReportHeader,
    ReportOptions,
    TagReport,
    TagTotal,
    TextReport,
    Trace,
    TraceFrame,
    TraceReport,
)
from pipeline.render.pprof_lists import render_comments, render_tags, render_traces

TEXT = TextReport(ReportHeader(file="app"), SampleType("cpu", "nanoseconds"), 2_000_000_000, (), 0, 0, 0.0)
LINE = "-----------+-------------------------------------------------------\n"


def test_traces() -> None:
    trace = Trace(
        1_500_000_000,
        (("user", ("ann", "bob")), ("a_rather_long_key", ("x",))),
        (("size", (2048, 8), "bytes"),),
        (TraceFrame("leaf", inline=True), TraceFrame("main", inline=False)),
    )
    assert render_traces(TraceReport(TEXT, (trace, trace)), ReportOptions(compact_labels=True)) == (
        "File: app\nType: cpu\n"
        + (
            LINE + "      user:  ann bob\n"
            "a_rather_long_key:  x\n"
            "      size:  2kB 8B\n"
            "     1.50s   leaf (inline)\n"
            "             main\n"
        )
        * 2
        + LINE
    )


def test_tags_are_aligned_to_the_right() -> None:
    report = TagReport(TEXT, (TagTotal("user", 1_500_000_000, (("ann", 1_400_000_000), ("bob", -100_000_000))),))
    assert render_tags(report, ReportOptions()) == (
        " user: Total 1.50s of 2s (75.00%)\n        1.40s (70.00%): ann\n       -100ms ( 5.00%): bob\n\n"
    )


def test_tags_of_an_empty_total_have_no_shares() -> None:
    empty = TextReport(ReportHeader(), SampleType("n", "count"), 0, (), 0, 0, 0.0)
    assert render_tags(TagReport(empty, (TagTotal("k", 0, (("v", 0),)),)), ReportOptions()) == (
        " k: Total 0 of 0\n    0: v\n\n"
    )


def test_comments() -> None:
    assert render_comments(("# one", "two")) == "# one\ntwo\n"
