"""Text contention profiles: cycles to nanoseconds, sampled to all."""

from __future__ import annotations

import pytest

from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from tests.decode.frames import codes, stacks

GO = b"""--- mutex:
cycles/second=2000000000
sampling period=1
4000 3 @ 0x11 0x21
#	0x10	sync.(*Mutex).Unlock+0x12	sync/mutex.go:65
#	0x20	main.main+0x1	/src/main.go:3
"""
CPP = b"""--- contentionz 1 ---
cycles/second = 2000000000
sampling period = 100
ms since reset = 16502830
discarded samples = 0
  4000       27 @ 0x11 0x21
--- Memory map: ---
  00000000-00fcb000: /bin/server
"""


def test_go_text() -> None:
    profile = decode_profile(GO)
    assert [str(kind) for kind in profile.sample_types] == ["contentions/count", "delay/nanoseconds"]
    assert stacks(profile) == [(("0x10", "0x20"), (3, 2000))]
    assert "Unlock" in profile.drop_frames


def test_go_text_with_symbols() -> None:
    profile = decode_profile(GO, symbolize=True)
    assert stacks(profile) == [(("sync.(*Mutex).Unlock", "main.main"), (3, 2000))]
    assert codes(profile) == set()


def test_cpp_text_is_scaled_by_the_sampling_period() -> None:
    profile = decode_profile(CPP)
    assert stacks(profile)[0][1] == (2700, 200_000)
    assert (profile.period, profile.duration_nanos) == (100, 16_502_830_000_000)
    assert profile.mappings[0].file == "/bin/server"
    assert codes(profile) == {"unsymbolized"}


def test_go_text_that_may_be_scaled_twice_is_doubted() -> None:
    profile = decode_profile(GO.replace(b"period=1", b"period=5"), symbolize=True)
    assert stacks(profile)[0][1] == (15, 10_000)
    assert codes(profile) == {"scaled_twice"}


def test_without_attributes_values_stay() -> None:
    assert stacks(decode_profile(b"--- contention:\n4000 3 @ 0x11\n"))[0][1] == (3, 4000)


@pytest.mark.parametrize(
    "line",
    [
        b"format = go",
        b"cycles/second = x",
        b"sampling period = 99999999999999999999",
        b"unknown = 1",
        b"4 @ 0x1",
        b"7" * 99_999,
    ],
)
def test_other_lines_are_refused(line: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(b"--- contentionz 1 ---\n" + line + b"\n1 1 @ 0x1\n")
    assert caught.value.code == "text_corrupt"
