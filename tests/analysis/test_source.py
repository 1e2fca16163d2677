"""From decoded profiles to the one a report is made of."""

from __future__ import annotations

import pytest

from pipeline.analysis.source import SourceOptions, open_profile, open_profiles
from pipeline.errors import UsageError
from tests.analysis.drawing import decoded, drawn, stacks_of
from tests.builders import pprof_message


def test_names_are_simplified_and_uninteresting_frames_dropped() -> None:
    profile = drawn([(["main", "ns::f<int>(int)", "malloc", "x"], [1, 1])], drop_frames="malloc")
    assert stacks_of(open_profile(profile)) == [["main", "ns::f"]]
    assert stacks_of(open_profiles([profile], [], SourceOptions(all_frames=True))) == [["main", "ns::f", "malloc", "x"]]


def test_opening_twice_changes_nothing() -> None:
    once = open_profile(drawn([(["main", "f[int]", "malloc", "x"], [1, 1])], drop_frames="malloc"))
    assert stacks_of(open_profile(once)) == stacks_of(once)


def test_a_profile_without_mappings_gets_one() -> None:
    message = pprof_message([(["main"], [1, 1])])
    del message.mapping[:]
    message.location[0].mapping_id = 0
    profile = open_profile(decoded(message))
    assert len(profile.mappings) == 1
    assert profile.locations.mapping.tolist() == [0]


def test_overrides() -> None:
    profile = open_profiles([drawn([(["a"], [1, 1])])], [], SourceOptions(file="/x/other", build_id="id", comment="hi"))
    assert (profile.mappings[0].file, profile.mappings[0].build_id) == ("/x/other", "id")
    assert profile.comments == ("hi",)


def test_normalizing_needs_a_base() -> None:
    with pytest.raises(UsageError, match="must have base profile"):
        open_profiles([drawn([(["a"], [1, 1])])], [], SourceOptions(normalize=True))


def test_sources_are_merged_and_bases_taken_away() -> None:
    one = drawn([(["a"], [1, 10])])
    left = open_profiles([one, one], [drawn([(["a"], [1, 5])])], SourceOptions())
    assert left.samples.values.tolist() == [[1, 15]]
