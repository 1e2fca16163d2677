"""Call trees: every stack merged from the root, all sample types at once.

Rules: inlined calls are frames of their own; a frame is a function name in a file of a binary; recursion makes a path
longer, so a node's cumulative weight counts each sample once. Samples are joined level by level while they share a
path: one sort per depth, not one step per frame. What is below is a *tail*, one sample's alone; depth first, its nodes
come one after the other, so all tails are written at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.columns import Mask, Unfolded, expand, keep_samples, unfold
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
    stacks = unfold(profile)
    frames, slot_frame = _frames(profile, stacks)
    joined = _join(stacks, slot_frame, len(frames))
    flat, cum = _weigh(joined, profile.samples.values)
    position = _depth_first(joined, frames, cum[profile.sample_index()])
    tails = _tails(joined, position, stacks)
    nodes = len(position) + len(tails.place)
    parent, frame, inlined = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(nodes, np.bool_)
    parent[position], parent[tails.place] = _moved(joined.parent, position), tails.place - 1
    frame[position], frame[tails.place] = joined.frame, slot_frame.take(tails.slot)
    inlined[position], inlined[tails.place] = joined.inlined, stacks.slot_inlined.take(tails.slot)
    flat, cum = _weigh_tails(tails, profile.samples.values, position, flat, cum)
    return CallTree(
        frames=frames,
        sample_types=profile.sample_types,
        default_index=profile.sample_index(),
        parent=parent,
        frame=frame,
        inlined=inlined,
        flat=flat,
        cum=cum,
        totals=totals,
    )


def _moved(parent: Small, position: Small) -> Small:
    moved = position.take(parent, mode="clip")
    moved[parent < 0] = -1
    return moved


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
    whose = list(map(mapped.__getitem__, mapping))
    kind_frame = np.empty(len(kinds), np.int64)
    kind_frame[seen] = np.arange(len(kinds), dtype=np.int64)
    if len(set(names)) < len(names):
        keys = list(zip(names, files, whose, bare, strict=True))
        positions = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        kind_frame[seen] = np.fromiter(map(positions.__getitem__, keys), np.int64, len(keys))
        names, files, whose, bare = map(list, zip(*positions, strict=True))
    packages = tuple(map(package_of, names))
    return Frames(tuple(names), tuple(files), packages, tuple(whose), tuple(bare)), kind_frame[kind]


Small = NDArray[np.int32]
"""Positions of nodes while a tree is built: half the memory, and no tree of 2**31 nodes fits into it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """N nodes level by level, those of one parent together: all that samples share, and the first of each tail.

    ``size`` counts the nodes below each, itself and those of tails included. ``last`` int64[M] is the last of these
    nodes on the path of each sample, -1 for an empty stack; ``tail`` int32[M] counts the nodes that follow it.

    ``family`` tells of every node whether it is the first child of its parent; ``first`` holds where each level
    begins, then the end.
    """

    parent: Small
    frame: Small
    inlined: Mask
    size: Small
    last: Index
    tail: Small
    family: Mask
    first: tuple[int, ...]


