"""The one door to Altair and vl-convert: one function per type of chart, its picture as SVG, and vl-convert's bundler.

Rules: a chart's specification is data-free (`NamedData`); rows travel beside it, so a type is defined once. Colours are
CSS variables and ``currentColor``: one picture serves light, dark and print. Labels are never cut (``labelLimit`` 0).
The SVG is deterministic: rounded coordinates, ids from the chart's own key. A chart is small enough for a phone; pages
set several side by side.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.render.encode import visible

CHART_FORMAT: Final = 2
WIDTH: Final = 340
DATA: Final = "rows"
_ROW_HEIGHT: Final = 22
_FONT: Final = "Arial, Helvetica, Liberation Sans, sans-serif"
"""Fonts of one width, so that labels measured here fit where they are shown."""

_INK: Final = "#131a26"
_LIGHT: Final[Mapping[str, str]] = {
    "--pb-base": "#7a8494",
    "--pb-head": "#0b62bd",
    "--pb-grid": "#e6e9ef",
}
"""The light colours of the sheet (assets/css/page.css), for pictures that no sheet reaches."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ChartData:
    """What one chart shows: its type, the words on its axes, and its rows (plain JSON values)."""

    kind: str
    x_title: str
    y_title: str
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class DrawnChart:
    """A chart as a page needs it: the picture, and the specification with data for the interactive view."""

    svg: str
    spec: Mapping[str, Any]


def series(x_title: str, y_title: str) -> Any:
    """Values over the snapshots of an interval series. Rows: ``x``, ``value``, ``label``."""
    alt, chart = _chart()
    line = chart.encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(tickCount=6, grid=False)),
        y=alt.Y("value:Q", title=y_title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=4)),
        tooltip=[alt.Tooltip("label:N", title="snapshot")],
    )
    area = line.mark_area(color="var(--pb-c1)", opacity=0.14, line={"color": "var(--pb-c1)", "strokeWidth": 2})
    points = line.mark_point(color="var(--pb-c1)", filled=True, opacity=1, size=22)
    return alt.layer(area, points.interactive(bind_y=False)).properties(height=150)


def strips(x_title: str, y_title: str) -> Any:
    """Every run of both sides as a dot, the medians as ticks. Rows: ``side``, ``order`` (0 base, 1 head), ``value``."""
    alt, chart = _chart()
    colour = alt.Color(
        "order:O", scale=alt.Scale(domain=[0, 1], range=["var(--pb-base)", "var(--pb-head)"]), legend=None
    )
    place = {
        "y": alt.Y("side:N", sort=alt.EncodingSortField("order"), title=y_title or None, axis=_label_axis(alt)),
        "color": colour,
    }
    scale = alt.Scale(zero=False, nice=True, padding=8)
    dots = chart.mark_point(filled=True, size=60, opacity=0.75).encode(
        x=alt.X("value:Q", title=x_title, scale=scale, axis=alt.Axis(tickCount=4)),
        tooltip=[alt.Tooltip("run:N", title="run"), alt.Tooltip("text:N", title="value")],
        **place,
    )
    medians = chart.mark_tick(thickness=2.5, size=20).encode(x=alt.X("median(value):Q", title=x_title), **place)
    return alt.layer(dots, medians).properties(height=alt.Step(30))


_TYPES: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "series": series,
    "strips": strips,
}


def draw(chart: ChartData, *, label: str, cache: MutableMapping[str, str]) -> DrawnChart:
    """Draw a chart, or take it from the cache (key -> JSON text): the key covers data, type and library versions."""
    key = _key(chart, label)
    known = cache.get(key)
    if known is None:
        spec = specification(chart)
        known = json.dumps({"svg": _svg(spec, label, key), "spec": spec}, sort_keys=True, separators=(",", ":"))
        cache[key] = known
    drawn = json.loads(known)
    return DrawnChart(drawn["svg"], drawn["spec"])


def specification(chart: ChartData) -> dict[str, Any]:
    """Make the Vega-Lite specification of a chart with its rows in place."""
    spec = copy.deepcopy(_specification(chart.kind, chart.x_title, chart.y_title))
    spec["datasets"] = {DATA: [{name: _shown(value) for name, value in row.items()} for row in chart.rows]}
    return spec


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) else value


