"""profile.proto as Go programs write it: message -> columns.

Rules: what pprof's Parse and CheckValid refuse is refused, with a code; what they let pass silently and a reader should
know becomes a finding. Python would read index -1 as "the last one": every id and string index is checked before use.
Work is done by column, never by stack entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.decode.clean import clean_table
from pipeline.decode.wire import concatenated, parse_message
from pipeline.errors import DecodeError
from pipeline.model.finding import Finding
from pipeline.model.profile import (
    Functions,
    Index,
    Int,
    Labels,
    Locations,
    Mapping,
    Profile,
    Samples,
    SampleType,
)
from pipeline.proto import profile_pb2

_KERNEL = "[kernel.kallsyms]"
_BAD_WRITER = "The program that wrote this file has a fault, or the file is damaged; collect it again."


def decode_pprof(data: bytes) -> Profile:
    """Decode unpacked profile.proto bytes.

    Raises DecodeError: ``proto_corrupt``, ``concatenated``, ``bad_table``, ``bad_string_index``, ``dangling_ref``,
    ``value_count``, ``dup_sample_type``.
    """
    message = parse_message(data)
    texts, findings = _string_table(message)
    sample_types = _sample_types(message, texts)
    ids = {name: _Ids(name, getattr(message, name), message) for name in ("function", "mapping", "location")}
    functions = _functions(message, texts)
    mappings = _mappings(message, texts)
    locations, dangling = _locations(message, ids)
    return Profile(
        sample_types=sample_types,
        functions=functions,
        mappings=mappings,
        locations=locations,
        samples=_samples(message, len(sample_types), ids["location"]),
        labels=_labels(message, texts),
        default_sample_type=texts[message.default_sample_type],
        comments=tuple(texts[index] for index in message.comment),
        doc_url=texts[message.doc_url],
        drop_frames=texts[message.drop_frames],
        keep_frames=texts[message.keep_frames],
        time_nanos=message.time_nanos,
        duration_nanos=message.duration_nanos,
        period_type=_value_type(message.period_type, texts) if message.HasField("period_type") else None,
        period=message.period,
        findings=findings + dangling,
    )


@dataclass(frozen=True, slots=True)
class _Texts:
    """The cleaned string table; an index outside it is an error, a negative one too."""

    table: tuple[str, ...]

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self.table):
            raise DecodeError(
                "bad_string_index",
                f"text {index} is asked for, but the string table has {len(self.table)} entries",
                cure=_BAD_WRITER,
            )
        return self.table[index]

    def column(self, messages: Iterable[Any], field: str) -> tuple[str, ...]:
        """Look up one string field of every message."""
        return tuple(self[getattr(message, field)] for message in messages)


def _string_table(message: profile_pb2.Profile) -> tuple[_Texts, tuple[Finding, ...]]:
    raw = message.string_table
    if raw and raw[0] != b"":
        raise DecodeError("bad_table", "the first entry of the string table is not empty", cure=_BAD_WRITER)
    texts, findings = clean_table(raw)
    return _Texts(tuple(texts)), findings


def _value_type(message: profile_pb2.ValueType, texts: _Texts) -> SampleType:
    return SampleType(texts[message.type], texts[message.unit])


def _sample_types(message: profile_pb2.Profile, texts: _Texts) -> tuple[SampleType, ...]:
    kinds = tuple(_value_type(kind, texts) for kind in message.sample_type)
    if not kinds:
        raise DecodeError("value_count", "the profile names no sample type", cure=_BAD_WRITER)
    names = [kind.type for kind in kinds]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DecodeError("dup_sample_type", f"two sample types are named {twice!r}", cure=_BAD_WRITER)
    return kinds


def _functions(message: profile_pb2.Profile, texts: _Texts) -> Functions:
    rows = list(message.function)
    return Functions(
        name=texts.column(rows, "name"),
        system_name=texts.column(rows, "system_name"),
        filename=texts.column(rows, "filename"),
        start_line=_column((row.start_line for row in rows), len(rows)),
    )


def _mappings(message: profile_pb2.Profile, texts: _Texts) -> tuple[Mapping, ...]:
    files = texts.column(message.mapping, "filename")
    return tuple(
        Mapping(
            start=row.memory_start,
            limit=row.memory_limit,
            offset=row.file_offset,
            file=file,
            build_id=texts[row.build_id],
            has_functions=row.has_functions,
            has_filenames=row.has_filenames,
            has_line_numbers=row.has_line_numbers,
            has_inline_frames=row.has_inline_frames,
            kernel_relocation_symbol=file.removeprefix(_KERNEL) if file.startswith(_KERNEL) else "",
        )
        for row, file in zip(message.mapping, files, strict=True)
    )


def _locations(message: profile_pb2.Profile, ids: dict[str, _Ids]) -> tuple[Locations, tuple[Finding, ...]]:
    rows = list(message.location)
    lines = list(chain.from_iterable(row.line for row in rows))
    function = ids["function"].find(_ids((line.function_id for line in lines), len(lines)))
    if (function < 0).any():
        missing = lines[int(np.argmax(function < 0))].function_id
        raise DecodeError("dangling_ref", f"a line names function {missing}, which is missing", cure=_BAD_WRITER)
    mapping_ids = _ids((row.mapping_id for row in rows), len(rows))
    mapping = ids["mapping"].find(mapping_ids)
    locations = Locations(
        address=_ids((row.address for row in rows), len(rows)),
        mapping=mapping,
        is_folded=np.fromiter((row.is_folded for row in rows), np.bool_, len(rows)),
        line_offset=_offsets([len(row.line) for row in rows]),
        line_function=function,
        line_number=_column((line.line for line in lines), len(lines)),
        line_column=_column((line.column for line in lines), len(lines)),
    )
    return locations, _dangling_mapping(int(((mapping < 0) & (mapping_ids != 0)).sum()))


def _dangling_mapping(count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    message = f"{count} locations name a mapping that is not in the file; they are shown without a binary"
    return (Finding("dangling_mapping", "warning", message, cure=_BAD_WRITER),)


def _samples(message: profile_pb2.Profile, types: int, locations: _Ids) -> Samples:
    rows = message.sample
    counts = np.fromiter((len(row.value) for row in rows), np.int64, len(rows))
    if (counts != types).any():
        found = int(counts[np.argmax(counts != types)])
        raise DecodeError("value_count", f"a sample has {found} values for {types} sample types", cure=_BAD_WRITER)
    values = _column(chain.from_iterable(row.value for row in rows), len(rows) * types)
    # Rows are asked twice: to keep the view of each stack would cost more memory than the stacks.
    offsets = _offsets([len(row.location_id) for row in rows])
    wanted = _ids(chain.from_iterable(row.location_id for row in rows), int(offsets[-1]))
    stack = locations.find(wanted)
    if (stack < 0).any():
        missing = int(wanted[np.argmax(stack < 0)])
        raise DecodeError("dangling_ref", f"a sample names location {missing}, which is missing", cure=_BAD_WRITER)
    return Samples(stack_offset=offsets, stack=stack, values=values.reshape(len(rows), types))


def _labels(message: profile_pb2.Profile, texts: _Texts) -> Labels:
    """Read labels as pprof does: text if ``str`` is set, else a number if ``num`` or ``num_unit`` is, else nothing."""
    rows: list[tuple[int, str, bool, str, int, str]] = []
    for sample, entry in enumerate(message.sample):
        for label in entry.label:
            key = texts[label.key]
            if label.str:
                rows.append((sample, key, False, texts[label.str], 0, ""))
            elif label.num or label.num_unit:
                rows.append((sample, key, True, "", label.num, texts[label.num_unit]))
    samples, keys, is_number, text, number, unit = zip(*rows, strict=True) if rows else ((),) * 6
    return Labels(
        sample=np.array(samples, np.int64),
        key=tuple(keys),
        is_number=np.array(is_number, np.bool_),
        text=tuple(text),
        number=np.array(number, np.int64),
        unit=tuple(unit),
    )


class _Ids:
    """The ids of one table; refuses 0 and duplicates, and turns ids into positions."""

    def __init__(self, name: str, rows: Sequence[Any], message: profile_pb2.Profile) -> None:
        self._ids = _ids((row.id for row in rows), len(rows))
        if (self._ids == 0).any():
            raise DecodeError("bad_table", f"a {name} has the reserved id 0", cure=_BAD_WRITER)
        self._order = np.argsort(self._ids, kind="stable")
        self._sorted = self._ids[self._order]
        same = self._sorted[1:] == self._sorted[:-1]
        if same.any():
            twice = int(self._sorted[1:][same][0])
            if b"" in message.string_table[1:]:
                raise concatenated(f"{name} {twice} and the string table come twice")
            raise DecodeError("bad_table", f"two {name}s have the id {twice}", cure=_BAD_WRITER)

    def find(self, wanted: NDArray[np.uint64]) -> Index:
        """Give the position of each id in its table, -1 for an id that is not there."""
        if not len(self._ids):
            return np.full(len(wanted), -1, np.int64)
        if self._sorted[-1] == len(self._sorted):
            positions = np.full(len(self._sorted) + 2, -1, np.int64)
            positions[self._sorted] = self._order
            return positions[np.minimum(wanted, np.uint64(len(self._sorted) + 1))]
        nearest = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        return np.where(self._sorted[nearest] == wanted, self._order[nearest], -1).astype(np.int64)


def _ids(values: Iterable[int], count: int) -> NDArray[np.uint64]:
    return np.fromiter(values, np.uint64, count)


def _column(values: Iterable[int], count: int) -> Int:
    return np.fromiter(values, np.int64, count)


def _offsets(lengths: list[int]) -> Index:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
