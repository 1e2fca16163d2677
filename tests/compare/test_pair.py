"""Labels compared: outcomes, reasons and functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.analysis.metrics import HEADLINE, METRICS
from pipeline.compare.pair import compare_labels
from pipeline.model.calltree import CallTree, TopRow, TopTable
from pipeline.model.difference import Sides
from pipeline.model.metric import LoadResult, Measurement
from pipeline.model.profile import SampleType
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import Environment, LoadReport, Manifest, ProgramReport, Run
from pipeline.model.verdict import Comparison
from tests.trees import call_tree


def record(
    run_id: str,
    label: str,
    ops: float,
    *,
    errors: int = 0,
    exit_code: int = 0,
    go: str = "go1.27.3",
    duration: float = 30.0,
    cpu: dict[str, int] | None = None,
) -> RunRecord:
    environment = Environment(go_version=go)
    manifest = Manifest(run_id, label, load=LoadReport(exit_code=exit_code), environment=environment)
    rows = tuple(TopRow(name, value, value) for name, value in (cpu or {}).items())
    kind = SampleType("cpu", "nanoseconds")
    table = TopTable(kind, sum(row.flat for row in rows), rows, len(rows))
    profile = ProfileRecord(
        f"{run_id}/cpu.prof", "app", "cpu", "during", None, "", "pprof", (kind,), 0, (0,), (table,),
        "tree" if cpu else "", 0, 0, 10_000_000_000, "app", "",
    )  # fmt: skip
    return RunRecord(
        key=run_id,
        run=Run(run_id, label, "", (), manifest),
        profiles=(profile,) if cpu else (),
        load=LoadResult("", "", duration, round(ops * duration), errors, ops),
        measurements=(Measurement("ops_per_sec", ops, "app"),),
        findings=(),
    )


def compare(base: Sequence[RunRecord], head: Sequence[RunRecord]) -> Comparison:
    return compare_labels(
        base, head, labels=("baseline", "optimized"), metrics=METRICS, headline=HEADLINE, trees=no_trees
    )


def no_trees(run: str, name: str) -> CallTree:
    raise AssertionError(f"{run} has no tree {name!r}")


def runs(label: str, *ops: float, **facts: object) -> list[RunRecord]:
    return [record(f"{label}-{index}", label, value, **facts) for index, value in enumerate(ops)]  # type: ignore[arg-type]


def test_improved_with_enough_runs() -> None:
    result = compare(runs("b", 99, 100, 100, 101), runs("o", 119, 120, 120, 122))
    assert result.outcome == "improved"
    assert "Throughput improved: 100 ops/s → 120 ops/s (+20.0 %" in result.reasons[0]
    assert result.slug == "baseline..optimized"


def test_regressed_when_slower() -> None:
    assert compare(runs("b", 120, 121, 119, 122), runs("o", 100, 101, 99, 100.5)).outcome == "regressed"


def test_unchanged_when_mixed() -> None:
    assert compare(runs("b", 100, 103, 101, 102), runs("o", 102.5, 100.5, 101.5, 99)).outcome == "unchanged"


def test_three_runs_a_side_stay_inconclusive_however_far_apart() -> None:
    result = compare(runs("b", 1, 2, 3), runs("o", 1000, 2000, 3000))
    assert result.outcome == "inconclusive"
    assert "needs 4 runs a side" in result.reasons[0]
    assert "beyond every run of the other" in result.reasons[0]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"errors": 40}, "failed"),
        ({"exit_code": 1}, "exit code 1"),
        ({"go": "go1.26.0"}, "Go versions differ"),
        ({"duration": 60.0}, "load durations differ"),
    ],
)
def test_invalid(facts: dict[str, object], reason: str) -> None:
    result = compare(runs("b", 100, 101, 99, 100.5), runs("o", 120, 121, 119, 122, **facts))
    assert result.outcome == "invalid"
    assert any(reason in one for one in result.reasons)


def test_a_run_whose_program_failed_is_not_compared() -> None:
    good, bad = runs("b", 100, 101, 99, 100.5), runs("o", 120, 121, 119, 122)
    manifest = bad[0].run.manifest
    assert manifest is not None
    programs = (ProgramReport("ok", "program", exit_code=0), ProgramReport("build-2", "program", exit_code=137))
    failed = replace(bad[0], run=replace(bad[0].run, manifest=replace(manifest, programs=programs)))
    result = compare(good, [failed, *bad[1:]])
    assert result.outcome == "invalid"
    assert result.reasons == ("programs of o-0 failed: build-2 program",)


def test_error_rate_at_the_limit_is_valid() -> None:
    good = runs("o", 120, 121, 119, 122, errors=36)
    assert compare(runs("b", 100, 101, 99, 100.5), good).outcome == "improved"


def test_a_side_without_runs_is_invalid() -> None:
    result = compare([], runs("o", 1.0))
    assert result.outcome == "invalid"
    assert "no run is labelled 'baseline'" in result.reasons


def test_functions_come_with_the_comparison() -> None:
    base = runs("b", 100, 100, cpu={"main.old": 2_000_000_000, "main.same": 1_000_000_000})
    head = runs("o", 200, 200, cpu={"main.same": 2_000_000_000})
    trees = {
        "b": call_tree([(["main.old"], [1, 2_000_000_000]), (["main.same"], [1, 1_000_000_000])]),
        "o": call_tree([(["main.same"], [1, 2_000_000_000])]),
    }
    result = compare_labels(
        base,
        head,
        labels=("baseline", "optimized"),
        metrics=METRICS,
        headline=HEADLINE,
        trees=lambda run, _: trees[run[0]],
    )
    (table,) = result.functions
    assert table.per_op
    gone = next(row for row in table.functions if row.name == "main.old")
    assert gone.flat.judged == Sides(2_000_000, 0)
    assert gone.presence == "base"