def bundle() -> str:
    """Make the self-hosted script that draws specifications in the browser (``window.vegaEmbed``)."""
    import vl_convert

    make: Any = vl_convert.javascript_bundle  # its stub asks for a snippet, its default is what is meant
    return str(make())


def squeeze_script(text: str) -> str:
    """Print a classic script anew without comments and blanks: parsed and printed by the same bundler; names stay."""
    import vl_convert

    return str(vl_convert.javascript_bundle(text))


def svg_png(svg: str) -> bytes:
    """Draw a picture of ours as a PNG of 1.5 times its size, in the light colours: for places that show no SVG."""
    import vl_convert

    drawn = re.sub(r"var\((--pb-[a-z0-9]+)\)", lambda match: _LIGHT[match[1]], svg.replace("currentColor", _INK))
    return _packed(bytes(vl_convert.svg_to_png(drawn, scale=1.5)))


def _packed(png: bytes) -> bytes:
    """Write the data of a PNG as small as it goes: the library writes it fast, three times as large."""
    at, data, others = 8, b"", list[bytes]()
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : end - 4]
        else:
            others.append(png[at:end])
        at = end
    part = b"IDAT" + zlib.compress(zlib.decompress(data), 9)
    packed = (len(part) - 4).to_bytes(4) + part + zlib.crc32(part).to_bytes(4)
    return b"".join([png[:8], *others[:-1], packed, others[-1]])


@functools.cache
def versions() -> str:
    """Name the libraries a picture depends on, for keys."""
    from importlib.metadata import version

    return f"{CHART_FORMAT}/{version('altair')}/{version('vl-convert-python')}"


def _key(chart: ChartData, label: str) -> str:
    told = [versions(), chart.kind, chart.x_title, chart.y_title, label, [dict(row) for row in chart.rows]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


@functools.cache
def _specification(kind: str, x_title: str, y_title: str) -> dict[str, Any]:
    chart = _TYPES[kind](x_title, y_title)
    spec: dict[str, Any] = _themed(chart).to_dict()
    return spec


def _chart() -> tuple[Any, Any]:
    import altair as alt

    return alt, alt.Chart(alt.NamedData(DATA), width=WIDTH, height=alt.Step(_ROW_HEIGHT))


def _label_axis(alt: Any) -> Any:
    return alt.Axis(domain=False, ticks=False, labelPadding=6, labelLimit=0, grid=False)


def _themed(chart: Any) -> Any:
    import altair as alt

    axis = alt.AxisConfig(
        labelLimit=0,
        titleFontWeight="normal",
        domainColor="var(--pb-axis)",
        tickColor="var(--pb-axis)",
        gridColor="var(--pb-grid)",
        labelColor="currentColor",
        labelFontSize=11,
        titleColor="currentColor",
        titleFontSize=11,
    )
    return chart.configure(background="transparent", font=_FONT, axis=axis, view=alt.ViewConfig(stroke=None), padding=2)


def _svg(spec: Mapping[str, Any], label: str, key: str) -> str:
    import vl_convert

    return tidy_svg(str(vl_convert.vegalite_to_svg(dict(spec))), label, key)


def tidy_svg(svg: str, label: str, key: str) -> str:
    """Make vl-convert's SVG fit a page: one image with one label, scaling, rounded numbers, ids of its own."""
    body = svg[svg.index(">") + 1 :]
    size = re.search(r'viewBox="([^"]*)"', svg)
    box = size[1] if size else "0 0 100 100"
    _, _, width, height = box.split()
    body = re.sub(r' (?:aria-[a-z]+|role|aria-roledescription|class|pointer-events)="[^"]*"', "", body)
    body = re.sub(r'<path [^>]*\bd="(?:M0,0h0v0h0Z)?"[^>]*/>', "", body)
    body = re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), body)
    for place, name in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]*)"', body))):
        # The library counts its ids on from picture to picture; ours start anew in each.
        body = body.replace(f'id="{name}"', f'id="c{key[:8]}-{place}"').replace(
            f"url(#{name})", f"url(#c{key[:8]}-{place})"
        )
    body = body.replace(' opacity="1"', "")
    escaped = label.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    shown = f'role="img" aria-label="{escaped}" width="{width}" height="{height}" viewBox="{box}"'
    opening = f'<svg class="pb-chart__svg" {shown}>'
    return opening + body
