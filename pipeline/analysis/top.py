"""Top tables: flat and cumulative weight of every function, for all sample types at once.

Rules: equal to `go tool pprof -top -nodefraction=0` in numbers, names and order. A function counts once per sample in
cum, however often it recurs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.analysis import graph as graphs
from pipeline.analysis.scope import exact_total
from pipeline.analysis.source import open_profile
from pipeline.analysis.symbol import package_of
from pipeline.model.calltree import TopRow, TopTable
from pipeline.model.profile import Profile


def build_top_tables(profile: Profile, *, limit: int | None = None) -> tuple[TopTable, ...]:
    """Make one table per sample type of a decoded profile, at most ``limit`` rows each."""
    profile = open_profile(profile)
    graph = graphs.build_graph(profile, graphs.NodeRules())
    where = graphs.presence(graph)
    names = [info.printable() for info in graph.infos]
    files = _files(profile, graph)
    packages = [package_of(name) for name in names]
    # Names sorted once; each table is then a stable sort by weight.
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    tables = []
    for index, kind in enumerate(profile.sample_types):
        values = profile.samples.values[:, index]
        flat, cum = graphs.flat_weights(graph, where, values), graphs.cum_weights(graph, where, values)
        order = by_name[np.argsort(-np.abs(flat[by_name]), kind="stable")]
        order = order[(flat[order] != 0) | (cum[order] != 0)]
        rows = tuple(
            TopRow(names[node], int(flat[node]), int(cum[node]), files[node], packages[node])
            for node in order[:limit].tolist()
        )
        tables.append(TopTable(kind, exact_total(profile, index), rows, len(order)))
    return tuple(tables)


def _files(profile: Profile, graph: graphs.Graph) -> Sequence[str]:
    """Find a file for each function: the first one any of its lines names."""
    files = [""] * len(graph)
    functions, lined = profile.functions, graph.stacks.slot_line >= 0
    function = profile.locations.line_function[graph.stacks.slot_line[lined]]
    named = dict.fromkeys(zip(graph.slot_node[lined].tolist(), function.tolist(), strict=True))
    for node, at in named:
        files[node] = files[node] or functions.filename[at]
    return files
