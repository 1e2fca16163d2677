"""The pages one arrives at: the overview, the list of runs, the list of comparisons. Pure.

Rules: newest first; a failed or partial run is in the list like any other and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.decision import Decision
from pipeline.model.finding import Finding
from pipeline.model.history import History
from pipeline.model.matrix import Matrix
from pipeline.model.page import StampedPage
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison, MetricComparison
from pipeline.render import links
from pipeline.render.compare_page import title_of
from pipeline.render.decision_page import decision_cards
from pipeline.render.env import Environment, render
from pipeline.render.history_section import history_view
from pipeline.render.matrix_section import matrix_views
from pipeline.render.metric_section import MetricRow, metric_rows
from pipeline.render.state import OUTCOMES, SEVERITIES, State, run_state

COLUMNS: Final = (
    ("ops_per_sec", "ops/s", "count", "operations per second, higher is better"),
    ("latency_mean", "mean latency", "seconds", "lower is better"),
    ("alloc_bytes_per_op", "alloc/op", "bytes", "bytes allocated per operation, lower is better"),
    ("heap_inuse_after", "heap in use", "bytes", "live heap after the run, lower is better"),
    ("goroutines_after", "goroutines", "count", "after the run, lower is better"),
)
"""Metric, heading, unit and explanation of the number columns of the run table."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as shown and as sorted by (empty: no value)."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the table."""

    id: str
    url: str
    label: str
    started: str
    state: State
    cells: tuple[Cell, ...]
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Card:
    """One comparison in short: its verdict and the metrics that carry it."""

    url: str
    title: str
    comparison: Comparison
    state: State
    facts: tuple[MetricRow, ...]


def newest_first(records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """Order runs by start, newest first; runs without a start come last, by name."""
    dated = sorted((one for one in records if one.run.started), key=lambda one: (one.run.started, one.run.id))
    undated = sorted((one for one in records if not one.run.started), key=lambda one: one.run.id)
    return (*reversed(dated), *undated)


def run_rows(records: Sequence[RunRecord]) -> tuple[RunRow, ...]:
    """Prepare the run table, newest first."""
    return tuple(_row(record) for record in newest_first(records))


def _row(record: RunRecord) -> RunRow:
    first: dict[str, float] = {}
    for one in record.measurements:
        first.setdefault(one.metric, one.value)
    severities = [finding.severity for finding in record.all_findings]
    return RunRow(
        id=record.run.id,
        url=links.run_page(record.run.id),
        label=record.run.label,
        started=record.run.started,
        state=run_state(record),
        cells=tuple(_cell(first.get(name), unit) for name, _, unit, _ in COLUMNS),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
    )


def _cell(value: float | None, unit: str) -> Cell:
    return Cell(units.show(value, unit), "" if value is None else repr(float(value)))


def cards(comparisons: Sequence[Comparison], headline: Sequence[str]) -> tuple[Card, ...]:
    """Prepare the verdict cards, in the order the comparisons were asked for."""
    return tuple(_card(comparison, headline) for comparison in comparisons)


def _card(comparison: Comparison, headline: Sequence[str]) -> Card:
    rows = [row for row in metric_rows(comparison, headline) if row.headline and _both(row.compared)]
    state = OUTCOMES[comparison.outcome]
    return Card(links.compare_page(comparison), title_of(comparison), comparison, state, tuple(rows[:6]))


def _both(one: MetricComparison) -> bool:
    return bool(one.base and one.head)


def overview_page(
    env: Environment,
    records: Sequence[RunRecord],
    comparisons: Sequence[Comparison],
    *,
    headline: Sequence[str],
    decisions: Sequence[Decision] = (),
    matrices: Sequence[Matrix] = (),
    history: History | None = None,
) -> StampedPage:
    """Make the front page."""
    changes = history_view(history or History(), {record.run.id for record in records})
    body = render(
        env,
        "pages/overview.html.j2",
        root="",
        rows=run_rows(records),
        columns=COLUMNS,
        cards=cards(comparisons, headline),
        decisions=decision_cards(decisions),
        matrices=matrix_views(matrices, root=""),
        changes=changes,
    )
    decided = (("decisions", "Decisions"),) if decisions else ()
    changed = (("changes", "Changes over time"),) if changes else ()
    return StampedPage("", "Overview", body, (("verdicts", "Verdicts"), *decided, *changed, ("runs", "Runs")))


def runs_page(env: Environment, records: Sequence[RunRecord]) -> StampedPage:
    """Make the list of all runs."""
    body = render(env, "pages/runs.html.j2", root="../", rows=run_rows(records), columns=COLUMNS)
    return StampedPage("runs/", "Runs", body, (("runs", "All runs"),))


def comparisons_page(
    env: Environment,
    comparisons: Sequence[Comparison],
    *,
    headline: Sequence[str],
    matrices: Sequence[Matrix] = (),
    noted: Sequence[Finding] = (),
) -> StampedPage:
    """Make the list of all comparisons, with the matrices; ``noted`` is what to know about their choice."""
    views = matrix_views(matrices, root="../")
    body = render(
        env,
        "pages/comparisons.html.j2",
        root="../",
        cards=cards(comparisons, headline),
        matrices=views,
        noted=tuple(noted),
        severities=SEVERITIES,
    )
    found = ((view.id, f"All against {view.base}") for view in views)
    return StampedPage("compare/", "Comparisons", body, (*found, ("verdicts", "All comparisons")))
