"""Cutting frames off stacks: the profile's own ``drop_frames`` and the ``prune_from`` option, as pprof does.

Rules: cutting works on the leaf side of a stack only; values never change. Function names are matched without a
leading dot and without an argument list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from pipeline.analysis.columns import Mask, keep_entries, keep_lines, owners
from pipeline.analysis.pattern import compile_pattern
from pipeline.analysis.pattern_syntax import PatternError
from pipeline.model.profile import Index, Profile

_BRACKET: Final = re.compile(r"\(anonymous namespace\)|operator\(\)|\(")


def remove_uninteresting(profile: Profile) -> Profile:
    """Drop what the profile itself calls uninteresting (pprof's RemoveUninteresting); a bad pattern is ignored."""
    if not profile.drop_frames:
        return profile
    try:
        drop = compile_pattern(f"^({profile.drop_frames})$")
        keep = compile_pattern(f"^({profile.keep_frames})$") if profile.keep_frames else None
    except PatternError:
        return profile
    return prune(profile, lambda name: drop.search(name) and not (keep and keep.search(name)))


def prune(profile: Profile, drops: Callable[[str], bool]) -> Profile:
    """Cut every stack at the frame nearest the root that is dropped, together with all it called.

    Dropped frames before the first frame that stays (from the root) are not cut, so no stack is cut whole.
    """
    locations = profile.locations
    line_drops = _match_lines(profile, drops)
    position = np.arange(len(line_drops), dtype=np.int64)
    outermost = np.full(len(locations), -1, np.int64)
    np.maximum.at(outermost, owners(locations.line_offset)[line_drops], position[line_drops])
    hit = outermost >= 0
    whole = hit & (outermost == locations.line_offset[1:] - 1)
    kept_from = np.where(hit & ~whole, outermost + 1, locations.line_offset[:-1])
    cut = replace(profile, locations=keep_lines(locations, position >= kept_from[owners(locations.line_offset)]))
    samples = profile.samples
    first_kept = _cut_points(samples.stack_offset, samples.stack, hit, whole)
    entry = np.arange(len(samples.stack), dtype=np.int64)
    return replace(cut, samples=keep_entries(samples, entry >= first_kept[owners(samples.stack_offset)]))


def _cut_points(offset: Index, stack: Index, hit: Mask, whole: Mask) -> Index:
    """Find the first entry each stack keeps: int64[M] positions into ``stack``."""
    owner = owners(offset)
    entry = np.arange(len(stack), dtype=np.int64)
    user = np.full(len(offset) - 1, -1, np.int64)
    np.maximum.at(user, owner[~hit[stack]], entry[~hit[stack]])
    eligible = hit[stack] & (entry < user[owner])
    point = np.full(len(offset) - 1, -1, np.int64)
    np.maximum.at(point, owner[eligible], entry[eligible])
    found = point >= 0
    skip = np.zeros(len(point), np.int64)
    skip[found] = whole[stack[point[found]]]
    return np.where(found, point + skip, offset[:-1])


def prune_from(profile: Profile, drops: Callable[[str], bool]) -> Profile:
    """Cut everything below the matching frame nearest the leaf, but not that frame itself (pprof's PruneFrom)."""
    locations, samples = profile.locations, profile.samples
    line_drops = _match_lines(profile, drops)
    position = np.arange(len(line_drops), dtype=np.int64)
    none = len(line_drops)
    innermost = np.full(len(locations), none, np.int64)
    np.minimum.at(innermost, owners(locations.line_offset)[line_drops], position[line_drops])
    hit = innermost < none
    kept_from = np.where(hit, innermost, 0)
    cut = replace(profile, locations=keep_lines(locations, position >= kept_from[owners(locations.line_offset)]))
    owner = owners(samples.stack_offset)
    entry = np.arange(len(samples.stack), dtype=np.int64)
    first = np.full(len(samples), len(entry), np.int64)
    np.minimum.at(first, owner[hit[samples.stack]], entry[hit[samples.stack]])
    first = np.where(first < len(entry), first, 0)
    return replace(cut, samples=keep_entries(samples, entry >= first[owner]))


def _match_lines(profile: Profile, drops: Callable[[str], bool]) -> Mask:
    matched = np.fromiter(
        (bool(name) and drops(_simplify(name)) for name in profile.functions.name), np.bool_, len(profile.functions)
    )
    return matched[profile.locations.line_function]


def _simplify(name: str) -> str:
    """Drop the leading dot of PPC64 symbols and the argument list, but not the brackets that are part of a name."""
    name = name.removeprefix(".")
    for bracket in _BRACKET.finditer(name):
        if bracket.group() == "(":
            return name[: bracket.start()]
    return name
