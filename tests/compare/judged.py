"""Runs that can be compared, to be spoilt by one fact at a time; and metrics compared, made by hand."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.calltree import TopRow, TopTable
from pipeline.model.metric import LoadResult, Measurement, Metric
from pipeline.model.profile import SampleType
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import Environment, FileReport, LoadReport, Manifest, RawFile, Run
from pipeline.model.verdict import Comparison, MetricComparison

SAMPLES = SampleType("samples", "count")
CPU = SampleType("cpu", "nanoseconds")
ENVIRONMENT = Environment(
    git_sha="a1", git_dirty=False, go_version="go1.27.3", goos="linux", goarch="amd64", cpu_model="Xeon", cpu_count=2,
    kernel="Linux 6.1",
)  # fmt: skip
LOAD = LoadResult("loadgen", "", 10.0, 10_000, 0, 1000.0, 0.001, writes=9000, reads=1000)
COMMAND = ("{bin}/loadgen", "--workers", "10")


def profile(shares: dict[str, int] | None = None, **facts: object) -> ProfileRecord:
    """Make a CPU profile of 1,000 samples; ``shares`` are flat values, the rest of 1,000 is nobody's."""
    rows = tuple(TopRow(name, flat, flat) for name, flat in (shares or {"main.work": 1000}).items())
    tables = tuple(TopTable(kind, 1000, rows, len(rows)) for kind in (SAMPLES, CPU))
    plain = ProfileRecord(
        "app/cpu.prof", "app", "cpu", "during", None, "", "pprof", (SAMPLES, CPU), 1, (1000, 10**10), tables, "", 0, 0,
        5 * 10**9, "app", "",
    )  # fmt: skip
    return replace(plain, **facts)


def run(run_id: str, label: str = "x", **facts: object) -> RunRecord:
    """Make a run; facts of its environment, manifest, load and record are told apart by their names."""
    environment = {key: facts.pop(key) for key in list(facts) if hasattr(ENVIRONMENT, key)}
    manifest = Manifest(
        run_id,
        label,
        load=LoadReport(COMMAND, 0),
        environment=replace(ENVIRONMENT, **environment),
        files=(FileReport("app/cpu.prof", "app", "cpu", "during", "ok", offset_seconds=2.5, window_seconds=5.0),),
    )
    told = {key: facts.pop(key) for key in list(facts) if key in {"status", "variant", "args", "programs", "files"}}
    if "report" in facts:
        told["load"] = facts.pop("report")
    load = facts.pop("load", LOAD)
    changed = {key: facts.pop(key) for key in list(facts) if hasattr(LOAD, key)}
    manifest = replace(manifest, **told)
    files = (RawFile("app/load-test-results.json", "app", "load", "", "", 1),)
    return replace(
        RunRecord(
            key=run_id,
            run=Run(run_id, label, "", files, None if facts.pop("adopted", False) else manifest),
            profiles=(profile(),),
            load=replace(load, **changed) if load is not None else None,
            measurements=(Measurement("ops_per_sec", 1000.0, "app", ("app/load-test-results.json",)),),
            findings=(),
        ),
        **facts,
    )


def sides(**facts: object) -> tuple[list[RunRecord], list[RunRecord]]:
    """Make four runs a side; ``facts`` are those of the head's second run."""
    head = [run(f"head-{place}") for place in range(4)]
    head[1] = run("head-1", **facts)
    return [run(f"base-{place}") for place in range(4)], head


def every(side: str = "head", **facts: object) -> list[RunRecord]:
    """Make four runs that all have these facts."""
    return [run(f"{side}-{place}", **facts) for place in range(4)]


def metric(
    name: str, base: float, head: float, *, outcome: str | None = None, better: str = "lower", unit: str = "count"
) -> MetricComparison:
    """Compare one metric; the outcome is that of a significant difference unless told."""
    kind = Metric(name, name, unit, better, "")  # type: ignore[arg-type]
    if outcome is None:
        improved = (head > base) == (better == "higher")
        outcome = "unchanged" if head == base else "improved" if improved else "regressed"
    warnings = ("needs 4 runs a side",) if outcome == "inconclusive" else ()
    return MetricComparison(kind, "app", (base,) * 4, (head,) * 4, base, head, 0.03, outcome, warnings)  # type: ignore[arg-type]


def compared(base: str, head: str, **facts: object) -> Comparison:
    """Make a comparison of two labels of which nothing is known but these facts."""
    known = {"outcome": "unchanged", "reasons": (), "metrics": (), **facts}
    plain = {name: () for name, field in Comparison.__dataclass_fields__.items() if name not in known}
    plain |= {"base_label": base, "head_label": head}
    return Comparison(**{**plain, **known})  # type: ignore[arg-type]
