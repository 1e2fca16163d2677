"""The picture of a comparison for places that show no page of ours: headline metrics, every run a dot, as PNG. Pure.

Rules: light colours on white with a margin of its own, so that it can be read wherever it is shown. It says what it is
of, the verdict and every change in words; the dots are those of the comparison's page. What has no headline metric on
both sides has no picture.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from pipeline.model.verdict import Comparison
from pipeline.render import encode
from pipeline.render.charts import svg_png
from pipeline.render.compare_page import title_of
from pipeline.render.env import Html, trusted
from pipeline.render.figures import Cache, Figure, strip_figures
from pipeline.render.metric_section import MetricRow, metric_rows
from pipeline.render.state import OUTCOMES

FILE: Final = "runs.png"
"""Its name beside the comparison's page."""

_COLUMN: Final = 340
_ROW: Final = 150
_EDGE: Final = 18
_GAP: Final = 26
_HEAD: Final = 52
_LONGEST: Final = 60
_PICTURE: Final = trusted(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" fill="currentColor" '
    'font-family="Arial, Helvetica, Liberation Sans, sans-serif" font-size="12">'
    '<rect width="100%" height="100%" fill="#fff"/>'
    '<text x="{x}" y="32" font-size="17" font-weight="bold">{title}</text>{parts}</svg>'
)
_PART: Final = trusted(
    '<g transform="translate({x} {y})"><text y="12" font-weight="bold">{title}</text><text y="28">{told}</text>'
    '<g transform="translate(0 36)">{svg}</g></g>'
)


def headline_picture(comparison: Comparison, headline: Sequence[str], cache: Cache) -> bytes:
    """Draw the headline metrics of a comparison as PNG; nothing when none is measured on both sides."""
    svg = headline_svg(comparison, headline, cache)
    return svg_png(svg) if svg else b""


def headline_svg(comparison: Comparison, headline: Sequence[str], cache: Cache) -> str:
    """Draw them as SVG in the page's own colours; empty when there is nothing to draw."""
    figures = strip_figures(comparison, headline, cache)
    if not figures:
        return ""
    rows = {
        encode.anchor("strip", row.compared.component, row.compared.metric.name): row
        for row in metric_rows(comparison, headline)
    }
    columns = min(2, len(figures))
    width = 2 * _EDGE + columns * _COLUMN + (columns - 1) * _GAP
    height = _HEAD + _ROW * -(-len(figures) // columns) + _EDGE
    title = f"{title_of(comparison)}: {OUTCOMES[comparison.outcome].word}"
    parts = [_part(one, rows[one.id], place, columns) for place, one in enumerate(figures)]
    return str(
        _PICTURE.format(
            width=width, height=height, x=_EDGE, title=_short(title, columns), parts=trusted("\n").join(parts)
        )
    )


def version(comparison: Comparison) -> str:
    """Tell pictures of one comparison apart by their runs, for addresses that are remembered by others."""
    runs = " ".join((*comparison.base_runs, "..", *comparison.head_runs))
    return f"{zlib.crc32(runs.encode('utf-8', 'surrogatepass')):08x}"


def _part(figure: Figure, row: MetricRow, place: int, columns: int) -> Html:
    told = f"{row.delta} {row.state.sign} {row.state.word}: {row.pair}"
    return _PART.format(
        x=_EDGE + place % columns * (_COLUMN + _GAP),
        y=_HEAD + place // columns * _ROW,
        title=_short(f"{figure.title}, {row.direction}", 1),
        told=encode.visible(told),
        svg=figure.svg,
    )


def _short(text: str, columns: int) -> str:
    shown = encode.visible(text)
    most = _LONGEST * columns
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
