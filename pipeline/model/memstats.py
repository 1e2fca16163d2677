"""What the Go runtime counts about its memory: the lines that a heap profile in text form ends with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemStats:
    """``runtime.MemStats`` at one moment; sizes in bytes, times in nanoseconds, counts since the process started.

    ``pause_ns`` and ``pause_end`` are rings of the last 256 collections: the pause of collection number N, and when
    (Unix time) it ended, are at ``(N + 255) % 256``. ``max_rss`` is None where the system does not tell.
    """

    num_gc: int
    num_forced_gc: int
    total_alloc: int
    mallocs: int
    frees: int
    heap_alloc: int
    heap_inuse: int
    heap_sys: int
    sys: int
    gc_cpu_fraction: float
    pause_ns: tuple[int, ...]
    pause_end: tuple[int, ...]
    max_rss: int | None = None
