"""What a rule saw, in words.

Rules: every number has its unit, better and worse are said and never left to a sign.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from pipeline import units
from pipeline.compare.hotspots import Hot
from pipeline.model.rules import Rule
from pipeline.model.verdict import MetricComparison

UNITS: Final[Mapping[str, str]] = {
    "gain": "ratio",
    "loss": "ratio",
    "difference": "ratio",
    "ratio": "times",
    "growth": "times",
    "new_hotspot": "ratio",
    "hotspot": "ratio",
}
"""Unit of a measure: ``ratio`` is a share of one shown in percent, ``times`` a factor; others count or have their
metric's own."""
_SHOWN: Final = 3


def seen(rule: Rule, one: MetricComparison, value: float | None) -> str:
    """Say both medians of a metric and how they differ."""
    unit = one.metric.unit
    base, head = units.show(one.base_center, unit), units.show(one.head_center, unit)
    return f"{one.metric.title} {_change(rule, one, value)}: {base} → {head}"


def _change(rule: Rule, one: MetricComparison, value: float | None) -> str:
    if value is None:
        return "has no better direction"
    if not math.isfinite(value):
        return "came up from nothing"
    if rule.measure == "ratio":
        return f"{value:.3g} times the base's"
    if rule.measure == "difference":
        return f"differs by {percent(value)}"
    base, head = one.base_center or 0.0, one.head_center or 0.0
    if base == head:
        return "is the same"
    better = (head > base) == (one.metric.better == "higher")
    size = abs(head - base) / abs(base) if base else math.inf
    return f"{percent(size)} {'better' if better else 'worse'}"


def percent(share: float) -> str:
    """Write a share of one in percent with up to three digits: ``12.5 %``."""
    return f"{units.general(share * 100, 3)} %"


def largest(title: str, value: float, unit: str, run: str, count: int) -> str:
    """Say the largest value of a side and the run it was seen in."""
    of = f", the largest of {count} runs" if count > 1 else ""
    return f"{title} {units.show(value, unit)} in {run}{of}"


def growth(before: float, after: float, unit: str, run: str) -> str:
    """Say what was there before and after."""
    return f"{units.show(before, unit)} before, {units.show(after, unit)} after, in {run}"


def hotspot(functions: Sequence[Hot], *, new: bool) -> str:
    """Name hot functions with their shares, and the shares they had before."""
    if not functions:
        return "no function became one" if new else "no function was sampled"
    told = [f"{one.name} {percent(one.share)}" + (f" ({_before(one)})" if new else "") for one in functions[:_SHOWN]]
    more = len(functions) - _SHOWN
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _before(one: Hot) -> str:
    return f"{percent(one.before)} before" if one.before else "not seen before"
