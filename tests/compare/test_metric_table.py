"""Metrics judged together: adjusted in their family, with intervals, and with what they could have shown."""

from __future__ import annotations

import math
import random

import pytest

from pipeline.compare.metric_table import Samples, compare_metrics, means, planned_effects
from pipeline.model.metric import Direction, Metric
from pipeline.model.rules import Rule
from pipeline.model.verdict import MetricComparison
from pipeline.store import codec

LOW = tuple(float(value) for value in range(100, 106))
HIGH = tuple(float(value) for value in range(120, 126))
MIXED = tuple(float(value) + 0.5 for value in range(100, 106))


def sample(name: str, base: tuple[float, ...], head: tuple[float, ...], better: Direction = "lower") -> Samples:
    return Metric(name, name.title(), "bytes", better, "a test"), "service", base, head


def test_a_clear_change_with_everything_told() -> None:
    (one,) = compare_metrics([sample("a", LOW, HIGH)], {"a"})
    assert (one.outcome, one.warnings, one.tests) == ("regressed", (), 1)
    assert one.p == one.q == pytest.approx(2 / 924)
    assert one.delta == pytest.approx(122.5 / 102.5 - 1)
    assert one.base_interval == (100, 105)
    assert one.delta_interval is not None
    assert one.delta_interval[0] > 0.15
    assert one.delta_interval[1] < 0.25
    assert 0.01 < (one.detectable_effect or 0) < 0.1
    assert (one.runs_needed, one.planned_effect) == (4, 0.1)
    assert codec.load(codec.dump(one), MetricComparison) == one


def test_one_p_among_many_is_weaker_than_alone() -> None:
    barely = sample("b", (1.0, 2, 3, 4), (5.0, 6, 7, 8))
    (alone,) = compare_metrics([barely], {"b"})
    assert alone.outcome == "regressed"
    others = [sample(name, (1.0, 3, 5, 7), (2.0, 4, 6, 8)) for name in "cdef"]
    among, *_ = compare_metrics([barely, *others], set("bcdef"))
    assert among.outcome == "inconclusive"
    assert among.p == alone.p
    assert among.q == pytest.approx(5 * 2 / 70)
    assert among.warnings == (
        "p = 0.029 alone, but 0.143 as one of 5 tests made together; 5 runs a side could decide it",
    )


def test_headline_metrics_are_a_family_of_their_own() -> None:
    others = [sample(name, MIXED, LOW) for name in "bcd"]
    one, *rest = compare_metrics([sample("a", LOW, HIGH), *others], {"a"})
    assert one.tests == 1
    assert {other.tests for other in rest} == {3}


def test_what_is_not_tested_takes_nothing_from_the_others() -> None:
    found = compare_metrics(
        [sample("a", LOW, HIGH), sample("b", LOW, HIGH, "none"), sample("c", LOW, ()), sample("d", (), HIGH)],
        set("abcd"),
    )
    assert [one.tests for one in found] == [1, 0, 0, 0]
    assert [one.q for one in found[1:]] == [None] * 3
    assert [one.outcome for one in found] == ["regressed"] + ["inconclusive"] * 3
    assert found[2].head_interval is found[2].delta is found[2].delta_interval is found[2].runs_needed is None


def test_direction_is_the_metrics() -> None:
    up, down = compare_metrics([sample("a", LOW, HIGH, "higher"), sample("b", HIGH, LOW, "higher")], set("ab"))
    assert (up.outcome, down.outcome) == ("improved", "regressed")


def test_equal_medians_are_no_change_however_significant() -> None:
    base, head = (1.0,) * 5 + (2.0,) * 6, (2.0,) * 6 + (3.0,) * 5
    (one,) = compare_metrics([sample("a", base, head)], {"a"})
    assert one.p < 0.05
    assert (one.outcome, one.warnings) == ("inconclusive", ("the runs differ in spread, but their medians are equal",))