def _join(stacks: Unfolded, slot_frame: Index, frame_count: int) -> _Joined:
    depth, outermost = np.diff(stacks.offset).astype(np.int32), stacks.offset[1:] - 1
    node, tail = np.full(len(depth), -1, np.int64), np.zeros(len(depth), np.int32)
    parents, frames, inlined, sizes = ([np.zeros(0, kind)] for kind in (np.int32, np.int32, np.bool_, np.int32))
    first, shared, level = [0], np.flatnonzero(depth > 0), 0
    while len(shared):
        slot = stacks.slot.take(outermost.take(shared) - level)
        keys, met, count = np.unique(
            (node[shared] + 1) * frame_count + slot_frame[slot], return_inverse=True, return_counts=True
        )
        parents.append((keys // frame_count - 1).astype(np.int32))
        frames.append((keys % frame_count).astype(np.int32))
        # A node is inlined where every call to it was.
        inlined.append(np.bincount(met, ~stacks.slot_inlined[slot], len(keys)) == 0)
        node[shared] = first[-1] + met
        first.append(first[-1] + len(keys))
        level += 1
        is_alone = count[met] == 1
        alone = shared[is_alone]
        tail[alone] = depth[alone] - level
        sizes.append(np.ones(len(keys), np.int32))
        sizes[-1][met[is_alone]] += tail[alone]
        shared = shared[~is_alone & (depth[shared] > level)]
    parent, size = np.concatenate(parents), np.concatenate(sizes)
    family = np.ones(len(parent), np.bool_)
    family[1:] = parent[1:] != parent[:-1]
    family[first[:-1]] = True
    joined = _Joined(
        parent=parent,
        frame=np.concatenate(frames),
        inlined=np.concatenate(inlined),
        size=size,
        last=node,
        tail=tail,
        family=family,
        first=tuple(first),
    )
    _add_up(joined, (size,))
    return joined


def _add_up(joined: _Joined, columns: Iterable[Int | Small]) -> None:
    """Add the numbers of the nodes of every level to those of their parents, deepest first."""
    starts = np.flatnonzero(joined.family)
    bounds = np.searchsorted(starts, joined.first).tolist()
    levels = list(pairwise(joined.first))
    for level in range(len(levels) - 1, 0, -1):
        start, end = levels[level]
        own = starts[bounds[level] : bounds[level + 1]]
        above = joined.parent[own]
        for column in columns:
            column[above] += np.add.reduceat(column[start:end], own - start, dtype=column.dtype)


def _weigh(joined: _Joined, values: Int) -> tuple[Int, Int]:
    """Weigh the joined nodes: flat and cum int64[S, N]."""
    flat, cum = np.zeros((2, values.shape[1], len(joined.parent)), np.int64)
    stacked = np.flatnonzero(joined.last >= 0)
    for weights, chosen in ((cum, stacked), (flat, stacked[joined.tail[stacked] == 0])):
        for row, column in zip(weights, values.T, strict=True):
            np.add.at(row, joined.last[chosen], column[chosen])
    _add_up(joined, cum)
    return flat, cum


# --- tails -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Tails:
    """The nodes of all tails, one tail after the other: ``place`` in the tree and ``slot`` of each; ``sample`` and
    ``length`` of each tail.
    """

    place: Index
    slot: Small
    sample: Index
    length: Index


def _tails(joined: _Joined, position: Small, stacks: Unfolded) -> _Tails:
    own = np.flatnonzero(joined.tail)
    length, begin = joined.tail[own].astype(np.int64), position[joined.last[own]].astype(np.int64) + 1
    place = expand(begin, length)
    # Stacks begin with their leaf, tails end with it.
    at = np.repeat(stacks.offset[own] + length - 1 + begin, length)
    at -= place
    return _Tails(place, stacks.slot.take(at), own, length)


def _weigh_tails(tails: _Tails, values: Int, position: Small, flat: Int, cum: Int) -> tuple[Int, Int]:
    """Put the weights of all nodes into their places: flat and cum int64[S, N]."""
    all_flat, all_cum = np.zeros((2, len(flat), len(position) + len(tails.place)), np.int64)
    ends = tails.place[np.cumsum(tails.length) - 1]
    for index, column in enumerate(values[tails.sample].T):
        all_flat[index, position], all_flat[index, ends] = flat[index], column
        all_cum[index, position], all_cum[index, tails.place] = cum[index], np.repeat(column, tails.length)
    return all_flat, all_cum


def _depth_first(joined: _Joined, frames: Frames, cum: Int) -> Small:
    """Place every node depth first, the heaviest child (by absolute ``cum``, then name) first."""
    position = _before(joined, frames, cum)
    for level, (start, end) in enumerate(pairwise(joined.first)):
        if level:
            position[start:end] += position[joined.parent[start:end]] + np.int32(1)
    return position


def _before(joined: _Joined, frames: Frames, cum: Int) -> Small:
    """Count, for every node, the nodes of siblings that come before it; only nodes with siblings need sorting."""
    before = np.zeros(len(joined.parent), np.int32)
    single = joined.family & np.append(joined.family[1:], True)
    chosen = np.flatnonzero(~single)
    if not len(chosen):
        return before
    ranks = np.empty(len(frames), np.int64)
    used = np.zeros(len(frames), np.bool_)
    used[joined.frame[chosen]] = True
    by_name = sorted(np.flatnonzero(used).tolist(), key=frames.name.__getitem__)
    if len(set(frames.name)) < len(frames):
        by_name.sort(key=lambda frame: (frames.name[frame], frames.file[frame]))
    ranks[by_name] = np.arange(len(by_name))
    weight = -np.abs(cum[chosen])
    order = chosen[np.lexsort((ranks[joined.frame[chosen]], weight, joined.parent[chosen]))]
    size, parent = joined.size[order].astype(np.int64), joined.parent[order]
    running = np.cumsum(size) - size
    family = np.ones(len(order), np.bool_)
    family[1:] = parent[1:] != parent[:-1]
    before[order] = running - running[np.maximum.accumulate(np.where(family, np.arange(len(order)), 0))]
    return before
