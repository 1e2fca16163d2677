"""Top tables: flat and cumulative weight of every function, for all sample types at once.

Rules: equal to `go tool pprof -top -nodefraction=0` in numbers, names and order. A function counts once per sample in
cum, however often it recurs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.analysis import graph as graphs
from pipeline.analysis.columns import Unfolded, unfold
from pipeline.analysis.scope import exact_total
from pipeline.analysis.source import open_profile
from pipeline.model.calltree import TopRow, TopTable
from pipeline.model.profile import Index, Int, Profile
from pipeline.model.symbol import package_of


def build_top_tables(profile: Profile, *, limit: int | None = None) -> tuple[TopTable, ...]:
    """Make one table per sample type of a decoded profile, at most ``limit`` rows each."""
    profile = open_profile(profile)
    names, slot_node, stacks = _functions(profile)
    where = graphs.presence_of(stacks, slot_node, len(names))
    file = _files(profile, stacks, slot_node, len(names))
    tables = []
    for index, kind in enumerate(profile.sample_types):
        values = profile.samples.values[:, index]
        flat, cum = graphs.flat_weights(names, where, values), graphs.cum_weights(names, where, values)
        known = np.flatnonzero((flat != 0) | (cum != 0))
        order = _heaviest(np.abs(flat), known, names, limit)
        rows = tuple(
            TopRow(names[node], own, whole, file(node), package_of(names[node]))
            for node, own, whole in zip(order, flat[order].tolist(), cum[order].tolist(), strict=True)
        )
        tables.append(TopTable(kind, exact_total(profile, index), rows, len(known)))
    return tuple(tables)


def _functions(profile: Profile) -> tuple[Sequence[str], Index, Unfolded]:
    """Name the nodes of a report by function, and find the node of every slot.

    Where every frame has a named function, as in Go's profiles, that is one look at each function.
    """
    stacks, functions = unfold(profile), profile.functions.name
    if "" in functions or (stacks.slot_line < 0).any():
        graph = graphs.build_graph(profile, graphs.NodeRules())
        return [info.printable() for info in graph.infos], graph.slot_node, graph.stacks
    names, node = list(dict.fromkeys(functions)), np.arange(len(functions), dtype=np.int64)
    if len(names) < len(functions):
        positions = {name: position for position, name in enumerate(names)}
        node = np.fromiter(map(positions.__getitem__, functions), np.int64, len(functions))
    return names, node[profile.locations.line_function[stacks.slot_line]], stacks


def _files(profile: Profile, stacks: Unfolded, slot_node: Index, count: int) -> Callable[[int], str]:
    """Find a file for each function: the first one any of its lines names."""
    files = profile.functions.filename
    named = np.fromiter(map(bool, files), np.bool_, len(files))
    lined = np.flatnonzero(stacks.slot_line >= 0)
    function = profile.locations.line_function[stacks.slot_line[lined]]
    told = np.flatnonzero(named[function])[::-1]
    first = np.full(count, -1, np.int64)
    # NumPy assigns in order: backwards, the first stays.
    first[slot_node[lined[told]]] = function[told]
    found = first.tolist()
    return lambda node: files[found[node]] if found[node] >= 0 else ""


def _heaviest(weight: Int, known: Index, names: Sequence[str], limit: int | None) -> list[int]:
    """Order known nodes by weight (int64[N]), then name, and keep ``limit``; only what may be kept is sorted."""
    if limit is not None and 0 < limit < len(known):
        least = np.partition(weight[known], len(known) - limit)[len(known) - limit]
        known = known[weight[known] >= least]
    by_name = sorted(known.tolist(), key=names.__getitem__)
    return sorted(by_name, key=(-weight).item)[:limit]
