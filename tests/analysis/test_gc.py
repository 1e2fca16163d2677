"""What MemStats tell of a run: collections, pauses, exact totals, restarts."""

from __future__ import annotations

import pytest

from pipeline.analysis.gc import METRICS, measure_memstats, restarted, sampling_doubt
from pipeline.model.layout import place
from pipeline.model.memstats import MemStats
from pipeline.model.metric import LoadResult, Measurement
from pipeline.model.run import RawFile
from tests.memstats import memstats

LOAD = LoadResult("t", "", 10.0, 1000, 0, 100.0)


def taken(**stats: MemStats) -> list[tuple[RawFile, MemStats]]:
    pairs = []
    for name, value in stats.items():
        path = f"api/memstats{name.replace('_', '-').removeprefix('tick')}.txt"
        where = place(path)
        assert where.kind == "memstats"
        pairs.append((RawFile(path, where.component, where.kind, where.phase, "", 0, where.index), value))
    return pairs


def ends(count: int) -> list[int]:
    return [1_000_000 + number for number in range(count)]


def values(measured: list[Measurement]) -> dict[str, float]:
    return {one.metric: one.value for one in measured}


def test_differences_between_before_and_after() -> None:
    before = memstats(num_gc=2, forced=1, total_alloc=1_000, mallocs=10, pauses=(9, 9), ends=ends(2), max_rss=50)
    after = memstats(
        num_gc=6,
        forced=2,
        total_alloc=2_001_000,
        mallocs=4_010,
        pauses=(9, 9, 100, 400, 200, 300),
        ends=ends(6),
        max_rss=90,
    )
    measured, doubts = measure_memstats("api", taken(_after=after, _before=before), LOAD, "load.json")
    found = values(measured)
    assert doubts == []
    assert found["gc_runs"] == 3  # four more, one of them forced
    assert found["gc_pause_total"] == pytest.approx(1000e-9)
    assert found["gc_pause_max"] == pytest.approx(400e-9)
    assert found["gc_pause_mean"] == pytest.approx(250e-9)
    assert found["total_alloc_per_op"] == 2000
    assert found["mallocs_per_op"] == 4
    assert found["rss_max"] == 90
    assert found["gc_cpu_fraction"] == pytest.approx(0.0125)
    assert set(found) <= {metric.name for metric in METRICS} | {"rss_max"}
    exact = next(one for one in measured if one.metric == "total_alloc_per_op")
    assert exact.evidence == ("api/memstats-before.txt", "api/memstats-after.txt", "load.json")


def test_one_alone_gives_no_difference() -> None:
    measured, doubts = measure_memstats("api", taken(_after=memstats(num_gc=3)), LOAD, "")
    assert set(values(measured)) == {"gc_cpu_fraction", "rss_max"}
    assert doubts == []


def test_pauses_that_are_lost_give_no_sum_but_a_mean() -> None:
    before = memstats(num_gc=1, pauses=(5,), ends=ends(1))
    after = memstats(num_gc=300, pauses=[10] * 300, ends=ends(300))
    measured, doubts = measure_memstats("api", taken(_before=before, _after=after), None, "")
    assert "gc_pause_total" not in values(measured)
    assert "gc_pause_max" not in values(measured)
    assert values(measured)["gc_pause_mean"] == pytest.approx(10e-9)
    assert values(measured)["gc_runs"] == 299
    assert [(doubt.code, doubt.severity) for doubt in doubts] == [("gc_pauses_lost", "info")]
    assert "43 pauses lost" in doubts[0].evidence


def test_a_series_reads_every_pause_in_time() -> None:
    series = {f"tick{n}": memstats(num_gc=200 * n, pauses=[10] * 200 * n, ends=ends(200 * n)) for n in range(12)}
    measured, doubts = measure_memstats("api", taken(**series), None, "")
    assert doubts == []
    assert values(measured)["gc_pause_total"] == pytest.approx(2200 * 10e-9)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (memstats(), memstats(), ""),
        (memstats(num_gc=2, ends=ends(2)), memstats(num_gc=300, ends=ends(300)), ""),
        (memstats(num_gc=300, ends=ends(300)), memstats(num_gc=301, ends=ends(301)), ""),
        (memstats(total_alloc=5_000), memstats(total_alloc=4_000), "total_alloc shrank from 5,000 to 4,000"),
        (memstats(num_gc=3, ends=ends(3)), memstats(num_gc=2, ends=ends(2)), "num_gc shrank"),
        (memstats(max_rss=10), memstats(max_rss=9), "max_rss shrank"),
        # A new process that has allocated more than the old one: only the moments of its collections differ.
        (
            memstats(num_gc=2, ends=(7, 8), total_alloc=10),
            memstats(num_gc=9, ends=range(50, 59), total_alloc=10_000),
            "collection 1 ended at another time",
        ),
    ],
)
def test_restarts_are_proved_not_guessed(before: MemStats, after: MemStats, why: str) -> None:
    assert restarted(before, after)[: len(why) or None] == why


def test_nothing_is_subtracted_across_a_restart() -> None:
    pairs = taken(_before=memstats(num_gc=2, ends=(7, 8)), _after=memstats(num_gc=9, ends=range(50, 59)))
    measured, doubts = measure_memstats("api", pairs, LOAD, "")
    assert [doubt.code for doubt in doubts] == ["restarted"]
    assert set(values(measured)) == {"gc_cpu_fraction", "rss_max"}


@pytest.mark.parametrize(
    ("sampled", "code"), [(100_000, None), (120_000, None), (20_000, "alloc_estimate"), (400_000, "alloc_estimate")]
)
def test_sampled_allocations_far_from_the_exact_ones_are_doubted(sampled: float, code: str | None) -> None:
    both = [
        Measurement("alloc_bytes_per_op", sampled, "api", ("a", "api/allocs-after.prof")),
        Measurement("total_alloc_per_op", 100_000, "api", ("b",)),
    ]
    doubt = sampling_doubt(both, 10_000)
    assert (doubt.code if doubt else None) == code
    assert sampling_doubt(both, 10) is None, "too little to say"
