"""MemStats for tests, as Go's ``heap?debug=1`` ends with them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.decode.memstats import decode_memstats
from pipeline.model.memstats import MemStats


def memstats_text(
    *,
    num_gc: int = 0,
    forced: int = 0,
    total_alloc: int = 300016,
    mallocs: int = 873,
    pauses: Sequence[int] = (),
    ends: Sequence[int] = (),
    max_rss: int = 9158656,
    drop: bytes = b"",
) -> bytes:
    """Write MemStats; ``pauses`` and ``ends`` are of collections 1, 2, …, placed as the runtime places them."""
    text = f"""# runtime.MemStats
# Alloc = 300016
# TotalAlloc = {total_alloc}
# Sys = 8083720
# Lookups = 0
# Mallocs = {mallocs}
# Frees = 24
# HeapAlloc = 300016
# HeapSys = 3833856
# HeapIdle = 2867200
# HeapInuse = 966656
# HeapReleased = 2867200
# HeapObjects = 849
# Stack = 360448 / 360448
# NextGC = 4194304
# LastGC = 0
# PauseNs = {_ring(pauses)}
# PauseEnd = {_ring(ends)}
# NumGC = {num_gc}
# NumForcedGC = {forced}
# GCCPUFraction = 0.0125
# DebugGC = false
# MaxRSS = {max_rss}
""".encode()
    return re.sub(rb"# %s = .*\n" % drop, b"", text) if drop else text


def memstats(**values: object) -> MemStats:
    """Make MemStats from the words of `memstats_text`."""
    return decode_memstats(memstats_text(**values))  # type: ignore[arg-type]


def _ring(values: Sequence[int]) -> str:
    ring = [0] * 256
    for number, value in enumerate(values, 1):
        ring[(number + 255) % 256] = value
    return "[" + " ".join(map(str, ring)) + "]"
