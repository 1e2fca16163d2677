"""Take one profile: fetch it, write it, and report what became of it. Used by every plan, from several threads.

Rules: whatever happens is a `FileReport`, never an exception. The manifest so far is kept on disk as the run goes on.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from threading import Event
from typing import Final

from pipeline.collect.capture import Fetched, Limits, fetch_profile
from pipeline.collect.clock import Clock, rfc3339
from pipeline.collect.faults import FetchError
from pipeline.collect.load import Load
from pipeline.collect.progress import Progress
from pipeline.collect.record import Record, as_json
from pipeline.collect.rundir import RunFolder
from pipeline.collect.services import Service
from pipeline.model.config import CollectConfig, Config
from pipeline.model.run import FileReport, FileStatus, Phase

SNAPSHOT_SECONDS: Final = 20.0
_JOURNAL_SECONDS: Final = 1.0
_LEAVING_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Target:
    """One file to take; ``seconds`` is the window of a CPU profile."""

    name: str
    kind: str
    phase: Phase
    seconds: float = 0
    deadline: float = SNAPSHOT_SECONDS


@dataclass(slots=True)
class _Outcome:
    """What is known of one file while it is being taken."""

    status: FileStatus = "ok"
    code: str = ""
    attempts: int = 0
    error: str = ""
    last_began: float | None = None


@dataclass(slots=True)
class Session:
    """One run being collected: everything a plan works with.

    ``stop`` ends the plan early, ``leave`` ends everything at once.
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
    journaled: float | None = None

    @property
    def plan(self) -> CollectConfig:
        """Name the collection settings."""
        return self.config.collect

    def take(self, service: Service, target: Target, *, last_words: bool = False) -> float | None:
        """Take one profile and report it; returns the moment its window began, None when there is no profile.

        ``last_words`` lets a profile be taken although the run was told to stop.
        """
        started = rfc3339(self.clock.now())
        outcome = _Outcome()
        try:
            fetched = self._fetch(service, target, last_words=last_words)
            outcome.attempts, outcome.error = len(fetched.attempts), fetched.doubt
            outcome.last_began = self.clock.monotonic() - fetched.attempts[-1].seconds
            self.folder.write(f"{service.name}/{target.name}", fetched.data)
        except FetchError as fault:
            outcome.status, outcome.code, outcome.error = fault.status, fault.code, fault.message
            outcome.attempts = len(fault.attempts)
        except OSError as fault:
            outcome.status = "missing"
            outcome.code = "disk_full" if fault.errno in {errno.ENOSPC, errno.EDQUOT} else "write_failed"
            outcome.error = fault.strerror or type(fault).__name__
        self._report(service, target, outcome, started)
        return outcome.last_began if outcome.status == "ok" else None

    def _fetch(self, service: Service, target: Target, *, last_words: bool) -> Fetched:
        if service.fault is not None:
            raise FetchError("not_started", service.fault.message)
        limits = self.config.limits
        return fetch_profile(
            service.url,
            target.kind,
            seconds=target.seconds,
            gc=self.plan.gc and target.kind == "heap",
            deadline=min(target.deadline, _LEAVING_SECONDS) if last_words else target.deadline,
            limits=Limits(limits.request_bytes, limits.max_decoded_bytes),
            clock=self.clock,
            stop=self.leave if last_words else self.stop,
        )

    def miss(self, service: Service, target: Target, code: str, why: str) -> None:
        """Report a profile that was not even tried."""
        outcome = _Outcome("missing", code, error=why)
        self._report(service, target, outcome, rfc3339(self.clock.now()))

    def _report(self, service: Service, target: Target, outcome: _Outcome, started: str) -> None:
        began = outcome.last_began
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
            offset_seconds=None if began is None else self.load.since(began),
            port=service.port,
        )
        self.record.file(report)
        self.progress.file(report)
        self._journal()

    def _journal(self) -> None:
        now = self.clock.monotonic()
        if self.journaled is not None and now - self.journaled < _JOURNAL_SECONDS:
            return
        self.journaled = now
        try:
            self.folder.journal(as_json(self.record.manifest(load=self.load.report(), interrupted=True)))
        except OSError:
            # A full disk: the run goes on, and its final manifest replaces this one.
            return
