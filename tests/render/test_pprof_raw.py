"""Text of the raw report."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from pipeline.model.profile import SampleType
from pipeline.render.pprof_raw import go_duration, go_time, render_raw
from tests.analysis.drawing import inlined_profile, labelled


def test_every_table() -> None:
    profile = replace(
        inlined_profile(), comments=("note",), doc_url="https://x", duration_nanos=90_500_000_000, period=5
    )
    assert render_raw(replace(profile, default_sample_type="cpu")) == (
        "Comment: note\n"
        "Doc: https://x\n"
        "PeriodType:  \n"
        "Period: 5\n"
        "Time: 2023-11-14 22:13:20 +0000 UTC\n"
        "Duration: 1m30\n"
        "Samples:\n"
        "samples/count cpu/nanoseconds[dflt]\n"
        "          1         10: 2 1 \n"
        "Locations\n"
        "     1: 0x400001 M=1 outer outer.go:10:0 s=0\n"
        "     2: 0x400002 M=1 leaf :7:0 s=0\n"
        "             middle middle.go:20:0 s=0\n"
        "Mappings\n"
        "1: 0x400000/0x800000/0x0 /bin/app  [FN]\n"
    )


def test_labels_texts_then_numbers() -> None:
    profile = labelled([(["f"], 1, {"size": (8, "bytes"), "user": "ann", "b": "x", "id": (7, "")})])
    lines = render_raw(replace(profile, period_type=SampleType("cpu", "ns"))).splitlines()
    assert lines[0] == "PeriodType: cpu ns"
    assert lines[lines.index("cpu/nanoseconds") + 1 :][:3] == [
        "          1: 1 ",
        "                b:[x] user:[ann]",
        "                id:[7] size:[8 bytes]",
    ]


def test_locations_without_names_and_folded_ones() -> None:
    profile = inlined_profile()
    locations = replace(profile.locations, is_folded=profile.locations.is_folded | True)
    lines = locations.line_offset * 0
    bare = replace(
        locations,
        line_offset=lines,
        line_function=locations.line_function[:0],
        line_number=locations.line_number[:0],
        line_column=locations.line_column[:0],
        mapping=locations.mapping * 0 - 1,
    )
    assert "     1: 0x400001 [F] \n" in render_raw(replace(profile, locations=bare))


@pytest.mark.parametrize(
    ("nanos", "shown"),
    [
        (1, "1ns"),
        (1500, "1.5µs"),
        (2_000_000, "2ms"),
        (10_000_000_001, "10.000000001s"),
        (90 * 10**9, "1m30s"),
        (3600 * 10**9, "1h0m0s"),
        (-1500, "-1.5µs"),
        (0, "0s"),
    ],
)
def test_durations_are_go_s(nanos: int, shown: str) -> None:
    assert go_duration(nanos) == shown


@pytest.mark.parametrize(
    ("nanos", "shown"),
    [
        (1_700_000_000_120_000_000, "2023-11-14 23:13:20.12 +0100 CET"),
        (-1, "1970-01-01 00:59:59.999999999 +0100 CET"),
    ],
)
def test_times_are_go_s(nanos: int, shown: str) -> None:
    assert go_time(nanos, ZoneInfo("Europe/Berlin")) == shown
