"""Several profiles as one, and base profiles taken away, as pprof does when it is given more than one source.

Rules: equal mappings (size, offset, build ID or file), functions, locations (address within the mapping) and samples
(stack and labels) become one; values add up; samples that are zero in every type are dropped. A single profile is
not touched. Values are int64 and wrap like Go's.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.analysis.columns import pick_labels
from pipeline.analysis.scaling import scale_alike, scale_values, share_sample_types, total_ratios
from pipeline.errors import UsageError
from pipeline.model.profile import Functions, Int, Labels, Locations, Mapping, Profile, Samples, SampleType

BASE_LABEL = ("pprof::base", "true")
"""Label of the samples of a diff base; totals count only them when there are any."""


def combine(profiles: Sequence[Profile]) -> Profile:
    """Make one profile of several; raises UsageError when they do not measure the same."""
    alike = scale_alike(share_sample_types(profiles))
    return alike[0] if len(alike) == 1 else merge(alike)


def subtract(profile: Profile, base: Profile, *, normalize: bool, diff: bool) -> Profile:
    """Take the base away; ``normalize`` first scales the profile to the base's totals, ``diff`` labels the base."""
    if diff:
        base = label_all(base, *BASE_LABEL)
    if normalize:
        _check_compatible(profile, base)
        profile = scale_values(profile, total_ratios(profile, base))
    return combine((profile, scale_values(base, [-1.0] * len(base.sample_types))))


def label_all(profile: Profile, key: str, text: str) -> Profile:
    """Give every sample one text label, in place of its own of that key."""
    labels, count = profile.labels, len(profile.samples)
    other = np.array([labels.is_number[row] or labels.key[row] != key for row in range(len(labels))], np.bool_)
    kept = pick_labels(labels, np.flatnonzero(other))
    joined = Labels(
        sample=np.concatenate((kept.sample, np.arange(count, dtype=np.int64))),
        key=kept.key + (key,) * count,
        is_number=np.concatenate((kept.is_number, np.zeros(count, np.bool_))),
        text=kept.text + (text,) * count,
        number=np.concatenate((kept.number, np.zeros(count, np.int64))),
        unit=kept.unit + ("",) * count,
    )
    return replace(profile, labels=pick_labels(joined, np.argsort(joined.sample, kind="stable")))


def _check_compatible(first: Profile, other: Profile) -> None:
    none = SampleType("", "")
    if (first.period_type or none) != (other.period_type or none):
        raise UsageError(f"incompatible period types {first.period_type} and {other.period_type}")
    if first.sample_types != other.sample_types:
        mine, theirs = (" ".join(map(str, profile.sample_types)) for profile in (first, other))
        raise UsageError(f"incompatible sample types [{mine}] and [{theirs}]")


def merge(profiles: Sequence[Profile]) -> Profile:
    """Add up profiles of identical sample and period types; raises UsageError when they differ."""
    for other in profiles[1:]:
        _check_compatible(profiles[0], other)
    merger = _Merger(len(profiles[0].sample_types))
    for profile in profiles:
        merger.add(profile)
    merged = merger.finish(_headers(profiles))
    nonzero = (merged.samples.values != 0).any(axis=1)
    return merged if nonzero.all() else merge((merged,))


