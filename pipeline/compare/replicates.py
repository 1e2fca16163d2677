"""Which trees of a run stand for one kind of profile, and what they are divided by.

Rules: allocations, mutex and block profiles count since the process began, so a run's value is after minus before
(only after, where the process was restarted in between or nothing was taken before). CPU windows add up and are
divided by what the load test did in that time. A heap or goroutine profile is the last one taken; it has no operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pipeline.compare.diff import Replicate
from pipeline.model.calltree import CallTree
from pipeline.model.record import ProfileRecord, RunRecord

Trees = Callable[[str, str], CallTree]
"""Reads the call tree of a run by its name."""

CUMULATIVE: Final = frozenset({"allocs", "mutex", "block"})
_ORDER: Final = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}


def replicates(runs: Sequence[RunRecord], component: str, kind: str, trees: Trees) -> list[Replicate]:
    """Take the trees of every run that has this kind of profile."""
    found = (_replicate(run, component, kind, trees) for run in runs)
    return [one for one in found if one is not None]


def chosen_profiles(run: RunRecord, component: str, kind: str) -> tuple[list[tuple[ProfileRecord, int]], float]:
    """Choose the profiles that stand for a kind, each with its sign, and the operations they are divided by (or 0)."""
    taken = [one for one in run.profiles if one.component == component and one.kind == kind]
    taken.sort(key=lambda one: (_ORDER.get(one.phase, 3), one.index or 0))
    chosen = _signed(taken, kind, restarted=_was_restarted(run, component))
    return chosen, _operations(run, kind, [one for one, _ in chosen])


def _replicate(run: RunRecord, component: str, kind: str, trees: Trees) -> Replicate | None:
    chosen, operations = chosen_profiles(run, component, kind)
    parts = tuple((trees(run.run.id, one.tree), sign) for one, sign in chosen if one.tree)
    return Replicate(parts, operations) if chosen else None


def _signed(taken: Sequence[ProfileRecord], kind: str, *, restarted: bool) -> list[tuple[ProfileRecord, int]]:
    if kind == "cpu":
        return [(one, 1) for one in taken]
    if kind in CUMULATIVE and len(taken) > 1 and not restarted:
        return [(taken[-1], 1), (taken[0], -1)]
    return [(one, 1) for one in taken[-1:]]


def _operations(run: RunRecord, kind: str, taken: Sequence[ProfileRecord]) -> float:
    if run.load is None:
        return 0.0
    if kind == "cpu":
        return run.load.operations_per_second * sum(one.duration_nanos for one in taken) / 1e9
    return float(run.load.operations) if kind in CUMULATIVE else 0.0


def _was_restarted(run: RunRecord, component: str) -> bool:
    """Tell whether after - before would be a difference of two processes."""
    return any(one.code == "restarted" and one.subject.partition("/")[0] == component for one in run.findings)
