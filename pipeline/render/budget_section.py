"""The memory budgets of the components of a run: what was measured, the target and the limit of the role. Pure.

Rules: within, over the target and over the limit are told apart by word and sign; what was not measured is said to be
unknown, never shown like kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.record import RunRecord
from pipeline.model.target import Budget
from pipeline.render.state import State

_RSS: Final = ("rss_max",)
_HEAP: Final = ("heap_inuse_peak", "heap_inuse_after")
_UNKNOWN: Final = State("not measured", "?", "doubt", "")
_WITHIN: Final = State("within", "✓", "good", "")
_OVER_TARGET: Final = State("over the target", "!", "doubt", "")
_OVER_LIMIT: Final = State("over the limit", "✕", "bad", "")


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One budget of one component, ready to print; a dash where there is no target or limit."""

    component: str
    role: str
    what: str
    value: str
    target: str
    limit: str
    state: State


def budget_rows(record: RunRecord, budgets: Mapping[str, Budget]) -> tuple[BudgetRow, ...]:
    """Prepare the budgets of a run; a replica has those of the component it belongs to."""
    manifest = record.run.manifest
    groups = {pod.component: pod.group for pod in manifest.pods} if manifest else {}
    measured = {(one.metric, one.component): one.value for one in record.measurements}
    rows = []
    for component in sorted({component for _, component in measured}):
        budget = budgets.get(groups.get(component, component))
        if budget is None:
            continue
        for what, names, target, limit in (
            ("resident memory, peak", _RSS, budget.rss_target, budget.rss_limit),
            ("heap in use, peak", _HEAP, budget.heap_target, budget.heap_limit),
        ):
            value = next((measured[name, component] for name in names if (name, component) in measured), None)
            if target or limit:
                rows.append(_row((component, budget.role, what), value, target, limit))
    return tuple(rows)


def _row(named: tuple[str, str, str], value: float | None, target: int, limit: int) -> BudgetRow:
    return BudgetRow(*named, units.show(value, "bytes"), _shown(target), _shown(limit), _state(value, target, limit))


def _shown(size: int) -> str:
    return units.show(size, "bytes") if size else "–"


def _state(value: float | None, target: int, limit: int) -> State:
    if value is None:
        return _UNKNOWN
    if limit and value > limit:
        return _OVER_LIMIT
    return _OVER_TARGET if target and value > target else _WITHIN
