"""Planned looks and what each of them decides, on values made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compare.metric_table import compare_metrics
from pipeline.compare.sequential import LOOKS, Continue, Look, Stop, next_step, plan_looks
from pipeline.compare.stats import ALPHA, smallest_p
from pipeline.model.metric import Metric
from pipeline.model.verdict import Comparison
from pipeline.site.templates import read_templates, templates_dir

RATE = Metric("ops_per_sec", "Throughput", "ops/s", "higher", "")
LATENCY = Metric("latency_mean", "Mean latency", "seconds", "lower", "")
SHOWN = Metric("gc_runs", "GC runs", "count", "lower", "")
HEADLINE = frozenset({"ops_per_sec", "latency_mean"})
PLAN = plan_looks(16)

Values = tuple[float, ...]


def around(center: float, count: int, spread: float = 0.001) -> Values:
    """Make values that differ, spread evenly about a center."""
    return tuple(center * (1 + spread * (place - (count - 1) / 2)) for place in range(count))


def decide(
    rounds: int, *metrics: tuple[Metric, Values, Values], looks: tuple[Look, ...] = PLAN, **facts: object
) -> Stop | Continue:
    compared = compare_metrics([(metric, "", base, head) for metric, base, head in metrics], HEADLINE)
    comparison = Comparison("old", "new", (), (), "unchanged", (), compared, ())
    return next_step(replace(comparison, **facts), rounds, looks, headline=HEADLINE)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.integers(4, 200), st.none() | st.integers(4, 60))
def test_levels_share_alpha_and_can_be_reached(most: int, base_runs: int | None) -> None:
    looks = plan_looks(most, base_runs)
    assert sum(look.level for look in looks) <= ALPHA * (1 + 1e-9)
    assert looks[-1].rounds == most
    assert [look.rounds for look in looks] == sorted({look.rounds for look in looks} & {*LOOKS, most})
    for look in looks:
        assert look.level >= smallest_p(base_runs or look.rounds, look.rounds) * (1 - 1e-9)


def test_the_plan_of_sixteen_rounds() -> None:
    # 6 a side reach 2/924, 4/924, …; 4 are left of the share of (6/16)², 0.00703: 4/924.
    assert [look.rounds for look in PLAN] == [6, 8, 12, 16]
    assert PLAN[0].level == pytest.approx(4 / 924)
    assert [round(look.level, 4) for look in PLAN[1:]] == [0.007, 0.0145, 0.0234]
    assert plan_looks(4) == (Look(4, pytest.approx(2 / 70)),)


def test_the_guide_shows_this_plan() -> None:
    text = read_templates(templates_dir())["guide/plans.md"]
    assert f"looks after {', '.join(str(look.rounds) for look in PLAN)} rounds" in text
    assert all(f"where {look.level:.4f} settles it" in text for look in PLAN[:2])


@pytest.mark.parametrize(("head", "verdict"), [(90.0, "regressed"), (110.0, "improved")])
def test_a_difference_beyond_chance_ends_it(head: float, verdict: str) -> None:
    step = decide(6, (RATE, around(100, 6), around(head, 6)))
    assert isinstance(step, Stop)
    assert step.reason == "different"
    sign = "−" if head < 100 else "+"
    assert step.sentence == f"{verdict}: Throughput {sign}10.0 %, q = 0.0022 where 0.0043 settles it"


def test_a_level_is_met_on_it_and_not_beyond() -> None:
    base, head = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0), (6.0, 8.0, 9.0, 10.0, 11.0, 12.0)
    on, beyond = (
        decide(6, (RATE, base, head), looks=(Look(6, level), Look(16, 0.01))) for level in (4 / 924, 3.9 / 924)
    )
    assert isinstance(on, Stop)
    assert isinstance(beyond, Continue)
    assert "Throughput seems better (q = 0.0043)" in beyond.sentence


def test_what_a_fixed_number_of_runs_would_claim_goes_on() -> None:
    base, head = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0), (5.0, 7.0, 9.0, 10.0, 11.0, 12.0)  # p = 0.0152
    assert isinstance(decide(6, (RATE, base, head)), Continue)


def test_a_gain_waits_for_a_loss_that_seems_to_be_there() -> None:
    gain = RATE, around(100, 6), around(110, 6)
    loss = LATENCY, (1.0, 2.0, 3.0, 4.0, 6.0, 8.0), (5.0, 7.0, 9.0, 10.0, 11.0, 12.0)
    step = decide(6, gain, loss)
    assert isinstance(step, Continue)
    assert "open: Throughput differs; Mean latency seems worse (q = 0.0152)" in step.sentence
    assert isinstance(decide(6, (LATENCY, around(100, 6), around(110, 6)), gain), Stop)


def test_small_differences_at_the_last_look_are_said_to_be_open() -> None:
    base, head = around(100, 16, 0.01), around(100, 16, 0.01)
    step = decide(16, (RATE, base, tuple(value * 1.055 for value in head)), looks=(Look(16, 1e-6),))
    assert isinstance(step, Stop)
    assert step.reason == "limit"
    assert step.sentence.startswith("not settled after 16 rounds: Throughput seems better (q = 0.")


def test_no_change_is_settled_when_the_interval_leaves_out_what_is_asked() -> None:
    step = decide(6, (RATE, around(100, 6), around(100.05, 6)))
    assert step == Stop("unchanged", "unchanged: Throughput within ±10 %")
    wide = decide(6, (RATE, around(100, 6, 0.05), around(100.05, 6, 0.05)))
    assert isinstance(wide, Continue)
    assert "Throughput may differ by −" in wide.sentence
    assert "and 10 % is asked about" in wide.sentence


def test_the_margin_of_a_metric_decides_what_unchanged_means() -> None:
    compared = compare_metrics([(RATE, "", around(100, 6), around(100.05, 6))], HEADLINE)
    comparison = Comparison("old", "new", (), (), "unchanged", (), compared, ())
    steps = [
        next_step(comparison, 6, PLAN, headline=HEADLINE, margins={"ops_per_sec": margin}) for margin in (0.02, 0.001)
    ]
    assert [type(step) for step in steps] == [Stop, Continue]
    assert steps[0].sentence == "unchanged: Throughput within ±2 %"


def test_values_that_never_vary_are_unchanged() -> None:
    step = decide(6, (RATE, (7.0,) * 6, (7.0,) * 6), (LATENCY, (0.0,) * 6, (0.0,) * 6))
    assert step == Stop("unchanged", "unchanged: Throughput within ±10 %; Mean latency within ±10 %")


def test_what_the_rounds_cannot_settle_does_not_hold_the_others_up() -> None:
    noisy = LATENCY, around(100, 8, 0.9 / 4), around(100, 8, 0.9 / 4)
    step = decide(8, (RATE, around(100, 8), around(100.05, 8)), noisy)
    assert isinstance(step, Stop)
    assert step.reason == "unchanged"
    assert "Throughput within ±10 %; not to be settled in 16 rounds: Mean latency (it takes about " in step.sentence
    # Alone it may still turn out to differ much, so it gets its rounds.
    assert isinstance(decide(8, noisy), Continue)


@pytest.mark.parametrize("shift", [1.05, 1 / 1.05])
def test_an_interval_must_leave_out_what_is_asked_on_both_sides(shift: float) -> None:
    base = around(100, 6, 0.03)
    assert isinstance(decide(6, (RATE, base, tuple(value * shift for value in base))), Continue)


def test_the_interval_is_as_strict_as_the_look() -> None:
    base, head = around(100, 6, 0.03), around(100.1, 6, 0.03)
    steps = [decide(6, (RATE, base, head), looks=(Look(6, level), Look(16, 0.01))) for level in (0.05, 4 / 924)]
    assert [type(step) for step in steps] == [Stop, Continue]
    constant = RATE, (7.0,) * 6, (7.0,) * 6
    assert isinstance(decide(6, constant, looks=(Look(6, 0.0), Look(16, 0.01))), Continue)


def test_a_small_difference_that_seems_to_be_there_is_not_called_unchanged() -> None:
    base, head = (tuple(100 + value / 10 for value in side) for side in ((1, 2, 3, 4, 6, 8), (5, 7, 9, 10, 11, 12)))
    step = decide(6, (RATE, base, head))
    assert isinstance(step, Continue)
    assert step.sentence.endswith("open: Throughput seems better (q = 0.0152)")


def test_all_metrics_must_be_unchanged() -> None:
    steady, noisy = (RATE, around(100, 6), around(100.05, 6)), (LATENCY, around(1, 6, 0.05), around(1, 6, 0.05))
    step = decide(6, steady, noisy)
    assert isinstance(step, Continue)
    assert "open: Mean latency may differ" in step.sentence
    assert step.sentence.count("Throughput may") == 0


@pytest.mark.parametrize(
    ("rounds", "needed", "told"),
    [
        (8, 64, ""),
        (8, 65, "Mean latency (it takes about 65 rounds)"),
        (8, None, "Mean latency (no number of rounds is known to)"),
        (6, 1000, ""),
    ],
)
def test_when_a_metric_is_beyond_the_rounds(rounds: int, needed: int | None, told: str) -> None:
    steady = RATE, "", around(100, rounds), around(100.05, rounds)
    noisy = LATENCY, "", around(1, rounds, 0.08), around(1, rounds, 0.08)
    first, second = compare_metrics([steady, noisy], HEADLINE)
    compared = (first, replace(second, runs_needed=needed))
    comparison = Comparison("old", "new", (), (), "unchanged", (), compared, ())
    step = next_step(comparison, rounds, PLAN, headline=HEADLINE)
    assert isinstance(step, Stop if told else Continue)
    assert told in step.sentence


def test_groups_with_the_same_median_are_not_said_to_differ() -> None:
    base = (*(1 + place / 10 for place in range(7)), 5.0, 5.0, *(6 + place / 10 for place in range(7)))
    head = (*(4 + place / 10 for place in range(7)), 5.0, 5.0, *(20 + place / 10 for place in range(7)))
    (seen,) = compare_metrics([(RATE, "", base, head)], HEADLINE)
    assert seen.q is not None
    assert seen.q < 0.1
    step = decide(16, (RATE, base, head), looks=(Look(16, 0.1),))
    assert isinstance(step, Stop)
    assert step.reason == "limit"


@pytest.mark.parametrize("rounds", [1, 5, 7])
def test_between_looks_nothing_is_concluded(rounds: int) -> None:
    assert decide(rounds, (RATE, around(100, rounds), around(10, rounds))) == Continue("no look yet")


@pytest.mark.parametrize("rounds", [1, 6])
def test_what_repeating_cannot_cure_ends_it(rounds: int) -> None:
    values = RATE, around(100, rounds), around(10, rounds)
    step = decide(rounds, values, outcome="invalid", reasons=("both ran the same build", "b", "c", "d"))
    assert step == Stop("invalid", "more runs would not help: both ran the same build; b; c")
    nothing = "more runs would not help: no headline metric was measured on both sides"
    assert decide(rounds, (SHOWN, *values[1:])) == Stop("invalid", nothing)
    assert decide(rounds, (RATE, values[1], ())) == Stop("invalid", nothing)


def test_metrics_that_are_only_shown_decide_nothing() -> None:
    shown = SHOWN, around(100, 6), around(10, 6)
    assert decide(6, (RATE, around(100, 6), around(100.05, 6)), shown) == Stop(
        "unchanged", "unchanged: Throughput within ±10 %"
    )
