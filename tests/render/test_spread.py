"""Values among those of the runs before them."""

from __future__ import annotations

import pytest

from pipeline.render.run_list import newest_first
from pipeline.render.spread import EARLIER, Spread, earlier_runs, spread, values_of
from tests.summaries import measured, summary

KEY = ("ops_per_sec", "service")


def among(value: float, *before: float, better: str = "higher") -> Spread:
    found = spread(KEY, value, [{KEY: one} for one in before], title="Throughput", unit="ops/s", better=better)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_only_earlier_runs_of_the_same_label_count_oldest_first() -> None:
    runs = newest_first([summary(1), summary(2, "pr"), summary(3), summary(4), summary(5, started="", id="undated")])
    earlier = earlier_runs(runs)
    assert [one.id[:8] for one in earlier["20260104_030405-main"]] == ["20260101", "20260103"]
    assert earlier["20260101_030405-main"] == earlier["20260102_030405-pr"] == earlier["undated"] == ()


def test_a_new_run_changes_nothing_of_an_older_one() -> None:
    old = [summary(day) for day in range(1, 15)]
    before, after = earlier_runs(newest_first(old)), earlier_runs(newest_first([*old, summary(15)]))
    assert {run: after[run] for run in before} == before
    assert len(after["20260115_030405-main"]) == EARLIER


def test_runs_that_failed_and_runs_without_a_label_do_not_count() -> None:
    runs = [summary(1, state="load_failed"), summary(2, state="interrupted"), summary(3, state="partial"), summary(4)]
    assert [one.state for one in earlier_runs(newest_first(runs))["20260104_030405-main"]] == ["partial"]
    assert not any(earlier_runs(newest_first([summary(1, ""), summary(2, "")])).values())


@pytest.mark.parametrize(
    ("value", "better", "word", "sign"),
    [
        (6.0, "higher", "better: above all 3 before", "△"),
        (6.0, "lower", "worse: above all 3 before", "▽"),
        (0.5, "higher", "worse: below all 3 before", "▽"),
        (0.5, "none", "below all 3 before", "↓"),
        (1.0, "higher", "within", "="),
        (5.0, "lower", "within", "="),
    ],
)
def test_a_value_outside_of_all_before_is_told_with_its_direction(
    value: float, better: str, word: str, sign: str
) -> None:
    found = among(value, 1.0, 3.0, 5.0, better=better)
    assert (found.state.word, found.state.sign) == (word, sign)


def test_two_runs_are_too_few_to_tell() -> None:
    assert among(9.0, 1.0, 2.0).state.word == "too few runs before"


def test_the_text_has_median_and_range_and_the_change_from_the_last() -> None:
    found = among(4.0, 1.0, 5.0, 2.0)
    assert found.text == "3 runs before: 1 ops/s to 5 ops/s, median 2 ops/s"
    assert found.change == "+100.0 %"
    assert "this run 4 ops/s" in found.picture
    assert among(4.0, 2.0, 2.0).text == "2 runs before: 2 ops/s"
    assert among(4.0, 2.0).text == "1 run before: 2 ops/s"


def test_without_a_value_before_there_is_nothing_to_say() -> None:
    assert spread(KEY, 1.0, [{("other", "service"): 1.0}], title="t", unit="ops/s", better="higher") is None
    assert values_of(summary(measurements=measured("a", x=1.0) + measured("b", x=2.0))) == {
        ("x", "a"): 1.0,
        ("x", "b"): 2.0,
    }
