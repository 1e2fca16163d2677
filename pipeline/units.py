"""Units: scale and print a number the way pprof does, and the way our pages do.

Rules: values travel as integers or floats *in the unit of their sample type or metric*; they are scaled only here,
when shown. `scale`, `label`, `scaled_label` and `percentage` follow pprof's measurement rules (binary prefixes,
two decimals, a ``.00`` tail dropped); `show` is the page's form: a space before the unit and SI counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class _Unit:
    name: str
    aliases: tuple[str, ...]
    factor: float


@dataclass(frozen=True, slots=True, eq=False)
class _Family:
    default: _Unit
    units: tuple[_Unit, ...]

    def find(self, unit: str) -> _Unit | None:
        """Find a unit by any of its spellings (any case, optional plural s)."""
        return _find(self, unit)


@lru_cache(maxsize=512)
def _find(family: _Family, unit: str) -> _Unit | None:
    key = unit.lower()
    if len(key) > 2:
        key = key.removesuffix("s")
    return next((known for known in family.units if key in known.aliases), None)


def _byte_unit(power: int, prefix: str, word: str) -> _Unit:
    short = f"{prefix}b".lower()
    return _Unit(f"{prefix}B", (short, f"{prefix}byte".lower(), f"{word}byte"), float(1 << (10 * power)))


_BYTES: Final = _Family(
    _Unit("B", ("b", "byte"), 1.0),
    (
        _Unit("B", ("b", "byte"), 1.0),
        _byte_unit(1, "k", "kilo"),
        _byte_unit(2, "M", "mega"),
        _byte_unit(3, "G", "giga"),
        _byte_unit(4, "T", "tera"),
        _byte_unit(5, "P", "peta"),
    ),
)
_TIME: Final = _Family(
    _Unit("s", (), 1e9),
    (
        _Unit("ns", ("ns", "nanosecond"), 1.0),
        _Unit("us", ("μs", "us", "microsecond"), 1e3),
        _Unit("ms", ("ms", "millisecond"), 1e6),
        _Unit("s", ("s", "sec", "second"), 1e9),
        _Unit("hrs", ("hour", "hr"), 3600e9),
    ),
)
_GCU_PREFIXES: Final = (
    ("n*", "nano", 1e-9),
    ("u*", "micro", 1e-6),
    ("m*", "milli", 1e-3),
    ("", "", 1.0),
    ("k*", "kilo", 1e3),
    ("M*", "mega", 1e6),
    ("G*", "giga", 1e9),
    ("T*", "tera", 1e12),
    ("P*", "peta", 1e15),
)
_GCU: Final = _Family(
    _Unit("GCU", (), 1.0),
    tuple(_Unit(f"{sign}GCU", (f"{word}gcu",), factor) for sign, word, factor in _GCU_PREFIXES),
)
_FAMILIES: Final = (_BYTES, _TIME, _GCU)


@lru_cache(maxsize=512)
def _family_of(unit: str) -> _Family | None:
    return next((family for family in _FAMILIES if family.find(unit)), None)


_SILENT: Final = frozenset({"count", "sample", "unit", "minimum", "auto"})


def _convert(family: _Family, value: float, from_unit: str, to_unit: str) -> tuple[float, str] | None:
    source = family.find(from_unit)
    if source is None:
        return None
    base = value * source.factor
    if to_unit in {"minimum", "auto"}:
        best: _Unit | None = None
        for unit in family.units:
            if (best is None or unit.factor >= best.factor) and base / unit.factor >= 1.0:
                best = unit
        target = best or family.default
    else:
        target = family.find(to_unit) or family.default
    return base / target.factor, target.name


def scale(value: float, from_unit: str, to_unit: str = "auto") -> tuple[float, str]:
    """Convert a value; the unit returned is empty where pprof prints none (counts)."""
    if value < 0:
        positive, unit = scale(-value, from_unit, to_unit)
        return -positive, unit
    family = _family_of(from_unit)
    converted = _convert(family, value, from_unit, to_unit) if family else None
    return converted or (float(value), "" if to_unit in _SILENT else to_unit)


def same_family(first: str, second: str) -> bool:
    """Tell whether two units measure the same thing (bytes, time, GCU) or are spelt the same."""
    return first == second or any(f.find(first) is not None and f.find(second) is not None for f in _FAMILIES)


def scaled_label(value: float, from_unit: str, to_unit: str) -> str:
    """Print a value as pprof does: ``512.50kB``, ``1.20s``, ``0``."""
    scaled, unit = scale(value, from_unit, to_unit)
    text = f"{scaled:.2f}".removesuffix(".00")
    return "0" if text in {"0", "-0"} else text + unit


def label(value: float, unit: str) -> str:
    """Print a value in the unit that suits its size, as pprof does."""
    return scaled_label(value, unit, "auto")


def general(value: float, digits: int) -> str:
    """Print like C's ``%.{digits}g`` (Go writes exponents the same way: at least two digits)."""
    return f"{value:.{digits}g}"


