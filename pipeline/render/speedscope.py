"""A profile as a speedscope file: one sampled profile for each sample type, over one table of frames.

Rules: equal stacks are added up; stacks that add up to 0 stay out. Labels are lost. speedscope draws no negative
weights, so a difference is refused. The name of each profile is ``type/unit``, from which `decode.speedscope` puts the
sample types together again.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.model.profile import Profile, SampleType
from pipeline.render.frames import Frame, location_frames, root_first

_SCHEMA: Final = "https://www.speedscope.app/file-format-schema.json"
_UNITS: Final = frozenset({"nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"})
_EXPORTER: Final = "profbook"

Stack = tuple[int, ...]


def speedscope(profile: Profile, name: str) -> bytes:
    """Write a speedscope file named ``name``. Raises UsageError when stacks have negative values."""
    table: dict[Frame, int] = {}
    frames = location_frames(profile)
    used = [
        (stack, row)
        for stack, row in zip(root_first(profile), profile.samples.values.tolist(), strict=True)
        if any(row)
    ]
    stacks = [
        tuple(table.setdefault(frame, len(table)) for place in stack for frame in frames[place]) for stack, _ in used
    ]
    columns = [[row[i] for _, row in used] for i in range(len(profile.sample_types))]
    document = {
        "$schema": _SCHEMA,
        "exporter": _EXPORTER,
        "name": name,
        "activeProfileIndex": profile.sample_index(),
        "shared": {"frames": [_frame(frame) for frame in table]},
        "profiles": [
            _profile(kind, stacks, column) for kind, column in zip(profile.sample_types, columns, strict=True)
        ],
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii")


def _frame(frame: Frame) -> dict[str, str | int]:
    name, file, line = frame
    known: dict[str, str | int] = {"name": name}
    return known | ({"file": file} if file else {}) | ({"line": line} if line else {})


def _profile(kind: SampleType, stacks: list[Stack], values: list[int]) -> dict[str, Any]:
    sums: dict[Stack, int] = {}
    for stack, value in zip(stacks, values, strict=True):
        sums[stack] = sums.get(stack, 0) + value
    kept = {stack: value for stack, value in sums.items() if value}
    if any(value < 0 for value in kept.values()):
        raise UsageError(
            f"{kind} has negative values, which speedscope cannot show.",
            cure="Export the two profiles of the difference one by one.",
        )
    return {
        "type": "sampled",
        "name": str(kind),
        "unit": kind.unit if kind.unit in _UNITS else "none",
        "startValue": 0,
        "endValue": sum(kept.values()),
        "samples": [list(stack) for stack in kept],
        "weights": list(kept.values()),
    }
