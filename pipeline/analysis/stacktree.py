"""The stacks of a profile as a tree of locations: what filters on lines, addresses and labels work on.

Rules: nothing is lost or renamed: a node is a location below the same locations, inlined calls stay inside it. Grown
level by level, like call trees.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from pipeline.model.profile import Index, Profile
from pipeline.model.stacks import StackTree


def build_stack_tree(profile: Profile) -> StackTree:
    """Merge the stacks of all samples from the root; siblings are in order of location."""
    samples = profile.samples
    lengths = np.diff(samples.stack_offset)
    leaf = np.full(len(samples), -1, np.int64)
    active = np.flatnonzero(lengths > 0)
    parents, locations, first = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [0]
    for level in range(int(lengths.max(initial=0))):
        active = active[lengths[active] > level]
        place = samples.stack[samples.stack_offset[1:][active] - 1 - level]
        keys, met = np.unique((leaf[active] + 1) * len(profile.locations) + place, return_inverse=True)
        leaf[active] = first[-1] + met
        parents.append(keys // len(profile.locations) - 1)
        locations.append(keys % len(profile.locations))
        first.append(first[-1] + len(keys))
    parent = np.concatenate(parents)
    position = _depth_first(parent, first)
    order = np.argsort(position)
    above = parent[order]
    leaf[lengths > 0] = position[leaf[lengths > 0]]
    return StackTree(np.where(above >= 0, position[above], -1), np.concatenate(locations)[order], leaf)


def _depth_first(parent: Index, first: list[int]) -> Index:
    """Give each node, listed level by level and by parent within one, its place in depth-first order."""
    size = np.ones(len(parent), np.int64)
    levels = list(pairwise(first))
    for start, end in reversed(levels[1:]):
        family = np.flatnonzero(np.diff(parent[start:end], prepend=-2))
        size[parent[start:end][family]] += np.add.reduceat(size[start:end], family)
    position = np.zeros(len(parent), np.int64)
    for start, end in levels:
        above, own = parent[start:end], size[start:end]
        before = np.cumsum(own) - own
        family = np.flatnonzero(np.diff(above, prepend=-2))
        before -= np.repeat(before[family], np.diff([*family.tolist(), end - start]))
        position[start:end] = np.where(above >= 0, position[above], -1) + 1 + before
    return position
