"""Watch one service while profiles come from it: is it still the same process, and does its clock agree with ours?

Rules: what may only grow and shrank, and a binary that changed, prove a restart; growth proves nothing. Each doubt is
told once per service. Safe to use from several threads.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.analysis.gc import restarted
from pipeline.model.finding import Finding
from pipeline.model.memstats import MemStats
from pipeline.model.profile import Profile

SKEW_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a profile tells of the process it is of."""

    build_id: str = ""
    allocated: int | None = None
    memstats: MemStats | None = None


def facts_of(profile: Profile, *, cumulative: bool) -> Facts:
    """Read the facts of a profile; ``cumulative`` says that its totals count from the start of the process."""
    build_id = profile.mappings[0].build_id if profile.mappings else ""
    names = [kind.type for kind in profile.sample_types]
    allocated = profile.total(names.index("alloc_space")) if cumulative and "alloc_space" in names else None
    return Facts(build_id, allocated)


class Watch:
    """What was seen of one service so far."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._build_id = ""
        self._allocated: dict[str, int] = {}
        self._memstats: MemStats | None = None
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def see(self, path: str, kind: str, facts: Facts, skew: float = 0.0) -> tuple[Finding, ...]:
        """Take note of a file that came; returns what is new to doubt."""
        with self._lock:
            why = self._restart(kind, facts)
            doubts = [self._once(_restarted(self._name, path, why))] if why else []
            if abs(skew) > SKEW_SECONDS:
                doubts.append(self._once(_skewed(self._name, skew)))
        return tuple(doubt for doubt in doubts if doubt is not None)

    def _restart(self, kind: str, facts: Facts) -> str:
        why = ""
        if facts.build_id:
            if self._build_id not in {"", facts.build_id}:
                why = f"build id {self._build_id[:16]} before, {facts.build_id[:16]} now"
            self._build_id = facts.build_id
        if facts.allocated is not None:
            before = self._allocated.get(kind, 0)
            if facts.allocated < before:
                first, last = units.show(before, "bytes"), units.show(facts.allocated, "bytes")
                why = why or f"alloc_space of {kind}: {first} before, {last} now"
            self._allocated[kind] = facts.allocated
        if facts.memstats is not None:
            why = why or (restarted(self._memstats, facts.memstats) if self._memstats else "")
            self._memstats = facts.memstats
        return why

    def _once(self, doubt: Finding) -> Finding | None:
        if doubt.code in self._told:
            return None
        self._told.add(doubt.code)
        return doubt


def _restarted(name: str, path: str, why: str) -> Finding:
    return Finding(
        "restarted",
        "warning",
        f"{name} was restarted during the run, so differences of its profiles mean nothing.",
        subject=path,
        evidence=why,
        cure="Look for a crash or redeploy in its log and collect again.",
    )


def _skewed(name: str, skew: float) -> Finding:
    ahead = "ahead of" if skew > 0 else "behind"
    return Finding(
        "clock_skew",
        "warning",
        f"The clock of {name} is at least {abs(skew):.0f} s {ahead} the clock here.",
        subject=name,
        evidence="Date header of its answers",
        cure="Do not compare times of its profiles with times of the load; set the clocks by NTP.",
    )
