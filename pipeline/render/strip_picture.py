"""The picture of a comparison's runs: every run of both sides as a dot, the medians as ticks, on one axis. Pure.

Rules: our own markup, because a run more draws these anew and the chart library takes a tenth of a second for each. The
interactive view is that of `charts.strips`: its specification is made once, and kept with gaps for title and rows. The
axis runs over the values at hand, not from 0. Labels stand above their dots, so none is cut however long it is.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import MutableMapping
from typing import Any, Final

from pipeline.render import charts
from pipeline.render.charts import ChartData, DrawnChart
from pipeline.render.encode import visible
from pipeline.render.env import Html, trusted

WIDTH: Final = 340
_SIDE: Final = 12.0
_ROW: Final = 38
_LABEL: Final = 12
_DOTS: Final = 25
_FOOT: Final = 34
_TICKS: Final = 4
_TITLE: Final = "{x title}"
_COLOURS: Final = ("var(--pb-base)", "var(--pb-head)")
_PICTURE: Final = trusted(
    '<svg class="pb-chart__svg" role="img" aria-label="{label}" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" font-family="Arial, Helvetica, Liberation Sans, sans-serif" font-size="11" '
    'fill="currentColor">{parts}</svg>'
)
_GRID: Final = trusted('<path d="M{x:g},0V{end}" stroke="var(--pb-grid)"/>')
_TICK: Final = trusted('<text x="{x:g}" y="{y}" text-anchor="middle">{text}</text>')
_SIDE_LABEL: Final = trusted('<text x="0" y="{y}">{text}</text>')
_DOT: Final = trusted(
    '<g><title>{run}: {text}</title><circle cx="{x:g}" cy="{y}" r="4" fill="{colour}" opacity=".75"/></g>'
)
_MEDIAN: Final = trusted('<path d="M{x:g},{top}v20" stroke="{colour}" stroke-width="2.5"/>')


def draw_strips(chart: ChartData, *, label: str, cache: MutableMapping[str, str]) -> DrawnChart:
    """Draw a chart of the type strips; ``cache`` keeps the specification (key -> JSON text)."""
    return DrawnChart(str(_picture(chart, label)), _specification(chart, cache))


def _picture(chart: ChartData, label: str) -> Html:
    values = [float(row["value"]) for row in chart.rows]
    low, high = min(values), max(values)
    if low == high:
        low, high = low - (abs(low) or 1.0) / 10, high + (abs(high) or 1.0) / 10
    scale = (WIDTH - 2 * _SIDE) / (high - low)
    sides = list(dict.fromkeys((row["order"], row["side"]) for row in chart.rows))
    end = _ROW * len(sides)

    def across(value: float) -> float:
        return round(_SIDE + (value - low) * scale, 1)

    parts = [
        part
        for value, text in ticks(low, high)
        for part in (_GRID.format(x=across(value), end=end), _TICK.format(x=across(value), y=end + 13, text=text))
    ]
    for place, (order, side) in enumerate(sorted(sides)):
        top, colour = place * _ROW, _COLOURS[order]
        mine = [row for row in chart.rows if row["order"] == order]
        parts.append(_SIDE_LABEL.format(y=top + _LABEL, text=visible(side)))
        parts += [
            _DOT.format(x=across(row["value"]), y=top + _DOTS, colour=colour, run=visible(row["run"]), text=row["text"])
            for row in mine
        ]
        middle = across(statistics.median(row["value"] for row in mine))
        parts.append(_MEDIAN.format(x=middle, top=top + _DOTS - 10, colour=colour))
    parts.append(_TICK.format(x=WIDTH / 2, y=end + 29, text=visible(chart.x_title)))
    return _PICTURE.format(label=visible(label), width=WIDTH, height=end + _FOOT, parts=trusted("").join(parts))


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Choose round values between two different ones, at most five, and write each with the digits their step needs."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(place * step, f"{place * step:,.{digits}f}".replace("-", "−")) for place in range(first, last + 1)]


def _specification(chart: ChartData, cache: MutableMapping[str, str]) -> dict[str, Any]:
    key = f"strips-{hashlib.sha256(charts.versions().encode()).hexdigest()[:16]}"
    known = cache.get(key)
    if known is None:
        empty = charts.specification(ChartData("strips", _TITLE, "", ()))
        known = cache[key] = json.dumps(empty, sort_keys=True, separators=(",", ":"))
    spec: dict[str, Any] = json.loads(known.replace(json.dumps(_TITLE), json.dumps(visible(chart.x_title))))
    spec["datasets"] = {charts.DATA: [_shown(row) for row in chart.rows]}
    return spec


def _shown(row: Any) -> dict[str, Any]:
    return {name: visible(value) if isinstance(value, str) else value for name, value in row.items()}
