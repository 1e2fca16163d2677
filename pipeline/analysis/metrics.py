"""The metric registry, and how each metric is computed from the profiles and load result of one run.

Rules: a metric that cannot be computed honestly is left out and a Finding says why; nothing is guessed. Per-operation
figures divide by the successful operations of the load test. Cumulative profiles (allocs) are differences
after - before; when they shrink the process was restarted and the difference is refused. Memory is in-use bytes,
never file size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.analysis import churn, collecting, contention, gc, growth, usage
from pipeline.model.finding import Finding
from pipeline.model.metric import LoadResult, Measurement, Metric
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile, Run

METRICS: Final[tuple[Metric, ...]] = (
    Metric("ops_per_sec", "Throughput", "ops/s", "higher", "successful operations ÷ load duration"),
    Metric("latency_mean", "Mean latency", "seconds", "lower", "load test, successful operations"),
    Metric("latency_p50", "Median latency", "seconds", "lower", "load test, 50th percentile"),
    Metric("latency_p90", "Latency p90", "seconds", "lower", "load test, 90th percentile"),
    Metric("latency_p99", "Latency p99", "seconds", "lower", "load test, 99th percentile"),
    Metric("error_rate", "Error rate", "ratio", "lower", "errors ÷ (operations + errors)"),
    Metric("alloc_bytes_per_op", "Allocated per op", "bytes/op", "lower", "alloc_space after - before ÷ operations"),
    Metric(
        "alloc_objects_per_op", "Objects per op", "objects/op", "lower", "alloc_objects after - before ÷ operations"
    ),
    Metric("cpu_per_op", "CPU per op", "seconds/op", "lower", "CPU seconds per second of profile ÷ ops/s"),
    Metric("heap_inuse_before", "Heap in use, before", "bytes", "none", "inuse_space of the first heap profile"),
    Metric("heap_inuse_after", "Heap in use, after", "bytes", "lower", "inuse_space of the last heap profile"),
    Metric("heap_inuse_peak", "Heap in use, peak", "bytes", "lower", "largest inuse_space of all heap profiles"),
    Metric("goroutines_before", "Goroutines, before", "goroutines", "none", "first goroutine profile"),
    Metric("goroutines_after", "Goroutines, after", "goroutines", "lower", "last goroutine profile"),
    Metric("goroutines_leaked", "Goroutines leaked", "goroutines", "lower", "goroutineleak profile (proved by the GC)"),
    Metric(
        "rss_max", "Resident memory, peak", "bytes", "lower", "the most the process ever had: runtime.MemStats or time"
    ),
    *growth.METRICS,
    *gc.METRICS,
    *collecting.METRICS,
    *churn.METRICS,
    *contention.METRICS,
    *usage.METRICS,
)
BY_NAME: Final[Mapping[str, Metric]] = {metric.name: metric for metric in METRICS}
HEADLINE: Final = (
    "ops_per_sec",
    "latency_mean",
    "latency_p99",
    "alloc_bytes_per_op",
    "alloc_objects_per_op",
    "cpu_per_op",
    "elapsed",
)
"""The metrics a comparison's verdict rests on."""

_QUANTILES: Final = ((0.5, "latency_p50"), (0.9, "latency_p90"), (0.99, "latency_p99"))
_ERROR_RATE_DOUBT: Final = 0.0
_HEAP_GROWTH: Final = 2.0
_HEAP_GROWTH_BYTES: Final = 8 << 20
_FOREIGN: Final = frozenset({("memstats", "http_404"), ("memstats", "not_memstats")})
"""What only services in other languages lack."""

