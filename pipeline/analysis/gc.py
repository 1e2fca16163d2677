"""What a run's MemStats say: collections and their pauses, exact allocation totals, resident memory, restarts.

Rules: figures are differences between the first and the last MemStats of a component, with every one between them used
to read pauses, of which the runtime keeps the last 256; a sum with gaps is not given. Collections that somebody asked
for (``runtime.GC``, ``heap?gc=1``) are not counted: they say nothing of the load. MemStats of two processes are never
subtracted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pipeline import units
from pipeline.model.finding import Finding
from pipeline.model.memstats import MemStats
from pipeline.model.metric import LoadResult, Measurement, Metric
from pipeline.model.run import RawFile

METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "total_alloc_per_op", "Allocated per op, exact", "bytes/op", "lower", "TotalAlloc after - before ÷ operations"
    ),
    Metric("mallocs_per_op", "Objects per op, exact", "objects/op", "lower", "Mallocs after - before ÷ operations"),
    Metric("gc_runs", "GC runs", "count", "lower", "NumGC - NumForcedGC, after - before"),
    Metric("gc_pause_total", "GC pauses, total", "seconds", "lower", "PauseNs of the collections during the run"),
    Metric("gc_pause_max", "GC pause, longest", "seconds", "lower", "PauseNs of the collections during the run"),
    Metric("gc_pause_mean", "GC pause, mean", "seconds", "lower", "PauseNs that the runtime still remembers"),
    Metric("gc_cpu_fraction", "GC share of CPU", "ratio", "lower", "GCCPUFraction: since the service started"),
)
_RING: Final = 256
_GROWING: Final = ("total_alloc", "mallocs", "frees", "num_gc", "num_forced_gc", "max_rss")
_DOUBTED_FACTOR: Final = 1.5
_DOUBTED_BYTES: Final = 64 << 20

Taken = Sequence[tuple[RawFile, MemStats]]


def restarted(before: MemStats, after: MemStats) -> str:
    """Say why these cannot be of one process, or nothing. Growth alone proves nothing: a new process grows too."""
    for name in _GROWING:
        first, last = getattr(before, name), getattr(after, name)
        if first is not None and last is not None and last < first:
            return f"{name} shrank from {first:,} to {last:,}"
    for number in range(max(1, after.num_gc - _RING + 1, before.num_gc - _RING + 1), before.num_gc + 1):
        place = (number + _RING - 1) % _RING
        if before.pause_end[place] != after.pause_end[place]:
            return f"collection {number} ended at another time than before"
    return ""


def measure_memstats(
    component: str, taken: Taken, load: LoadResult | None, load_file: str
) -> tuple[list[Measurement], list[Finding]]:
    """Measure one component by its MemStats."""
    ordered = in_order(taken)
    if not ordered:
        return [], []
    (first_file, first), (last_file, last) = ordered[0], ordered[-1]
    found = [Measurement("gc_cpu_fraction", last.gc_cpu_fraction, component, (last_file.path,))]
    peak = max((stats.max_rss or 0 for _, stats in ordered), default=0)
    if peak:
        found.append(Measurement("rss_max", float(peak), component, (last_file.path,)))
    why = next((why for (_, old), (_, new) in pairwise(ordered) if (why := restarted(old, new))), "")
    if why:
        return found, [_restarted(last_file.path, why)]
    if len(ordered) < 2:
        return found, []
    evidence = (first_file.path, last_file.path)
    runs = (last.num_gc - last.num_forced_gc) - (first.num_gc - first.num_forced_gc)
    found.append(Measurement("gc_runs", float(runs), component, evidence))
    pauses, doubts = _pauses(ordered)
    if not doubts:
        found.append(Measurement("gc_pause_total", sum(pauses) / 1e9, component, evidence))
        found.append(Measurement("gc_pause_max", max(pauses, default=0) / 1e9, component, evidence))
    if pauses:
        found.append(Measurement("gc_pause_mean", sum(pauses) / len(pauses) / 1e9, component, evidence))
    if load is not None and load.operations > 0:
        for name, amount in (
            ("total_alloc_per_op", last.total_alloc - first.total_alloc),
            ("mallocs_per_op", last.mallocs - first.mallocs),
        ):
            found.append(Measurement(name, amount / load.operations, component, (*evidence, load_file)))
    return found, doubts


def in_order(taken: Taken) -> list[tuple[RawFile, MemStats]]:
    """Sort MemStats by when they were taken."""
    order = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}
    return sorted(taken, key=lambda pair: (order[pair[0].phase], pair[0].index or 0, pair[0].path))


def _pauses(ordered: Sequence[tuple[RawFile, MemStats]]) -> tuple[list[int], list[Finding]]:
    """Read the pauses of the collections between the first and the last, in nanoseconds; says so when some are lost."""
    pauses: list[int] = []
    lost, where = 0, ""
    for (_, old), (file, new) in pairwise(ordered):
        first = max(old.num_gc + 1, new.num_gc - _RING + 1)
        pauses += [new.pause_ns[(number + _RING - 1) % _RING] for number in range(first, new.num_gc + 1)]
        if first > old.num_gc + 1:
            lost, where = lost + first - old.num_gc - 1, file.path
    if not lost:
        return pauses, []
    doubt = Finding(
        "gc_pauses_lost",
        "info",
        "More collections ran than the runtime remembers pauses of, so only their mean is given.",
        where,
        f"{len(pauses) + lost:,} collections, {lost:,} pauses lost",
        "Collect an interval series: it reads the pauses in time.",
    )
    return pauses, [doubt]


def sampling_doubt(measured: Sequence[Measurement], operations: int) -> Finding | None:
    """Compare the sampled allocation figure with the exact one of the same component."""
    values = {one.metric: one for one in measured}
    sampled, exact = values.get("alloc_bytes_per_op"), values.get("total_alloc_per_op")
    if sampled is None or exact is None or exact.value * operations < _DOUBTED_BYTES:
        return None
    if exact.value / _DOUBTED_FACTOR <= sampled.value <= exact.value * _DOUBTED_FACTOR:
        return None
    return Finding(
        "alloc_estimate",
        "info",
        "The allocation profiles and the runtime's own count are far apart.",
        sampled.evidence[-1] if len(sampled.evidence) < 2 else sampled.evidence[1],
        f"{units.show(sampled.value, 'bytes/op')} sampled, {units.show(exact.value, 'bytes/op')} exact",
        "Trust the exact figure; a smaller runtime.MemProfileRate makes the profile closer.",
    )


def _restarted(path: str, why: str) -> Finding:
    return Finding(
        "restarted",
        "warning",
        "The runtime's counters are of two processes: the service was restarted during the run.",
        path,
        why,
        "Look for a crash or redeploy in the logs and collect again.",
    )
