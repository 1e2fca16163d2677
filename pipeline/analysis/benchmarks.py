"""Benchmark results of a run: the repeats of each benchmark and unit as one line.

Rules: repeats are results of one name in one package; the center is the median, as benchstat's without assumptions. A
value that is no number takes no part. Nothing is compared here.
"""

from __future__ import annotations

import math
from statistics import median

from pipeline.model.benchmark import BenchmarkFile, BenchmarkSummary


def summarize(file: BenchmarkFile) -> tuple[BenchmarkSummary, ...]:
    """Sum up the repeats of each benchmark and unit, in the order they were first met."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    for result in file.results:
        package = dict(result.config).get("pkg", "")
        units = found.setdefault((package, result.name), {})
        for value in result.values:
            if not math.isnan(value.value):
                units.setdefault(value.unit, []).append(value.value)
    return tuple(
        BenchmarkSummary(
            package=package,
            name=name,
            unit=unit,
            better=file.better(unit),
            center=float(median(values)),
            low=min(values),
            high=max(values),
            count=len(values),
            is_exact=file.is_exact(unit),
        )
        for (package, name), units in found.items()
        for unit, values in units.items()
    )
