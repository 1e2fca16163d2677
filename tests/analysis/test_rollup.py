"""Roll-ups against the plainest way to count: a walk over every stack."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import stacks as stacked
from pipeline.analysis.rollup import roll_up
from pipeline.analysis.source import open_profile
from pipeline.analysis.stacks import group_weights, spell_out
from pipeline.decode import decode_profile
from pipeline.model.cost import Rollup
from tests.analysis.drawing import drawn, inlined_profile
from tests.builders import pprof_bytes, pprof_message

OWN, DEPENDENCY = "example.com/shop/store.Put", "github.com/lib/pq.(*conn).query"
NAMES = ("main.main", OWN, DEPENDENCY, "net/http.Serve", "runtime.mallocgc", "runtime.gcAssistAlloc", "deflate")
FILES = {DEPENDENCY: "github.com/lib/pq@v1.10.9/conn.go", "deflate": "deflate.c"}
ORIGIN = dict(zip(NAMES, ("own", "own", "dependency", "standard", "runtime", "runtime", "other"), strict=True))
SAMPLES = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), max_size=6), st.tuples(st.integers(0, 9), st.integers(-99, 99))),
    min_size=1,
    max_size=12,
)


def weights(rollup: Rollup) -> dict[str, tuple[int, int]]:
    return {one.origin: (one.flat, one.cum) for one in rollup.origins}


@given(SAMPLES)
def test_every_group_counts_a_sample_once(samples: list[tuple[list[str], tuple[int, int]]]) -> None:
    flat: dict[str, int] = defaultdict(int)
    cum: dict[str, int] = defaultdict(int)
    near: dict[str, int] = defaultdict(int)
    collecting = allocating = 0
    for stack, (_, value) in samples:
        if stack:
            flat[ORIGIN[stack[-1]]] += value
        for origin in {ORIGIN[name] for name in stack}:
            cum[origin] += value
        own = [name for name in stack if ORIGIN[name] == "own"]
        if own:
            near[own[-1]] += value
        collecting += value if "runtime.gcAssistAlloc" in stack else 0
        allocating += value if "runtime.mallocgc" in stack else 0
    (rollup,) = roll_up(decode_profile(pprof_bytes(samples, files=FILES)))
    expected = {origin: (flat[origin], cum[origin]) for origin in cum if flat[origin] or cum[origin]}
    assert weights(rollup) == expected
    assert {one.name: one.near for one in rollup.functions} == {name: value for name, value in near.items() if value}
    assert (rollup.collecting, rollup.allocating) == (collecting, allocating)
    assert rollup.total == sum(abs(value) for _, (_, value) in samples)


def test_packages_are_those_that_touch_most_and_say_how_many_there_were() -> None:
    samples = [([f"example.com/p{n}.F", "runtime.mallocgc"], (1, n)) for n in range(1, 41)]
    (rollup,) = roll_up(decode_profile(pprof_bytes(samples)))
    assert rollup.package_count == 41
    assert len(rollup.packages) == 30
    assert [(one.name, one.flat, one.cum) for one in rollup.packages[:2]] == [
        ("runtime", 820, 820),
        ("example.com/p40", 0, 40),
    ]


def test_types_that_are_rolled_up() -> None:
    heap = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
    profile = decode_profile(pprof_bytes([(["main.main"], (1, 2, 3, 4))], heap))
    rollups = {one.sample_type.type: one for one in roll_up(profile)}
    assert list(rollups) == ["alloc_objects", "alloc_space", "inuse_space"]
    assert [one.total for one in rollups.values()] == [1, 2, 4]
    # What the collector used is only asked of CPU time.
    gc = decode_profile(pprof_bytes([(["runtime.gcBgMarkWorker.func2", "runtime.gcDrain"], (1, 2, 3, 4))], heap))
    assert {one.collecting for one in roll_up(gc)} == {0}
    assert roll_up(decode_profile(pprof_bytes([]))) == ()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("runtime.gcBgMarkWorker", True),
        ("runtime.gcBgMarkWorker.func2", True),
        ("runtime.(*sweepLocked).sweep", True),
        ("runtime.gcStart", True),
        ("runtime.gcStartable", False),
        ("main.runtime.gcStart", False),
        ("runtime.mallocgc", False),
    ],
)
def test_what_is_the_collectors(name: str, *, counts: bool) -> None:
    (rollup,) = roll_up(drawn([(["main.main", name], (1, 7)), (["main.main"], (1, 3))]))
    assert (rollup.collecting, rollup.total) == (7 if counts else 0, 10)


def test_inlined_calls_are_functions_and_dropped_frames_are_gone() -> None:
    (rollup,) = roll_up(inlined_profile())
    assert rollup.origins[0].origin == "other"
    (rollup,) = roll_up(drawn([(["main.main", "runtime.mallocgc"], (1, 5))], drop_frames=r"runtime\..*"))
    assert weights(rollup) == {"own": (5, 5)}


def test_tables_that_do_not_fit_are_made_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [([f"p{n % 7}.F", f"p{n % 5}.G", "main.main"], (1, n)) for n in range(50)]
    profile = open_profile(decode_profile(pprof_bytes(samples)))
    stacks = spell_out(profile)
    group = [place % 3 for place in range(len(stacks.names))]
    whole = group_weights(stacks, group, 3, profile.samples.values)
    monkeypatch.setattr(stacked, "_MOST_CELLS", 8)
    parts = group_weights(stacks, group, 3, profile.samples.values)
    assert all(np.array_equal(one, other) for one, other in zip(whole, parts, strict=True))
    assert whole[1].any()


def test_values_past_the_precision_of_floats_are_exact() -> None:
    samples = [(["main.main"], (1, 2**53 + 1)), (["main.main"], (1, 2))]
    (rollup,) = roll_up(decode_profile(pprof_bytes(samples)))
    assert weights(rollup) == {"own": (2**53 + 3, 2**53 + 3)}


def test_functions_of_one_name_are_one_and_any_of_their_files_tells() -> None:
    message = pprof_message(
        [(["shop/b.F", "x"], (1, 10)), (["x"], (1, 3))], files={"shop/b.F": "", "x": "shop@v1/b/f.go"}
    )
    message.function[1].name = message.function[0].name
    (rollup,) = roll_up(decode_profile(message.SerializeToString()))
    assert weights(rollup) == {"dependency": (13, 13)}
