"""What the keys of benchstat's options say about a result: filters applied, results projected to keys, keys ordered.

Rules: as golang.org/x/perf/benchproc. ``.config`` stands for all keys of the file and ``.fullname`` for the whole name,
each without the keys that any option names for itself. A missing value is the empty text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.compare.benchsyntax import Field, Filter, Match
from pipeline.model.benchmark import Benchmark, BenchmarkValue

Key = tuple[str, ...]
_PROCS: Final = re.compile(r"(.*)(-[0-9]+)", re.DOTALL | re.ASCII)
_PLAIN: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?|nan", re.ASCII | re.IGNORECASE)
_SCALED: Final = re.compile(r"([0-9.]+)([kKMGTPEZY]i?)?[bB]?")
_PREFIXES: Final = "KMGTPEZY"


@dataclass(frozen=True, slots=True)
class Result:
    """One result line with the label of its file, and those of its values that a filter left."""

    file: str
    benchmark: Benchmark
    values: tuple[BenchmarkValue, ...]


@dataclass(frozen=True, slots=True)
class Projected:
    """Results projected: the names of the flat ``fields``, a key for each result, and how to order keys."""

    fields: tuple[str, ...]
    keys: tuple[Key, ...]
    rank: Callable[[Key], tuple[object, ...]]


def name_parts(name: str) -> tuple[str, tuple[str, ...]]:
    """Split a name: ``Sort/n=10/fast-8`` is (``Sort``, (``/n=10``, ``/fast``, ``-8``)); joined again it is the name."""
    match = _PROCS.fullmatch(name)
    base, *rest = (match[1] if match else name).split("/")
    return base, (*(f"/{part}" for part in rest), *((match[2],) if match else ()))


def value_of(result: Result, key: str) -> str:
    """Look up one key of a result."""
    if key == ".file":
        return result.file
    name = result.benchmark.name
    if key == ".fullname":
        return name
    base, parts = name_parts(name)
    if key == ".name":
        return base
    if key.startswith("/"):
        if key == "/gomaxprocs" and parts and parts[-1].startswith("-"):
            return parts[-1][1:]
        return next((part.removeprefix(f"{key}=") for part in parts if part.startswith(f"{key}=")), "")
    return dict(result.benchmark.config).get(key, "")


def filtered(result: Result, wanted: Filter) -> Result | None:
    """Keep the values of a result that a filter matches; None when there are none."""
    kept = tuple(value for value in result.values if _accepts(result, value, wanted))
    return Result(result.file, result.benchmark, kept) if kept else None


def _accepts(result: Result, value: BenchmarkValue, wanted: Filter) -> bool:
    if isinstance(wanted, Match):
        if wanted.key == ".unit":
            return wanted.accepts(value.unit) or wanted.accepts(value.raw_unit)
        return wanted.accepts(value_of(result, wanted.key))
    if wanted.kind == "not":
        return not _accepts(result, value, wanted.parts[0])
    parts = (_accepts(result, value, part) for part in wanted.parts)
    return all(parts) if wanted.kind == "all" else any(parts)


def in_fixed_orders(result: Result, fields: Iterable[Field]) -> bool:
    """Tell whether a result has one of the values listed, for each key that lists them."""
    return all(value_of(result, field.key) in field.values for field in fields if field.values)


def residue(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Say what no projection names: what results put together may differ in without anyone seeing it."""
    named = {field.key for field in fields}
    return tuple(Field(key) for key in (".config", ".fullname") if key not in named)


def project(results: Sequence[Result], fields: Sequence[Field], all_fields: Sequence[Field]) -> Projected:
    """Project results to keys of ``fields``; ``all_fields`` are those of every option."""
    named = {field.key for field in all_fields}
    flat: list[tuple[str, Field]] = []
    for field in fields:
        names = [field.key]
        if field.key == ".config":
            found = dict.fromkeys(key for result in results for key, _ in result.benchmark.config)
            names = [key for key in found if key not in named]
        flat += [(name, field) for name in names]
    keys = tuple(tuple(_projected(result, name, field, named) for name, field in flat) for result in results)
    ranks = [_ranking(field, dict.fromkeys(key[place] for key in keys)) for place, (_, field) in enumerate(flat)]

    def rank(key: Key) -> tuple[object, ...]:
        return tuple((order(text), text) for order, text in zip(ranks, key, strict=True))

    return Projected(tuple(name for name, _ in flat), keys, rank)


def _projected(result: Result, name: str, field: Field, named: set[str]) -> str:
    if field.key == ".config":
        return dict(result.benchmark.config).get(name, "")
    return _short_name(result.benchmark.name, named) if field.key == ".fullname" else value_of(result, name)


def _short_name(name: str, named: set[str]) -> str:
    """Leave out of a full name what other keys name; the base name then is ``*``."""
    base, parts = name_parts(name)
    left_out = tuple(f"{key}=" for key in named if key.startswith("/"))
    kept = [
        part
        for part in parts
        if not part.startswith(left_out) and not ("/gomaxprocs" in named and part.startswith("-"))
    ]
    return "".join(["*" if ".name" in named else base, *kept])


def _ranking(field: Field, observed: Iterable[str]) -> Callable[[str], tuple[float, ...]]:
    """Make the order of one field's values; equal ranks are ordered by their text."""
    if field.order == "num":
        return _number_rank
    if field.order == "alpha" or field.key == ".config":
        return lambda _: ()
    places = {text: place for place, text in enumerate(field.values or observed)}
    return lambda text: (places.get(text, 0),)


def _number_rank(text: str) -> tuple[float, ...]:
    """Order numbers, ``2k`` and ``1Mi`` among them, before NaN, before other texts."""
    number = _number(text)
    if number is None:
        return (2, 0)
    return (1, 0) if math.isnan(number) else (0, number)


def _number(text: str) -> float | None:
    if _PLAIN.fullmatch(text):
        return float(text)
    match = _SCALED.search(text)
    try:
        number = float(match[1]) if match else None
    except ValueError:
        return None
    if match is None or number is None:
        return None
    prefix = match[2] or ""
    base = 1024.0 if prefix.endswith("i") else 1000.0
    return number * base ** (1 + _PREFIXES.index(prefix[0].upper())) if prefix else number
