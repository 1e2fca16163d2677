"""Pods as one, and the one that is unlike the others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.analysis.replicas import (
    Merged,
    compare_replicas,
    groups_of,
    measure_replicas,
    merge_replicas,
    restarted,
    spread,
)
from pipeline.decode import decode_profile
from pipeline.model.layout import place
from pipeline.model.metric import LoadResult
from pipeline.model.profile import Profile
from pipeline.model.run import Manifest, PodReport, RawFile, Run
from tests.builders import pprof_bytes

HEAP = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
MIB = 1 << 20
SECOND = 1_000_000_000
LOAD = {"load-test-results.json": LoadResult("t", "", 10.0, 1000, 0, 100.0)}


def run_of(*pods: PodReport) -> Run:
    return Run("r", "", "", (), Manifest("r", pods=pods))


def pods(count: int, *, again: int = 0) -> Run:
    """A run of some pods, of which the last ``again`` were restarted."""
    first = [PodReport(f"api.{n}", "api", "ns", f"api-{n}", f"u{n}") for n in range(1, count + 1)]
    later = [
        PodReport(f"api.{n}", "api", "ns", f"api-{n}", f"u{n}", restarts=1) for n in range(count - again + 1, count + 1)
    ]
    return run_of(*first, *later)


def taken(path: str, profile: Profile) -> tuple[RawFile, Profile]:
    where = place(path)
    return RawFile(path, where.component, where.kind, where.phase, path, 1, where.index), profile


def heap(inuse: int, allocated: int = 0) -> Profile:
    return decode_profile(pprof_bytes([(["main.run", "main.keep"], [allocated // 10, allocated, 1, inuse])], HEAP))


def cpu(busy: float, seconds: float = 10) -> Profile:
    samples = [(["main.run"], [1, int(busy * SECOND)])]
    return decode_profile(pprof_bytes(samples, duration_nanos=int(seconds * SECOND)))


def heaps(*sizes: int) -> list[tuple[RawFile, Profile]]:
    return [taken(f"api.{n}/heap-after.prof", heap(size)) for n, size in enumerate(sizes, 1)]


def codes(run: Run, decoded: Sequence[tuple[RawFile, Profile]]) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in compare_replicas(run, decoded)]


def test_a_single_pod_is_no_group() -> None:
    run = run_of(PodReport("api", "api", "ns", "api-1", "u"))
    assert groups_of(run) == {}
    assert merge_replicas(run, [taken("api/heap-after.prof", heap(1))]) == ((), ())


def test_pods_add_up_file_by_file() -> None:
    decoded = [
        *heaps(10 * MIB, 20 * MIB, 40 * MIB),
        taken("other/heap-after.prof", heap(99)),
        *(taken(f"api.{n}/cpu.prof", cpu(n)) for n in (1, 2, 3)),
    ]
    merged, doubts = merge_replicas(pods(3), decoded)
    assert doubts == ()
    by_path = {one.file.path: one for one in merged}
    assert sorted(by_path) == ["api/cpu.prof", "api/heap-after.prof"]
    sum_of_heaps = by_path["api/heap-after.prof"]
    assert sum_of_heaps.profile.total(3) == 70 * MIB
    assert (sum_of_heaps.file.component, sum_of_heaps.file.kind, sum_of_heaps.file.phase) == ("api", "heap", "after")
    assert sum_of_heaps.parts == ("api.1/heap-after.prof", "api.2/heap-after.prof", "api.3/heap-after.prof")
    assert len(sum_of_heaps.profile.samples) == 1
    assert by_path["api/cpu.prof"].profile.total(1) == 6 * SECOND
    assert by_path["api/cpu.prof"].profile.duration_nanos == 10 * SECOND


def test_a_file_one_pod_lacks_is_not_added_up() -> None:
    decoded = [*heaps(1, 2), taken("api.1/heap-before.prof", heap(1))]
    merged, (doubt,) = merge_replicas(pods(2), decoded)
    assert [one.file.path for one in merged] == ["api/heap-after.prof"]
    assert (doubt.code, doubt.evidence) == ("replica_missing", "missing of api.2")


def test_profiles_that_measure_different_things_are_not_added_up() -> None:
    decoded = [taken("api.1/heap-after.prof", heap(1)), taken("api.2/heap-after.prof", cpu(1))]
    merged, (doubt,) = merge_replicas(pods(2), decoded)
    assert (merged, doubt.code) == ((), "pods_differ")


def with_allocations(*lasts: int) -> list[tuple[RawFile, Profile]]:
    decoded = []
    for number, last in enumerate(lasts, 1):
        decoded.append(taken(f"api.{number}/allocs-before.prof", heap(0, 1 * MIB)))
        decoded.append(taken(f"api.{number}/allocs-after.prof", heap(0, last)))
        decoded.append(taken(f"api.{number}/heap-before.prof", heap(0, 1 * MIB)))
        decoded.append(taken(f"api.{number}/heap-after.prof", heap(0, last)))
    return decoded


def measured(run: Run, decoded: list[tuple[RawFile, Profile]]) -> dict[tuple[str, str], float]:
    merged, _ = merge_replicas(run, decoded)
    values, _ = measure_replicas(run, decoded, merged, LOAD)
    return {(one.component, one.metric): one.value for one in values}


def test_the_load_belongs_to_all_pods_together() -> None:
    decoded = [*with_allocations(3 * MIB, 3 * MIB), *(taken(f"api.{n}/cpu.prof", cpu(5)) for n in (1, 2))]
    values = measured(pods(2), decoded)
    assert values["api", "alloc_bytes_per_op"] == 4 * MIB / 1000
    assert values["api", "cpu_per_op"] == pytest.approx(1.0 / 100)
    assert values["api", "ops_per_sec"] == 100
    assert ("api.1", "heap_inuse_after") in values
    assert not [metric for component, metric in values if component == "api.1" and "op" in metric]


def test_no_difference_is_made_across_a_restart() -> None:
    run, decoded = pods(2, again=1), with_allocations(3 * MIB, 9 * MIB)
    assert restarted(run) == {"api.2", "api"}
    assert "api/allocs-after.prof" not in [one.file.path for one in merge_replicas(run, decoded)[0]]
    values = measured(run, decoded)
    assert ("api", "alloc_bytes_per_op") not in values
    assert ("api", "heap_inuse_after") in values
    assert ("api", "alloc_bytes_per_op") in measured(pods(2), decoded)


def test_the_odd_pod_of_five_is_named_with_evidence() -> None:
    decoded = heaps(100 * MIB, 101 * MIB, 99 * MIB, 300 * MIB, 102 * MIB)
    (finding,) = compare_replicas(pods(5), decoded)
    assert (finding.code, finding.subject) == ("pod_outlier", "api.4")
    assert "api.4 (api-4)" in finding.message
    assert "median of 5 pods of api 101 MB" in finding.evidence or "median of 5 pods of api 101" in finding.evidence


def test_pods_that_are_alike_are_not_doubted() -> None:
    assert codes(pods(5), heaps(100, 100, 100, 101, 100)) == []
    assert codes(pods(5), heaps(100, 120, 80, 140, 60)) == []


def test_two_odd_pods_hide_in_four() -> None:
    assert codes(pods(4), heaps(100, 100, 300, 300)) == []


def test_a_low_pod_is_odd_too() -> None:
    assert codes(pods(4), heaps(100 * MIB, 100 * MIB, 101 * MIB, 0)) == [("pod_outlier", "api.4")]


def test_of_few_pods_the_ratio_is_told() -> None:
    (finding,) = compare_replicas(pods(3), heaps(100, 110, 210))
    assert (finding.code, finding.severity, finding.subject) == ("pod_spread", "info", "api")
    assert finding.evidence.endswith("2.1 times as much")
    assert codes(pods(3), heaps(100, 110, 120)) == []
    assert codes(pods(1), heaps(100)) == []


def test_cpu_is_compared_by_time_not_by_length_of_profile() -> None:
    run = pods(4)
    even = [taken(f"api.{n}/cpu.prof", cpu(2.0 * n, 10 * n)) for n in (1, 2, 3, 4)]
    assert codes(run, even) == []
    assert codes(run, [*even[:3], taken("api.4/cpu.prof", cpu(30, 10))]) == [("pod_outlier", "api.4")]


def test_spread_keeps_its_figures() -> None:
    found = spread({"a": 1.0, "b": 2.0, "c": 3.0, "d": 100.0})
    assert (found.median, found.deviation, found.outliers, found.ratio) == (2.5, 1.0, ("d",), 100.0)
    assert spread({"a": 0.0, "b": 1.0}).ratio is None
    with pytest.raises(ValueError, match="no values"):
        spread({})


def test_merged_is_a_value() -> None:
    one = merge_replicas(pods(2), heaps(1, 2))[0][0]
    assert isinstance(one, Merged)
    assert len(one.file.sha256) == 64
