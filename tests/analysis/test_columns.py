"""Cutting columns keeps the rest in place."""

from __future__ import annotations

import numpy as np

from pipeline.analysis.columns import expand, keep_samples, owners, shrink, unfold
from pipeline.decode import decode_profile
from tests.analysis.drawing import inlined_profile, stacks_of
from tests.builders import pprof_bytes


def test_offsets() -> None:
    offset = np.array([0, 2, 2, 3])
    assert owners(offset).tolist() == [0, 0, 2]
    assert shrink(offset, np.array([True, False, True])).tolist() == [0, 1, 1, 2]
    assert expand(np.array([5, 1]), np.array([2, 3])).tolist() == [5, 6, 1, 2, 3]
    assert expand(np.array([], np.int64), np.array([], np.int64)).tolist() == []


def test_keeping_samples_keeps_their_stacks_and_labels() -> None:
    profile = decode_profile(pprof_bytes([(["a", "b"], [1, 10]), ([], [2, 20]), (["a", "c"], [3, 30])]))
    kept = keep_samples(profile, np.array([False, True, True]))
    assert stacks_of(kept) == [[], ["a", "c"]]
    assert kept.samples.values.tolist() == [[2, 20], [3, 30]]


def test_unfolding_spells_inlined_calls_out_leaf_first() -> None:
    profile = inlined_profile()
    stacks = unfold(profile)
    names = [profile.functions.name[profile.locations.line_function[stacks.slot_line[slot]]] for slot in stacks.slot]
    assert names == ["leaf", "middle", "outer"]
    assert stacks.slot_inlined[stacks.slot].tolist() == [True, False, False]
