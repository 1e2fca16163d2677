"""Functions compared over replicates: scales, outcomes, presence, and how often they err."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.compare.functions import differences
from pipeline.model.difference import Difference, FunctionChange, Sides
from pipeline.model.finding import Finding
from pipeline.model.record import RunRecord
from tests.compare.changed import ALLOCS, Bench, Samples, noisy


def compare(bench: Bench, base: Sequence[RunRecord], head: Sequence[RunRecord]) -> Difference:
    (found,) = [one for one in differences(base, head, bench.read) if one.sample_type.type != "alloc_objects"]
    return found


def cpu(base: Sequence[Samples], head: Sequence[Samples], **facts: int) -> dict[str, FunctionChange]:
    bench = Bench()
    sides = [
        [bench.run(f"{side}{at}", samples, **facts) for at, samples in enumerate(runs)]  # type: ignore[arg-type]
        for side, runs in (("b", base), ("h", head))
    ]
    return {row.name: row for row in compare(bench, *sides).functions}


def steady(cost: int, *, extra: Samples = ()) -> list[Samples]:
    return [[(["main", "f"], [1, cost + at]), (["main", "g"], [1, 1000]), *extra] for at in range(5)]


def test_cpu_is_divided_by_what_was_done_in_the_window() -> None:
    rows = cpu([[(["main", "f"], [1, 400])]], [[(["main", "f"], [1, 600])]])
    assert rows["f"].flat.run == Sides(400.0, 600.0)
    assert rows["f"].flat.per_op == Sides(0.04, 0.06)  # 1,000 operations a second for 10 s
    assert rows["f"].flat.share == Sides(1.0, 1.0)
    assert rows["main"].flat.per_op == Sides(0.0, 0.0)
    assert rows["main"].cum.per_op == Sides(0.04, 0.06)


def test_one_run_without_operations_leaves_the_scale_of_runs() -> None:
    bench = Bench()
    base = [bench.run("b", [(["f"], [1, 10])]), bench.run("b2", [(["f"], [1, 20])], operations=0)]
    found = compare(bench, base, [bench.run("h", [(["f"], [1, 30])])])
    assert not found.per_op
    assert found.functions[0].flat.judged == Sides(15.0, 30.0)


def test_allocations_are_after_minus_before() -> None:
    bench = Bench()
    facts = {"kind": "allocs", "types": ALLOCS, "before": [(["f"], [5, 500]), (["init"], [1, 70])]}
    after = [(["f"], [15, 2500]), (["init"], [1, 70])]
    base, head = (bench.run(name, after, **facts) for name in "bh")  # type: ignore[arg-type]
    rows = {row.name: row for row in compare(bench, [base], [head]).functions}
    assert rows["f"].flat.judged == Sides(2.0, 2.0)
    assert "init" not in rows
    restarted = replace(base, findings=(Finding("restarted", "warning", "x", "app/allocs-after.prof"),))
    rows = {row.name: row for row in compare(bench, [restarted], [head]).functions}
    assert rows["f"].flat.judged == Sides(2.5, 2.0)


def test_a_function_counts_once_a_path_however_often_it_recurs() -> None:
    rows = cpu([[(["f", "g", "f"], [1, 5]), (["f"], [1, 3])]], [[(["f", "g", "f"], [1, 5]), (["f"], [1, 3])]])
    assert rows["f"].cum.run == Sides(8.0, 8.0)
    assert rows["f"].flat.run == Sides(8.0, 8.0)
    assert rows["g"].cum.run == Sides(5.0, 5.0)


def test_outcomes_with_enough_runs() -> None:
    rows = cpu(steady(400, extra=[(["main", "old"], [1, 300])]), steady(900, extra=[(["main", "young"], [1, 200])]))
    outcomes = {name: (row.outcome, row.presence) for name, row in rows.items()}
    assert outcomes["f"] == ("regressed", "both")
    assert outcomes["g"] == ("unchanged", "both")
    assert outcomes["old"] == ("gone", "base")
    assert outcomes["young"] == ("new", "head")
    assert cpu(steady(900), steady(400))["f"].outcome == "improved"
    assert (rows["old"].flat.run, rows["young"].flat.run) == (Sides(300.0, 0.0), Sides(0.0, 200.0))


def test_too_few_runs_claim_nothing_but_say_where_it_was_seen() -> None:
    rows = cpu(steady(400)[:3], [[*run, (["main", "young"], [1, 900])] for run in steady(900)[:3]])
    assert {row.outcome for row in rows.values()} == {"inconclusive"}
    assert rows["young"].presence == "head"
    assert "needs 4 runs a side" in rows["f"].reason


def test_many_functions_need_more_runs() -> None:
    def side(cost: int) -> list[Samples]:
        return [[([f"f{n}"], [1, 1000 + (n * 37 + at * 11) % 97]) for n in range(60)] + [(["slow"], [1, cost + at])]
                for at in range(4)]  # fmt: skip

    row = cpu(side(500), side(3000))["slow"]
    assert row.p < 0.05 <= row.q
    assert row.outcome == "inconclusive"
    assert "runs a side among 61 tests" in row.reason


@pytest.mark.parametrize(("cost", "tested"), [(5_000, True), (4_999, False)])
def test_small_functions_are_not_tested(cost: int, tested: bool) -> None:
    run = [(["main", "small"], [1, cost]), (["main"], [1, 1_000_000 - cost])]
    row = cpu([run] * 4, [run] * 4)["small"]
    assert bool(row.measure) is tested
    assert ("less than 0.5 %" in row.reason) is not tested


def test_the_filter_does_not_know_the_groups() -> None:
    # On one side alone it would be material; over all runs it is not.
    head = [[(["main", "small"], [1, 9_000]), (["main"], [1, 991_000])]] * 4
    base = [[(["main"], [1, 1_000_000])]] * 4
    assert not cpu(base, head)["small"].measure


def test_equal_numbers_are_one_test() -> None:
    bench = Bench()
    base, head = (
        [bench.run(f"{side}{at}", [(["a", "b", "c"], [1, cost + at])]) for at in range(4)]
        for side, cost in (("b", 100), ("h", 200))
    )
    found = compare(bench, base, head)
    assert (found.tested, found.function_count) == (1, 3)
    assert {row.q for row in found.functions} == {found.p}


def test_renamed_functions_are_one_row_when_the_build_is_another() -> None:
    bench = Bench()
    base = [bench.run("b", [(["main", "main.F[int]"], [1, 5])], build="1")]
    head = [bench.run("h", [(["main", "main.F[...]"], [1, 7])], build="2")]
    found = compare(bench, base, head)
    row = next(row for row in found.functions if row.name == "main.F[int]")
    assert (row.flat.run, row.head_name) == (Sides(5.0, 7.0), "main.F[...]")
    same = [replace(run, profiles=tuple(replace(one, build_id="1") for one in run.profiles)) for run in head]
    assert not compare(bench, base, same).matches


def test_a_side_without_this_kind_is_not_compared() -> None:
    bench = Bench()
    assert not differences([bench.run("b", [(["f"], [1, 1])])], [], bench.read)


def test_profiles_without_samples_are_compared_as_nothing() -> None:
    bench = Bench()
    found = compare(bench, [bench.run("b", [])], [bench.run("h", [(["f"], [1, 1])])])
    assert found.total.run == Sides(0.0, 1.0)
    assert not differences([bench.run("b", [])], [bench.run("h", [])], bench.read)


def test_chance_alone_seldom_finds_a_function_and_a_planted_one_is_found() -> None:
    stacks = [(["main", f"f{n}", f"g{m}"], 3.0 + 2 * n) for n in range(8) for m in range(4)]
    false = found = 0
    for seed in range(40):
        runs = noisy(lambda _: stacks, 16, seed)
        false += any(
            row.outcome in {"regressed", "improved", "new", "gone"} for row in cpu(runs[:8], runs[8:]).values()
        )
        slow = noisy(
            lambda _: [(stack, mean * (1.6 if "f7" in stack else 1)) for stack, mean in stacks], 8, 1000 + seed
        )
        found += cpu(runs[:8], slow)["f7"].outcome == "regressed"
    assert false <= 5  # 5 % of 40 is 2; 6 or more has a probability below 2 %
    assert found >= 38


def test_the_order_of_runs_and_of_samples_does_not_matter() -> None:
    chance = np.random.default_rng(5)
    runs = noisy(lambda _: [([f"f{n}", f"g{n % 3}"], 20.0) for n in range(9)], 8, 9)
    shuffled = [[run[at] for at in chance.permutation(len(run))] for run in runs]
    first, second = cpu(runs[:4], runs[4:]), cpu(shuffled[:4], shuffled[4:])
    assert list(first.values()) == list(second.values())
