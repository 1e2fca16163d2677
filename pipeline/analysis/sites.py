"""Where a heap came from: bytes in use by the function that allocated, and by the service's own code that asked for it.

Rules: names and stacks are those of the top tables. Each byte counts once of each kind: for its leaf function, and for
the own function nearest to it on the stack; what no own code asked for has only the first.
"""

from __future__ import annotations

import numpy as np

from pipeline.analysis import graph as graphs
from pipeline.analysis.columns import Mask, owners
from pipeline.analysis.origin import find_origins, find_packages
from pipeline.analysis.source import open_profile
from pipeline.model.growth import SiteKind
from pipeline.model.origin import Origin
from pipeline.model.profile import Profile


def heap_sites(profile: Profile, module: str = "") -> dict[tuple[SiteKind, str], int]:
    """Add up ``inuse_space`` by site: kind and function -> bytes. ``module`` is the own module's path, if known."""
    profile = open_profile(profile)
    names = [kind.type for kind in profile.sample_types]
    values = profile.samples.values[:, names.index("inuse_space")]
    graph = graphs.build_graph(profile, graphs.NodeRules())
    offset, nodes = graph.stacks.offset, graph.slot_node[graph.stacks.slot]
    sample = owners(offset)
    found: dict[tuple[SiteKind, str], int] = {}
    mine = np.array([origin == "own" for origin in origins_of(graph, profile, module)], np.bool_)
    kinds: tuple[tuple[SiteKind, Mask], ...] = (("flat", np.ones(len(graph), np.bool_)), ("own", mine))
    for kind, counted in kinds:
        entries = np.flatnonzero(counted[nodes])
        chosen, first = np.unique(sample[entries], return_index=True)
        weights = np.zeros(len(graph), np.int64)
        np.add.at(weights, nodes[entries[first]], values[chosen])
        for node in np.flatnonzero(weights).tolist():
            key = (kind, graph.infos[node].printable())
            found[key] = found.get(key, 0) + int(weights[node])
    return found


def origins_of(graph: graphs.Graph, profile: Profile, module: str = "") -> list[Origin]:
    """Say of every function of a profile's graph whose code it is."""
    files = dict(zip(reversed(profile.functions.name), reversed(profile.functions.filename), strict=True))
    names = [info.printable() for info in graph.infos]
    places = [files.get(name, "") for name in names]
    packages = find_packages(names, places)
    origins = find_origins(packages, places, module)
    return [origins[package] for package in packages]
