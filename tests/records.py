"""Run records and comparisons for tests of pages and sites, made by hand: small, complete, and hostile where asked."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.calltree import TopRow, TopTable
from pipeline.model.difference import Culprit, Difference, FunctionChange, Sides, SymbolMatch, Weights
from pipeline.model.finding import Finding
from pipeline.model.metric import LoadResult, Measurement, Metric
from pipeline.model.profile import SampleType
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import Environment, FileReport, LoadReport, Manifest, RawFile, Run
from pipeline.model.verdict import Comparison, MetricComparison

METRICS = (
    Metric("ops_per_sec", "Throughput", "ops/s", "higher", "operations ÷ duration"),
    Metric("latency_mean", "Mean latency", "seconds", "lower", "load test"),
    Metric("heap_inuse_before", "Heap before", "bytes", "none", "first heap profile"),
    Metric("heap_inuse_after", "Heap after", "bytes", "lower", "last heap profile"),
)
HEADLINE = ("ops_per_sec", "latency_mean")
SPACE = SampleType("inuse_space", "bytes")
OBJECTS = SampleType("inuse_objects", "count")

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% raw %}{# x #}",
    "`code` **bold** [a](javascript:alert(1)) { onclick=x }",
    '--8<-- "/etc/passwd"',
    "!ENV HOME",
    "\u202egpj.exe\u2066",
    "a\"b'c&d;<e>\\",
    "new\nline\r\ttab\x00\x1b[31m",
    "\ud7ff\ufffd\u2028\u2029\ufeff",
    "x" * 3000,
)


def top_table(
    kind: SampleType = SPACE, names: tuple[str, ...] = ("main.work", "runtime.mallocgc"), *, total: int = 400
) -> TopTable:
    """Make a top table with falling values."""
    rows = tuple(TopRow(name, 100 >> place, 200 >> place, "main.go", "main") for place, name in enumerate(names))
    return TopTable(kind, total, rows, len(rows) + 5)


def profile(path: str = "heap-after.prof", **facts: object) -> ProfileRecord:
    """Make a heap profile's record of two sample types."""
    plain = ProfileRecord(
        path=path,
        component="service",
        kind="heap",
        phase="after",
        index=None,
        sha256="ab" * 32,
        format="pprof",
        sample_types=(OBJECTS, SPACE),
        default_index=1,
        totals=(7, 400),
        tables=(top_table(OBJECTS, total=7), top_table(SPACE)),
        tree="0123456789abcdef",
        node_count=3,
        time_nanos=1_700_000_000_000_000_000,
        duration_nanos=0,
        binary="app",
        build_id="",
    )
    return replace(plain, **facts)


def load(**facts: object) -> LoadResult:
    """Make a load result with quantiles and a histogram."""
    plain = LoadResult(
        tool="loadgen",
        started="2026-01-02T03:04:05Z",
        duration_seconds=8.0,
        operations=1000,
        errors=2,
        operations_per_second=125.0,
        mean_latency_seconds=0.002,
        writes=900,
        reads=100,
        quantiles=((0.5, 0.001), (0.99, 0.009), (1.0, 0.02)),
        histogram=((0.001, 400), (0.002, 500), (0.004, 0), (0.008, 100), (float("inf"), 0)),
    )
    return replace(plain, **facts)


def raw(path: str, kind: str = "heap", phase: str = "after") -> RawFile:
    """Make a raw file's entry."""
    return RawFile(path, "service", kind, phase, "cd" * 32, 1234)  # type: ignore[arg-type]


def manifest(run_id: str, **facts: object) -> Manifest:
    """Make the manifest of a run that went well."""
    plain = Manifest(
        id=run_id,
        label="baseline",
        started="2026-01-02T03:04:05Z",
        finished="2026-01-02T03:05:05Z",
        plan="phases",
        load=LoadReport(("loadgen", "--duration", "8s"), 0),
        environment=Environment(git_sha="0123456789abcdef", git_dirty=True, go_version="go1.27.3", cpu_count=2),
        tool_version="0.1.0",
    )
    return replace(plain, **facts)


def record(run_id: str = "20260102_030405-baseline", label: str = "baseline", **facts: object) -> RunRecord:
    """Make the record of a whole run."""
    run = Run(
        id=run_id,
        label=label,
        started="2026-01-02T03:04:05Z",
        files=(raw("heap-before.prof", phase="before"), raw("heap-after.prof"), raw("README.md", "notes", "")),
        manifest=manifest(run_id, label=label),
    )
    plain = RunRecord(
        key="k",
        run=run,
        profiles=(profile("heap-before.prof", phase="before"), profile()),
        load=load(),
        measurements=(
            Measurement("ops_per_sec", 125.0, "service", ("load-test-results.json",)),
            Measurement("latency_mean", 0.002, "service", ("load-test-results.json",)),
            Measurement("heap_inuse_after", 400.0, "service", ("heap-after.prof",)),
        ),
        findings=(),
    )
    return replace(plain, **facts)


