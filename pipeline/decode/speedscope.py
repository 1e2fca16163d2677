"""speedscope's JSON: sampled and evented profiles over one table of frames.

Rules: times become nanoseconds, bytes and plain counts stay; what is not a whole number then is refused, as are events
that do not nest, frames outside the table and stacks without a weight. All profiles of a file (threads, mostly) become
one, each sample labelled ``profile`` when there are several; time while no frame is open is no sample. Files that we
wrote hold one profile for each sample type, and are put together again. Faults are `bad_json` with a JSON pointer.

Format: speedscope's src/lib/file-format-spec.ts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.decode.clean import clean_text
from pipeline.decode.table_builder import TableBuilder
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile, SampleType

MARK: Final = b"www.speedscope.app/file-format-schema.json"
_OURS: Final = "profbook"
_COUNT: Final = SampleType("samples", "count")
_TIME: Final = SampleType("time", "nanoseconds")
_UNITS: Final = {
    "none": (_COUNT, 1),
    "bytes": (SampleType("space", "bytes"), 1),
    "nanoseconds": (_TIME, 1),
    "microseconds": (_TIME, 10**3),
    "milliseconds": (_TIME, 10**6),
    "seconds": (_TIME, 10**9),
}
_LARGEST: Final = 2**63
_FREE_ENTRIES: Final = 1 << 21
_DEEP: Final = 128
"""Frames that the stacks of a file of events may have together: these, and so many for each event."""

Stack = tuple[int, ...]
"""Frames, root first."""
Sample = tuple[Stack, int]


@dataclass(frozen=True, slots=True)
class _Source:
    """One profile of the file: its sample type, its name, its samples."""

    kind: SampleType
    name: str
    samples: tuple[Sample, ...]


def decode_speedscope(data: bytes) -> Profile:
    """Decode a speedscope file. Raises DecodeError `bad_json`, and `too_large` where stacks grow without end."""
    tree = _parse(data)
    frames = _list(_member(tree, "shared", dict, ""), "frames", "/shared")
    profiles = _list(tree, "profiles", "")
    if not profiles:
        raise _bad("/profiles", "the file holds no profile")
    builder = TableBuilder()
    locations = [_frame(builder, frame, f"/shared/frames/{place}") for place, frame in enumerate(frames)]
    is_ours = str(tree.get("exporter", "")).startswith(_OURS)
    sources = [
        _source(profile, len(frames), f"/profiles/{place}", is_ours=is_ours) for place, profile in enumerate(profiles)
    ]
    kinds = tuple(dict.fromkeys(source.kind for source in sources))
    rows = _columns(sources) if is_ours and len(kinds) == len(sources) else _threads(sources, kinds)
    for stack, values, name in rows:
        sample = builder.add([locations[frame] for frame in reversed(stack)], values)
        if name:
            builder.label_text(sample, "profile", name)
    builder.order_locations()
    profile = builder.build("speedscope", kinds, period_type=None, period=0)
    return replace(profile, default_sample_type=_default(tree, sources))


def _default(tree: dict[str, Any], sources: Sequence[_Source]) -> str:
    """Name the sample type of the profile the file opens with."""
    active = tree.get("activeProfileIndex")
    is_place = isinstance(active, int) and not isinstance(active, bool) and 0 <= active < len(sources)
    return clean_text(sources[active].kind.type) if is_place and active is not None else ""


def _columns(sources: Sequence[_Source]) -> Iterator[tuple[Stack, list[int], str]]:
    """Put the values of each stack side by side: the profiles are the sample types of one."""
    values: dict[Stack, list[int]] = {}
    for place, source in enumerate(sources):
        for stack, weight in source.samples:
            values.setdefault(stack, [0] * len(sources))[place] += weight
    yield from ((stack, row, "") for stack, row in values.items())


def _threads(sources: Sequence[_Source], kinds: Sequence[SampleType]) -> Iterator[tuple[Stack, list[int], str]]:
    for source in sources:
        column = kinds.index(source.kind)
        for stack, weight in source.samples:
            row = [0] * len(kinds)
            row[column] = weight
            yield stack, row, source.name if len(sources) > 1 else ""


# --- the parts of the file --------------------------------------------------------------------------------------------


def _frame(builder: TableBuilder, frame: Any, pointer: str) -> int:
    name = _member(frame, "name", str, pointer)
    file, line = frame.get("file") or "", frame.get("line") or 0
    if not isinstance(file, str) or not isinstance(line, int) or not 0 <= line < _LARGEST:
        raise _bad(pointer, "file must be a text and line a whole number")
    return builder.frame(_text(name, pointer), _text(file, pointer), int(line))


def _source(profile: Any, frames: int, pointer: str, *, is_ours: bool) -> _Source:
    unit = _member(profile, "unit", str, pointer)
    if unit not in _UNITS:
        raise _bad(f"{pointer}/unit", f"must be one of {', '.join(_UNITS)}")
    kind, factor = _UNITS[unit]
    name = _text(profile.get("name", ""), f"{pointer}/name") if isinstance(profile.get("name", ""), str) else ""
    if is_ours and "/" in name:
        own_type, _, own_unit = name.rpartition("/")
        kind, factor = SampleType(own_type, own_unit), 1
    form = _member(profile, "type", str, pointer)
    if form == "sampled":
        samples = tuple(_sampled(profile, frames, factor, pointer))
    elif form == "evented":
        samples = tuple(_evented(profile, frames, factor, pointer))
    else:
        raise _bad(f"{pointer}/type", "must be sampled or evented")
    return _Source(kind, name, samples)


def _sampled(profile: Any, frames: int, factor: int, pointer: str) -> Iterator[Sample]:
    stacks, weights = _list(profile, "samples", pointer), _list(profile, "weights", pointer)
    if len(stacks) != len(weights):
        raise _bad(f"{pointer}/weights", f"has {len(weights)} weights for {len(stacks)} samples")
    for place, (stack, weight) in enumerate(zip(stacks, weights, strict=True)):
        at = f"{pointer}/samples/{place}"
        if not isinstance(stack, list):
            raise _bad(at, "must be a list")
        for frame in stack:
            _index(frame, frames, at)
        yield tuple(stack), _amount(weight, factor, f"{pointer}/weights/{place}")


def _evented(profile: Any, frames: int, factor: int, pointer: str) -> Iterator[Sample]:
    """Turn the time between two events into a sample of the stack that was open."""
    stack: list[int] = []
    last: int | None = None
    entries = 0
    for place, event in enumerate(_list(profile, "events", pointer)):
        at = f"{pointer}/events/{place}"
        now = _amount(_member(event, "at", int | float, at), factor, f"{at}/at")
        if last is not None and now < last:
            raise _bad(f"{at}/at", "is before the event before it")
        if stack and last is not None and now > last:
            entries += len(stack)
            if entries > _FREE_ENTRIES + _DEEP * place:
                raise _too_deep(entries, place)
            yield tuple(stack), now - last
        last = now
        frame = _index(event.get("frame"), frames, at)
        if event.get("type") == "O":
            stack.append(frame)
        elif event.get("type") != "C" or not stack or stack.pop() != frame:
            raise _bad(at, "does not close the frame that was opened last")
    if stack:
        raise _bad(f"{pointer}/events", f"{len(stack)} frames are never closed")


def _too_deep(entries: int, events: int) -> DecodeError:
    return DecodeError(
        "too_large",
        f"speedscope file: {events:,} events make stacks of {entries:,} frames and more",
        cure="Export it as samples (type sampled), or a shorter part of it.",
    )


def _index(value: Any, frames: int, pointer: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < frames:
        raise _bad(pointer, f"names a frame that is not one of the {frames}")
    return value


def _amount(value: Any, factor: int, pointer: str) -> int:
    """Bring a weight or a time to whole base units; finer digits than a nanosecond are rounded."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad(pointer, "must be a number")
    if abs(value) >= _LARGEST // factor:
        raise _bad(pointer, "does not fit 64 bits")
    if factor == 1 and value != int(value):
        raise _bad(pointer, "must be a whole number")
    return value * factor if isinstance(value, int) else round(value * factor)


# --- JSON -------------------------------------------------------------------------------------------------------------


def _parse(data: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse, parse_int=_int)
    except RecursionError as error:
        raise _bad("", "nested too deep") from error
    except ValueError as error:
        raise _bad("", f"not JSON ({error})") from error
    if not isinstance(tree, dict):
        raise _bad("", "must be an object")
    return tree


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def _int(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("a number does not fit 64 bits")
    return int(digits)


def _member(value: Any, key: str, kind: Any, pointer: str) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get(key), kind):
        raise _bad(f"{pointer}/{key}", "is missing or of the wrong type")
    return value[key]


def _list(value: Any, key: str, pointer: str) -> list[Any]:
    found: list[Any] = _member(value, key, list, pointer)
    return found


def _text(text: str, pointer: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _bad(pointer, "a text holds half a surrogate pair")
    return text


def _bad(pointer: str, message: str) -> DecodeError:
    return DecodeError(
        "bad_json",
        f"speedscope file, at {pointer or 'the top'}: {message}",
        cure="Export the profile again; a file cut short or edited by hand cannot be trusted.",
    )
