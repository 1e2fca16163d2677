"""The load or test command of a run: started once, bounded in time, and reported whatever becomes of it.

Rules: the recorded command keeps its placeholders, so that no path of this machine is in it, and its secrets are
masked. Without a load command the window is so many seconds of whatever traffic there is.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.collect.clock import Clock, rfc3339, wait
from pipeline.collect.process import TERM_SECONDS, Child, child_env, fill, start
from pipeline.collect.secrets import hide_paths, mask
from pipeline.errors import CollectError, ConfigError
from pipeline.model.config import Config, LoadConfig
from pipeline.model.finding import Finding
from pipeline.model.metric import ProcessUsage
from pipeline.model.run import LoadReport

LOG: Final = "test.log"
_GRACE: Final = 30.0
_TARGET: Final = re.compile(r"(?<!\{)\{target\}(?!\})")


def load_of(config: Config) -> LoadConfig:
    """Say what load the plan of a project runs, and for how long; raises ConfigError when its target is not given.

    The snapshot plan has none. The interval and window plans go on as long as their load; without one for
    ``collect.duration``, or until they are stopped.
    """
    load, plan = config.load, config.collect
    if plan.plan == "snapshot":
        return load.model_copy(update={"command": ()})
    command = load.command or (("make", "{target}") if load.target else ())
    if not load.target and any(_TARGET.search(word) for word in command):
        raise ConfigError(
            "load.target: is empty, and load.command needs {target}", cure="Set it, or collect with --target TARGET."
        )
    changes: dict[str, object] = {"command": tuple(_TARGET.sub(load.target, word) for word in command)}
    if plan.plan in {"interval", "window"}:
        if not command:
            changes["duration"] = plan.duration or math.inf
        elif not load.timeout and not any("{duration}" in word for word in command):
            changes["timeout"] = math.inf
    return load.model_copy(update=changes)


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
    def has_command(self) -> bool:
        """Tell whether there is a load; without a command the time just passes."""
        return bool(self._words)

    @property
    def limit(self) -> float:
        """Say how long the load may take, in seconds."""
        if not self._words:
            return self._config.duration
        return self._config.timeout or self._config.duration + _GRACE

    def begin(self) -> None:
        """Start the load, once; a command that cannot be started has ended at once."""
        if self._began is not None:
            return
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

    @property
    def seconds(self) -> float:
        """Say how long the load took so far, in seconds; 0 before it began."""
        end = self._clock.monotonic() if self._ended is None else self._ended
        return 0 if self._began is None else end - self._began

    @property
    def left(self) -> float:
        """Say how many seconds are left of a window without a command; infinite when the end is not known."""
        return math.inf if self._words else max(0.0, self.limit - self.seconds)

    def described(self, what: str) -> tuple[str, float]:
        """Name what happens now and how long it will take (0: not known), for the progress."""
        if not self._words:
            return (what, self.limit) if math.isfinite(self.limit) else (f"{what}, until interrupted", 0)
        return f"load, with {what}", self._config.duration if math.isfinite(self.limit) else 0

    @property
    def usage(self) -> ProcessUsage | None:
        """Say what the load command used; None while it runs, and when it cannot be told."""
        return self._child.usage if self._child is not None else None

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
