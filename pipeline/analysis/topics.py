"""Topics: groups of code by a pattern, each sample counted once in every topic it touches.

Rules: a pattern is tried as ``go tool pprof -focus`` tries it: on function names, file names and the name of the mapped
binary; the cum of a topic is the total that ``-focus`` leaves. Topics may overlap, so their cums may add up to more
than the total; the union counts each sample once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.analysis.columns import Mask
from pipeline.analysis.filter import any_entry, match_names
from pipeline.analysis.pattern import compile_pattern
from pipeline.analysis.stacks import Stacks, function_weights
from pipeline.model.calltree import TopRow
from pipeline.model.cost import Topic, TopicWeight
from pipeline.model.profile import Int
from pipeline.model.symbol import package_of

_SPECIAL: Final = frozenset("\\.+*?()[]{}^$")
_FUNCTIONS: Final = 10


@dataclass(frozen=True, slots=True)
class CompiledTopic:
    """A topic that can be searched for."""

    topic: Topic
    search: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Weighed:
    """The topics of one sample type, and what samples of any of them weigh."""

    topics: tuple[TopicWeight, ...]
    union: int


def compile_topics(topics: Sequence[Topic]) -> tuple[CompiledTopic, ...]:
    """Compile the patterns of topics; raises PatternError (a ValueError) with Go's message."""
    return tuple(CompiledTopic(topic, searcher(topic.pattern)) for topic in topics)


def searcher(pattern: str) -> Callable[[str], bool]:
    """Make the search of one pattern: plain words by looking for them, all else by the pattern engine."""
    compiled = compile_pattern(pattern).search
    folded = pattern.startswith("(?i)")
    words = pattern.removeprefix("(?i)").split("|")
    if not pattern.isascii() or any(set(word) & _SPECIAL for word in words):
        return compiled
    if not folded:
        return lambda text: any(word in text for word in words)
    small = [word.lower() for word in words]

    def search(text: str) -> bool:
        # Beyond ASCII, letters fold in ways that lower() does not know of.
        if not text.isascii():
            return compiled(text)
        lowered = text.lower()
        return any(word in lowered for word in small)

    return search


def weigh_topics(stacks: Stacks, topics: Sequence[CompiledTopic], types: Sequence[int]) -> list[Weighed]:
    """Weigh topics in some sample types of a profile, by their positions."""
    columns = np.asarray(types, np.int64)
    values = stacks.profile.samples.values[:, columns]
    names = [stacks.profile.sample_types[place].type for place in types]
    found: list[list[TopicWeight]] = [[] for _ in types]
    union = np.zeros(values.shape, np.bool_)
    for one in topics:
        kinds = one.topic.sample_types
        wanted = np.array([not kinds or name in kinds for name in names], np.bool_)
        if not wanted.any():
            continue
        samples, leaves, functions = _touched(stacks, one.search)
        union |= samples[:, None] & wanted
        flat, cum = values[leaves].sum(axis=0), values[samples].sum(axis=0)
        rows = _functions(stacks, functions, values)
        for column in np.flatnonzero(wanted).tolist():
            weight = TopicWeight(one.topic.name, one.topic.pattern, int(flat[column]), int(cum[column]), rows(column))
            found[column].append(weight)
    return [
        Weighed(tuple(weights), int(values[union[:, column], column].sum())) for column, weights in enumerate(found)
    ]


def _touched(stacks: Stacks, search: Callable[[str], bool]) -> tuple[Mask, Mask, Mask]:
    """Find what matches: samples bool[M], samples by their leaf bool[M], functions bool[F + 1]."""
    matches = match_names(stacks.profile, search)
    samples = any_entry(stacks.profile, matches.locations(stacks.profile))
    slots = stacks.unfolded
    by_line = np.append(matches.line, False)[slots.slot_line]
    slot = by_line | matches.mapped[slots.slot_location]
    leaves = np.zeros(len(samples), np.bool_)
    filled = np.diff(slots.offset) > 0
    leaves[filled] = slot[slots.slot[slots.offset[:-1][filled]]]
    functions = np.zeros(len(stacks.names), np.bool_)
    functions[stacks.line_function[matches.line]] = True
    return samples, leaves, functions


def _functions(stacks: Stacks, chosen: Mask, values: Int) -> Callable[[int], tuple[TopRow, ...]]:
    places, flat, cum = function_weights(stacks, chosen, values)
    names = [stacks.names[place] for place in places.tolist()]
    files = [stacks.files[place] for place in places.tolist()]

    def rows(column: int) -> tuple[TopRow, ...]:
        heavy = np.flatnonzero((flat[:, column] != 0) | (cum[:, column] != 0)).tolist()
        ordered = sorted(heavy, key=lambda row: (-abs(flat[row, column]), -abs(cum[row, column]), names[row]))
        return tuple(
            TopRow(names[row], int(flat[row, column]), int(cum[row, column]), files[row], package_of(names[row]))
            for row in ordered[:_FUNCTIONS]
        )

    return rows
