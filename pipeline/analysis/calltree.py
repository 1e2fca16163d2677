"""Call trees: every stack merged from the root, all sample types at once.

Rules: inlined calls are frames of their own; a frame is a function name in a file; recursion makes a path longer, so a
node's cumulative weight counts each sample once. Grown level by level: the work is one sort per depth of the stacks,
not one step per frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.columns import Mask, Unfolded, keep_samples, unfold
from pipeline.analysis.scope import exact_total
from pipeline.analysis.source import open_profile
from pipeline.analysis.symbol import package_of
from pipeline.model.calltree import CallTree, Frames
from pipeline.model.profile import Index, Int, Profile
from pipeline.model.report import NodeInfo


def build_call_tree(profile: Profile) -> CallTree:
    """Merge the stacks of a decoded profile; samples that are zero in every type make no node."""
    profile = open_profile(profile)
    totals = tuple(exact_total(profile, index) for index in range(len(profile.sample_types)))
    profile = keep_samples(profile, (profile.samples.values != 0).any(axis=1))
    frames, grown = _merge_stacks(profile)
    position = _depth_first(grown, frames, profile.sample_index())
    order = np.empty_like(position)
    order[position] = np.arange(len(order), dtype=np.int32)
    flat, leaf = np.zeros((len(totals), len(order)), np.int64), grown.leaf
    for row, values in enumerate(profile.samples.values.T):
        np.add.at(flat[row], position[leaf[leaf >= 0]], values[leaf >= 0])
        grown.cum[row] = grown.cum[row][order]
    return CallTree(
        frames=frames,
        sample_types=profile.sample_types,
        default_index=profile.sample_index(),
        parent=_moved(grown.parent[order], position),
        frame=grown.frame[order].astype(np.int64),
        inlined=grown.inlined[order].astype(np.int64),
        flat=flat,
        cum=grown.cum,
        totals=totals,
    )


def _moved(parent: Small, position: Small) -> Index:
    return np.where(parent >= 0, position[parent], -1).astype(np.int64)


def _merge_stacks(profile: Profile) -> tuple[Frames, _Grown]:
    # Spelt out, stacks are the largest thing there is: they end here.
    stacks = unfold(profile)
    frames, slot_frame = _frames(profile, stacks)
    return frames, _grow(stacks, slot_frame, len(frames), profile.samples.values)


def _frames(profile: Profile, stacks: Unfolded) -> tuple[Frames, Index]:
    """Name the frame of every slot; a slot without a function is named after its mapped file."""
    functions, locations = profile.functions, profile.locations
    objects = [NodeInfo(object_file=mapping.file).printable() for mapping in profile.mappings]
    objects.append(NodeInfo().printable())
    function = np.full(len(stacks.slot_line), -1, np.int64)
    lined = stacks.slot_line >= 0
    function[lined] = locations.line_function[stacks.slot_line[lined]]
    # One look at each function of each mapped file, not at each slot.
    width = len(objects)
    kinds, first, kind = np.unique(
        (function + 1) * width + locations.mapping[stacks.slot_location] % width, return_index=True, return_inverse=True
    )
    positions: dict[tuple[str, str], int] = {}
    kind_frame = np.empty(len(kinds), np.int64)
    for row in np.argsort(first).tolist():
        at, mapping = divmod(int(kinds[row]), width)
        name, file = (functions.name[at - 1], functions.filename[at - 1]) if at else ("", "")
        kind_frame[row] = positions.setdefault((name or file or objects[mapping], file), len(positions))
    name_column, file_column = zip(*positions, strict=True) if positions else ((), ())
    return Frames(name_column, file_column, tuple(map(package_of, name_column))), kind_frame[kind]


Small = NDArray[np.int32]
"""Positions of nodes while a tree is built: half the memory, and no tree of 2**31 nodes fits into it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Grown:
    """N nodes level by level, sorted by parent.

    ``size`` counts the nodes below each, itself included; ``leaf`` int64[M] is the node of each sample, -1 for an
    empty stack.

    ``family`` tells of every node whether it is the first child of its parent; ``first`` holds where each level
    begins, then the end.
    """

    parent: Small
    frame: Small
    inlined: Mask
    cum: Int
    size: Small
    leaf: Index
    family: Mask
    first: tuple[int, ...]


