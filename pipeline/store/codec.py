"""Frozen dataclasses to JSON and back, by their type hints. Pure.

Rules: the text is deterministic (sorted keys, compact, ASCII, floats always as floats): equal values are equal bytes.
Tuples are arrays, nested dataclasses objects; a number that is not finite is the string ``nan``, ``inf`` or ``-inf`` in
a float's place. Reading is strict: a wrong type, a missing field or an unknown key is a ValueError that names it;
`from_plain` may be told to collect unknown keys instead.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Value = TypeVar("Value")
Unknown = list[str]
_PLAIN = frozenset({str, int, bool})
_SCALARS = _PLAIN | {float}
_Reader = Callable[[Any, str, Unknown | None], Any]


def dump(value: object) -> bytes:
    """Write a value as deterministic JSON."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def load(data: bytes, kind: type[Value]) -> Value:
    """Read what `dump` wrote; raises ValueError for anything else."""
    plain = json.loads(data.decode(), parse_constant=_refuse)
    try:
        value: Value = _quick(cast("Any", kind))(plain)
    except (_Odd, KeyError, TypeError):
        return from_plain(plain, kind)  # says what is odd, and where
    return value


def to_plain(value: Any) -> Any:
    """Turn a value into objects, lists, strings and numbers."""
    kind: Any = type(value)
    return _writer(kind)(value)


def from_plain(plain: Any, kind: type[Value], unknown: Unknown | None = None) -> Value:
    """Build a value of ``kind``; unknown keys are appended to ``unknown`` when given, else they are a ValueError."""
    value: Value = _reader(cast("Any", kind))(plain, "", unknown)
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    """Choose how values of a type are written; looked up once per type, since a record holds many thousands of them."""
    if issubclass(kind, bool | str | int) or kind is type(None):
        return _as_is
    if issubclass(kind, float):
        return _finite
    if issubclass(kind, tuple | list):
        return _list
    if is_dataclass(kind):
        return _fields(kind)
    raise TypeError(f"{kind.__name__} has no JSON form")


def _as_is(value: Any) -> Any:
    return value


def _finite(value: float) -> Any:
    return value if math.isfinite(value) else str(value)


def _list(value: Sequence[Any]) -> list[Any]:
    return [to_plain(item) for item in value]


def _fields(kind: Any) -> Callable[[Any], Any]:
    hints = _hints(kind)
    floats = [name for name, hint in hints.items() if float in {hint, *get_args(hint)}]

    def write(value: Any) -> dict[str, Any]:
        found = {name: getattr(value, name) for name in hints}
        for name in floats:
            found[name] = _float(found[name])
        for name, item in found.items():
            if type(item) not in _PLAIN:
                found[name] = to_plain(item)
        return found

    return write


def _float(value: Any) -> Any:
    """Write an integer in a float field as a float, so that equal values are equal bytes."""
    return float(value) if type(value) is int else value


@cache
def _reader(hint: Any) -> _Reader:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of(args)
    if origin in {Union, types.UnionType}:
        return _optional(next(arg for arg in args if arg is not type(None)))
    if origin is tuple:
        return _items(args[0]) if args[-1] is Ellipsis else _places(args)
    if is_dataclass(hint):
        return _record(hint)
    if hint is float:
        return _number
    if hint in {str, int, bool}:
        return _plain(hint)
    raise TypeError(f"{hint} has no JSON form")


def _wrong(place: str, wanted: str, found: Any) -> ValueError:
    return ValueError(f"{place or 'document'} must be {wanted}, not {type(found).__name__}")


def _plain(kind: type) -> _Reader:
    def read(plain: Any, place: str, _: Unknown | None) -> Any:
        if type(plain) is not kind:
            raise _wrong(place, kind.__name__, plain)
        return plain

    return read


def _number(plain: Any, place: str, _: Unknown | None) -> float:
    if isinstance(plain, bool) or not (isinstance(plain, int | float) or plain in {"nan", "inf", "-inf"}):
        raise _wrong(place, "a number", plain)
    return float(plain)


def _one_of(choices: tuple[Any, ...]) -> _Reader:
    def read(plain: Any, place: str, _: Unknown | None) -> Any:
        if plain not in choices:
            raise ValueError(f"{place} must be one of {', '.join(map(repr, choices))}")
        return plain

    return read


def _optional(inner: Any) -> _Reader:
    read_inner = _reader(inner)

    def read(plain: Any, place: str, unknown: Unknown | None) -> Any:
        return None if plain is None else read_inner(plain, place, unknown)

    return read


def _items(inner: Any) -> _Reader:
    read_inner = _reader(inner)

    def read(plain: Any, place: str, unknown: Unknown | None) -> Any:
        if not isinstance(plain, list):
            raise _wrong(place, "a list", plain)
        return tuple(read_inner(item, f"{place}/{index}", unknown) for index, item in enumerate(plain))

    return read


