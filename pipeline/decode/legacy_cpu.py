"""Binary CPU profiles from before profile.proto: gperftools, old Go, and the Java agent.

Rules: a file is words of 4 or 8 bytes in either byte order: the header ``0 3 0|1 period_µs 0``, then per stack its
count, its size and its addresses, closed by ``0 1 0``; a memory map (C++, Go) or a symbol list (Java) follows as text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from pipeline.decode.legacy_frames import profiler_frames
from pipeline.decode.legacy_java import read_locations
from pipeline.decode.legacy_maps import parse_maps
from pipeline.decode.legacy_text import Lines, wrap
from pipeline.decode.table_builder import TableBuilder
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile, SampleType

_TYPES = (SampleType("samples", "count"), SampleType("cpu", "nanoseconds"))
_HEADER_WORDS = 5
_SIGNAL_FRAMES = 2
_SAMPLES_PER_EXCEPTION = 32


@dataclass(frozen=True, slots=True)
class Layout:
    """How the words of a file are stored, and what its header says."""

    dtype: str
    java: bool
    period_micros: int

    @property
    def size(self) -> int:
        """Bytes of a word."""
        return np.dtype(self.dtype).itemsize


def find_layout(data: bytes) -> Layout | None:
    """Recognise the header in one of the four word layouts."""
    for dtype in ("<u4", ">u4", "<u8", ">u8"):
        if len(data) < _HEADER_WORDS * np.dtype(dtype).itemsize:
            continue
        zero, version, kind, period, padding = np.frombuffer(data, dtype, _HEADER_WORDS).tolist()
        if (zero, version, padding) == (0, 3, 0) and kind in {0, 1} and period > 0:
            return Layout(dtype, kind == 1, period)
    return None


def decode_legacy_cpu(data: bytes) -> Profile:
    """Decode a legacy CPU profile. Raises DecodeError ``text_corrupt`` when it is cut in a stack's header."""
    layout = find_layout(data)
    if layout is None:
        raise DecodeError("not_a_profile", "the header of a legacy CPU profile is missing")
    period = wrap(layout.period_micros * 1000)
    builder = TableBuilder()
    rest = _read_samples(data, layout, period, builder)
    if layout.java:
        read_locations(rest, builder)
    else:
        _drop_signal_frames(builder.stacks)
        builder.map_addresses(parse_maps(Lines(rest)))
        builder.drop_repeated_leaf()
    drop, keep = profiler_frames(_TYPES)
    return builder.build(
        "java cpu" if layout.java else "legacy cpu",
        _TYPES,
        period_type=_TYPES[1],
        period=period,
        drop_frames=drop,
        keep_frames=keep,
    )


def _read_samples(data: bytes, layout: Layout, period: int, builder: TableBuilder) -> bytes:
    """Read all stacks; give the bytes behind them."""
    size = layout.size
    words = np.frombuffer(data, layout.dtype, len(data) // size).tolist()
    position = _HEADER_WORDS
    while position * size < len(data):
        head = words[position : position + 2]
        depth = head[1] if len(head) == 2 else 0
        position += 2
        if len(head) < 2 or depth > (len(data) - position * size) // 4:
            raise DecodeError(
                "text_corrupt",
                f"the stacks of the CPU profile stop making sense at byte {(position - 2) * size:,}",
                cure="The file was cut or overwritten; collect it again.",
            )
        stack = words[position : position + depth]
        stack += [0] * (depth - len(stack))
        position += depth
        count = wrap(head[0])
        if count == 0 and stack == [0]:
            break
        locations = map(builder.address, stack) if layout.java else builder.call_stack(stack, leaf_is_call=False)
        builder.add(list(locations), (count, wrap(count * period)))
    return data[position * size :]


def _drop_signal_frames(stacks: list[list[int]]) -> None:
    """Drop the caller of the leaf where nearly all stacks share it: the signal handler's frame, up to two of them."""
    needed = len(stacks) - len(stacks) // _SAMPLES_PER_EXCEPTION
    for _ in range(_SIGNAL_FRAMES):
        callers = Counter(stack[1] for stack in stacks if len(stack) > 1)
        for caller, count in callers.most_common(1):
            if count >= needed:
                for stack in stacks:
                    if len(stack) > 1 and stack[1] == caller:
                        del stack[1]
