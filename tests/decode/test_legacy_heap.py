"""Text heap profiles: headers, scaling, block sizes, symbols."""

from __future__ import annotations

import pytest

from pipeline.decode import decode_profile
from pipeline.decode.legacy_heap import decode_heap_text
from pipeline.errors import DecodeError
from tests.decode.frames import codes, labels, stacks

GO = b"""heap profile: 2: 2048 [4: 8192] @ heap/2
1: 1024 [2: 4096] @ 0x11 0x21 0x31
#	0x20	main.(*T[...]).inner+0x5	/src/a.go:7
#	0x20	main.outer+0x9	/src/a.go:9
#	0x30	main.main+0x1	/src/main.go:3

1: 1024 [2: 4096] @ 0x21 0x31
0: 0 [1: 64] @
# runtime.MemStats
# Alloc = 1
"""


def test_go_text_has_all_four_types_and_block_sizes() -> None:
    profile = decode_profile(GO)
    assert [str(kind) for kind in profile.sample_types] == [
        "alloc_objects/count",
        "alloc_space/bytes",
        "inuse_objects/count",
        "inuse_space/bytes",
    ]
    assert stacks(profile) == [
        (("0x10", "0x20", "0x30"), (2, 4096, 1, 1024)),
        (("0x20", "0x30"), (2, 4096, 1, 1024)),
        ((), (1, 64, 0, 0)),
    ]
    assert [labels(profile, i) for i in range(3)] == [{"bytes": 1024}, {"bytes": 1024}, {"bytes": 64}]
    assert profile.mappings[0].limit == 2**64 - 1
    assert r"runtime\..*" in profile.drop_frames
    assert "panic" in profile.keep_frames


def test_symbols_are_read_on_request_with_inlined_calls() -> None:
    profile = decode_profile(GO, symbolize=True)
    outer = "main.(*T[...]).inner<main.outer"
    assert [frames for frames, _ in stacks(profile)] == [(outer, "main.main"), (outer, "main.main"), ()]
    assert profile.functions.filename == ("/src/a.go", "/src/a.go", "/src/main.go")
    assert profile.locations.line_number.tolist() == [7, 9, 3]
    assert codes(profile) == {"frames_hidden"}


def test_sampled_values_are_scaled_to_what_was_allocated() -> None:
    profile = decode_heap_text(b"heap profile: 1: 512 [0: 0] @ heap_v2/524288\n1: 512 [0: 0] @ 0x10\n")
    assert [str(kind) for kind in profile.sample_types] == ["objects/count", "space/bytes"]
    assert stacks(profile)[0][1] == (1024, 524544)
    assert profile.period == 524288


@pytest.mark.parametrize(
    ("header", "period"),
    [
        (b"heap profile: 1: 512 [ 1: 512] @ growthz\n", 1),
        (b"heap profile: 1: 512 [ 1: 512] @ fragmentationz\n", 1),
        (b"heap profile: 1: 512 [ 1: 512] @ heapprofile\n", 1),
        (b"log: heap profile: 1: 512 [1: 512] @ heap/1048576\n", 524288),
        (b"heap profile: 1: 512 [ 1: 512] @ heapz_v2\n", 0),
    ],
)
def test_headers_say_the_period(header: bytes, period: int) -> None:
    assert decode_heap_text(header).period == period


def test_the_memory_map_is_found() -> None:
    text = (
        b"heap profile: 1: 5 [1: 5] @ heapprofile\n1: 5 [1: 5] @ 0x400010\nMAPPED_LIBRARIES:\n400000-500000 /bin/app\n"
    )
    profile = decode_heap_text(text)
    assert [mapping.file for mapping in profile.mappings] == ["/bin/app"]
    assert profile.locations.mapping.tolist() == [0]


@pytest.mark.parametrize(
    "line",
    [
        b"x: 1 [1: 1] @ 0x1",
        b"0: 5 [0: 0] @ 0x1",
        b"1: 99999999999999999999 [0: 0] @ 0x1",
        b"1: 1 [0: 0] @ 0x1ffffffffffffffff",
        b"1: 1 [0: 0] 0x1",
        b"7" * 200_000,
    ],
)
def test_lines_that_are_no_sample_are_refused_with_their_number(line: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(b"heap profile: 1: 1 [0: 0] @ heap/2\n1: 1 [0: 0] @ 0x1\n" + line)
    assert caught.value.code == "text_corrupt"
    assert "line 3" in caught.value.message


@pytest.mark.parametrize(
    "header", [b"heap profile: 1: 1 [1: 1] @ heapx/1", b"heap profile: 1: 1 [1: 1] @ heap/" + b"9" * 30]
)
def test_unknown_headers_are_refused(header: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(header + b"\n1: 1 [1: 1] @ 0x1\n")
    assert caught.value.code == "text_corrupt"
