"""The wire format of profile.proto: bytes -> message, refusing what pprof's own decoder refuses.

Rules: protobuf libraries skip what they do not understand and let the last value win; pprof does not, because both
are how damaged and concatenated profiles look. So: a known field with another wire type is corrupt, and a second
``time_nanos`` means two profiles in one file. Errors say at which byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError as WireError
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from pipeline.errors import DecodeError
from pipeline.proto import profile_pb2

_TIME_NANOS = 9
_FIELDS_SEARCHED = 1_000_000
_GROUP_TYPES = frozenset({3, 4})


def parse_message(data: bytes) -> profile_pb2.Profile:
    """Parse profile.proto bytes. Raises DecodeError ``proto_corrupt`` and ``concatenated``, and MemoryError."""
    try:
        message = profile_pb2.Profile.FromString(data)
        times = start_times(data)
    except WireError as error:
        if "alloc" in str(error):
            raise MemoryError from error
        raise _corrupt(f"the data cannot be read at byte {_first_bad_byte(data):,}") from error
    if any(times[:-1]):
        raise concatenated("the start time is given twice")
    size = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != size:
        _refuse_mistyped(profile_pb2.Profile.FromString(data))
    return message


def start_times(data: bytes) -> list[int]:
    """List every ``time_nanos`` of a profile."""
    return list(_clock_type().FromString(data).time_nanos)


def concatenated(evidence: str) -> DecodeError:
    """Make the error for two profiles in one file."""
    return DecodeError(
        "concatenated",
        f"two profiles are in this file, one after the other ({evidence})",
        cure="Write each profile to its own file; a writer that appends would double every number.",
    )


def _corrupt(message: str) -> DecodeError:
    return DecodeError(
        "proto_corrupt",
        f"not a pprof profile, or a damaged one: {message}",
        cure="Fetch the profile again; if it came from somewhere else, check that it is a pprof file.",
    )


@cache
def _clock_type() -> Any:
    """Make a message that sees every ``time_nanos`` of a profile, and nothing else, at the speed of the C parser."""
    file = descriptor_pb2.FileDescriptorProto(name="profbook_clock.proto", package="profbook", syntax="proto3")
    file.message_type.add(name="Clock").field.add(
        name="time_nanos",
        number=_TIME_NANOS,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("profbook.Clock"))


def _refuse_mistyped(message: Message) -> None:
    """Refuse known fields that came with another wire type, at any depth, and the group types pprof never had."""
    known, parts = _shape(message.DESCRIPTOR)
    unknown_fields: Any = UnknownFieldSet(message)
    for unknown in unknown_fields:
        if unknown.wire_type in _GROUP_TYPES:
            raise _corrupt(f"field {unknown.field_number} uses the group encoding")
        if unknown.field_number in known:
            name = f"{message.DESCRIPTOR.name}.{known[unknown.field_number]}"
            raise _corrupt(f"{name} has wire type {unknown.wire_type}")
    for part, is_repeated in parts:
        for child in getattr(message, part) if is_repeated else (getattr(message, part),):
            _refuse_mistyped(child)


@cache
def _shape(descriptor: Any) -> tuple[dict[int, str], tuple[tuple[str, bool], ...]]:
    """Give the fields of a message by number, and those that are messages, with whether they are lists."""
    parts = ((field.name, field.is_repeated) for field in descriptor.fields if field.message_type is not None)
    return {field.number: field.name for field in descriptor.fields}, tuple(parts)


def _first_bad_byte(data: bytes) -> int:
    """Find the offset of the first top-level field that cannot be read, or where the search gave up."""
    start = 0
    for end in islice(_field_ends(data), _FIELDS_SEARCHED):
        try:
            profile_pb2.Profile.FromString(data[start:end])
        except WireError:
            return start
        start = end
    return start


def _field_ends(data: bytes) -> Iterator[int]:
    """Walk over top-level fields, giving the end of each, until one does not fit."""
    position = 0
    while position < len(data):
        tag, position = read_varint(data, position)
        match tag & 7:
            case 0:
                _, position = read_varint(data, position)
            case 1:
                position += 8
            case 2:
                length, position = read_varint(data, position)
                position += length
            case 5:
                position += 4
            case _:
                return
        if position > len(data):
            return
        yield position


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Read a varint and where it ends; a broken one ends past the data."""
    if position < len(data) and data[position] < 0x80:
        return data[position], position + 1
    value = 0
    for shift in range(10):
        if position + shift >= len(data):
            break
        byte = data[position + shift]
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, position + shift + 1
    return 0, len(data) + 1
