"""Making many pages at once: a build that has many to make lets processes of its own make them, one for each processor.

Rules: who makes a page changes nothing in it. A process is forked where that is safe: on Linux, in a program with one
thread, before the libraries that start threads are there (Polars, vl-convert), and it ends with the one that started
it. Pages come back in order, so none waits for more than one other; what a process cannot make, for whatever reason, is
made here, where its error is told.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from pipeline.model.page import PlannedPart, SitePart
from pipeline.site.engine import ends_with_us

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MANY: Final = 48
"""Pages that are worth processes of their own."""

_MOST: Final = 8
_THREADED: Final = ("polars", "vl_convert")


@contextmanager
def making(parts: Sequence[PlannedPart], is_wanted: Callable[[PlannedPart], bool]) -> Iterator[tuple[PlannedPart, ...]]:
    """Begin to make the parts that are wanted; gives all parts, in order, whose ``make`` then takes what is made.

    The parts that are wanted must be asked for in the order of their address.
    """
    wanted = sorted((part for part in parts if is_wanted(part)), key=lambda part: part.url)
    crews = [_Crew(wanted[place::count]) for place in range(count)] if (count := _crews(len(wanted))) else []
    owners = {part.url: crew for crew in crews for part in crew.parts}
    try:
        yield tuple(
            replace(part, make=partial(owners[part.url].take, part)) if part.url in owners else part for part in parts
        )
    finally:
        for crew in crews:
            crew.dismiss()


def _crews(wanted: int) -> int:
    """Say how many processes to start; none where one would gain little, or must not be forked."""
    if wanted < MANY or sys.platform != "linux" or threading.active_count() > 1:
        return 0
    import multiprocessing

    if multiprocessing.current_process().daemon or any(name in sys.modules for name in _THREADED):
        return 0
    count = min(len(os.sched_getaffinity(0)), _MOST)
    return count if count > 1 else 0


class _Crew:
    """One process that makes its parts in order."""

    def __init__(self, parts: Sequence[PlannedPart]) -> None:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        self.parts = parts
        self._waiting = [part.url for part in reversed(parts)]
        self._results, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(parts, theirs, ends_with_us()), daemon=True)
        self._process.start()
        theirs.close()

    def take(self, part: PlannedPart) -> SitePart:
        """Give a part: from the process, if it comes to it and can make it."""
        try:
            while part.url in self._waiting:
                url = self._waiting.pop()
                made: SitePart | None = self._results.recv()
                if url == part.url and made is not None:
                    return made
        except (EOFError, OSError):
            self._waiting.clear()
        return part.make()

    def dismiss(self) -> None:
        """End the process."""
        self._results.close()
        self._process.kill()
        self._process.join()


def _work(parts: Sequence[PlannedPart], results: Connection[SitePart | None], bind: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is told too, and ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if bind:
        bind()
    for part in parts:
        try:
            made = part.make()
        except Exception:  # noqa: BLE001 - it is made again by whoever asked, who tells the error
            made = None
        try:
            results.send(made)
        except OSError:
            return