Decoded = Sequence[tuple[RawFile, Profile]]
Measured = tuple[list[Measurement], list[Finding]]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one component of a run has to be measured by."""

    component: str
    profiles: Decoded
    load: LoadResult | None
    load_file: str

    def of(self, kind: str) -> list[tuple[RawFile, Profile]]:
        """List the profiles of a kind in the order they were taken."""
        order = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}
        found = [(file, profile) for file, profile in self.profiles if file.kind == kind]
        return sorted(found, key=lambda pair: (order[pair[0].phase], pair[0].index or 0, pair[0].path))


def measure(
    run: Run, profiles: Decoded, load: Mapping[str, LoadResult], memstats: gc.Taken = ()
) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    """Measure one run: every metric of the registry that its files support, and what to doubt about them.

    ``load`` maps a load file's path to its result; one beside a component's profiles is that component's, one at the
    root of the run belongs to all. Of a component that was restarted no differences are made.
    """
    measurements: list[Measurement] = []
    findings: list[Finding] = list(_run_findings(run))
    for path, result in sorted(load.items()):
        findings += _load_findings(path, result)
    told = run.manifest.findings if run.manifest else ()
    proved = {one.subject.partition("/")[0] for one in told if one.code == "restarted"}
    named = {file.component for file, _ in (*profiles, *memstats)}
    components = sorted(named | ({""} if load and not profiles else set()))
    for component in components:
        part = _part(component, profiles, load)
        measured, doubts = _measure_part(part, memstats, restarted=component in proved)
        measurements += measured
        # What collect saw already is told by the manifest.
        findings += [doubt for doubt in doubts if doubt.code != "restarted" or component not in proved]
    return tuple(measurements), tuple(findings)


def _measure_part(part: _Part, memstats: gc.Taken, *, restarted: bool) -> Measured:
    counted = gc.in_order([pair for pair in memstats if pair[0].component == part.component])
    exact = gc.measure_memstats(part.component, counted[-1:] if restarted else counted, part.load, part.load_file)
    restarted = restarted or any(doubt.code == "restarted" for doubt in exact[1])
    allocated: Measured = ([], []) if restarted else _allocations(part)
    measured: list[Measurement] = []
    doubts: list[Finding] = []
    grown = growth.measure_growth(part.component, part.of("heap"), part.of("goroutine"), restarted=restarted)
    for some, doubted in (_load(part), allocated, _cpu(part), _heap(part), _goroutines(part), (grown, []), exact):
        measured += some
        doubts += doubted
    if part.load is not None and (doubt := gc.sampling_doubt(measured, part.load.operations)) is not None:
        doubts.append(doubt)
    return measured, doubts


def _part(component: str, profiles: Decoded, load: Mapping[str, LoadResult]) -> _Part:
    own = [path for path in sorted(load) if path.rpartition("/")[0] == component]
    shared = [path for path in sorted(load) if "/" not in path]
    path = next(iter(own + shared), "")
    mine = [(file, profile) for file, profile in profiles if file.component == component]
    return _Part(component, mine, load.get(path), path)


def _load(part: _Part) -> Measured:
    load = part.load
    if load is None:
        return [], []
    attempts = load.operations + load.errors
    values: list[tuple[str, float | None]] = [
        ("ops_per_sec", load.operations_per_second),
        ("latency_mean", load.mean_latency_seconds),
        ("error_rate", load.errors / attempts if attempts else None),
    ]
    quantiles = dict(load.quantiles)
    values += [(name, quantiles.get(quantile)) for quantile, name in _QUANTILES]
    evidence = (part.load_file,)
    return [Measurement(name, value, part.component, evidence) for name, value in values if value is not None], []


def _allocations(part: _Part) -> Measured:
    if part.load is None or part.load.operations <= 0:
        return [], []
    for kind in ("allocs", "heap"):
        taken = [pair for pair in part.of(kind) if _has(pair[1], "alloc_space")]
        if len(taken) >= 2:
            return _allocation_difference(part, taken[0], taken[-1], part.load.operations)
    return [], []


def _allocation_difference(
    part: _Part, before: tuple[RawFile, Profile], after: tuple[RawFile, Profile], operations: int
) -> Measured:
    evidence = (before[0].path, after[0].path, part.load_file)
    measured: list[Measurement] = []
    for sample_type, metric in (("alloc_space", "alloc_bytes_per_op"), ("alloc_objects", "alloc_objects_per_op")):
        index = after[1].sample_index(sample_type)
        unit = after[1].sample_types[index].unit
        first, last = (pair[1].total(pair[1].sample_index(sample_type)) for pair in (before, after))
        if last < first:
            return [], [
                Finding(
                    "restarted",
                    "warning",
                    "The cumulative allocations shrank, so the service was restarted during the run.",
                    after[0].path,
                    f"{sample_type} {units.show(first, unit)} before, {units.show(last, unit)} after",
                    "Look for a crash or redeploy in the logs and collect again.",
                )
            ]
        measured.append(Measurement(metric, (last - first) / operations, part.component, evidence))
    return measured, []


def _cpu(part: _Part) -> Measured:
    taken = [pair for pair in part.of("cpu") if _has(pair[1], "cpu") and pair[1].duration_nanos > 0]
    if not taken or part.load is None or part.load.operations_per_second <= 0:
        return [], []
    busy = sum(profile.total(profile.sample_index("cpu")) for _, profile in taken)
    window = sum(profile.duration_nanos for _, profile in taken)
    evidence = (*(file.path for file, _ in taken), part.load_file)
    cores = busy / window
    return [Measurement("cpu_per_op", cores / part.load.operations_per_second, part.component, evidence)], []


def _heap(part: _Part) -> Measured:
    taken, _ = growth.in_order([pair for pair in part.of("heap") if _has(pair[1], "inuse_space")])
    if not taken:
        return [], []
    sizes = [profile.total(profile.sample_index("inuse_space")) for _, profile in taken]
    measured = [_from_file("heap_inuse_after", sizes[-1], part, taken[-1][0])]
    if len(taken) < 2:
        return measured, []
    peak = max(range(len(sizes)), key=sizes.__getitem__)
    measured.append(_from_file("heap_inuse_before", sizes[0], part, taken[0][0]))
    measured.append(_from_file("heap_inuse_peak", sizes[peak], part, taken[peak][0]))
    grown = sizes[-1] - sizes[0]
    if grown < _HEAP_GROWTH_BYTES or sizes[-1] < _HEAP_GROWTH * sizes[0]:
        return measured, []
    doubt = Finding(
        "heap_growth",
        "warning",
        "Much more heap was in use after the run than before it.",
        taken[-1][0].path,
        f"{units.show(sizes[0], 'bytes')} before, {units.show(sizes[-1], 'bytes')} after, {len(sizes)} snapshots",
        "Compare the two heap profiles by inuse_space; collect an interval series to see whether it keeps growing.",
    )
    return measured, [doubt]


def _goroutines(part: _Part) -> Measured:
    measured: list[Measurement] = []
    findings: list[Finding] = []
    taken, _ = growth.moments(part.of("goroutine"))
    counts = [profile.total(0) for _, profile in taken]
    if taken:
        measured.append(_from_file("goroutines_after", counts[-1], part, taken[-1][0]))
    if len(taken) >= 2:
        measured.append(_from_file("goroutines_before", counts[0], part, taken[0][0]))
    for file, profile in part.of("goroutineleak"):
        leaked = profile.total(0)
        measured.append(_from_file("goroutines_leaked", leaked, part, file))
        if leaked:
            findings.append(
                Finding(
                    "goroutine_leak",
                    "warning",
                    f"{leaked} goroutines are blocked for ever: nothing that still runs can wake them.",
                    file.path,
                    "listed in the goroutineleak profile, proved unreachable by the garbage collector",
                    "Open the profile's top table: it names the functions they wait in.",
                )
            )
    return measured, findings


def _from_file(metric: str, value: float, part: _Part, file: RawFile) -> Measurement:
    return Measurement(metric, float(value), part.component, (file.path,))


def _has(profile: Profile, sample_type: str) -> bool:
    return any(kind.type == sample_type for kind in profile.sample_types)


def _load_findings(path: str, load: LoadResult) -> Iterable[Finding]:
    attempts = load.operations + load.errors
    if load.operations == 0:
        yield Finding(
            "load_empty",
            "warning",
            "The load test completed no operation, so nothing per operation can be said.",
            path,
            f"{load.errors} errors",
            "Check the service's log and the load test's URL.",
        )
    elif load.errors / attempts > _ERROR_RATE_DOUBT:
        yield Finding(
            "load_errors",
            "warning",
            "Some operations of the load test failed.",
            path,
            f"{load.errors} of {attempts} ({units.show(load.errors / attempts, 'ratio')})",
            "Throughput with errors is not comparable with throughput without: failing is often faster.",
        )


def _run_findings(run: Run) -> Iterable[Finding]:
    manifest = run.manifest
    if manifest is None:
        return
    if manifest.status == "interrupted":
        yield Finding("interrupted", "warning", "Collecting was interrupted; what had been taken was kept.", "run.json")
    kept = {file.path for file in run.files}
    for report in manifest.files:
        # Of a file that is here although it cannot be used, whoever reads it tells.
        if (
            report.status == "ok"
            or report.kind == "goroutineleak"
            or (report.kind, report.code) in _FOREIGN
            or report.path in kept
        ):
            continue
        yield Finding(
            f"not_collected_{report.status}",
            "error",
            f"This profile is {report.status}.",
            report.path,
            f"{report.code}: {report.last_error}" if report.last_error else report.code,
            "Collect again; `code` is explained in the guide.",
        )
