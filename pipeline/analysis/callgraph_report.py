"""The reports that show calls: a scope's call graph, trimmed, as values to print.

Rules: percentages, names and what is left out are those of pprof's tree, peek, dot and callgrind reports. Only
callgrind and dot follow paths (``call_tree``), only dot shows labels.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipeline import units
from pipeline.analysis import callgraph_trim as trim
from pipeline.analysis.callgraph import (
    Edge,
    Node,
    SampleTags,
    Tag,
    Weights,
    build_nodes,
    build_paths,
)
from pipeline.analysis.graph import Graph, build_graph
from pipeline.analysis.labels import sample_labels
from pipeline.analysis.merge import BASE_LABEL
from pipeline.analysis.scope import Scope
from pipeline.model.arithmetic import divide, wrap
from pipeline.model.report import (
    CallGraphReport,
    GraphEdge,
    GraphEnd,
    GraphNode,
    GraphTag,
    NodeInfo,
    ReportRow,
    base_name,
)
from pipeline.model.symbol import shorten


def call_graph_of(scope: Scope) -> CallGraphReport:
    """Build and trim the call graph of a scope."""
    trimmed = _Trimming(scope).trim()
    nodes = trimmed.nodes
    rows = tuple(ReportRow(node.name, node.flat_value(), node.cum_value()) for node in nodes)
    mappings = scope.profile.mappings
    return CallGraphReport(
        text=scope.text(rows, trimmed.node_total, trimmed.dropped_nodes),
        nodes=_graph_nodes(nodes),
        title=base_name(mappings[0].file) if mappings and mappings[0].file else "",
        dropped_edges=trimmed.dropped_edges,
        edge_fraction=scope.options.edge_fraction,
    )


@dataclass(slots=True)
class _Trimmed:
    nodes: list[Node]
    node_total: int
    dropped_nodes: int
    dropped_edges: int


class _Trimming:
    """The steps of pprof's ``newTrimmedGraph``; a graph is built anew of the nodes it keeps, a tree is cut."""

    def __init__(self, scope: Scope) -> None:
        self.options = scope.options
        self.picture = scope.kind == "dot"
        self.paths = scope.options.call_tree and scope.kind in {"dot", "callgrind"}
        self.graph: Graph = build_graph(scope.profile, scope.rules())
        tags = _sample_tags(scope) if self.picture else []
        self.weights = Weights(scope.values().tolist(), scope.divisors().tolist(), tags)

    def trim(self) -> _Trimmed:
        """Build the graph and trim it."""
        options = self.options
        nodes = self._build(None, with_calls=False)
        total = float(wrap(sum(node.flat for node in nodes)))
        node_cutoff, edge_cutoff = (
            abs(int(total * fraction)) for fraction in (options.node_fraction, options.edge_fraction)
        )
        dropped = len(nodes)
        kept = [node for node in nodes if abs(node.cum) >= node_cutoff] if node_cutoff > 0 else nodes
        nodes = self._connect(nodes, kept)
        dropped -= len(nodes)
        count = len(nodes)
        self._sort(nodes)
        if options.node_count > 0:
            trim.trim_tags(nodes, node_cutoff)
            trim.trim_edges(nodes, edge_cutoff)
            first = trim.first_nodes(nodes, options.node_count, picture=self.picture)
            if len(first) != len(nodes):
                nodes = self._keep(nodes, first)
                self._sort(nodes)
        trim.trim_tags(nodes, node_cutoff)
        dropped_edges = trim.trim_edges(nodes, edge_cutoff)
        if self.picture:
            trim.remove_redundant_edges(nodes)
        return _Trimmed(nodes, count, dropped, dropped_edges)

    def _build(self, kept: set[NodeInfo] | None, *, with_calls: bool = True) -> list[Node]:
        if self.paths:
            nodes = build_paths(self.graph, self.weights)
        else:
            nodes = build_nodes(self.graph, self.weights, kept, with_calls=with_calls)
        return trim.drop_negative(nodes) if self.options.drop_negative else nodes

    def _connect(self, nodes: list[Node], kept: list[Node]) -> list[Node]:
        """Keep some of nodes that were built without their calls; paths have theirs."""
        return self._build(None) if len(kept) == len(nodes) and not self.paths else self._keep(nodes, kept)

    def _keep(self, nodes: list[Node], kept: list[Node]) -> list[Node]:
        if len(kept) == len(nodes):
            return nodes
        if self.paths:
            return trim.trim_tree(nodes, set(kept))
        return self._build({node.info for node in kept})

    def _sort(self, nodes: list[Node]) -> None:
        trim.sort_nodes(nodes, cum=self.options.cum_sort, picture=self.picture)


def _sample_tags(scope: Scope) -> list[SampleTags]:
    """Collect what graphs show of labels: texts, and of numbers only those of the key ``bytes``."""
    unit, shown_unit = scope.label_units.get("bytes", ""), scope.options.unit
    tags = []
    for labels in sample_labels(scope.profile.labels, len(scope.profile.samples)):
        texts = sorted(
            f"{label.key}:{label.text}" for label in labels if not label.is_number and label.key != BASE_LABEL[0]
        )
        numbers = tuple(
            (units.scaled_label(label.number, unit, shown_unit), label.number, unit)
            for label in labels
            if label.is_number and label.key == "bytes"
        )
        tags.append(SampleTags("\\n".join(texts), numbers))
    return tags


def _ends(nodes: list[Node]) -> dict[Node, GraphEnd]:
    """Number the nodes and tell functions of one name and file apart."""
    functions: dict[tuple[str, str], dict[object, int]] = {}
    for node in nodes:
        own = functions.setdefault((node.info.file, node.info.name), {})
        own.setdefault(node.function, len(own) + 1)
    ends = {}
    for position, node in enumerate(nodes, 1):
        own = functions[node.info.file, node.info.name]
        suffix = f" [{own[node.function]}/{len(own)}]" if len(own) > 1 else ""
        ends[node] = GraphEnd(position, node.info, node.info.name + suffix)
    return ends


def _graph_nodes(nodes: list[Node]) -> tuple[GraphNode, ...]:
    ends, made = _ends(nodes), dict[Edge, GraphEdge]()

    def edges(found: Collection[Edge]) -> tuple[GraphEdge, ...]:
        ordered = sorted(found, key=Edge.order) if len(found) > 1 else found
        return tuple(made.get(edge) or made.setdefault(edge, _edge(edge, ends)) for edge in ordered)

    return tuple(
        GraphNode(
            info=node.info,
            short_name=shorten(node.info.name),
            flat=node.flat_value(),
            cum=node.cum_value(),
            callers=edges(node.callers.values()),
            callees=edges(node.callees.values()),
            tags=tuple(_tag(tag) for tag in node.tags.values()),
            numbers=tuple(
                (text, tuple(_tag(tag) for tag in tags.values())) for text, tags in node.numbers.items() if tags
            ),
        )
        for node in nodes
    )


def _edge(edge: Edge, ends: dict[Node, GraphEnd]) -> GraphEdge:
    return GraphEdge(
        source=ends.get(edge.source) or GraphEnd(0, edge.source.info, ""),
        target=ends.get(edge.target) or GraphEnd(0, edge.target.info, ""),
        weight=edge.weight,
        mean=divide(edge.weight, edge.divisor),
        inline=edge.inline,
        residual=edge.residual,
    )


def _tag(tag: Tag) -> GraphTag:
    return GraphTag(tag.name, tag.unit, tag.value, tag.flat, tag.cum, (tag.flat_divisor, tag.cum_divisor))
