"""Goroutine dumps: goroutine?debug=2, a crash or SIGQUIT output, `debug.Stack()` -> a goroutine profile.

Rules: pprof refuses these; they know more than its profiles do: the state of each goroutine, how long it has waited and
who started it. Goroutines that agree in all of that and in their stack are one sample, counted. Arguments are dropped
(they are addresses). Lines that belong to no frame are skipped and said to be.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from pipeline.decode.clean import clean_text, excerpt
from pipeline.decode.legacy_text import Lines
from pipeline.decode.sniff import GOROUTINE_DUMP, GOROUTINE_HEADER
from pipeline.decode.table_builder import TableBuilder
from pipeline.model.finding import Finding
from pipeline.model.profile import Profile, SampleType

_TYPE = SampleType("goroutine", "count")
_MINUTES = re.compile(r"(\d{1,15}) minutes", re.ASCII)
_FILE_LINE = re.compile(r"\s+(\S.*?):(\d{1,10})(?: [+][-+]?0x[0-9a-f]+)?(?: (?:fp|sp|pc)=.*)?\s*", re.ASCII)
_CREATED_BY = re.compile(r"created by (.+?)(?: in goroutine \d+)?", re.ASCII)
_ELIDED = re.compile(r"\.\.\.(?:additional|\d+) frames elided\.\.\.", re.ASCII)
_ANCESTOR = re.compile(r"\[originating from goroutine \d+\]:", re.ASCII)
_UNAVAILABLE = "goroutine running on other thread; stack unavailable"
_LINE_LIMIT = 1 << 14

Frame = tuple[str, str, int]


@dataclass(slots=True)
class _Goroutine:
    state: str
    minutes: int | None = None
    locked: bool = False
    frames: list[Frame] = field(default_factory=list)
    created_by: str = ""
    created_at: str = ""

    def key(self) -> tuple[object, ...]:
        """What goroutines of one sample have in common."""
        return (self.state, self.minutes, self.locked, tuple(self.frames), self.created_by, self.created_at)


@dataclass(slots=True)
class _Dump:
    goroutines: list[_Goroutine] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def decode_goroutine_dump(data: bytes) -> Profile:
    """Decode a goroutine dump into samples of type goroutine/count.

    Labels: ``state`` (text), ``wait_minutes`` (number, unit minutes), ``locked`` (text ``to thread``), ``created_by``
    (function) and ``created_at`` (file:line), each only where the dump says it.
    """
    dump = _read(Lines(data))
    counts = Counter(goroutine.key() for goroutine in dump.goroutines)
    first = {goroutine.key(): goroutine for goroutine in reversed(dump.goroutines)}
    builder = TableBuilder()
    for key, count in counts.items():
        goroutine = first[key]
        sample = builder.add([builder.frame(*frame) for frame in goroutine.frames], (count,))
        _label(builder, sample, goroutine)
    return builder.build(GOROUTINE_DUMP, (_TYPE,), period_type=_TYPE, period=1, findings=_lines_skipped(dump.skipped))


def _label(builder: TableBuilder, sample: int, goroutine: _Goroutine) -> None:
    builder.label_text(sample, "state", goroutine.state)
    if goroutine.minutes is not None:
        builder.label_number(sample, "wait_minutes", goroutine.minutes, "minutes")
    if goroutine.locked:
        builder.label_text(sample, "locked", "to thread")
    if goroutine.created_by:
        builder.label_text(sample, "created_by", goroutine.created_by)
    if goroutine.created_at:
        builder.label_text(sample, "created_at", goroutine.created_at)


def _read(lines: Lines) -> _Dump:
    """Read block by block: a heading, frames of two lines each, a blank line; text around blocks is not ours."""
    dump = _Dump()
    while lines.advance():
        while header := GOROUTINE_HEADER.fullmatch(lines.text[:_LINE_LIMIT]):
            goroutine = _heading(header[2])
            dump.goroutines.append(goroutine)
            _read_frames(lines, goroutine, dump.skipped)
    return dump


def _heading(status: str) -> _Goroutine:
    """Take ``select, 5 minutes, locked to thread`` apart."""
    state, *rest = status.split(", ")
    goroutine = _Goroutine(state)
    for part in rest:
        if match := _MINUTES.fullmatch(part):
            goroutine.minutes = int(match[1])
        elif part == "locked to thread":
            goroutine.locked = True
    return goroutine


def _read_frames(lines: Lines, goroutine: _Goroutine, skipped: list[str]) -> None:
    """Read the stack; leave the cursor on the blank line or heading after it."""
    open_call = ""
    in_ancestor = False
    while lines.advance():
        line = lines.text[:_LINE_LIMIT]
        if not line.strip() or GOROUTINE_HEADER.fullmatch(line):
            break
        in_ancestor = in_ancestor or bool(_ANCESTOR.fullmatch(line))
        if in_ancestor or line.strip() == _UNAVAILABLE:
            continue
        if place := _FILE_LINE.fullmatch(line):
            _place(goroutine, open_call, place[1], int(place[2]), skipped)
            open_call = ""
            continue
        call = _call(line)
        if not call:
            skipped.append(line)
        elif _ELIDED.fullmatch(call):
            goroutine.frames.append((call, "", 0))
        else:
            _flush(goroutine, open_call)
            open_call = call
    _flush(goroutine, open_call)


def _call(line: str) -> str:
    """Recognise the first line of a frame: a name without its arguments, a creation line as it is; else nothing."""
    line = line.rstrip()
    if line.startswith("created by ") or _ELIDED.fullmatch(line):
        return line
    name, bracket, _ = line.rpartition("(")
    if line[:1].isspace() or not line.endswith(")") or not bracket or not name or " " in name.partition("[")[0]:
        return ""
    return name


def _place(goroutine: _Goroutine, call: str, file: str, line: int, skipped: list[str]) -> None:
    """Give the open call its file and line."""
    if created := _CREATED_BY.fullmatch(call):
        goroutine.created_by, goroutine.created_at = created[1], f"{file}:{line}"
    elif call:
        goroutine.frames.append((call, file, line))
    else:
        skipped.append(f"{file}:{line}")


def _flush(goroutine: _Goroutine, call: str) -> None:
    """Keep a call whose place was cut off or lost between log lines."""
    if created := _CREATED_BY.fullmatch(call):
        goroutine.created_by = created[1]
    elif call:
        goroutine.frames.append((call, "", 0))


def _lines_skipped(skipped: list[str]) -> tuple[Finding, ...]:
    if not skipped:
        return ()
    return (
        Finding(
            "lines_skipped",
            "warning",
            f"{len(skipped)} lines of the goroutine dump are no frames and were skipped",
            evidence=excerpt(clean_text(skipped[0].strip())),
            cure="The dump was cut, or log lines were written into it; take it from /debug/pprof/goroutine?debug=2.",
        ),
    )
