"""Growth of all components of a run: heap, goroutines and what is to be doubted about them.

Rules: what a component leaks is judged within one process; a restart that the heap's counters show holds for its
goroutines too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.analysis import gc, growth
from pipeline.analysis.goroutines import group_goroutines, growth_finding
from pipeline.model.finding import Finding
from pipeline.model.goroutine_group import GoroutineGroups
from pipeline.model.growth import Growth, LeakRules


@dataclass(frozen=True, slots=True)
class Followed:
    """What `follow` found, in order of component."""

    growth: tuple[Growth, ...]
    goroutines: tuple[GoroutineGroups, ...]
    findings: tuple[Finding, ...]


def follow(decoded: growth.Taken, memstats: gc.Taken, rules: LeakRules, module: str = "") -> Followed:
    """Follow heap and goroutines of every component; ``module`` is the path of the own Go module, if known."""
    grown: list[Growth] = []
    grouped: list[GoroutineGroups] = []
    doubts: list[Finding] = []
    for component in sorted({file.component for file, _ in decoded}):
        mine = [pair for pair in decoded if pair[0].component == component]
        stats = [value for _, value in gc.in_order([pair for pair in memstats if pair[0].component == component])]
        heap = growth.heap_growth(component, _of(mine, "heap"), stats, rules, module)
        since = _process_since(heap, mine)
        count = growth.goroutine_growth(component, _of(mine, "goroutine"), rules, since)
        grown += [one for one in (heap, count) if one is not None]
        groups = group_goroutines(component, _of(mine, "goroutine"), _of(mine, "goroutineleak"), rules, module)
        grouped += [groups] if groups is not None else []
        doubts += growth.leak_findings(heap) if heap is not None else ()
        doubt = growth_finding(groups, rules) if groups is not None else None
        doubts += [doubt] if doubt is not None else []
    return Followed(tuple(grown), tuple(grouped), tuple(doubts))


def _of(taken: growth.Taken, kind: str) -> growth.Taken:
    return [pair for pair in taken if pair[0].kind == kind]


def _process_since(heap: Growth | None, taken: Sequence[growth.One]) -> int:
    """Say when the process that is judged was first seen, in nanoseconds; 0 when it was there all the time."""
    if heap is None or heap.begins == 0:
        return 0
    path = heap.snapshots[heap.begins].path
    return next(profile.time_nanos for file, profile in taken if file.path == path)
