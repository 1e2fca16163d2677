"""source.json of a run: read whole, or refused with the place that is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from pipeline.decode.source_store import MAX_BYTES, decode_source
from pipeline.errors import DecodeError
from pipeline.model.source import Extract, SourceFile, SourceStore, StoredFunction

FILE = SourceFile(
    path="a/b.go",
    blob="ab" * 20,
    dirty=False,
    sha256="cd" * 32,
    line_count=9,
    names=("0123456789abcdef",),
    functions=(StoredFunction("m.F", 2, 3),),
    extracts=(Extract(1, ("package m", "\tx")), Extract(5, ("y",))),
)
STORE = SourceStore("ef" * 20, "https://github.com/o/r/blob/{commit}/{path}#L{line}", (FILE,))


def written(**changed: Any) -> bytes:
    return json.dumps(asdict(STORE) | changed).encode()


def with_file(**changed: Any) -> bytes:
    return written(files=[asdict(FILE) | changed])


def test_what_was_written_is_read() -> None:
    assert decode_source(written()) == STORE
    assert decode_source(written()).files[0].numbered() == {1: "package m", 2: "\tx", 5: "y"}
    assert decode_source(written(url="", commit="", files=[])) == SourceStore("", "", ())


def test_text_is_cleaned() -> None:
    store = decode_source(with_file(extracts=[{"first": 1, "lines": ["a\x1b[31m\u202eb\n"]}]))
    assert store.files[0].numbered() == {1: "a\\x1b[31m\\u202eb\\x0a"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not JSON"),
        (b"[]", "must be an object"),
        (b'{"format":1,"format":1}', "stands twice"),
        (b"{" + b" " * MAX_BYTES + b"}", "more than"),
        (written(format=2), "format 2"),
        (written(extra=1), "/extra: is not a known key"),
        (written(commit="HEAD"), "/commit"),
        (written(url="javascript:alert({line})"), "/url"),
        (written(url="https://user:pass@host/{path}"), "/url"),
        (written(url='https://host/{path}" onclick="x'), "/url"),
        (written(url="https://host/{other}"), "/url"),
        (written(files=[asdict(FILE)] * 2001), "more than 2000 files"),
        (with_file(path="/etc/passwd"), "/files/0/path"),
        (with_file(path="a/../../b.go"), "/files/0/path"),
        (with_file(path="a\nb.go"), "/files/0/path"),
        (with_file(dirty=1), "/files/0/dirty"),
        (with_file(blob="x"), "/files/0/blob"),
        (with_file(names=["/home/ann/a.go"]), "/files/0/names/0"),
        (with_file(line_count=4), "/files/0/extracts/1"),
        (with_file(extracts=[{"first": 0, "lines": ["x"]}]), "/files/0/extracts/0"),
        (with_file(extracts=[{"first": 3, "lines": ["x", "y"]}, {"first": 4, "lines": ["z"]}]), "/files/0/extracts/1"),
        (with_file(extracts=[{"first": 1, "lines": [7]}]), "must be a text"),
        (with_file(functions=[{"name": "f", "first": 5, "last": 4}]), "/files/0/functions/0"),
        (with_file(functions=[{"name": "f", "first": 1}]), "lacks last"),
    ],
)
def test_anything_else_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(DecodeError) as raised:
        decode_source(data)
    assert raised.value.code == "bad_source"
    assert raised.value.message.startswith("Stored source, at ")
    assert told in raised.value.message
    assert raised.value.cure
