"""Schedules: ticks on a grid, and windows one after another without a gap.

Rules: the grid is at start + n·interval, whatever a tick costs, and ticks are never bunched: one that comes more than
half an interval late is missed. Nothing here knows what is done at a tick; time comes from the clock that is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pipeline.collect.clock import Clock, wait

_PAUSE: Final = 1.0
"""Shortest time between two windows of which the first failed, in seconds."""


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


def follow_closely(clock: Clock, seconds: float, over: Callable[[], bool], take: Callable[[int], bool]) -> None:
    """Call ``take`` for windows of ``seconds``, each as soon as the one before it has ended, until ``over``.

    ``take`` tells whether the window was had; after one that was not, its time is waited out, at least a second.
    """
    window = 0
    while not over():
        began = clock.monotonic()
        if not take(window):
            wait(clock, max(_PAUSE, seconds - (clock.monotonic() - began)), over)
        window += 1
