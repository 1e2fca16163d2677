"""The window plan, for services in production: now and then, one process, one profile at a time.

Rules: at each tick one ready service is chosen by chance and profiled for `cpu_seconds`; its snapshots follow, one
after another. Services of one role, and the pods of one component, are replicas: groups take turns, chance chooses
within them. The share of time in which CPU was profiled is measured and recorded. A heap is read as it is, without
forcing a collection.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from pipeline.collect.capture import request_seconds
from pipeline.collect.plans import join, ticks_missed, too_long
from pipeline.collect.schedule import follow_grid
from pipeline.collect.services import Service
from pipeline.collect.taking import SNAPSHOT_SECONDS, Session, Target
from pipeline.model.finding import Finding


def run_window(session: Session) -> None:
    """Profile one service at a time, chosen by chance at each tick, until the load ends or the run is stopped."""
    plan = session.plan
    turns = _Turns(session)
    if plan.cpu_seconds >= plan.interval:
        session.record.finding(
            too_long(plan.cpu_seconds, plan.interval, "windows follow each other, and ticks are missed")
        )
    session.progress.step(*session.load.described("windows"))
    session.load.begin()
    start = session.clock.monotonic()
    join(
        session,
        [lambda: follow_grid(session.clock, start, plan.interval, session.over, take=turns.take, miss=turns.miss)],
    )
    session.load.finish(session.stop.is_set)
    turns.doubt(session.clock.monotonic() - start)


class _Turns:
    """Whose turn it is, and what each had so far."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._taken = self._missed = 0
        self._windows: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def _choose(self, tick: int) -> Service | None:
        groups: dict[str, list[Service]] = {}
        for service in self._session.services:
            if service.fault is None:
                part = self._session.config.components[service.setting]
                groups.setdefault(part.role or service.group, []).append(service)
        if not groups:
            return None
        return self._session.chance.choice(groups[sorted(groups)[tick % len(groups)]])

    def take(self, tick: int) -> None:
        """Profile one service: CPU first, then the snapshots."""
        self._taken += 1
        service = self._choose(tick)
        if service is None:
            return
        plan = self._session.plan
        kinds = self._session.kinds(service, plan.series)
        for kind in sorted(kinds, key=lambda kind: kind != "cpu"):
            if self._session.over():
                return
            # Whole seconds, at least one: Go takes 30 for anything else.
            seconds = int(min(plan.cpu_seconds, max(1.0, self._session.load.left))) if kind == "cpu" else 0
            deadline = request_seconds(seconds) if seconds else SNAPSHOT_SECONDS
            taken = self._session.take(service, Target(f"{kind}{tick}.pprof", kind, "series", seconds, deadline))
            if taken is not None and seconds:
                self._windows[service.name] += 1
                self._seconds[service.name] += taken.window_seconds or seconds

    def miss(self, _: int) -> None:
        """Note a tick that came too late."""
        self._missed += 1

    def doubt(self, elapsed: float) -> None:
        """Record the duty cycle, and the ticks that were missed."""
        if self._missed:
            self._session.record.finding(
                ticks_missed(self._missed, self._missed + self._taken, "", self._session.plan.series)
            )
        if self._windows and elapsed > 0:
            self._session.record.finding(
                _duty_cycle(self._windows, self._seconds, elapsed, len(self._session.services))
            )


def _duty_cycle(windows: Mapping[str, int], seconds: Mapping[str, float], elapsed: float, services: int) -> Finding:
    total = sum(seconds.values())
    each = ", ".join(f"{name} {windows[name]} × {seconds[name] / windows[name]:.1f} s" for name in sorted(windows))
    return Finding(
        "duty_cycle",
        "info",
        f"CPU was profiled {total / elapsed:.1%} of the time, in one process of {services} at a time: "
        f"{total / elapsed / services:.1%} of the time of each, on average",
        subject="collect.interval",
        evidence=f"{each}; {total:.1f} s of {elapsed:.1f} s",
        cure="Nothing; it bounds what profiling can have cost.",
    )
