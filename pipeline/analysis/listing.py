"""The list report: what every line of the functions asked for weighs, in every file they are in.

Rules: as in pprof, nodes are lines, values are summed over lines without dividing means, and a function is shown from
its first line (or five lines before its first sample) to five lines after its last one. Where functions of one name
begin on different lines, pprof's own range depends on chance; here it is the one that holds them all.
Source of the rules: google/pprof, internal/report/source.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline.analysis import graph as graphs
from pipeline.analysis.filter import option_pattern
from pipeline.analysis.graph import Graph, NodeRules, clean_path
from pipeline.analysis.scope import Scope
from pipeline.errors import UsageError
from pipeline.model.profile import Profile
from pipeline.model.report import NodeInfo
from pipeline.model.source import ListedFile, ListedFunction

MARGIN: Final = 5
"""Lines shown around samples."""

_Node = tuple[NodeInfo, int, int]


def list_of(scope: Scope) -> tuple[ListedFunction, ...]:
    """Find the functions whose name matches the symbol of the options; raises UsageError when there are none."""
    pattern = option_pattern("argument", scope.options.symbol)
    graph = graphs.build_graph(scope.profile, scope.rules())
    where = graphs.presence(graph)
    flat = graphs.flat_weights(graph, where, scope.values()).tolist()
    cum = graphs.cum_weights(graph, where, scope.values()).tolist()
    functions: dict[str, dict[str, list[_Node]]] = {}
    for info, own, whole in zip(graph.infos, flat, cum, strict=True):
        if not (own or whole) or (scope.options.drop_negative and (own < 0 or (own == 0 and whole < 0))):
            continue
        if pattern is None or pattern.search(info.name):
            functions.setdefault(info.name, {}).setdefault(info.file, []).append((info, own, whole))
    if not functions:
        raise UsageError(f"no matches found for regexp: {scope.options.symbol}")
    names = _names(scope.profile, graph, scope.rules())
    return tuple(
        ListedFunction(
            name, tuple(_listed(file, names.get(file, ()), nodes) for file, nodes in sorted(files.items()) if file)
        )
        for name, files in sorted(functions.items())
    )


def _names(profile: Profile, graph: Graph, rules: NodeRules) -> dict[str, tuple[str, ...]]:
    """Say what the profile calls the files that are shown under a shorter name."""
    shown = {info.file for info in graph.infos}
    found: dict[str, list[str]] = {}
    for filename in sorted(set(profile.functions.filename)):
        if (file := clean_path(filename, rules)) in shown:
            found.setdefault(file, []).append(filename)
    return {file: tuple(names) for file, names in found.items()}


def _listed(file: str, names: tuple[str, ...], nodes: list[_Node]) -> ListedFile:
    starts = (info.start_line or info.line - MARGIN for info, _, _ in nodes)
    return ListedFile(
        file=file,
        names=names,
        flat=sum(own for _, own, _ in nodes),
        cum=sum(whole for _, _, whole in nodes),
        start=max(min(starts), 1),
        end=max(info.line for info, _, _ in nodes) + MARGIN,
        lines=tuple(_by_line(nodes)),
    )


def _by_line(nodes: Iterable[_Node]) -> Iterable[tuple[int, int, int]]:
    totals: dict[int, tuple[int, int]] = {}
    for info, own, whole in nodes:
        before = totals.get(info.line, (0, 0))
        totals[info.line] = (before[0] + own, before[1] + whole)
    return ((line, *totals[line]) for line in sorted(totals))
