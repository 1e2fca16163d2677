"""Which functions moved between two groups of runs, per operation where the load test tells how many there were.

Rules: a run's value for a function is normalised within that run first (CPU by profile window and throughput,
allocations by after - before and operations), then averaged over the runs of a label, so that a long run does not
outweigh a short one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.verdict import Mover, MoverTable

_TABLES: Final = (
    ("cpu", "cpu"),
    ("allocs", "alloc_space"),
    ("allocs", "alloc_objects"),
    ("heap", "inuse_space"),
    ("mutex", "delay"),
    ("block", "delay"),
)
_ROWS: Final = 20

_Values = dict[str, tuple[float, float]]


def top_movers(base: Sequence[RunRecord], head: Sequence[RunRecord]) -> tuple[MoverTable, ...]:
    """Make a table of top movers for each component, kind and sample type both groups have."""
    components = sorted({profile.component for run in (*base, *head) for profile in run.profiles})
    tables: list[MoverTable] = []
    for component in components:
        for kind, sample_type in _TABLES:
            table = _table(base, head, component, kind, sample_type)
            if table is not None:
                tables.append(table)
    return tuple(tables)


def _table(
    base: Sequence[RunRecord], head: Sequence[RunRecord], component: str, kind: str, sample_type: str
) -> MoverTable | None:
    sides = [
        [found for run in side if (found := _run_values(run, component, kind, sample_type)) is not None]
        for side in (base, head)
    ]
    if not sides[0] or not sides[1]:
        return None
    per_op = all(one[1] for side in sides for one in side)
    means = [_mean([values for values, _ in side]) for side in sides]
    names = sorted(means[0].keys() | means[1].keys())
    nothing = (0.0, 0.0)
    rows = [
        Mover(name, *(means[side].get(name, nothing)[column] for column in (0, 1) for side in (0, 1))) for name in names
    ]
    rows.sort(key=lambda row: (-abs(row.head_flat - row.base_flat), row.name))
    kept = [row for row in rows[:_ROWS] if row.head_flat != row.base_flat]
    example = next(
        table.sample_type
        for run in (*base, *head)
        for profile in run.profiles
        for table in profile.tables
        if profile.kind == kind and table.sample_type.type == sample_type
    )
    return MoverTable(component, kind, example, per_op, tuple(kept)) if kept else None


def _mean(runs: Sequence[_Values]) -> _Values:
    sums: _Values = {}
    for values in runs:
        for name, (flat, cum) in values.items():
            had = sums.get(name, (0.0, 0.0))
            sums[name] = (had[0] + flat, had[1] + cum)
    return {name: (flat / len(runs), cum / len(runs)) for name, (flat, cum) in sums.items()}


def _run_values(run: RunRecord, component: str, kind: str, sample_type: str) -> tuple[_Values, bool] | None:
    """Flat and cum per function of one run, and whether they are per operation."""
    taken = [one for one in run.profiles if one.component == component and one.kind == kind]
    tables = [(one, rows) for one in taken if (rows := _rows(one, sample_type)) is not None]
    if not tables:
        return None
    order = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}
    tables.sort(key=lambda pair: (order.get(pair[0].phase, 3), pair[0].index or 0))
    profile, values = tables[-1]
    operations = run.load.operations if run.load is not None else 0
    if kind == "cpu":
        rate = run.load.operations_per_second if run.load is not None else 0.0
        seconds = profile.duration_nanos / 1e9
        return _scaled(values, {}, seconds * rate) if rate and seconds > 0 else (values, False)
    if kind in {"allocs", "mutex", "block"} and not _was_restarted(run, component):
        before = tables[0][1] if len(tables) > 1 else {}
        return _scaled(values, before, operations) if operations else (values, False)
    return values, False


def _was_restarted(run: RunRecord, component: str) -> bool:
    """Tell whether after - before would be a difference of two processes."""
    return any(one.code == "restarted" and one.subject.partition("/")[0] == component for one in run.findings)


def _scaled(values: _Values, before: Mapping[str, tuple[float, float]], by: float) -> tuple[_Values, bool]:
    nothing = (0.0, 0.0)
    scaled = {
        name: tuple((new - old) / by for new, old in zip(pair, before.get(name, nothing), strict=True))
        for name, pair in values.items()
    }
    return {name: (pair[0], pair[1]) for name, pair in scaled.items()}, True


def _rows(profile: ProfileRecord, sample_type: str) -> _Values | None:
    for table in profile.tables:
        if table.sample_type.type == sample_type:
            return {row.name: (float(row.flat), float(row.cum)) for row in table.rows}
    return None
