"""Traces: every sample with its stack and labels."""

from __future__ import annotations

from pipeline.analysis.scope import open_scope
from pipeline.analysis.traces import traces_of
from pipeline.model.report import ReportOptions, TraceFrame
from tests.analysis.drawing import drawn, inlined_profile, labelled


def test_frames_from_the_leaf_on_with_inlined_calls() -> None:
    (trace,) = traces_of(open_scope(inlined_profile(), ReportOptions(), "traces")).traces
    assert trace.frames == (TraceFrame("leaf", inline=True), TraceFrame("middle", False), TraceFrame("outer", False))


def test_labels_with_the_unit_of_their_key() -> None:
    profile = labelled([(["f"], 5, {"user": "ann", "bytes": (512, ""), "size": (8, "bytes")})])
    (trace,) = traces_of(open_scope(profile, ReportOptions(), "traces")).traces
    assert trace.texts == (("user", ("ann",)),)
    assert trace.numbers == (("bytes", (512,), "bytes"), ("size", (8,), "bytes"))


def test_samples_without_a_stack_are_left_out_and_means_divided() -> None:
    profile = drawn([([], [1, 5]), (["f"], [2, -7])])
    traces = traces_of(open_scope(profile, ReportOptions(mean=True), "traces")).traces
    assert [trace.value for trace in traces] == [-3]
