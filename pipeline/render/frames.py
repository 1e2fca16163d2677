"""The stacks of a profile as other tools' formats want them: root first, a frame for each inlined call.

Rules: a location without a function is its address. Nothing is merged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pipeline.model.profile import Profile

Frame = tuple[str, str, int]
"""Function, file, line; file and line are empty and 0 where unknown."""


def location_frames(profile: Profile) -> list[tuple[Frame, ...]]:
    """List the frames of each location, outermost call first."""
    table, functions = profile.locations, profile.functions
    offsets = table.line_offset.tolist()
    called, numbers, addresses = table.line_function.tolist(), table.line_number.tolist(), table.address.tolist()
    frames = []
    for place, address in enumerate(addresses):
        lines = range(offsets[place + 1] - 1, offsets[place] - 1, -1)
        found = tuple((functions.name[called[i]], functions.filename[called[i]], max(numbers[i], 0)) for i in lines)
        frames.append(found or ((f"0x{address:x}", "", 0),))
    return frames


def root_first(profile: Profile) -> Iterator[list[int]]:
    """Give the locations of each sample, root first."""
    stack, offsets = profile.samples.stack.tolist(), profile.samples.stack_offset.tolist()
    for start, end in pairwise(offsets):
        yield stack[start:end][::-1]
