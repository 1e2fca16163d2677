"""Call trees: every stack merged from the root, all sample types at once.

Rules: inlined calls are frames of their own; a frame is a function name in a file of a binary; recursion makes a path
longer, so a node's cumulative weight counts each sample once. Grown level by level: the work is one sort per depth of
the stacks, not one step per frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.columns import Mask, Unfolded, keep_samples, unfold
from pipeline.analysis.scope import exact_total
from pipeline.analysis.source import open_profile
from pipeline.model.calltree import CallTree, Frames
from pipeline.model.profile import Index, Int, Profile
from pipeline.model.report import NodeInfo
from pipeline.model.symbol import package_of


def build_call_tree(profile: Profile) -> CallTree:
    """Merge the stacks of a decoded profile; samples that are zero in every type make no node."""
    profile = open_profile(profile)
    totals = tuple(exact_total(profile, index) for index in range(len(profile.sample_types)))
    profile = keep_samples(profile, (profile.samples.values != 0).any(axis=1))
    frames, grown = _merge_stacks(profile)
    flat, cum = _weigh(grown, profile.samples.values)
    position = _depth_first(grown, frames, cum[profile.sample_index()])
    order = np.empty_like(position)
    order[position] = np.arange(len(order), dtype=np.int32)
    for row in (*flat, *cum):
        row[:] = row.take(order)
    parent = _moved(grown.parent.take(order), position)
    # Trees are large: what is not needed any more goes before the last columns are made.
    del position
    return CallTree(
        frames=frames,
        sample_types=profile.sample_types,
        default_index=profile.sample_index(),
        parent=parent,
        frame=grown.frame.take(order).astype(np.int64),
        inlined=grown.inlined.take(order),
        flat=flat,
        cum=cum,
        totals=totals,
    )


def _weigh(grown: _Grown, values: Int) -> tuple[Int, Int]:
    """Weigh the nodes: flat and cum int64[S, N]; what a level weighs is added to the one above it, deepest first."""
    stacked = np.flatnonzero(grown.leaf >= 0)
    flat = np.zeros((values.shape[1], len(grown.parent)), np.int64)
    for row, column in zip(flat, values.T, strict=True):
        np.add.at(row, grown.leaf[stacked], column[stacked])
    cum = flat.copy()
    starts = np.flatnonzero(grown.family)
    bounds = np.searchsorted(starts, grown.first).tolist()
    levels = list(pairwise(grown.first))
    for level in range(len(levels) - 1, 0, -1):
        start, end = levels[level]
        own = starts[bounds[level] : bounds[level + 1]]
        above = grown.parent[own]
        for row in cum:
            row[above] += np.add.reduceat(row[start:end], own - start)
    return flat, cum


def _moved(parent: Small, position: Small) -> Index:
    moved = position.take(parent, mode="clip").astype(np.int64)
    moved[parent < 0] = -1
    return moved


def _merge_stacks(profile: Profile) -> tuple[Frames, _Grown]:
    # Spelt out, stacks are the largest thing there is: they end here.
    stacks = unfold(profile)
    frames, slot_frame = _frames(profile, stacks)
    return frames, _grow(stacks, slot_frame, len(frames))


def _frames(profile: Profile, stacks: Unfolded) -> tuple[Frames, Index]:
    """Name the frame of every slot; a slot without a function is named after its mapped file."""
    functions, locations = profile.functions, profile.locations
    mapped = [*(mapping.file for mapping in profile.mappings), ""]
    function = np.full(len(stacks.slot_line), -1, np.int64)
    lined = stacks.slot_line >= 0
    function[lined] = locations.line_function[stacks.slot_line[lined]]
    # One look at each function of each mapped file, not at each slot.
    width = len(mapped)
    kinds, first, kind = np.unique(
        (function + 1) * width + locations.mapping[stacks.slot_location] % width, return_index=True, return_inverse=True
    )
    seen = np.argsort(first)
    at, mapping = (column.tolist() for column in np.divmod(kinds[seen], width))
    files = list(map(("", *functions.filename).__getitem__, at))
    names = list(map(("", *functions.name).__getitem__, at))
    bare = [1 if not place else 0 if name else 2 for place, name in zip(at, names, strict=True)]
    if "" in names:
        objects = [NodeInfo(object_file=file).printable() for file in mapped]
        whole = zip(names, files, mapping, strict=True)
        names = [name or file or objects[place] for name, file, place in whole]
    keys = list(zip(names, files, map(mapped.__getitem__, mapping), bare, strict=True))
    positions = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    kind_frame = np.empty(len(kinds), np.int64)
    kind_frame[seen] = np.fromiter(map(positions.__getitem__, keys), np.int64, len(keys))
    names, files, mapped, bare = map(list, zip(*positions, strict=True)) if positions else ([], [], [], [])
    packages = tuple(map(package_of, names))
    return Frames(tuple(names), tuple(files), packages, tuple(mapped), tuple(bare)), kind_frame[kind]


Small = NDArray[np.int32]
"""Positions of nodes while a tree is built: half the memory, and no tree of 2**31 nodes fits into it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Grown:
    """N nodes level by level, those of one parent together.

    ``size`` counts the nodes below each, itself included; ``leaf`` int64[M] is the node of each sample, -1 for an
    empty stack.

    ``family`` tells of every node whether it is the first child of its parent; ``first`` holds where each level
    begins, then the end.
    """

    parent: Small
    frame: Small
    inlined: Mask
    size: Small
    leaf: Index
    family: Mask
    first: tuple[int, ...]


