"""Churn: what a component allocated against what stayed in use, and the functions that allocated most objects.

Rules: allocation counters only grow, so what a run allocated is after - before, of one process: where they shrank, or a
restart is known, nothing is said. With one profile alone the figures are since the service started, and say so. Values
are pprof's estimates from sampling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from pipeline.analysis.origin import find_origins, find_packages
from pipeline.analysis.source import open_profile
from pipeline.analysis.stacks import add_up, spell_out
from pipeline.model.cost import Churn, ChurnRow, Since
from pipeline.model.metric import Measurement, Metric
from pipeline.model.origin import Origin
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile

METRICS: Final[tuple[Metric, ...]] = (
    Metric("alloc_object_size", "Mean allocation", "bytes", "none", "alloc_space ÷ alloc_objects"),
    Metric("inuse_object_size", "Mean object in use", "bytes", "none", "inuse_space ÷ inuse_objects"),
    Metric("alloc_turnover", "Allocation turnover", "times", "lower", "alloc_space after - before ÷ inuse_space after"),
)
_ROWS: Final = 30

Taken = Sequence[tuple[RawFile, Profile]]
_Flat = tuple[dict[str, tuple[int, int]], dict[str, Origin]]


def measure_churn(component: str, taken: Taken, *, operations: int = 0, module: str = "") -> Churn | None:
    """Say what one component allocated, from its allocs and heap profiles in the order they were taken.

    ``operations`` are those of the load test between the first and the last profile, 0 where unknown. None where no
    profile counts allocations, or they shrank.
    """
    counted = [pair for pair in taken if {"alloc_objects", "alloc_space"} <= _types(pair[1])]
    kind = "allocs" if any(file.kind == "allocs" for file, _ in counted) else "heap"
    counted = [pair for pair in counted if pair[0].kind == kind]
    if not counted:
        return None
    (first_file, first), (last_file, last) = counted[0], counted[-1]
    since: Since = "before" if len(counted) > 1 else "start"
    objects, space = _total(last, "alloc_objects"), _total(last, "alloc_space")
    if since == "before":
        objects, space = objects - _total(first, "alloc_objects"), space - _total(first, "alloc_space")
        if objects < 0 or space < 0:
            return None
    # Heap profiles may have been taken after a collection that was asked for: then in use means live.
    held = [pair for pair in taken if pair[0].kind == "heap" and {"inuse_objects", "inuse_space"} <= _types(pair[1])]
    inuse_file, inuse = (held or counted)[-1]
    rows = _rows(_flat(last, module), _flat(first, module) if since == "before" else ({}, {}))
    evidence = [first_file.path, last_file.path, inuse_file.path]
    return Churn(
        component=component,
        since=since,
        objects=objects,
        size_bytes=space,
        inuse_objects=_total(inuse, "inuse_objects"),
        inuse_bytes=_total(inuse, "inuse_space"),
        operations=operations if since == "before" else 0,
        functions=rows[:_ROWS],
        count=len(rows),
        evidence=tuple(dict.fromkeys(evidence)),
    )


def churn_measurements(churn: Churn) -> list[Measurement]:
    """Give the metrics of a component's churn; the turnover only over a known time."""
    values = [("alloc_object_size", churn.mean_bytes), ("inuse_object_size", churn.inuse_mean_bytes)]
    if churn.since == "before":
        values.append(("alloc_turnover", churn.turnover))
    return [
        Measurement(name, float(value), churn.component, churn.evidence) for name, value in values if value is not None
    ]


def _types(profile: Profile) -> set[str]:
    return {kind.type for kind in profile.sample_types}


def _total(profile: Profile, sample_type: str) -> int:
    return profile.total(profile.sample_index(sample_type)) if sample_type in _types(profile) else 0


def _flat(profile: Profile, module: str) -> _Flat:
    """Give objects and bytes that each function allocated itself, and whose each function is."""
    stacks = spell_out(open_profile(profile))
    columns = [profile.sample_index(name) for name in ("alloc_objects", "alloc_space")]
    filled = stacks.leaf >= 0
    values = stacks.profile.samples.values[:, np.asarray(columns, np.int64)]
    sums = add_up(stacks.leaf[filled], values[filled], len(stacks.names)).tolist()
    packages = find_packages(stacks.names, stacks.files)
    owner = find_origins(packages, stacks.files, module)
    flat = {name: (objects, space) for name, (objects, space) in zip(stacks.names, sums, strict=True) if name}
    return flat, {name: owner[package] for name, package in zip(stacks.names, packages, strict=True)}


def _rows(after: _Flat, before: _Flat) -> tuple[ChurnRow, ...]:
    """List what functions allocated, most objects first, then bytes, then by name."""
    earlier: Mapping[str, tuple[int, int]] = before[0]
    origins = {**before[1], **after[1]}
    rows = []
    for name in after[0].keys() | earlier.keys():
        (objects, space), (old_objects, old_space) = after[0].get(name, (0, 0)), earlier.get(name, (0, 0))
        if objects != old_objects or space != old_space:
            rows.append(ChurnRow(name, origins[name], objects - old_objects, space - old_space))
    return tuple(sorted(rows, key=lambda row: (-row.objects, -row.size_bytes, row.name)))
