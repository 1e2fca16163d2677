"""Histories of labels: which series there are, what is a lasting change, and since which run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.compare import history
from pipeline.compare.followed import history_of
from pipeline.model.calltree import TopRow, TopTable
from pipeline.model.history import History, HistoryConfig, Step
from pipeline.model.metric import LoadResult, Measurement, Metric
from pipeline.model.profile import SampleType
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.run import Environment, LoadReport, Manifest, Run
from tests.records import profile

RATE = Metric("rate", "Rate", "ops/s", "higher", "test")
SIZE = Metric("size", "Size", "bytes", "lower", "test")
TOLD = Metric("told", "Told", "count", "none", "test")
METRICS = (RATE, SIZE, TOLD)
LIMITS = HistoryConfig()
CPU = SampleType("cpu", "nanoseconds")
SPACE = SampleType("alloc_space", "bytes")
LOAD = LoadResult("load", "", 10.0, 1000, 0, 100.0)


def find_history(records: list[RunRecord], metrics: tuple[Metric, ...], limits: HistoryConfig) -> History:
    return history.find_history([history_of(one) for one in records], metrics, limits)


def table(kind: SampleType, weights: dict[str, int]) -> TopTable:
    rows = tuple(TopRow(name, value, value) for name, value in weights.items())
    return TopTable(kind, sum(weights.values()), rows, len(rows))


def cpu(**weights: int) -> ProfileRecord:
    return profile("cpu.prof", component="app", kind="cpu", phase="during", tables=(table(CPU, weights),),
                   duration_nanos=10 * 10**9)  # fmt: skip


def allocs(phase: str, **weights: int) -> ProfileRecord:
    return profile(f"allocs-{phase}.prof", component="app", kind="allocs", phase=phase, tables=(table(SPACE, weights),))


def record(place: int, label: str = "main", **values: float) -> RunRecord:
    name = f"20261101_1000{place:02}-{label}"
    told = Manifest(name, label, environment=Environment(git_sha=f"{place:040x}"))
    run = Run(name, label, f"2026-11-01T10:00:{place:02}Z", (), told)
    return RunRecord("k", run, (), LOAD, tuple(Measurement(key, value, "app") for key, value in values.items()), ())


def stepped(metric: str, before: float, after: float, *, at: int = 8, count: int = 16) -> list[RunRecord]:
    wobble = np.random.default_rng(3).normal(0, 0.005, count)
    return [
        record(place, **{metric: (before if place < at else after) * (1 + wobble[place])}) for place in range(count)
    ]


def only(history: History) -> Step:
    (step,) = history.steps
    return step


@pytest.mark.parametrize(
    ("metric", "before", "after", "effect"),
    [("rate", 100, 80, "worse"), ("rate", 80, 100, "better"), ("size", 100, 80, "better"), ("size", 80, 100, "worse")],
)
def test_a_step_names_the_first_run_after_it_and_whether_it_is_worse(
    metric: str, before: float, after: float, effect: str
) -> None:
    runs = stepped(metric, before, after)
    step = only(find_history(runs, METRICS, LIMITS))
    assert (step.run, step.previous, step.commit) == (runs[8].run.id, runs[7].run.id, f"{8:040x}")
    assert (step.effect, step.certain, step.runs) == (effect, True, (8, 8))
    assert step.change == pytest.approx(after / before - 1, abs=0.02)
    assert (step.series.label, step.series.component, step.series.title) == ("main", "app", metric.title())


def test_runs_are_in_the_order_they_started_whatever_order_they_come_in() -> None:
    runs = stepped("rate", 100, 80)
    assert find_history(runs[::-1], METRICS, LIMITS) == find_history(runs, METRICS, LIMITS)


def test_labels_are_histories_of_their_own_and_short_ones_are_not_searched() -> None:
    runs = [*stepped("rate", 100, 80), *(record(place, "other", rate=50.0) for place in range(6)),
            *(record(place, "few", rate=place * 9.0) for place in range(5))]  # fmt: skip
    found = find_history(runs, METRICS, LIMITS)
    assert [(one.label, one.runs, one.older, one.series) for one in found.labels] == [
        ("main", 16, 0, 1), ("other", 6, 0, 1)
    ]  # fmt: skip
    assert only(found).series.label == "main"


def test_only_the_newest_runs_are_searched() -> None:
    runs = stepped("rate", 100, 80)
    found = find_history(runs, METRICS, HistoryConfig(runs=8))
    assert (found.labels[0].runs, found.labels[0].older, found.steps) == (8, 8, ())
    assert find_history(runs, METRICS, HistoryConfig(runs=0)) == History()


def test_a_metric_without_a_better_direction_is_not_searched() -> None:
    assert find_history(stepped("told", 100, 80), METRICS, LIMITS).steps == ()


def test_runs_that_failed_or_have_no_start_are_left_out() -> None:
    runs = stepped("rate", 100, 80)
    failed = [replace(one, run=replace(one.run, manifest=replace(one.run.manifest, load=LoadReport(exit_code=1))))
              for one in runs[8:]]  # fmt: skip
    undated = [replace(one, run=replace(one.run, started="")) for one in runs[8:]]
    for others in (failed, undated):
        found = find_history([*runs[:8], *others], METRICS, LIMITS)
        assert (found.labels[0].runs, found.steps) == (8, ())


def test_a_run_that_lacks_a_metric_has_no_place_in_its_series() -> None:
    runs = stepped("rate", 100, 80)
    runs[8] = replace(runs[8], measurements=())
    step = only(find_history(runs, METRICS, LIMITS))
    assert (step.run, step.previous, step.runs) == (runs[9].run.id, runs[7].run.id, (8, 7))


def test_a_function_that_costs_more_per_operation_is_found_though_the_load_changed() -> None:
    # Twice the throughput, twice the samples: `same` is unchanged per operation, `work` is dearer by half.
    runs = [record(place) for place in range(12)]
    half = [replace(one, profiles=(cpu(same=10**9 + place, work=10**9 + place),)) for place, one in enumerate(runs[:6])]
    double = replace(LOAD, operations_per_second=200.0)
    full = [
        replace(one, load=double, profiles=(cpu(same=2 * 10**9 + place, work=3 * 10**9 + place),))
        for place, one in enumerate(runs[6:])
    ]
    step = only(find_history([*half, *full], METRICS, LIMITS))
    assert (step.series.function, step.series.measure, step.series.unit) == ("work", "cpu", "nanoseconds/op")
    assert (step.run, step.effect) == (runs[6].run.id, "worse")
    assert step.before == pytest.approx(10**9 / 1000, rel=1e-6)
    assert step.change == pytest.approx(0.5, rel=1e-6)


def test_allocations_are_after_minus_before_and_a_new_function_comes_from_0() -> None:
    runs = [
        replace(record(place), profiles=(allocs("before", old=10**6 * place), allocs(
            "after", old=10**6 * place + 50_000 + place, **({"new": 9_000 + place} if place >= 6 else {}))))
        for place in range(12)
    ]  # fmt: skip
    step = only(find_history(runs, METRICS, LIMITS))
    assert (step.series.function, step.before, step.change, step.effect) == ("new", 0.0, None, "worse")
    assert step.after == pytest.approx(9.0, rel=0.01)
    assert step.series.unit == "bytes/op"


@pytest.mark.parametrize(("weight", "found"), [(2_100, 1), (1_900, 0)])
def test_only_functions_with_a_share_of_some_run_are_searched(weight: int, found: int) -> None:
    runs = [replace(record(place), profiles=(cpu(big=100_000 - weight, little=weight),)) for place in range(6)]
    assert find_history(runs, METRICS, LIMITS).labels[0].series == 1 + found


def test_functions_of_runs_without_a_load_have_no_cost_per_operation() -> None:
    runs = [replace(record(place), load=None, profiles=(cpu(work=1000),)) for place in range(6)]
    assert find_history(runs, METRICS, LIMITS).labels[0].series == 0


def test_what_is_searched_together_is_paid_for() -> None:
    """A step that is proved in a history of its own is a candidate among hundreds of quiet ones."""
    noise = np.random.default_rng(4).normal(1, 0.001, (12, 400))
    alone = stepped("rate", 100, 80, at=6, count=12)
    assert only(find_history(alone, METRICS, LIMITS)).certain
    crowd = tuple(Metric(f"m{place}", f"M{place}", "count", "lower", "test") for place in range(400))
    together = [
        replace(one, measurements=(*one.measurements, *(
            Measurement(metric.name, value, "app") for metric, value in zip(crowd, row, strict=True))))
        for one, row in zip(alone, noise, strict=True)
    ]  # fmt: skip
    step = next(one for one in find_history(together, (*METRICS, *crowd), LIMITS).steps if one.series.title == "Rate")
    assert not step.certain
    assert step.q > 0.05 > step.p


def test_proved_steps_come_first_and_worse_before_better() -> None:
    runs = [
        replace(one, measurements=(*one.measurements, *other.measurements))
        for one, other in zip(stepped("size", 100, 80), stepped("rate", 100, 80, at=10), strict=True)
    ]
    found = find_history(runs, METRICS, LIMITS)
    assert [(one.series.measure, one.effect) for one in found.steps] == [("rate", "worse"), ("size", "better")]
