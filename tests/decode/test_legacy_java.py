"""Text profiles of the Java agent: heap, contention, the forms of a symbol."""

from __future__ import annotations

import math

import pytest

from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from tests.decode.frames import labels, stacks

HEAP = b"""--- heapz 1 ---
format = java
resolution = bytes
     524288     2 @ 0x3 0x4
          8     1 @ 0x5 0x6 0x7 0x8

 0x0000003 com.example.A.alloc (A.java:3)
 0x0000004 com.example.Main.main (Main.java:-1)
 0x0000005 memcpy (/lib/x86/libc.so)
 0x0000006 generated stub/JIT
 0x0000007 GC
 0x0000099 unused (U.java:1)
"""
CONTENTION = b"""--- contentionz 1 ---
format = java
resolution = microseconds
sampling period = 100
ms since reset = 60
            14     1 @ 0x3 0x4
 0x3 com.example.Lock.lock (Lock.java:5)
"""


def test_heap() -> None:
    profile = decode_profile(HEAP)
    assert profile.format == "java heap text"
    assert [str(kind) for kind in profile.sample_types] == ["inuse_objects/count", "inuse_space/bytes"]
    assert stacks(profile) == [
        (("com.example.A.alloc", "com.example.Main.main"), (5, int(524288 / (1 - math.exp(-0.5))))),
        (("memcpy", "STUB", "GC", "0x0"), (65536, 524292)),
    ]
    assert profile.functions.filename == ("A.java", "Main.java", "libc.so", "", "")
    assert profile.locations.line_number.tolist() == [3, 0, 0, 0, 0]
    assert profile.locations.address.tolist() == [0] * 6
    assert labels(profile, 0) == {"bytes": 262144}


def test_contention() -> None:
    profile = decode_profile(CONTENTION)
    assert profile.format == "java contention text"
    assert [str(kind) for kind in profile.sample_types] == ["contentions/count", "delay/microseconds"]
    assert stacks(profile) == [(("com.example.Lock.lock", "0x0"), (100, 1400))]
    assert (profile.period, profile.duration_nanos) == (100, 60_000_000)


def test_a_cut_last_sample_is_not_counted() -> None:
    assert len(decode_profile(HEAP[: HEAP.index(b" 0x8") + 2]).samples) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"resolution = bytes\n", b""),
        (b"format = java", b"format = c"),
        (b"resolution", b"colour"),
        (b"524288     2", b"524288     0"),
        (b"524288 ", b"99999999999999999999 "),
        (b" 0x0000003", b" 0x99999999999999999"),
    ],
)
def test_other_files_are_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(HEAP.replace(old, new, 1))
    assert caught.value.code == "text_corrupt"
