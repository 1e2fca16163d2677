"""Go's count profiles in text form: goroutine?debug=1, threadcreate?debug=1 and their like.

Rules: the header ``NAME profile: total N`` names the sample type; a line is ``count @ addresses``. Comment lines carry
the symbols and labels, which pprof ignores and we read on request.
"""

from __future__ import annotations

import re

from pipeline.decode.clean import clean_text
from pipeline.decode.go_symbols import SymbolLines
from pipeline.decode.legacy_frames import profiler_frames
from pipeline.decode.legacy_maps import parse_maps, skip_to_maps
from pipeline.decode.legacy_text import Lines, incomplete, is_blank_or_comment, parse_addresses, parse_integer
from pipeline.decode.sniff import COUNT_HEADER
from pipeline.decode.table_builder import TableBuilder
from pipeline.model.profile import Profile, SampleType

_SAMPLE = re.compile(r"(\d+) @((?: 0x[0-9a-f]+)+)", re.ASCII)


def decode_go_count(data: bytes, *, symbolize: bool = False) -> Profile:
    """Decode a count profile in text form. Raises DecodeError ``text_corrupt``."""
    lines = Lines(data)
    lines.advance_to_content()
    header = COUNT_HEADER.fullmatch(lines.text)
    if header is None:
        raise lines.corrupt("the header of a count profile")
    builder = TableBuilder()
    symbols = SymbolLines(builder)
    while lines.advance():
        if is_blank_or_comment(lines.text):
            symbols.read(lines.text)
        elif lines.text.startswith("---"):
            break
        else:
            symbols.sample(_read_sample(lines, builder))
    skip_to_maps(lines)
    findings = symbols.apply() if symbolize else ()
    found = sum(values[0] for values in builder.values)
    findings += incomplete(int(header[2][:20]), found, f"entries of the {clean_text(header[1])} profile")
    builder.map_addresses(parse_maps(lines))
    types = (SampleType(header[1], "count"),)
    drop, keep = profiler_frames(types)
    return builder.build(
        "go count text", types, period_type=types[0], period=1, drop_frames=drop, keep_frames=keep, findings=findings
    )


def _read_sample(lines: Lines, builder: TableBuilder) -> int:
    match = _SAMPLE.fullmatch(lines.text)
    if match is None:
        raise lines.corrupt("a count and its stack")
    try:
        count = parse_integer(match[1], 0)
        stack = builder.call_stack(parse_addresses(match[2]))
    except ValueError as error:
        raise lines.corrupt("a count and a stack of 64 bits") from error
    return builder.add(stack, (count,))
