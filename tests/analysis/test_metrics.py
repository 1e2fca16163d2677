"""Every metric from small profiles whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.metrics import BY_NAME, measure
from pipeline.model.layout import place
from pipeline.model.metric import LoadResult
from pipeline.model.profile import Functions, Labels, Locations, Profile, Samples, SampleType
from pipeline.model.run import FileReport, Manifest, RawFile, Run

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
    assert [one.code for one in findings] == ["goroutine_growth", "goroutine_leak"]


def test_load_errors_and_failures_are_findings() -> None:
    failed = {"load-test-results.json": LoadResult("t", "", 10.0, 90, 10, 9.0)}
    manifest = Manifest(
        "r",
        files=(
            FileReport("app/heap.prof", "app", "heap", "after", "missing", "timeout"),
            FileReport("app/goroutineleak.prof", "app", "goroutineleak", "after", "missing", "http_404"),
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
