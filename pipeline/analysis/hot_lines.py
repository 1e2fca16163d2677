"""Which functions of the checkout are hot in the profiles of a run, and which lines of their files are kept.

Rules: a function's heat is its largest share of any sample type of any profile. Half of the functions are chosen by
flat, half by cum. A function whose first line does not name it is left out: the source is not that of the program that
was profiled. Everything is in order of heat, names break ties.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final, TypeVar

import numpy as np

from pipeline.analysis import graph as graphs
from pipeline.analysis.columns import unfold
from pipeline.analysis.source import open_profile
from pipeline.analysis.source_match import match_path
from pipeline.model.profile import Profile
from pipeline.model.report import NodeInfo
from pipeline.model.source import Checkout, Extract, HotFunction, SourceFile, StoredFunction, TrackedText, name_digest
from pipeline.model.symbol import package_of

Item = TypeVar("Item")
_LONGEST: Final = 2000
"""Lines of a function that are kept at most."""
_UNNAMED: Final = re.compile(r"(func|gowrap|deferwrap)?\d+|glob|init|.*-fm|.*-range\d+")
_BRACKETS: Final = re.compile(r"\[[^\[\]]*\]")


@dataclass(slots=True)
class _Heat:
    """What is known of one function so far; shares are of totals, ``first`` 0 means no line number is known."""

    flat: float = 0.0
    cum: float = 0.0
    start: int = 0
    first: int = 0
    last: int = 0


def hot_functions(profiles: Iterable[Profile], checkout: Checkout, limit: int) -> tuple[HotFunction, ...]:
    """Choose at most ``limit`` functions of the checkout, hottest first."""
    heats: dict[tuple[str, str], _Heat] = {}
    for profile in profiles:
        if profile.sample_types and len(profile.functions):
            _warm(heats, open_profile(profile))
    own = {}
    for (name, filename), heat in heats.items():
        path = match_path(filename, package_of(name), checkout) if heat.first and heat.cum else ""
        if path:
            own[name, filename] = (path, heat)
    by_flat = sorted((key for key in own if own[key][1].flat), key=lambda key: (-own[key][1].flat, key))
    by_cum = sorted(own, key=lambda key: (-own[key][1].cum, key))
    found = []
    for name, filename in alternate(by_flat, by_cum)[:limit]:
        path, heat = own[name, filename]
        found.append(HotFunction(name, filename, path, heat.start, heat.first, heat.last))
    return tuple(found)


def alternate(first: Sequence[Item], second: Sequence[Item]) -> list[Item]:
    """Take from two rankings in turn, each item once."""
    merged = chain.from_iterable(zip_longest(first, second))
    return list(dict.fromkeys(item for item in merged if item is not None))


def _warm(heats: dict[tuple[str, str], _Heat], profile: Profile) -> None:
    """Add what one profile knows."""
    graph = _by_function(profile)
    where = graphs.presence(graph)
    for index in range(len(profile.sample_types)):
        values = profile.samples.values[:, index]
        total = float(profile.total(index)) or 1.0
        flat = np.abs(graphs.flat_weights(graph, where, values)) / total
        cum = np.abs(graphs.cum_weights(graph, where, values)) / total
        for info, own, whole in zip(graph.infos, flat.tolist(), cum.tolist(), strict=True):
            if whole or own:
                heat = heats.setdefault((info.name, info.file), _Heat())
                heat.flat, heat.cum = max(heat.flat, own), max(heat.cum, whole)
    starts = profile.functions.start_line.tolist()
    for function, line in _lines(profile, graph):
        key = (profile.functions.name[function], profile.functions.filename[function])
        if line > 0 and (known := heats.get(key)) is not None:
            known.start = min(filter(None, (known.start, max(starts[function], 0))), default=0)
            known.first = min(known.first or line, line)
            known.last = max(known.last, line)


def _by_function(profile: Profile) -> graphs.Graph:
    """Make a node of each function of each file; one without a name is for everything else."""
    stacks, functions = unfold(profile), profile.functions
    positions: dict[NodeInfo, int] = {NodeInfo(): 0}
    infos = (NodeInfo(*pair) for pair in zip(functions.name, functions.filename, strict=True))
    node = np.fromiter((positions.setdefault(info, len(positions)) for info in infos), np.int64, len(functions))
    line = stacks.slot_line
    function = profile.locations.line_function[line] if len(profile.locations.line_function) else line * 0
    return graphs.Graph(stacks, tuple(positions), np.where(line >= 0, node[function], 0))


def _lines(profile: Profile, graph: graphs.Graph) -> set[tuple[int, int]]:
    """List the functions and line numbers that are on any stack."""
    used = np.unique(graph.stacks.slot_line[graph.stacks.slot])
    used = used[used >= 0]
    locations = profile.locations
    return set(zip(locations.line_function[used].tolist(), locations.line_number[used].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Cut:
    """What is kept; ``differing`` functions do not begin where the profile says, ``left_out`` ones had no room."""

    files: tuple[SourceFile, ...]
    differing: tuple[str, ...]
    left_out: tuple[str, ...]


def cut_source(
    functions: Sequence[HotFunction], texts: Mapping[str, TrackedText], *, context: int, max_bytes: int
) -> Cut:
    """Cut the functions, hottest first, and ``context`` lines around them out of their files, up to ``max_bytes``."""
    chosen: dict[str, list[tuple[HotFunction, int, int]]] = {}
    wanted: dict[str, set[int]] = {}
    differing, left_out, size = [], [], 0
    for function in functions:
        text = texts.get(function.path)
        if text is None or not begins_here(function, text.lines):
            differing += [function.name] if text is not None else []
            continue
        first, last = extent(function, text.lines)
        around = set(range(max(first - context, 1), min(last + context, len(text.lines)) + 1))
        more = sum(len(text.lines[number - 1].encode()) for number in around - wanted.get(function.path, set()))
        if size + more > max_bytes:
            left_out.append(function.name)
            continue
        size += more
        wanted.setdefault(function.path, set()).update(around)
        chosen.setdefault(function.path, []).append((function, first, last))
    files = tuple(_file(texts[path], chosen[path], sorted(wanted[path])) for path in sorted(chosen))
    return Cut(files, tuple(differing), tuple(left_out))


def _file(text: TrackedText, chosen: Sequence[tuple[HotFunction, int, int]], numbers: Sequence[int]) -> SourceFile:
    functions = {StoredFunction(function.name, first, last) for function, first, last in chosen}
    return SourceFile(
        path=text.path,
        blob=text.blob,
        dirty=text.dirty,
        sha256=text.sha256,
        line_count=len(text.lines),
        names=tuple(sorted({name_digest(function.filename) for function, _, _ in chosen})),
        functions=tuple(sorted(functions, key=lambda one: (one.first, one.last, one.name))),
        extracts=tuple(_extracts(text.lines, numbers)),
    )


def _extracts(lines: Sequence[str], numbers: Sequence[int]) -> Iterator[Extract]:
    begin = 0
    for place, number in enumerate(numbers):
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1:
            first = numbers[begin]
            yield Extract(first, tuple(lines[first - 1 : number]))
            begin = place + 1


def begins_here(function: HotFunction, lines: Sequence[str]) -> bool:
    """Tell whether the file can be the one that was profiled: all lines exist, and the first one names the function."""
    if function.last > len(lines) or function.start > len(lines):
        return False
    plain = function.name
    while (shorter := _BRACKETS.sub("", plain)) != plain:
        plain = shorter
    identifier = plain.rpartition("/")[2].rpartition(".")[2].strip("()*")
    if not function.start or _UNNAMED.fullmatch(identifier):
        return True
    return bool(re.search(rf"(?<!\w){re.escape(identifier)}(?!\w)", lines[function.start - 1]))


def extent(function: HotFunction, lines: Sequence[str]) -> tuple[int, int]:
    """Find the first and last line of a function; it ends with the brace under its beginning, as gofmt sets it."""
    if not function.start:
        return function.first, function.last
    head = lines[function.start - 1]
    end = function.start
    if "{" not in head or head.count("{") != head.count("}"):
        indent = head[: len(head) - len(head.lstrip())]
        below = range(function.start, min(len(lines), function.start + _LONGEST))
        end = next((number + 1 for number in below if lines[number].startswith(f"{indent}}}")), end)
    return min(function.start, function.first), max(end, function.last)
