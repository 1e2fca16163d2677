"""The still picture of one metric over the runs of a label, for pages without scripts and for print. Pure.

Rules: runs stand at equal distances, in the order they started; a run without the value has no dot. The axis runs from
the smallest to the largest value shown, which are written beside it. A lasting change is a line across, told in words
below the picture. The picture is our own markup: of a run it holds numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline import units
from pipeline.render import encode
from pipeline.render.env import Html, trusted

WIDTH: Final = 320
HEIGHT: Final = 120
_TOP, _BOTTOM, _SIDE = 18.0, 102.0, 8.0
_MIDDLE: Final = (_TOP + _BOTTOM) / 2
_PICTURE: Final = trusted(
    '<svg class="pb-trend__svg" role="img" aria-label="{label}" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}">{parts}</svg>'
)


def trend_picture(values: Sequence[float | None], unit: str, marks: Sequence[tuple[int, str]], *, label: str) -> Html:
    """Draw the values of runs, the oldest first; ``marks`` are (place of the first run after a change, its tone)."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if not known:
        return trusted("")
    low, high = min(value for _, value in known), max(value for _, value in known)
    parts = [_edge(_TOP, units.show(high, unit), above=True)]
    if low < high:
        parts.append(_edge(_BOTTOM, units.show(low, unit), above=False))
    parts += [_mark(_x(place, len(values)), tone) for place, tone in marks]
    dots = [(_x(place, len(values)), _y(value, low, high)) for place, value in known]
    line = trusted(" ".join(f"{x:g},{y:g}" for x, y in dots))
    parts.append(trusted('<polyline class="pb-trend__line" points="{}"/>').format(line))
    parts += [trusted('<circle class="pb-trend__dot" cx="{:g}" cy="{:g}" r="2"/>').format(x, y) for x, y in dots]
    return _PICTURE.format(label=encode.visible(label), width=WIDTH, height=HEIGHT, parts=trusted("").join(parts))


def _x(place: int, count: int) -> float:
    span = WIDTH - 2 * _SIDE
    return round(_SIDE + (span * place / (count - 1) if count > 1 else span / 2), 1)


def _y(value: float, low: float, high: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low), 1) if low < high else _MIDDLE


def _edge(y: float, text: str, *, above: bool) -> Html:
    written = trusted('<text class="pb-trend__text" x="0" y="{:g}">{}</text>').format(y - 5 if above else y + 13, text)
    return trusted('<line class="pb-trend__grid" x1="0" x2="{}" y1="{:g}" y2="{:g}"/>').format(WIDTH, y, y) + written


def _mark(x: float, tone: str) -> Html:
    pattern = trusted('<line class="pb-trend__mark pb-tone-{}" x1="{:g}" x2="{:g}" y1="{:g}" y2="{:g}"/>')
    return pattern.format(tone, x, x, _TOP - 4, _BOTTOM + 4)
