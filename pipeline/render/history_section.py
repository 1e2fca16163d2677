"""The box of lasting changes over the runs of a label. Pure.

Rules: a step says in words whether it is worse or better, whether it is proved or a candidate, and which run was the
first one after it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.history import History, Step
from pipeline.render import encode, links
from pipeline.render.state import State

_SHOWN: Final = 12
_COMMIT_DIGITS: Final = 12
_STATES: Final = {
    ("worse", True): State("worse", "▼", "bad", ""),
    ("worse", False): State("worse, candidate", "▽", "doubt", ""),
    ("better", True): State("better", "▲", "good", ""),
    ("better", False): State("better, candidate", "△", "doubt", ""),
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One lasting change, ready to print; ``href`` leads to its first run, ``address`` to its whole history."""

    step: Step
    state: State
    href: str
    address: str
    commit: str
    before: str
    after: str
    change: str
    evidence: str


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The box: the labels that were searched in one sentence each, the first proved steps, how many more of these there
    are, and how many candidates, which a front page does not tell.
    """

    searched: tuple[str, ...]
    rows: tuple[StepRow, ...]
    more: int
    candidates: str


def history_view(history: History, known_runs: Collection[str], *, root: str = "") -> HistoryView | None:
    """Prepare the box; None where no label has runs enough to be searched."""
    if not history.labels:
        return None
    searched = (
        f"{one.label}: {one.runs} runs, {one.series} series"
        + (f"; {one.older} older runs were left out" if one.older else "")
        for one in history.labels
    )
    proved = [one for one in history.steps if one.certain]
    others = len(history.steps) - len(proved)
    return HistoryView(
        tuple(searched),
        step_rows(proved[:_SHOWN], known_runs, root=root),
        max(0, len(proved) - _SHOWN),
        units.counted(others, "candidate") if others else "",
    )


def step_rows(steps: Sequence[Step], known_runs: Collection[str], *, root: str) -> tuple[StepRow, ...]:
    """Prepare lasting changes for a table; runs that are known are linked."""
    return tuple(_row(one, known_runs, root) for one in steps)


def history_lines(steps: Sequence[Step]) -> list[str]:
    """Word each step in one line, for a terminal."""
    # A name with a line break must not begin a line: a CI log takes some lines as commands.
    return [encode.visible(_line(_row(one, (), "")).replace("\n", "\\n").replace("\t", "\\t")) for one in steps]


def _row(one: Step, known: Collection[str], root: str) -> StepRow:
    return StepRow(
        step=one,
        state=_STATES[one.effect, one.certain],
        href=links.to_page(links.run_page(one.run), root=root) if one.run in known else "",
        address=_address(one, root),
        commit=one.commit[:_COMMIT_DIGITS],
        before=units.show(one.before, one.series.unit),
        after=units.show(one.after, one.series.unit),
        change=units.show_delta(one.before, one.after) if one.before else "from 0",
        evidence=f"{one.runs[0]} runs before, {one.runs[1]} since; q {one.q:.3f}",
    )


def _address(one: Step, root: str) -> str:
    series = one.series
    if series.function:
        return root + links.function_history(series.label, series.component, series.measure, series.function)
    return root + links.metric_history(series.label, series.component, series.measure)


def _line(row: StepRow) -> str:
    series = row.step.series
    subject = f"{series.function} ({series.title})" if series.function else series.title
    where = f"{series.label}/{series.component}" if series.component else series.label
    at = f" (commit {row.commit})" if row.commit else ""
    return (
        f"{row.state.word}: {where}: {subject}: {row.before} → {row.after} ({row.change}) since {row.step.run}{at}; "
        f"{row.evidence}"
    )
