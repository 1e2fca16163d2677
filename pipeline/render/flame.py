"""Flame graphs: the static picture a page shows first.

Rules: everything here is deterministic text made from a ``CallTree``. The picture is a head of the heaviest frames in
which the rest is counted, never silently dropped. Profile text leaves through ``html.escape`` or percent-encoded, and
hidden characters are spelt out. Frames are links that need no script: to their function's row in the table above,
else, where they are wide enough to be hit, to the explorer; `linked` says where these are on a page. Geometry, colours
and short names follow the same formulas as ``site_templates/assets/js/explorer/flame``, which takes the picture over;
the data it does so with is `render.payload`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.model.calltree import CallTree
from pipeline.model.origin import is_runtime
from pipeline.model.profile import Index, Int
from pipeline.render.encode import fragment_value, visible
from pipeline.units import show

HUES: Final = 12
ROW_PIXELS: Final = 20
SMALLEST_SHARE: Final = 0.0025
"""Frames below this share of the total are not drawn in the static picture."""
_VISIBLE_SHARE: Final = 0.0006
"""What a browser still draws at common widths: the picture is as tall as its successor will be."""
_MOST_ROWS: Final = 120
_TEXT_PERCENT: Final = 3.0
"""Boxes narrower than this (percent of the width) get no text: hardly a word would fit."""
_LINK_PERCENT: Final = 16.0
"""Boxes narrower than this lead to a row of the table beside them or nowhere: an address costs more than their name."""


@dataclass(frozen=True, slots=True)
class Head:
    """How much of a profile its picture shows: frames of at least ``share``, the heaviest ``frames`` of them, and no
    more than ``characters`` of markup for them, which bounds the picture whatever names are. Frames
    that no row tells of may lead to the explorer.
    """

    share: float
    frames: int
    characters: int
    has_explorer: bool


LEAD: Final = Head(SMALLEST_SHARE, 80, 11_000, has_explorer=True)
"""The picture of the profile a page is opened for."""
BRIEF: Final = Head(0.01, 16, 4_000, has_explorer=False)
"""The pictures of the profiles beside it."""


def _depths(parent: Index) -> Index:
    """Depth of every node, roots at 0."""
    depths: list[int] = []
    for above in parent.tolist():
        depths.append(depths[above] + 1 if above >= 0 else 0)
    return np.array(depths, dtype=np.int64)


@lru_cache(maxsize=4096)
def short_name(name: str) -> str:
    """Drop the import path's folders, for a box: ``net/http.(*conn).serve`` is ``http.(*conn).serve``."""
    ends = [at for at in map(name.find, "[({< ") if at >= 0]
    return name[name.rfind("/", 0, min(ends, default=len(name))) + 1 :] or name


@lru_cache(maxsize=4096)
def hue(package: str) -> int:
    """Pick one of ``HUES`` colours by the package's FNV-1a hash; -1 (neutral) for the runtime and unknown packages."""
    if not package or is_runtime(package):
        return -1
    state = 0x811C9DC5
    for byte in package.encode("utf-8", "replace"):
        state = (state ^ byte) * 0x01000193 & 0xFFFFFFFF
    return (state ^ state >> 16) % HUES


@dataclass(frozen=True, slots=True)
class _Box:
    """One box of the static picture: percents of the width, a row, and its text. flame.css has what all share."""

    x: float
    width: float
    row: int
    css: str
    title: str
    text: str
    href: str = ""

    def svg(self) -> str:
        left, right = round(self.x, 2), round(self.x + self.width, 2)
        start = f' x="{left:g}%"' if left else ""
        text = f"<text>{escape(self.text)}</text>" if self.width >= _TEXT_PERCENT else ""
        box = (
            f'<svg class="{self.css}"{start} width="{right - left:.4g}%">'
            f"<title>{escape(self.title)}</title><rect/>{text}</svg>"
        )
        # For pointers and lists of links only: hundreds of frames would bar the tab key's way to what follows.
        return f'<a href="{escape(self.href)}" tabindex="-1">{box}</a>' if self.href else box


_ROW_LINK: Final = 'href="#'
_EXPLORER_LINK: Final = 'href="?'


def linked(svg: str, *, rows: str, explorer: str) -> str:
    """Complete the links of a picture: ``rows`` begins the addresses of rows, ``explorer`` one that ends in a name.

    Text cannot be mistaken for a link: its quotation marks are escaped.
    """
    there = f"{_EXPLORER_LINK[:-1]}{escape(explorer)}"
    return svg.replace(_EXPLORER_LINK, there).replace(_ROW_LINK, f"{_ROW_LINK[:-1]}{escape(rows)}")


def flame_svg(tree: CallTree, type_index: int, rows: Sequence[str] = (), *, head: Head = LEAD) -> str:
    """Draw the head of a flame graph, root on top, as inline SVG of any width; an honest sentence when empty.

    Widths are percentages, rows have a fixed height, so text is clipped but never stretched. With negative values
    (a difference of profiles) widths are sums of absolute values. ``rows`` are the functions the table beside it lists,
    in its order; `linked` completes the links.
    """
    kind = tree.sample_types[type_index]
    weight = _weights(tree, type_index)
    total = max(abs(tree.totals[type_index]), int(weight[tree.parent < 0].sum()))
    if total == 0 or len(tree) == 0:
        return _empty_sentence(kind.type, kind.unit, total)
    added_up = int(tree.cum[type_index][tree.parent < 0].sum()) if (tree.flat[type_index] < 0).any() else total
    told = show(added_up, kind.unit)
    picture = _Picture(tree, type_index, weight, total, rows)
    lines, drawn = picture.lines(head, f"total {kind.type}: {told}")
    height = max(picture.visible_rows(), 1 + max(lines))
    about = f"Flame graph of {kind.type}: total {told}, the {drawn:,} heaviest of {len(tree):,} frames."
    content = "".join(
        f'<svg y="{row * ROW_PIXELS}">{"".join(lines[row])}</svg>' if row else "".join(lines[row])
        for row in sorted(lines)
    )
    return (
        f'<svg class="pb-flame-svg" width="100%" height="{height * ROW_PIXELS}" role="group"'
        f' aria-label="{escape(visible(about))}">{content}</svg>'
    )


