"""Call trees: every stack merged from the root, all sample types at once.

Rules: inlined calls are frames of their own; a frame is a function name in a file; recursion makes a path longer, so a
node's cumulative weight counts each sample once. Grown level by level: the work is one sort per depth of the stacks,
not one step per frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

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
    stacks = unfold(profile)
    frames, slot_frame = _frames(profile, stacks)
    grown = _grow(stacks, slot_frame, len(frames), profile.samples.values)
    order = _depth_first(grown, frames, profile.sample_index())
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order), dtype=np.int64)
    parent = grown.parent[order]
    return CallTree(
        frames=frames,
        sample_types=profile.sample_types,
        default_index=profile.sample_index(),
        parent=np.where(parent >= 0, position[parent], -1),
        frame=grown.frame[order],
        inlined=grown.inlined[order].astype(np.int64),
        flat=np.ascontiguousarray(grown.flat[order].T),
        cum=np.ascontiguousarray(grown.cum[order].T),
        totals=totals,
    )


def _frames(profile: Profile, stacks: Unfolded) -> tuple[Frames, Index]:
    """Name the frame of every slot; a slot without a function is named after its mapped file."""
    positions: dict[tuple[str, str], int] = {}
    functions, locations = profile.functions, profile.locations
    objects = [NodeInfo(object_file=mapping.file).printable() for mapping in profile.mappings]
    objects.append(NodeInfo().printable())
    names = list(zip(functions.name, functions.filename, strict=True))
    mapping = locations.mapping[stacks.slot_location].tolist()
    lines = locations.line_function.tolist()
    slot_frame = np.empty(len(mapping), np.int64)
    for slot, line in enumerate(stacks.slot_line.tolist()):
        name, file = names[lines[line]] if line >= 0 else ("", "")
        slot_frame[slot] = positions.setdefault((name or file or objects[mapping[slot]], file), len(positions))
    name_column, file_column = zip(*positions, strict=True) if positions else ((), ())
    return Frames(name_column, file_column, tuple(map(package_of, name_column))), slot_frame


@dataclass(frozen=True, slots=True, eq=False)
class _Grown:
    """Nodes in the order they were met, level by level; ``first`` holds where each level begins, then the end."""

    parent: Index
    frame: Index
    inlined: Mask
    flat: Int
    cum: Int
    first: tuple[int, ...]


def _grow(stacks: Unfolded, slot_frame: Index, frame_count: int, values: Int) -> _Grown:
    depth = np.diff(stacks.offset)
    active = np.flatnonzero(depth > 0)
    node = np.full(len(depth), -1, np.int64)
    parents, frames, inlined, first = [], [], [], [0]
    for level in range(int(depth.max()) if len(depth) else 0):
        active = active[depth[active] > level]
        slot = stacks.slot[stacks.offset[1:][active] - 1 - level]
        keys, met = np.unique((node[active] + 1) * frame_count + slot_frame[slot], return_inverse=True)
        always = np.ones(len(keys), np.bool_)
        np.logical_and.at(always, met, stacks.slot_inlined[slot])
        node[active] = first[-1] + met
        parents.append(keys // frame_count - 1)
        frames.append(keys % frame_count)
        inlined.append(always)
        first.append(first[-1] + len(keys))
    flat = np.zeros((first[-1], values.shape[1]), np.int64)
    np.add.at(flat, node[depth > 0], values[depth > 0])
    parent = _join(parents)
    return _Grown(
        parent=parent,
        frame=_join(frames),
        inlined=np.concatenate(inlined) if inlined else np.zeros(0, np.bool_),
        flat=flat,
        cum=_add_up(flat, parent, first),
        first=tuple(first),
    )


def _join(parts: list[Int]) -> Int:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _add_up(flat: Int, parent: Index, first: list[int]) -> Int:
    """Add every level to the one above it, deepest first."""
    cum = flat.copy()
    for start, end in reversed(list(pairwise(first))[1:]):
        _add_to_parents(cum, parent[start:end], start)
    return cum


def _add_to_parents(totals: Int, parent: Index, start: int) -> None:
    """Add the nodes of one level, which follow each other from ``start`` sorted by parent, to their parents."""
    family = np.flatnonzero(np.concatenate(([True], parent[1:] != parent[:-1])))
    totals[parent[family]] += np.add.reduceat(totals[start : start + len(parent)], family, axis=0)


def _depth_first(grown: _Grown, frames: Frames, default: int) -> Index:
    """Order nodes depth first, the heaviest child (by absolute cum of the default type, then name) first."""
    count, levels = len(grown.parent), list(pairwise(grown.first))
    size = np.ones(count, np.int64)
    for start, end in reversed(levels[1:]):
        _add_to_parents(size, grown.parent[start:end], start)
    ranks = np.empty(len(frames), np.int64)
    ranks[sorted(range(len(frames)), key=lambda frame: (frames.name[frame], frames.file[frame]))] = np.arange(
        len(frames)
    )
    weight = -np.abs(grown.cum[:, default]) if count else np.zeros(0, np.int64)
    position = np.empty(count, np.int64)
    for start, end in levels:
        parent = grown.parent[start:end]
        order = np.lexsort((ranks[grown.frame[start:end]], weight[start:end], parent))
        sorted_parent, sorted_size = parent[order], size[start:end][order]
        before = np.cumsum(sorted_size) - sorted_size
        family = np.flatnonzero(np.concatenate(([True], sorted_parent[1:] != sorted_parent[:-1])))
        before -= np.repeat(before[family], np.diff([*family.tolist(), len(order)]))
        above = np.where(sorted_parent >= 0, position[sorted_parent], -1)
        position[start + order] = above + 1 + before
    result = np.empty(count, np.int64)
    result[position] = np.arange(count, dtype=np.int64)
    return result
