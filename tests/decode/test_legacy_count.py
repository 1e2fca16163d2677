"""Go's count profiles: samples, symbols, labels."""

from __future__ import annotations

import pytest

from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from tests.decode.frames import codes, labels, stacks

TEXT = rb"""goroutine profile: total 8
4 @ 0x43f4f6 0x40a8fb 0x5003d1
# labels: {"tenant":"a \"b\" \xc3\xa9", "x":"1"}
#	0x5003d0	main.worker+0x30			/src/main.go:42

3 @ 0x43f4f6 0x40a8fb
#	0x43f4f5	runtime.gopark+0xd5		/go/src/runtime/proc.go:424
#	0x40a8fa	runtime.chanrecv+0x41a	/go/src/runtime/chan.go:639

1 @ 0x0 0x0
#	0x0
"""


def test_default_is_what_pprof_sees() -> None:
    profile = decode_profile(TEXT)
    assert str(profile.sample_types[0]) == "goroutine/count"
    assert stacks(profile)[0] == (("0x43f4f5", "0x40a8fa", "0x5003d0"), (4,))
    assert len(profile.labels) == 0
    assert profile.total(0) == 8
    assert codes(profile) == {"unsymbolized"}


def test_symbols_and_labels_on_request() -> None:
    profile = decode_profile(TEXT, symbolize=True)
    assert stacks(profile) == [
        (("runtime.gopark", "runtime.chanrecv", "main.worker"), (4,)),
        (("runtime.gopark", "runtime.chanrecv"), (3,)),
        ((), (1,)),
    ]
    assert labels(profile, 0) == {"tenant": 'a "b" é', "x": "1"}
    assert codes(profile) == set()


def test_runtime_frames_named_nowhere_are_cut_and_that_is_said() -> None:
    profile = decode_profile(TEXT.partition(b"3 @")[0].replace(b"total 8", b"total 4"), symbolize=True)
    assert stacks(profile) == [(("main.worker",), (4,))]
    assert codes(profile) == {"frames_hidden"}


def test_old_go_printed_return_addresses() -> None:
    text = b"threadcreate profile: total 1\n1 @ 0x500\n#\t0x500\tmain.main+0x3\t/a.go:1\n"
    assert stacks(decode_profile(text, symbolize=True)) == [(("main.main",), (1,))]


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert decode_profile(b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\r\n")).total(0) == 8


@pytest.mark.parametrize("line", [b"x @ 0x1", b"1 @", b"1 @ 0x1 y", b"1 @ 0x1ffffffffffffffff", b"9" * 30 + b" @ 0x1"])
def test_other_lines_are_refused(line: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(b"goroutine profile: total 1\n" + line + b"\n")
    assert caught.value.code == "text_corrupt"


def test_sections_after_the_samples_are_not_samples() -> None:
    text = b"goroutine profile: total 1\n1 @ 0x400010\n--- Memory map: ---\n400000-500000 /bin/app\n"
    profile = decode_profile(text)
    assert (len(profile.samples), profile.mappings[0].file) == (1, "/bin/app")