def _places(kinds: tuple[Any, ...]) -> _Reader:
    readers = [_reader(kind) for kind in kinds]

    def read(plain: Any, place: str, unknown: Unknown | None) -> Any:
        if not isinstance(plain, list) or len(plain) != len(readers):
            raise _wrong(place, f"a list of {len(readers)}", plain)
        pairs = zip(readers, plain, strict=True)
        return tuple(one(item, f"{place}/{index}", unknown) for index, (one, item) in enumerate(pairs))

    return read


def _record(kind: Any) -> _Reader:
    readers = {name: _reader(hint) for name, hint in _hints(kind).items()}
    required = [field.name for field in fields(kind) if _is_required(field)]

    def read(plain: Any, place: str, unknown: Unknown | None) -> Any:
        if not isinstance(plain, dict):
            raise _wrong(place, "an object", plain)
        missing = [name for name in required if name not in plain]
        strange = [f"{place}/{key}" for key in plain if key not in readers]
        if missing:
            raise ValueError(f"{place or 'document'} lacks {', '.join(missing)}")
        if strange and unknown is None:
            raise ValueError(f"unknown key {strange[0]}")
        if unknown is not None:
            unknown.extend(strange)
        known = {name: one for name, one in readers.items() if name in plain}
        return kind(**{name: one(plain[name], f"{place}/{name}", unknown) for name, one in known.items()})

    return read


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


# --- reading what is as `dump` writes it -------------------------------------------------------------------------


class _Odd(Exception):  # noqa: N818 - not an error: the careful reader has the last word
    """What was read is not just as `dump` writes it."""


@cache
def _quick(hint: Any) -> Callable[[Any], Any]:
    """Make a reader that keeps no places for messages, and knows no missing and no unknown keys."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _quick_choice(frozenset(args))
    if origin in {Union, types.UnionType}:
        inner = _quick(next(arg for arg in args if arg is not type(None)))
        return lambda plain: None if plain is None else inner(plain)
    if origin is tuple:
        return _quick_items(args[0]) if args[-1] is Ellipsis else _quick_places(args)
    if is_dataclass(hint):
        return _quick_record(hint)
    return _quick_number if hint is float else _quick_scalar(hint)


def _quick_choice(choices: frozenset[Any]) -> Callable[[Any], Any]:
    def read(plain: Any) -> Any:
        if plain in choices:
            return plain
        raise _Odd

    return read


def _quick_scalar(kind: type) -> Callable[[Any], Any]:
    def read(plain: Any) -> Any:
        if type(plain) is kind:
            return plain
        raise _Odd

    return read


def _quick_number(plain: Any) -> float:
    if type(plain) is float:
        return plain
    if type(plain) is int or plain in {"nan", "inf", "-inf"}:
        return float(plain)
    raise _Odd


def _quick_items(inner: Any) -> Callable[[Any], Any]:
    one = _quick(inner)

    def read(plain: Any) -> Any:
        if type(plain) is list:
            return tuple([one(item) for item in plain])
        raise _Odd

    def read_scalars(plain: Any) -> Any:
        if type(plain) is list and set(map(type, plain)) <= {inner}:
            return tuple(plain)
        raise _Odd

    return read_scalars if inner in {str, int, bool} else read


def _quick_places(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    readers = [_quick(kind) for kind in kinds]

    def read(plain: Any) -> Any:
        if type(plain) is list and len(plain) == len(readers):
            return tuple([one(item) for one, item in zip(readers, plain, strict=True)])
        raise _Odd

    return read


def _quick_record(kind: Any) -> Callable[[Any], Any]:
    """Read most fields, which are as they are in the text, by one look at the types of all of them."""
    hints = _hints(kind)
    names, count = tuple(hints), len(hints)
    readers = [(place, _quick(hint)) for place, hint in enumerate(hints.values())]
    others = [(place, one) for place, one in readers if hints[names[place]] not in _SCALARS]
    scalars = [name for name in names if hints[name] in _SCALARS]
    types_of_scalars = [hints[name] for name in scalars]

    def read(plain: Any) -> Any:
        if type(plain) is not dict or len(plain) != count:
            raise _Odd
        values = [plain[name] for name in names]
        as_they_are = [type(plain[name]) for name in scalars] == types_of_scalars
        for place, one in others if as_they_are else readers:
            values[place] = one(values[place])
        return kind(*values)

    def read_scalars(plain: Any) -> Any:
        if type(plain) is not dict or len(plain) != count:
            raise _Odd
        values = [plain[name] for name in names]
        if [*map(type, values)] != types_of_scalars:
            values = [one(value) for (_, one), value in zip(readers, values, strict=True)]
        return kind(*values)

    return read if others else read_scalars
