"""Sparklines: how one number went over the last runs, as a picture the size of a word. Pure.

Rules: a sparkline never stands alone, its numbers are in the text beside it; its label says in words what it shows. The
axis runs from the smallest to the largest value shown, not from 0: it tells whether something moved, not how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.render.encode import visible
from pipeline.render.env import Html, trusted

WIDTH: Final = 96
HEIGHT: Final = 22
_PAD: Final = 3.0
_PICTURE: Final = trusted(
    '<svg class="pb-spark" {label} width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}"><polyline class="pb-spark__line" points="{line}"/>'
    '<circle class="pb-spark__last" cx="{x:g}" cy="{y:g}" r="2.5"/></svg>'
)


def sparkline(values: Sequence[float], *, label: str) -> Html:
    """Draw values from the oldest to the newest, the last one as a dot; nothing of fewer than two.

    Without a ``label`` the text beside it tells all, and the picture is for the eye alone.
    """
    if len(values) < 2:
        return trusted("")
    points = _points(values)
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    x, y = points[-1]
    told = trusted('role="img" aria-label="{}"').format(visible(label)) if label else trusted('aria-hidden="true"')
    return _PICTURE.format(label=told, width=WIDTH, height=HEIGHT, line=line, x=x, y=y)


def _points(values: Sequence[float]) -> list[tuple[float, float]]:
    low, high = min(values), max(values)
    step = (WIDTH - 2 * _PAD) / (len(values) - 1)
    span = high - low
    return [
        (
            round(_PAD + place * step, 1),
            round(_PAD + (1 - ((value - low) / span if span else 0.5)) * (HEIGHT - 2 * _PAD), 1),
        )
        for place, value in enumerate(values)
    ]
