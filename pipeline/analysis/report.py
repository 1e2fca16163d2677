"""The top report, computed: filters, totals, nodes, trimming and order as in pprof.

Rules: takes a profile as `analysis.source.open_profiles` leaves it; what is counted is decided by `analysis.scope`.
Source of the rules: google/pprof, internal/report and internal/graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.analysis import graph as graphs
from pipeline.analysis.calls import inline_marks
from pipeline.analysis.columns import Mask
from pipeline.analysis.scope import Scope, open_scope
from pipeline.model.arithmetic import divide
from pipeline.model.profile import Int, Profile
from pipeline.model.report import NodeInfo, ReportOptions, ReportRow, TextReport


def build_top_report(profile: Profile, options: ReportOptions) -> TextReport:
    """Compute the report; raises UsageError for options that do not fit the profile."""
    return top_of(open_scope(profile, options))[0]


def top_of(scope: Scope) -> tuple[TextReport, list[NodeInfo]]:
    """Compute the rows of a scope; returns the report and what each row is a node of."""
    weighed = _weigh(scope)
    chosen, node_total, dropped = _select(weighed, scope.options)
    rows = _rows(weighed, chosen, scope.options)
    return scope.text(rows, node_total, dropped), [weighed.graph.infos[node] for node in chosen]


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """Nodes with their weights; the divisors are all 0 unless means are asked for."""

    graph: graphs.Graph
    values: Int
    counted: Mask
    flat: Int
    cum: Int
    flat_divisor: Int
    cum_divisor: Int

    def flat_value(self, node: int) -> int:
        return divide(int(self.flat[node]), int(self.flat_divisor[node]))

    def cum_value(self, node: int) -> int:
        return divide(int(self.cum[node]), int(self.cum_divisor[node]))


def _weigh(scope: Scope) -> _Weighed:
    graph = graphs.build_graph(scope.profile, scope.rules())
    where = graphs.presence(graph)
    values, divisors = scope.values(), scope.divisors()
    return _Weighed(
        graph=graph,
        values=values,
        counted=(values != 0) | (divisors != 0),
        flat=graphs.flat_weights(graph, where, values),
        cum=graphs.cum_weights(graph, where, values),
        flat_divisor=graphs.flat_weights(graph, where, divisors),
        cum_divisor=graphs.cum_weights(graph, where, divisors),
    )


def _select(weighed: _Weighed, options: ReportOptions) -> tuple[list[int], int, int]:
    """Choose and order the nodes to show; returns them, how many there were, and how many were too light."""
    alive = _alive(weighed, options)
    cutoff = _cutoff(weighed, alive, options.node_fraction)
    heavy = alive & (np.abs(weighed.cum) >= cutoff)
    infos = weighed.graph.infos
    first, second = (weighed.cum, weighed.flat) if options.cum_sort else (weighed.flat, weighed.cum)
    keyed = [
        (-abs(int(first[node])), infos[node].printable(), -abs(int(second[node])), infos[node], node)
        for node in np.flatnonzero(heavy).tolist()
    ]
    order = [key[-1] for key in sorted(keyed)]
    limit = options.node_count if options.node_count > 0 else len(order)
    return order[:limit], len(order), int(alive.sum()) - len(order)


def _alive(weighed: _Weighed, options: ReportOptions) -> Mask:
    flat, cum = weighed.flat, weighed.cum
    alive: Mask = (flat != 0) | (cum != 0)
    if options.drop_negative:
        alive &= ~((flat < 0) | ((flat == 0) & (cum < 0)))
    return alive


def _cutoff(weighed: _Weighed, alive: Mask, fraction: float) -> int:
    return abs(int(float(weighed.flat[alive].sum()) * fraction))


def _rows(weighed: _Weighed, chosen: list[int], options: ReportOptions) -> tuple[ReportRow, ...]:
    alive = _alive(weighed, options)
    kept = np.ones(len(weighed.graph), np.bool_)
    if len(chosen) != int(alive.sum()):
        # pprof builds the graph anew from the nodes it shows, so calls go from shown node to shown node.
        kept = np.zeros(len(weighed.graph), np.bool_)
        kept[chosen] = True
    cutoff = _cutoff(weighed, alive, options.edge_fraction)
    marks = inline_marks(weighed.graph, weighed.values, weighed.counted, kept, cutoff)
    infos = weighed.graph.infos
    return tuple(
        ReportRow(infos[node].printable(), weighed.flat_value(node), weighed.cum_value(node), marks[node])
        for node in chosen
    )
