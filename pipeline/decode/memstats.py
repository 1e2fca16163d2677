"""The ``runtime.MemStats`` lines at the end of Go's ``heap?debug=1``: bytes -> MemStats, and the lines alone.

Rules: lines are ``# Name = value`` below ``# runtime.MemStats``; unknown names are skipped, so that a newer Go can be
read. All values of a MemStats must be there: half of one would make figures that mean something else.
"""

from __future__ import annotations

import math
import re
from typing import Final

from pipeline.errors import DecodeError
from pipeline.model.memstats import MemStats

_HEADER: Final = b"# runtime.MemStats"
_LINE: Final = re.compile(rb"^# (\w+) = (.*?)\s*$", re.MULTILINE)
_RING: Final = 256
_MAX_BYTES: Final = 1 << 16
_COUNTS: Final = {
    "num_gc": b"NumGC",
    "num_forced_gc": b"NumForcedGC",
    "total_alloc": b"TotalAlloc",
    "mallocs": b"Mallocs",
    "frees": b"Frees",
    "heap_alloc": b"HeapAlloc",
    "heap_inuse": b"HeapInuse",
    "heap_sys": b"HeapSys",
    "sys": b"Sys",
}


def memstats_part(data: bytes) -> bytes:
    """Cut the MemStats lines out of a heap profile in text form. Raises DecodeError ``not_memstats``."""
    at = data.rfind(_HEADER)
    if at < 0:
        raise DecodeError(
            "not_memstats",
            "no runtime.MemStats in this answer",
            cure="The service may not be a Go program, or debug=1 does not reach it.",
        )
    return data[at : at + _MAX_BYTES]


def decode_memstats(data: bytes) -> MemStats:
    """Read the MemStats of a heap profile in text form, or of its last lines alone.

    Raises DecodeError ``not_memstats``.
    """
    values = dict(_LINE.findall(memstats_part(data)))
    try:
        counts = {field: _count(values[name]) for field, name in _COUNTS.items()}
        fraction = float(values[b"GCCPUFraction"])
        pauses, ends = _ring(values[b"PauseNs"]), _ring(values[b"PauseEnd"])
        max_rss = _count(values[b"MaxRSS"]) if b"MaxRSS" in values else None
    except (KeyError, ValueError) as error:
        raise DecodeError(
            "not_memstats", "the runtime.MemStats lines are not whole", cure="The answer was cut; collect again."
        ) from error
    if not math.isfinite(fraction):
        raise DecodeError("not_memstats", "GCCPUFraction is not a number", cure="Collect again.")
    return MemStats(gc_cpu_fraction=fraction, pause_ns=pauses, pause_end=ends, max_rss=max_rss, **counts)


def _count(text: bytes) -> int:
    value = int(text)
    if value < 0:
        raise ValueError("a count below zero")
    return value


def _ring(text: bytes) -> tuple[int, ...]:
    values = tuple(map(int, text.strip(b"[]").split()))
    if len(values) != _RING:
        raise ValueError("not a ring of 256")
    return values
