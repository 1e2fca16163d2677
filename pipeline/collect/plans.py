"""When profiles are taken: before, during and after the load, or on a grid of ticks while it runs.

Rules: a plan never fails; what it could not take is reported. The CPU window lies in the middle of the load, and a
window that does not lie inside it is said to. Ticks are at t0 + n·interval, whatever a tick costs: a tick that comes
more than half an interval late is recorded as missed, and ticks are never bunched.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Final

from pipeline.collect.capture import request_seconds
from pipeline.collect.clock import Clock, wait
from pipeline.collect.services import Service
from pipeline.collect.taking import Session, Target
from pipeline.model.finding import Finding

_LAST_WORDS: Final = "stopping: the last profiles (interrupt again to leave at once)"


def run_phases(session: Session) -> None:
    """Take the before set, the CPU profile in the middle of the load, and the after set."""
    session.progress.step("before the load")
    for service in session.services:
        for kind in session.plan.before:
            if not session.stop.is_set():
                session.take(service, Target(f"{kind}-before.prof", kind, "before"))
    if not session.stop.is_set():
        session.progress.step("load", session.config.load.duration)
        session.load.begin()
        _cpu_in_the_middle(session)
        session.load.finish(session.stop.is_set)
    session.progress.step(_LAST_WORDS if session.stop.is_set() else "after the load")
    for service in session.services:
        for kind in session.plan.after:
            name = f"{kind}-after.prof" if kind in session.plan.before else f"{kind}.prof"
            session.take(service, Target(name, kind, "after"), last_words=session.stop.is_set())


def _cpu_in_the_middle(session: Session) -> None:
    seconds, duration = session.plan.cpu_seconds, session.config.load.duration
    lead = max(0.0, (duration - seconds) / 2)
    target = Target("cpu.prof", "cpu", "during", seconds, max(request_seconds(seconds), duration - lead))
    over = session.load.ended
    if not wait(session.clock, lead, lambda: session.stop.is_set() or over()) or over():
        for service in session.services:
            session.miss(service, target, "load_ended", "the load ended before the CPU profile was due")
        return
    begins: list[tuple[Service, float | None]] = []
    threads = [
        Thread(target=lambda service=service: begins.append((service, session.take(service, target))), daemon=True)
        for service in session.services
    ]
    _join(threads, session)
    for service, begin in begins:
        if begin is not None and not session.load.covers(begin, begin + seconds):
            session.record.finding(_window(service.name, seconds, duration))


def _join(threads: list[Thread], session: Session) -> None:
    """Run threads to their end, watching the load meanwhile so that the moment of its end is known."""
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        session.load.ended()
        for thread in threads:
            thread.join(0.05)


def _window(component: str, seconds: float, duration: float) -> Finding:
    return Finding(
        "cpu_window",
        "warning",
        f"The CPU profile of {component} does not lie inside the load",
        subject=f"{component}/cpu.prof",
        evidence=f"window {seconds:g} s, load set to {duration:g} s",
        cure="Make the load longer or collect.cpu_seconds smaller.",
    )


def run_interval(session: Session) -> None:
    """Take a snapshot of every service at each tick, from the start of the load until its end."""
    plan = session.plan
    if "cpu" in plan.series and plan.cpu_seconds > plan.interval:
        session.record.finding(_too_long(plan.cpu_seconds, plan.interval))
    session.progress.step("load, with snapshots", session.config.load.duration)
    session.load.begin()
    start = session.clock.monotonic()
    snapshots = tuple(kind for kind in plan.series if kind != "cpu")
    lanes = [(service, kinds) for service in session.services for kinds in (snapshots, ("cpu",)) if kinds]
    threads = [
        Thread(target=_lane, args=(session, service, kinds, start), daemon=True)
        for service, kinds in lanes
        if kinds != ("cpu",) or "cpu" in plan.series
    ]
    _join(threads, session)
    session.load.finish(session.stop.is_set)


def _lane(session: Session, service: Service, kinds: tuple[str, ...], start: float) -> None:
    """Take some kinds of one service at each tick; CPU has a lane of its own, because it takes long."""
    plan = session.plan

    def targets(tick: int) -> list[Target]:
        seconds = {kind: plan.cpu_seconds if kind == "cpu" else 0 for kind in kinds}
        return [
            Target(
                f"{kind}{tick}.pprof",
                kind,
                "series",
                seconds[kind],
                request_seconds(seconds[kind]) if seconds[kind] else max(5.0, plan.interval),
            )
            for kind in kinds
        ]

    def take(tick: int) -> None:
        for target in targets(tick):
            if not session.stop.is_set():
                session.take(service, target)

    def miss(tick: int) -> None:
        for target in targets(tick):
            session.miss(service, target, "missed_tick", "the tick before it took too long")

    follow_grid(
        session.clock, start, plan.interval, lambda: session.stop.is_set() or session.load.ended(), take=take, miss=miss
    )


def follow_grid(
    clock: Clock,
    start: float,
    interval: float,
    over: Callable[[], bool],
    *,
    take: Callable[[int], None],
    miss: Callable[[int], None],
) -> None:
    """Call ``take`` at start, start + interval, …, until ``over``; call ``miss`` for a tick half an interval late."""
    tick = 0
    while not over():
        late = clock.monotonic() - (start + tick * interval)
        if tick and late > interval / 2:
            miss(tick)
        elif wait(clock, -late, over):
            take(tick)
        tick += 1


def _too_long(seconds: float, interval: float) -> Finding:
    return Finding(
        "cpu_longer_than_interval",
        "warning",
        f"CPU profiles of {seconds:g} s do not fit into an interval of {interval:g} s: ticks will be missed",
        subject="collect.cpu_seconds",
        cure="Make collect.interval longer or collect.cpu_seconds smaller.",
    )