def empty_record(run_id: str = "empty") -> RunRecord:
    """Make the record of a directory nothing could be read in."""
    return RunRecord("k", Run(run_id, run_id, "", ()), (), None, (), ())


def failed_record(run_id: str = "20260103_000000-failed") -> RunRecord:
    """Make the record of a run whose load test failed and one of whose files is missing."""
    missing = FileReport("cpu.prof", "service", "cpu", "during", "missing", "timeout", 3, "no byte for 5 s")
    told = manifest(run_id, label="failed", status="partial", files=(missing,), load=LoadReport(("loadgen",), 1))
    run = Run(run_id, "failed", "2026-01-03T00:00:00Z", (raw("heap-after.prof"),), told)
    doubt = Finding("not_collected_missing", "error", "This profile is missing.", "cpu.prof", "timeout", "Again.")
    return RunRecord("k", run, (profile(),), None, (), (doubt,))


def hostile_record(text: str, run_id: str = "20260104_000000-hostile") -> RunRecord:
    """Make a record with a text in every place a text can come from."""
    told = manifest(
        run_id,
        label=text,
        notes=text,
        variant=text,
        plan=text,
        environment=Environment(text, text, None, text, text, text, text, text, text, text, 1, text),
        load=LoadReport((text,), 0, tail=text),
        tool_version=text,
        files=(FileReport(text, text, text, "after", "refused", text, 1, text),),
    )
    kind = SampleType(text, text)
    profiled = profile(
        f"{text}.prof",
        component=text,
        kind=text,
        format=text,
        sample_types=(kind,),
        default_index=0,
        totals=(5,),
        tables=(TopTable(kind, 5, (TopRow(text, 5, 5, text, text),), 1),),
        tree="",
        binary=text,
        findings=(Finding(text, "warning", text, text, text, text),),
    )
    run = Run(run_id, text, text, (raw(text, text), raw(f"dir/{text}")), told)
    measured = (Measurement(text, 1.0, text, (text,)),)
    return RunRecord("k", run, (profiled,), load(tool=text, started=text), measured, ())


def compared(metric: Metric = METRICS[0], outcome: str = "improved", **facts: object) -> MetricComparison:
    """Compare one metric."""
    plain = MetricComparison(
        metric, "service", (100.0, 110.0, 90.0), (200.0, 210.0, 190.0), 100.0, 200.0, 0.03, outcome
    )  # type: ignore[arg-type]
    return replace(plain, **facts)


def weights(base: float, head: float, *, operations: float = 10.0) -> Weights:
    """Weigh something on all three scales; the totals are 100 times the operations."""
    return Weights(Sides(base * operations, head * operations), Sides(base / 100, head / 100), per_op=Sides(base, head))


def difference(*names: str, **facts: object) -> Difference:
    """Make the difference of a CPU profile: the first function cheaper, the second new, the others small."""
    names = names or ("main.slow", "main.more")
    rows = (
        FunctionChange(names[0], weights(10, 2), weights(20, 4), "improved", "both", "flat", 0.001, 0.01),
        FunctionChange(names[-1], weights(0, 3), weights(0, 3), "new", "head", "cum", 0.002, 0.02, head_name=names[0]),
    )
    culprit = Culprit(
        names[0], names[-1], (names[-1], names[0]), names, 2, Sides(20, 4), None, 1.2, "−16 ns/op (−80.0 %)"
    )
    plain = Difference(
        component="service",
        kind="cpu",
        sample_type=SampleType("cpu", "nanoseconds"),
        count_type=None,
        runs=(4, 4),
        total=weights(100, 87),
        p=0.03,
        q=0.04,
        outcome="improved",
        functions=rows,
        function_count=7,
        tested=3,
        culprits=(culprit,),
        explained=1.2,
        against=(replace(culprit, explains=-0.2),),
        matches=(SymbolMatch(names[0], names[-1], "closure"),),
        shifted=names[:1],
    )
    return replace(plain, **facts)


def comparison(**facts: object) -> Comparison:
    """Make a comparison with an improved, an undecided and an informative metric, and functions both ways."""
    plain = Comparison(
        base_label="baseline",
        head_label="optimized",
        base_runs=("20260102_030405-baseline",),
        head_runs=("20260105_000000-optimized", "gone"),
        outcome="improved",
        reasons=("Throughput improved: 100 ops/s → 200 ops/s",),
        metrics=(
            compared(METRICS[3], "inconclusive", warnings=("needs 4 runs a side",)),
            compared(),
            compared(METRICS[2], "inconclusive", head=(), head_center=None),
        ),
        functions=(difference(),),
        findings=(Finding("load_errors", "warning", "Some operations failed.", "x/load", "2 of 3", "Look."),),
    )
    return replace(plain, **facts)
