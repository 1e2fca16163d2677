"""profile.proto without an object for each row: the C parser finds the rows, NumPy reads what is in them.

Rules: this road is the fast one, not the one that decides. Rows of samples, locations and functions hold varints only
(packed or not, messages inside too), so all rows of a table are read as one column of varints, and their fields are
found for all rows at once: the first field of each, the second, and so on. Whatever is not as profile.proto says, or
is unusual (a field that is not known, a long tag, hundreds of fields in one row), is left to ``wire`` and ``tables``,
which read or refuse it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError as WireError
from google.protobuf.unknown_fields import UnknownFieldSet
from numpy.typing import NDArray

from pipeline.decode.tables import FunctionRows, Ids, LocationRows, SampleRows, Tables, offsets
from pipeline.decode.wire import start_times
from pipeline.model.profile import Index, Int
from pipeline.proto import profile_pb2

_ROWS: Final = ("sample", "location", "function")
_FUNCTION: Final = (0x08, 0x10, 0x18, 0x20, 0x28)
_LOCATION: Final = (0x08, 0x10, 0x18, 0x22, 0x28)
_LINE: Final = (0x08, 0x10, 0x18)
_SAMPLE: Final = (0x08, 0x0A, 0x10, 0x12, 0x1A)
_LABEL: Final = (0x08, 0x10, 0x18, 0x20)
"""Tags of the fields: number times 8, plus 0 for a number and 2 for what has a length."""

_MOST_FIELDS: Final = 250
_MOST_BYTES: Final = 1 << 31
_LONGEST_VARINT: Final = 10
_LONGEST_LENGTH: Final = 4


class _UnsureError(Exception):
    """The bytes are not what this road can read."""


def read_outline(data: bytes) -> tuple[profile_pb2.Profile, Tables] | None:
    """Read profile.proto bytes: the message without the rows of its large tables, and these; None if unsure."""
    try:
        message = _outline_type().FromString(data)
        if _has_unknown_fields(message) or any(start_times(data)[:-1]):
            return None
        tables = Tables(_functions(message.function), _locations(message.location), _samples(message.sample))
    except (WireError, _UnsureError):
        return None
    return cast("profile_pb2.Profile", message), tables


def _has_unknown_fields(message: Any) -> bool:
    """Tell whether fields were met that are not known, in the message or in the messages it keeps."""
    inner = (*message.sample_type, *message.mapping, message.period_type)
    return any(len(UnknownFieldSet(one)) for one in (message, *inner))


@cache
def _outline_type() -> Any:
    """Make the type of a profile whose large tables have bytes for rows."""
    file = descriptor_pb2.FileDescriptorProto()
    profile_pb2.DESCRIPTOR.CopyToProto(file)
    package, file.name, file.package = file.package, "profbook_outline.proto", "profbook.outline"
    for message in file.message_type:
        for field in message.field:
            if message.name == "Profile" and field.name in _ROWS:
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")
            elif field.type_name:
                field.type_name = field.type_name.replace(f".{package}.", f".{file.package}.")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.Profile"))


@dataclass(frozen=True, slots=True, eq=False)
class _Varints:
    """All bytes of the rows of a table as V varints: ``value`` uint64[V]; ``first`` int64[V+1] is where each begins."""

    value: Ids
    first: Index


@dataclass(frozen=True, slots=True, eq=False)
class _Messages:
    """N messages: message i is varints ``begin[i]:end[i]``."""

    varints: _Varints
    begin: Index
    end: Index


@dataclass(frozen=True, slots=True, eq=False)
class _Fields:
    """Fields of N messages, in order within each; what field i holds is varints ``begin[i]:end[i]``."""

    messages: _Messages
    owner: Index
    tag: Ids
    begin: Index
    end: Index


def _read_rows(table: Sequence[bytes]) -> _Messages:
    """Read the varints of all rows, which must be whole in each row."""
    rows = list(table)
    ends = np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows)))
    data = np.frombuffer(b"".join(rows), np.uint8)
    if len(data) >= _MOST_BYTES:
        raise _UnsureError
    del rows
    last = np.flatnonzero(data < 0x80)
    first = np.zeros(len(last) + 1, np.int64)
    np.add(last, 1, out=first[1:])
    bounds = np.searchsorted(first, ends)
    if len(ends) and (first[-1] != len(data) or (first[bounds] != ends).any()):
        raise _UnsureError
    begin = np.concatenate((np.zeros(1, np.int64), bounds[:-1]))[: len(ends)]
    return _Messages(_Varints(_values(data, first), first), begin, bounds)


def _values(data: NDArray[np.uint8], first: Index) -> Ids:
    """Read varints: seven bits of each byte, the first byte's lowest. Most are short, so few are looked at again."""
    byte = data.take(first[:-1])
    values = (byte & np.uint8(0x7F)).astype(np.uint64)
    longer = np.flatnonzero(byte >= 0x80)
    at = first.take(longer)
    for place in range(1, _LONGEST_VARINT):
        if not len(longer):
            break
        at += 1
        byte = data.take(at)
        if place == _LONGEST_VARINT - 1 and byte.max() > 1:
            raise _UnsureError
        values[longer] |= (byte & np.uint8(0x7F)).astype(np.uint64) << np.uint64(7 * place)
        more = np.flatnonzero(byte >= 0x80)
        longer, at = longer.take(more), at.take(more)
    return values


