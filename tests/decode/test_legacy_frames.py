"""Which frames are the profiler's own, by sample types."""

from __future__ import annotations

import re

import pytest

from pipeline.decode.legacy_frames import profiler_frames
from pipeline.model.profile import SampleType


@pytest.mark.parametrize(
    ("types", "dropped", "stays"),
    [
        ("objects space", "tc_malloc", "main"),
        ("alloc_objects alloc_space inuse_objects inuse_space", "operator new[]", "Unlock"),
        ("contentions delay", "base::Mutex::UnlockSlow", "malloc"),
        ("samples cpu", "__restore", "malloc"),
        ("goroutine", "ProfileData::Add", "runtime.gopark"),
    ],
)
def test_frames_are_known_by_the_sample_types(types: str, dropped: str, stays: str) -> None:
    drop, _ = profiler_frames([SampleType(name, "") for name in types.split()])
    assert re.fullmatch(drop, dropped)
    assert not re.fullmatch(drop, stays)


def test_only_heap_profiles_keep_some() -> None:
    assert re.fullmatch(profiler_frames([SampleType("objects", ""), SampleType("space", "")])[1], "runtime.call32")
    assert profiler_frames([SampleType("contentions", ""), SampleType("delay", "")])[1] == ""
