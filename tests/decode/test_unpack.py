"""Packing: what is unpacked, what is refused, and that a bomb costs no memory."""

from __future__ import annotations

import gzip
import zlib

import pytest

from pipeline.decode.unpack import unpack
from pipeline.errors import DecodeError

BODY = b"\x0a\x04body" * 400
PACKED = gzip.compress(BODY, mtime=0)
PACKED_IN_TWO = gzip.compress(BODY[:100], mtime=0) + gzip.compress(BODY[100:], mtime=0)
LIMIT = 1 << 20


def refusal(data: bytes, max_bytes: int = LIMIT) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        unpack(data, max_bytes)
    return caught.value


@pytest.mark.parametrize("data", [BODY, PACKED, PACKED_IN_TWO])
def test_raw_one_member_and_two_members_give_the_same_bytes(data: bytes) -> None:
    assert unpack(data, LIMIT) == (BODY, ())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (PACKED[:2], "gzip_truncated"),
        (PACKED[: len(PACKED) // 2], "gzip_truncated"),
        (PACKED[:-8], "gzip_truncated"),
        (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "gzip_crc"),
        (PACKED[:-4] + b"\0\0\0\0", "gzip_crc"),
        (PACKED[:12] + b"\xff\xff\xff" + PACKED[15:], "gzip_crc"),
        (PACKED + b"\n", "trailing_data"),
        (PACKED + b"\0" * 512, "trailing_data"),
        (PACKED + PACKED[:20], "gzip_truncated"),
    ],
)
def test_damage_is_refused_by_name(data: bytes, code: str) -> None:
    error = refusal(data)
    assert error.code == code
    assert error.cure


def test_twice_compressed_is_unpacked_and_doubted() -> None:
    data, findings = unpack(gzip.compress(PACKED), LIMIT)
    assert data == BODY
    assert [finding.code for finding in findings] == ["double_gzip"]


def test_trailing_data_names_the_byte_where_the_stream_ends() -> None:
    assert f"{len(PACKED):,}" in refusal(PACKED + b"xyz").message


@pytest.mark.parametrize("data", [BODY, PACKED])
def test_the_limit_is_exact(data: bytes) -> None:
    assert unpack(data, len(BODY))[0] == BODY
    assert refusal(data, len(BODY) - 1).code == "too_large"


def test_input_longer_than_a_read_chunk() -> None:
    body = bytes(zlib.crc32(str(i).encode()) & 0xFF for i in range(300_000))
    assert unpack(gzip.compress(body), LIMIT)[0] == body


def test_a_file_unpacks_to_no_more_than_its_size_allows() -> None:
    bomb = gzip.compress(bytes(20 << 20), mtime=0)
    assert refusal(bomb, 1 << 30).message.endswith(f"more than {16 << 20:,} bytes")
    noise = b"".join(zlib.crc32(str(i).encode()).to_bytes(4, "big") for i in range(50_000))
    honest = gzip.compress(noise + bytes(17 << 20), mtime=0)
    assert len(unpack(honest, 1 << 30)[0]) == len(noise) + (17 << 20)


def test_the_second_layer_of_a_bomb_counts_from_the_file() -> None:
    twice = gzip.compress(gzip.compress(bytes(200 << 20), mtime=0), mtime=0)
    assert len(twice) < 2_000
    assert refusal(twice, 1 << 30).code == "too_large"
