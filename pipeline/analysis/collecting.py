"""How much of the CPU went to collecting garbage and to allocating, by the CPU profile.

Rules: a sample belongs to the collector when one of its functions is anywhere on the stack, and counts once: background
marking and sweeping, and what allocating goroutines are made to do (assists, sweeping before a span is used). That is
what ``go tool pprof -focus`` with these patterns leaves of the total. MemStats' GCCPUFraction is another thing: a share
of the CPU time the process *could* have used since it started, on all its processors. Source of the names:
go.dev/doc/gc-guide, "Identifying costs", and runtime/mgc*.go of Go 1.27.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.analysis.stacks import Stacks, samples_with
from pipeline.model.cost import Rollup
from pipeline.model.metric import Measurement, Metric
from pipeline.model.profile import Int

METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "gc_cpu_share",
        "GC share of CPU, profiled",
        "ratio",
        "lower",
        "CPU samples in the garbage collector ÷ all of them",
    ),
    Metric(
        "alloc_cpu_share", "Allocation share of CPU", "ratio", "lower", "CPU samples in runtime.mallocgc ÷ all of them"
    ),
)
COLLECTING: Final = (
    r"^runtime\.(gcBgMarkWorker|gcAssistAlloc|gcAssistAlloc1|gcDrain|gcDrainN|gcStart|gcMarkDone|gcMarkTermination"
    r"|markroot|bgsweep|bgscavenge|sweepone|wbBufFlush|\(\*sweepLocked\)\.sweep)(\.func|$)"
)
"""The garbage collector's functions, as a pattern that ``-focus`` takes too."""
ALLOCATING: Final = r"^runtime\.mallocgc$"


def collecting(stacks: Stacks, values: Int) -> int:
    """Add up values (int64[M]) of the samples in the garbage collector."""
    return _touching(stacks, re.compile(COLLECTING), values)


def allocating(stacks: Stacks, values: Int) -> int:
    """Add up values (int64[M]) of the samples in ``runtime.mallocgc``: with the assists in it."""
    return _touching(stacks, re.compile(ALLOCATING), values)


def measure_shares(component: str, rollups: Sequence[tuple[str, Rollup]]) -> list[Measurement]:
    """Measure the shares of one component over all its CPU profiles, given as (path, roll-up of ``cpu``)."""
    total = sum(rollup.total for _, rollup in rollups)
    if total <= 0:
        return []
    evidence = tuple(path for path, _ in rollups)
    shares = (
        ("gc_cpu_share", sum(rollup.collecting for _, rollup in rollups)),
        ("alloc_cpu_share", sum(rollup.allocating for _, rollup in rollups)),
    )
    return [Measurement(name, value / total, component, evidence) for name, value in shares]


def _touching(stacks: Stacks, names: re.Pattern[str], values: Int) -> int:
    chosen = np.array([bool(names.search(name)) for name in stacks.names], np.bool_)
    return int(values[samples_with(stacks, chosen)].sum())
