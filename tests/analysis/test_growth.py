"""Growth over a series: order and peak of the snapshots, slopes, and when growth is called a leak."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.growth import (
    METRICS,
    goroutine_growth,
    heap_growth,
    in_order,
    judge,
    leak_findings,
    measure_growth,
)
from pipeline.model.growth import DEFAULT_RULES, Growth, LeakRules
from tests.memstats import memstats
from tests.series import goroutine_bytes, heap_bytes, heap_series, read

MB = 1 << 20
RUNS = Path(__file__).resolve().parents[2] / "profiles"
CACHE = ("net/http.(*conn).serve", "example.org/app.(*Cache).Put", "bytes.Clone")
STORE = ("net/http.(*conn).serve", "example.org/app.(*Store).Get", "bytes.growSlice")


def verdict(*values: float, least: float = 1.0, rules: LeakRules = DEFAULT_RULES) -> str:
    return judge([2.0 * place for place in range(len(values))], [int(one) for one in values], rules, least).verdict


# --- the verdict --------------------------------------------------------------------------------------------------


def test_steady_growth_through_five_snapshots_is_a_leak_and_through_four_is_not() -> None:
    assert verdict(10, 20, 30, 40, 50) == "leaking"
    assert verdict(10, 20, 30, 40) == "growing"
    assert verdict(10, 20, 30) == "growing"
    trend = judge([0.0, 2.0], [10, 20], DEFAULT_RULES, 1.0)
    assert (trend.verdict, trend.judged, trend.slope) == ("growing", 2, None)
    assert judge([0.0], [10], DEFAULT_RULES, 1.0).verdict == "unclear"


def test_the_number_of_snapshots_is_a_setting() -> None:
    assert verdict(10, 20, 30, 40, 50, rules=LeakRules(min_snapshots=6)) == "growing"


def test_growth_that_does_not_matter_is_none() -> None:
    assert verdict(100, 110, 120, 130, 140, 150, least=41) == "steady"
    assert verdict(100, 110, 120, 130, 140, 150, least=40) == "leaking"


def test_start_up_is_not_growth() -> None:
    assert verdict(0, 500, 501, 499, 500, 500, 501, least=10) == "steady"


def test_what_fills_up_and_stops_is_no_leak() -> None:
    assert verdict(0, 100, 200, 300, 400, 401, 402, 403, 404, least=10) == "growing"
    assert verdict(0, 100, 200, 300, 400, 401, 402, 403, 404, least=10, rules=LeakRules(min_late=0.0)) == "leaking"


def test_a_leak_hardly_ever_falls() -> None:
    saw = (0, 10, 30, 20, 40, 30, 50, 40, 60, 50, 70)
    assert verdict(*saw, least=5) == "growing"
    assert verdict(*saw, least=5, rules=LeakRules(min_steps=0.0)) == "leaking"


def test_shrinking_and_noise() -> None:
    assert verdict(100, 90, 80, 70, 60, 50, least=5) == "shrinking"
    assert verdict(100, 100, 160, 90, 150, 100, 155, least=5) == "unclear"


def test_steps_are_counted_without_the_first_snapshot() -> None:
    trend = judge([0, 1, 2, 3, 4, 5], [50, 10, 20, 20, 15, 30], DEFAULT_RULES, 1.0)
    assert (trend.judged, trend.steps, trend.rose, trend.fell) == (5, 4, 2, 1)


@pytest.mark.property
@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(0, 1 << 40), min_size=2, max_size=12), st.integers(1, 1000), st.integers(1, 1 << 30))
def test_the_unit_does_not_change_the_verdict(values: list[int], factor: int, least: int) -> None:
    at = [float(place) for place in range(len(values))]
    plain = judge(at, values, DEFAULT_RULES, least)
    # A power of two keeps every slope exact.
    power = 1 << factor % 10
    scaled = judge([8 * one for one in at], [one * power for one in values], DEFAULT_RULES, least * power)
    assert scaled.verdict == plain.verdict


@pytest.mark.property
@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(0, 1 << 40), min_size=5, max_size=12))
def test_a_series_and_its_mirror_are_never_both_leaking(values: list[int]) -> None:
    mirrored = [values[0], *(max(values) - one for one in values[1:])]
    both = {
        judge([float(at) for at in range(len(values))], one, DEFAULT_RULES, 1.0).verdict for one in (values, mirrored)
    }
    assert not ("leaking" in both and both <= {"leaking", "growing"})


# --- simulations --------------------------------------------------------------------------------------------------

Make = Callable[[random.Random, int], list[int]]


def sampled(per_step: float) -> Make:
    """Retain ``per_step`` bytes a step as a heap profile sees it: one sample for about each 512 kB, kept for ever."""

    def make(chance: random.Random, count: int) -> list[int]:
        seen, values = 0, []
        for _ in range(count):
            left = chance.expovariate(1.0)
            while left < per_step / (512 << 10):
                seen += 1
                left += chance.expovariate(1.0)
            values.append(seen * (512 << 10))
        return values

    return make


def noisy(per_step: float, noise: float, base: float = 16 * MB) -> Make:
    return lambda chance, count: [int(base + per_step * at + chance.gauss(0, noise)) for at in range(count)]


def sawtooth(period: float) -> Make:
    def make(chance: random.Random, count: int) -> list[int]:
        phase = chance.random() * period
        return [
            int(8 * MB + 8 * MB * ((at + phase) % period) / period + chance.gauss(0, MB / 4)) for at in range(count)
        ]

    return make


def filling(steps: float) -> Make:
    return lambda chance, count: [
        int(8 * MB + 20 * MB * (1 - math.exp(-at / steps)) + chance.gauss(0, MB / 4)) for at in range(count)
    ]


def share_leaking(make: Make, count: int) -> float:
    at = [2.0 * place for place in range(count)]
    made = [make(random.Random(seed), count) for seed in range(200)]
    return sum(judge(at, one, DEFAULT_RULES, max(MB, 0.05 * one[0])).verdict == "leaking" for one in made) / len(made)


@pytest.mark.parametrize(
    ("make", "count", "least"),
    [
        (noisy(1.5 * MB, 0.15 * MB), 5, 0.99),
        (noisy(1.5 * MB, 0.45 * MB), 8, 0.97),
        (noisy(1.5 * MB, 0.75 * MB), 12, 0.9),
        (sampled(1 * MB), 8, 0.85),
        (sampled(2 * MB), 8, 0.95),
        (sampled(MB / 2), 20, 0.9),
    ],
)
def test_simulated_leaks_are_found(make: Make, count: int, least: float) -> None:
    assert share_leaking(make, count) >= least


@pytest.mark.parametrize(
    ("make", "count", "most"),
    [
        (noisy(0, 0.8 * MB), 5, 0.06),
        (noisy(0, 0.8 * MB), 8, 0.03),
        (noisy(0, 4.8 * MB), 8, 0.03),
        (noisy(0, 4.8 * MB), 20, 0.01),
        (sawtooth(2), 8, 0.0),
        (sawtooth(3), 8, 0.0),
        (sawtooth(5), 20, 0.0),
        (filling(1), 12, 0.05),
        (filling(2), 20, 0.02),
    ],
)
def test_simulated_health_is_not_called_a_leak(make: Make, count: int, most: float) -> None:
    assert share_leaking(make, count) <= most


# --- order --------------------------------------------------------------------------------------------------------


def heap(path: str, size: int, seconds: float | None, allocated: int = 1 << 40) -> tuple:  # type: ignore[type-arg]
    return read(path, heap_bytes([(CACHE, size)], seconds=seconds, allocated=allocated))


def paths(taken: list) -> list[str]:  # type: ignore[type-arg]
    return [file.path.rpartition("/")[2] for file, _ in taken]


def test_snapshots_are_in_order_of_their_own_times() -> None:
    taken = [heap("app/heap-after.prof", 3, 9.0), heap("app/heap10.pprof", 2, 6.0), heap("app/heap2.pprof", 1, 4.0)]
    ordered, seconds = in_order(taken)
    assert (paths(ordered), seconds) == (["heap2.pprof", "heap10.pprof", "heap-after.prof"], [0.0, 2.0, 5.0])
    loose = [heap("app/heap-20250101-120000.pprof", 3, 5.0), heap("app/heap_idle.pprof", 3, 1.0)]
    assert paths(in_order(loose)[0]) == ["heap_idle.pprof", "heap-20250101-120000.pprof"]


def test_without_times_the_names_give_the_order() -> None:
    taken = [heap("app/heap-after.prof", 3, None), heap("app/heap10.pprof", 2, 1.0), heap("app/heap2.pprof", 1, 0.0)]
    ordered, seconds = in_order(taken)
    assert (paths(ordered), seconds) == (["heap2.pprof", "heap10.pprof", "heap-after.prof"], None)


def test_times_that_contradict_the_numbers_are_not_believed() -> None:
    ordered, seconds = in_order([heap("app/heap0.pprof", 3, 7.0), heap("app/heap1.pprof", 2, 1.0)])
    assert (paths(ordered), seconds) == (["heap0.pprof", "heap1.pprof"], None)
    assert in_order([heap("app/heap0.pprof", 3, 7.0), heap("app/heap1.pprof", 2, 7.0)])[1] is None


def test_a_text_form_of_the_same_moment_is_no_snapshot() -> None:
    twin = heap("app/heap-before.debug1.pprof", 3, None)
    ordered, seconds = in_order([twin, heap("app/heap-before.prof", 3, 1.0), heap("app/heap-after.prof", 3, 2.0)])
    assert (paths(ordered), seconds) == (["heap-before.prof", "heap-after.prof"], [0.0, 1.0])


# --- the heap -----------------------------------------------------------------------------------------------------


def followed(taken: list, **more: object) -> Growth:  # type: ignore[type-arg]
    growth = heap_growth("app", taken, **more)  # type: ignore[arg-type]
    assert growth is not None
    return growth


def test_the_peak_is_the_snapshot_with_most_in_use() -> None:
    growth = followed(
        [heap("app/heap0.pprof", MB, 0), heap("app/heap1.pprof", 9 * MB, 1), heap("app/heap2.pprof", 2 * MB, 2)]
    )
    assert growth.snapshots[growth.peak].path == "app/heap1.pprof"
    assert [one.value for one in growth.snapshots] == [MB, 9 * MB, 2 * MB]
    assert growth.snapshots[1].objects == 9 * 1024
    assert growth.grown == MB
    assert heap_growth("app", [heap("app/heap0.pprof", MB, 0)]) is None


def test_a_leak_is_told_by_own_code_and_by_what_allocated() -> None:
    taken = heap_series(
        {CACHE: [at * 2 * MB for at in range(8)], STORE: [8 * MB, 5 * MB, 9 * MB] * 2 + [7 * MB, 8 * MB]}
    )
    growth = followed(taken)
    told = {(site.kind, site.function): site.trend.verdict for site in growth.sites}
    assert told["own", "example.org/app.(*Cache).Put"] == told["flat", "bytes.Clone"] == "leaking"
    assert told["own", "example.org/app.(*Store).Get"] == "unclear"
    (site,) = (one for one in growth.sites if one.function == "bytes.Clone")
    assert site.values == tuple(at * 2 * MB for at in range(8))
    assert site.trend.slope == pytest.approx(MB)
    assert growth.sites[0].function == "example.org/app.(*Cache).Put"
    (finding,) = leak_findings(growth)
    assert finding.code == "heap_leak"
    assert "example.org/app.(*Cache).Put" in finding.message
    assert finding.subject == "app/heap7.pprof"
    assert "60 MB/min" in finding.evidence
    assert "7 snapshots judged, 6 of 6 steps rose" in finding.evidence


def test_bytes_of_either_kind_count_once() -> None:
    recursive = ("main.main", "example.org/app.walk", "example.org/app.walk", "bytes.Clone")
    growth = followed(heap_series({recursive: [MB, 2 * MB], CACHE: [MB, MB]}))
    for kind in ("own", "flat"):
        assert sum(site.values[1] for site in growth.sites if site.kind == kind) == 3 * MB


def test_a_leak_that_no_own_code_asked_for_names_what_allocated() -> None:
    taken = heap_series({("runtime.main", "bytes.Clone"): [at * MB for at in range(7)]})
    (finding,) = leak_findings(followed(taken))
    assert "bytes.Clone" in finding.message


def test_only_what_came_after_a_restart_is_judged() -> None:
    sizes = [30, 40, 50, 60, 70, 3, 2, 2, 2, 2, 2]
    taken = [
        heap(f"app/heap{at}.pprof", size * MB, at, allocated=(1 << 40) + at if at < 5 else (1 << 30) + at)
        for at, size in enumerate(sizes)
    ]
    growth = followed(taken)
    assert (growth.begins, growth.trend.judged, growth.trend.verdict) == (5, 5, "steady")
    assert growth.snapshots[growth.peak].value == 70 * MB


@pytest.mark.parametrize(
    ("forced", "told", "words"),
    [
        (range(6), True, "steps rose"),
        ([1] * 6, False, "not forced"),
        ([], None, "not known"),
        ([3, 1], None, "not known"),
        ([0, 0, 2, 2, 2, 2], None, "not known"),
        ([1, 1], True, "steps rose"),
        ([0, 0], False, "not forced"),
    ],
)
def test_whether_collections_were_forced_is_told(forced: Sequence[int], told: bool | None, words: str) -> None:
    taken = heap_series({CACHE: [at * MB for at in range(6)]})
    growth = followed(taken, memstats=[memstats(forced=count) for count in forced])
    assert growth.forced is told
    (finding,) = leak_findings(growth)
    assert finding.evidence.endswith(words) if told else words in finding.evidence


# --- goroutines and metrics ---------------------------------------------------------------------------------------

WORKER = ("example.org/app.worker", "runtime.gopark")


def goroutines(*counts: int) -> list:  # type: ignore[type-arg]
    return [read(f"app/goroutine{at}.pprof", goroutine_bytes({WORKER: count}, at)) for at, count in enumerate(counts)]


def test_goroutines_are_followed_too() -> None:
    growth = goroutine_growth("app", goroutines(5, 50, 100, 150, 200, 250))
    assert growth is not None
    assert (growth.kind, growth.trend.verdict, growth.trend.slope) == ("goroutine", "leaking", 50.0)
    assert growth.rates(growth.trend)[0] == "3,000 goroutines/min"


def test_goroutines_of_a_process_that_is_gone_are_not_judged() -> None:
    growth = goroutine_growth("app", goroutines(5, 500, 1000, 10, 11, 10), since=1_700_000_003_000_000_000)
    assert growth is not None
    assert (growth.begins, growth.trend.verdict) == (3, "steady")


def test_growth_is_measured() -> None:
    taken = heap_series({CACHE: [0, MB, 2 * MB, 3 * MB]})
    measured = {one.metric: one for one in measure_growth("app", taken, goroutines(5, 9), restarted=False)}
    assert measured["heap_inuse_growth"].value == 3 * MB
    assert measured["heap_inuse_growth"].evidence == ("app/heap0.pprof", "app/heap3.pprof")
    assert measured["heap_slope"].value == pytest.approx(MB / 2)
    assert measured["goroutines_growth"].value == 4
    assert "goroutines_slope" not in measured
    assert measured.keys() <= {metric.name for metric in METRICS}
    assert measure_growth("app", taken, (), restarted=True) == []


def test_the_slope_that_is_measured_is_the_one_that_is_judged() -> None:
    taken = heap_series({CACHE: [0, 50 * MB, 51 * MB, 54 * MB, 53 * MB, 55 * MB]})
    measured = {one.metric: one.value for one in measure_growth("app", taken, (), restarted=False)}
    assert measured["heap_slope"] == followed(taken).trend.slope


# --- real runs ----------------------------------------------------------------------------------------------------


def real(run: str) -> list:  # type: ignore[type-arg]
    (folder,) = RUNS.glob(f"*-{run}")
    return [read(f"eventstore/{path.name}", path.read_bytes()) for path in sorted(folder.glob("eventstore/heap*"))]


def test_the_demo_service_leaks_where_its_leak_is_planted() -> None:
    growth = followed(real("heap-leak"))
    (finding,) = leak_findings(growth)
    assert "leak.(*Leaker).retainForever" in finding.message
    assert len(growth.snapshots) == 8
    assert growth.snapshots[growth.peak].path == "eventstore/heap6.pprof"


def test_before_and_after_alone_are_never_a_leak() -> None:
    growth = followed(real("goroutine-leak"))
    assert growth.trend.verdict == "growing"
    assert growth.trend.judged == 2
    assert leak_findings(growth) == ()
