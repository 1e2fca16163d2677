"""What a run cost: what is divided by what, and advice that is silent without a number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.analysis.cost import RunCost, measure_cost
from pipeline.analysis.rollup import roll_up
from pipeline.decode import decode_profile
from pipeline.model.layout import place
from pipeline.model.metric import LoadResult, ProcessUsage
from pipeline.model.run import Manifest, PodReport, ProgramUsage, RawFile, Run
from tests.builders import pprof_bytes

WAITS = [("contentions", "count"), ("delay", "nanoseconds")]
HEAP = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
LOAD = {"load-test-results.json": LoadResult("t", "", 10.0, 1000, 0, 100.0)}
STARTED = Run("r", "", "", (), Manifest("r", usage=(ProgramUsage("app", ProcessUsage()),)))
LOCKED = [(["net/http.Serve", "main.handle", "main.lock", "sync.(*Mutex).Unlock"], (40, 15_000_000_000))]


def cost(files: dict[str, bytes], run: Run = STARTED, **facts: object) -> RunCost:
    decoded = []
    for path, data in files.items():
        where = place(path)
        file = RawFile(path, where.component, where.kind, where.phase, "", 0, where.index)
        decoded.append((file, decode_profile(data)))
    rollups = {file.path: roll_up(profile) for file, profile in decoded}
    return measure_cost(run, decoded, rollups, LOAD, **facts)  # type: ignore[arg-type]


def values(found: RunCost) -> dict[str, float]:
    return {one.metric: one.value for one in found.measurements}


def test_locks_are_advised_on_where_someone_always_waits() -> None:
    found = cost({"app/mutex.prof": pprof_bytes(LOCKED, WAITS)})
    (advice,) = found.findings
    assert (advice.code, advice.severity, advice.subject) == ("lock_contention", "info", "app/mutex.prof")
    assert "1.5 goroutines" in advice.evidence
    assert "100 % of delay comes from main.lock" in advice.evidence
    assert values(found)["mutex_delay_per_op"] == 0.015


@pytest.mark.parametrize("delay", [9_999_999_999, 0])
def test_short_waits_are_not_advised_on(delay: int) -> None:
    assert cost({"app/mutex.prof": pprof_bytes([(["main.lock"], (1, delay))], WAITS)}).findings == ()


def test_a_service_that_ran_before_is_not_held_against_this_load() -> None:
    found = cost({"app/mutex.prof": pprof_bytes(LOCKED, WAITS)}, Run("r", "", "", ()))
    assert found.findings == ()
    assert found.contention[0].operations == 0
    assert "mutex_delay_per_op" not in values(found)
    pair = {"app/mutex-before.prof": pprof_bytes([], WAITS), "app/mutex-after.prof": pprof_bytes(LOCKED, WAITS)}
    assert [one.code for one in cost(pair, Run("r", "", "", ())).findings] == ["lock_contention"]


def test_a_pod_is_not_held_against_the_load_of_all() -> None:
    pods = (PodReport("app", "apps", "n", "p", "u"),)
    run = replace(STARTED, manifest=replace(STARTED.manifest, pods=pods))  # type: ignore[type-var]
    found = cost({"app/mutex.prof": pprof_bytes(LOCKED, WAITS)}, run)
    assert (found.contention[0].operations, found.findings) == (0, ())


def test_of_a_restarted_component_nothing_cumulative_is_said() -> None:
    files = {
        "app/mutex.prof": pprof_bytes(LOCKED, WAITS),
        "app/allocs-after.prof": pprof_bytes([(["main.main"], (1, 2, 3, 4))], HEAP),
        "app/cpu.prof": pprof_bytes([(["runtime.mallocgc"], (1, 10))]),
    }
    found = cost(files, restarted={"app"})
    assert (found.churn, found.contention) == ((), ())
    assert values(found) == {"gc_cpu_share": 0, "alloc_cpu_share": 1}
    assert [one.code for one in found.findings] == ["alloc_heavy"]


def test_shares_are_over_all_cpu_profiles_of_a_component() -> None:
    files = {
        "app/cpu0.pprof": pprof_bytes([(["main.main", "runtime.mallocgc", "runtime.gcAssistAlloc"], (1, 10))]),
        "app/cpu1.pprof": pprof_bytes([(["main.main"], (9, 90))]),
        "other/cpu.prof": pprof_bytes([(["runtime.gcBgMarkWorker"], (1, 10))]),
    }
    found = cost(files)
    shares = {(one.component, one.metric): one.value for one in found.measurements}
    assert shares == {
        ("app", "gc_cpu_share"): 0.1, ("app", "alloc_cpu_share"): 0.1,
        ("other", "gc_cpu_share"): 1.0, ("other", "alloc_cpu_share"): 0.0,
    }  # fmt: skip
    assert [(one.code, one.subject) for one in found.findings] == [("gc_heavy", "other/cpu.prof")]


@pytest.mark.parametrize(("collecting", "codes"), [(24, []), (25, ["gc_heavy"])])
def test_the_limit_of_advice_is_the_one_it_names(collecting: int, codes: list[str]) -> None:
    samples = [(["runtime.gcBgMarkWorker"], (1, collecting)), (["main.main"], (1, 100 - collecting))]
    files = {
        "app/cpu.prof": pprof_bytes(samples),
        "app/allocs-after.prof": pprof_bytes([(["main.make", "bytes.Clone"], (1, 100, 0, 0))], HEAP),
    }
    found = cost(files).findings
    assert [one.code for one in found] == codes
    for one in found:
        assert "25 %" in one.evidence
        assert "100 % of alloc_space comes from main.make (app/allocs-after.prof)" in one.evidence


def test_an_idle_cpu_profile_has_no_shares() -> None:
    assert cost({"app/cpu.prof": pprof_bytes([])}).measurements == ()
