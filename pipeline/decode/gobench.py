"""The Go benchmark format: text of ``go test -bench`` -> results, unit metadata, and the lines that broke.

Rules: lines are read as golang.org/x/perf/benchfmt reads them: ``Benchmark…`` results, ``Unit`` metadata,
``key: value`` configuration that holds until it is changed, and everything else passed over. A bad line is a record
with its number, never a lost file. Units are tidied (``ns`` to ``sec``, ``MB`` to ``B``; never behind a ``/``), also
where the value is 0.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Final

from pipeline.decode.clean import clean_text, excerpt
from pipeline.decode.legacy_text import SPACE
from pipeline.errors import DecodeError
from pipeline.model.benchmark import Benchmark, BenchmarkFile, BenchmarkValue, SyntaxFault, UnitMetadata
from pipeline.model.finding import Finding

_FIELD: Final = re.compile(f"[^{re.escape(SPACE)}]+")
_UNIT_PART: Final = re.compile(f"[*/-]|[{re.escape(SPACE)}]|[^*/{re.escape(SPACE)}-]+")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER: Final = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?)|nan", re.ASCII | re.IGNORECASE
)
_HEX: Final = re.compile(r"[+-]?0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?[0-9]+", re.ASCII | re.IGNORECASE)
_BAD_GROUP: Final = re.compile(r"(?<![0-9])_|_(?![0-9])", re.ASCII)
_BAD_HEX_GROUP: Final = re.compile(r"(?<![0-9a-fx])_|_(?![0-9a-f])", re.ASCII | re.IGNORECASE)
_TIDY: Final = {"ns": ("sec", 1e-9), "MB": ("B", 1e6)}
_RESULT: Final = re.compile(rb"Benchmark\S*[ \t]+[0-9]+[ \t]+[0-9.+-]\S*[ \t]+\S")
_COLOUR: Final = re.compile(rb"\x1b\[[0-9;]*m")
_HEAD: Final = 1 << 18
_INT64: Final = 1 << 63


class _BadLineError(ValueError):
    """The message of a line that cannot be read."""


def decode_gobench(data: bytes) -> BenchmarkFile:
    """Read benchmark results. Raises DecodeError `not_a_benchmark` when no line is one of the format's results."""
    reader = _Reader()
    for number, line in enumerate(_plain(data).split(b"\n"), 1):
        reader.read(number, line.removesuffix(b"\r"))
    if not reader.results and not reader.faults:
        raise DecodeError(
            "not_a_benchmark",
            "no line is a result of a Go benchmark",
            cure="Save what `go test -bench=. -count=6` prints; check that -run and -bench name a benchmark.",
        )
    return BenchmarkFile(
        tuple(reader.results), tuple(reader.units.values()), tuple(reader.faults), _findings(reader.faults)
    )


def is_gobench(data: bytes) -> bool:
    """Tell whether a text holds results of Go benchmarks: a whole result line near its beginning."""
    return any(_RESULT.match(line) for line in _plain(data[:_HEAD]).split(b"\n"))


def _plain(data: bytes) -> bytes:
    """Take out a byte-order mark and the colours that wrappers of ``go test`` print."""
    return _COLOUR.sub(b"", data.removeprefix(b"\xef\xbb\xbf"))


def tidy(value: float, unit: str) -> tuple[float, str]:
    """Bring a value to base units: ``1e9 ns/op`` is ``1 sec/op``, ``5 p50-ns`` is ``5e-9 p50-sec``."""
    parts: list[str] = []
    factor, in_denominator = 1.0, False
    for part in _UNIT_PART.findall(unit):
        in_denominator = part == "/" or (in_denominator and part != "*")
        base, scale = _TIDY.get(part, (part, 1.0)) if not in_denominator else (part, 1.0)
        factor *= scale
        parts.append(base)
    # One product, as benchfmt computes it: dividing by 1e9 gives other last digits, and medians that round otherwise.
    return value * factor, "".join(parts)


