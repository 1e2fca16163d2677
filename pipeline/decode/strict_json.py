"""JSON without mercy: bytes -> a tree that keeps every rule of the text, and typed access that knows where it stands.

Rules: a wrong number is worse than a missing one. Refused with `bad_json` and a JSON pointer to the place: text that is
not JSON, NaN and infinities, numbers beyond a double, a key that stands twice, lone surrogates, nesting deeper than 64,
values of the wrong type, negative numbers where none can be. A pointer may hold keys of a hostile file, so it is cut
and kept printable.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pipeline.errors import DecodeError

MAX_BYTES: Final = 16 << 20
MAX_DEPTH: Final = 64
_MAX_COUNT: Final = 2**53
_CURE: Final = "Write the result again with the load generator; a file cut short or edited by hand cannot be trusted."


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands in the parsed tree where the text broke a rule, until the walk finds it and knows its pointer."""

    message: str


def bad_json(pointer: str, message: str) -> DecodeError:
    """Make a refusal that names the place."""
    shown = (pointer[:200] + "…" if len(pointer) > 200 else pointer).encode("unicode_escape").decode("ascii")
    return DecodeError("bad_json", f"Load test result, at {shown or 'the top'}: {message}.", cure=_CURE)


def parse_json(data: bytes) -> Node:
    """Parse one JSON text. Raises DecodeError `bad_json`."""
    tree = _parse(data, "")
    for pointer, value in _walk(tree):
        if isinstance(value, _Fault):
            raise bad_json(pointer, value.message)
        if isinstance(value, str) and not _is_text(value):
            raise bad_json(pointer, "a text holds half a surrogate pair")
    return Node(tree)


def parse_line(data: bytes, at: str) -> Node:
    """Parse a line of a stream, ``at`` its place; of the values that are never read, only the syntax is checked.

    Raises DecodeError `bad_json`.
    """
    return Node(_parse(data, at), at)


def _parse(data: bytes, at: str) -> Any:
    """Parse a text; values that break a rule become faults, which are refused when they are read."""
    if len(data) > MAX_BYTES:
        raise bad_json(at, f"{len(data)} bytes are more than the {MAX_BYTES} a load result may have")
    try:
        return _DECODER.decode(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise bad_json(at, f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise bad_json(at, f"not JSON (line {error.lineno}, column {error.colno}: {error.msg})") from error
    except RecursionError as error:
        raise bad_json(at, f"nested deeper than {MAX_DEPTH}") from error


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the tree and its pointer."""

    value: Any
    pointer: str = ""

    def refuse(self, message: str) -> DecodeError:
        """Make the error for a value that breaks a rule."""
        return bad_json(self.pointer, message)

    def has(self, *keys: str) -> bool:
        """Tell whether this is an object with all these keys."""
        return isinstance(self.value, dict) and all(key in self.value for key in keys)

    def get(self, key: str) -> Node | None:
        """Give a member; None where it is missing or null. Raises `bad_json` when this is no object."""
        found = self._object().get(key)
        return None if found is None else Node(found, f"{self.pointer}/{_escape(key)}")

    def need(self, key: str) -> Node:
        """Give a member that must be there."""
        if key not in self._object():
            raise self.refuse(f"lacks {key}")
        return Node(self.value[key], f"{self.pointer}/{_escape(key)}")

    def members(self) -> list[tuple[str, Node]]:
        """Give the members of an object."""
        return [(key, Node(value, f"{self.pointer}/{_escape(key)}")) for key, value in self._object().items()]

    def items(self) -> list[Node]:
        """Give the items of a list."""
        if not isinstance(self.value, list):
            raise self.refuse("must be a list")
        return [Node(value, f"{self.pointer}/{place}") for place, value in enumerate(self.value)]

    def number(self) -> float:
        """Read a number that is not negative."""
        if isinstance(self.value, _Fault):
            raise self.refuse(self.value.message)
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.refuse("must be a number")
        if self.value < 0:
            raise self.refuse("must not be negative")
        return float(self.value)

    def whole(self) -> int:
        """Read a count."""
        number = self.number()
        if not number.is_integer() or number > _MAX_COUNT:
            raise self.refuse("must be a whole number")
        return int(self.value)

    def text(self) -> str:
        """Read a text."""
        if not isinstance(self.value, str):
            raise self.refuse("must be a text")
        return self.value

    def timestamp(self) -> str:
        """Read a date and time, and keep its text."""
        text = self.text()
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            raise self.refuse("must be a date and time, as in RFC 3339") from error
        return text

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Read an object of counts, sorted by key."""
        return tuple(sorted((key, node.whole()) for key, node in self.members()))

    def _object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.refuse("must be an object")
        return self.value


def _object(pairs: list[tuple[str, Any]]) -> Any:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Fault("this key stands twice in its object") if key in found else value
    return found


def _float(text: str) -> float | _Fault:
    value = float(text)
    return value if math.isfinite(value) else _Fault("the number is too large")


def _int(text: str) -> int | _Fault:
    return int(text) if len(text) <= 20 else _Fault("the number is too large")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=lambda name: _Fault(f"{name} is not a number"),
    parse_float=_float,
    parse_int=_int,
)


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _walk(tree: Any) -> Iterator[tuple[str, Any]]:
    """Give each value and each key with its pointer, parents first; refuse depth where it is reached."""
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    while waiting:
        pointer, value, depth = waiting.pop()
        yield pointer, value
        if not isinstance(value, dict | list):
            continue
        if depth == MAX_DEPTH:
            raise bad_json(pointer, f"nested deeper than {MAX_DEPTH}")
        if isinstance(value, dict):
            yield from ((pointer, key) for key in value)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        waiting.extend((f"{pointer}/{_escape(str(key))}", item, depth + 1) for key, item in items)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