# Of the 36 ratios of a head run to a base run the sixth smallest and the sixth largest bound the interval.
@pytest.mark.parametrize(
    ("head", "told"),
    [
        ((3.0, 10, 1, 30, 20, 2), "A may have halved or doubled: −89.8 % to +194.1 %"),
        ((9.0, 10, 11, 12, 30, 31), "A may have doubled: −8.2 % to +206.1 %"),
        ((11.0, 10, 9, 8, 3, 2), "A may have halved: −79.6 % to +7.8 %"),
    ],
)
def test_what_may_have_halved_or_doubled_is_not_called_unchanged(head: tuple[float, ...], told: str) -> None:
    (one,) = compare_metrics([sample("a", (9.8, 9.9, 10, 10, 10.1, 10.2), head)], {"a"})
    assert one.p >= 0.05
    assert (one.outcome, one.warnings) == ("inconclusive", (told,))


def test_without_a_relative_change_what_is_not_significant_is_unchanged() -> None:
    (one,) = compare_metrics([sample("a", (0.0, 0, 0, 0, 0, 1), (0.0, 0, 0, 0, 1, 0))], {"a"})
    assert (one.outcome, one.warnings, one.delta_interval) == ("unchanged", (), None)
    (one,) = compare_metrics([sample("a", LOW, MIXED)], {"a"})
    assert (one.outcome, one.warnings) == ("unchanged", ())


def test_zeros_and_nothing_have_no_relative_change() -> None:
    (one,) = compare_metrics([sample("a", (0.0,) * 6, LOW)], {"a"})
    assert one.outcome == "regressed"
    assert one.delta is one.delta_interval is one.detectable_effect is one.runs_needed is None
    assert compare_metrics([], {"a"}) == ()


def test_several_components_have_a_geometric_mean() -> None:
    metric = Metric("a", "A", "bytes", "lower", "a test")
    other = Metric("b", "B", "bytes", "lower", "a test")
    compared = compare_metrics(
        [
            (metric, "x", (10.0,), (20.0,)),
            (metric, "y", (1000.0,), (8000.0,)),
            (metric, "z", (5.0,), ()),
            (other, "x", (1.0,), (1.0,)),
        ],
        (),
    )
    (mean,) = means(compared)
    assert (mean.metric, mean.components) == (metric, 2)
    assert (mean.base, mean.head, mean.delta) == pytest.approx((100, 400, 3))
    assert means(compare_metrics([(metric, "x", (0.0,), (1.0,)), (metric, "y", (1.0,), (1.0,))], ())) == ()


def test_runs_are_planned_for_what_rules_ask() -> None:
    def rule(name: str, threshold: float, **facts: object) -> Rule:
        plain = {"name": name, "kind": "goal", "title": "t", "measure": "gain", "metrics": ("a", "b"), "op": ">="}
        return Rule.model_validate({**plain, "threshold": threshold, **facts})

    rules = [
        rule("x", 0.2),
        rule("y", 0.05, kind="gate", measure="loss", metrics=("b",)),
        rule("z", 0.01, enabled=False),
        rule("w", 0.01, kind="keep"),
        rule("v", 0.0),
        rule("u", 1.1, measure="ratio", metrics=("c",)),
    ]
    assert planned_effects(rules) == {"a": 0.2, "b": 0.05}
    one, other = compare_metrics([sample("a", LOW, MIXED), sample("c", LOW, MIXED)], {"a"}, planned_effects(rules))
    assert (one.planned_effect, other.planned_effect) == (0.2, 0.1)
    quiet = compare_metrics([sample("a", LOW, MIXED)], {"a"}, {"a": 0.01})
    assert (quiet[0].runs_needed or 0) > 40


def test_runs_of_one_source_are_rarely_told_apart() -> None:
    chance = random.Random(4)
    families = 300
    claimed = 0
    for _ in range(families):
        drawn = [
            sample(name, *(tuple(chance.lognormvariate(0, 0.1) for _ in range(10)) for _ in range(2)))
            for name in "abcdefg"
        ]
        claimed += any(one.outcome in {"improved", "regressed"} for one in compare_metrics(drawn, set("abcdefg")))
    assert claimed / families <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / families)