def _grow(stacks: Unfolded, slot_frame: Index, frame_count: int, values: Int) -> _Grown:
    depth = np.diff(stacks.offset)
    active = np.flatnonzero(depth > 0)
    node = np.full(len(depth), -1, np.int64)
    parents, frames, inlined, first = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)], [np.zeros(0, np.bool_)], [0]
    for level in range(int(depth.max()) if len(depth) else 0):
        active = active[depth[active] > level]
        slot = stacks.slot[stacks.offset[1:][active] - 1 - level]
        keys, met = np.unique((node[active] + 1) * frame_count + slot_frame[slot], return_inverse=True)
        node[active] = first[-1] + met
        parents.append((keys // frame_count - 1).astype(np.int32))
        frames.append((keys % frame_count).astype(np.int32))
        # A node is inlined where every call to it was.
        inlined.append(np.bincount(met, ~stacks.slot_inlined[slot], len(keys)) == 0)
        first.append(first[-1] + len(keys))
    parent = np.concatenate(parents)
    family = np.ones(len(parent), np.bool_)
    family[1:] = parent[1:] != parent[:-1]
    family[first[:-1]] = True
    cum = np.zeros((values.shape[1], len(parent)), np.int64)
    for row, column in enumerate(values.T):
        np.add.at(cum[row], node[node >= 0], column[node >= 0])
    size = np.ones((1, len(parent)), np.int32)
    for weights in (cum, size):
        _add_up(weights, parent, family, first)
    return _Grown(
        parent=parent,
        frame=np.concatenate(frames),
        inlined=np.concatenate(inlined),
        cum=cum,
        size=size[0],
        leaf=node,
        family=family,
        first=tuple(first),
    )


def _add_up(weights: Int | Small, parent: Small, family: Mask, first: list[int]) -> None:
    """Add the weights (any[…, N]) of the nodes of every level to their parents, deepest first."""
    starts = np.flatnonzero(family)
    bounds = np.searchsorted(starts, first).tolist()
    for level in range(len(first) - 2, 0, -1):
        start, end = first[level], first[level + 1]
        own = starts[bounds[level] : bounds[level + 1]]
        weights[:, parent[own]] += np.add.reduceat(weights[:, start:end], own - start, axis=1, dtype=weights.dtype)


def _depth_first(grown: _Grown, frames: Frames, default: int) -> Small:
    """Place every node depth first, the heaviest child (by absolute cum of the default type, then name) first."""
    position = _before(grown, frames, default)
    for level, (start, end) in enumerate(pairwise(grown.first)):
        if level:
            position[start:end] += position[grown.parent[start:end]] + np.int32(1)
    return position


def _before(grown: _Grown, frames: Frames, default: int) -> Small:
    """Count, for every node, the nodes of siblings that come before it; only nodes with siblings need sorting."""
    before = np.zeros(len(grown.parent), np.int32)
    single = grown.family & np.append(grown.family[1:], True)
    chosen = np.flatnonzero(~single)
    if not len(chosen):
        return before
    ranks = np.empty(len(frames), np.int64)
    by_name = sorted(range(len(frames)), key=lambda frame: (frames.name[frame], frames.file[frame]))
    ranks[by_name] = np.arange(len(frames))
    weight = -np.abs(grown.cum[default, chosen])
    order = chosen[np.lexsort((ranks[grown.frame[chosen]], weight, grown.parent[chosen]))]
    size, parent = grown.size[order].astype(np.int64), grown.parent[order]
    running = np.cumsum(size) - size
    family = np.ones(len(order), np.bool_)
    family[1:] = parent[1:] != parent[:-1]
    before[order] = running - running[np.maximum.accumulate(np.where(family, np.arange(len(order)), 0))]
    return before