def _empty_sentence(kind: str, unit: str, total: int) -> str:
    if total:
        text = f"{kind}: {show(total, unit)} was recorded, but without any call stack, so there is nothing to draw."
    else:
        text = f"No flame graph: this profile recorded no {kind}."
    return f'<p class="pb-flame-empty">{escape(visible(text))}</p>'


def _weights(tree: CallTree, type_index: int) -> Int:
    """Width of every node: its cumulative value, or the sum of absolute values below it when some are negative."""
    flat = tree.flat[type_index]
    if not (flat < 0).any():
        cum: Int = tree.cum[type_index]
        return cum
    weights: list[int] = np.abs(flat).tolist()
    parents: list[int] = tree.parent.tolist()
    for node in range(len(weights) - 1, -1, -1):
        if parents[node] >= 0:
            weights[parents[node]] += weights[node]
    return np.array(weights, dtype=np.int64)


class _Picture:
    """The static layout of one sample type; ``weight`` int64[N] are widths, ``total`` the full width."""

    def __init__(self, tree: CallTree, type_index: int, weight: Int, total: int, rows: Sequence[str]) -> None:
        self._tree = tree
        self._rows = {name: place for place, name in reversed(list(enumerate(rows, 1)))}
        self._cum = tree.cum[type_index]
        self._weight = weight
        self._total = total
        self._depth = _depths(tree.parent)

    def visible_rows(self) -> int:
        """Count the rows a browser window would show, the total's included."""
        wide = self._depth[self._weight >= self._total * _VISIBLE_SHARE]
        return min(int(wide.max(initial=0)) + 2, _MOST_ROWS + 2)

    def _heaviest(self, head: Head) -> list[int]:
        """Choose the heaviest frames. With equal weights a parent comes first, so every kept node's parent is kept."""
        wide = (self._weight >= self._total * head.share) & (self._weight > 0) & (self._depth < _MOST_ROWS)
        chosen = np.flatnonzero(wide)
        order = np.argsort(-self._weight[chosen], kind="stable")
        heaviest: list[int] = chosen[order[: head.frames]].tolist()
        return heaviest

    def lines(self, head: Head, title: str) -> tuple[dict[int, list[str]], int]:
        """Lay out the total, the heaviest frames left to right, and for each parent what was not drawn; by row.

        Also tells how many frames were drawn.
        """
        is_kept = np.zeros(len(self._tree) + 1, dtype=bool)
        is_kept[-1] = True  # parent -1 of the roots: the total
        cursor = {-1: 0.0}
        lines = {0: [_Box(0, 100, 0, "t", visible(title), visible(title)).svg()]}
        written = drawn = 0
        for node in self._heaviest(head):
            parent = int(self._tree.parent[node])
            box = self._box(node, cursor[parent], has_explorer=head.has_explorer)
            markup = box.svg()
            written += len(markup)
            if written > head.characters:
                break
            drawn += 1
            is_kept[node] = True
            cursor[parent] += box.width
            cursor[node] = box.x
            lines.setdefault(box.row, []).append(markup)
        for box in self._slivers(is_kept, cursor, head.share):
            lines.setdefault(box.row, []).append(box.svg())
        return lines, drawn

    def _box(self, node: int, x: float, *, has_explorer: bool) -> _Box:
        frame = int(self._tree.frame[node])
        told = self._tree.frames.name[frame]
        name, width = visible(told), int(self._weight[node]) / self._total * 100
        value = int(self._cum[node])
        tone = hue(visible(self._tree.frames.package[frame]))
        marks = (" i" if self._tree.inlined[node] else "") + (" neg" if value < 0 else "")
        return _Box(
            x=x,
            width=width,
            row=int(self._depth[node]) + 1,
            css=f"h{tone if tone >= 0 else 'n'}{marks}",
            title=f"{name}\n{show(value / self._total, 'ratio')}",
            text=short_name(name),
            href=self._href(told, width, has_explorer=has_explorer),
        )

    def _href(self, name: str, width: float, *, has_explorer: bool) -> str:
        if place := self._rows.get(name):
            return f"#{place}"
        return f"?{fragment_value(name)}" if has_explorer and width >= _LINK_PERCENT else ""

    def _slivers(self, is_kept: NDArray[np.bool_], cursor: dict[int, float], least: float) -> list[_Box]:
        """One box per parent for the children too narrow, too many or too deep to be drawn, where together they are
        as wide as a frame has to be. The picture's name says how many frames it shows.
        """
        parent, weight = self._tree.parent, self._weight
        cut = np.flatnonzero(~is_kept[:-1] & is_kept[parent] & (weight > 0))
        slots = parent[cut] + 1
        counts = np.bincount(slots, minlength=1)
        sums = np.bincount(slots, weights=weight[cut].astype(np.float64), minlength=1)
        boxes = []
        for slot in np.flatnonzero((counts > 0) & (sums >= self._total * least)).tolist():
            count, share = int(counts[slot]), float(sums[slot]) / self._total
            text = f"{count:,} more, {show(share, 'ratio')}"
            row = 1 if slot == 0 else int(self._depth[slot - 1]) + 2
            boxes.append(_Box(cursor[slot - 1], share * 100, row, "m", text, text))
        return boxes
