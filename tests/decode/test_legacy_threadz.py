"""Thread profiles: stacks with and without names, repeats, the map."""

from __future__ import annotations

import pytest

from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from tests.decode.frames import stacks

TEXT = b"""--- threadz 1 ---

--- Thread 7f794ab90940 (name: main/14748) stack: ---
  PC:  0x400100: helper(arg *)
  0x400200: main

--- Thread 7f794964e700 (name: a/b/14751) stack: ---
  PC: 0x400100 0x400100 0x400300
      creator: 0x400400
--- Thread 7f7948978700 (name: thread3/14759) stack: ---
  [same as previous thread]
--- Memory map: ---
  00400000-00fcb000: /bin/server
"""


def test_threads_are_samples() -> None:
    profile = decode_profile(TEXT)
    assert str(profile.sample_types[0]) == "thread/count"
    assert stacks(profile) == [(("0x400100", "0x4001ff"), (1,)), (("0x400100", "0x4002ff", "0x4003ff"), (2,))]
    assert profile.mappings[0].file == "/bin/server"


def test_a_thread_heading_alone_is_enough_of_a_header() -> None:
    assert decode_profile(TEXT.partition(b"\n\n")[2]).total(0) == 3


def test_a_thread_without_a_stack_ends_the_list() -> None:
    text = TEXT.replace(b"--- Memory", b"---- no stack trace for 3\n--- Memory")
    assert decode_profile(text).total(0) == 3


@pytest.mark.parametrize(
    "text",
    [
        TEXT.partition(b"--- Memory")[0],
        b"--- threadz 1 ---\n",
        TEXT.replace(b"0x400200", b"0x1ffffffffffffffff"),
        TEXT.replace(b"--- Thread 7f794964e700", b"--- thread 7f794964e700"),
        b"--- threadz 1 ---\n" + b"--- Thread 1 (name: " * 50_000,
    ],
    ids=["no map", "no threads", "large address", "bad heading", "endless heading"],
)
def test_cut_dumps_are_refused(text: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(text)
    assert caught.value.code == "text_corrupt"
