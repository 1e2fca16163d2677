"""Goroutines by where they were started: how many there were, what they wait for, which of them are proved to leak."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.growth import Trend


@dataclass(frozen=True, slots=True)
class GoroutineGroup:
    """Goroutines that began in one function.

    ``entry`` is that function (empty where the profile shows no stack), ``runs`` what it was given to run, where it is
    of a library. ``created_by`` and ``created_at`` (file:line) name the ``go`` statement, where a dump tells.
    ``counts`` are by snapshot. ``waits_in`` is where most of them stand in the last snapshot, ``state`` what they do
    there, ``wait_minutes`` the longest wait a dump tells. ``leaked`` are proved by a goroutineleak profile.
    """

    entry: str
    runs: str
    counts: tuple[int, ...]
    trend: Trend
    created_by: str = ""
    created_at: str = ""
    waits_in: str = ""
    state: str = ""
    wait_minutes: int | None = None
    leaked: int = 0

    @property
    def grown(self) -> int:
        """Subtract the first count from the last."""
        return self.counts[-1] - self.counts[0] if self.counts else 0


@dataclass(frozen=True, slots=True)
class GoroutineGroups:
    """The groups of a component, proved leaks and the largest growth first.

    ``paths`` are the snapshots in order, ``totals`` their counts of goroutines, ``trend`` is that of the totals.
    ``dump`` names the dump that told states and waits, ``proof`` the goroutineleak profile; empty without one.
    ``group_count`` says how many groups there were before the list was cut.
    """

    component: str
    paths: tuple[str, ...]
    totals: tuple[int, ...]
    trend: Trend
    groups: tuple[GoroutineGroup, ...]
    group_count: int
    dump: str = ""
    proof: str = ""
