"""Cutting columns keeps the rest in place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import columns
from pipeline.analysis.columns import expand, keep_samples, last_of_each, owners, shrink, unfold
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


@pytest.mark.parametrize(
    ("cells", "steps"), [(1 << 20, 8192), (9, 8192), (9, 0)], ids=["at once", "in steps", "sorted"]
)
@given(stacks=st.lists(st.lists(st.integers(0, 6), max_size=8), max_size=12))
def test_the_last_of_each_item_of_each_owner_is_marked(cells: int, steps: int, stacks: list[list[int]]) -> None:
    offset = np.cumsum([0, *map(len, stacks)])
    items = np.array([item for stack in stacks for item in stack], np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_TABLE_CELLS", cells)
        patch.setattr(columns, "_MOST_STEPS", steps)
        marks = last_of_each(offset, items, 7)
    assert marks.tolist() == [item not in stack[at + 1 :] for stack in stacks for at, item in enumerate(stack)]
