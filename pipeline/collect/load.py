"""The load or test command of a run: started once, bounded in time, and reported whatever becomes of it.

Rules: the recorded command keeps its placeholders, so that no path of this machine is in it, and its secrets are
masked. Without a load command the window is `load.duration` seconds of whatever traffic there is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.collect.clock import Clock, rfc3339, wait
from pipeline.collect.process import TERM_SECONDS, Child, child_env, fill, start
from pipeline.collect.secrets import hide_paths, mask
from pipeline.errors import CollectError
from pipeline.model.config import LoadConfig
from pipeline.model.finding import Finding
from pipeline.model.run import LoadReport

LOG: Final = "test.log"
_GRACE: Final = 30.0


class Load:
    """One load: before `begin`, running, or ended. Safe to ask from several threads."""

    def __init__(
        self,
        config: LoadConfig,
        values: Mapping[str, str],
        args: Sequence[str],
        *,
        root: Path,
        folder: Path,
        clock: Clock,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._config = config
        self._words = [*fill(config.command, values, "load.command"), *args] if config.command else []
        self._recorded = mask((*config.command, *args))
        self._names = names or {}
        self._root, self._folder, self._clock = root, folder, clock
        self._child: Child | None = None
        self._began: float | None = None
        self._ended: float | None = None
        self._started = self._finished = self._failure = ""
        self._timed_out = self._stopped = False
        self._lock = threading.RLock()

    @property
    def limit(self) -> float:
        """Say how long the load may take, in seconds."""
        if not self._words:
            return self._config.duration
        return self._config.timeout or self._config.duration + _GRACE

    def begin(self) -> None:
        """Start the load; a command that cannot be started has ended at once."""
        self._began = self._clock.monotonic()
        self._started = rfc3339(self._clock.now())
        if not self._words:
            return
        try:
            log = self._folder / LOG
            self._child = start(self._words, log=log, cwd=self._root, env=child_env(), clock=self._clock)
        except (CollectError, OSError) as error:
            self._failure = str(error)
            self._end()

    def ended(self) -> bool:
        """Tell whether the load is over; one that is over its limit is ended first."""
        with self._lock:
            if self._began is None or self._ended is not None:
                return self._ended is not None
            over = self._clock.monotonic() - self._began >= self.limit
            if self._child is None:
                if over:
                    self._end()
            elif self._child.ended():
                self._end()
            elif over:
                self._timed_out = True
                self.stop()
            return self._ended is not None

    def stop(self, grace: float = TERM_SECONDS) -> None:
        """End the load now, with ``grace`` seconds to end by itself."""
        with self._lock:
            if self._began is not None and self._ended is None:
                self._stopped = not self._timed_out
                if self._child is not None:
                    self._child.stop(grace)
                self._end()

    def _end(self) -> None:
        self._ended = self._clock.monotonic()
        self._finished = rfc3339(self._clock.now())

    def finish(self, stopped: Callable[[], bool]) -> None:
        """Wait for the end of the load; end it when ``stopped`` says so."""
        while not self.ended():
            if not wait(self._clock, 1.0, lambda: stopped() or self.ended()) and stopped():
                self.stop()

    def since(self, moment: float) -> float | None:
        """Say how many seconds into the load a moment is; None before the load."""
        return None if self._began is None or moment < self._began else round(moment - self._began, 3)

    def covers(self, begin: float, end: float) -> bool:
        """Tell whether a window lies inside the load."""
        return self._began is not None and self._began <= begin and (self._ended is None or end <= self._ended)

    def report(self) -> LoadReport | None:
        """Give the load's outcome for the manifest; None without a load command."""
        if not self._words:
            return None
        return LoadReport(
            command=self._recorded,
            exit_code=self._child.poll() if self._child is not None else None,
            timed_out=self._timed_out,
            started=self._started,
            finished=self._finished,
            tail=self._tail(),
        )

    def _tail(self) -> str:
        text = self._failure or (self._child.tail() if self._child is not None else "")
        return hide_paths(text, self._names)

    def finding(self) -> Finding | None:
        """Say what was wrong with the load, if anything."""
        report = self.report()
        if report is None or self._began is None or self._stopped:
            return None
        if self._failure:
            said = "could not be started"
        elif self._timed_out:
            said = f"was ended after {self.limit:g} s"
        elif report.exit_code:
            said = f"ended with exit code {report.exit_code}"
        else:
            return None
        return Finding(
            "load_failed",
            "warning",
            f"The load {said}",
            subject=LOG,
            evidence=report.tail,
            cure="Profiles of this run may not show the load that was meant; look at its log.",
        )
