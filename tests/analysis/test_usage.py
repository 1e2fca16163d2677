"""What programs used, as metrics: one report a component, the one that shows the work and nothing else."""

from __future__ import annotations

import pytest

from pipeline.analysis.metrics import BY_NAME
from pipeline.analysis.usage import measure_usage
from pipeline.model.metric import ProcessUsage

USAGE = ProcessUsage(7.15, 12.5, 0.25, 1 << 20, 8, 99, 0)


def measured(*paths: str, **facts: object) -> dict[tuple[str, str], tuple[float, str]]:
    usage = ProcessUsage(**({name: getattr(USAGE, name) for name in USAGE.__slots__} | facts))
    values, doubts = measure_usage(dict.fromkeys(paths, usage))
    assert not doubts
    return {(one.component, one.metric): (one.value, one.evidence[0]) for one in values}


def test_every_fact_is_a_metric_with_a_unit() -> None:
    found = measured("single/program.time.txt")
    assert {metric: value for (_, metric), (value, _) in found.items()} == {
        "elapsed": 7.15, "user_seconds": 12.5, "system_seconds": 0.25, "rss_max": 1 << 20,
        "page_faults_major": 8, "page_faults_minor": 99,
    }  # fmt: skip
    assert {metric for _, metric in found} <= set(BY_NAME)
    assert {component for component, _ in found} == {"single"}


def test_a_pass_that_took_a_profile_is_not_measured() -> None:
    found = measured("pkg/cpu.time.txt", "pkg/heap.time.txt", "pkg/timing.time.txt", "other/cpu.time.txt")
    assert {evidence for _, evidence in found.values()} == {"pkg/timing.time.txt"}


def test_the_length_of_a_timing_pass_of_benchmarks_says_nothing() -> None:
    assert {metric for _, metric in measured("pkg/timing.time.txt")} == {
        "rss_max", "page_faults_major", "page_faults_minor",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "components"),
    [
        (["with_pools.log", "without_pools.log"], {"with_pools", "without_pools"}),
        (["ab/with.log", "ab/without.log"], {"ab.with", "ab.without"}),
        (["build.time.txt"], {"service"}),
        (["a/x.time.txt", "a/program.time.txt"], {"a"}),
        (["a/x.time.txt", "b/x.time.txt"], {"a", "b"}),
        ([], set()),
    ],
)
def test_components(paths: list[str], components: set[str]) -> None:
    assert {component for component, _ in measured(*paths)} == components


def test_what_is_not_known_is_left_out() -> None:
    assert {metric for _, metric in measured("a/x.time.txt", max_rss_bytes=None, elapsed_seconds=None)} == {
        "user_seconds", "system_seconds", "page_faults_major", "page_faults_minor",
    }  # fmt: skip
    assert len(measured("a/x.time.txt", exit_code=None)) == 6


def test_a_failed_program_is_a_doubt_and_no_measurement() -> None:
    values, (doubt,) = measure_usage({"a/program.time.txt": ProcessUsage(1.0, 1.0, exit_code=137)})
    assert values == []
    assert (doubt.code, doubt.subject, doubt.evidence) == (
        "timed_program_failed",
        "a/program.time.txt",
        "exit code 137",
    )
