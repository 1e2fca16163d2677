"""Memory budgets of roles: did a component stay under its target and its limit?

Rules: resident memory is the largest the process ever had, heap is the largest in-use heap of the run's profiles; a
value over its limit is said once, not as a missed target too. What could not be measured is said as well: a budget
nobody checked looks like one that was kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pipeline import units
from pipeline.model.finding import Finding
from pipeline.model.metric import Measurement
from pipeline.model.target import Budget

_RSS: Final = ("rss_max",)
_HEAP: Final = ("heap_inuse_peak", "heap_inuse_after")


def check_budgets(
    measured: Sequence[Measurement], budgets: Mapping[str, Budget], groups: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Check every component of a run against its budget.

    ``budgets`` are by component of the settings; ``groups`` says which of those a replica's folder belongs to.
    """
    groups = groups or {}
    found: list[Finding] = []
    for component in sorted({one.component for one in measured}):
        budget = budgets.get(groups.get(component, component))
        if budget is None:
            continue
        mine = {one.metric: one for one in measured if one.component == component}
        for words, names, target, limit in (
            ("resident memory", _RSS, budget.rss_target, budget.rss_limit),
            ("heap in use", _HEAP, budget.heap_target, budget.heap_limit),
        ):
            if target or limit:
                value = next((mine[name] for name in names if name in mine), None)
                found += _judge(component, budget.role, words, value, target, limit)
    return tuple(found)


def _judge(component: str, role: str, words: str, value: Measurement | None, target: int, limit: int) -> list[Finding]:
    if value is None:
        doubt = Finding(
            "budget_unmeasured",
            "info",
            f"The {words} of {component} was not measured, so its budget could not be checked.",
            component,
            f"role {role}",
            "Keep collect.memstats on, and heap among the profiles.",
        )
        return [doubt]
    over, code = (limit, "budget_exceeded") if limit and value.value > limit else (target, "budget_target")
    if not over or value.value <= over:
        return []
    name = "limit" if code == "budget_exceeded" else "target"
    doubt = Finding(
        code,
        "warning",
        f"The {words} of {component} is over the {name} of its role.",
        value.evidence[0] if value.evidence else component,
        f"{units.show(value.value, 'bytes')}, {name} of role {role}: {units.show(over, 'bytes')}",
        "Look at the heap profile by inuse_space; resident memory far above it is memory the runtime keeps.",
    )
    return [doubt]
