"""The normal form: rates, quantiles, warnings, and what every tool's sample becomes."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.decode.load_form import by_status, normal_form, percent, sampled_latency, time_text


def test_the_tools_rate_is_kept_only_when_it_counts_operations() -> None:
    assert normal_form("t", operations=100, errors=0, duration=2.0, rate=50.5).operations_per_second == 50.5
    assert normal_form("t", operations=90, errors=10, duration=2.0, rate=50.0).operations_per_second == 45.0
    assert normal_form("t", operations=90, errors=10, duration=2.0, rate=45.2, rated=90).operations_per_second == 45.2


@pytest.mark.parametrize(("rate", "warned"), [(50.0, False), (52.0, False), (60.0, True), (5.0, True), (None, False)])
def test_a_rate_that_contradicts_count_and_duration_is_a_warning(rate: float | None, *, warned: bool) -> None:
    result = normal_form("t", operations=90, errors=10, duration=2.0, rate=rate)
    assert any("a second, but the file says" in warning for warning in result.warnings) is warned


def test_a_rate_is_not_checked_against_a_duration_of_too_few_digits() -> None:
    assert normal_form("t", operations=20, errors=0, duration=0.0009, rate=30000.0).warnings == ()
    assert normal_form("t", operations=0, errors=3, duration=0.0).operations_per_second == 0.0


def test_falling_quantiles_are_a_warning() -> None:
    falling = normal_form("t", operations=1, errors=0, duration=1.0, quantiles=((0.5, 0.2), (0.9, 0.1), (1.0, 0.3)))
    assert falling.warnings == ("the latency quantile 0.9 (0.1 s) is less than the quantile 0.5 (0.2 s)",)


def test_quantiles_of_single_latencies_are_nearest_ranks() -> None:
    mean, quantiles = sampled_latency(np.arange(1, 1001, dtype=np.float64))
    assert mean == 500.5
    assert quantiles == ((0.5, 500), (0.75, 750), (0.9, 900), (0.95, 950), (0.99, 990), (0.999, 999), (1.0, 1000))
    assert sampled_latency(np.array([2.0]))[1][0] == (0.5, 2.0)
    assert sampled_latency(np.array([], np.float64)) == (None, ())


def test_status_codes_below_400_are_success() -> None:
    assert by_status((("0", 1), ("199", 2), ("200", 4), ("399", 8), ("400", 16), ("-1", 32), ("²00", 64))) == (12, 115)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("429.93ms", 0.42993),
        ("13.52ms", 0.01352),
        ("612.87us", 0.00061287),
        ("2.00m", 120),
        ("1h", 3600),
        ("1.5s", 1.5),
    ],
)
def test_times_have_no_noise(text: str, seconds: float) -> None:
    assert time_text(text) == seconds


@pytest.mark.parametrize("text", ["", "ms", "1", "1.5.5s", "-1s", "nans", "1 s"])
def test_other_texts_are_no_times(text: str) -> None:
    assert time_text(text) is None


@pytest.mark.parametrize(
    ("digits", "quantile"), [("5", 0.05), ("50", 0.5), ("99.9", 0.999), ("100", 1.0), ("100.000", 1.0)]
)
def test_percentages_have_no_noise(digits: str, quantile: float) -> None:
    assert percent(digits) == quantile
