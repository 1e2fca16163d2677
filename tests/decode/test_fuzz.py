"""Damaged files: a profile that holds together, or a refusal with a name; nothing else, whatever was done to them."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.decode.budget import _most, _walk
from pipeline.decode.contents import kind_of, recognise
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile
from tests.decode.damage import CHANGES, Change, damaged, originals
from tests.decode.test_decode import outcome

LIMIT = 1 << 24
WHERE = st.integers(0, len(originals()) - 1)

pytestmark = pytest.mark.property


def check_whole(profile: Profile) -> None:
    """See that every index of a profile points into its table."""
    samples, locations, labels = profile.samples, profile.locations, profile.labels
    assert samples.values.shape == (len(samples.stack_offset) - 1, len(profile.sample_types))
    assert samples.stack_offset[-1] == len(samples.stack)
    assert (np.diff(samples.stack_offset) >= 0).all()
    assert samples.stack.min(initial=0) >= 0
    assert samples.stack.max(initial=-1) < len(locations)
    assert locations.line_function.min(initial=0) >= 0
    assert locations.line_function.max(initial=-1) < len(profile.functions)
    assert locations.mapping.min(initial=-1) >= -1
    assert locations.mapping.max(initial=-1) < len(profile.mappings)
    assert labels.sample.max(initial=-1) < len(samples)
    assert len(labels.key) == len(labels.text) == len(labels.unit) == len(labels.number)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(first=WHERE, other=WHERE, changes=CHANGES, packed=st.sampled_from(("raw", "before", "after")))
def test_damage_gives_a_whole_profile_or_a_named_refusal(
    first: int, other: int, changes: list[Change], packed: str
) -> None:
    data, more = originals()[first], originals()[other]
    if packed == "before":
        data, more = gzip.compress(data, 1, mtime=0), gzip.compress(more, 1, mtime=0)
    data = damaged(data, changes, more)
    if packed == "after":
        data = gzip.compress(data, 1, mtime=0)
    result = outcome(data, symbolize=True)
    if isinstance(result, DecodeError):
        assert result.code.isidentifier()
        assert result.cure
    else:
        check_whole(result)
        assert kind_of(result)
    assert recognise(data, LIMIT) in {"profile", "time", "memstats", "bench", "load", ""}


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(data=st.binary(max_size=400))
def test_the_quick_estimate_is_never_below_the_exact_one(data: bytes) -> None:
    assert _most(data) >= _walk(data, 1 << 60)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(first=WHERE, changes=CHANGES)
def test_the_quick_estimate_holds_for_damaged_profiles(first: int, changes: list[Change]) -> None:
    data = damaged(originals()[first], changes, b"")
    assert _most(data) >= _walk(data, 1 << 60)