def shortest(value: float) -> str:
    """Print a float as Go's ``%v`` does: the fewest digits that give it back, an exponent below 1e-4 and from 1e21."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e21:
        return format(Decimal(repr(float(value))), "f").removesuffix(".0")
    digits, exponent = f"{Decimal(repr(float(value))):e}".lower().split("e")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}e{int(exponent):+03d}"


@lru_cache(maxsize=1 << 14)
def percentage(value: float, total: float) -> str:
    """Print a share of a total in six columns, as pprof does."""
    ratio = abs(value / total) * 100 if total else 0.0
    if 99.95 <= ratio <= 100.05:
        return "  100%"
    return f"{ratio:5.2f}%" if ratio >= 1.0 else f"{general(ratio, 2):>5}%"


def _group(value: float) -> str:
    """Print a plain number with three significant digits (more when whole) and thousands grouped."""
    size = abs(value)
    if value == int(value) and size < 1e15:
        return f"{int(value):,}"
    if size >= 1:
        return f"{value:,.{0 if size >= 1000 else 1 if size >= 100 else 2}f}"
    return general(value, 3)


def show(value: float | None, unit: str) -> str:
    """Print a value for a page: ``12.4 MB``, ``1.52 ms``, ``48,210``, ``0.35 %``; a dash for no value.

    A rate keeps its denominator: ``bytes/op`` scales the bytes. ``ratio`` is a share of one, shown in percent.
    """
    if value is None:
        return "–"
    if unit == "ratio":
        return f"{_group(value * 100)} %"
    amount_unit, slash, per = unit.partition("/")
    if family := _family_of(amount_unit):
        scaled, name = scale(value, amount_unit, "auto")
        if family is _TIME and name == "s" and 0 < abs(scaled) < 0.01:
            scaled, name = scale(value, amount_unit, "ns")
        return f"{_group(_significant(scaled))} {name}{slash}{per}".strip()
    tail = "" if amount_unit in {"count", ""} else f" {amount_unit}"
    return f"{_group(value)}{tail}{slash}{per}"


def _significant(value: float) -> float:
    """Keep the digits a reader can use: three or four of them."""
    size = abs(value)
    return round(value, 0 if size >= 1000 else 1 if size >= 100 else 2)


def show_delta(base: float | None, head: float | None) -> str:
    """Print a relative change with its sign: ``+12.3 %``, ``−4.1 %``, a dash where it has no meaning."""
    if base is None or head is None or base == 0:
        return "–"
    percent = round((head - base) / abs(base) * 100, 1)
    return f"{'+' if percent > 0 else '−' if percent < 0 else ''}{abs(percent):.1f} %"


def counted(number: int, noun: str) -> str:
    """Say how many: ``1 run``, ``2,000 runs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
