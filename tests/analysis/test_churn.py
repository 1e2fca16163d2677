"""Churn: what the run allocated, by one process, and who allocated most."""

from __future__ import annotations

import pytest

from pipeline.analysis.churn import METRICS, churn_measurements, measure_churn
from pipeline.analysis.metrics import BY_NAME
from pipeline.decode import decode_profile
from pipeline.model.layout import place
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile
from tests.builders import pprof_bytes

HEAP = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
BEFORE = [(["main.main", "json.Decode"], (10, 1000, 1, 100)), (["main.main"], (5, 50, 0, 0))]
AFTER = [
    (["main.main", "json.Decode"], (110, 3000, 2, 200)),
    (["main.main"], (5, 50, 0, 0)),
    (["main.main", "bytes.Clone"], (200, 800, 4, 400)),
]


def taken(**files: object) -> list[tuple[RawFile, Profile]]:
    found = []
    for name, samples in files.items():
        path = f"app/{name.replace('_', '-')}.prof"
        where = place(path)
        file = RawFile(path, where.component, where.kind, where.phase, "", 0, where.index)
        found.append((file, decode_profile(pprof_bytes(samples, HEAP))))  # type: ignore[arg-type]
    return found


def test_what_the_run_allocated_is_after_minus_before() -> None:
    found = measure_churn("app", taken(allocs_before=BEFORE, allocs_after=AFTER), operations=10)
    assert found is not None
    assert (found.since, found.objects, found.size_bytes, found.operations) == ("before", 300, 2800, 10)
    assert (found.inuse_objects, found.inuse_bytes) == (6, 600)
    rows = [(row.name, row.origin, row.objects, row.size_bytes) for row in found.functions]
    # What did not change is not listed; the rest by objects.
    assert rows == [("bytes.Clone", "standard", 200, 800), ("json.Decode", "own", 100, 2000)]
    assert (found.functions[0].mean_bytes, found.mean_bytes, found.inuse_mean_bytes) == (4, 2800 / 300, 100)
    values = {one.metric: one.value for one in churn_measurements(found)}
    assert values == {"alloc_object_size": 2800 / 300, "inuse_object_size": 100, "alloc_turnover": 2800 / 600}
    assert {one.name for one in METRICS} == values.keys() <= BY_NAME.keys()


def test_in_use_is_that_of_the_last_heap_profile() -> None:
    found = measure_churn(
        "app", taken(allocs_before=BEFORE, allocs_after=AFTER, heap_after=[(["main.main"], (999, 999, 3, 30))])
    )
    assert found is not None
    assert (found.inuse_objects, found.inuse_bytes) == (3, 30)
    assert found.evidence == ("app/allocs-before.prof", "app/allocs-after.prof", "app/heap-after.prof")


def test_heap_profiles_count_allocations_too() -> None:
    found = measure_churn("app", taken(heap_before=BEFORE, heap_after=AFTER))
    assert found is not None
    assert (found.since, found.objects) == ("before", 300)


def test_one_profile_counts_from_the_start_and_has_no_turnover() -> None:
    found = measure_churn("app", taken(allocs_after=AFTER), operations=10)
    assert found is not None
    assert (found.since, found.objects, found.operations) == ("start", 315, 0)
    assert {one.metric for one in churn_measurements(found)} == {"alloc_object_size", "inuse_object_size"}


@pytest.mark.parametrize("files", [{"allocs_before": AFTER, "allocs_after": BEFORE}, {"cpu": []}, {}])
def test_nothing_is_said_of_another_process_or_without_counters(files: dict[str, object]) -> None:
    pairs = taken(**files) if "cpu" not in files else [(taken(cpu=[])[0][0], decode_profile(pprof_bytes([])))]
    assert measure_churn("app", pairs) is None


def test_an_empty_profile_has_no_means() -> None:
    found = measure_churn("app", taken(allocs_before=[], allocs_after=[]))
    assert found is not None
    assert (found.mean_bytes, found.inuse_mean_bytes, found.turnover) == (None, None, None)
    assert churn_measurements(found) == []


def test_only_the_first_of_many_are_listed() -> None:
    many = [(["main.main", f"p.F{n}"], (n, n, 0, 0)) for n in range(1, 51)]
    found = measure_churn("app", taken(allocs_after=many))
    assert found is not None
    assert (len(found.functions), found.count, found.functions[0].name) == (30, 50, "p.F50")
