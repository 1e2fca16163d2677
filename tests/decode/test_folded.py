r"""Folded stacks: what is one, what is not, and names that hold a semicolon."""

from __future__ import annotations

import pytest

from pipeline.decode import decode_profile
from pipeline.decode.folded import decode_folded
from pipeline.decode.sniff import FOLDED, sniff
from pipeline.errors import DecodeError
from tests.decode.frames import codes, stacks

STACKS = (
    b"main.main;main.run;net.(*conn).Read 12\nmain.main;main.run 3\nmain.main;main.run;net.(*conn).Read 5\n\n[gc] 1\n"
)


def test_stacks_are_read_root_first() -> None:
    profile = decode_profile(STACKS)
    assert profile.format == "folded"
    assert [str(kind) for kind in profile.sample_types] == ["samples/count"]
    assert stacks(profile) == [
        (("net.(*conn).Read", "main.run", "main.main"), (12,)),
        (("main.run", "main.main"), (3,)),
        (("net.(*conn).Read", "main.run", "main.main"), (5,)),
        (("[gc]",), (1,)),
    ]
    assert len(profile.functions) == 4
    assert profile.findings == ()


@pytest.mark.parametrize(
    "data",
    [
        b"a;b 1",
        b"a;b 1\r\nc 2\r\n",
        b"\xef\xbb\xbfa;b\t1\n",
        b"[unknown];func(int, char) const 7\n",
        b"<alloc::vec::Vec<T> as Drop>::drop;x 1\n",
        b"a;b -5\nc;d 5\n",
        b"a;b 1\n" * 10_000 + b"a;b",
    ],
)
def test_folded_stacks_are_recognised_by_content(data: bytes) -> None:
    assert sniff(data) == FOLDED


@pytest.mark.parametrize(
    "data",
    [
        b"ok 200\n",
        b"error; code 500\n",
        b"size 12345\nmode 3\n",
        b"a;b 1\nno number\nc;d 2\n",
        b"a;b 1.5\n",
        b"<!doctype html><p>a;b 5\n<p>\n</html>\n",
        b'{"a;b": 5\n}\n',
        b"goroutine profile: total 3\n3 @ 0x1\n",
    ],
)
def test_other_texts_are_not(data: bytes) -> None:
    assert sniff(data) != FOLDED


def test_a_semicolon_inside_a_name_is_read_back() -> None:
    ((stack, _),) = stacks(decode_folded(rb"root;F[struct { A int\x3b B int }];a\x5cx3bb;c\x1bd 1"))
    assert stack == ("c\\x1bd", "a\\x3bb", "F[struct { A int; B int }]", "root")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a;b 1\na;b\n", 2),
        (b"a;b 1\na;b x\n", 2),
        (b"a;b 1\n12\n", 2),
        (b"a;;b 1\n", 1),
        (b";a 1\n", 1),
        (b"a; 1\n", 1),
        (b"a;b 1.5\n", 1),
        (b"a;b \xd9\xa1\n", 1),
        (b"F[struct { A int; B int }];x 1\n", 1),
        (b"a;b 9223372036854775808\n", 1),
        (b"a;b 1" + b"0" * 5000, 1),
    ],
)
def test_a_line_that_is_no_stack_refuses_the_file(data: bytes, line: int) -> None:
    with pytest.raises(DecodeError, match=f"line {line} is no stack") as caught:
        decode_folded(data)
    assert caught.value.code == "text_corrupt"
    assert len(caught.value.message) < 200


def test_a_difference_of_two_profiles_is_refused() -> None:
    with pytest.raises(DecodeError, match="ends with two numbers"):
        decode_folded(b"a;b 1 2\na;c 3 4\n")
    assert decode_folded(b"a;b 1 2\na;c 3\n").total(0) == 5


def test_an_empty_stack_and_names_that_need_cleaning() -> None:
    profile = decode_folded(b"(no stack) 4\na\x1b[2J;b 1\n")
    assert stacks(profile) == [((), (4,)), (("b", "a\\x1b[2J"), (1,))]
    assert codes(profile) == {"text_cleaned"}


def test_a_line_of_blanks_costs_no_time() -> None:
    with pytest.raises(DecodeError):
        decode_folded(b"a;b" + b" " * 1_000_000 + b"x")
