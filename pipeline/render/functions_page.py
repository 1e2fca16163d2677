"""The page of functions: what any function weighed, run by run, and since which run it weighs what it does. Pure.

Rules: what can be read without scripts is in the page: the lasting changes of functions, and the heaviest functions of
the newest run of the labels that ran last. ``js/trends`` draws any function from the data of `history_data`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.history import PER_OPERATION, FunctionTable, History, OverTime, RunHistory
from pipeline.model.page import StampedPage
from pipeline.model.summary import RunSummary
from pipeline.render import encode, links
from pipeline.render.env import Environment, render
from pipeline.render.history_section import step_rows
from pipeline.render.permalinks import linked_headings
from pipeline.render.trends_page import STEPS, labels_in_order, oldest_page, searched, step_value, stretch_list

_STEPS: Final = 40
_ROWS: Final = 12


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One function of the newest run: its weights as text, and the address of its history on this page."""

    name: str
    flat: str
    flat_share: float | None
    cum: str
    cum_share: float | None
    address: str


@dataclass(frozen=True, slots=True)
class HeavyTable:
    """The heaviest functions of one kind of profile of a label's newest run."""

    title: str
    anchor: str
    run: str
    href: str
    rows: tuple[FunctionRow, ...]


def functions_page(
    env: Environment, summaries: Sequence[RunSummary], over_time: OverTime, history: History
) -> StampedPage:
    """Make the page."""
    found = [step for step in history.steps if step.series.function]
    known = {run.id for run in summaries}
    changed = step_rows(found[:_STEPS], known, root="../")
    labels = labels_in_order(summaries)
    heavy = [_heavy(run, table) for run in over_time.newest if run.facts.id in known for table in run.tables]
    body = render(
        env,
        "pages/functions.html.j2",
        root="../",
        changed=changed,
        more=max(0, len(found) - _STEPS),
        searched=bool(history.labels),
        heavy=heavy,
        island={
            "labels": [encode.visible(label) for label in labels],
            "stretches": stretch_list(over_time, labels),
            "steps": [step_value(step) for step in found[:STEPS]],
            "orders": [list(one) for one in over_time.orders],
            "oldest": oldest_page(summaries, over_time),
            "searched": searched(history),
        },
    )
    toc = (("changed", "Lasting changes"), *((("heaviest", "The heaviest now"),) if heavy else ()))
    return StampedPage(links.FUNCTIONS, "Functions", linked_headings(body), toc)


def _heavy(run: RunHistory, table: FunctionTable) -> HeavyTable:
    label = run.facts.label
    per = f"{table.unit}/op" if table.operations else table.unit
    scale = table.operations or 1.0
    rows = tuple(
        FunctionRow(
            name,
            units.show(flat / scale, per),
            flat / table.total if table.total else None,
            units.show(cum / scale, per),
            cum / table.total if table.total else None,
            "../" + links.function_history(label, table.component, table.sample_type, name),
        )
        for name, flat, cum in zip(table.names[:_ROWS], table.flat.tolist(), table.cum.tolist(), strict=False)
    )
    told = "" if table.operations or table.kind not in PER_OPERATION else " (operations not known)"
    title = f"{label}: {table.sample_type}{', ' + table.component if table.component else ''}{told}"
    anchor = encode.anchor("heavy", label, table.component, table.sample_type)
    return HeavyTable(title, anchor, run.facts.id, links.to_page(links.run_page(run.facts.id), root="../"), rows)
