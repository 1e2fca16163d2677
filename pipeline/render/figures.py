"""The figures of the pages: a chart's picture, its caption, and the same numbers as a table. Pure.

Rules: no figure without its numbers in words or a table. Values are scaled to one readable unit a figure, which the
axis names.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline import units
from pipeline.model.metric import LoadResult
from pipeline.model.record import ProfileRecord
from pipeline.model.verdict import Comparison, MetricComparison
from pipeline.render import encode
from pipeline.render.charts import ChartData, draw
from pipeline.render.env import Html, trusted
from pipeline.render.strip_picture import draw_strips

_MOST_BUCKETS: Final = 20
_SERIES_TYPES: Final = frozenset({"inuse_space", "alloc_space", "goroutine", "cpu", "goroutineleak"})

Cache = MutableMapping[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: ``rows`` under ``headers`` say what ``svg`` shows; ``spec`` is for the interactive view."""

    id: str
    title: str
    svg: Html
    spec: Any
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """A figure that is its own table: each row a label, a value in words and its share of the largest."""

    id: str
    title: str
    headers: tuple[str, str]
    rows: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """One unit for all values of a figure."""

    factor: float
    unit: str

    def of(self, value: float) -> float:
        return round(value / self.factor, 6)


def load_figures(load: LoadResult, *, prefix: str) -> tuple[Bars, ...]:
    """Draw the latency quantiles and the histogram of a load test, as far as it reported them."""
    made = (_quantiles(load, prefix), _histogram(load, prefix))
    return tuple(figure for figure in made if figure is not None)


def series_figures(profiles: Sequence[ProfileRecord], cache: Cache, *, prefix: str) -> tuple[Figure, ...]:
    """Draw how the totals of one kind of profile went over an interval series (at least two snapshots)."""
    series = sorted((one for one in profiles if one.index is not None), key=lambda one: (one.index or 0, one.path))
    if len(series) < 2:
        return ()
    types = series[-1].sample_types
    shown = [place for place, kind in enumerate(types) if kind.type in _SERIES_TYPES] or [series[-1].default_index]
    return tuple(_series(series, place, cache, prefix) for place in shown)


def strip_figures(comparison: Comparison, headline: Sequence[str], cache: Cache) -> tuple[Figure, ...]:
    """Draw the runs of both sides as dots, one figure for each headline metric measured on both sides."""
    chosen = [one for one in comparison.metrics if one.metric.name in headline and one.base and one.head]
    many = len({one.component for one in chosen}) > 1
    return tuple(_strip(comparison, one, cache, many=many) for one in chosen)


def _quantiles(load: LoadResult, prefix: str) -> Bars | None:
    largest = max((value for _, value in load.quantiles), default=0)
    if largest <= 0:
        return None
    rows = tuple((quantile_name(one), units.show(value, "s"), value / largest) for one, value in load.quantiles)
    return Bars(f"{prefix}-quantiles", "Latency quantiles, as the tool reports them", ("quantile", "latency"), rows)


def _histogram(load: LoadResult, prefix: str) -> Bars | None:
    buckets = _buckets(load.histogram)
    if not buckets:
        return None
    largest = max(count for _, _, count in buckets)
    rows = tuple(
        (f"{units.show(low, 's')} to {units.show(high, 's')}", f"{count:,}", count / largest)
        for low, high, count in buckets
    )
    title = "Latency distribution, operations in each bucket"
    return Bars(f"{prefix}-histogram", title, ("latency", "operations"), rows)


