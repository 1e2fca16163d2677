"""Every metric from small profiles whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.analysis.metrics import BY_NAME, measure
from pipeline.model.finding import Finding
from pipeline.model.layout import place
from pipeline.model.memstats import MemStats
from pipeline.model.metric import LoadResult
from pipeline.model.profile import Functions, Labels, Locations, Profile, Samples, SampleType
from pipeline.model.run import FileReport, Manifest, RawFile, Run
from tests.memstats import memstats

HEAP = ("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")
NOTHING = np.zeros(0, dtype=np.int64)


def profile(types: tuple[tuple[str, str], ...], values: tuple[int, ...], duration: int = 0) -> Profile:
    return Profile(
        sample_types=tuple(SampleType(kind, unit) for kind, unit in types),
        functions=Functions((), (), (), NOTHING),
        mappings=(),
        locations=Locations(
            NOTHING.astype(np.uint64), NOTHING, NOTHING.astype(bool), np.zeros(1, np.int64), NOTHING, NOTHING, NOTHING
        ),
        samples=Samples(np.zeros(2, np.int64), NOTHING, np.array([values], dtype=np.int64)),
        labels=Labels(NOTHING, (), NOTHING.astype(bool), (), NOTHING, ()),
        duration_nanos=duration,
    )


def files(**profiles: Profile) -> list[tuple[RawFile, Profile]]:
    taken = []
    for name, value in profiles.items():
        path = f"app/{name.replace('_', '-')}.prof"
        where = place(path)
        taken.append((RawFile(path, where.component, where.kind, where.phase, "", 0, where.index), value))
    return taken


LOAD = {
    "load-test-results.json": LoadResult("t", "", 10.0, 1000, 0, 100.0, 0.002, quantiles=((0.5, 0.001), (0.99, 0.01)))
}


def test_per_operation_figures() -> None:
    taken = files(
        allocs_before=profile(HEAP, (100, 10_000, 0, 0)),
        allocs_after=profile(HEAP, (3_100, 2_010_000, 0, 0)),
        cpu=profile((("samples", "count"), ("cpu", "nanoseconds")), (5, 2_000_000_000), 4_000_000_000),
    )
    measured, findings = measure(Run("r", "", "", ()), taken, LOAD)
    values = {one.metric: one.value for one in measured}
    assert values["alloc_bytes_per_op"] == 2000
    assert values["alloc_objects_per_op"] == 3
    assert values["cpu_per_op"] == pytest.approx(0.5 / 100)
    assert values["ops_per_sec"] == 100
    assert values["latency_p99"] == 0.01
    assert "latency_p90" not in values
    assert values["error_rate"] == 0
    assert not findings
    assert values.keys() <= BY_NAME.keys()


def test_shrinking_allocations_mean_a_restart_and_no_metric() -> None:
    taken = files(allocs_before=profile(HEAP, (100, 10_000, 0, 0)), allocs_after=profile(HEAP, (50, 5_000, 0, 0)))
    measured, findings = measure(Run("r", "", "", ()), taken, LOAD)
    assert [one.code for one in findings] == ["restarted"]
    assert not {"alloc_bytes_per_op", "alloc_objects_per_op"} & {one.metric for one in measured}


def test_heap_uses_in_use_bytes_of_the_right_snapshots() -> None:
    taken = files(
        heap0=profile(HEAP, (0, 0, 1, 1 << 20)),
        heap10=profile(HEAP, (0, 0, 1, 30 << 20)),
        heap2=profile(HEAP, (0, 0, 1, 50 << 20)),
    )
    measured, findings = measure(Run("r", "", "", ()), taken, {})
    values = {one.metric: one.value for one in measured}
    assert values["heap_inuse_before"] == 1 << 20
    assert values["heap_inuse_after"] == 30 << 20
    assert values["heap_inuse_peak"] == 50 << 20
    assert [one.code for one in findings] == ["heap_growth"]


def test_goroutines_before_after_and_leaked() -> None:
    count = (("goroutine", "count"),)
    taken = files(
        goroutine_before=profile(count, (10,)),
        goroutine_after=profile(count, (60,)),
        goroutineleak=profile((("goroutineleak", "count"),), (40,)),
    )
    measured, findings = measure(Run("r", "", "", ()), taken, {})
    values = {one.metric: one.value for one in measured}
    assert (values["goroutines_before"], values["goroutines_after"], values["goroutines_leaked"]) == (10, 60, 40)
    assert [one.code for one in findings] == ["goroutine_leak"]


def test_load_errors_and_failures_are_findings() -> None:
    failed = {"load-test-results.json": LoadResult("t", "", 10.0, 90, 10, 9.0)}
    manifest = Manifest(
        "r",
        files=(
            FileReport("app/heap.prof", "app", "heap", "after", "missing", "timeout"),
            FileReport("app/goroutineleak.prof", "app", "goroutineleak", "after", "missing", "http_404"),
            FileReport("app/memstats-after.txt", "app", "memstats", "after", "refused", "not_memstats"),
        ),
        status="partial",
    )
    measured, findings = measure(Run("r", "", "", (), manifest), (), failed)
    assert [one.code for one in findings] == ["not_collected_missing", "load_errors"]
    assert {one.metric: one.value for one in measured}["error_rate"] == pytest.approx(0.1)


def test_no_operations_no_per_operation_claim() -> None:
    idle = {"load-test-results.json": LoadResult("t", "", 10.0, 0, 10, 0.0)}
    taken = files(allocs_before=profile(HEAP, (0, 0, 0, 0)), allocs_after=profile(HEAP, (9, 9, 0, 0)))
    measured, findings = measure(Run("r", "", "", ()), taken, idle)
    assert [one.code for one in findings] == ["load_empty"]
    assert not any(one.metric.endswith("per_op") for one in measured)


def memory(**stats: MemStats) -> list[tuple[RawFile, MemStats]]:
    return [
        (RawFile(f"app/memstats-{name}.txt", "app", "memstats", name, "", 0), value) for name, value in stats.items()
    ]  # type: ignore[arg-type]


ALLOCATED = {"allocs_before": profile(HEAP, (1, 10, 0, 0)), "allocs_after": profile(HEAP, (2, 20, 0, 0))}


def test_exact_figures_stand_beside_the_sampled_ones() -> None:
    counted = memory(before=memstats(total_alloc=1000), after=memstats(total_alloc=6000))
    measured, findings = measure(Run("r", "", "", ()), files(**ALLOCATED), LOAD, counted)
    values = {one.metric: one.value for one in measured}
    assert (values["alloc_bytes_per_op"], values["total_alloc_per_op"]) == (0.01, 5)
    assert not findings
    assert values.keys() <= BY_NAME.keys()


def test_counters_of_two_processes_refuse_every_difference() -> None:
    counted = memory(before=memstats(num_gc=1, ends=(5,)), after=memstats(num_gc=9, ends=range(50, 59)))
    measured, findings = measure(Run("r", "", "", ()), files(**ALLOCATED), LOAD, counted)
    assert [one.code for one in findings] == ["restarted"]
    assert not {"alloc_bytes_per_op", "total_alloc_per_op", "gc_runs"} & {one.metric for one in measured}
    assert "ops_per_sec" in {one.metric for one in measured}


def test_a_restart_that_collect_saw_refuses_differences_and_is_told_once() -> None:
    seen = Finding("restarted", "warning", "…", "app/heap-after.prof")
    run = Run("r", "", "", (), Manifest("r", findings=(seen,)))
    counted = memory(before=memstats(total_alloc=9000), after=memstats(total_alloc=6000))
    measured, findings = measure(run, files(**ALLOCATED), LOAD, counted)
    assert not findings
    assert not {"alloc_bytes_per_op", "total_alloc_per_op", "gc_runs"} & {one.metric for one in measured}
    other = Run("r", "", "", (), Manifest("r", findings=(Finding("restarted", "warning", "…", "application"),)))
    assert "alloc_bytes_per_op" in {one.metric for one in measure(other, files(**ALLOCATED), LOAD)[0]}


def test_a_dump_is_not_one_more_moment() -> None:
    count = (("goroutine", "count"),)
    taken = files(goroutine_after=profile(count, (60,)))
    dump = replace(profile(count, (7,)), format="goroutine debug=2")
    taken += [(replace(taken[0][0], path="app/goroutine-after.debug2.txt"), dump)]
    values = {one.metric: one.value for one in measure(Run("r", "", "", ()), taken, {})[0]}
    assert values["goroutines_after"] == 60
    assert "goroutines_before" not in values
