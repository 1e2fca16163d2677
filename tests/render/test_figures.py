from __future__ import annotations

import pytest

from pipeline.render.figures import load_figures, quantile_name, series_figures, strip_figures
from tests.records import HEADLINE, METRICS, compared, comparison, load, profile


def test_load_figures_say_in_words_what_they_show() -> None:
    quantiles, histogram = load_figures(load(), prefix="load")
    assert quantiles.rows == (("p50", "1 ms", 0.05), ("p99", "9 ms", pytest.approx(0.45)), ("max", "20 ms", 1.0))
    assert histogram.rows == (
        ("500 us to 1 ms", "400", 0.8),
        ("1 ms to 2 ms", "500", 1.0),
        ("2 ms to 4 ms", "0", 0.0),
        ("4 ms to 8 ms", "100", 0.2),
    )


def test_neighbours_of_many_buckets_are_joined_and_none_is_lost() -> None:
    many = tuple((place / 1000, place) for place in range(1, 50))
    (histogram,) = load_figures(load(quantiles=(), histogram=many), prefix="load")
    assert len(histogram.rows) == 17
    assert histogram.rows[0][:2] == ("500 us to 3 ms", "6")
    assert sum(int(count.replace(",", "")) for _, count, _ in histogram.rows) == sum(range(1, 50))


def test_no_figure_of_nothing() -> None:
    assert load_figures(load(quantiles=(), histogram=()), prefix="x") == ()
    assert load_figures(load(quantiles=((0.5, 0.0),), histogram=((1.0, 0),)), prefix="x") == ()
    assert series_figures([profile()], {}, prefix="x") == ()
    assert series_figures([profile(index=0)], {}, prefix="x") == ()


def test_a_series_is_drawn_over_time_and_in_one_unit() -> None:
    start = 1_700_000_000_000_000_000
    taken = [profile(f"heap{i}.pprof", index=i, totals=(1, 2048 * i), time_nanos=start + i * 10**10) for i in (2, 0, 1)]
    (figure,) = series_figures(taken, {}, prefix="heap")
    assert figure.rows == (("0", "0 s", "0 B"), ("1", "10 s", "2 kB"), ("2", "20 s", "4 kB"))
    assert [row["value"] for row in figure.spec["datasets"]["rows"]] == [0, 2, 4]


def test_a_series_without_clock_is_drawn_by_number() -> None:
    taken = [profile(f"heap{i}.pprof", index=i, time_nanos=0) for i in (0, 1)]
    (figure,) = series_figures(taken, {}, prefix="heap")
    assert [row["x"] for row in figure.spec["datasets"]["rows"]] == [0.0, 1.0]


def test_strips_show_headline_metrics_of_both_sides() -> None:
    (figure,) = strip_figures(comparison(), HEADLINE, {})
    assert figure.title == "Throughput"
    assert figure.rows[0] == ("baseline", "baseline 1", "100 ops/s")
    assert len(figure.rows) == 6
    ratio = compared(METRICS[0].__class__("ops_per_sec", "Rate", "ratio", "lower", ""), base=(0.5,), head=(0.25,))
    (figure,) = strip_figures(comparison(metrics=(ratio,)), HEADLINE, {})
    assert [row["value"] for row in figure.spec["datasets"]["rows"]] == [50.0, 25.0]


def test_quantile_names() -> None:
    assert [quantile_name(q) for q in (0.5, 0.999, 1.0)] == ["p50", "p99.9", "max"]