def _fields(messages: _Messages, tags: Sequence[int]) -> _Fields:
    """Find the fields of messages, which may only have some tags."""
    known = np.zeros(0x80, np.bool_)
    known[list(tags)] = True
    varints, at = messages.varints, messages.begin.copy()
    owner = np.flatnonzero(at < messages.end)
    found = []
    for _ in range(_MOST_FIELDS):
        if not len(owner):
            break
        here, end = at[owner], messages.end[owner]
        if (varints.first[here + 1] - varints.first[here] > 1).any() or (here + 1 >= end).any():
            raise _UnsureError
        tag = varints.value[here]
        if not known[tag].all():
            raise _UnsureError
        after = here + 2
        inside = np.flatnonzero(tag & np.uint64(7))
        after[inside] = _after(varints, after[inside])
        if (after > end).any():
            raise _UnsureError
        begin = here + 1
        begin[inside] += 1
        found.append((owner, tag, begin, after))
        at[owner] = after
        owner = owner[after < end]
    if len(owner):
        raise _UnsureError
    none = np.zeros(0, np.int64)
    columns = zip((none, none.astype(np.uint64), none, none), *found, strict=True)
    return _Fields(messages, *(np.concatenate(column) for column in columns))


def _after(varints: _Varints, begin: Index) -> Index:
    """Find where fields end that begin at some varints, with their lengths standing before these."""
    starts = varints.first[begin]
    if (starts - varints.first[begin - 1] > _LONGEST_LENGTH).any():
        raise _UnsureError
    ends = starts + varints.value[begin - 1].astype(np.int64)
    after = np.searchsorted(varints.first, ends)
    if (after == len(varints.first)).any() or (varints.first[after] != ends).any():
        raise _UnsureError
    return after


def _numbers(fields: _Fields, tag: int) -> Ids:
    """Read a field that is one number, of every message; 0 where it is not given, the last where it is twice."""
    chosen = np.flatnonzero(fields.tag == tag)
    column = np.zeros(len(fields.messages.begin), np.uint64)
    column[fields.owner[chosen]] = fields.messages.varints.value[fields.begin[chosen]]
    return column


def _lists(fields: _Fields, tag: int) -> tuple[Index, Ids]:
    """Read a field that is a list of numbers, packed or not: offsets by message, and the numbers."""
    chosen = np.flatnonzero((fields.tag | np.uint64(2)) == tag | 2)
    chosen = chosen[np.argsort(fields.begin[chosen], kind="stable")]
    begin, counts = fields.begin[chosen], fields.end[chosen] - fields.begin[chosen]
    begin[1:] -= np.cumsum(counts)[:-1]
    places = np.repeat(begin, counts)
    places += np.arange(len(places), dtype=np.int64)
    owned = np.zeros(len(fields.messages.begin), np.int64)
    np.add.at(owned, fields.owner[chosen], counts)
    return offsets(owned), fields.messages.varints.value.take(places)


def _inside(fields: _Fields, tag: int) -> tuple[Index, _Messages]:
    """Read a field that is a list of messages: the owner of each, and the messages, in the order of the file."""
    chosen = np.flatnonzero(fields.tag == tag)
    chosen = chosen[np.argsort(fields.begin[chosen], kind="stable")]
    return fields.owner[chosen], _Messages(fields.messages.varints, fields.begin[chosen], fields.end[chosen])


def _signed(column: Ids) -> Int:
    return column.view(np.int64)


def _functions(table: Sequence[bytes]) -> FunctionRows:
    fields = _fields(_read_rows(table), _FUNCTION)
    ids, *numbers = (_numbers(fields, tag) for tag in _FUNCTION)
    return FunctionRows(ids, *map(_signed, numbers))


def _locations(table: Sequence[bytes]) -> LocationRows:
    fields = _fields(_read_rows(table), _LOCATION)
    owner, inside = _inside(fields, 0x22)
    lines = _fields(inside, _LINE)
    return LocationRows(
        id=_numbers(fields, 0x08),
        mapping_id=_numbers(fields, 0x10),
        address=_numbers(fields, 0x18),
        is_folded=_numbers(fields, 0x28) != 0,
        line_offset=offsets(np.bincount(owner, minlength=len(table))),
        line_function=_numbers(lines, 0x08),
        line_number=_signed(_numbers(lines, 0x10)),
        line_column=_signed(_numbers(lines, 0x18)),
    )


def _samples(table: Sequence[bytes]) -> SampleRows:
    fields = _fields(_read_rows(table), _SAMPLE)
    location_offset, location = _lists(fields, 0x08)
    value_offset, value = _lists(fields, 0x10)
    owner, inside = _inside(fields, 0x1A)
    labels = _fields(inside, _LABEL)
    columns = (owner, *(_signed(_numbers(labels, tag)) for tag in _LABEL))
    return SampleRows(location_offset, location, value_offset, _signed(value), np.stack(columns, axis=1))
