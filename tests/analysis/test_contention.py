"""Contention: events, delay in seconds, and from when they count."""

from __future__ import annotations

from pipeline.analysis.contention import METRICS, contention_measurements, measure_contention, rate_cure
from pipeline.analysis.metrics import BY_NAME
from pipeline.decode import decode_profile
from pipeline.model.finding import Finding
from pipeline.model.layout import place
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile
from tests.builders import pprof_bytes

WAITS = [("contentions", "count"), ("delay", "nanoseconds")]


def taken(kinds: list[tuple[str, str]] = WAITS, **values: tuple[int, int] | None) -> list[tuple[RawFile, Profile]]:
    found = []
    for name, value in values.items():
        path = f"app/{name.replace('_', '-')}.prof"
        where = place(path)
        samples = [(["main.main", "sync.(*Mutex).Unlock"], value)] if value else []
        file = RawFile(path, where.component, where.kind, where.phase, "", 0, where.index)
        found.append((file, decode_profile(pprof_bytes(samples, kinds))))
    return found


def test_one_profile_counts_from_the_start() -> None:
    found = measure_contention("app", "mutex", taken(mutex=(40, 2_000_000_000), block=(9, 9)), operations=100)
    assert found is not None
    assert (found.since, found.contentions, found.delay_seconds) == ("start", 40, 2.0)
    values = {one.metric: one.value for one in contention_measurements(found)}
    assert values == {
        "mutex_contentions": 40, "mutex_delay": 2.0, "mutex_delay_mean": 0.05, "mutex_delay_per_op": 0.02,
    }  # fmt: skip
    assert {one.name for one in METRICS} <= BY_NAME.keys()


def test_two_profiles_are_a_difference_of_one_process() -> None:
    pair = taken(mutex_before=(30, 500_000_000), mutex_after=(40, 2_000_000_000))
    found = measure_contention("app", "mutex", pair)
    assert found is not None
    assert (found.since, found.contentions, found.delay_seconds) == ("before", 10, 1.5)
    assert found.evidence == ("app/mutex-before.prof", "app/mutex-after.prof")
    assert measure_contention("app", "mutex", list(reversed(pair))) is None


def test_a_window_counts_by_itself_and_not_against_the_whole_load() -> None:
    found = measure_contention("app", "block", taken(block_delta=(4, 1000), block=(9, 9)), operations=100)
    assert found is not None
    assert (found.since, found.contentions, found.operations) == ("window", 4, 0)
    assert "block_delay_per_op" not in {one.metric for one in contention_measurements(found)}


def test_no_event_has_no_mean() -> None:
    found = measure_contention("app", "mutex", taken(mutex=None))
    assert found is not None
    assert {one.metric: one.value for one in contention_measurements(found)} == {
        "mutex_contentions": 0, "mutex_delay": 0,
    }  # fmt: skip


def test_the_unit_is_the_files() -> None:
    kinds = [("contentions", "count"), ("delay", "microseconds")]
    found = measure_contention("app", "mutex", taken(kinds, mutex=(1, 5)))
    assert found is not None
    assert found.delay_seconds == 5e-6
    assert (
        measure_contention("app", "mutex", taken([("samples", "count"), ("cpu", "nanoseconds")], mutex=(1, 5))) is None
    )


def test_an_empty_profile_is_told_with_the_rate_it_hangs_on() -> None:
    doubt = Finding("no_samples", "warning", "m", "app/mutex.prof", "", "?")
    assert "SetMutexProfileFraction" in rate_cure(doubt, "mutex").cure
    assert "SetBlockProfileRate" in rate_cure(doubt, "block-delta").cure
    assert rate_cure(doubt, "heap") is doubt
    other = Finding("clock", "warning", "m")
    assert rate_cure(other, "mutex") is other