def _headers(profiles: Sequence[Profile]) -> Profile:
    start = period = 0
    for profile in profiles:
        start = profile.time_nanos if start == 0 or profile.time_nanos < start else start
        period = profile.period if period == 0 or period < profile.period else period
    return replace(
        profiles[0],
        time_nanos=start,
        period=period,
        duration_nanos=sum(profile.duration_nanos for profile in profiles),
        comments=tuple(dict.fromkeys(text for profile in profiles for text in profile.comments)),
        default_sample_type=next((p.default_sample_type for p in profiles if p.default_sample_type), ""),
        doc_url=next((p.doc_url for p in profiles if p.doc_url), ""),
        findings=tuple(dict.fromkeys(finding for profile in profiles for finding in profile.findings)),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A location of the merged profile."""

    address: int
    mapping: int
    folded: bool
    lines: tuple[tuple[int, int, int], ...]


class _Merger:
    """Tables of the profile being built; each maps a key to its position."""

    def __init__(self, types: int) -> None:
        self.types = types
        self.mappings: dict[Hashable, int] = {}
        self.mapping_values: list[Mapping] = []
        self.functions: dict[tuple[str, str, str, int], int] = {}
        self.places: dict[Hashable, int] = {}
        self.place_values: list[_Place] = []
        self.samples: dict[Hashable, int] = {}
        self.stacks: list[tuple[int, ...]] = []
        self.labels: list[tuple[_Label, ...]] = []
        self.values: list[Int] = []

    def add(self, profile: Profile) -> None:
        """Add the samples of a profile and all they refer to."""
        samples = profile.samples
        if profile.mappings and not self.mappings:
            self._mapping(profile.mappings[0])
        places: dict[int, int] = {}
        labels = _label_lists(profile.labels)
        for row in np.flatnonzero((samples.values != 0).any(axis=1)).tolist():
            stack = samples.stack[samples.stack_offset[row] : samples.stack_offset[row + 1]].tolist()
            for location in stack:
                if location not in places:
                    places[location] = self._place(profile, location)
            merged = tuple(places[location] for location in stack)
            own = labels.get(row, ())
            position = self.samples.setdefault((merged, _label_key(own)), len(self.samples))
            if position == len(self.values):
                self.stacks.append(merged)
                self.labels.append(own)
                self.values.append(samples.values[row].copy())
            else:
                self.values[position] += samples.values[row]

    def _mapping(self, mapping: Mapping) -> tuple[int, int]:
        """Find or add a mapping; returns its position and the shift of addresses into it."""
        # Rounded up to pages in uint64: the size of a mapping of everything wraps to 0, as in pprof.
        pages = (mapping.limit - mapping.start + 0xFFF) % 2**64 // 0x1000
        key = (pages, mapping.offset, mapping.build_id or mapping.file)
        position = self.mappings.setdefault(key, len(self.mappings))
        if position == len(self.mapping_values):
            self.mapping_values.append(mapping)
        return position, self.mapping_values[position].start - mapping.start

    def _place(self, profile: Profile, location: int) -> int:
        table = profile.locations
        at, shift, start = int(table.mapping[location]), 0, 0
        if at >= 0:
            at, shift = self._mapping(profile.mappings[at])
            start = self.mapping_values[at].start
        span = range(int(table.line_offset[location]), int(table.line_offset[location + 1]))
        lines = tuple(
            (self._function(profile, line), int(table.line_number[line]), int(table.line_column[line])) for line in span
        )
        address = (int(table.address[location]) + shift) % 2**64
        place = _Place(address, at, bool(table.is_folded[location]), lines)
        # Of the columns, pprof's key only holds that of the last line.
        shown = tuple(line[:2] for line in lines), lines[-1][2] if lines else 0
        position = self.places.setdefault(((address - start) % 2**64, at, place.folded, shown), len(self.places))
        if position == len(self.place_values):
            self.place_values.append(place)
        return position

    def _function(self, profile: Profile, line: int) -> int:
        row, table = int(profile.locations.line_function[line]), profile.functions
        key = (table.name[row], table.system_name[row], table.filename[row], int(table.start_line[row]))
        return self.functions.setdefault(key, len(self.functions))

    def finish(self, header: Profile) -> Profile:
        """Build the profile under the given header."""
        lines = [line for place in self.place_values for line in place.lines]
        function, number, column = (np.array([line[part] for line in lines], np.int64) for part in range(3))
        locations = Locations(
            address=np.array([place.address for place in self.place_values], np.uint64),
            mapping=np.array([place.mapping for place in self.place_values], np.int64),
            is_folded=np.array([place.folded for place in self.place_values], np.bool_),
            line_offset=_offsets(len(place.lines) for place in self.place_values),
            line_function=function,
            line_number=number,
            line_column=column,
        )
        values = np.array(self.values, np.int64).reshape(len(self.values), self.types)
        stack = np.array([entry for stack in self.stacks for entry in stack], np.int64)
        return replace(
            header,
            functions=_functions(self.functions),
            mappings=tuple(self.mapping_values),
            locations=locations,
            samples=Samples(_offsets(map(len, self.stacks)), stack, values),
            labels=_labels(self.labels),
        )


_Label = tuple[str, bool, str, int, str]
"""Key, whether it is a number, text, number, unit."""


def _offsets(lengths: Iterable[int]) -> Int:
    return np.cumsum([0, *lengths], dtype=np.int64)


def _functions(keys: Iterable[tuple[str, str, str, int]]) -> Functions:
    rows = list(keys)
    name, system, file = (tuple(str(row[part]) for row in rows) for part in range(3))
    return Functions(name, system, file, np.array([row[3] for row in rows], np.int64))


def _label_lists(labels: Labels) -> dict[int, tuple[_Label, ...]]:
    lists: dict[int, list[_Label]] = {}
    columns = zip(
        labels.sample.tolist(),
        labels.key,
        labels.is_number.tolist(),
        labels.text,
        labels.number.tolist(),
        labels.unit,
        strict=True,
    )
    for sample, *label in columns:
        lists.setdefault(sample, []).append((label[0], label[1], label[2], label[3], label[4]))
    return {sample: tuple(own) for sample, own in lists.items()}


def _label_key(labels: tuple[_Label, ...]) -> Hashable:
    """Order labels by key, keeping the order of the values of one key."""
    return tuple(sorted(labels, key=lambda label: (label[1], label[0])))


def _labels(lists: list[tuple[_Label, ...]]) -> Labels:
    rows = [label for own in lists for label in own]
    return Labels(
        sample=np.repeat(np.arange(len(lists), dtype=np.int64), [len(own) for own in lists]),
        key=tuple(label[0] for label in rows),
        is_number=np.array([label[1] for label in rows], np.bool_),
        text=tuple(label[2] for label in rows),
        number=np.array([label[3] for label in rows], np.int64),
        unit=tuple(label[4] for label in rows),
    )
