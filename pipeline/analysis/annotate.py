"""What the stored source lines weigh in a profile, for the annotated source of a page.

Rules: only functions whose source the run stores, the hottest by flat and by cum of the default sample type in turn. As
everywhere, a line counts once per sample in cum. Functions weigh what a top table says they do.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.analysis import graph as graphs
from pipeline.analysis.columns import Unfolded, unfold
from pipeline.analysis.hot_lines import alternate
from pipeline.analysis.source import open_profile
from pipeline.model.profile import Int, Profile
from pipeline.model.report import NodeInfo
from pipeline.model.source import AnnotatedFunction, AnnotatedLine, SourceStore, StoredFunction

LIMIT: Final = 10
_ELSEWHERE: Final = NodeInfo()


def annotate(profile: Profile, store: SourceStore, *, limit: int = LIMIT) -> tuple[AnnotatedFunction, ...]:
    """Weigh the stored functions of a decoded profile and their lines; at most ``limit`` functions."""
    profile = open_profile(profile)
    places, stored = _places(profile, store)
    if not stored:
        return ()
    stacks = unfold(profile)
    functions, lines = _weights(profile, stacks, places, fine=False), _weights(profile, stacks, places, fine=True)
    by_function: dict[tuple[str, str], list[AnnotatedLine]] = {}
    for info in sorted(lines, key=lambda info: info.line):
        by_function.setdefault((info.file, info.name), []).append(AnnotatedLine(info.line, *lines[info]))
    found = [
        AnnotatedFunction(info.name, info.file, one.first, one.last, *functions[info], tuple(by_function[key]))
        for info in functions
        if (one := stored.get(key := (info.file, info.name))) is not None and key in by_function
    ]
    chosen = profile.sample_index()
    by_flat = sorted((one for one in found if one.flat[chosen]), key=lambda one: (-abs(one.flat[chosen]), _name(one)))
    by_cum = sorted((one for one in found if one.cum[chosen]), key=lambda one: (-abs(one.cum[chosen]), _name(one)))
    return tuple(alternate(by_flat, by_cum)[:limit])


def _name(one: AnnotatedFunction) -> tuple[str, str]:
    return one.name, one.path


def _places(profile: Profile, store: SourceStore) -> tuple[list[NodeInfo], dict[tuple[str, str], StoredFunction]]:
    """Say of each function which stored one it is; the files are those of the repository."""
    files = {filename: store.find(filename) for filename in set(profile.functions.filename)}
    known = {(file.path, one.name): one for file in store.files for one in file.functions}
    places, stored = [], {}
    for name, filename in zip(profile.functions.name, profile.functions.filename, strict=True):
        file = files[filename]
        key = (file.path if file is not None else "", name)
        places.append(NodeInfo(name, key[0]) if key in known else _ELSEWHERE)
        if key in known:
            stored[key] = known[key]
    return places, stored


_Weights = dict[NodeInfo, tuple[tuple[int, ...], tuple[int, ...]]]


def _weights(profile: Profile, stacks: Unfolded, places: list[NodeInfo], *, fine: bool) -> _Weights:
    """Give flat and cum of every stored function, or of every line of one, by sample type."""
    positions: dict[NodeInfo, int] = {_ELSEWHERE: 0}
    functions, numbers = profile.locations.line_function.tolist(), profile.locations.line_number.tolist()
    nodes = []
    for line in stacks.slot_line.tolist():
        place = places[functions[line]] if line >= 0 else _ELSEWHERE
        if fine and place is not _ELSEWHERE:
            place = place._replace(line=numbers[line])
        nodes.append(positions.setdefault(place, len(positions)))
    graph = graphs.Graph(stacks, tuple(positions), np.array(nodes, np.int64))
    where = graphs.presence(graph)
    columns = [profile.samples.values[:, index] for index in range(len(profile.sample_types))]
    flat = _rows([graphs.flat_weights(graph, where, values) for values in columns])
    cum = _rows([graphs.cum_weights(graph, where, values) for values in columns])
    kept = (place for place in range(1, len(positions)) if any(flat[place]) or any(cum[place]))
    return {graph.infos[place]: (flat[place], cum[place]) for place in kept}


def _rows(columns: list[Int]) -> list[tuple[int, ...]]:
    """Turn one column for each sample type into one row for each node."""
    return list(zip(*(column.tolist() for column in columns), strict=True))
