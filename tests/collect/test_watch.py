"""A service is watched: restarts are proved, doubts are told once."""

from __future__ import annotations

from pipeline.collect.watch import Facts, Watch, facts_of
from pipeline.decode import decode_profile
from tests.builders import pprof_bytes
from tests.memstats import memstats

HEAP = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))


def heap(allocated: int) -> Facts:
    data = pprof_bytes([(("main.main",), (1, allocated, 1, 5))], HEAP)
    return facts_of(decode_profile(data), cumulative=True)


def codes(watch: Watch, *seen: Facts) -> list[list[str]]:
    return [[doubt.code for doubt in watch.see(f"api/{n}.prof", "heap", facts)] for n, facts in enumerate(seen)]


def test_growth_proves_nothing() -> None:
    assert codes(Watch("api"), heap(10), heap(10), heap(500)) == [[], [], []]


def test_allocations_that_shrink_are_a_restart_told_once() -> None:
    watch = Watch("api")
    assert codes(watch, heap(1000), heap(10), heap(5)) == [[], ["restarted"], []]


def test_the_finding_names_the_file_and_the_values() -> None:
    watch = Watch("api")
    watch.see("api/heap-before.prof", "heap", heap(4096))
    (doubt,) = watch.see("api/heap-after.prof", "heap", heap(1024))
    assert (doubt.subject, doubt.evidence) == ("api/heap-after.prof", "alloc_space of heap: 4 kB before, 1 kB now")


def test_each_kind_is_compared_with_itself() -> None:
    watch = Watch("api")
    assert watch.see("a", "heap", heap(1000)) == watch.see("b", "allocs", heap(10)) == ()


def test_a_window_is_not_a_total() -> None:
    data = pprof_bytes([(("main.main",), (1, 10, 1, 5))], HEAP)
    assert facts_of(decode_profile(data), cumulative=False).allocated is None


def test_another_binary_is_a_restart() -> None:
    watch = Watch("api")
    assert codes(watch, Facts("aaaa"), Facts(""), Facts("aaaa"), Facts("bbbb")) == [[], [], [], ["restarted"]]


def test_memstats_of_another_process_are_a_restart_although_they_grew() -> None:
    old, new = memstats(num_gc=2, ends=(7, 8)), memstats(num_gc=9, ends=range(50, 59), total_alloc=10**9)
    assert codes(Watch("api"), Facts(memstats=old), Facts(memstats=new)) == [[], ["restarted"]]


def test_a_clock_that_is_off_is_told_once() -> None:
    watch = Watch("api")
    assert watch.see("a", "heap", Facts(), skew=2.0) == ()
    (doubt,) = watch.see("a", "heap", Facts(), skew=-61.0)
    assert (doubt.code, doubt.message) == ("clock_skew", "The clock of api is at least 61 s behind the clock here.")
    assert watch.see("a", "heap", Facts(), skew=-61.0) == ()
