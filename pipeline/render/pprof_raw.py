"""Text of pprof's raw report: every table of a profile.

Rules: character for character what `go tool pprof -raw` prints; ids are positions in the tables from 1 on, whatever
they were in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from pipeline.model.profile import Labels, Mapping, Profile, SampleType

_LABELS = " " * 16


def render_raw(profile: Profile, zone: tzinfo = UTC) -> str:
    """Print a profile; times are shown in ``zone``."""
    kinds = " ".join(
        f"{kind}[dflt]" if kind.type == profile.default_sample_type else str(kind) for kind in profile.sample_types
    )
    lines = [*_header(profile, zone), "Samples:", kinds.strip(), *_samples(profile)]
    lines += ["Locations", *_locations(profile), "Mappings"]
    lines += [_mapping(number, mapping) for number, mapping in enumerate(profile.mappings, 1)]
    return "\n".join(lines) + "\n"


def _header(profile: Profile, zone: tzinfo) -> list[str]:
    lines = [f"Comment: {comment}" for comment in profile.comments]
    lines += [f"Doc: {profile.doc_url}"] if profile.doc_url else []
    period = profile.period_type or SampleType("", "")
    lines += [f"PeriodType: {period.type} {period.unit}", f"Period: {profile.period}"]
    if profile.time_nanos:
        lines.append(f"Time: {go_time(profile.time_nanos, zone)}")
    if profile.duration_nanos:
        # Go's "%.4v" cuts the text of a duration to four characters.
        lines.append(f"Duration: {go_duration(profile.duration_nanos)[:4]}")
    return lines


def go_time(nanos: int, zone: tzinfo) -> str:
    """Print a moment as Go's ``time.Time`` does."""
    seconds, rest = divmod(nanos, 10**9)
    moment = datetime.fromtimestamp(seconds, zone)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%z %Z}"


def go_duration(nanos: int) -> str:
    """Print a duration as Go's ``time.Duration`` does: ``1m30.5s``, ``1.5ms``."""
    sign, size = ("-", -nanos) if nanos < 0 else ("", nanos)
    if not size:
        return "0s"
    for unit, factor in (("ns", 1), ("µs", 1000), ("ms", 10**6)):
        if size < factor * 1000:
            return f"{sign}{_decimal(size, factor)}{unit}"
    minutes, rest = divmod(size, 60 * 10**9)
    text = f"{_decimal(rest, 10**9)}s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{f'{hours}h' if hours else ''}{minutes}m{text}"
    return sign + text


def _decimal(value: int, factor: int) -> str:
    whole, rest = divmod(value, factor)
    digits = len(str(factor)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)


def _samples(profile: Profile) -> Iterator[str]:
    samples = profile.samples
    labels = _label_lines(profile.labels)
    offsets, stack = samples.stack_offset.tolist(), samples.stack.tolist()
    for row, values in enumerate(samples.values.tolist()):
        places = "".join(f"{place + 1} " for place in stack[offsets[row] : offsets[row + 1]])
        yield "".join(f" {value:10d}" for value in values) + ": " + places
        yield from labels.get(row, ())


def _label_lines(labels: Labels) -> dict[int, list[str]]:
    """Print the labels of each sample: a line for texts, a line for numbers."""
    texts: dict[int, dict[str, list[str]]] = {}
    numbers: dict[int, dict[str, list[tuple[int, str]]]] = {}
    columns = (labels.key, labels.is_number.tolist(), labels.text, labels.number.tolist(), labels.unit)
    for sample, key, is_number, text, number, unit in zip(labels.sample.tolist(), *columns, strict=True):
        if is_number:
            numbers.setdefault(sample, {}).setdefault(key, []).append((number, unit))
        else:
            texts.setdefault(sample, {}).setdefault(key, []).append(text)
    lines: dict[int, list[str]] = {}
    for sample, own in texts.items():
        shown = sorted(f"{key}:[{' '.join(values)}]" for key, values in own.items())
        lines.setdefault(sample, []).append(_LABELS + " ".join(shown))
    for sample, counted in numbers.items():
        shown = sorted(f"{key}:[{_numbers(values)}]" for key, values in counted.items())
        lines.setdefault(sample, []).append(_LABELS + " ".join(shown))
    return lines


def _numbers(values: list[tuple[int, str]]) -> str:
    has_units = any(unit for _, unit in values)
    return " ".join(f"{number} {unit}" if has_units else str(number) for number, unit in values)


def _locations(profile: Profile) -> Iterator[str]:
    locations, functions = profile.locations, profile.functions
    offsets = locations.line_offset.tolist()
    columns = (locations.line_function.tolist(), locations.line_number.tolist(), locations.line_column.tolist())
    starts = functions.start_line.tolist()
    lines = []
    for function, number, column in zip(*columns, strict=True):
        name, system = functions.name[function], functions.system_name[function]
        tail = f"({system})" if name != system else ""
        lines.append(f"{name} {functions.filename[function]}:{number}:{column} s={starts[function]}{tail}")
    places = zip(locations.address.tolist(), locations.mapping.tolist(), locations.is_folded.tolist(), strict=True)
    for row, (address, mapping, folded) in enumerate(places):
        head = f"{row + 1:6d}: {address:#x} "
        head += f"M={mapping + 1} " if mapping >= 0 else ""
        head += "[F] " if folded else ""
        own = lines[offsets[row] : offsets[row + 1]] or [""]
        yield head + own[0]
        for line in own[1:]:
            yield " " * 13 + line


def _mapping(number: int, mapping: Mapping) -> str:
    marks = (
        ("[FN]", mapping.has_functions),
        ("[FL]", mapping.has_filenames),
        ("[LN]", mapping.has_line_numbers),
        ("[IN]", mapping.has_inline_frames),
    )
    bits = "".join(mark for mark, is_set in marks if is_set)
    return (
        f"{number}: {mapping.start:#x}/{mapping.limit:#x}/{mapping.offset:#x} {mapping.file} {mapping.build_id} {bits}"
    )
