"""What changed since last time: the newest run of each label against the runs of that label before it. Pure.

Rules: one run against one is shown, not judged: a change counts as one only where the value is outside of all that the
runs before it spanned, and even then it is told as seen, not as proved. What is proved stands in the comparisons and in
the changes over time. A newest run that failed is shown as such and not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline import units
from pipeline.model.history import History
from pipeline.model.metric import Direction
from pipeline.model.summary import RunSummary
from pipeline.render import links
from pipeline.render.spread import Spread, earlier_runs, spread, values_of
from pipeline.render.state import COMPARABLE, State, state_of_key

_SHOWN: Final = 8
_METRICS: Final[tuple[tuple[str, str, str, Direction], ...]] = (
    ("ops_per_sec", "throughput", "ops/s", "higher"),
    ("latency_mean", "mean latency", "seconds", "lower"),
    ("latency_p99", "latency p99", "seconds", "lower"),
    ("cpu_per_op", "CPU/op", "seconds/op", "lower"),
    ("alloc_bytes_per_op", "alloc/op", "bytes/op", "lower"),
    ("heap_inuse_after", "heap in use", "bytes", "lower"),
    ("elapsed", "elapsed", "seconds", "lower"),
)
"""Metric, heading, unit and direction of the columns."""


@dataclass(frozen=True, slots=True)
class SinceCell:
    """One value of the newest run; ``spread`` is None where no run before it has one."""

    value: str
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class SinceRow:
    """The newest run of one label, one component of it; ``steps`` are lasting changes found to begin with it."""

    label: str
    component: str
    run: str
    href: str
    before: str
    started: str
    runs: int
    state: State
    is_compared: bool
    cells: tuple[SinceCell | None, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SinceView:
    """The table: ``heads`` are (heading, direction in words), ``sentence`` sums it up, ``more`` rows are left out."""

    heads: tuple[tuple[str, str], ...]
    rows: tuple[SinceRow, ...]
    sentence: str
    more: int


def since_view(ordered: Sequence[RunSummary], history: History) -> SinceView | None:
    """Prepare the table from runs, newest first; None where no run has a label."""
    newest: dict[str, RunSummary] = {}
    for one in ordered:
        if one.label and one.started:
            newest.setdefault(one.label, one)
    if not newest:
        return None
    earlier, counts = earlier_runs(ordered), Counter(one.label for one in ordered)
    chosen = list(newest.values())[:_SHOWN]
    rows = [row for one in chosen for row in _rows(one, earlier[one.id], counts[one.label], history)]
    used = [place for place in range(len(_METRICS)) if any(row.cells[place] for row in rows)]
    return SinceView(
        heads=tuple((_METRICS[place][1], f"{_METRICS[place][3]} is better") for place in used),
        rows=tuple(_only(row, used) for row in rows),
        sentence=_sentence(rows),
        more=len(newest) - len(chosen),
    )


def _rows(one: RunSummary, earlier: Sequence[RunSummary], runs: int, history: History) -> list[SinceRow]:
    """Make a row for each component that was measured; one without any where nothing was."""
    values, compared = values_of(one), one.state in COMPARABLE
    before = [values_of(run) for run in earlier] if compared else []
    names = {metric for metric, *_ in _METRICS}
    components = sorted({component for metric, component in values if metric in names}) or [""]
    return [
        SinceRow(
            label=one.label,
            component=component if len(components) > 1 else "",
            run=one.id,
            href=links.run_page(one.id),
            before=earlier[-1].id if earlier else "",
            started=one.started,
            runs=runs,
            state=state_of_key(one.state),
            is_compared=compared,
            cells=tuple(_cell(metric, component, values, before) for metric in _METRICS),
            steps=_steps(one, component, history),
        )
        for component in components
    ]


def _cell(
    metric: tuple[str, str, str, Direction],
    component: str,
    values: Mapping[tuple[str, str], float],
    before: Sequence[Mapping[tuple[str, str], float]],
) -> SinceCell | None:
    name, title, unit, better = metric
    value = values.get((name, component))
    if value is None:
        return None
    found = spread((name, component), value, before, title=title, unit=unit, better=better)
    return SinceCell(units.show(value, unit), found)


def _steps(one: RunSummary, component: str, history: History) -> tuple[str, ...]:
    mine = [step for step in history.steps if step.run == one.id and step.series.component in {component, ""}]
    return tuple(
        f"{'lasting change' if step.certain else 'candidate for a lasting change'} of "
        f"{step.series.function or step.series.title}: {units.show_delta(step.before, step.after)}, {step.effect}"
        for step in mine
    )


def _only(row: SinceRow, used: Sequence[int]) -> SinceRow:
    return replace(row, cells=tuple(row.cells[place] for place in used))


def _sentence(rows: Sequence[SinceRow]) -> str:
    """Sum up what moved out of what was seen before."""
    signs = Counter(cell.spread.state.sign for row in rows for cell in row.cells if cell and cell.spread)
    moved = [f"{signs[sign]} {word}" for sign, word in (("▽", "worse"), ("△", "better")) if signs[sign]]
    if moved:
        return f"Outside of all that the runs before spanned: {', '.join(moved)}. Seen once, so not proved."
    if signs["="]:
        return "Where there are three runs before or more, every value is within what they spanned."
    return "Too few runs of a label to tell a change from noise: it takes three before the newest."
