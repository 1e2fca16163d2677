r"""Folded stacks out, and back in."""

from __future__ import annotations

from pipeline.decode import decode_profile
from pipeline.decode.folded import decode_folded
from pipeline.render.folded import folded
from tests.builders import pprof_bytes
from tests.decode.frames import stacks

HOSTILE = (
    "F[struct { A int; B int }]",
    "a\\x3bb",
    "a\\x5cb\\x20",
    "[gc]",
    "kernel\t[overlay]",
    "func(int, char) const",
    "x 12",
)


def sums(profile_data: bytes, index: int) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for stack, values in stacks(decode_profile(profile_data)):
        found[stack] = found.get(stack, 0) + values[index]
    return {stack: value for stack, value in found.items() if value}


def test_equal_stacks_are_one_line_and_zeros_stay_out() -> None:
    data = pprof_bytes([(("main", "run"), (1, 10)), (("main",), (2, 0)), (("main", "run"), (3, 30)), ((), (4, 40))])
    assert folded(decode_profile(data), 1) == b"main;run 40\n(no stack) 40\n"
    assert folded(decode_profile(data), 0) == b"main;run 4\nmain 2\n(no stack) 4\n"


def test_what_is_written_is_read_back() -> None:
    data = pprof_bytes([(HOSTILE, (1, -10)), (("main", *HOSTILE[2:]), (2, 2**62)), ((), (3, 1))])
    for index in range(2):
        written = folded(decode_profile(data), index)
        read = decode_folded(written)
        assert {stack: values[0] for stack, values in stacks(read)} == sums(data, index)
        assert folded(read, 0) == written


def test_names_cannot_break_a_line() -> None:
    written = folded(decode_profile(pprof_bytes([(("a\nb;c", "", " d "), (1, 1))])), 0)
    assert written == b"a\\x0ab\\x3bc;(unnamed);d 1\n" or written.count(b"\n") == 1
