"""Every default rule below, on and above its threshold; what is unknown is never met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare.rules import Case, evaluate
from pipeline.compare.thresholds import holds
from pipeline.model.calltree import TopRow, TopTable
from pipeline.model.finding import Finding
from pipeline.model.metric import Measurement
from pipeline.model.profile import SampleType
from pipeline.model.record import RunRecord
from pipeline.model.rules import Rule, RuleResult
from pipeline.model.run import LoadReport
from pipeline.model.verdict import MetricComparison
from pipeline.store.rules import default_rules
from tests.compare.judged import every, metric, profile, run

RULES = {rule.name: rule for rule in default_rules()}


def judge(name: str | Rule, *metrics: MetricComparison, comparable: bool = True) -> RuleResult:
    rule = RULES[name] if isinstance(name, str) else name
    found = evaluate([rule], Case((), (), metrics, comparable=comparable))
    (one,) = [result for result in found if result.metric in {"", *(known.metric.name for known in metrics)}]
    return one


def measured(name: str, *values: float, component: str = "app") -> list[RunRecord]:
    return [
        run(f"head-{place}", measurements=(Measurement(name, value, component, (f"{name}.prof",)),))
        for place, value in enumerate(values)
    ]


def on_head(name: str, head: Sequence[RunRecord], base: Sequence[RunRecord] = ()) -> RuleResult:
    (one,) = evaluate([RULES[name]], Case(base, head, ()))
    return one


# --- medians ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "name", "better", "base", "heads"),
    [
        ("fewer_allocations", "alloc_objects_per_op", "lower", 100, {80.1: False, 80: True, 79.9: True}),
        ("fewer_allocations", "alloc_objects_per_op", "lower", 7, {5.6: True, 5.61: False}),
        ("fewer_allocations", "mallocs_per_op", "lower", 3, {2.4: True, 2.41: False}),
        ("more_throughput", "ops_per_sec", "higher", 1000, {1099: False, 1100: True, 1101: True}),
        ("more_throughput", "ops_per_sec", "higher", 0.3, {0.33: True, 0.3299: False}),
        ("lower_latency", "latency_mean", "lower", 1.0, {0.951: False, 0.95: True, 0.949: True}),
        ("cpu_no_worse", "cpu_per_op", "lower", 10, {10.01: False, 10: True, 9: True}),
        ("memory", "heap_inuse_after", "lower", 1e8, {1.1e8: True, 1.1001e8: False, 1.0999e8: True, 5e7: True}),
        ("memory", "rss_max", "lower", 1e8, {1.1e8: True, 1.1001e8: False}),
        ("memory", "rss_max", "lower", 4194304, {8388608: False, 8388607: True}),
        ("regression", "ops_per_sec", "higher", 1000, {900: True, 899: False, 901: True, 1200: True}),
        ("regression", "latency_mean", "lower", 1.0, {1.1: True, 1.101: False, 0.5: True}),
        ("regression", "cpu_per_op", "lower", 3.0, {3.3: True, 3.31: False}),
        ("keep_memory", "rss_max", "lower", 100, {80: False, 79.9: True, 80.1: False}),
        ("keep_memory", "heap_inuse_peak", "lower", 100, {80: False, 79.9: True}),
        ("keep_faster", "elapsed", "lower", 100, {85: False, 84.9: True, 85.1: False}),
        ("keep_faster", "ops_per_sec", "higher", 100, {115: False, 115.1: True}),
        ("keep_gc", "gc_runs", "lower", 100, {70: False, 69: True, 71: False}),
        ("remove_no_difference", "elapsed", "lower", 100, {90: False, 90.1: True, 110: False, 109.9: True, 100: True}),
    ],
)
def test_thresholds_on_both_sides_and_exactly(
    rule: str, name: str, better: str, base: float, heads: dict[float, bool]
) -> None:
    for head, met in heads.items():
        found = judge(rule, metric(name, base, head, better=better))
        assert found.state == ("met" if met else "not_met"), (head, found.sentence)
        assert found.value is not None


@pytest.mark.parametrize("name", ["fewer_allocations", "lower_latency", "regression", "keep_memory", "cpu_no_worse"])
def test_without_proof_nothing_is_met(name: str) -> None:
    about = RULES[name].metrics[0]
    better = "higher" if about == "ops_per_sec" else "lower"
    head = 300 if better == "higher" else 10
    found = judge(name, metric(about, 100, head, outcome="inconclusive", better=better))
    assert found.state == "unknown"
    assert "not proved: needs 4 runs a side" in found.sentence
    assert found.value is not None, "what was seen is told"


def test_a_gain_that_is_not_significant_is_not_met() -> None:
    found = judge("lower_latency", metric("latency_mean", 100, 50, outcome="unchanged"))
    assert (found.state, found.value) == ("not_met", 0.5)
    assert found.sentence == "latency_mean 50 % better: 100 → 50, not significant"


def test_a_loss_that_is_not_significant_is_none() -> None:
    found = judge("regression", metric("latency_mean", 100, 150, outcome="unchanged"))
    assert (found.state, found.value) == ("met", 0.0)
    assert "50 % worse" in found.sentence


def test_memory_is_held_to_its_limit_without_proof() -> None:
    assert judge("memory", metric("rss_max", 1e8, 2e8, outcome="inconclusive")).state == "not_met"


@pytest.mark.parametrize("name", [rule.name for rule in RULES.values()])
def test_what_was_not_measured_is_unknown(name: str) -> None:
    for head in ((), (run("head-0", adopted=True, profiles=(), measurements=(), load=None),)):
        if name == "budgets" and head:
            continue  # a run without a finding kept its budgets
        found = evaluate([RULES[name]], Case(head, head, ()))
        assert [(one.state, one.value) for one in found] == [("unknown", None)]


@pytest.mark.parametrize("name", [rule.name for rule in RULES.values() if rule.measure in {"gain", "loss", "ratio"}])
def test_a_metric_of_one_side_is_not_measured(name: str) -> None:
    one = replace(metric(RULES[name].metrics[0], 100, 1), base=(), base_center=None)
    (found,) = evaluate([RULES[name]], Case((), (), (one,)))
    assert (found.state, found.value) == ("unknown", None)
    assert "not measured on both sides" in found.sentence


@pytest.mark.parametrize("name", ["more_throughput", "memory", "regression", "keep_faster", "cpu_no_worse"])
def test_runs_that_must_not_be_compared_leave_it_unknown(name: str) -> None:
    about = RULES[name].metrics[0]
    found = judge(name, metric(about, 100, 200, better="higher"), comparable=False)
    assert (found.state, found.value) == ("unknown", None)


def test_from_nothing_is_no_gain_and_a_loss_without_bound() -> None:
    assert judge("regression", metric("cpu_per_op", 0, 5)).state == "not_met"
    assert judge("regression", metric("cpu_per_op", 0, 0)).state == "met"
    assert judge("memory", metric("rss_max", 0, 1e9)).state == "not_met"


def test_a_metric_without_direction_cannot_be_won() -> None:
    rule = RULES["keep_gc"].model_copy(update={"metrics": ("page_faults_minor",)})
    assert judge(rule, metric("page_faults_minor", 100, 1, better="none", outcome="improved")).state == "unknown"


def test_a_rule_looks_at_each_component_and_at_its_first_metric() -> None:
    compared = [
        replace(metric("heap_inuse_peak", 100, 50), component="worker"),
        metric("rss_max", 100, 90),
        metric("heap_inuse_peak", 100, 50),
    ]
    found = evaluate([RULES["keep_memory"]], Case((), (), compared))
    assert [(one.component, one.metric, one.state) for one in found] == [
        ("worker", "heap_inuse_peak", "met"),
        ("app", "rss_max", "not_met"),
    ]


# --- one side --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "name", "value", "state"),
    [
        ("errors", "error_rate", 0.0, "not_met"),
        ("errors", "error_rate", 1e-6, "met"),
        ("error_rate", "error_rate", 0.0099, "met"),
        ("error_rate", "error_rate", 0.01, "met"),
        ("error_rate", "error_rate", 0.0101, "not_met"),
        ("goroutine_leak", "goroutines_leaked", 0, "not_met"),
        ("goroutine_leak", "goroutines_leaked", 1, "met"),
    ],
)
def test_the_worst_run_of_the_head_counts(rule: str, name: str, value: float, state: str) -> None:
    found = on_head(rule, measured(name, 0.0, value, 0.0))
    assert found.state == state
    if value:
        assert [(one.run, one.file) for one in found.evidence] == [("head-1", f"{name}.prof")]


MB = 1 << 20


@pytest.mark.parametrize(
    ("rule", "before", "after", "state"),
    [
        ("heap_growth", 8 * MB, 16 * MB, "met"),
        ("heap_growth", 8 * MB, 16 * MB - 1, "not_met"),
        ("heap_growth", 8 * MB - 1, 16 * MB - 2, "not_met"),
        ("heap_growth", 1 * MB, 9 * MB - 1, "not_met"),
        ("heap_growth", 1 * MB, 9 * MB, "met"),
        ("heap_growth", 100 * MB, 199 * MB, "not_met"),
        ("heap_growth", 0, 8 * MB, "met"),
        ("heap_growth", 0, 0, "not_met"),
        ("goroutine_growth", 40, 60, "met"),
        ("goroutine_growth", 40, 59, "not_met"),
        ("goroutine_growth", 10, 30, "met"),
        ("goroutine_growth", 10, 29, "not_met"),
        ("goroutine_growth", 100, 149, "not_met"),
        ("goroutine_growth", 100, 150, "met"),
    ],
)
def test_growth_within_a_run(rule: str, before: float, after: float, state: str) -> None:
    names = RULES[rule].metrics
    measurements = tuple(Measurement(name, value, "app") for name, value in zip(names, (before, after), strict=True))
    found = on_head(rule, [run("head-0", measurements=measurements)])
    assert found.state == state
    assert found.fired == (state == "met")


def test_growth_needs_before_and_after() -> None:
    assert on_head("goroutine_growth", measured("goroutines_after", 500.0)).state == "unknown"


def test_a_run_that_failed() -> None:
    assert on_head("load_or_test_failed", every()).state == "not_met"
    found = on_head("load_or_test_failed", [*every(), run("bad", report=LoadReport(exit_code=2))])
    assert (found.state, found.value, found.gate) == ("met", 1.0, True)
    assert found.evidence[0].run == "bad"


def test_a_budget() -> None:
    assert on_head("budgets", every()).state == "met"
    over = Finding("budget_exceeded", "warning", "Over.", "app/heap.prof", "600 MB, limit 512 MB")
    assert on_head("budgets", [*every(), run("bad", findings=(over,))]).state == "not_met"
    gap = Finding("budget_unmeasured", "info", "The heap of app was not measured.", "app")
    assert on_head("budgets", [run("gap", findings=(gap,))]).state == "unknown"


# --- functions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "state"),
    [
        ({}, {"main.hot": 50}, "met"),
        ({}, {"main.hot": 49}, "not_met"),
        ({"main.hot": 25}, {"main.hot": 50}, "met"),
        ({"main.hot": 26}, {"main.hot": 50}, "not_met"),
        ({"main.hot": 500}, {"main.hot": 900}, "not_met"),
        ({"main.hot": 49}, {"main.hot": 98}, "met"),
        ({"main.hot": 50}, {"main.hot": 100}, "not_met"),
    ],
)
def test_a_new_hotspot(before: dict[str, int], now: dict[str, int], state: str) -> None:
    base = [run("base-0", profiles=(profile({"main.work": 100, **before}),))]
    head = [run("head-0", profiles=(profile({"main.work": 100, **now}),))]
    assert on_head("new_cpu_hotspot", head, base).state == state


def test_a_new_hotspot_is_named_with_both_shares() -> None:
    base = [run("base-0", profiles=(profile({"main.work": 900, "main.hot": 20}),))]
    head = [run("head-0", profiles=(profile({"main.work": 700, "main.hot": 120, "main.new": 80}),))]
    found = on_head("new_cpu_hotspot", head, base)
    assert found.sentence == "main.hot 12 % (2 % before), main.new 8 % (not seen before)"
    assert (found.subject, found.evidence[0].run) == ("main.hot", "head-0")


def test_a_hotspot_is_the_mean_of_the_runs() -> None:
    base = [run("base-0", profiles=(profile({"main.work": 1000}),))]
    head = [run(f"h{place}", profiles=(profile({"main.hot": share}),)) for place, share in enumerate((98, 0))]
    assert on_head("new_cpu_hotspot", head, base).value == pytest.approx(0.049)


def test_no_hotspot_is_new_without_a_profile_of_both_sides() -> None:
    assert on_head("new_cpu_hotspot", every(), every("base", profiles=())).state == "unknown"


@pytest.mark.parametrize(("flat", "state"), [(199, "not_met"), (200, "met"), (201, "met")])
def test_allocation_hotspots_are_looked_for_on_the_base(flat: int, state: str) -> None:
    space = SampleType("alloc_space", "bytes")
    table = TopTable(space, 1000, (TopRow("main.grow", flat, flat),), 1)
    allocs = profile(kind="allocs", phase="after", tables=(table,), sample_types=(space,), totals=(1000,))
    found = on_head("keep_hotspots", every(), every("base", profiles=(allocs,)))
    assert found.state == state


# --- the rules themselves --------------------------------------------------------------------------------------------


def test_every_default_rule_says_where_it_comes_from() -> None:
    assert len(RULES) >= 19
    assert all(rule.source and rule.title for rule in RULES.values())
    assert {rule.kind for rule in RULES.values()} == {"goal", "red_flag", "gate", "keep", "remove"}


@pytest.mark.parametrize(
    "facts",
    [
        {"measure": "gain"},
        {"measure": "growth", "metrics": ("a",)},
        {"measure": "findings"},
        {"measure": "gain", "metrics": ("a",), "op": "=="},
        {"measure": "gain", "metrics": ("a",), "name": "Bad Name"},
    ],
)
def test_a_rule_that_cannot_be_evaluated_is_refused(facts: dict[str, object]) -> None:
    plain = {"name": "x", "kind": "goal", "title": "t", "op": ">", "threshold": 0}
    with pytest.raises(ValueError, match="validation error"):
        Rule.model_validate(plain | facts)


def test_a_rule_that_is_off_says_nothing() -> None:
    assert evaluate([RULES["memory"].model_copy(update={"enabled": False})], Case((), (), ())) == ()


@pytest.mark.property
@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_opposite_operators_never_agree(value: float, threshold: float) -> None:
    assert holds(">=", value, threshold) != holds("<", value, threshold)
    assert holds("<=", value, threshold) != holds(">", value, threshold)
    assert holds(">=", threshold, threshold)
    assert not holds(">", threshold, threshold)