def _buckets(histogram: Sequence[tuple[float, int]]) -> list[tuple[float, float, int]]:
    """Give each bucket its lower bound; drop empty ones at both ends; the first and the open one get finite bounds.

    Neighbours of many are joined, equally many each, so that a screen shows all.
    """
    buckets: list[tuple[float, float, int]] = []
    low = 0.0
    for high, count in histogram:
        if high <= low:
            continue
        upper = low * 2 if math.isinf(high) else high
        buckets.append((low or upper / 2, upper, count))
        low = high
    filled = [place for place, bucket in enumerate(buckets) if bucket[2] > 0]
    shown = buckets[filled[0] : filled[-1] + 1] if filled else []
    step = -(-len(shown) // _MOST_BUCKETS) or 1
    groups = [shown[place : place + step] for place in range(0, len(shown), step)]
    return [(group[0][0], group[-1][1], sum(count for _, _, count in group)) for group in groups]


def _series(series: Sequence[ProfileRecord], place: int, cache: Cache, prefix: str) -> Figure:
    kind = series[-1].sample_types[place]
    values = [one.totals[place] if place < len(one.totals) else 0 for one in series]
    timed = all(one.time_nanos > 0 for one in series)
    start = min(one.time_nanos for one in series)
    scale = _scale(values, kind.unit)
    rows: list[dict[str, Any]] = []
    shown: list[tuple[str, ...]] = []
    for one, value in zip(series, values, strict=True):
        since = (one.time_nanos - start) / 1e9 if timed else float(one.index or 0)
        text = units.show(value, kind.unit)
        at = units.show(since, "s") if timed else "–"
        rows.append({"x": round(since, 3), "value": scale.of(value), "label": f"{one.index}: {text}"})
        shown.append((str(one.index), at, text))
    unit = f" ({scale.unit})" if scale.unit else ""
    x_title = "seconds since the first snapshot" if timed else "snapshot"
    chart = ChartData("series", x_title, f"{kind.type}{unit}", tuple(rows))
    headers = ("snapshot", "since the first", kind.type)
    title = f"{series[-1].kind}: {kind.type} over {len(series)} snapshots"
    return _figure(f"{prefix}-{encode.anchor(kind.type)}", title, chart, headers, tuple(shown), cache)


def _strip(comparison: Comparison, one: MetricComparison, cache: Cache, *, many: bool) -> Figure:
    scale = _scale([*one.base, *one.head], one.metric.unit)
    sides = (
        (comparison.base_label, 0, one.base, comparison.base_runs),
        (comparison.head_label, 1, one.head, comparison.head_runs),
    )
    rows: list[dict[str, Any]] = []
    shown: list[tuple[str, ...]] = []
    for label, order, values, runs in sides:
        names = runs if len(runs) == len(values) else tuple(f"{label} {place + 1}" for place in range(len(values)))
        for name, value in zip(names, values, strict=True):
            text = units.show(value, one.metric.unit)
            side = encode.visible(label)
            rows.append({"side": side, "order": order, "value": scale.of(value), "run": name, "text": text})
            shown.append((label, name, text))
    chart = ChartData(
        "strips", f"{one.metric.title} ({scale.unit})" if scale.unit else one.metric.title, "", tuple(rows)
    )
    title = f"{one.metric.title}, {one.component}" if many else one.metric.title
    identity = encode.anchor("strip", one.component, one.metric.name)
    drawn = draw_strips(chart, label=f"{title}. The numbers follow as a table.", cache=cache)
    return Figure(identity, title, trusted(drawn.svg), drawn.spec, ("label", "run", "value"), tuple(shown))


def _figure(
    identity: str,
    title: str,
    chart: ChartData,
    headers: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    cache: Cache,
) -> Figure:
    drawn = draw(chart, label=f"{title}. The numbers follow as a table.", cache=cache)
    return Figure(identity, title, trusted(drawn.svg), drawn.spec, headers, rows)


def _scale(values: Sequence[float], unit: str) -> _Scale:
    """Choose the unit that suits the largest value; ratios become percent."""
    largest = max((abs(value) for value in values), default=0.0)
    if unit == "ratio":
        return _Scale(0.01, "%")
    amount, slash, per = unit.partition("/")
    if not largest:
        return _Scale(1.0, unit)
    scaled, name = units.scale(largest, amount)
    plain = "" if amount == "count" else amount
    return _Scale(largest / scaled if scaled else 1.0, f"{name or plain}{slash}{per}")


def quantile_name(quantile: float) -> str:
    """Name a quantile as load tools do: p50, p99.9, max."""
    return "max" if quantile >= 1 else f"p{quantile * 100:g}"
