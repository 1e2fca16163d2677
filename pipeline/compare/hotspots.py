"""Shares of single functions in the profiles of a side: which ones are hot, and which became so.

Rules: a share is a function's own part (flat) of a profile's total, averaged over the runs of the side; a function
that is not in a run's table has no share there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.compare.thresholds import is_at_least
from pipeline.model.calltree import TopTable
from pipeline.model.record import ProfileRecord, RunRecord

_KINDS: Final = {"cpu": "cpu", "alloc_space": "allocs", "alloc_objects": "allocs"}
_ORDER: Final = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}


@dataclass(frozen=True, slots=True)
class Hot:
    """One function: its share of one now, and before."""

    name: str
    share: float
    before: float


def shares(runs: Sequence[RunRecord], component: str, sample_type: str) -> dict[str, float] | None:
    """Average each function's share over the runs that have such a profile; None when no run has one."""
    tables = [found[1] for run in runs if (found := _table(run, component, sample_type)) is not None]
    if not tables:
        return None
    sums: dict[str, float] = {}
    for table in tables:
        for row in table.rows:
            sums[row.name] = sums.get(row.name, 0.0) + row.flat / table.total
    return {name: total / len(tables) for name, total in sums.items()}


def risen(now: Mapping[str, float], before: Mapping[str, float], times: float) -> list[Hot]:
    """List functions whose share is at least ``times`` what it was, largest share first."""
    hot = [Hot(name, share, before.get(name, 0.0)) for name, share in now.items()]
    kept = [one for one in hot if is_at_least(one.share, times * one.before)]
    return sorted(kept, key=lambda one: (-one.share, one.name))


def files(runs: Sequence[RunRecord], component: str, sample_type: str) -> list[tuple[str, str]]:
    """Name (run, file) of the profiles the shares come from."""
    found = [(run.run.id, _table(run, component, sample_type)) for run in runs]
    return [(run, pair[0].path) for run, pair in found if pair is not None]


def _table(run: RunRecord, component: str, sample_type: str) -> tuple[ProfileRecord, TopTable] | None:
    """Find the last profile of a run with this sample type, and its table."""
    kind = _KINDS.get(sample_type, "")
    mine = [one for one in run.profiles if one.component == component and (not kind or one.kind == kind)]
    mine.sort(key=lambda one: (_ORDER.get(one.phase, 3), one.index or 0))
    for profile in reversed(mine):
        for table in profile.tables:
            if table.sample_type.type == sample_type and table.total > 0:
                return profile, table
    return None
