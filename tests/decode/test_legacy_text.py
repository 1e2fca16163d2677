"""Lines, numbers and scaling as Go does them."""

from __future__ import annotations

import math

import pytest

from pipeline.decode.legacy_text import Lines, parse_addresses, parse_integer, truncate, unsample, wrap


def test_lines_end_as_in_go() -> None:
    lines = Lines(b"\xef\xbb\xbfone\r\n\n\xff last")
    seen = []
    while lines.advance():
        seen.append((lines.text, lines.unfinished))
    assert seen == [("one", False), ("", False), ("\ufffd last", True)]
    assert lines.text == ""
    assert not Lines(b"").advance()


def test_the_rest_is_the_current_line_and_all_after_it() -> None:
    lines = Lines(b"a\nb\nc\n")
    lines.advance()
    lines.advance()
    assert lines.rest() == b"b\nc"


@pytest.mark.parametrize(
    ("text", "base", "value"), [("12", 10, 12), ("012", 10, 12), ("012", 0, 10), ("0x1f", 0, 31), ("-3", 10, -3)]
)
def test_integers(text: str, base: int, value: int) -> None:
    assert parse_integer(text, base) == value


@pytest.mark.parametrize("text", ["9223372036854775808", "9" * 5000, "089", "", "x"])
def test_integers_that_do_not_fit_are_errors(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_integer(text, 0)


def test_addresses() -> None:
    assert parse_addresses("PC: 0x10 x 0xffffffffffffffff") == [16, 2**64 - 1]
    with pytest.raises(ValueError, match="0x1"):
        parse_addresses("0x1ffffffffffffffff")


def test_integers_wrap_and_floats_saturate_as_in_go() -> None:
    assert wrap(2**63) == -(2**63)
    assert wrap(-5) == -5
    assert truncate(-1.9) == -1
    assert truncate(1e19) == truncate(math.inf) == truncate(math.nan) == -(2**63)


def test_sampling_is_undone_by_the_probability_of_being_sampled() -> None:
    scale = 1 / (1 - math.exp(-1))
    assert unsample(10, 10 * 4096, 4096) == (int(10 * scale), int(40960 * scale))
    assert unsample(10, 10, 1) == (10, 10)
    assert unsample(3, 0, 4096) == (0, 0)
    assert unsample(-1, 10**9, 2) == (0, 0)
