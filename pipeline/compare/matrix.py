"""Many attempts at once: the comparisons that share a base, metric by metric.

Rules: nothing is judged again; a cell is the metric as its own comparison has it. Headline metrics come first.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model.matrix import Matrix, MatrixColumn, MatrixRow
from pipeline.model.verdict import Comparison, MetricComparison

_FEWEST = 2


def matrices(comparisons: Sequence[Comparison], headline: Sequence[str]) -> tuple[Matrix, ...]:
    """Make one matrix for each base label that several heads are compared with."""
    bases = dict.fromkeys(one.base_label for one in comparisons)
    groups = ([one for one in comparisons if one.base_label == base] for base in bases)
    return tuple(_matrix(group, headline) for group in groups if len(group) >= _FEWEST)


def _matrix(group: Sequence[Comparison], headline: Sequence[str]) -> Matrix:
    by_key = [{(one.component, one.metric.name): one for one in comparison.metrics} for comparison in group]
    metrics = {key: one for found in reversed(by_key) for key, one in found.items()}
    order = sorted(metrics, key=lambda key: (key[0], key[1] not in headline))
    rows = (_row(metrics[key], [found.get(key) for found in by_key], key[1] in headline) for key in order)
    columns = (MatrixColumn(one.head_label, one.slug, one.outcome, len(one.head_runs)) for one in group)
    # A metric that is for information only has no better or worse to be drawn.
    return Matrix(group[0].base_label, tuple(columns), tuple(row for row in rows if row.metric.better != "none"))


def _row(one: MetricComparison, cells: Sequence[MetricComparison | None], headline: bool) -> MatrixRow:
    base = next((cell.base_center for cell in cells if cell is not None and cell.base), None)
    return MatrixRow(one.metric, one.component, headline, base, tuple(cells))
