"""Time for collecting: a clock that can be injected, waits that can be stopped, and how an instant is written.

Rules: durations and schedules use ``monotonic``; ``now`` is only for names and records, in UTC.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

_SLICE: Final = 0.05
"""Longest uninterrupted sleep: how soon a wait notices that it is over."""


class Clock(Protocol):
    """What collecting asks of time."""

    def now(self) -> datetime:
        """Give the time of day in UTC."""
        ...

    def monotonic(self) -> float:
        """Give seconds that never jump."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Give the time of day in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never jump."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


def wait(clock: Clock, seconds: float, over: Callable[[], bool]) -> bool:
    """Wait until ``seconds`` have passed or ``over`` says so; tell whether the whole time passed."""
    end = clock.monotonic() + seconds
    while True:
        left = end - clock.monotonic()
        if left <= 0:
            return True
        if over():
            return False
        clock.sleep(min(left, _SLICE))


def stamp(moment: datetime) -> str:
    """Write an instant as a run's name begins: ``YYYYMMDD_HHMMSS``."""
    return moment.astimezone(UTC).strftime("%Y%m%d_%H%M%S")


def rfc3339(moment: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
