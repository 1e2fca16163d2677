"""The page of trends: every metric over the runs and commits of a label. Pure.

Rules: what can be read without scripts is in the page: the headline metrics of the labels that ran last, as pictures
and as a table. The rest is drawn by ``js/trends`` from the data of `history_data`; the page tells it which files there
are, so a run more changes this page and the files of the last stretch, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline import units
from pipeline.model.history import History, OverTime, Step
from pipeline.model.metric import Metric
from pipeline.model.page import StampedPage
from pipeline.model.summary import RunSummary, column
from pipeline.render import encode, links
from pipeline.render.env import Environment, Html, render
from pipeline.render.history_section import StepRow, step_rows
from pipeline.render.permalinks import linked_headings
from pipeline.render.state import DIRECTIONS
from pipeline.render.trend_figure import trend_picture

STEPS: Final = 500
"""Lasting changes a page tells its script at the most."""

_LABELS: Final = 3
_RUNS: Final = 40
_ROWS: Final = 10
_COMMIT: Final = 10
_FAILED: Final = frozenset({"failed", "load_failed"})

_Which = tuple[str, str]
"""(component, metric)."""


@dataclass(frozen=True, slots=True)
class TrendFigure:
    """One headline metric of a label: its picture, what it says in words, and the way to the interactive view."""

    title: str
    component: str
    direction: str
    picture: Html
    newest: str
    span: str
    address: str
    steps: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True)
class RunValues:
    """One run of a table: ``cells`` are its headline values as text."""

    id: str
    href: str
    started: str
    commit: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelTrends:
    """What the page shows of a label as it is: ``shown`` of its ``runs``, the newest ones."""

    label: str
    anchor: str
    runs: int
    shown: int
    figures: tuple[TrendFigure, ...]
    headers: tuple[str, ...]
    rows: tuple[RunValues, ...]


def trends_page(
    env: Environment,
    summaries: Sequence[RunSummary],
    over_time: OverTime,
    history: History,
    *,
    metrics: Mapping[str, Metric],
    headline: Sequence[str],
) -> StampedPage:
    """Make the page; ``headline`` are the metrics that are shown without scripts."""
    by_label = _by_label(summaries)
    first = sorted(by_label, key=lambda one: (_is_series(by_label[one]), by_label[one][-1].started, one), reverse=True)
    shown = [_label_trends(label, by_label[label], history, metrics, headline) for label in first[:_LABELS]]
    body = render(
        env,
        "pages/trends.html.j2",
        root="../",
        labels=shown,
        others=max(0, len(first) - _LABELS),
        undated=over_time.undated,
        island=_island(summaries, first, over_time, history, metrics, headline),
    )
    toc = (("trends", "Trends"), *((one.anchor, one.label or "no label") for one in shown))
    return StampedPage(links.TRENDS, "Trends", linked_headings(body), toc)


def stretch_list(over_time: OverTime, labels: Sequence[str]) -> list[list[Any]]:
    """List the stretches for a script: [key, whether it is closed, places of its labels]."""
    places = {label: place for place, label in enumerate(labels)}
    return [
        [one.key, one.closed, sorted(places[label] for label in one.labels if label in places)]
        for one in over_time.stretches
    ]


def oldest_page(summaries: Sequence[RunSummary], over_time: OverTime) -> list[str] | None:
    """Start and name of the oldest run that has a page, for a script; None where all runs have one."""
    known = {run.id for run in summaries}
    if all(run in known for one in over_time.stretches for run in one.runs):
        return None
    return list(min(((run.started, encode.safe_name(run.id)) for run in summaries if run.started), default=("~", "")))


def searched(history: History) -> dict[str, list[int]]:
    """How many runs of each label were searched, and how many older ones were not, for a script."""
    return {encode.visible(one.label): [one.runs, one.older] for one in history.labels}


def step_value(step: Step) -> dict[str, Any]:
    """Write a lasting change for a script."""
    series = step.series
    return {
        "label": encode.visible(series.label),
        "component": encode.visible(series.component),
        "measure": series.measure,
        "function": encode.visible(series.function),
        "unit": series.unit,
        "run": encode.safe_name(step.run),
        "commit": encode.visible(step.commit),
        "before": step.before,
        "after": step.after,
        "effect": step.effect,
        "certain": step.certain,
        "runs": list(step.runs),
        "q": round(step.q, 4),
    }


def labels_in_order(summaries: Sequence[RunSummary]) -> list[str]:
    """Name the labels, that of the newest run first; those with one run, which shows no change, come last."""
    dated = sorted((run for run in summaries if run.started), key=lambda run: (run.started, run.id), reverse=True)
    by_label = defaultdict(list)
    for run in dated:
        by_label[run.label].append(run)
    return sorted(by_label, key=lambda label: not _is_series(by_label[label]))


def _is_series(runs: Sequence[RunSummary]) -> bool:
    return len(runs) > 1


def _by_label(summaries: Sequence[RunSummary]) -> dict[str, list[RunSummary]]:
    found: dict[str, list[RunSummary]] = defaultdict(list)
    for run in sorted(summaries, key=lambda one: (one.started, one.id)):
        if run.started and run.state not in _FAILED:
            found[run.label].append(run)
    return dict(found)


def _label_trends(
    label: str, runs: Sequence[RunSummary], history: History, metrics: Mapping[str, Metric], headline: Sequence[str]
) -> LabelTrends:
    shown = runs[-_RUNS:]
    values = [{(one.component, one.metric): one.value for one in run.measurements} for run in shown]
    present = {which for row in values for which in row}
    series = [
        (component, metrics[name])
        for name in headline
        if name in metrics
        for component in sorted({component for component, metric in present if metric == name})
    ]
    figures = tuple(
        _figure(label, shown, [row.get((component, metric.name)) for row in values], component, metric, history)
        for component, metric in series
    )
    many = len({component for component, _ in series}) > 1
    headers = tuple(f"{metric.title}, {component}" if many else metric.title for component, metric in series)
    rows = [
        RunValues(
            run.id,
            links.to_page(links.run_page(run.id), root="../"),
            run.started,
            run.commit[:_COMMIT],
            tuple(units.show(row.get((component, metric.name)), metric.unit) for component, metric in series),
        )
        for run, row in zip(shown[-_ROWS:], values[-_ROWS:], strict=True)
    ]
    return LabelTrends(label, encode.anchor("label", label), len(runs), len(shown), figures, headers, tuple(rows[::-1]))


def _figure(
    label: str,
    runs: Sequence[RunSummary],
    values: Sequence[float | None],
    component: str,
    metric: Metric,
    history: History,
) -> TrendFigure:
    places = {run.id: place for place, run in enumerate(runs)}
    mine = [
        step
        for step in history.steps
        if (step.series.label, step.series.component, step.series.measure, step.series.function)
        == (label, component, metric.name, "")
        and step.run in places
    ]
    rows = step_rows(mine, places, root="../")
    known = [value for value in values if value is not None]
    newest, low, high = (units.show(value, metric.unit) for value in (known[-1], min(known), max(known)))
    span = f"{len(known)} runs from {low} to {high}" if len(known) > 1 else "1 run"
    marks = [(places[row.step.run], row.state.tone) for row in rows]
    told = f"{metric.title} over {span}; newest {newest}. The numbers follow as a table."
    picture = trend_picture(values, metric.unit, marks, label=told)
    direction = DIRECTIONS[metric.better][1]
    return TrendFigure(
        metric.title,
        component,
        direction,
        picture,
        newest,
        span,
        links.metric_history(label, component, metric.name),
        rows,
    )


def _island(
    summaries: Sequence[RunSummary],
    first: Sequence[str],
    over_time: OverTime,
    history: History,
    metrics: Mapping[str, Metric],
    headline: Sequence[str],
) -> dict[str, Any]:
    labels = [*first, *(label for label in labels_in_order(summaries) if label not in set(first))]
    measured = set().union(*(column(run.measurements, "metric") for run in summaries))
    return {
        "labels": [encode.visible(label) for label in labels],
        "stretches": stretch_list(over_time, labels),
        "metrics": [
            [metric.name, metric.title, metric.unit, metric.better, metric.source, metric.name in headline]
            for metric in metrics.values()
            if metric.name in measured
        ],
        "steps": [step_value(step) for step in history.steps if not step.series.function][:STEPS],
        "orders": [list(one) for one in over_time.orders],
        "oldest": oldest_page(summaries, over_time),
        "searched": searched(history),
    }
