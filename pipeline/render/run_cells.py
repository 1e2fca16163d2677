"""The number columns of the run table, and the numbers of one run for them. Pure.

Rules: they are worded when a run is summarized, once: a list of thousands of runs puts them together and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline import units
from pipeline.model.metric import Measurement
from pipeline.model.summary import Cell, SummaryMeasurement

COLUMNS: Final = (
    ("ops_per_sec", "ops/s", "count", "operations per second, higher is better"),
    ("latency_mean", "mean latency", "seconds", "lower is better"),
    ("alloc_bytes_per_op", "alloc/op", "bytes", "bytes allocated per operation, lower is better"),
    ("heap_inuse_after", "heap in use", "bytes", "live heap after the run, lower is better"),
    ("goroutines_after", "goroutines", "count", "after the run, lower is better"),
)
"""Metric, heading, unit and explanation of each."""


def cells(measurements: Iterable[Measurement | SummaryMeasurement]) -> tuple[Cell, ...]:
    """Word the numbers of a run; of a metric of several components the first is shown."""
    first: dict[str, float] = {}
    for one in measurements:
        first.setdefault(one.metric, one.value)
    return tuple(_cell(first.get(name), unit) for name, _, unit, _ in COLUMNS)


def _cell(value: float | None, unit: str) -> Cell:
    return Cell(units.show(value, unit), "" if value is None else f"{value:.6g}")
