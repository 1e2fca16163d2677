"""The stacks of a profile as functions, and what groups of functions weigh: each sample once in every group it touches.

Rules: takes a profile as `analysis.source.open_profile` leaves it, so that weights are pprof's. Inlined calls count as
functions. The work is a pass over the stacks for each grouping, not for each group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.analysis.columns import Mask, Unfolded, owners, unfold
from pipeline.model.profile import Index, Int, Profile

_MOST_CELLS: Final = 1 << 22
"""Cells of the table of samples and groups that is held at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Stacks:
    """M samples with E frames in all, leaf first, over F named functions; the last one, F, stands for no function.

    ``unfolded`` are the frames; ``sample`` and ``function`` int64[E]; ``leaf`` int64[M], -1 for an empty stack;
    ``line_function`` int64[Q] is the function of each line of the profile's locations.
    """

    profile: Profile
    unfolded: Unfolded
    sample: Index
    function: Index
    leaf: Index
    line_function: Index
    names: tuple[str, ...]
    files: tuple[str, ...]


def spell_out(profile: Profile) -> Stacks:
    """Spell the stacks out; functions of one name are one, and have the first file any of them names."""
    unfolded = unfold(profile)
    positions: dict[str, int] = {}
    files: list[str] = []
    number = np.empty(len(profile.functions), np.int64)
    for place, (name, file) in enumerate(zip(profile.functions.name, profile.functions.filename, strict=True)):
        number[place] = position = positions.setdefault(name, len(positions))
        if position == len(files):
            files.append(file)
        elif not files[position]:
            files[position] = file
    line_function = number[profile.locations.line_function]
    slot_function = np.append(line_function, len(positions))[unfolded.slot_line]
    function = slot_function[unfolded.slot]
    leaf = np.full(len(profile.samples), -1, np.int64)
    filled = np.diff(unfolded.offset) > 0
    leaf[filled] = function[unfolded.offset[:-1][filled]]
    return Stacks(
        profile, unfolded, owners(unfolded.offset), function, leaf, line_function, (*positions, ""), (*files, "")
    )


def add_up(groups: Index, values: Int, count: int) -> Int:
    """Add values (int64[K, T]) up by group (int64[K]): int64[count, T], exact."""
    sums = np.zeros((count, values.shape[1]), np.int64)
    for column in range(values.shape[1]):
        np.add.at(sums[:, column], groups, values[:, column])
    return sums


def group_weights(stacks: Stacks, group: Sequence[int], count: int, values: Int) -> tuple[Int, Int]:
    """Weigh ``count`` groups of functions by values (int64[M, T]): flat and cum, int64[count, T].

    ``group`` names the group of each function, the one that stands for no function included.
    """
    of = np.asarray(group, np.int64)
    filled = stacks.leaf >= 0
    flat = add_up(of[stacks.leaf[filled]], values[filled], count)
    cum = np.zeros((count, values.shape[1]), np.int64)
    touched, offset = of[stacks.function], stacks.unfolded.offset
    rows = max(_MOST_CELLS // max(count, 1), 1)
    for start in range(0, len(values), rows):
        end = min(start + rows, len(values))
        frames = slice(int(offset[start]), int(offset[end]))
        table = np.zeros((end - start, count), np.bool_)
        table[stacks.sample[frames] - start, touched[frames]] = True
        samples, groups = np.nonzero(table)
        cum += add_up(groups, values[start + samples], count)
    return flat, cum


def samples_with(stacks: Stacks, chosen: Mask) -> Mask:
    """Tell which samples have a chosen function (bool[F + 1]) on their stack: bool[M]."""
    found = np.zeros(len(stacks.leaf), np.bool_)
    found[stacks.sample[chosen[stacks.function]]] = True
    return found


def function_weights(stacks: Stacks, chosen: Mask, values: Int) -> tuple[Index, Int, Int]:
    """Weigh each of the chosen functions (bool[F + 1]) by values (int64[M, T]): positions, flat, cum."""
    places = np.flatnonzero(chosen)
    rank = np.full(len(chosen), -1, np.int64)
    rank[places] = np.arange(len(places), dtype=np.int64)
    leaf = np.where(stacks.leaf >= 0, rank[stacks.leaf], -1)
    flat = add_up(leaf[leaf >= 0], values[leaf >= 0], len(places))
    frames = np.flatnonzero(rank[stacks.function] >= 0)
    width = max(len(places), 1)
    pairs = np.unique(stacks.sample[frames] * width + rank[stacks.function[frames]])
    return places, flat, add_up(pairs % width, values[pairs // width], len(places))
