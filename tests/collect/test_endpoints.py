"""Which files are taken, in which order, from what the plan and the service say."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.collect import endpoints
from pipeline.collect.capture import profile_url
from pipeline.collect.endpoints import Target
from pipeline.model.config import CollectConfig
from pipeline.model.layout import place
from pipeline.model.target import TargetConfig

FGPROF = {"fgprof": "/debug/fgprof?seconds=5", "pool": "/debug/pool"}


def plan(**settings: Any) -> CollectConfig:
    return CollectConfig(**settings)


def names(targets: list[Target]) -> list[str]:
    return [target.name for target in targets]


def test_memstats_are_last_before_and_first_after() -> None:
    assert names(endpoints.before_load(plan(), TargetConfig())) == [
        "heap-before.prof", "allocs-before.prof", "goroutine-before.prof", "memstats-before.txt",
    ]  # fmt: skip
    after = names(endpoints.after_load(plan(), TargetConfig()))
    assert after[:3] == ["memstats-after.txt", "heap-after.prof", "allocs-after.prof"]
    assert "block.prof" in after
    bare = plan(memstats=False)
    assert not [
        n
        for n in names(endpoints.before_load(bare, TargetConfig())) + names(endpoints.after_load(bare, TargetConfig()))
        if "memstats" in n
    ]


def test_a_services_own_profiles_replace_the_lists() -> None:
    part = TargetConfig(profiles=("heap", "mutex"))
    assert names(endpoints.before_load(plan(), part)) == ["heap-before.prof", "memstats-before.txt"]
    assert names(endpoints.after_load(plan(), part)) == ["memstats-after.txt", "heap-after.prof", "mutex.prof"]
    assert endpoints.during_load(plan(), part, 10) == []
    assert endpoints.chosen(part, ("heap", "cpu")) == ("heap", "mutex")


def test_lanes_of_the_load() -> None:
    part = TargetConfig(custom=FGPROF)
    lanes = endpoints.during_load(plan(trace_seconds=2, delta_seconds=3, cpu_seconds=10), part, 100)
    assert [names(lane) for lane in lanes] == [
        ["cpu.prof", "trace.out"], ["heap-delta.prof"], ["allocs-delta.prof"], ["block-delta.prof"],
        ["mutex-delta.prof"], ["fgprof.prof"],
    ]  # fmt: skip
    assert lanes[0][0].deadline == 100
    assert (lanes[-1][0].seconds, lanes[-1][0].custom) == (5, "/debug/fgprof?seconds=5")
    assert names(endpoints.after_load(plan(goroutine_dump=True), part))[-2:] == [
        "goroutine-after.debug2.txt",
        "pool.prof",
    ]


def test_a_series_has_a_lane_for_each_window() -> None:
    part = TargetConfig(custom=FGPROF)
    kinds = ("heap", "goroutine", "cpu")
    assert endpoints.series_kinds(plan(), part, kinds) == [
        ("heap", "goroutine", "memstats", "pool"),
        ("cpu",),
        ("fgprof",),
    ]
    assert endpoints.series_kinds(plan(mode="cpu"), part, ("cpu",)) == [("cpu",)]
    assert endpoints.tick(part, "memstats", 3, 9).name == "memstats3.txt"
    assert endpoints.tick(part, "fgprof", 3, 9) == Target(
        "fgprof3.pprof", "profile", "series", 5, 20, custom=FGPROF["fgprof"]
    )
    assert endpoints.tick(part, "heap", 3, 9) == Target("heap3.pprof", "heap", "series", deadline=9)


def test_one_snapshot() -> None:
    found = endpoints.once(plan(cpu_seconds=7), TargetConfig(custom=FGPROF), ("heap", "cpu"))
    assert names(found) == ["memstats.txt", "heap.prof", "cpu.prof", "fgprof.prof", "pool.prof"]
    assert [target.seconds for target in found] == [0, 0, 7, 5, 0]
    assert names(endpoints.once(plan(mode="cpu"), TargetConfig(custom=FGPROF), ("cpu",))) == ["cpu.prof"]


def test_a_snapshot_of_cpu_is_as_long_as_pprofs_unless_set() -> None:
    (asked,) = endpoints.once(plan(mode="cpu"), TargetConfig(url="localhost:6060"), ("cpu",))
    assert asked.seconds == 30
    (asked,) = endpoints.once(plan(mode="cpu", cpu_seconds=10), TargetConfig(url="localhost:6060"), ("cpu",))
    assert asked.seconds == 10


def test_the_store_knows_every_name() -> None:
    part = TargetConfig(custom=FGPROF)
    everything = plan(trace_seconds=2, delta_seconds=3, goroutine_dump=True)
    targets = endpoints.before_load(everything, part) + endpoints.after_load(everything, part)
    targets += [target for lane in endpoints.during_load(everything, part, 10) for target in lane]
    targets += [endpoints.tick(part, kind, 4, 5) for kind in ("heap", "memstats", "fgprof")]
    for target in targets:
        where = place(f"api/{target.name}")
        assert (where.component, where.kind) == ("api", target.kind), target.name
        if target.kind not in {"profile", "trace"}:
            assert where.phase == target.phase, target.name


@pytest.mark.parametrize(
    ("kind", "options", "url"),
    [
        ("memstats", {}, "http://h:1/debug/pprof/heap?debug=1"),
        ("heap-delta", {"seconds": 5}, "http://h:1/debug/pprof/heap?seconds=5"),
        ("goroutine", {"debug": 2}, "http://h:1/debug/pprof/goroutine?debug=2"),
        ("trace", {"seconds": 2}, "http://h:1/debug/pprof/trace?seconds=2"),
        ("profile", {"seconds": 5, "custom": "/debug/fgprof?seconds=5"}, "http://h:1/debug/fgprof?seconds=5"),
    ],
)
def test_addresses(kind: str, options: dict[str, Any], url: str) -> None:
    assert profile_url("http://h:1", kind, **options) == url
