"""Damage as it happens to files: bytes changed, cut, repeated, spliced with another file, packed again or not."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from tests.decode.test_decode import seeds

PROFILES = Path(__file__).parents[2] / "profiles"
_ODD = (
    b"\n",
    b"99999999999999999999",
    b"0x",
    b"-1",
    b"\xff",
    b"\x00",
    b"\x80" * 10,
    b"\x12\x00",
    b"\x48\x01",
    b"\x1f\x8b",
)

Change = tuple[str, float, int]
"""What to do, where (0 to 1), and a number whose meaning depends on what is done."""

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(("flip", "set", "delete", "repeat", "insert", "cut", "splice")),
        st.floats(0, 1, allow_nan=False),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=5,
)


@cache
def originals() -> tuple[bytes, ...]:
    """Give unpacked real profiles, the first of each name in the demo runs, and small files of each text format."""
    first: dict[str, Path] = {}
    for path in sorted((*PROFILES.glob("*/*/*.prof"), *PROFILES.glob("*/*/*0.pprof"))):
        first.setdefault(path.name, path)
    return (*(gzip.decompress(path.read_bytes()) for path in first.values()), *seeds())


def damaged(data: bytes, changes: Sequence[Change], other: bytes) -> bytes:
    """Apply changes, one after the other."""
    body = bytearray(data)
    for what, where, number in changes:
        at = int(where * len(body))
        length = 1 + number * number // 64
        match what:
            case "flip" if body:
                body[min(at, len(body) - 1)] ^= 1 << number % 8
            case "set":
                body[at : at + 1] = bytes([number])
            case "delete":
                del body[at : at + length]
            case "repeat":
                body[at:at] = body[at : at + length]
            case "insert":
                body[at:at] = _ODD[number % len(_ODD)]
            case "cut":
                del body[at:]
            case "splice":
                body[at:] = other[int(number / 255 * len(other)) :]
    return bytes(body)
