"""Nodes of a report: what counts as one node at a granularity, and what each weighs.

Rules: a node is a distinct `NodeInfo`, as in pprof's graph. A sample adds its value once to the cumulative weight of
every node on its stack, however often the node recurs, and to the flat weight of its leaf. Weights are int64.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sized
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.analysis.columns import Unfolded, keep_lines, last_of_each, owners, unfold
from pipeline.model.profile import Index, Int, Profile
from pipeline.model.report import Granularity, NodeInfo, base_name

_SANDBOX: Final = ("/proc/self/cwd/./", "/proc/self/cwd/")


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """N nodes over unfolded stacks; ``slot_node`` int64[K] names the node of each slot."""

    stacks: Unfolded
    infos: tuple[NodeInfo, ...]
    slot_node: Index

    def __len__(self) -> int:
        return len(self.infos)


@dataclass(frozen=True, slots=True)
class NodeRules:
    """What tells nodes apart, and how file names are shortened first.

    ``object_files`` keeps functions of different binaries apart; ``whole_paths`` leaves file names as long as they are.
    """

    granularity: Granularity = ""
    no_inlines: bool = False
    show_columns: bool = False
    trim_path: str = ""
    source_path: str = ""
    object_files: bool = False
    whole_paths: bool = False


def build_graph(profile: Profile, rules: NodeRules) -> Graph:
    """Find the nodes of a profile at a granularity ("" means functions)."""
    if rules.no_inlines:
        profile = outermost_lines(profile)
    stacks = unfold(profile)
    slots, kind = _kinds(profile, stacks, rules)
    positions: dict[NodeInfo, int] = {}
    infos = _slot_infos(profile, stacks.slot_location[slots], stacks.slot_line[slots], rules)
    kind_node = np.fromiter((positions.setdefault(info, len(positions)) for info in infos), np.int64, len(infos))
    return Graph(stacks, tuple(positions), kind_node[kind])


def _kinds(profile: Profile, stacks: Unfolded, rules: NodeRules) -> tuple[Index, Index]:
    """Choose slots to look at, and say for each slot which of them it is like.

    Where lines and addresses do not tell nodes apart, a slot is its function in its mapped file.
    """
    count = len(stacks.slot_line)
    if rules.granularity in {"lines", "addresses"} or not count:
        return np.arange(count, dtype=np.int64), np.arange(count, dtype=np.int64)
    function = np.full(count, -1, np.int64)
    lined = stacks.slot_line >= 0
    function[lined] = profile.locations.line_function[stacks.slot_line[lined]]
    keys = function * (len(profile.mappings) + 1) + profile.locations.mapping[stacks.slot_location]
    _, first, kind = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order].astype(np.int64), rank[kind]


def outermost_lines(profile: Profile) -> Profile:
    """Keep only the outermost line of every location: calls that were inlined are gone."""
    offset = profile.locations.line_offset
    keep = np.arange(offset[-1], dtype=np.int64) == offset[1:][owners(offset)] - 1
    return replace(profile, locations=keep_lines(profile.locations, keep))


def _slot_infos(profile: Profile, location: Index, line: Int, rules: NodeRules) -> list[NodeInfo]:
    grain, functions, locations = rules.granularity or "functions", profile.functions, profile.locations
    blank = ("",) * len(functions)
    names = blank if grain == "files" else functions.name
    files = blank if grain == "functions" else tuple(clean_path(file, rules) for file in functions.filename)
    start_lines = functions.start_line.tolist()
    objects = (*(mapping.file for mapping in profile.mappings), "")
    zeros = [0] * len(line)
    # A slot without a line reads the last row of the tables, and does not use it.
    function = _take(locations.line_function, line)
    fine = grain in {"lines", "addresses"}
    numbers = _take(locations.line_number, line) if fine else zeros
    columns = _take(locations.line_column, line) if fine and _has_columns(grain, rules) else zeros
    addresses = locations.address[location].tolist() if grain == "addresses" else zeros
    mapping = locations.mapping[location].tolist()
    infos = []
    for row, at in enumerate(line.tolist()):
        if at < 0:
            infos.append(NodeInfo(address=addresses[row], object_file=objects[mapping[row]]))
            continue
        name, file = names[function[row]], files[function[row]]
        start, owner = 0, ""
        if not name or rules.object_files:
            start, owner = start_lines[function[row]], objects[mapping[row]]
        infos.append(NodeInfo(name, file, addresses[row], numbers[row], columns[row], start, owner))
    return infos


def _has_columns(grain: str, rules: NodeRules) -> bool:
    """Addresses with inlined calls are not merged at all, so they keep their columns."""
    return rules.show_columns or (grain == "addresses" and not rules.no_inlines)


def _take(column: Int, rows: Index) -> list[int]:
    if not len(column):
        return [0] * len(rows)
    taken: list[int] = column[rows].tolist()
    return taken


def clean_path(path: str, rules: NodeRules) -> str:
    """Shorten a file name by the trim and source paths, then resolve ``.`` and ``..`` in it."""
    trimmed = path if rules.whole_paths else trim_path(path, rules)
    if not trimmed:
        return ""
    cleaned = posixpath.normpath(trimmed)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def trim_path(path: str, rules: NodeRules) -> str:
    """Take the trim path, or what stands before the source path's own folder, off a file name."""
    if not rules.trim_path:
        for folder in filter(None, rules.source_path.split(":")):
            _, found, rest = path.partition(f"/{base_name(folder)}/")
            if found:
                return rest
    for prefix in (*filter(None, rules.trim_path.split(":")), *_SANDBOX):
        whole = prefix if prefix.endswith("/") else f"{prefix}/"
        if path.startswith(whole):
            return path[len(whole) :]
    return path


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """Which nodes are on which stacks: each pair (sample, node) once; ``leaf`` int64[M] is -1 for an empty stack."""

    sample: Index
    node: Index
    leaf: Index


def presence(graph: Graph) -> Presence:
    """Find the nodes of every stack."""
    return presence_of(graph.stacks, graph.slot_node, len(graph))


def presence_of(stacks: Unfolded, slot_node: Index, count: int) -> Presence:
    """Find the nodes of every stack; there are ``count`` of them, and ``slot_node`` names that of each slot."""
    offset, nodes = stacks.offset, slot_node.take(stacks.slot)
    owner = owners(offset)
    once = np.flatnonzero(last_of_each(offset, nodes, count))
    leaf = np.full(len(offset) - 1, -1, np.int64)
    filled = np.diff(offset) > 0
    leaf[filled] = nodes[offset[:-1][filled]]
    return Presence(owner.take(once), nodes.take(once), leaf)


def flat_weights(nodes: Sized, where: Presence, values: Int) -> Int:
    """Add up values (int64[M]) by leaf: int64[N]."""
    weights = np.zeros(len(nodes), np.int64)
    filled = where.leaf >= 0
    np.add.at(weights, where.leaf[filled], values[filled])
    return weights


def cum_weights(nodes: Sized, where: Presence, values: Int) -> Int:
    """Add up values (int64[M]) by every node of a stack: int64[N]."""
    weights = np.zeros(len(nodes), np.int64)
    np.add.at(weights, where.node, values[where.sample])
    return weights
