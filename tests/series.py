"""Series of snapshots for tests: heap profiles by what their sites hold, goroutine profiles by their stacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.decode import decode_profile
from pipeline.model.layout import place
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile
from tests.builders import Stack, pprof_bytes

HEAP = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
GOROUTINE = (("goroutine", "count"),)
START = 1_700_000_000_000_000_000


def heap_bytes(sites: Sequence[tuple[Stack, int]], *, allocated: int = 1 << 40, seconds: float | None = 0.0) -> bytes:
    """Write a heap profile: stacks (root first) with the bytes they hold, in objects of 1 kB; ``allocated`` in all."""
    samples = [(stack, (size >> 10, size, size >> 10, size)) for stack, size in sites]
    rest = allocated - sum(size for _, size in sites)
    samples.append((["runtime.main", "main.main"], (1, rest, 0, 0)))
    time_nanos = 0 if seconds is None else START + int(seconds * 1e9)
    return pprof_bytes(samples, HEAP, default_type="inuse_space", time_nanos=time_nanos)


def goroutine_bytes(stacks: Mapping[tuple[str, ...], int], seconds: float | None = 0.0) -> bytes:
    """Write a goroutine profile: stacks (root first) with their counts; golang.org/x is a dependency."""
    time_nanos = 0 if seconds is None else START + int(seconds * 1e9)
    samples = [(stack, (count,)) for stack, count in stacks.items()]
    files = {name: "/go/pkg/mod/golang.org/x/sync@v0.9.0/x.go" for stack in stacks for name in stack if "/x/" in name}
    return pprof_bytes(samples, GOROUTINE, time_nanos=time_nanos, files=files)


def read(path: str, data: bytes) -> tuple[RawFile, Profile]:
    """Decode a file of a run as `derive` does."""
    where = place(path)
    file = RawFile(path, where.component, where.kind, where.phase, "", len(data), where.index)
    return file, decode_profile(data, max_bytes=1 << 30, symbolize=True)


def heap_series(sites: Mapping[Stack, Sequence[int]], every: float = 2.0) -> list[tuple[RawFile, Profile]]:
    """Make snapshots heap0, heap1, … of the bytes each stack holds over time."""
    count = len(next(iter(sites.values())))
    return [
        read(
            f"app/heap{at}.pprof", heap_bytes([(stack, held[at]) for stack, held in sites.items()], seconds=at * every)
        )
        for at in range(count)
    ]
