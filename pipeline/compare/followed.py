"""What a history keeps of a run: its metrics, and what its functions weigh in the profiles a history follows.

Rules: a profile stands for its kind as in a comparison (`replicates`): allocations, mutex and block profiles are after
minus before, CPU windows add up. Weights are as top tables hold them; a function that is in no table weighs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np

from pipeline.compare.replicates import chosen_profiles
from pipeline.model.history import PER_OPERATION, FunctionTable, RunFacts, RunHistory
from pipeline.model.record import RunRecord
from pipeline.model.run import Environment

FOLLOWED: Final = (
    ("cpu", ("cpu",)),
    ("allocs", ("alloc_space", "alloc_objects")),
    ("heap", ("inuse_space",)),
)
"""Kinds of profile whose functions are followed, and by which sample types."""


def history_of(record: RunRecord) -> RunHistory:
    """Take from a run's record what a history keeps."""
    run = record.run
    environment = run.manifest.environment if run.manifest else Environment()
    facts = RunFacts(
        run.id,
        run.label,
        run.started,
        environment.git_branch,
        environment.git_sha,
        environment.git_dirty,
        failed=_has_failed(record),
    )
    metrics: dict[tuple[str, str], float] = {}
    for one in record.measurements:
        metrics.setdefault((one.component, one.metric), one.value)
    components = sorted({profile.component for profile in record.profiles})
    tables = (
        _table(record, component, kind, sample_type)
        for component in components
        for kind, types in FOLLOWED
        for sample_type in types
    )
    told = tuple((component, metric, value) for (component, metric), value in metrics.items())
    return RunHistory(facts, told, tuple(table for table in tables if table is not None))


def _has_failed(record: RunRecord) -> bool:
    manifest = record.run.manifest
    load = manifest.load if manifest else None
    failed = load is not None and (load.timed_out or load.exit_code not in {0, None})
    return failed or (manifest is not None and manifest.status == "failed")


def _table(record: RunRecord, component: str, kind: str, sample_type: str) -> FunctionTable | None:
    """Add up what a run's functions weigh; None where no profile tells."""
    profiles, operations = chosen_profiles(record, component, kind)
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    total, unit = 0.0, ""
    for profile, sign in profiles:
        for table in profile.tables:
            if table.sample_type.type != sample_type:
                continue
            unit, total = table.sample_type.unit, total + sign * table.total
            for row in table.rows:
                weight = weights[row.name]
                weight[0] += sign * row.flat
                weight[1] += sign * row.cum
    if not weights:
        return None
    names = sorted(weights, key=lambda name: (-abs(weights[name][0]), name))
    columns = np.array([weights[name] for name in names], dtype=np.float64)
    counted = float(operations) if kind in PER_OPERATION else 0.0
    flat, cum = columns[:, 0].copy(), columns[:, 1].copy()
    path = next(profile.path for profile, sign in reversed(profiles) if sign > 0)
    return FunctionTable(component, kind, sample_type, unit, path, float(total), counted, tuple(names), flat, cum)
