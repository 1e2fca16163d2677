"""Roll-ups of one profile: what it weighs by whose code it is, by package, by own function and by topic.

Rules: the default sample type of a profile and those people ask for are rolled up. ``near`` of an own function is what
it spent with the foreign code it called: each sample counts for the own function nearest its leaf, so that a lock or an
allocation is told where one's own code asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.analysis.collecting import allocating, collecting
from pipeline.analysis.columns import Mask
from pipeline.analysis.origin import find_origins, find_packages
from pipeline.analysis.scope import exact_total
from pipeline.analysis.source import open_profile
from pipeline.analysis.stacks import Stacks, add_up, function_weights, group_weights, spell_out
from pipeline.analysis.topics import CompiledTopic, Weighed, weigh_topics
from pipeline.model.cost import FunctionWeight, OriginWeight, PackageWeight, Rollup
from pipeline.model.origin import ORIGINS, Origin
from pipeline.model.profile import Index, Int, Profile

SAMPLE_TYPES: Final = frozenset({"cpu", "alloc_space", "alloc_objects", "inuse_space"})
_PACKAGES: Final = 30
_FUNCTIONS: Final = 15


def roll_up(profile: Profile, *, module: str = "", topics: Sequence[CompiledTopic] = ()) -> tuple[Rollup, ...]:
    """Roll up a decoded profile; ``module`` is the path of the own module, empty to find it by file names."""
    profile = open_profile(profile)
    kinds = profile.sample_types
    default = profile.sample_index()
    types = [place for place, kind in enumerate(kinds) if place == default or kind.type in SAMPLE_TYPES]
    if not types or not len(profile.samples):
        return ()
    stacks = spell_out(profile)
    values = profile.samples.values[:, types]
    packages = find_packages(stacks.names, stacks.files)
    origins = find_origins(packages, stacks.files, module)
    by_origin = _origin_weights(stacks, packages, origins, values)
    by_package = _package_weights(stacks, packages, origins, values)
    functions = _own_functions(stacks, packages, origins, values)
    weighed = weigh_topics(stacks, topics, types) if topics else [Weighed((), 0)] * len(types)
    made = []
    for column, place in enumerate(types):
        is_cpu = kinds[place].type == "cpu"
        rows = by_package[column]
        made.append(
            Rollup(
                sample_type=kinds[place],
                total=exact_total(profile, place),
                origins=by_origin[column],
                packages=rows[:_PACKAGES],
                package_count=len(rows),
                functions=functions[column],
                topics=weighed[column].topics,
                topic_union=weighed[column].union,
                collecting=collecting(stacks, values[:, column]) if is_cpu else 0,
                allocating=allocating(stacks, values[:, column]) if is_cpu else 0,
            )
        )
    return tuple(made)


def _origin_weights(
    stacks: Stacks, packages: Sequence[str], origins: dict[str, Origin], values: Int
) -> list[tuple[OriginWeight, ...]]:
    group = [ORIGINS.index(origins[package]) for package in packages]
    flat, cum = group_weights(stacks, group, len(ORIGINS), values)
    return [
        tuple(
            OriginWeight(origin, int(flat[place, column]), int(cum[place, column]))
            for place, origin in enumerate(ORIGINS)
            if flat[place, column] or cum[place, column]
        )
        for column in range(values.shape[1])
    ]


def _package_weights(
    stacks: Stacks, packages: Sequence[str], origins: dict[str, Origin], values: Int
) -> list[tuple[PackageWeight, ...]]:
    """Weigh every package, in the order of what they touch: own code that only calls others is not lost."""
    positions: dict[str, int] = {}
    group = [positions.setdefault(package, len(positions)) for package in packages]
    names = list(positions)
    flat, cum = group_weights(stacks, group, len(names), values)
    made = []
    for column in range(values.shape[1]):
        order = _heaviest(np.maximum(np.abs(cum[:, column]), np.abs(flat[:, column])), names)
        made.append(
            tuple(
                PackageWeight(names[row], origins[names[row]], int(flat[row, column]), int(cum[row, column]))
                for row in order
            )
        )
    return made


def _own_functions(
    stacks: Stacks, packages: Sequence[str], origins: dict[str, Origin], values: Int
) -> list[tuple[FunctionWeight, ...]]:
    chosen = np.array([origins[package] == "own" for package in packages], np.bool_)
    places, flat, cum = function_weights(stacks, chosen, values)
    near = _nearest(stacks, chosen, values)[places]
    names = [stacks.names[place] for place in places.tolist()]
    files = [stacks.files[place] for place in places.tolist()]
    return [
        tuple(
            FunctionWeight(
                names[row], files[row], int(near[row, column]), int(flat[row, column]), int(cum[row, column])
            )
            for row in _heaviest(np.abs(near[:, column]), names)[:_FUNCTIONS]
        )
        for column in range(values.shape[1])
    ]


def _nearest(stacks: Stacks, chosen: Mask, values: Int) -> Int:
    """Add up values by the chosen function (bool[F + 1]) nearest the leaf: int64[F + 1, T]."""
    frames = np.flatnonzero(chosen[stacks.function])
    sample = stacks.sample[frames]
    first = frames[np.flatnonzero(np.diff(sample, prepend=-1))]
    return add_up(stacks.function[first], values[stacks.sample[first]], len(stacks.names))


def _heaviest(weights: Int, names: Sequence[str]) -> list[int]:
    """List the positions of what weighs anything, heaviest first, then by name."""
    heavy: Index = np.flatnonzero(weights)
    return sorted(heavy.tolist(), key=lambda row: (-int(weights[row]), names[row]))
