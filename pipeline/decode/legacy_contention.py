"""Text contention profiles: Go's mutex?debug=1 and block?debug=1, gperftools' contentionz.

Rules: attributes first (``cycles/second``, ``sampling period``), then lines ``cycles count @ addresses``. Waits are
measured in cycles of one in so many events; they are scaled to nanoseconds and to all events.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.decode.go_symbols import SymbolLines
from pipeline.decode.legacy_frames import profiler_frames
from pipeline.decode.legacy_maps import parse_maps, skip_to_maps
from pipeline.decode.legacy_text import (
    SPACE,
    Lines,
    is_blank_or_comment,
    parse_addresses,
    parse_integer,
    truncate,
    wrap,
)
from pipeline.decode.table_builder import TableBuilder
from pipeline.model.finding import Finding
from pipeline.model.profile import Profile, SampleType

_SAMPLE = re.compile(r"(?<!\d)(\d{1,20}) *(\d{1,20}) @([ x0-9a-f]*)", re.ASCII)
_GO_MUTEX = "--- mutex:"
_TYPES = (SampleType("contentions", "count"), SampleType("delay", "nanoseconds"))


@dataclass(slots=True)
class _Header:
    cycles_per_second: int = 0
    period: int = 1
    duration_nanos: int = 0


def decode_contention(data: bytes, *, symbolize: bool = False) -> Profile:
    """Decode a mutex, block or contentionz profile in text form. Raises DecodeError ``text_corrupt``."""
    lines = Lines(data)
    lines.advance()
    is_go_mutex = lines.text.startswith(_GO_MUTEX)
    header = _read_header(lines)
    builder = TableBuilder()
    symbols = SymbolLines(builder)
    while not (line := lines.text.strip(SPACE)).startswith("---"):
        if is_blank_or_comment(line):
            symbols.read(line)
        else:
            symbols.sample(_read_sample(lines, line, header, builder))
        if not lines.advance():
            break
    skip_to_maps(lines)
    findings = symbols.apply() if symbolize else ()
    builder.map_addresses(parse_maps(lines))
    drop, keep = profiler_frames(_TYPES)
    return builder.build(
        "contention text",
        _TYPES,
        period_type=_TYPES[0],
        period=header.period,
        duration_nanos=header.duration_nanos,
        drop_frames=drop,
        keep_frames=keep,
        findings=findings + _maybe_scaled_twice(header.period if is_go_mutex else 1),
    )


def _read_header(lines: Lines) -> _Header:
    """Read ``name = value`` lines; leave the cursor on the first line that is none."""
    header = _Header()
    while lines.advance():
        line = lines.text.strip(SPACE)
        if is_blank_or_comment(line):
            continue
        name, equals, value = line.partition("=")
        if line.startswith("---") or not equals:
            break
        _set_attribute(header, lines, name.strip(SPACE), value.strip(SPACE))
    return header


def _set_attribute(header: _Header, lines: Lines, name: str, value: str) -> None:
    unknown = lines.corrupt("an attribute of a contention profile")
    try:
        match name:
            case "cycles/second":
                header.cycles_per_second = parse_integer(value, 0)
            case "sampling period":
                header.period = parse_integer(value, 0)
            case "ms since reset":
                header.duration_nanos = wrap(parse_integer(value, 0) * 1_000_000)
            case "discarded samples":
                pass
            case _:
                raise unknown
    except ValueError as error:
        raise unknown from error


def _read_sample(lines: Lines, line: str, header: _Header, builder: TableBuilder) -> int:
    match = _SAMPLE.search(line)
    if match is None:
        raise lines.corrupt("a contention sample")
    try:
        delay, count = parse_integer(match[1]), parse_integer(match[2])
        stack = builder.call_stack(parse_addresses(match[3]))
    except ValueError as error:
        raise lines.corrupt("a contention sample with numbers of 64 bits") from error
    if header.period > 0:
        if header.cycles_per_second > 0:
            delay = truncate(float(delay) * float(header.period) / (header.cycles_per_second / 1e9))
        count = wrap(count * header.period)
    return builder.add(stack, (count, delay))


def _maybe_scaled_twice(period: int) -> tuple[Finding, ...]:
    """Doubt Go's mutex text: older versions print sampled values, newer ones print them scaled, none says which."""
    if period <= 1:
        return ()
    message = f"values are scaled by the sampling period {period}; newer Go versions print them scaled already"
    cure = f"Collect without debug=1: from a newer Go these values are {period} times too high."
    return (Finding("scaled_twice", "warning", message, cure=cure),)
