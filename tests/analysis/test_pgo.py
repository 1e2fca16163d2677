"""default.pgo: every run counts alike, and what cannot serve the compiler is refused."""

from __future__ import annotations

import pytest

from pipeline.analysis.pgo import MIN_SAMPLES, pgo_profile
from pipeline.errors import UsageError
from pipeline.model.profile import Profile
from tests.builders import pprof_bytes

SECOND = 10**9


def cpu(name: str, samples: int, seconds: int) -> Profile:
    from pipeline.decode import decode_profile

    data = pprof_bytes([(("main.main", name), (samples, samples * 10_000_000))], duration_nanos=seconds * SECOND)
    return decode_profile(data)


def test_a_longer_profile_does_not_dominate() -> None:
    made = pgo_profile([cpu("main.short", 500, 5), cpu("main.long", 1000, 10)])
    weights = dict(zip(made.profile.functions.name, made.profile.functions.start_line, strict=True))
    assert {"main.short", "main.long"} <= set(weights)
    assert sorted(made.profile.samples.values[:, 0].tolist()) == [1000, 1000]
    assert "5.0 to 10.0 s" in made.notes[0]


def test_profiles_of_about_equal_length_are_added_as_they_are() -> None:
    made = pgo_profile([cpu("main.a", 500, 10), cpu("main.b", 300, 10)])
    assert sorted(made.profile.samples.values[:, 0].tolist()) == [300, 500]
    assert made.notes == ("2 CPU profiles, 800 samples",)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(UsageError, match=f"{MIN_SAMPLES} are the least"):
        pgo_profile([cpu("main.a", MIN_SAMPLES - 1, 10)])
    assert pgo_profile([cpu("main.a", MIN_SAMPLES, 10)]).profile.total(0) == MIN_SAMPLES


def test_other_profiles_are_refused() -> None:
    from pipeline.decode import decode_profile

    heap = pprof_bytes([(("main.main",), (1000, 1000))], (("inuse_objects", "count"), ("inuse_space", "bytes")))
    with pytest.raises(UsageError, match="no CPU profile"):
        pgo_profile([decode_profile(heap)])
    with pytest.raises(UsageError, match="function name"):
        pgo_profile([cpu("", 1000, 10)])
