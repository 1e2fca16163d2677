"""The history of labels: each metric, and each function that matters, run by run, and where they change for good.

Rules: runs are in the order they started; a run without a start has no place and is left out, and so is one whose load
failed. A function's value is its flat weight as top tables hold it, per operation where the profile counts what
operations cause; a function that is in no table of a run weighs nothing there. Metrics without a better direction are
not searched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from pipeline.compare import stats
from pipeline.compare.changepoints import SHORTEST, Break, find_breaks
from pipeline.compare.replicates import chosen_profiles
from pipeline.model.history import History, HistoryConfig, LabelHistory, Series, Step
from pipeline.model.metric import Metric
from pipeline.model.record import RunRecord

Values = Mapping[int, float]
"""The values of one series: place of the run -> value."""

_FUNCTIONS: Final = (
    ("cpu", ("cpu",)),
    ("allocs", ("alloc_space", "alloc_objects")),
    ("heap", ("inuse_space",)),
)
_PER_OPERATION: Final = frozenset({"cpu", "allocs"})


def find_history(records: Sequence[RunRecord], metrics: Sequence[Metric], limits: HistoryConfig) -> History:
    """Search the runs of every label that has enough of them for lasting changes of ``metrics`` and of functions."""
    labels: list[LabelHistory] = []
    found: list[tuple[Series, Break, Sequence[RunRecord]]] = []
    searched = 0
    for label, runs in _by_label(records):
        kept = runs[-limits.runs :] if limits.runs else []
        if len(kept) < 2 * SHORTEST:
            continue
        series = {**_metric_series(label, kept, metrics), **_function_series(label, kept, limits.share)}
        searched += len(series)
        labels.append(LabelHistory(label, len(kept), len(runs) - len(kept), len(series)))
        found += _search(series, kept, limits.change)
    # A series without a step counts as a test that found nothing: what was searched is paid for.
    quiet = searched - len({series for series, _, _ in found})
    q_values = stats.adjust([*(one.p for _, one, _ in found), *[1.0] * quiet])
    steps = [_step(series, one, runs, q) for (series, one, runs), q in zip(found, q_values, strict=False)]
    return History(tuple(labels), tuple(_in_order(steps)))


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """Proved before candidates, worse before better, newest run first, metrics before functions, heavy ones first."""
    found = sorted(steps, key=lambda one: -abs(one.after - one.before) if one.series.function else 0.0)
    measures = list(dict.fromkeys(one.series.measure for one in steps))
    found.sort(key=lambda one: (bool(one.series.function), measures.index(one.series.measure)))
    found.sort(key=lambda one: one.run, reverse=True)
    return sorted(found, key=lambda one: (not one.certain, one.effect == "better"))


def _by_label(records: Sequence[RunRecord]) -> list[tuple[str, list[RunRecord]]]:
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda one: (one.run.started, one.run.id)):
        if record.run.label and record.run.started and not _has_failed(record):
            groups[record.run.label].append(record)
    return sorted(groups.items())


def _has_failed(record: RunRecord) -> bool:
    manifest = record.run.manifest
    load = manifest.load if manifest else None
    failed = load is not None and (load.timed_out or load.exit_code not in {0, None})
    return failed or (manifest is not None and manifest.status == "failed")


def _metric_series(label: str, runs: Sequence[RunRecord], metrics: Sequence[Metric]) -> dict[Series, Values]:
    known = {metric.name: metric for metric in metrics if metric.better != "none"}
    found: dict[Series, dict[int, float]] = defaultdict(dict)
    for place, run in enumerate(runs):
        for one in run.measurements:
            metric = known.get(one.metric)
            if metric is not None:
                series = Series(label, one.component, metric.name, metric.title, metric.unit, metric.better)
                found[series].setdefault(place, one.value)
    return dict(found)


def _function_series(label: str, runs: Sequence[RunRecord], share: float) -> dict[Series, Values]:
    """Weigh the functions that hold ``share`` of a profile in some run."""
    found: dict[Series, Values] = {}
    components = sorted({profile.component for run in runs for profile in run.profiles})
    for component in components:
        for kind, types in _FUNCTIONS:
            for sample_type in types:
                found |= _functions_of(label, runs, (component, kind, sample_type), share)
    return found


def _functions_of(
    label: str, runs: Sequence[RunRecord], which: tuple[str, str, str], share: float
) -> dict[Series, Values]:
    component, kind, sample_type = which
    rows: dict[int, Mapping[str, float]] = {}
    material: set[str] = set()
    unit = ""
    for place, run in enumerate(runs):
        weights, operations, unit_here = _weigh(run, component, kind, sample_type)
        if not weights or (kind in _PER_OPERATION and not operations):
            continue
        unit = unit_here
        total = sum(value for value in weights.values() if value > 0)
        material |= {name for name, value in weights.items() if value >= share * total > 0}
        scale = operations if kind in _PER_OPERATION else 1.0
        rows[place] = {name: value / scale for name, value in weights.items()}
    shown = f"{unit}/op" if kind in _PER_OPERATION else unit
    return {
        Series(label, component, sample_type, sample_type, shown, "lower", name): {
            place: row.get(name, 0.0) for place, row in rows.items()
        }
        for name in sorted(material)
    }


def _weigh(run: RunRecord, component: str, kind: str, sample_type: str) -> tuple[dict[str, float], float, str]:
    """Add up the flat weights of a run's functions: (weight by name, operations, unit)."""
    profiles, operations = chosen_profiles(run, component, kind)
    weights: dict[str, float] = defaultdict(float)
    unit = ""
    for profile, sign in profiles:
        for table in profile.tables:
            if table.sample_type.type == sample_type:
                unit = table.sample_type.unit
                for row in table.rows:
                    weights[row.name] += sign * row.flat
    return dict(weights), operations, unit


def _search(
    series: Mapping[Series, Values], runs: Sequence[RunRecord], least: float
) -> Iterator[tuple[Series, Break, Sequence[RunRecord]]]:
    """Search the series together that have values in the same runs."""
    groups: dict[tuple[int, ...], list[Series]] = defaultdict(list)
    for one, values in series.items():
        groups[tuple(values)].append(one)
    for places, members in groups.items():
        table = np.array([list(series[one].values()) for one in members], dtype=np.float64)
        taken = [runs[place] for place in places]
        for one, breaks in zip(members, find_breaks(table, least), strict=True):
            yield from ((one, found, taken) for found in breaks)


def _step(series: Series, one: Break, runs: Sequence[RunRecord], q: float) -> Step:
    first = runs[one.at]
    manifest = first.run.manifest
    rises = one.after > one.before
    return Step(
        series=series,
        run=first.run.id,
        previous=runs[one.at - 1].run.id,
        commit=manifest.environment.git_sha if manifest else "",
        before=one.before,
        after=one.after,
        change=one.after / one.before - 1 if one.before else None,
        effect="better" if rises == (series.better == "higher") else "worse",
        runs=one.sizes,
        p=one.p,
        q=q,
        certain=q < stats.ALPHA,
    )
