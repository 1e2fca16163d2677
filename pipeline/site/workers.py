"""Making many parts at once: a build that has many to make lets processes of its own do it, one for each processor.

Rules: who makes a part changes nothing in it. A process is forked where that is safe: on Linux, in a program with one
thread, before the libraries that start threads are there (Polars, vl-convert), and it ends with the one that started
it. It first makes its parts and keeps them; once the shells are known it finishes them in the staging tree. What a
process cannot make, for whatever reason, is made here, where its error is told.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pipeline.model.page import PlannedPart
from pipeline.site.engine import ends_with_us
from pipeline.site.finish import Finished, Finisher
from pipeline.site.kept_parts import KeptParts
from pipeline.site.parts import Ground, Order, finish, make

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MANY: Final = 48
"""Parts that are worth processes of their own."""

_MOST: Final = 8
_PARTS_PER_CLEARING: Final = 32
_THREADED: Final = ("polars", "vl_convert")


class Crews:
    """The processes of one build; none where one would gain little, or must not be forked."""

    def __init__(self, crews: Sequence[_Crew] = ()) -> None:
        self._crews = crews

    def finish(self, orders: Mapping[str, Order], ground: Ground) -> None:
        """Have parts finished, by their address; those no process makes are left out."""
        for crew in self._crews:
            crew.finish(orders, ground)

    def finished(self) -> Iterator[Finished]:
        """Wait for what has been finished; what is in none of it is to be finished here."""
        for crew in self._crews:
            done = crew.finished()
            if done is not None:
                yield done


@contextmanager
def making(parts: Sequence[PlannedPart], kept: KeptParts) -> Iterator[Crews]:
    """Begin to make these parts."""
    crews = [_Crew(parts[place::count], kept) for place in range(count)] if (count := _crews(len(parts))) else []
    try:
        yield Crews(crews)
    finally:
        for crew in crews:
            crew.dismiss()


def _crews(wanted: int) -> int:
    if wanted < MANY or sys.platform != "linux" or threading.active_count() > 1:
        return 0
    import multiprocessing

    if multiprocessing.current_process().daemon or any(name in sys.modules for name in _THREADED):
        return 0
    count = min(len(os.sched_getaffinity(0)), _MOST)
    return count if count > 1 else 0


class _Crew:
    """One process and its parts."""

    def __init__(self, parts: Sequence[PlannedPart], kept: KeptParts) -> None:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        self._urls = [part.url for part in parts]
        self._asked = False
        self._talk, theirs = context.Pipe()
        words = (parts, kept, theirs, self._talk, ends_with_us())
        self._process = context.Process(target=_work, args=words, daemon=True)
        self._process.start()
        theirs.close()

    def finish(self, orders: Mapping[str, Order], ground: Ground) -> None:
        mine = {url: orders[url] for url in self._urls if url in orders}
        try:
            self._talk.send((mine, ground))
            self._asked = True
        except OSError:  # it is no more
            self._asked = False

    def finished(self) -> Finished | None:
        try:
            done: Finished | None = self._talk.recv() if self._asked else None
        except (EOFError, OSError):
            return None
        return done

    def dismiss(self) -> None:
        """End the process."""
        self._talk.close()
        self._process.kill()
        self._process.join()


def _work(
    parts: Sequence[PlannedPart],
    kept: KeptParts,
    talk: Connection[Any, Any],
    starter: Connection[Any, Any],
    bind: Callable[[], None] | None,
) -> None:
    starter.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is told too, and ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if bind:
        bind()
    failed = _make(parts, kept)
    try:
        orders, ground = talk.recv()
        talk.send(_finish([part for part in parts if part.url in orders.keys() - failed], orders, ground, kept))
    except (EOFError, OSError):
        return


def _make(parts: Sequence[PlannedPart], kept: KeptParts) -> set[str]:
    """Make parts; gives the addresses of those that cannot be made. What one leaves behind is cleared now and then: a
    record has thousands of values, and to look for cycles among them costs a fifth of the time.
    """
    failed = set()
    gc.disable()
    gc.freeze()
    for place, part in enumerate(parts, 1):
        if not _is_done(make, part, kept):
            failed.add(part.url)
        if place % _PARTS_PER_CLEARING == 0:
            gc.collect()
    return failed


def _finish(parts: Sequence[PlannedPart], orders: Mapping[str, Order], ground: Ground, kept: KeptParts) -> Finished:
    finisher = Finisher(ground.tree)
    for part in parts:
        skipped = len(finisher.done.skipped)
        if not _is_done(finish, part, orders[part.url], ground, kept, finisher):
            del finisher.done.skipped[skipped:]
    return finisher.done


def _is_done(work: Callable[..., object], *given: object) -> bool:
    try:
        work(*given)
    except Exception:  # noqa: BLE001 - it is done again by whoever asked, who tells the error
        return False
    return True
