"""The history of labels: each metric, and each function that matters, run by run, and where they change for good.

Rules: runs are in the order they started; a run without a start has no place and is left out, and so is one whose load
failed. A function's value is its flat weight as top tables hold it, per operation where the profile counts what
operations cause; a function that is in no table of a run weighs nothing there. Metrics without a better direction are
not searched. A label is searched by itself, so that a run more costs the search of its own label; what all searches
together are worth is judged at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.compare import stats
from pipeline.compare.changepoints import SHORTEST, Break, find_breaks
from pipeline.model.history import (
    PER_OPERATION,
    FunctionTable,
    History,
    HistoryConfig,
    LabelHistory,
    LabelSearch,
    RunFacts,
    RunHistory,
    Series,
    Step,
)
from pipeline.model.metric import Metric

Values = Mapping[int, float]
"""The values of one series: place of the run -> value."""

_Table = tuple[str, str, str]
"""(component, kind, sample type)."""


def runs_by_label(runs: Sequence[RunFacts], limits: HistoryConfig) -> list[tuple[LabelHistory, tuple[RunFacts, ...]]]:
    """Choose which runs of each label are searched: the newest ones, in the order they started; labels with too few
    runs are left out. How many series there are is not known yet.
    """
    groups: dict[str, list[RunFacts]] = defaultdict(list)
    for run in sorted(runs, key=lambda one: (one.started, one.id)):
        if run.label and run.started and not run.failed:
            groups[run.label].append(run)
    kept = {label: tuple(found[-limits.runs :]) if limits.runs else () for label, found in sorted(groups.items())}
    return [
        (LabelHistory(label, len(taken), len(groups[label]) - len(taken), 0), taken)
        for label, taken in kept.items()
        if len(taken) >= 2 * SHORTEST
    ]


def search_label(
    label: LabelHistory, runs: Sequence[RunHistory], metrics: Sequence[Metric], limits: HistoryConfig
) -> LabelSearch:
    """Search the runs of one label, as `runs_by_label` chose and ordered them, for lasting changes."""
    series = {**_metric_series(label.label, runs, metrics), **_function_series(label.label, runs, limits.share)}
    facts = [one.facts for one in runs]
    found = list(_search(series, facts, limits.change))
    steps = tuple(_step(one, broken, taken) for one, broken, taken in found)
    return LabelSearch(replace(label, series=len(series)), len({one for one, _, _ in found}), steps)


def judge(searches: Sequence[LabelSearch]) -> History:
    """Tell which steps are certain: each probability is adjusted for all series searched together."""
    steps = [step for search in searches for step in search.steps]
    # A series without a step counts as a test that found nothing: what was searched is paid for.
    quiet = sum(search.label.series - search.changed for search in searches)
    q_values = stats.adjust([*(step.p for step in steps), *[1.0] * quiet])
    judged = [replace(step, q=q, certain=q < stats.ALPHA) for step, q in zip(steps, q_values, strict=False)]
    return History(tuple(search.label for search in searches), tuple(_in_order(judged)))


def find_history(runs: Sequence[RunHistory], metrics: Sequence[Metric], limits: HistoryConfig) -> History:
    """Search the runs of every label that has enough of them for lasting changes of ``metrics`` and of functions."""
    by_id = {one.facts.id: one for one in runs}
    chosen = runs_by_label([one.facts for one in runs], limits)
    return judge([search_label(label, [by_id[run.id] for run in kept], metrics, limits) for label, kept in chosen])


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """Proved before candidates, worse before better, newest run first, metrics before functions, heavy ones first."""
    found = sorted(steps, key=lambda one: -abs(one.after - one.before) if one.series.function else 0.0)
    measures = list(dict.fromkeys(one.series.measure for one in steps))
    found.sort(key=lambda one: (bool(one.series.function), measures.index(one.series.measure)))
    found.sort(key=lambda one: one.run, reverse=True)
    return sorted(found, key=lambda one: (not one.certain, one.effect == "better"))


def _metric_series(label: str, runs: Sequence[RunHistory], metrics: Sequence[Metric]) -> dict[Series, Values]:
    known = {metric.name: metric for metric in metrics if metric.better != "none"}
    found: dict[Series, dict[int, float]] = defaultdict(dict)
    for place, run in enumerate(runs):
        for component, name, value in run.metrics:
            metric = known.get(name)
            if metric is not None:
                series = Series(label, component, metric.name, metric.title, metric.unit, metric.better)
                found[series][place] = value
    return dict(found)


def _function_series(label: str, runs: Sequence[RunHistory], share: float) -> dict[Series, Values]:
    """Weigh the functions that hold ``share`` of a profile in some run."""
    tables: dict[_Table, dict[int, FunctionTable]] = defaultdict(dict)
    for place, run in enumerate(runs):
        for table in run.tables:
            if table.operations or table.kind not in PER_OPERATION:
                tables[table.component, table.kind, table.sample_type][place] = table
    found: dict[Series, Values] = {}
    for by_place in tables.values():
        found |= _functions_of(label, by_place, share)
    return found


def _functions_of(label: str, tables: Mapping[int, FunctionTable], share: float) -> dict[Series, Values]:
    rows: dict[int, Mapping[str, float]] = {}
    material: set[str] = set()
    for place, table in tables.items():
        floor = share * float(table.flat[table.flat > 0].sum())
        material |= {table.names[at] for at in np.flatnonzero((table.flat >= floor) & (floor > 0))}
        values = table.flat / table.operations if table.operations else table.flat
        rows[place] = dict(zip(table.names, values.tolist(), strict=True))
    last = tables[max(tables)]
    shown = f"{last.unit}/op" if last.kind in PER_OPERATION else last.unit
    return {
        Series(label, last.component, last.sample_type, last.sample_type, shown, "lower", name): {
            place: row.get(name, 0.0) for place, row in rows.items()
        }
        for name in sorted(material)
    }


def _search(
    series: Mapping[Series, Values], runs: Sequence[RunFacts], least: float
) -> Iterator[tuple[Series, Break, Sequence[RunFacts]]]:
    """Search the series together that have values in the same runs."""
    groups: dict[tuple[int, ...], list[Series]] = defaultdict(list)
    for one, values in series.items():
        groups[tuple(values)].append(one)
    for places, members in groups.items():
        table = np.array([list(series[one].values()) for one in members], dtype=np.float64)
        taken = [runs[place] for place in places]
        for one, breaks in zip(members, find_breaks(table, least), strict=True):
            yield from ((one, found, taken) for found in breaks)


def _step(series: Series, one: Break, runs: Sequence[RunFacts]) -> Step:
    first = runs[one.at]
    rises = one.after > one.before
    return Step(
        series=series,
        run=first.id,
        previous=runs[one.at - 1].id,
        commit=first.commit,
        before=one.before,
        after=one.after,
        change=one.after / one.before - 1 if one.before else None,
        effect="better" if rises == (series.better == "higher") else "worse",
        runs=one.sizes,
        p=one.p,
        q=1.0,
        certain=False,
    )
