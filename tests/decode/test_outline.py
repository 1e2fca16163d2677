"""The fast road of profile.proto beside the plain one: the same tables, or no answer."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.decode import pprof
from pipeline.decode.outline import read_outline
from pipeline.decode.tables import Tables, tables_of
from pipeline.decode.wire import parse_message
from pipeline.errors import DecodeError
from pipeline.proto import profile_pb2
from tests.builders import pprof_message
from tests.decode.damage import CHANGES, PROFILES, Change, damaged, originals
from tests.decode.test_decode import CORPUS, corpus

GOOD = pprof_message([(("main", "work", "leaf"), (3, 30)), (("main",), (1, 10)), ((), (5, 50))])
U64, I64 = st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(0, 300)


def assert_same(one: object, other: object) -> None:
    """Compare values, columns by type and content."""
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other


def check(data: bytes) -> bool:
    """See that the fast road reads what the plain one reads, or nothing; tells whether it read."""
    read = read_outline(data)
    if read is None:
        return False
    message = parse_message(data)
    assert_same(read[1], tables_of(message))
    kept = ("sample_type", "mapping", "string_table", "comment")
    assert all(str(getattr(read[0], name)) == str(getattr(message, name)) for name in kept)
    plain = [field.name for field in message.DESCRIPTOR.fields if not field.is_repeated]
    assert [str(getattr(read[0], name)) for name in plain] == [str(getattr(message, name)) for name in plain]
    return True


def outcome(data: bytes) -> object:
    try:
        return pprof.decode_pprof(data)
    except DecodeError as error:
        return error.code, error.message


def check_outcome(data: bytes) -> None:
    """See that decoding ends the same by both roads, refusals word by word."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pprof, "_WORTH_COLUMNS", 0)
        fast = outcome(data)
        patch.setattr(pprof, "_WORTH_COLUMNS", 1 << 60)
        assert_same(fast, outcome(data))


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*/*/*.prof")), ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_the_demo_profiles_are_read_by_the_fast_road(path: object) -> None:
    assert check(gzip.decompress(path.read_bytes()))  # type: ignore[attr-defined]


@corpus
def test_most_found_profiles_are_read_by_the_fast_road() -> None:
    taken = []
    for path in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        data = path.read_bytes()
        try:
            data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        except (EOFError, OSError):
            continue
        check_outcome(data)
        taken.append(check(data))
    assert sum(taken) > 100


@st.composite
def messages(draw: st.DrawFn) -> profile_pb2.Profile:
    """Draw tables of any numbers, whether or not they make sense together."""
    message = profile_pb2.Profile(string_table=[b"", b"a"], time_nanos=draw(I64), period=draw(I64))
    for _ in range(draw(st.integers(0, 3))):
        message.function.add(id=draw(U64), name=draw(I64), system_name=draw(SMALL), filename=draw(I64), start_line=7)
        place = message.location.add(
            id=draw(SMALL), mapping_id=draw(U64), address=draw(U64), is_folded=draw(st.booleans())
        )
        for _ in range(draw(st.integers(0, 3))):
            place.line.add(function_id=draw(U64), line=draw(I64), column=draw(SMALL))
        sample = message.sample.add(location_id=draw(st.lists(U64)), value=draw(st.lists(I64, max_size=3)))
        for _ in range(draw(st.integers(0, 3))):
            sample.label.add(key=draw(SMALL), str=draw(I64), num=draw(I64), num_unit=draw(SMALL))
    return message


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(message=messages())
def test_any_numbers_are_read_the_same(message: profile_pb2.Profile) -> None:
    assert check(message.SerializeToString())
    check_outcome(message.SerializeToString())


@pytest.mark.property
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(first=st.integers(0, len(originals()) - 1), changes=CHANGES)
def test_damage_ends_the_same_by_both_roads(first: int, changes: list[Change]) -> None:
    data = damaged(originals()[first], changes, originals()[0])
    check(data) if not isinstance(outcome(data), tuple) else None
    check_outcome(data)


@pytest.mark.property
@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(
    tag=st.sampled_from(b"\x12\x22\x2a"),
    body=st.binary(max_size=12) | st.lists(st.sampled_from(range(0x30))).map(bytes),
)
def test_a_row_of_any_bytes_ends_the_same_by_both_roads(tag: int, body: bytes) -> None:
    data = GOOD.SerializeToString() + bytes((tag, len(body))) + body
    check_outcome(data)
    if read_outline(data):
        check(data)


def row(body: bytes) -> bytes:
    return GOOD.SerializeToString() + b"\x12" + bytes((len(body),)) + body


FORMS: list[tuple[str, bytes]] = [
    ("not packed", row(b"\x08\x01\x08\x02\x10\x05\x10\x06")),
    ("packed", row(b"\x0a\x02\x01\x02\x12\x02\x05\x06")),
    ("mixed and in turn", row(b"\x08\x01\x12\x01\x05\x0a\x02\x02\x01\x10\x06\x0a\x00")),
    ("values first", row(b"\x10\x05\x10\x06\x0a\x01\x03")),
    ("long length", row(b"\x0a\x82\x00\x01\x02\x12\x02\x05\x06")),
    ("empty label", row(b"\x1a\x00\x10\x05\x10\x06")),
    ("ten bytes", row(b"\x10" + b"\xff" * 9 + b"\x01" + b"\x10\x00")),
    ("no row", b"\x0a\x00"),
]


@pytest.mark.parametrize("data", [data for _, data in FORMS], ids=[name for name, _ in FORMS])
def test_forms_that_writers_use_are_read(data: bytes) -> None:
    assert check(data)


LEFT: list[tuple[str, bytes]] = [
    ("unknown field", row(b"\x38\x01")),
    ("another wire type", row(b"\x18\x01")),
    ("long tag", row(b"\x88\x00\x01")),
    ("cut varint", row(b"\x08\x81")),
    ("tag alone", row(b"\x08")),
    ("part past its row", row(b"\x0a\x05\x01")),
    ("part ends in a varint", row(b"\x0a\x01\x81\x01")),
    ("eleven bytes", row(b"\x10" + b"\xff" * 10 + b"\x01")),
    ("more than 64 bits", row(b"\x10" + b"\xff" * 9 + b"\x02")),
    ("label past its row", row(b"\x1a\x04\x08\x01")),
    ("cut varint, another row after it", row(b"\x08\x81") + b"\x12\x03\x01\x10\x05"),
    ("label past its row, another row after it", row(b"\x1a\x04\x08\x01") + b"\x12\x02\x10\x05"),
    ("many fields", row(b"\x08\x01" * 60) + b"\x12\x90\x04" + b"\x08\x01" * 264),
    ("unknown field of the profile", GOOD.SerializeToString() + b"\xa0\x06\x01"),
    ("unknown field of a mapping", GOOD.SerializeToString() + b"\x1a\x03\xa0\x06\x01"),
    ("two profiles", GOOD.SerializeToString() * 2),
    ("cut", GOOD.SerializeToString()[:-1]),
]


@pytest.mark.parametrize("data", [data for _, data in LEFT], ids=[name for name, _ in LEFT])
def test_what_is_odd_is_left_to_the_plain_road(data: bytes) -> None:
    assert read_outline(data) is None
    check_outcome(data)


@pytest.mark.parametrize("make", [gzip.compress, bytes], ids=["packed", "plain"])
def test_a_large_profile_takes_the_fast_road(make: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.decode import decode_profile

    message = pprof_message([([f"f{(i * 7 + j) % 300}" for j in range(20)], (1, i)) for i in range(2_000)])
    monkeypatch.setattr(pprof, "parse_message", lambda _: pytest.fail("read as objects"))
    assert decode_profile(make(message.SerializeToString())).total(1) == sum(range(2_000))


def test_tables_without_rows_have_columns_of_the_right_type() -> None:
    read = read_outline(b"\x32\x00")
    assert read is not None
    assert isinstance(read[1], Tables)
    assert_same(read[1], tables_of(profile_pb2.Profile()))
