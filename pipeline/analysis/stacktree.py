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
    if not len(parent):
        return parent
    families = np.flatnonzero(np.concatenate((np.ones(1, np.bool_), parent[1:] != parent[:-1])))
    bounds = np.searchsorted(families, first).tolist()
    size = np.ones(len(parent), np.int64)
    for level in range(len(first) - 2, 0, -1):
        start, own = first[level], families[bounds[level] : bounds[level + 1]]
        size[parent[own]] += np.add.reduceat(size[start : first[level + 1]], own - start)
    position = np.cumsum(size) - size
    position -= np.repeat(position[families], np.diff(families, append=len(parent)))
    for start, end in list(pairwise(first))[1:]:
        position[start:end] += position[parent[start:end]] + 1
    return position
