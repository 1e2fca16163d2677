"""Steps of single series: what is found, what is not, and how often chance is mistaken for a change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare import stats
from pipeline.compare.changepoints import SHORTEST, Break, find_breaks, noise

WOBBLE = (0.0, 1.0, -1.0, 0.5, -0.5, 0.8, -0.3, 0.2)


def series(*levels: tuple[float, int]) -> list[float]:
    """Draw levels of so many values each, with a small wobble."""
    flat = [level for level, count in levels for _ in range(count)]
    return [level + WOBBLE[place % len(WOBBLE)] for place, level in enumerate(flat)]


def breaks(values: list[float], least: float = 0.0) -> list[Break]:
    (found,) = find_breaks(np.array([values], dtype=np.float64), least)
    return found


def places(values: list[float], least: float = 0.0) -> list[int]:
    return [one.at for one in breaks(values, least)]


def test_a_step_is_found_at_its_first_value_with_both_medians() -> None:
    values = series((100, 8), (120, 8))
    (found,) = breaks(values)
    assert (found.at, found.sizes) == (8, (8, 8))
    assert (found.before, found.after) == (stats.center(values[:8]), stats.center(values[8:]))
    # 16 values leave 11 places for a step between stretches of at least 3.
    assert found.p == pytest.approx(stats.mann_whitney_p(values[:8], values[8:]) * 11)


def test_every_step_of_a_staircase_is_found() -> None:
    assert places(series((100, 7), (120, 9), (90, 8), (130, 6))) == [7, 16, 24]


def test_constant_values_have_no_step_and_one_exact_change_is_one() -> None:
    assert places([12.0] * 20) == []
    assert places([12.0] * 10 + [13.0] * 10) == [10]


@pytest.mark.parametrize("bad", [1, 2])
def test_fewer_outliers_than_a_segment_has_values_are_no_step(bad: int) -> None:
    values = series((100, 20))
    for place in range(8, 8 + bad):
        values[place] += 300
    assert bad < SHORTEST
    assert places(values) == []


def test_an_outlier_does_not_hide_a_step() -> None:
    values = series((100, 8), (120, 8))
    values[3] += 500
    assert places(values) == [8]


@pytest.mark.parametrize("count", range(2 * SHORTEST))
def test_too_few_values_have_no_step(count: int) -> None:
    assert places([1.0] * (count // 2) + [50.0] * (count - count // 2)) == []


def test_what_no_test_could_confirm_is_still_told_as_such() -> None:
    (found,) = breaks([1.0, 1.1, 0.9, 50.0, 50.1, 49.9])
    assert (found.at, found.p) == (3, pytest.approx(0.1))


@pytest.mark.parametrize(("least", "found"), [(0.099, [8]), (0.1, []), (0.101, [])])
def test_a_step_must_be_larger_than_the_least_change(least: float, found: list[int]) -> None:
    assert places([90.0] * 8 + [100.0] * 8, least) == found


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_value_that_is_no_number_leaves_its_own_row_without_steps(odd: float) -> None:
    clean = series((100, 8), (120, 8))
    spoilt = [*clean[:5], odd, *clean[6:]]
    first, second = find_breaks(np.array([spoilt, clean]))
    assert first == []
    assert [one.at for one in second] == [8]


def test_no_rows_have_no_steps() -> None:
    assert find_breaks(np.empty((0, 20))) == []


def test_many_rows_are_searched_as_each_alone() -> None:
    rng = np.random.default_rng(5)
    table = rng.normal(100, 1, (150, 24))
    table[::3, 12:] += 6
    assert find_breaks(table) == [find_breaks(row[None])[0] for row in table]


def test_noise_is_that_between_neighbours_and_not_of_steps() -> None:
    rng = np.random.default_rng(6)
    plain = rng.normal(0, 2, (200, 100))
    stepped = plain + np.repeat([0, 50, 10, 80], 25)
    assert noise(plain).mean() == pytest.approx(2, rel=0.15)
    assert noise(stepped).mean() == pytest.approx(noise(plain).mean(), rel=0.1)


@given(
    st.lists(st.integers(-1000, 1000), min_size=6, max_size=30),
    st.sampled_from([0.5, 2.0, 1024.0]),
    st.integers(-64, 64),
)
def test_steps_stay_where_they_are_in_another_unit_and_when_mirrored(
    values: list[int], scale: float, shift: int
) -> None:
    found = places([float(value) for value in values])
    assert places([value * scale for value in values]) == found
    assert places([-value for value in values]) == found
    assert all(SHORTEST <= at <= len(values) - SHORTEST for at in found)
    # A multiple of a power of two keeps every difference exact.
    assert places([float(value + shift) for value in values]) == found


@pytest.mark.parametrize("length", [8, 12, 20, 40])
@pytest.mark.parametrize("kind", ["normal", "laplace", "standard_t", "lognormal"])
def test_chance_alone_is_seldom_mistaken_for_a_change(kind: str, length: int) -> None:
    """200 histories of pure noise a case: at most 1 in 25 shows a step, at most 1 in 50 one that its test confirms."""
    rng = np.random.default_rng(length)
    size = (200, length)
    drawn = {
        "normal": lambda: rng.normal(size=size),
        "laplace": lambda: rng.laplace(size=size),
        "standard_t": lambda: rng.standard_t(3, size=size),
        "lognormal": lambda: np.exp(rng.normal(size=size) * 0.5),
    }[kind]()
    found = find_breaks(100 + drawn)
    assert sum(bool(one) for one in found) <= 8
    assert sum(any(step.p < stats.ALPHA for step in one) for one in found) <= 4


@pytest.mark.parametrize(("sigmas", "recall"), [(3, 0.65), (4, 0.9), (6, 0.99)])
def test_real_steps_are_found_where_they_are(sigmas: float, recall: float) -> None:
    rng = np.random.default_rng(8)
    table = rng.normal(100, 1, (200, 20))
    table[:, 12:] += sigmas
    found = find_breaks(table)
    hits = sum(any(abs(step.at - 12) <= 1 for step in one) for one in found)
    extra = sum(abs(step.at - 12) > 1 for one in found for step in one)
    assert hits >= recall * 200
    assert extra <= 0.1 * max(1, sum(len(one) for one in found))
