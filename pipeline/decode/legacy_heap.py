"""Text heap profiles: Go's heap?debug=1, gperftools' heapz and growthz.

Rules: a line is ``inuse count: inuse bytes [alloc count: alloc bytes] @ addresses``. Values are sampled; the header
says at which rate, and they are scaled up to what was allocated. The block size becomes the number label ``bytes``.
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
    incomplete,
    is_blank_or_comment,
    is_map_sentinel,
    parse_addresses,
    parse_integer,
    unsample,
)
from pipeline.decode.sniff import GROWTH_HEADER, HEAP_HEADER
from pipeline.decode.table_builder import TableBuilder
from pipeline.model.profile import Profile, SampleType

_SAMPLE = re.compile(r"(?<!\d)(-?\d+): *(-?\d+) *\[ *(\d+): *(\d+) *] @([ x0-9a-f]*)", re.ASCII)
_INUSE = (SampleType("objects", "count"), SampleType("space", "bytes"))
_ALLOC_AND_INUSE = (
    SampleType("alloc_objects", "count"),
    SampleType("alloc_space", "bytes"),
    SampleType("inuse_objects", "count"),
    SampleType("inuse_space", "bytes"),
)


@dataclass(frozen=True, slots=True)
class _Header:
    period: int
    has_alloc: bool
    poisson: bool
    objects: int


def decode_heap_text(data: bytes, *, symbolize: bool = False) -> Profile:
    """Decode a heap, growth or fragmentation profile in text form. Raises DecodeError ``text_corrupt``."""
    lines = Lines(data)
    lines.advance()
    header = _read_header(lines)
    builder = TableBuilder()
    symbols = SymbolLines(builder)
    found = 0
    while lines.advance():
        line = lines.text.strip(SPACE)
        if is_blank_or_comment(line):
            symbols.read(line)
        elif is_map_sentinel(line):
            break
        else:
            sample, objects = _read_sample(lines, line, header, builder)
            symbols.sample(sample)
            found += objects
    skip_to_maps(lines)
    findings = symbols.apply() if symbolize else ()
    findings += incomplete(header.objects, found, "objects in use")
    builder.map_addresses(parse_maps(lines))
    types = _ALLOC_AND_INUSE if header.has_alloc else _INUSE
    drop, keep = profiler_frames(types)
    return builder.build(
        "heap text",
        types,
        period_type=SampleType("space", "bytes"),
        period=header.period,
        drop_frames=drop,
        keep_frames=keep,
        findings=findings,
    )


def _read_header(lines: Lines) -> _Header:
    """Read what the first line says of sampling; Go writes twice its rate behind ``heap/``."""
    match = HEAP_HEADER.search(lines.text)
    if match is None:
        if growth := GROWTH_HEADER.search(lines.text):
            return _Header(1, has_alloc=False, poisson=False, objects=_objects(growth))
        raise lines.corrupt("the header of a heap profile")
    inuse_count, inuse_bytes, alloc_count, alloc_bytes, kind, rate = match.groups()
    has_alloc = alloc_count not in {inuse_count, "0"} or alloc_bytes not in {inuse_bytes, "0"}
    try:
        period = parse_integer(rate) if rate else 0
    except ValueError as error:
        raise lines.corrupt("a heap header with a sampling rate") from error
    match kind:
        case "heapz_v2" | "heap_v2":
            return _Header(period, has_alloc, poisson=True, objects=_objects(match))
        case "heapprofile":
            return _Header(1, has_alloc, poisson=False, objects=_objects(match))
        case "heap":
            return _Header(period // 2, has_alloc, poisson=True, objects=_objects(match))
    raise lines.corrupt("a heap header of a known kind")


def _objects(header: re.Match[str]) -> int:
    """Read how many objects are in use; what was ever allocated some versions of Go give from elsewhere."""
    return int(header[1][:20])


def _read_sample(lines: Lines, line: str, header: _Header, builder: TableBuilder) -> tuple[int, int]:
    """Add a sample; give its number and how many objects were seen in use, before they are scaled up."""
    match = _SAMPLE.search(line)
    if match is None:
        raise lines.corrupt("a heap sample")
    try:
        inuse_count, inuse_bytes, alloc_count, alloc_bytes = (parse_integer(text) for text in match.groups()[:4])
        stack = builder.call_stack(parse_addresses(match[5]))
    except ValueError as error:
        raise lines.corrupt("a heap sample with numbers of 64 bits") from error
    pairs = [(inuse_count, inuse_bytes)]
    if header.has_alloc:
        pairs.insert(0, (alloc_count, alloc_bytes))
    values: list[int] = []
    block = 0
    for count, size in pairs:
        if count == 0 and size != 0:
            raise lines.corrupt("a heap sample whose bytes belong to objects")
        if count:
            block = _block_size(count, size)
        values += unsample(count, size, header.period) if header.poisson and count else (count, size)
    sample = builder.add(stack, values)
    builder.label_number(sample, "bytes", block)
    return sample, inuse_count


def _block_size(count: int, size: int) -> int:
    """Divide as Go does, towards zero."""
    block = abs(size) // abs(count)
    return block if (count < 0) == (size < 0) else -block
