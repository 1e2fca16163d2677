"""Text thread profiles of gperftools (threadz): one stack per thread.

Rules: every thread is one sample; "same as previous thread" counts the previous stack once more. The leaf is where the
thread stands, the others are return addresses.
"""

from __future__ import annotations

from pipeline.decode.legacy_frames import profiler_frames
from pipeline.decode.legacy_maps import parse_maps, skip_to_maps
from pipeline.decode.legacy_text import SPACE, Lines, is_map_sentinel, parse_addresses
from pipeline.decode.sniff import THREAD_HEADER, THREADZ_HEADER
from pipeline.decode.table_builder import TableBuilder
from pipeline.model.profile import Profile, SampleType

_HEADING_LIMIT = 4096
_TYPES = (SampleType("thread", "count"),)


def decode_threadz(data: bytes) -> Profile:
    """Decode a threadz profile. Raises DecodeError ``text_corrupt``."""
    lines = Lines(data)
    lines.advance_to_content()
    if THREADZ_HEADER.search(lines.text):
        while lines.advance() and not is_map_sentinel(lines.text) and not lines.text.startswith("-"):
            pass
    builder = TableBuilder()
    while not is_map_sentinel(lines.text) and not lines.text.startswith("---- no stack trace for"):
        if not THREAD_HEADER.search(lines.text[:_HEADING_LIMIT]):
            raise lines.corrupt("the heading of a thread")
        _read_thread(lines, builder)
    skip_to_maps(lines)
    builder.map_addresses(parse_maps(lines))
    builder.drop_repeated_leaf()
    drop, keep = profiler_frames(_TYPES)
    return builder.build("threadz text", _TYPES, period_type=_TYPES[0], period=1, drop_frames=drop, keep_frames=keep)


def _read_thread(lines: Lines, builder: TableBuilder) -> None:
    """Read one thread; leave the cursor on the heading after it."""
    addresses: list[int] = []
    same = False
    while lines.advance():
        line = lines.text.strip(SPACE)
        if line.startswith("---"):
            break
        if "same as previous thread" in line:
            same = True
            continue
        try:
            addresses += parse_addresses(line)
        except ValueError as error:
            raise lines.corrupt("a frame with an address of 64 bits") from error
    if addresses and not same:
        builder.add(builder.call_stack(addresses, leaf_is_call=False), (1,))
    elif builder.values:
        builder.values[-1][0] += 1
