"""Ticks come on a grid that does not drift; late ones are missed, not bunched; windows follow each other closely."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.collect.schedule import follow_closely, follow_grid


class FakeClock:
    """Time passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def follow(
    costs: dict[int, float], *, until: float, interval: float = 10.0
) -> tuple[list[tuple[int, float]], list[int]]:
    """Follow a grid for a while; ``costs`` says how long a tick takes."""
    clock = FakeClock()
    taken: list[tuple[int, float]] = []
    missed: list[int] = []

    def take(tick: int) -> None:
        taken.append((tick, round(clock.seconds - 100, 3)))
        clock.sleep(costs.get(tick, 0.5))

    follow_grid(clock, 100.0, interval, lambda: clock.seconds - 100 >= until, take=take, miss=missed.append)
    return taken, missed


def test_ticks_do_not_drift() -> None:
    taken, missed = follow({}, until=45)
    assert taken == [(0, 0.0), (1, 10.0), (2, 20.0), (3, 30.0), (4, 40.0)]
    assert missed == []


def test_a_slow_tick_delays_only_itself() -> None:
    taken, missed = follow({1: 12.0}, until=45)
    assert taken == [(0, 0.0), (1, 10.0), (2, 22.0), (3, 30.0), (4, 40.0)]
    assert missed == []


def test_missed_ticks_are_counted_and_not_bunched() -> None:
    taken, missed = follow({1: 28.0}, until=55)
    assert taken == [(0, 0.0), (1, 10.0), (4, 40.0), (5, 50.0)]
    assert missed == [2, 3]


def test_a_window_as_long_as_the_interval_loses_hardly_a_tick() -> None:
    taken, missed = follow(dict.fromkeys(range(100), 10.05), until=1000)
    assert missed == []
    assert len(taken) == 100


@pytest.mark.parametrize("until", [0, 5])
def test_the_grid_ends_with_the_load(until: float) -> None:
    taken, _ = follow({}, until=until)
    assert len(taken) == (1 if until else 0)


def test_windows_follow_each_other_without_a_gap() -> None:
    clock = FakeClock()
    begun: list[float] = []

    def take(_: int) -> bool:
        begun.append(clock.seconds - 100)
        clock.sleep(10.1)
        return True

    follow_closely(clock, 10, lambda: clock.seconds >= 140, take)
    assert begun == pytest.approx([0, 10.1, 20.2, 30.3])


def test_a_window_that_fails_at_once_is_waited_out() -> None:
    clock = FakeClock()
    begun: list[float] = []

    def take(number: int) -> bool:
        begun.append(clock.seconds - 100)
        clock.sleep(0.5 if number == 0 else 12)
        return number > 1

    follow_closely(clock, 10, lambda: clock.seconds >= 130, take)
    assert begun == pytest.approx([0, 10, 23])
