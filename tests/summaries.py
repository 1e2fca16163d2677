"""Summaries of runs for tests of lists, made by hand."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.summary import RunSummary, SummaryMeasurement, SummaryProfile
from pipeline.render.run_cells import cells


def heap(path: str = "service/heap-after.prof", **facts: object) -> SummaryProfile:
    """Make a heap profile's entry."""
    plain = SummaryProfile(path, "service", "heap", "after", None, "0123456789abcdef", "inuse_space", 1 << 20)
    return SummaryProfile(**(plain._asdict() | facts))


def measured(component: str = "service", **values: float) -> tuple[SummaryMeasurement, ...]:
    """Make measurements of one component."""
    return tuple(SummaryMeasurement(name, value, component) for name, value in values.items())


def summary(day: int = 1, label: str = "main", **facts: object) -> RunSummary:
    """Make the summary of the run of a day of January 2026."""
    started = f"2026-01-{day:02}T03:04:05Z"
    plain = RunSummary(
        id=f"202601{day:02}_030405-{label}",
        key=f"k{day}",
        label=label,
        started=started,
        branch="trunk",
        commit="0123456789abcdef",
        dirty=False,
        components=("service",),
        state="complete",
        errors=0,
        warnings=0,
        measurements=measured(ops_per_sec=100.0 + day, latency_mean=0.002),
        functions=("main.work",),
        profiles=(heap(),),
        cells=(),
    )
    told = replace(plain, **facts)
    return replace(told, cells=cells(told.measurements))
