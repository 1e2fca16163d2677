"""Runs as a history keeps them, for tests: made by hand, small."""

from __future__ import annotations

import numpy as np

from pipeline.model.history import FunctionTable, RunFacts, RunHistory


def functions(
    weights: dict[str, tuple[float, float]], *, total: float = 0.0, operations: float = 100.0, **other: str
) -> FunctionTable:
    """Make a table of CPU time: function -> (flat, cum)."""
    told = {"component": "app", "kind": "cpu", "sample_type": "cpu", "unit": "nanoseconds", "path": "app/cpu.prof"}
    names = tuple(sorted(weights, key=lambda name: (-weights[name][0], name)))
    columns = np.array([weights[name] for name in names], dtype=np.float64).reshape(-1, 2)
    return FunctionTable(
        **(told | other), total=total or float(columns[:, 0].sum()), operations=operations, names=names,
        flat=columns[:, 0].copy(), cum=columns[:, 1].copy(),
    )  # fmt: skip


def kept(place: int, label: str = "main", *tables: FunctionTable, rate: float = 100.0, **facts: object) -> RunHistory:
    """Make the history of one run: it started so many minutes after the first."""
    name = f"20261101_10{place:02}00-{label}"
    told = RunFacts(name, label, f"2026-11-01T10:{place:02}:00Z", **facts)
    return RunHistory(told, (("app", "ops_per_sec", rate), ("app", "cpu_per_op", 1 / rate)), tables)
