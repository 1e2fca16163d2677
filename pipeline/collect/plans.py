"""When profiles are taken: before, during and after the load, on a grid of ticks while it runs, or once, now.

Rules: a plan never fails; what it could not take is reported. Components are profiled at the same time, each by threads
of its own, and one CPU profile of a process at a time. In the phases plan the CPU window lies in the middle of the
load, and one that does not lie inside it is said to. In the interval plan snapshots are taken on a grid from the start
of the load; CPU profiles too, unless they are as long as the interval: then each begins when the one before it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Thread
from typing import Final

from pipeline.collect import endpoints
from pipeline.collect.capture import request_seconds
from pipeline.collect.clock import wait
from pipeline.collect.schedule import follow_closely, follow_grid
from pipeline.collect.services import Service
from pipeline.collect.taking import Session, Taken, Target
from pipeline.model.finding import Finding

_LAST_WORDS: Final = "stopping: the last profiles (interrupt again to leave at once)"
_COVERED: Final = 0.95
_TICK_SECONDS: Final = 5.0
_TAIL_SECONDS: Final = 0.3


def run_phases(session: Session) -> None:
    """Take the before set, the CPU profile in the middle of the load, and the after set."""
    session.progress.step("before the load")
    for_each_service(session, _before)
    if not session.stop.is_set():
        session.progress.step("load", session.config.load.duration)
        session.load.begin()
        _cpu_in_the_middle(session)
        session.load.finish(session.stop.is_set)
    session.progress.step(_LAST_WORDS if session.stop.is_set() else "after the load")
    for_each_service(session, _after)


def _before(session: Session, service: Service) -> None:
    for target in endpoints.before_load(session.plan, session.part(service)):
        if not session.stop.is_set():
            session.take(service, target)


def _after(session: Session, service: Service) -> None:
    for target in endpoints.after_load(session.plan, session.part(service)):
        session.take(service, target, last_words=session.stop.is_set())


def _cpu_in_the_middle(session: Session) -> None:
    seconds, duration = session.plan.cpu_seconds, session.config.load.duration
    lead = max(0.0, (duration - seconds) / 2)
    lanes = [
        (service, lane)
        for service in session.services
        for lane in endpoints.during_load(session.plan, session.part(service), duration - lead)
    ]
    over = session.load.ended
    if not wait(session.clock, lead, lambda: session.stop.is_set() or over()) or over():
        for service, lane in lanes:
            for target in lane:
                session.miss(service, target, "load_ended", "the load ended before this profile was due")
        return

    def follow(service: Service, lane: Sequence[Target]) -> None:
        for target in lane:
            taken = None if session.stop.is_set() and target is not lane[0] else session.take(service, target)
            outside = taken is not None and not session.load.covers(taken.began, taken.began + seconds)
            if outside and target.kind == "cpu":
                session.record.finding(_window(service.name, seconds, duration))

    join(session, [partial(follow, service, lane) for service, lane in lanes])


def for_each_service(session: Session, work: Callable[[Session, Service], None]) -> None:
    """Do some work for every service at the same time."""
    join(session, [partial(work, session, service) for service in session.services])


def join(session: Session, works: Iterable[Callable[[], None]]) -> None:
    """Do works at the same time, watching the load meanwhile so that the moment of its end is known."""
    threads = [Thread(target=work, daemon=True) for work in works]
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


def run_snapshot(session: Session) -> None:
    """Take one set of profiles of every service now."""
    session.progress.step("snapshot")
    for_each_service(session, _snapshot)


def _snapshot(session: Session, service: Service) -> None:
    kinds = session.kinds(service, session.plan.snapshot)
    for target in endpoints.once(session.plan, session.part(service), kinds):
        if not session.stop.is_set():
            session.take(service, target)


def run_interval(session: Session) -> None:
    """Take a series of every service from the start of the load until its end."""
    plan = session.plan
    kinds = {service.name: session.kinds(service, plan.series) for service in session.services}
    if plan.cpu_seconds > plan.interval and any("cpu" in some for some in kinds.values()):
        session.record.finding(too_long(plan.cpu_seconds, plan.interval, "they are taken one after another instead"))
    session.progress.step(*session.load.described("snapshots"))
    session.load.begin()
    lanes: list[_Lane] = []
    for service in session.services:
        grouped = endpoints.series_kinds(plan, session.part(service), kinds[service.name])
        lanes += [_Lane(session, service, some) for some in grouped]
    join(session, [lane.follow for lane in lanes])
    session.load.finish(session.stop.is_set)


class _Lane:
    """Some kinds of profiles of one service, taken one after another; CPU has a lane of its own: it takes long."""

    def __init__(self, session: Session, service: Service, kinds: tuple[str, ...]) -> None:
        self._session, self._service, self._kinds = session, service, kinds
        self._start = self._until = session.clock.monotonic()
        self._ticks = self._missed = 0
        self._covered = 0.0

    def follow(self) -> None:
        """Take the series, then say what there is to doubt about it."""
        session, plan = self._session, self._session.plan
        if self._kinds == ("cpu",) and plan.cpu_seconds >= plan.interval:
            follow_closely(session.clock, plan.cpu_seconds, session.over, self._window)
            self._doubt_coverage()
            return
        follow_grid(session.clock, self._start, plan.interval, session.over, take=self._take, miss=self._miss)
        if self._missed:
            session.record.finding(
                ticks_missed(self._missed, self._missed + self._ticks, self._service.name, self._kinds)
            )

    def _target(self, kind: str, tick: int) -> Target:
        plan = self._session.plan
        if kind == "cpu":
            # Where the end is known the last window is cut to fit: a whole number, or Go takes 30 seconds.
            seconds = int(min(plan.cpu_seconds, max(1.0, self._session.load.left)))
            return Target(f"cpu{tick}.pprof", kind, "series", seconds, request_seconds(seconds))
        part = self._session.part(self._service)
        return endpoints.tick(part, kind, tick, max(_TICK_SECONDS, plan.interval))

    def _take(self, tick: int) -> None:
        self._ticks += 1
        for kind in self._kinds:
            if not self._session.stop.is_set():
                target = self._target(kind, tick)
                taken = self._session.take(self._service, target)
                if taken is not None and kind == "cpu":
                    self._doubt_tail(target, taken)

    def _miss(self, tick: int) -> None:
        self._missed += 1
        for kind in self._kinds:
            self._session.miss(
                self._service, self._target(kind, tick), "missed_tick", "the tick before it took too long"
            )

    def _window(self, number: int) -> bool:
        """Take one window of a CPU series without gaps."""
        session = self._session
        if session.load.left < 1:
            wait(session.clock, session.load.left, session.over)
            return True
        target, awaited = self._target("cpu", number), self._service.awaited()
        taken = session.take(self._service, target)
        if awaited:
            # Time before there was anything to profile is no gap.
            self._start = self._until = session.clock.monotonic()
            return True
        if not session.stop.is_set():
            self._until = session.clock.monotonic()
        if taken is None:
            return False
        self._covered += taken.window_seconds or target.seconds
        self._doubt_tail(target, taken)
        return True

    def _doubt_tail(self, target: Target, taken: Taken) -> None:
        load, end = self._session.load, taken.began + (taken.window_seconds or target.seconds)
        if not load.has_command:
            return
        beyond = 0.0 if load.covers(taken.began, end) else (load.since(end) or 0.0) - load.seconds
        if beyond > _TAIL_SECONDS:
            self._session.record.finding(_tail(f"{self._service.name}/{target.name}", beyond))

    def _doubt_coverage(self) -> None:
        seconds = self._until - self._start
        if seconds >= self._session.plan.cpu_seconds and self._covered < _COVERED * seconds:
            self._session.record.finding(_gaps(self._service.name, self._covered, seconds))


def ticks_missed(missed: int, ticks: int, component: str, kinds: tuple[str, ...]) -> Finding:
    """Word the doubt about a series that has holes."""
    return Finding(
        "ticks_missed",
        "warning",
        f"{missed} of {ticks} ticks of {component or 'the window plan'} were missed: the profiles before took too long",
        subject=component,
        evidence=", ".join(kinds),
        cure="Make collect.interval longer, or take fewer profiles at each tick.",
    )


def too_long(seconds: float, interval: float, instead: str) -> Finding:
    """Word the doubt about CPU profiles that are longer than the interval."""
    return Finding(
        "cpu_longer_than_interval",
        "warning",
        f"CPU profiles of {seconds:g} s do not fit into an interval of {interval:g} s: {instead}",
        subject="collect.cpu_seconds",
        cure="Make collect.interval longer or collect.cpu_seconds smaller.",
    )


def _tail(path: str, beyond: float) -> Finding:
    return Finding(
        "cpu_tail",
        "info",
        f"This CPU profile reaches {beyond:.1f} s beyond the end of the load",
        subject=path,
        cure="Nothing; leave it out where only the load matters.",
    )


def _gaps(component: str, covered: float, seconds: float) -> Finding:
    return Finding(
        "cpu_gaps",
        "warning",
        f"CPU profiles of {component} cover {covered / seconds:.1%} of the time, and were meant to leave no gap",
        subject=component,
        evidence=f"{covered:.1f} s of {seconds:.1f} s, by the durations the profiles tell",
        cure="See what became of its other CPU profiles.",
    )
