"""One run in memory: what its record says, and doubts that are none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipeline.derive import derive
from pipeline.model.cost import CostRules, Topic
from pipeline.model.layout import place
from pipeline.model.pfv import unpack
from pipeline.model.record import RunRecord
from pipeline.model.run import Manifest, PodReport, RawFile, Run
from pipeline.model.source import AnnotatedLine, name_digest
from pipeline.model.target import Budget
from pipeline.render.payload import unwrapped
from pipeline.store import codec
from tests.builders import pprof_bytes
from tests.memstats import memstats_text


def run_of(files: dict[str, bytes]) -> Run:
    raw = []
    for path, data in files.items():
        where = place(path)
        raw.append(RawFile(path, where.component, where.kind, where.phase, "", len(data), where.index))
    return Run("r", "", "", tuple(raw))


@pytest.mark.parametrize(("kind", "codes"), [("goroutineleak", []), ("mutex", ["no_samples"])])
def test_an_empty_leak_profile_is_how_health_looks(kind: str, codes: list[str]) -> None:
    files = {f"app/{kind}.prof": pprof_bytes([], [(kind, "count")])}
    record, data = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [one.code for one in record.all_findings] == codes
    assert record.profiles[0].tree == ""
    assert not data


def test_one_bad_file_never_loses_the_others() -> None:
    files = {"app/heap.prof": b"404 page not found\n", "app/cpu.prof": pprof_bytes([(["main", "work"], (1, 10))])}
    record, data = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    (doubt,) = record.all_findings
    assert (doubt.code, doubt.severity, doubt.subject) == ("not_a_profile", "error", "app/heap.prof")
    assert "404 page not found" in doubt.message + doubt.evidence
    (profile,) = record.profiles
    assert profile.totals == (1, 10)
    assert {f"{profile.tree}.{end}" for end in ("pfv.js", "samples.js", "svg")} == data.keys()
    assert len(unpack(unwrapped(data[f"{profile.tree}.pfv.js"]))) == profile.node_count


@pytest.mark.parametrize("kind", ["heap", "cpu", "goroutine", "mutex"])
def test_a_difference_is_shown_and_not_measured(kind: str) -> None:
    stacks = [(["main.work"], (5, 50)), (["main.other"], (-7, -90))]
    types = [("inuse_objects", "count"), ("inuse_space", "bytes")] if kind == "heap" else [("a", "count"), (kind, "x")]
    files = {f"app/{kind}.prof": pprof_bytes(stacks, types, duration_nanos=10**9)}
    record, data = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    (doubt,) = record.all_findings
    assert (doubt.code, doubt.subject) == ("difference", f"app/{kind}.prof")
    assert doubt.evidence == f"else it would be measured as {kind}"
    (profile,) = record.profiles
    assert (profile.kind, profile.totals[1]) == ("profile", 140)
    assert f"{profile.tree}.svg" in data
    assert not [one for one in record.measurements if one.metric.startswith((kind, "cpu", "goroutines"))]


def test_what_a_service_gives_of_a_window_may_shrink() -> None:
    stacks = [(["main.work"], (5, 50)), (["main.other"], (-7, -90))]
    files = {"app/heap-delta.prof": pprof_bytes(stacks, [("inuse_objects", "count"), ("inuse_space", "bytes")])}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert not record.all_findings
    assert record.profiles[0].kind == "heap-delta"


def test_what_a_program_used_is_measured_from_its_report_or_a_log_around_it() -> None:
    report = b'\tCommand being timed: "x"\n\tUser time (seconds): 2.50\n\tMaximum resident set size (kbytes): 64\n'
    files = {
        "a/program.time.txt": report,
        "with_pools.log": b"building\n" + report,
        "b/program.log": report,
        "notes.log": b"nothing",
    }
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    found = {(one.component, one.metric): one.value for one in record.measurements}
    assert found == {(part, "user_seconds"): 2.5 for part in ("a", "service")} | {
        (part, "rss_max"): 65536 for part in ("a", "service")
    }
    assert record.all_findings == ()


def test_a_time_file_that_holds_something_else_is_said() -> None:
    files = {"a/program.time.txt": b"real 0m1s"}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [(one.code, one.subject) for one in record.all_findings] == [("not_a_time_report", "a/program.time.txt")]


def test_memstats_are_measured_and_held_against_the_budget_of_the_component() -> None:
    files = {
        "app/memstats-before.txt": memstats_text(num_gc=1, max_rss=10 << 20),
        "app/memstats-after.txt": memstats_text(num_gc=4, ends=(0, 1, 2, 3), max_rss=300 << 20),
    }
    budgets = {"app": Budget("manager", rss_target=256 << 20, rss_limit=512 << 20)}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20, budgets=budgets)
    values = {one.metric: one.value for one in record.measurements}
    assert (values["gc_runs"], values["rss_max"]) == (3, 300 << 20)
    assert [(one.code, one.subject) for one in record.findings] == [("budget_target", "app/memstats-after.txt")]


def test_memstats_that_are_cut_are_told() -> None:
    files = {"app/memstats-after.txt": memstats_text()[:300]}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [(one.code, one.subject) for one in record.findings] == [("not_memstats", "app/memstats-after.txt")]


def test_windows_and_profiles_of_the_users_own_are_profiles_but_a_trace_is_not() -> None:
    data = pprof_bytes([(["main", "work"], (1, 10))], [("samples", "count"), ("time", "nanoseconds")])
    files = {"app/heap-delta.prof": data, "app/fgprof.prof": data, "app/trace.out": b"go 1.26 trace\0\0\0"}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [(one.kind, one.phase) for one in record.profiles] == [("heap-delta", "during"), ("profile", "")]
    assert record.findings == ()


def test_replicas_are_shown_each_and_as_one() -> None:
    files = {f"api.{n}/cpu.prof": pprof_bytes([(["main", "work"], (1, 10 * n))], duration_nanos=100) for n in (1, 2)}
    pods = tuple(PodReport(f"api.{n}", "api", "shop", f"api-{n}", f"uid-{n}") for n in (1, 2))
    run = replace(run_of(files), manifest=Manifest("r", pods=pods))
    record, data = derive(run, (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    by_path = {one.path: one for one in record.profiles}
    assert by_path["api/cpu.prof"].totals == (2, 30)
    assert by_path["api/cpu.prof"].merged_of == ("api.1/cpu.prof", "api.2/cpu.prof")
    assert by_path["api.1/cpu.prof"].merged_of == ()
    assert f"{by_path['api/cpu.prof'].tree}.pfv.js" in data
    (doubt,) = [one for one in record.findings if one.code == "pod_spread"]
    assert doubt.evidence.endswith("2.0 times as much")


def test_a_load_result_that_contradicts_itself_is_doubted() -> None:
    text = (
        b'{"timestamp": "2026-01-02T03:04:05Z", "duration_s": 10, "total_ops": 1000, "writes": 900, "reads": 100,'
        b' "errors": 0, "ops_per_sec": 500, "avg_latency_ms": 1}'
    )
    files = {"load-test-results.json": text}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [one.code for one in record.all_findings] == ["load_doubtful"]


STORED = {
    "format": 1,
    "commit": "",
    "url": "",
    "files": [
        {
            "path": "work.go",
            "blob": "",
            "dirty": True,
            "sha256": "ab" * 32,
            "line_count": 40,
            "names": [name_digest("work.go")],
            "functions": [{"name": "work", "first": 18, "last": 22}],
            "extracts": [{"first": 18, "lines": ["func work() {", "", "spin()", "", "}"]}],
        }
    ],
}


def test_stored_source_is_weighed() -> None:
    cpu = pprof_bytes([(["main", "work"], (1, 10))])
    files = {"app/cpu.prof": cpu, "source.json": json.dumps(STORED).encode()}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert record.all_findings == ()
    assert record.source is not None
    (function,) = record.profiles[0].source
    assert (function.name, function.lines) == ("work", (AnnotatedLine(20, (1, 10), (1, 10)),))
    assert codec.load(codec.dump(record), RunRecord) == record


def test_a_bad_store_of_source_costs_nothing_else() -> None:
    files = {"app/cpu.prof": pprof_bytes([(["main", "work"], (1, 10))]), "source.json": b"{}"}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [(one.code, one.severity, one.subject) for one in record.all_findings] == [
        ("bad_source", "warning", "source.json")
    ]
    assert record.source is None
    assert record.profiles[0].source == ()


BENCH = b"goos: linux\nBenchmarkX-2 \t 10\t 100 ns/op\nBenchmarkX-2 \t 10\t 300 ns/op\nPASS\n"


@pytest.mark.parametrize("path", ["pkg/timing.bench.txt", "old.txt", "my.log", "pkg/results.txt"])
def test_results_of_benchmarks_are_read_by_content(path: str) -> None:
    files = {path: BENCH}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    (found,) = record.benchmarks
    assert (found.path, found.component) == (path, "pkg" if path.startswith("pkg/") else "service")
    assert [(one.name, one.center, one.count) for one in found.summaries] == [("X-2", 200 * 1e-9, 2)]
    assert record.all_findings == ()
    assert codec.load(codec.dump(record), RunRecord) == record


def test_a_benchmark_file_without_results_is_told_and_other_texts_are_not_asked() -> None:
    files = {"pkg/timing.bench.txt": b"PASS\n", "notes.txt": b"Benchmarks are fun\n", "pkg/timing.log": BENCH}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert record.benchmarks == ()
    assert [(one.code, one.subject) for one in record.all_findings] == [("not_a_benchmark", "pkg/timing.bench.txt")]


def test_lines_of_benchmarks_that_broke_are_told_of_their_file() -> None:
    files = {"a.bench.txt": BENCH + b"BenchmarkY-2 10\n"}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert [(one.code, one.subject) for one in record.all_findings] == [("benchmark_lines", "a.bench.txt")]


def test_the_cost_of_a_run_is_in_its_record() -> None:
    heap = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
    files = {
        "app/allocs-before.prof": pprof_bytes([(["main.work"], (1, 10, 0, 0))], heap),
        "app/allocs-after.prof": pprof_bytes([(["main.work", "json.Decode"], (3, 70, 1, 5))], heap),
        "app/mutex.prof": pprof_bytes([], [("contentions", "count"), ("delay", "nanoseconds")]),
        "app/cpu.prof": pprof_bytes([(["main.work", "runtime.mallocgc"], (1, 10)), (["main.work"], (9, 90))]),
    }
    rules = CostRules("example.com/x", (Topic("JSON", "(?i)json"),))
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20, cost=rules)
    by_path = {one.path: one.rollups for one in record.profiles}
    assert [one.topics[0].cum for one in by_path["app/allocs-after.prof"]] == [3, 70, 5]
    # json.Decode is not below the module that was named.
    assert {one.origin: one.flat for one in by_path["app/allocs-after.prof"][1].origins} == {"own": 0, "dependency": 70}
    (churn,) = record.churn
    assert (churn.objects, churn.size_bytes, churn.functions[0].origin) == (2, 60, "dependency")
    assert [(one.kind, one.contentions) for one in record.contention] == [("mutex", 0)]
    values = {one.metric: one.value for one in record.measurements}
    assert values["alloc_cpu_share"] == 0.1
    assert ("no_samples", "SetMutexProfileFraction") in [
        (one.code, "SetMutexProfileFraction" if "SetMutexProfileFraction" in one.cure else "")
        for one in record.all_findings
    ]
    assert codec.load(codec.dump(record), RunRecord) == record


def test_a_fault_of_ours_in_one_roll_up_loses_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pipeline.analysis.rollup.roll_up", fail)
    monkeypatch.setattr("pipeline.analysis.cost.measure_cost", fail)
    files = {"app/cpu.prof": pprof_bytes([(["main", "work"], (1, 10))])}
    record, _ = derive(run_of(files), (), lambda file: files[file.path], key="k", max_bytes=1 << 20)
    assert record.profiles[0].totals == (1, 10)
    assert [(one.code, one.subject) for one in record.all_findings] == [
        ("internal", "app/cpu.prof"),
        ("internal", "cost"),
    ]