def _grow(stacks: Unfolded, slot_frame: Index, frame_count: int) -> _Grown:
    depth = np.diff(stacks.offset).astype(np.int32)
    last, slots = stacks.offset[1:] - 1, stacks.slot
    shared, alone = np.flatnonzero(depth > 0), np.zeros(0, np.int64)
    node = np.full(len(depth), -1, np.int64)
    parents, frames, inlined, sizes = ([np.zeros(0, kind)] for kind in (np.int32, np.int32, np.bool_, np.int32))
    first, merged = [0], list[int]()
    for level in range(int(depth.max(initial=0))):
        shared, alone = shared[depth[shared] > level], alone[depth[alone] > level]
        slot, own = slots.take(last.take(shared) - level), slots.take(last.take(alone) - level)
        keys, met, count = np.unique(
            (node[shared] + 1) * frame_count + slot_frame[slot], return_inverse=True, return_counts=True
        )
        parents += ((keys // frame_count - 1).astype(np.int32), node[alone].astype(np.int32))
        frames += ((keys % frame_count).astype(np.int32), slot_frame[own].astype(np.int32))
        # A node is inlined where every call to it was.
        outer = np.bincount(met, ~stacks.slot_inlined[slot], len(keys))
        inlined += (outer == 0, stacks.slot_inlined[own])
        node[shared] = first[-1] + met
        node[alone] = first[-1] + len(keys) + np.arange(len(alone))
        first.append(first[-1] + len(keys) + len(alone))
        merged.append(len(keys))
        # What follows a node of one sample is that sample's alone: there is nothing left to merge.
        single = count[met] == 1
        below = np.ones(len(keys), np.int32)
        below[met[single]] = depth[shared[single]] - level
        sizes += (below, depth[alone] - level)
        shared, alone = shared[~single], np.concatenate((alone, shared[single]))
    parent, size = np.concatenate(parents), np.concatenate(sizes)
    family = np.ones(len(parent), np.bool_)
    family[1:] = parent[1:] != parent[:-1]
    family[first[:-1]] = True
    _add_up(size, parent, family, first, merged)
    del slots, parents, sizes
    return _Grown(
        parent=parent,
        frame=np.concatenate(frames),
        inlined=np.concatenate(inlined),
        size=size,
        leaf=node,
        family=family,
        first=tuple(first),
    )


def _add_up(size: Small, parent: Small, family: Mask, first: list[int], merged: list[int]) -> None:
    """Add the sizes of the nodes of every level to their parents, deepest first.

    Of each level that is the first ``merged`` nodes: the others are below nodes whose size is known.
    """
    starts = np.flatnonzero(family)
    bounds = np.searchsorted(starts, first).tolist()
    for level in range(len(merged) - 1, 0, -1):
        if not merged[level]:
            continue
        start, end = first[level], first[level] + merged[level]
        own = starts[bounds[level] : bounds[level + 1]]
        own = own[: np.searchsorted(own, end)]
        size[parent[own]] += np.add.reduceat(size[start:end], own - start, dtype=np.int32)


def _depth_first(grown: _Grown, frames: Frames, cum: Int) -> Small:
    """Place every node depth first, the heaviest child (by absolute ``cum``, then name) first."""
    position = _before(grown, frames, cum)
    for level, (start, end) in enumerate(pairwise(grown.first)):
        if level:
            position[start:end] += position[grown.parent[start:end]] + np.int32(1)
    return position


def _before(grown: _Grown, frames: Frames, cum: Int) -> Small:
    """Count, for every node, the nodes of siblings that come before it; only nodes with siblings need sorting."""
    before = np.zeros(len(grown.parent), np.int32)
    single = grown.family & np.append(grown.family[1:], True)
    chosen = np.flatnonzero(~single)
    if not len(chosen):
        return before
    ranks = np.empty(len(frames), np.int64)
    used = np.zeros(len(frames), np.bool_)
    used[grown.frame[chosen]] = True
    by_name = sorted(np.flatnonzero(used).tolist(), key=frames.name.__getitem__)
    if len(set(frames.name)) < len(frames):
        by_name.sort(key=lambda frame: (frames.name[frame], frames.file[frame]))
    ranks[by_name] = np.arange(len(by_name))
    weight = -np.abs(cum[chosen])
    order = chosen[np.lexsort((ranks[grown.frame[chosen]], weight, grown.parent[chosen]))]
    size, parent = grown.size[order].astype(np.int64), grown.parent[order]
    running = np.cumsum(size) - size
    family = np.ones(len(order), np.bool_)
    family[1:] = parent[1:] != parent[:-1]
    before[order] = running - running[np.maximum.accumulate(np.where(family, np.arange(len(order)), 0))]
    return before
