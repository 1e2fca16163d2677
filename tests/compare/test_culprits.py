"""Culprits: few, disjoint, in the direction of the change, named and told in words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compare.culprits import how
from pipeline.compare.functions import differences
from pipeline.model.difference import Culprit, Difference, Sides
from tests.compare.changed import ALLOCS, Bench, Samples, noisy

SERVE = ("net/http.(*conn).serve", "main.handle")
STORE = (*SERVE, "app/store.(*Store).Append")


def compare(base: Samples, head: Samples, **facts: object) -> Difference:
    bench = Bench()
    runs = [bench.run(name, samples, **facts) for name, samples in (("b", base), ("h", head))]  # type: ignore[arg-type]
    return next(one for one in differences([runs[0]], [runs[1]], bench.read) if one.sample_type.type != "alloc_objects")


def app(marshal: int, *, read: int = 300, log: int = 50) -> Samples:
    return [
        ((*STORE, "encoding/json.Marshal", "reflect.Value.Field"), [1, marshal * 6 // 10]),
        ((*STORE, "encoding/json.Marshal", "runtime.mallocgc"), [1, marshal * 4 // 10]),
        (STORE, [1, 40]),
        ((*SERVE, "app/store.(*Store).Read"), [1, read]),
        (("runtime.gcBgMarkWorker",), [1, 80]),
        ((*SERVE, "log.Print"), [1, log]),
    ]


def test_the_place_that_changed_is_named_with_its_caller() -> None:
    found = compare(app(100), app(200))
    (one,) = found.culprits
    assert (one.function, one.under) == ("encoding/json.Marshal", "app/store.(*Store).Append")
    assert one.path == (*STORE, "encoding/json.Marshal")
    assert one.explains == pytest.approx(1.0)
    assert one.cost == Sides(0.01, 0.02)
    assert one.sentence == "encoding/json.Marshal under app/store.(*Store).Append: +0.01 ns/op (+100.0 %)"
    assert found.explained == pytest.approx(1.0)


def test_a_gain_has_culprits_too_and_what_went_the_other_way_is_told() -> None:
    found = compare(app(400), app(100, read=350))
    assert [one.function for one in found.culprits] == ["encoding/json.Marshal"]
    assert found.culprits[0].cost.delta < 0
    assert found.culprits[0].explains == pytest.approx(300 / 250)
    (other,) = found.against
    assert other.function == "app/store.(*Store).Read"
    assert other.explains == pytest.approx(-50 / 250)


def test_two_places_are_told_largest_first_and_small_ones_left_out() -> None:
    found = compare(app(100), app(200, read=360, log=55))
    assert [one.function for one in found.culprits] == ["encoding/json.Marshal", "app/store.(*Store).Read"]
    assert found.explained == pytest.approx(160 / 165)


def test_a_change_of_everything_is_told_as_one() -> None:
    base = [((*SERVE, f"app.F{n}"), [1, 100]) for n in range(9)]
    (one,) = compare(base, [(stack, [1, 150]) for stack, _ in base]).culprits
    assert one.function == "main.handle"  # the program's own function of those with all of the cost


def test_a_change_of_nearly_everything_is_parted_into_the_few_calls_that_hold_it() -> None:
    base = [((*SERVE, "app.Read", f"app.r{n}"), [1, 100]) for n in range(5)]
    base += [((*SERVE, "app.Write", f"app.w{n}"), [1, 70]) for n in range(5)] + [(SERVE, [1, 20])]
    head = [(stack, [1, value[1] // 10 if len(stack) > 2 else 20]) for stack, value in base]
    found = compare(base, head)
    assert [one.function for one in found.culprits] == ["app.Read", "app.Write"]
    assert found.explained == pytest.approx(1.0)


def test_new_and_gone_paths_are_said_to_be() -> None:
    base = [(stack, value) for stack, value in app(100) if "encoding/json.Marshal" not in stack]
    assert compare(base, app(100)).culprits[0].how == "+0.01 ns/op, new: no base run has this path"
    assert compare(app(100), base).culprits[0].how == "−0.01 ns/op, gone: no head run has this path"


def test_one_function_on_several_paths_is_one_culprit() -> None:
    base = [((f"main.f{n}", "main.slow"), [1, 100]) for n in range(2)] + [((f"main.f{n}",), [1, 500]) for n in range(2)]
    head = [(stack, [1, value[1] * (3 if "main.slow" in stack else 1)]) for stack, value in base]
    (one,) = compare(base, head).culprits
    assert (one.function, one.paths, one.cost) == ("main.slow", 2, Sides(0.02, 0.06))


def test_no_change_has_no_culprit() -> None:
    assert not compare(app(100), app(100)).culprits


@pytest.mark.parametrize(
    ("cost", "count", "words"),
    [
        ((1000, 1200), (10, 12), "+200 B/op (+20.0 %): 20 % more objects of the same size"),
        ((1000, 500), (10, 5), "−500 B/op (−50.0 %): 50 % fewer objects of the same size"),
        ((1000, 1500), (10, 10), "+500 B/op (+50.0 %): as many objects, each larger: 100 B → 150 B"),
        ((1000, 500), (10, 10), "−500 B/op (−50.0 %): as many objects, each smaller: 100 B → 50 B"),
        ((1000, 4000), (10, 20), "+2.93 kB/op (+300.0 %): 100 % more objects, each larger: 100 B → 200 B"),
        ((1000, 10), (1000, 4), "−990 B/op (−99.0 %): 99.6 % fewer objects, each larger: 1 B → 2.50 B"),
        ((1000, 1040), (100, 100), "+40 B/op (+4.0 %)"),
        ((0, 40), (0, 1), "+40 B/op, new: no base run has this path"),
        ((40, 0), (1, 0), "−40 B/op, gone: no head run has this path"),
        ((1000, 1200), None, "+200 B/op (+20.0 %)"),
    ],
)
def test_more_and_larger_are_told_apart(
    cost: tuple[float, float], count: tuple[float, float] | None, words: str
) -> None:
    assert how(Sides(*cost), Sides(*count) if count else None, "bytes/op", "alloc_space") == words


def test_waits_are_longer_not_larger() -> None:
    told = how(Sides(1e6, 3e6), Sides(10, 10), "nanoseconds", "delay")
    assert told == "+2 ms (+200.0 %): as many waits, each longer: 100 us → 300 us"


def test_allocations_are_counted() -> None:
    base = [((*STORE, "encoding/json.Marshal"), [10, 1000]), (SERVE, [5, 5000])]
    head = [((*STORE, "encoding/json.Marshal"), [20, 2000]), (SERVE, [5, 5000])]
    (one,) = compare(base, head, kind="allocs", types=ALLOCS).culprits
    assert one.count == Sides(0.01, 0.02)
    assert one.how.endswith("100 % more objects of the same size")


CODEC = (*STORE, "app/codec.Encode", "app/codec.encode", "runtime.growslice")


def test_of_calls_with_the_same_cost_the_entry_into_the_last_package_of_ones_own_is_named() -> None:
    rest = [((*SERVE, "app/store.(*Store).Read"), [1, 300]), ((*STORE, "sync.(*Mutex).Lock"), [1, 4])]
    (one,) = compare([*rest, (CODEC, [1, 100])], [*rest, (CODEC, [1, 120])]).culprits
    assert (one.function, one.under) == ("app/codec.Encode", "app/store.(*Store).Append")


def test_of_a_recursion_the_outermost_call_is_told() -> None:
    rest = [((*SERVE, "app.Rest"), [1, 900])]
    base = [*rest, ((*SERVE, "app.Walk"), [1, 20]), ((*SERVE, "app.Walk", "app.Walk", "app.leaf"), [1, 100])]
    head = [*rest, ((*SERVE, "app.Walk"), [1, 20]), ((*SERVE, "app.Walk", "app.Walk", "app.leaf"), [1, 150])]
    (one,) = compare(base, head).culprits
    assert one.path == (*SERVE, "app.Walk")


@pytest.mark.parametrize(("other", "named"), [(130, "app.Both"), (105, "app.One")])
def test_a_caller_is_named_when_its_other_calls_changed_alike(other: int, named: str) -> None:
    both = (*SERVE, "app.Both")
    rest = [((*SERVE, "app.Rest"), [1, 900])]
    base = [*rest, ((*both, "app.One"), [1, 300]), ((*both, "app.Two"), [1, 100])]
    head = [*rest, ((*both, "app.One"), [1, 390]), ((*both, "app.Two"), [1, other])]
    assert [one.function for one in compare(base, head).culprits] == [named]


STACKS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5), st.integers(0, 1000), st.integers(0, 1000)),
    max_size=25,
)


@settings(deadline=None)
@given(STACKS)
def test_culprits_are_disjoint_and_go_with_the_change(stacks: Sequence[tuple[list[str], int, int]]) -> None:
    bench = Bench()
    runs = [bench.run(str(side), [(one[0], [1, one[side]]) for one in stacks]) for side in (1, 2)]
    for found in differences(runs[:1], runs[1:], bench.read):
        delta = found.total.judged.delta
        assert len(found.culprits) <= 5
        assert all(one.cost.delta * delta > 0 for one in found.culprits)
        assert all(one.cost.delta * delta < 0 for one in found.against)
        assert found.explained == pytest.approx(sum(one.explains for one in found.culprits))
        assert disjoint(found.culprits)
        assert list(found.culprits) == sorted(found.culprits, key=lambda one: (-one.explains, one.function))


def disjoint(culprits: Sequence[Culprit]) -> bool:
    paths = [one.path for one in culprits if one.paths == 1]
    return not any(a != b and b[: len(a)] == a for a in paths for b in paths)


def test_a_planted_slowdown_is_named_under_noise() -> None:
    def cost(slow: float) -> list[tuple[tuple[str, ...], float]]:
        own = [((*STORE, "app/codec.Encode", f"app/codec.part{n}"), 25.0 * slow) for n in range(4)]
        return [*own, *(((*SERVE, f"app.F{n}", f"app.G{m}"), 20.0) for n in range(5) for m in range(4))]

    told = named = 0
    for seed in range(20):
        bench = Bench()
        sides = [
            [bench.run(f"{side}{at}", run) for at, run in enumerate(noisy(lambda _, c=costs: c, 10, seed + 100 * side))]
            for side, costs in enumerate((cost(1.0), cost(1.4)))
        ]
        (found,) = differences(*sides, bench.read)
        told += bool(found.culprits)
        named += any("app/codec.Encode" in (*one.path, *one.chain) for one in found.culprits[:3])
    assert told >= 18
    assert named == told
