"""Typed access and its pointers; the rules of the text are tested through `decode_load`."""

from __future__ import annotations

import pytest

from pipeline.decode.strict_json import Node, parse_json, parse_line
from pipeline.errors import DecodeError


def test_members_know_where_they_stand() -> None:
    tree = parse_json(b'{"a": [{"b/c": 1, "d": null}]}')
    item = tree.need("a").items()[0]
    assert item.need("b/c").pointer == "/a/0/b~1c"
    assert item.get("d") is None
    assert item.get("e") is None
    assert item.has("b/c", "d")
    assert not item.has("b/c", "e")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda tree: tree.need("x"), "at the top: lacks x"),
        (lambda tree: tree.need("a").items(), "at /a: must be a list"),
        (lambda tree: tree.need("a").members(), "at /a: must be an object"),
        (lambda tree: tree.need("a").text(), "at /a: must be a text"),
        (lambda tree: tree.need("n").number(), "at /n: must not be negative"),
        (lambda tree: tree.need("b").number(), "at /b: must be a number"),
        (lambda tree: tree.need("f").whole(), "at /f: must be a whole number"),
        (lambda tree: tree.need("t").timestamp(), "at /t: must be a date and time"),
        (lambda tree: tree.need("o").counts(), "at /o/k: must be a number"),
    ],
)
def test_a_wrong_type_is_refused_with_its_pointer(read: object, message: str) -> None:
    tree = parse_json(b'{"a": 1, "n": -1, "b": true, "f": 1.5, "t": "noon", "o": {"k": "1"}}')
    with pytest.raises(DecodeError, match=message) as caught:
        read(tree)  # type: ignore[operator]
    assert caught.value.code == "bad_json"


def test_a_line_of_a_stream_is_a_part_of_the_pointer() -> None:
    with pytest.raises(DecodeError, match="at line 3/latency"):
        parse_line(b'{"latency": NaN}', "line 3").need("latency").whole()
    assert Node({}, "line 3").pointer == "line 3"
