"""Take one profile: fetch it, write it, and report what became of it. Used by every plan, from several threads.

Rules: whatever happens is a `FileReport`, never an exception. A series ends where it is stopped: the profile under way
then is no part of it, and one that is lost because the load ended (a test takes its pods down) is not missing. The
manifest so far is kept on disk as the run goes on.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random, SystemRandom
from threading import Event
from typing import Final

from pipeline.collect.capture import Fetched, Limits, fetch_profile
from pipeline.collect.clock import Clock, rfc3339, wait
from pipeline.collect.endpoints import SNAPSHOT_SECONDS, Target, chosen
from pipeline.collect.faults import FetchError
from pipeline.collect.load import Load
from pipeline.collect.progress import Progress
from pipeline.collect.record import Record, as_json
from pipeline.collect.rundir import RunFolder
from pipeline.collect.services import Service
from pipeline.collect.watch import Watch
from pipeline.model.config import CollectConfig, ComponentConfig, Config
from pipeline.model.finding import Finding
from pipeline.model.run import FileReport, FileStatus

__all__ = ["SNAPSHOT_SECONDS", "Session", "Taken", "Target"]

_JOURNAL_SECONDS: Final = 1.0
_JOURNAL_SHARE: Final = 0.02
_LEAVING_SECONDS: Final = 3.0
_SHORT: Final = 0.9
_AWAITED_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Taken:
    """A profile that came: the moment its window began, and how long a window it says it covers (0: none)."""

    began: float
    window_seconds: float = 0


@dataclass(slots=True)
class _Outcome:
    """What is known of one file while it is being taken."""

    status: FileStatus = "ok"
    code: str = ""
    attempts: int = 0
    error: str = ""
    taken: Taken | None = None


@dataclass(slots=True)
class Session:
    """One run being collected: everything a plan works with.

    ``stop`` ends the plan early, ``leave`` ends everything at once; ``chance`` chooses where a plan leaves a choice.
    """

    config: Config
    folder: RunFolder
    record: Record
    services: tuple[Service, ...]
    load: Load
    progress: Progress
    clock: Clock
    stop: Event
    leave: Event
    chance: Random = field(default_factory=SystemRandom)
    journal_due: float = 0
    watches: dict[str, Watch] = field(default_factory=dict)

    @property
    def plan(self) -> CollectConfig:
        """Name the collection settings."""
        return self.config.collect

    def kinds(self, service: Service, listed: Sequence[str]) -> tuple[str, ...]:
        """Say which profiles of a list are taken of a service: its own, as far as ``collect.mode`` lets them."""
        mode = self.plan.mode
        return chosen(self.part(service), listed) if mode == "both" else (mode,)

    def part(self, service: Service) -> ComponentConfig:
        """Give the settings of a service."""
        return self.config.components[service.setting]

    def over(self) -> bool:
        """Tell whether a series ends here: the load is over, or the run was told to stop."""
        return self.stop.is_set() or self.load.ended()

    def take(self, service: Service, target: Target, *, last_words: bool = False) -> Taken | None:
        """Take one profile and report it; returns None when there is no profile.

        ``last_words`` lets a profile be taken although the run was told to stop.
        """
        if service.awaited():
            # Nothing is missing yet: the load has still to make this pod.
            wait(self.clock, _AWAITED_SECONDS, lambda: self.over() or not service.awaited())
            return None
        started = rfc3339(self.clock.now())
        outcome = _Outcome()
        try:
            fetched = self._fetch(service, target, last_words=last_words)
            outcome.attempts, outcome.error = len(fetched.attempts), fetched.doubt
            began = self.clock.monotonic() - fetched.attempts[-1].seconds
            self.folder.write(f"{service.name}/{target.name}", fetched.data)
            self._watch(service, target, fetched)
            outcome.taken = Taken(began, fetched.window_seconds)
            if 0 < fetched.window_seconds < _SHORT * target.seconds:
                self.record.finding(_cut_short(f"{service.name}/{target.name}", fetched.window_seconds, target.seconds))
        except FetchError as fault:
            if target.phase == "series" and fault.code == "interrupted":
                return None
            outcome.status, outcome.code, outcome.error = fault.status, fault.code, fault.message
            outcome.attempts = len(fault.attempts)
            if target.phase == "series" and self.load.ended():
                outcome.status, outcome.code = "missing", "load_ended"
                outcome.error = f"when the load ended: {fault.message}"
        except OSError as fault:
            outcome.status = "missing"
            outcome.code = "disk_full" if fault.errno in {errno.ENOSPC, errno.EDQUOT} else "write_failed"
            outcome.error = fault.strerror or type(fault).__name__
        self._report(service, target, outcome, started)
        return outcome.taken

    def _fetch(self, service: Service, target: Target, *, last_words: bool) -> Fetched:
        if service.fault is not None:
            raise FetchError("not_started", service.fault.message)
        limits = self.config.limits
        stop = self.leave if last_words else self.stop

        def fetch(deadline: float) -> Fetched:
            return fetch_profile(
                service.url,
                target.kind,
                seconds=target.seconds,
                gc=self.plan.gc and target.kind == "heap" and self.plan.plan != "window",
                debug=target.debug,
                custom=target.custom,
                access=service.access,
                deadline=deadline,
                limits=Limits(limits.request_bytes, limits.max_decoded_bytes),
                clock=self.clock,
                stop=stop,
            )

        deadline = min(target.deadline, _LEAVING_SECONDS) if last_words else target.deadline
        return service.through(fetch, deadline=deadline, needs=target.seconds, stop=stop)

    def _watch(self, service: Service, target: Target, fetched: Fetched) -> None:
        watch = self.watches.setdefault(service.name, Watch(service.name))
        for doubt in watch.see(f"{service.name}/{target.name}", target.kind, fetched.facts, fetched.skew):
            self.record.finding(doubt)

    def miss(self, service: Service, target: Target, code: str, why: str) -> None:
        """Report a profile that was not even tried."""
        outcome = _Outcome("missing", code, error=why)
        self._report(service, target, outcome, rfc3339(self.clock.now()))

    def _report(self, service: Service, target: Target, outcome: _Outcome, started: str) -> None:
        taken = outcome.taken
        pod = service.forward.pod if service.forward is not None else None
        report = FileReport(
            path=f"{service.name}/{target.name}",
            component=service.name,
            kind=target.kind,
            phase=target.phase,
            status=outcome.status,
            code=outcome.code,
            attempts=outcome.attempts,
            last_error=outcome.error,
            started=started,
            finished=rfc3339(self.clock.now()),
            offset_seconds=self.load.since(taken.began) if taken else None,
            window_seconds=round(taken.window_seconds, 3) if taken and taken.window_seconds else None,
            pod=pod.pod if pod else "",
            pod_uid=pod.uid if pod else "",
            pod_restarts=pod.restarts if pod else 0,
            port=service.port,
        )
        self.tell(report)

    def tell(self, report: FileReport) -> None:
        """Record the outcome of one file, show it, and keep the manifest so far."""
        self.record.file(report)
        self.progress.file(report)
        self._journal()

    def _journal(self) -> None:
        began = self.clock.monotonic()
        if began < self.journal_due:
            return
        self.journal_due = began + _JOURNAL_SECONDS
        try:
            self.folder.journal(as_json(self.record.manifest(load=self.load.report(), interrupted=True)))
        except OSError:
            # A full disk: the run goes on, and its final manifest replaces this one.
            return
        # The manifest of a run of days is long: writing it must not become what collecting does.
        now = self.clock.monotonic()
        self.journal_due = now + max(_JOURNAL_SECONDS, (now - began) / _JOURNAL_SHARE)


def _cut_short(path: str, had: float, asked: float) -> Finding:
    return Finding(
        "cpu_short",
        "info",
        f"This CPU profile covers {had:.1f} s of the {asked:g} s it was asked for",
        subject=path,
        cure="Nothing; rates are made from its own duration. The service may have been stopping.",
    )
