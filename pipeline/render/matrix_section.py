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
    """One head's metric as shown: ``seen`` is a change that is not claimed; ``depth`` 0 (no colour) to 3."""

    text: str
    seen: str
    value: str
    q: str
    href: str
    state: State
    depth: int


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
    """One column's head."""

    label: str
    href: str
    state: State
    runs: str


@dataclass(frozen=True, slots=True)
class MatrixView:
    """One matrix, ready to print."""

    id: str
    base: str
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
        MatrixHead(column.label, href, OUTCOMES[column.outcome], "1 run" if column.runs == 1 else f"{column.runs} runs")
        for column, href in zip(matrix.columns, pages, strict=True)
    )
    return MatrixView(
        id=encode.anchor("matrix", matrix.base_label),
        base=matrix.base_label,
        heads=tuple(heads),
        lines=tuple(_line(row, pages) for row in matrix.rows),
        many_components=len({row.component for row in matrix.rows}) > 1,
    )


def _line(row: MatrixRow, pages: Sequence[str]) -> MatrixLine:
    return MatrixLine(
        title=row.metric.title,
        source=row.metric.source,
        component=row.component,
        direction=DIRECTIONS[row.metric.better][1],
        headline=row.headline,
        base=units.show(row.base, row.metric.unit),
        cells=tuple(_cell(one, href) for one, href in zip(row.cells, pages, strict=True)),
    )


def _cell(one: MetricComparison | None, href: str) -> MatrixCell | None:
    if one is None or not one.head:
        return None
    change = units.show_delta(one.base_center, one.head_center)
    claimed = one.outcome in {"improved", "regressed"}
    both = bool(one.base)
    size = abs(one.delta) if one.delta is not None else float("inf")
    return MatrixCell(
        text=change if claimed else "~" if both else "–",
        seen="" if claimed or not both or change == "–" else change,
        value=units.show(one.head_center, one.metric.unit),
        q="" if one.q is None else f"q {one.q:.3f}",
        href=href,
        state=OUTCOMES[one.outcome],
        depth=1 + sum(size >= depth for depth in _DEPTHS) if claimed else 0,
    )
