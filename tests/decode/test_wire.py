"""The wire format: what protobuf libraries forgive and pprof does not."""

from __future__ import annotations

import pytest

from pipeline.decode.wire import parse_message
from pipeline.errors import DecodeError
from tests.builders import pprof_message

GOOD = pprof_message([(("main", "work"), (1, 10))]).SerializeToString()


def refusal(data: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        parse_message(data)
    return caught.value


def test_a_message_comes_back() -> None:
    assert len(parse_message(GOOD).sample) == 1


def test_unknown_fields_of_every_wire_type_are_skipped() -> None:
    unknown = b"\xa0\x06\x01" + b"\xa1\x06" + bytes(8) + b"\xa2\x06\x02hi" + b"\xa5\x06" + bytes(4)
    assert len(parse_message(unknown + GOOD).sample) == 1


@pytest.mark.parametrize(
    "tail",
    [
        b"\x12\x7f",
        b"\x12" + b"\xff" * 9 + b"\x01",
        b"\x12\x80\x80\x80\x80\x08",
        b"\x48" + b"\x80" * 11,
        b"\x48\x80",
        b"\x0f",
        b"\x12\x02\x0a\x05",
    ],
    ids=["short", "length -1", "length 2 GiB", "long varint", "endless varint", "wire type 7", "nested length"],
)
def test_corruption_is_located(tail: bytes) -> None:
    error = refusal(GOOD + tail)
    assert error.code == "proto_corrupt"
    assert f"byte {len(GOOD):,}" in error.message


@pytest.mark.parametrize(
    ("tail", "place"),
    [
        (b"\x08\x01", "Profile.sample_type has wire type 0"),
        (b"\x12\x02\x18\x01", "Sample.label has wire type 0"),
        (b"\x22\x04\x22\x02\x0a\x00", "Line.function_id has wire type 2"),
        (b"\x93\x03\x94\x03", "group"),
    ],
)
def test_a_known_field_of_another_type_is_corruption(tail: bytes, place: str) -> None:
    error = refusal(GOOD + tail)
    assert error.code == "proto_corrupt"
    assert place in error.message


def test_a_second_start_time_means_two_profiles() -> None:
    assert refusal(GOOD + GOOD).code == "concatenated"
    assert refusal(GOOD + b"\x48\x00").code == "concatenated"


def test_a_start_time_of_zero_before_the_real_one_is_allowed() -> None:
    assert parse_message(b"\x48\x00" + GOOD).time_nanos > 0


def test_a_broken_packed_start_time_is_corruption() -> None:
    assert refusal(GOOD + b"\x4a\x01\x80").code == "proto_corrupt"
