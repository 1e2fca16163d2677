"""What a comparison could have seen, held against seeded simulations of the test itself."""

from __future__ import annotations

import math
import random

import pytest

from pipeline.compare import power, stats


def found(count: int, other: int, shift: float, times: int = 500) -> float:
    """Simulate how often the test finds a shift."""
    chance = random.Random(count * 1000 + other)
    hits = 0
    for _ in range(times):
        base = [chance.gauss(0, 1) for _ in range(count)]
        head = [chance.gauss(shift, 1) for _ in range(other)]
        hits += stats.mann_whitney_p(base, head) <= stats.ALPHA
    return hits / times


@pytest.mark.parametrize(
    ("count", "other", "shift"),
    [(4, 4, 2.8), (5, 5, 2.3), (6, 6, 1.9), (8, 8, 1.5), (10, 10, 1.35), (6, 12, 1.5), (20, 20, 0.9)],
)
def test_the_power_is_that_of_a_simulation(count: int, other: int, shift: float) -> None:
    assert power.power_of(count, other, shift) == pytest.approx(found(count, other, shift), abs=0.1)


@pytest.mark.parametrize("count", [4, 6, 10, 20])
def test_a_detectable_change_is_found_four_times_of_five(count: int) -> None:
    side = [math.exp(0.02 * (1 if place % 2 else -1)) for place in range(count)]
    effect = power.detectable_effect(side, side)
    noise = power.noise(side, side)
    assert effect is not None
    assert noise is not None
    assert found(count, count, math.log1p(effect) / noise) == pytest.approx(0.8, abs=0.1)


def test_more_runs_see_smaller_changes() -> None:
    shifts = [power._detectable_shift(count, count, 0.8, 0.05) or 0.0 for count in range(4, 40)]
    assert shifts == sorted(shifts, reverse=True)
    assert power.detectable_effect([1.0, 1.1, 1.2], [1.0, 1.1, 1.2]) is None


def test_larger_changes_and_less_noise_need_fewer_runs() -> None:
    noisy, quiet = [1.0, 1.1, 0.9, 1.05], [1.0, 1.01, 0.99, 1.005]
    by_effect = [power.runs_needed(noisy, noisy, effect) for effect in (0.05, 0.1, 0.2, 0.5, 5.0)]
    assert by_effect == sorted(by_effect, reverse=True)  # type: ignore[type-var]
    assert by_effect[-1] == 4
    assert (power.runs_needed(quiet, quiet, 0.05) or 0) < (power.runs_needed(noisy, noisy, 0.05) or 0)


def test_the_runs_needed_are_enough_and_one_less_is_not() -> None:
    side = [1.0, 1.1, 0.9, 1.05, 0.97]
    needed = power.runs_needed(side, side, 0.1)
    shift = math.log1p(0.1) / (power.noise(side, side) or 1.0)
    assert needed is not None
    assert power.power_of(needed, needed, shift) >= 0.8 > power.power_of(needed - 1, needed - 1, shift)


def test_what_cannot_be_planned() -> None:
    assert power.runs_needed([1.0, 2, 4], [1.0, 2, 4], 0.0001) is None
    assert power.runs_needed([0.0, 1], [1.0, 2]) is None
    assert power.runs_needed([1.0], [1.0]) is None
    assert power.runs_needed([1.0, 2], [1.0, 2], 0.0) is None
    assert power.detectable_effect([0.0] * 5, [1.0] * 5) is None


def test_values_without_noise_show_any_change() -> None:
    assert power.detectable_effect([5.0] * 4, [5.0] * 4) == 0
    assert power.runs_needed([5.0] * 4, [5.0] * 4, 0.01) == 4
