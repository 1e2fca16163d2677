"""profile.proto as Go programs write it: message -> columns.

Rules: what pprof's Parse and CheckValid refuse is refused, with a code; what they let pass silently and a reader should
know becomes a finding. Python would read index -1 as "the last one": every id and string index is checked before use.
Work is done by column, never by stack entry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.decode.clean import clean_table
from pipeline.decode.outline import read_outline
from pipeline.decode.tables import FunctionRows, LocationRows, SampleRows, Tables, tables_of
from pipeline.decode.tables import ids as ids_of
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
_WORTH_COLUMNS = 1 << 15
_BAD_WRITER = "The program that wrote this file has a fault, or the file is damaged; collect it again."


def decode_pprof(data: bytes) -> Profile:
    """Decode unpacked profile.proto bytes.

    Raises DecodeError: ``proto_corrupt``, ``concatenated``, ``bad_table``, ``bad_string_index``, ``dangling_ref``,
    ``value_count``, ``dup_sample_type``.
    """
    message, tables = _read(data)
    texts, findings = _string_table(message)
    sample_types = _sample_types(message, texts)
    ids = {
        "function": _Ids("function", tables.functions.id, message),
        "mapping": _Ids("mapping", ids_of((row.id for row in message.mapping), len(message.mapping)), message),
        "location": _Ids("location", tables.locations.id, message),
    }
    functions = _functions(tables.functions, texts)
    mappings = _mappings(message, texts)
    locations, dangling = _locations(tables.locations, ids)
    return Profile(
        sample_types=sample_types,
        functions=functions,
        mappings=mappings,
        locations=locations,
        samples=_samples(tables.samples, len(sample_types), ids["location"]),
        labels=_labels(tables.samples.label, texts),
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


def _read(data: bytes) -> tuple[profile_pb2.Profile, Tables]:
    """Read by the fast road, or by the plain one what that leaves to it; of little data objects are made faster."""
    if len(data) >= _WORTH_COLUMNS and (read := read_outline(data)):
        return read
    message = parse_message(data)
    return message, tables_of(message)


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

    def column(self, indexes: Int) -> tuple[str, ...]:
        """Look up a column."""
        outside = (indexes < 0) | (indexes >= len(self.table))
        if outside.any():
            return (self[int(indexes[np.argmax(outside)])],)
        return tuple(map(self.table.__getitem__, indexes.tolist()))


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


def _functions(rows: FunctionRows, texts: _Texts) -> Functions:
    return Functions(
        name=texts.column(rows.name),
        system_name=texts.column(rows.system_name),
        filename=texts.column(rows.filename),
        start_line=rows.start_line,
    )


def _mappings(message: profile_pb2.Profile, texts: _Texts) -> tuple[Mapping, ...]:
    files = tuple(texts[row.filename] for row in message.mapping)
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


def _locations(rows: LocationRows, ids: dict[str, _Ids]) -> tuple[Locations, tuple[Finding, ...]]:
    function = ids["function"].find(rows.line_function)
    if (function < 0).any():
        missing = int(rows.line_function[np.argmax(function < 0)])
        raise DecodeError("dangling_ref", f"a line names function {missing}, which is missing", cure=_BAD_WRITER)
    mapping = ids["mapping"].find(rows.mapping_id)
    locations = Locations(
        address=rows.address,
        mapping=mapping,
        is_folded=rows.is_folded,
        line_offset=rows.line_offset,
        line_function=function,
        line_number=rows.line_number,
        line_column=rows.line_column,
    )
    return locations, _dangling_mapping(int(((mapping < 0) & (rows.mapping_id != 0)).sum()))


def _dangling_mapping(count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    message = f"{count} locations name a mapping that is not in the file; they are shown without a binary"
    return (Finding("dangling_mapping", "warning", message, cure=_BAD_WRITER),)


def _samples(rows: SampleRows, types: int, locations: _Ids) -> Samples:
    counts = np.diff(rows.value_offset)
    if (counts != types).any():
        found = int(counts[np.argmax(counts != types)])
        raise DecodeError("value_count", f"a sample has {found} values for {types} sample types", cure=_BAD_WRITER)
    stack = locations.find(rows.location)
    if len(stack) and stack.min() < 0:
        missing = int(rows.location[np.argmax(stack < 0)])
        raise DecodeError("dangling_ref", f"a sample names location {missing}, which is missing", cure=_BAD_WRITER)
    values = rows.value.reshape(len(counts), types)
    return Samples(stack_offset=rows.location_offset, stack=stack, values=values)


def _labels(rows: Int, texts: _Texts) -> Labels:
    """Read labels as pprof does: text if ``str`` is set, else a number if ``num`` or ``num_unit`` is, else nothing."""
    sample, key, text, number, unit = rows.T
    keys = texts.column(key)
    is_number = (text == 0) & ((number != 0) | (unit != 0))
    kept = np.flatnonzero((text != 0) | is_number)
    is_number = is_number[kept]
    return Labels(
        sample=sample[kept],
        key=tuple(keys[row] for row in kept.tolist()),
        is_number=is_number,
        text=texts.column(text[kept]),
        number=np.where(is_number, number[kept], 0),
        unit=texts.column(np.where(is_number, unit[kept], 0)),
    )


class _Ids:
    """The ids of one table; refuses 0 and duplicates, and turns ids into positions."""

    def __init__(self, name: str, ids: NDArray[np.uint64], message: profile_pb2.Profile) -> None:
        self._ids = ids
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
            if len(wanted) and wanted.max() > len(self._sorted):
                wanted = np.minimum(wanted, np.uint64(len(self._sorted) + 1))
            found: Index = positions[wanted.view(np.int64)]
            return found
        nearest = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        return np.where(self._sorted[nearest] == wanted, self._order[nearest], -1).astype(np.int64)
