"""Tables that compare benchmarks: one for each configuration and unit, with a row for each benchmark.

Rules: a column is what is compared, usually a file; the first is the baseline of the others. A cell without results is
None. Numbers are in base units.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.sample import Significance, Summary


@dataclass(frozen=True, slots=True)
class BenchCell:
    """The results of one benchmark in one column; ``test`` and ``baseline``, its center, where there is a baseline."""

    summary: Summary
    warnings: tuple[str, ...] = ()
    test: Significance | None = None
    baseline: float | None = None


@dataclass(frozen=True, slots=True)
class BenchTotal:
    """All benchmarks of one column: geometric means of the centers and of the ratios to the baseline, if any."""

    geomean: float | None
    ratio: float | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BenchTable:
    """One table: ``header`` is the configuration all of it shares, ``fields`` name what the ``columns`` differ in."""

    header: tuple[tuple[str, str], ...]
    unit: str
    fields: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    rows: tuple[str, ...]
    cells: tuple[tuple[BenchCell | None, ...], ...]
    totals: tuple[BenchTotal, ...]
