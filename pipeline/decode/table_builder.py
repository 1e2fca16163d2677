"""The builder every format without tables of its own writes into: addresses, frames, stacks -> Profile.

Rules: builders write, everyone else derives. A location is made once per address (legacy profiles) or once per function
and line (goroutine dumps). ``order_locations`` and ``map_addresses`` follow pprof, which numbers locations by first use
and finds mappings only after the stacks are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from pipeline.decode.clean import clean_text, text_cleaned
from pipeline.decode.legacy_maps import assign_mappings, settle_mappings
from pipeline.decode.legacy_text import MASK
from pipeline.model.finding import Finding
from pipeline.model.profile import Functions, Index, Labels, Locations, Mapping, Profile, Samples, SampleType

Line = tuple[int, int]
"""A function and a line number."""


@dataclass(slots=True)
class Location:
    """A code location while it is being collected."""

    address: int = 0
    mapping: int = -1
    lines: list[Line] = field(default_factory=list)


class TableBuilder:
    """Collects one profile; ``build`` makes it."""

    def __init__(self) -> None:
        self.stacks: list[list[int]] = []
        self.values: list[list[int]] = []
        self.locations: list[Location] = []
        self.mappings: list[Mapping] = []
        self._by_key: dict[object, int] = {}
        self._functions: dict[tuple[str, str], int] = {}
        self._labels: list[tuple[int, str, bool, str, int, str]] = []
        self._changed: list[str] = []

    def text(self, raw: str) -> str:
        """Clean a text of the profile, noting that it had to be."""
        cleaned = clean_text(raw)
        if cleaned != raw or "\ufffd" in raw:
            self._changed.append(cleaned)
        return cleaned

    def address(self, address: int) -> int:
        """Give the location of an address."""
        return self._intern(address, address)

    def known_address(self, address: int) -> int | None:
        """Find the location of an address some stack has."""
        return self._by_key.get(address)

    def frame(self, name: str, file: str, line: int) -> int:
        """Give the location of a line of a function that has no address."""
        location = self._intern((name, file, line), 0)
        if not self.locations[location].lines:
            self.locations[location].lines.append((self.function(name, file), line))
        return location

    def function(self, name: str, file: str) -> int:
        """Give the function of this name in this file."""
        return self._functions.setdefault((self.text(name), self.text(file)), len(self._functions))

    def call_stack(self, addresses: Iterable[int], *, leaf_is_call: bool = True) -> list[int]:
        """Make a stack of return addresses, each moved back by one onto its call; the leaf may be no call."""
        return [self.address((a - (i > 0 or leaf_is_call)) & MASK) for i, a in enumerate(addresses)]

    def add(self, stack: list[int], values: Sequence[int]) -> int:
        """Add a sample; give its number."""
        self.stacks.append(stack)
        self.values.append(list(values))
        return len(self.stacks) - 1

    def label_text(self, sample: int, key: str, value: str) -> None:
        """Label a sample with a text."""
        self._labels.append((sample, self.text(key), False, self.text(value), 0, ""))

    def label_number(self, sample: int, key: str, value: int, unit: str = "") -> None:
        """Label a sample with a number."""
        self._labels.append((sample, self.text(key), True, "", value, unit))

    def order_locations(self) -> None:
        """Keep the locations samples use, in the order of first use."""
        order = {old: new for new, old in enumerate(dict.fromkeys(chain.from_iterable(self.stacks)))}
        self.locations = [self.locations[old] for old in order]
        self.stacks = [[order[old] for old in stack] for stack in self.stacks]
        self._by_key.clear()
        self._order_functions()

    def _order_functions(self) -> None:
        """Keep the functions of these locations, in the order of first use."""
        lines = chain.from_iterable(location.lines for location in self.locations)
        order = {old: new for new, old in enumerate(dict.fromkeys(function for function, _ in lines))}
        names = list(self._functions)
        self._functions = {names[old]: new for old, new in order.items()}
        for location in self.locations:
            location.lines = [(order[function], line) for function, line in location.lines]

    def map_addresses(self, mappings: Sequence[Mapping]) -> None:
        """Number the locations and give each address its mapping."""
        self.order_locations()
        addresses = [location.address for location in self.locations]
        owners, found = assign_mappings(addresses, settle_mappings(mappings))
        self.mappings = [replace(m, file=self.text(m.file), build_id=self.text(m.build_id)) for m in found]
        for location, owner in zip(self.locations, owners, strict=True):
            location.mapping = owner

    def drop_repeated_leaf(self) -> None:
        """Drop the second frame where it is the leaf seen once more as a return address (unwinder and signal frame)."""
        for stack in self.stacks:
            if len(stack) > 1:
                leaf, caller = self.locations[stack[0]].address, self.locations[stack[1]].address
                if leaf == (caller + 1) & MASK:
                    del stack[1]

    def build(
        self,
        format_name: str,
        sample_types: Sequence[SampleType],
        *,
        period_type: SampleType | None,
        period: int,
        duration_nanos: int = 0,
        drop_frames: str = "",
        keep_frames: str = "",
        findings: tuple[Finding, ...] = (),
    ) -> Profile:
        """Make the profile."""
        return Profile(
            sample_types=tuple(SampleType(self.text(kind.type), self.text(kind.unit)) for kind in sample_types),
            functions=self._function_columns(),
            mappings=tuple(self.mappings),
            locations=self._location_columns(),
            samples=self._sample_columns(len(sample_types)),
            labels=self._label_columns(),
            drop_frames=drop_frames,
            keep_frames=keep_frames,
            duration_nanos=duration_nanos,
            period_type=period_type,
            period=period,
            format=format_name,
            findings=(*text_cleaned(list(dict.fromkeys(self._changed))), *findings),
        )

    def _function_columns(self) -> Functions:
        names = tuple(name for name, _ in self._functions)
        return Functions(
            name=names,
            system_name=names,
            filename=tuple(file for _, file in self._functions),
            start_line=np.zeros(len(names), np.int64),
        )

    def _location_columns(self) -> Locations:
        lines = [line for location in self.locations for line in location.lines]
        count = len(self.locations)
        return Locations(
            address=np.fromiter((location.address for location in self.locations), np.uint64, count),
            mapping=np.fromiter((location.mapping for location in self.locations), np.int64, count),
            is_folded=np.zeros(count, np.bool_),
            line_offset=_offsets([len(location.lines) for location in self.locations]),
            line_function=np.fromiter((function for function, _ in lines), np.int64, len(lines)),
            line_number=np.fromiter((number for _, number in lines), np.int64, len(lines)),
            line_column=np.zeros(len(lines), np.int64),
        )

    def _sample_columns(self, types: int) -> Samples:
        return Samples(
            stack_offset=_offsets([len(stack) for stack in self.stacks]),
            stack=np.fromiter(chain.from_iterable(self.stacks), np.int64),
            values=np.fromiter(chain.from_iterable(self.values), np.int64).reshape(len(self.values), types),
        )

    def _label_columns(self) -> Labels:
        samples, keys, is_number, text, number, unit = zip(*self._labels, strict=True) if self._labels else ((),) * 6
        return Labels(
            sample=np.array(samples, np.int64),
            key=tuple(keys),
            is_number=np.array(is_number, np.bool_),
            text=tuple(text),
            number=np.array(number, np.int64),
            unit=tuple(unit),
        )

    def _intern(self, key: object, address: int) -> int:
        location = self._by_key.get(key)
        if location is None:
            location = self._by_key[key] = len(self.locations)
            self.locations.append(Location(address))
        return location


def _offsets(lengths: list[int]) -> Index:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
