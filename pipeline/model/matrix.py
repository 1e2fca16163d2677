"""Several labels against one base, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.metric import Metric
from pipeline.model.verdict import MetricComparison, Outcome


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """One head: its label, the address name of its comparison, what was concluded, and how many runs it has."""

    label: str
    slug: str
    outcome: Outcome
    runs: int


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One metric of one component, with one cell per column (None: not measured on either side).

    ``base`` is the median of the base's runs, None where no run has one.
    """

    metric: Metric
    component: str
    headline: bool
    base: float | None
    cells: tuple[MetricComparison | None, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All comparisons with one base, in the order given: H columns, and the metrics any of them measured as rows."""

    base_label: str
    columns: tuple[MatrixColumn, ...]
    rows: tuple[MatrixRow, ...]
