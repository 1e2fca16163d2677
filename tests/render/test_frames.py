"""Stacks root first, with inlined calls and addresses without names."""

from __future__ import annotations

import numpy as np

from pipeline.decode.pprof import decode_pprof
from pipeline.render.frames import location_frames, root_first
from tests.builders import pprof_message


def test_inlined_calls_are_frames_outermost_first() -> None:
    message = pprof_message([(("main", "run"), (1, 2)), ((), (3, 4))])
    location = message.location[1]
    location.line.insert(0, type(location.line[0])(function_id=1, line=7))
    message.location.add(id=9, address=0xABC)
    message.sample[0].location_id.insert(0, 9)
    profile = decode_pprof(message.SerializeToString())
    frames = location_frames(profile)
    drawn = [[frame for place in stack for frame in frames[place]] for stack in root_first(profile)]
    assert drawn == [
        [("main", "main.go", 10), ("run", "run.go", 20), ("main", "main.go", 7), ("0xabc", "", 0)],
        [],
    ]
    assert profile.samples.stack.dtype == np.int64
