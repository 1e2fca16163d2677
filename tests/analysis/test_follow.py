"""Growth of a whole run: every component by itself, and what a restart means for both heap and goroutines."""

from __future__ import annotations

from pipeline.analysis.follow import follow
from pipeline.model.growth import DEFAULT_RULES, LeakRules
from tests.memstats import memstats
from tests.series import goroutine_bytes, heap_bytes, heap_series, read

MB = 1 << 20
PUT = ("main.main", "example.org/app.Put")
WORKER = ("example.org/app.worker", "runtime.gopark")


def test_every_component_is_followed_by_itself() -> None:
    leaking = heap_series({PUT: [at * 2 * MB for at in range(6)]})
    other = [read(f"worker/heap{at}.pprof", heap_bytes([(PUT, MB)], seconds=at)) for at in range(6)]
    found = follow([*other, *leaking], (), DEFAULT_RULES)
    assert [(one.component, one.kind, one.trend.verdict) for one in found.growth] == [
        ("app", "heap", "leaking"),
        ("worker", "heap", "steady"),
    ]
    (finding,) = found.findings
    assert (finding.code, finding.subject) == ("heap_leak", "app/heap5.pprof")
    assert follow([*other, *leaking], (), LeakRules(min_bytes=100 * MB)).findings == ()


def test_a_restart_that_the_heap_shows_holds_for_goroutines() -> None:
    taken = [
        read(f"app/heap{at}.pprof", heap_bytes([(PUT, MB)], seconds=at * 2, allocated=(10 - at // 4) << 30))
        for at in range(8)
    ]
    counts = [10, 300, 600, 900, 12, 13, 12, 13]
    taken += [
        read(f"app/goroutine{at}.pprof", goroutine_bytes({WORKER: count}, at * 2 + 0.5))
        for at, count in enumerate(counts)
    ]
    heap, goroutines = follow(taken, (), DEFAULT_RULES).growth
    assert heap.begins == 4
    assert (goroutines.begins, goroutines.trend.verdict) == (4, "steady")


def test_memstats_tell_whether_collections_were_forced() -> None:
    taken = heap_series({PUT: [MB, MB]})
    raw = [read(f"app/heap{at}.pprof", heap_bytes([(PUT, MB)]))[0] for at in range(2)]
    stats = [(file, memstats(forced=at)) for at, file in enumerate(raw)]
    assert follow(taken, stats, DEFAULT_RULES).growth[0].forced is True
    assert follow(taken, (), DEFAULT_RULES).growth[0].forced is None


def test_the_path_of_the_own_module_decides_what_is_own() -> None:
    stack = ("main.main", "example.org/app.Put", "example.org/lib.Grow")
    taken = heap_series({stack: [MB, 3 * MB]})
    for module, own in (("example.org/app", "example.org/app.Put"), ("example.org/lib", "example.org/lib.Grow")):
        (growth,) = follow(taken, (), DEFAULT_RULES, module).growth
        assert next(site.function for site in growth.sites if site.kind == "own" and site.values[1]) == own
