"""Recognition by content, and what is said of files that are no profile."""

from __future__ import annotations

import base64
import gzip

import pytest

from pipeline.decode import decode_profile
from pipeline.decode.sniff import PPROF, sniff
from pipeline.errors import DecodeError
from tests.builders import pprof_bytes, pprof_message

PACKED = pprof_bytes([(("main",), (1, 2))])
RAW = pprof_message([(("main",), (1, 2))]).SerializeToString()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (RAW, PPROF),
        (b"goroutine profile: total 3\n3 @ 0x1\n", "go count text"),
        (b"# comment\n\nthreadcreate profile: total 3\r\n", "go count text"),
        (b"heap profile: 1: 2 [3: 4] @ heap/1048576\n", "heap text"),
        (b"heap profile: 85: 178257920 [ 85: 178257920] @ growthz\n", "heap text"),
        (b"--- mutex:\ncycles/second=1\n", "contention text"),
        (b"--- contentionz 1 ---\ncycles/second = 1\n", "contention text"),
        (b"--- contentionz 1 ---\nformat = java\n", "java contention text"),
        (b"--- heapz 1 ---\nformat = java\n", "java heap text"),
        (b"--- threadz 1 ---\n", "threadz text"),
        (b"goroutine 1 [running]:\nmain.main()\n", "goroutine debug=2"),
        (b"SIGQUIT: quit\nPC=0x1 m=0\n\ngoroutine 7 gp=0xc1 m=nil [select, 3 minutes]:\n", "goroutine debug=2"),
        (b"\xef\xbb\xbfgoroutine 1 [chan receive (leaked)] {a: b}:\r\n", "goroutine debug=2"),
        (b"".join(word.to_bytes(8, "little") for word in (0, 3, 0, 10000, 0)), "legacy cpu"),
        (b"".join(word.to_bytes(4, "big") for word in (0, 3, 1, 10000, 0)), "legacy cpu"),
    ],
)
def test_profiles_are_recognised(data: bytes, kind: str) -> None:
    assert sniff(data) == kind


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html>\n<html><title>404</title>", "an HTML page"),
        (gzip.compress(b"<html><body>502 Bad Gateway", mtime=0), "an HTML page"),
        (b"404 page not found\n", "an error text of the service, not a profile: 404 page not found"),
        (b"Unknown profile\n", "an error text of the service"),
        (b"Could not enable CPU profiling: cpu profiling already in use\n", "one CPU profile runs at a time"),
        (b'{"error": "no upstream"}', "a JSON text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "git lfs pull"),
        (b"go 1.27 trace\x00\x00\x00", "go tool trace"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n" + PACKED, "an HTTP answer"),
        (base64.b64encode(PACKED), "base64"),
        (PACKED.hex().encode(), "a hex dump"),
        (b"\x7fELF\x02\x01\x01\x00", "an ELF program"),
        (b"PK\x03\x04\x14\x00", "a zip archive"),
        (b"\x89PNG\r\n\x1a\n\x00", "a PNG picture"),
        ("goroutine 1 [running]:".encode("utf-16"), "text in UTF-16"),
        (b"\x1f\xef\xbf\xbd\x08\x00", "conversion to UTF-8"),
        (b"\x00" * 1000, "zero bytes"),
        (b" \n\n", "blank"),
        (b"ok", "a text, not a profile: ok"),
    ],
)
def test_everything_else_is_named_for_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(data)
    assert caught.value.code == "not_a_profile"
    assert words in str(caught.value)


def test_the_excerpt_is_short_and_safe() -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(b"error:\x1b[31m " + b"x" * 500)
    assert "\x1b" not in caught.value.message
    assert "\\x1b" in caught.value.message
    assert len(caught.value.message) < 150


@pytest.mark.parametrize(
    "text",
    [
        b"GET http://bob:hunter2@host/debug: refused",
        b"see https://host/a?key=hunter2 for more",
        b'{"token": "hunter2"}',
        b"Authorization: hunter2",
        b"password=hunter2",
    ],
)
def test_the_excerpt_keeps_secrets_to_itself(text: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(text)
    assert "hunter2" not in str(caught.value)


def test_binary_data_that_is_nothing_known_is_a_corrupt_profile() -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(bytes(range(200, 256)) + bytes(range(100)))
    assert caught.value.code == "proto_corrupt"


def test_a_text_profile_with_a_stray_control_byte_is_still_read() -> None:
    profile = decode_profile(b"# \x01\ngoroutine profile: total 1\n1 @ 0x10\n")
    assert profile.format == "go count text"