class _Reader:
    """The state that lines change: configuration and unit metadata."""

    def __init__(self) -> None:
        self.results: list[Benchmark] = []
        self.units: dict[tuple[str, str], UnitMetadata] = {}
        self.faults: list[SyntaxFault] = []
        self._config: dict[str, str] = {}

    def read(self, number: int, line: bytes) -> None:
        """Read one line."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            if line.startswith((b"Benchmark", b"Unit")):
                self._fault(number, "the line is not UTF-8")
            return
        fields = _FIELD.findall(text)
        try:
            if text.startswith("Benchmark"):
                self.results.append(self._result(number, text, fields))
            elif fields[:1] == ["Unit"] and text.startswith("Unit"):
                self._unit(number, fields[1:])
            else:
                self._configure(text)
        except _BadLineError as error:
            self._fault(number, str(error))

    def _fault(self, number: int, message: str) -> None:
        self.faults.append(SyntaxFault(number, clean_text(message)))

    def _result(self, number: int, text: str, fields: list[str]) -> Benchmark:
        if len(fields) < 2:
            raise _BadLineError("missing iteration count")
        name = "" if text[9:10] in SPACE else fields[0].removeprefix("Benchmark")
        iterations = _iterations(fields[1])
        if len(fields) == 2:
            raise _BadLineError("missing measurements")
        numbers = [_number(field) for field in fields[2::2]]
        if len(fields) % 2:
            raise _BadLineError("missing units")
        pairs = zip(numbers, fields[3::2], strict=True)
        values = tuple(_value(number, clean_text(unit)) for number, unit in pairs)
        return Benchmark(clean_text(name), iterations, values, tuple(self._config.items()), number)

    def _unit(self, number: int, fields: list[str]) -> None:
        """Take each key=value of the line that can be read."""
        if not fields:
            raise _BadLineError("missing unit")
        raw = clean_text(fields[0])
        _, unit = tidy(1, raw)
        for field in fields[1:]:
            key, equals, value = clean_text(field).partition("=")
            known = self.units.get((unit, key))
            if not equals or not key:
                self._fault(number, "expected key=value")
            elif known is None:
                self.units[unit, key] = UnitMetadata(unit, key, value, raw, number)
            elif known.value != value:
                self._fault(number, f"metadata {key} of unit {raw} already set to {known.value}")

    def _configure(self, text: str) -> None:
        """Read ``key: value``; a key begins with a lower-case letter and has neither space nor upper-case letters."""
        key, colon, value = text.partition(":")
        if not colon or not key or unicodedata.category(key[0]) != "Ll":
            return
        if any(character in SPACE or unicodedata.category(character) == "Lu" for character in key):
            return
        if not value:
            self._config.pop(clean_text(key), None)
        elif value[0] in " \t":
            self._set(clean_text(key), clean_text(value.lstrip(" \t")))

    def _set(self, key: str, value: str) -> None:
        if value:
            self._config[key] = value
        else:
            self._config.pop(key, None)


def _value(raw: float, unit: str) -> BenchmarkValue:
    return BenchmarkValue(*tidy(raw, unit), raw, unit)


def _iterations(field: str) -> int:
    if not _INTEGER.fullmatch(field):
        raise _BadLineError("parsing iteration count: invalid syntax")
    value = int(field) if len(field) <= 20 else _INT64
    if not -_INT64 <= value < _INT64:
        raise _BadLineError("parsing iteration count: value out of range")
    return value


def _number(field: str) -> float:
    """Read a number as Go does: decimal, hexadecimal, infinite or NaN, digits grouped, but never too large to hold."""
    bad_group = _BAD_HEX_GROUP if "x" in field.lower() else _BAD_GROUP
    if "_" in field and not bad_group.search(field):
        field = field.replace("_", "")
    if _HEX.fullmatch(field):
        try:
            return float.fromhex(field)
        except OverflowError as error:
            raise _BadLineError("parsing measurement: value out of range") from error
    if not _NUMBER.fullmatch(field):
        raise _BadLineError("parsing measurement: invalid syntax")
    value = float(field)
    if math.isinf(value) and not field.lstrip("+-").lower().startswith("inf"):
        raise _BadLineError("parsing measurement: value out of range")
    return value


def _findings(faults: list[SyntaxFault]) -> tuple[Finding, ...]:
    if not faults:
        return ()
    return (
        Finding(
            "benchmark_lines",
            "warning",
            f"{len(faults)} lines of the benchmark results could not be read and were left out",
            evidence=excerpt(f"line {faults[0].line}: {faults[0].message}"),
            cure="Output of the benchmark itself, or a stopped run, may have cut the lines; run it without -v.",
        ),
    )
