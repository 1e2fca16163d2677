"""Text profiles of the Java agent: heap and contention, and the symbol list all its profiles end with.

Rules: samples name locations by number; the list behind them says ``0x1f Class.method (File.java:12)``. Numbers are not
addresses, so no location keeps one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.decode.legacy_frames import profiler_frames
from pipeline.decode.legacy_text import SPACE, Lines, parse_addresses, parse_integer, unsample, wrap
from pipeline.decode.table_builder import TableBuilder
from pipeline.model.profile import Profile, SampleType

_ATTRIBUTE = re.compile(r"(?<![\w ])([\w ]+)=([\w ]+)", re.ASCII)
_SAMPLE = re.compile(r"(?<!\d)(\d+) +(\d+) +@ +([ x0-9a-f]*)", re.ASCII)
_LOCATION = re.compile(r"0x([0-9A-Fa-f]+)\s+(\S.*)", re.ASCII)
_LINE_NUMBER = re.compile(r"-?[0-9]+", re.ASCII)
_LINE_DIGITS = 18
_HEAP_RATE = 524288


@dataclass(slots=True)
class _Header:
    unit: str = ""
    period: int = 0
    has_period: bool = False
    duration_nanos: int = 0


def decode_java_heap(data: bytes) -> Profile:
    """Decode a ``--- heapz 1 ---`` profile of the Java agent."""
    return _decode(data, "heap", ("inuse_objects", "inuse_space"))


def decode_java_contention(data: bytes) -> Profile:
    """Decode a ``--- contentionz 1 ---`` profile of the Java agent."""
    return _decode(data, "contention", ("contentions", "delay"))


def read_locations(data: bytes, builder: TableBuilder) -> None:
    """Name the locations from the symbol list, then number them as pprof does and forget their addresses."""
    lines = Lines(data)
    functions: dict[str, int] = {}
    while lines.advance():
        match = _LOCATION.match(lines.text.strip(SPACE))
        if not match:
            continue
        number = parse_hex(match[1], lines)
        location = builder.known_address(number)
        if location is None:
            continue
        name, file, line = _symbol(match[2])
        function = functions.get(name)
        if function is None:
            function = functions[name] = builder.function(name, file)
        builder.locations[location].lines[:] = [(function, line)]
        builder.locations[location].address = 0
    builder.map_addresses(())
    for entry in builder.locations:
        entry.address = 0


def parse_hex(digits: str, lines: Lines) -> int:
    """Read a 64-bit number without prefix."""
    try:
        return parse_addresses("0x" + digits.lower())[0]
    except ValueError as error:
        raise lines.corrupt("a location number of 64 bits") from error


def _decode(data: bytes, kind: str, names: tuple[str, str]) -> Profile:
    builder = TableBuilder()
    lines = Lines(data)
    lines.advance()
    header = _read_header(lines, kind)
    if not header.unit:
        raise lines.corrupt("preceded by a resolution")
    types = (SampleType(names[0], "count"), SampleType(names[1], header.unit))
    _read_samples(lines, kind, header, builder)
    read_locations(lines.rest(), builder)
    drop, keep = profiler_frames(types)
    return builder.build(
        f"java {kind} text",
        types,
        period_type=SampleType("contentions", "count") if header.has_period else None,
        period=header.period,
        duration_nanos=header.duration_nanos,
        drop_frames=drop,
        keep_frames=keep,
    )


def _read_header(lines: Lines, kind: str) -> _Header:
    """Read ``name = value`` lines; leave the cursor on the first line that is none."""
    header = _Header()
    while lines.advance():
        line = lines.text.strip(SPACE)
        if not line:
            continue
        match = _ATTRIBUTE.search(line)
        if not match or lines.unfinished:
            break
        _set_attribute(header, lines, kind, match[1].strip(SPACE), match[2].strip(SPACE))
    return header


def _set_attribute(header: _Header, lines: Lines, kind: str, name: str, value: str) -> None:
    unknown = lines.corrupt("an attribute of a Java profile")
    try:
        match name, kind:
            case "format", _ if value == "java":
                pass
            case "resolution", _:
                header.unit = value
            case "sampling period", "contention":
                header.period, header.has_period = parse_integer(value, 0), True
            case "ms since reset", "contention":
                header.duration_nanos = wrap(parse_integer(value, 0) * 1_000_000)
            case _:
                raise unknown
    except ValueError as error:
        raise unknown from error


def _read_samples(lines: Lines, kind: str, header: _Header, builder: TableBuilder) -> None:
    """Read sample lines from the current one on; leave the cursor on the first line that is none."""
    while True:
        line = lines.text.strip(SPACE)
        if line:
            match = _SAMPLE.search(line)
            if not match or lines.unfinished:
                return
            _read_sample(lines, match, kind, header, builder)
        if not lines.advance():
            return


def _read_sample(lines: Lines, match: re.Match[str], kind: str, header: _Header, builder: TableBuilder) -> None:
    try:
        # The Java agent writes the size first and the count second, unlike everyone else.
        size, count = parse_integer(match[1], 0), parse_integer(match[2], 0)
        stack = [builder.address(number) for number in parse_addresses(match[3])]
    except ValueError as error:
        raise lines.corrupt("a Java sample with numbers of 64 bits") from error
    if kind == "heap":
        if count == 0:
            raise lines.corrupt("a Java heap sample with a count")
        sample = builder.add(stack, unsample(count, size, _HEAP_RATE))
        builder.label_number(sample, "bytes", size // count)
        return
    period = header.period or 1
    builder.add(stack, (wrap(count * period), wrap(size * period)))


def _symbol(text: str) -> tuple[str, str, int]:
    """Split ``Class.method (File.java:12)``, ``function (/lib/libc.so)`` or a bare state name."""
    opening = _last_opening(text)
    if text.endswith(")") and opening > 0:
        name, inside = text[:opening], text[opening + 2 : -1]
        file, _, number = inside.rpartition(":")
        if file and _LINE_NUMBER.fullmatch(number):
            return name, file, max(int(number), 0) if len(number) <= _LINE_DIGITS else 0
        return name, inside.rstrip("/").rpartition("/")[2] or "/", 0
    if "generated stub/JIT" in text:
        return "STUB", "", 0
    return text, "", 0


def _last_opening(text: str) -> int:
    """Find the last bracket that follows white space."""
    end = len(text)
    while (found := text.rfind("(", 0, end)) > 0:
        if text[found - 1].isspace():
            return found - 1
        end = found
    return -1
