"""The matrix of several labels against one base: a heat map that is read without colour as well. Pure.

Rules: a cell says in a sign and a word what its comparison concluded; colour and its depth only repeat that. A change
that is not claimed stands in brackets behind ``~`` and has no colour. Each cell leads to its comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.matrix import Matrix, MatrixRow
from pipeline.model.verdict import MetricComparison
from pipeline.render import encode, links
from pipeline.render.state import DIRECTIONS, OUTCOMES, State

_DEPTHS: Final = (0.1, 0.3)
"""Relative changes from which a cell is drawn one step deeper."""


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One head's metric as shown: ``seen`` is a change that is not claimed; ``depth`` 0 (no colour) to 3; ``proof`` is
    p and the runs of both sides. ``best``: the largest claimed improvement of its line, of two or more.
    """

    text: str
    seen: str
    value: str
    q: str
    href: str
    state: State
    depth: int
    proof: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One metric of the matrix."""

    title: str
    source: str
    component: str
    direction: str
    headline: bool
    base: str
    cells: tuple[MatrixCell | None, ...]


@dataclass(frozen=True, slots=True)
class MatrixHead:
    """One column's head; ``place`` is its column."""

    label: str
    href: str
    state: State
    runs: str
    place: int = 0


@dataclass(frozen=True, slots=True)
class MatrixView:
    """One matrix, ready to print; ``href`` leads to the page of its own."""

    id: str
    base: str
    href: str
    heads: tuple[MatrixHead, ...]
    lines: tuple[MatrixLine, ...]
    many_components: bool


def matrix_views(matrices: Sequence[Matrix], *, root: str) -> tuple[MatrixView, ...]:
    """Prepare the matrices for a page whose way to the site's root is ``root``."""
    return tuple(_view(one, root) for one in matrices)


def _view(matrix: Matrix, root: str) -> MatrixView:
    pages = [
        links.to_page(links.compared_page(matrix.base_label, column.label), root=root) for column in matrix.columns
    ]
    heads = (
        MatrixHead(column.label, pages[at], OUTCOMES[column.outcome], units.counted(column.runs, "run"), at)
        for at, column in enumerate(matrix.columns)
    )
    return MatrixView(
        id=encode.anchor("matrix", matrix.base_label),
        base=matrix.base_label,
        href=links.to_page(links.matrix_page(matrix.base_label), root=root),
        heads=tuple(heads),
        lines=tuple(_line(row, pages) for row in matrix.rows),
        many_components=len({row.component for row in matrix.rows}) > 1,
    )


def _line(row: MatrixRow, pages: Sequence[str]) -> MatrixLine:
    best = _best(row.cells)
    return MatrixLine(
        title=row.metric.title,
        source=row.metric.source,
        component=row.component,
        direction=DIRECTIONS[row.metric.better][1],
        headline=row.headline,
        base=units.show(row.base, row.metric.unit),
        cells=tuple(_cell(one, href, best) for one, href in zip(row.cells, pages, strict=True)),
    )


def _best(cells: Sequence[MetricComparison | None]) -> float | None:
    """Find the largest claimed improvement; none where fewer than two heads were measured."""
    measured = [one for one in cells if one is not None and one.head]
    sizes = [_size(one) for one in measured if one.outcome == "improved"]
    return max(sizes, default=None) if len(measured) > 1 else None


def _size(one: MetricComparison) -> float:
    return abs(one.delta) if one.delta is not None else float("inf")


def _cell(one: MetricComparison | None, href: str, best: float | None) -> MatrixCell | None:
    if one is None or not one.head:
        return None
    change = units.show_delta(one.base_center, one.head_center)
    claimed = one.outcome in {"improved", "regressed"}
    both = bool(one.base)
    size = _size(one)
    return MatrixCell(
        text=change if claimed else "~" if both else "–",
        seen="" if claimed or not both or change == "–" else change,
        value=units.show(one.head_center, one.metric.unit),
        q="" if one.q is None else f"q {one.q:.3f}",
        href=href,
        state=OUTCOMES[one.outcome],
        depth=1 + sum(size >= depth for depth in _DEPTHS) if claimed else 0,
        proof=f"p {one.p:.3f}, runs {len(one.base)} and {len(one.head)}" if one.q is not None else "",
        best=one.outcome == "improved" and size == best,
    )
