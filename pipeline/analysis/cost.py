"""What one run cost beyond its totals: churn, contention, collecting; and advice that cites the numbers it rests on.

Rules: a component is measured by its own profiles, or by the sum over its pods. Operations are those of the load test,
and only where the profiles cover it: from before the load, or from the start of a service that collect started itself.
Advice is a note, never a warning; it names the limit it rests on, and the place in one's own code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.analysis.churn import churn_measurements, measure_churn
from pipeline.analysis.collecting import measure_shares
from pipeline.analysis.contention import KINDS, contention_measurements, measure_contention
from pipeline.analysis.replicas import groups_of
from pipeline.model.cost import Churn, Contention, Rollup
from pipeline.model.finding import Finding
from pipeline.model.metric import LoadResult, Measurement
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile, Run

GC_SHARE: Final = 0.25
ALLOC_SHARE: Final = 0.15
"""From here on go.dev/doc/gc-guide calls the share of runtime.mallocgc a sign of many allocations."""
WAITING: Final = 1.0
"""Goroutines waiting for a lock at any time, on average."""
_ORDER: Final = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}

Decoded = Sequence[tuple[RawFile, Profile]]
Rollups = Mapping[str, Sequence[Rollup]]


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a run cost, component by component."""

    churn: tuple[Churn, ...] = ()
    contention: tuple[Contention, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[Finding, ...] = ()


def measure_cost(
    run: Run,
    profiles: Decoded,
    rollups: Rollups,
    load: Mapping[str, LoadResult],
    *,
    restarted: Collection[str] = (),
    module: str = "",
) -> RunCost:
    """Measure what a run cost.

    ``rollups`` are by path of a profile; of components that were ``restarted`` nothing cumulative is said.
    """
    churn: list[Churn] = []
    contention: list[Contention] = []
    measurements: list[Measurement] = []
    findings: list[Finding] = []
    pods = groups_of(run)
    for component in sorted({file.component for file, _ in profiles}):
        taken = _in_order(pair for pair in profiles if pair[0].component == component)
        offered = None if component in pods else _load_of(component, load)
        found = _Component(run, component, taken, rollups, offered)
        shares = found.shares()
        measurements += shares
        if component not in restarted:
            one, waits = found.churn(module), found.contention()
            churn += [one] if one else []
            contention += waits
            measurements += [
                *(churn_measurements(one) if one else ()),
                *(m for w in waits for m in contention_measurements(w)),
            ]
            findings += found.lock_advice(waits)
        findings += found.cpu_advice(shares)
    return RunCost(tuple(churn), tuple(contention), tuple(measurements), tuple(findings))


@dataclass(frozen=True, slots=True)
class _Component:
    """One component of a run and what there is to measure it by."""

    run: Run
    name: str
    taken: Decoded
    rollups: Rollups
    load: LoadResult | None

    def shares(self) -> list[Measurement]:
        """Measure the CPU shares of collecting and allocating."""
        found = [
            (file.path, rollup)
            for file, _ in self.taken
            if file.kind == "cpu"
            for rollup in self.rollups.get(file.path, ())
            if rollup.sample_type.type == "cpu"
        ]
        return measure_shares(self.name, found)

    def churn(self, module: str) -> Churn | None:
        """Measure what was allocated."""
        return measure_churn(self.name, self.taken, operations=self._operations(), module=module)

    def contention(self) -> list[Contention]:
        """Measure what was waited for."""
        found = []
        for kind in KINDS:
            one = measure_contention(self.name, kind, self.taken, operations=self._operations())
            if one is not None and one.since == "start" and not self._started_here():
                one = measure_contention(self.name, kind, self.taken)
            found += [one] if one else []
        return found

    def cpu_advice(self, shares: Sequence[Measurement]) -> list[Finding]:
        """Advise where collecting or allocating takes much of the CPU."""
        values = {one.metric: one for one in shares}
        gc, alloc = values.get("gc_cpu_share"), values.get("alloc_cpu_share")
        found = []
        if gc is not None and gc.value >= GC_SHARE:
            found.append(
                Finding(
                    "gc_heavy",
                    "info",
                    "The garbage collector took a large share of the CPU.",
                    gc.evidence[-1],
                    f"{_share(gc.value)} of the CPU samples are in it; from {_share(GC_SHARE)} on this is "
                    f"said{self._allocates()}",
                    "Allocate less there; or raise GOGC or GOMEMLIMIT, if there is memory to spare.",
                )
            )
        if alloc is not None and alloc.value >= ALLOC_SHARE:
            found.append(
                Finding(
                    "alloc_heavy",
                    "info",
                    "Allocating took a large share of the CPU.",
                    alloc.evidence[-1],
                    f"{_share(alloc.value)} of the CPU samples are in runtime.mallocgc; from {_share(ALLOC_SHARE)} on "
                    f"this is said{self._allocates()}",
                    "Reuse or preallocate what the functions under Churn allocate.",
                )
            )
        return found

    def lock_advice(self, waits: Sequence[Contention]) -> list[Finding]:
        """Advise where, on average, more than one goroutine waited for a lock at any time of the load."""
        one = next((wait for wait in waits if wait.kind == "mutex" and wait.operations), None)
        seconds = self.load.duration_seconds if self.load else 0.0
        if one is None or seconds <= 0 or one.delay_seconds < WAITING * seconds:
            return []
        where = self._heaviest(one.evidence[-1], "delay")
        return [
            Finding(
                "lock_contention",
                "info",
                "Goroutines waited for locks longer than the load lasted.",
                one.evidence[-1],
                f"{units.show(one.delay_seconds, 's')} waited in a load of {units.show(seconds, 's')}: on average "
                f"{one.delay_seconds / seconds:.1f} goroutines waiting{where}",
                "Hold the lock for less, split it, or keep its work outside.",
            )
        ]

    def _allocates(self) -> str:
        paths = [file.path for file, _ in self.taken if file.kind == "allocs"]
        return self._heaviest(paths[-1], "alloc_space") if paths else ""

    def _heaviest(self, path: str, sample_type: str) -> str:
        """Name the own function that most of a sample type comes from."""
        rollup = next((one for one in self.rollups.get(path, ()) if one.sample_type.type == sample_type), None)
        if rollup is None or not rollup.functions or rollup.total <= 0:
            return ""
        first = rollup.functions[0]
        return f"; {_share(first.near / rollup.total)} of {sample_type} comes from {first.name} ({path})"

    def _operations(self) -> int:
        return self.load.operations if self.load else 0

    def _started_here(self) -> bool:
        """Tell whether collect started this service, so that its counters began with the run."""
        manifest = self.run.manifest
        return manifest is not None and any(one.name == self.name for one in manifest.usage)


def _in_order(pairs: Iterable[tuple[RawFile, Profile]]) -> Decoded:
    return sorted(pairs, key=lambda pair: (_ORDER[pair[0].phase], pair[0].index or 0, pair[0].path))


def _load_of(component: str, load: Mapping[str, LoadResult]) -> LoadResult | None:
    """Find the load result beside a component's profiles, else the one at the root of the run."""
    own = [path for path in sorted(load) if path.rpartition("/")[0] == component]
    shared = [path for path in sorted(load) if "/" not in path]
    path = next(iter(own + shared), None)
    return load[path] if path is not None else None


def _share(value: float) -> str:
    return units.show(round(value, 3), "ratio")
