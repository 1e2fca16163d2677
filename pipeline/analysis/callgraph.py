"""Nodes and calls between them: the graph behind the tree, peek, dot and callgrind reports, or the tree of call paths.

Rules: as pprof, a stack counts a node and a call once, in a tree every path is a node of its own. An edge over frames
that are not kept is residual; it is inlined when every call it stands for was. Nodes and edges are mutable while a
graph is built and trimmed (`analysis.callgraph_trim`); nothing outside these two modules writes to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pipeline.analysis.calls import Calls, find_calls
from pipeline.analysis.graph import Graph, Presence, cum_weights, flat_weights, presence
from pipeline.model.arithmetic import divide, wrap
from pipeline.model.profile import Int
from pipeline.model.report import NodeInfo

_NOWHERE: Final = NodeInfo()


@dataclass(slots=True, eq=False)
class Tag:
    """A label value at one node; ``unit`` is empty for texts."""

    name: str
    unit: str = ""
    value: int = 0
    flat: int = 0
    flat_divisor: int = 0
    cum: int = 0
    cum_divisor: int = 0

    def add(self, value: int, divisor: int, *, flat: bool) -> None:
        """Add a sample."""
        if flat:
            self.flat, self.flat_divisor = wrap(self.flat + value), wrap(self.flat_divisor + divisor)
        else:
            self.cum, self.cum_divisor = wrap(self.cum + value), wrap(self.cum_divisor + divisor)


@dataclass(slots=True, eq=False)
class Node(Tag):
    """A node with its edges and the labels of its samples; ``function`` is the same for all nodes of one function."""

    info: NodeInfo = _NOWHERE
    function: object = None
    callers: dict[Node, Edge] = field(default_factory=dict)
    callees: dict[Node, Edge] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    numbers: dict[str, dict[str, Tag]] = field(default_factory=dict)

    def flat_value(self) -> int:
        """Give the own weight, as a mean where means are asked for."""
        return divide(self.flat, self.flat_divisor)

    def cum_value(self) -> int:
        """Give the inclusive weight, as a mean where means are asked for."""
        return divide(self.cum, self.cum_divisor)

    def find_tags(self, labels: SampleTags) -> Iterator[Tag]:
        """Find or add the tags a sample counts for."""
        if labels.text:
            yield self.tags.setdefault(labels.text, Tag(labels.text))
        own = self.numbers.setdefault(labels.text, {})
        for name, value, unit in labels.numbers:
            yield own.setdefault(name, Tag(name, unit, value))


@dataclass(slots=True, eq=False)
class Edge:
    """Calls from one node to another."""

    source: Node
    target: Node
    inline: bool
    residual: bool = False
    weight: int = 0
    divisor: int = 0

    def order(self) -> tuple[int, str, str]:
        """Sort heaviest first, then by names."""
        return -abs(self.weight), self.source.name, self.target.name


@dataclass(frozen=True, slots=True)
class SampleTags:
    """What graphs show of a sample's labels: all texts as one, and numbers as shown, with their value and unit."""

    text: str = ""
    numbers: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What every sample weighs and is divided by, and its labels where a report shows them."""

    values: Sequence[int]
    divisors: Sequence[int]
    tags: Sequence[SampleTags] = ()


def build_nodes(
    graph: Graph, weights: Weights, kept: set[NodeInfo] | None = None, *, with_calls: bool = True
) -> list[Node]:
    """Build the call graph, of the nodes kept only if these are given; nodes without weight are left out."""
    keep = np.array([kept is None or info in kept for info in graph.infos], np.bool_)
    where, values, divisors = presence(graph), np.array(weights.values), np.array(weights.divisors)
    columns = [add(graph, where, of) for of in (values, divisors) for add in (flat_weights, cum_weights)]
    nodes = [
        Node(
            info.printable(),
            flat=flat,
            flat_divisor=flat_divisor,
            cum=cum,
            cum_divisor=cum_divisor,
            info=info,
            function=info._replace(address=0, line=0, column=0),
        )
        if is_kept
        else None
        for info, is_kept, flat, cum, flat_divisor, cum_divisor in zip(
            graph.infos, keep.tolist(), *(column.tolist() for column in columns), strict=True
        )
    ]
    if with_calls:
        _add_calls(find_calls(graph, (values != 0) | (divisors != 0), keep), nodes, values, divisors)
    if any(tags.text or tags.numbers for tags in weights.tags):
        _add_tags(where, nodes, weights)
    return [node for node in nodes if node and (node.flat or node.cum)]


def _add_calls(calls: Calls, nodes: Sequence[Node | None], values: Int, divisors: Int) -> None:
    columns = calls.caller, calls.callee, calls.inlined, calls.residual, calls.weights(values), calls.weights(divisors)
    for caller, callee, inlined, residual, weight, divisor in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        source, target = nodes[caller], nodes[callee]
        if source and target:
            source.callees[target] = target.callers[source] = Edge(source, target, inlined, residual, weight, divisor)


def _add_tags(where: Presence, nodes: Sequence[Node | None], weights: Weights) -> None:
    """Add the labels of every sample that counts to the nodes of its stack."""
    leaves = where.leaf.tolist()
    for row, at in zip(where.sample.tolist(), where.node.tolist(), strict=True):
        node, value, divisor = nodes[at], weights.values[row], weights.divisors[row]
        if node is None or not (value or divisor):
            continue
        for tag in node.find_tags(weights.tags[row]):
            tag.add(value, divisor, flat=False)
            if leaves[row] == at:
                tag.add(value, divisor, flat=True)


_Stack = list[tuple[int, bool]]


def _stacks(graph: Graph, weights: Weights) -> Iterator[tuple[int, _Stack]]:
    """Spell out the stacks of samples that count, root first: slots, and whether the call to each was inlined."""
    stacks = graph.stacks
    offsets, slots = stacks.offset.tolist(), stacks.slot.tolist()
    inlined = stacks.slot_inlined[stacks.slot].tolist()
    counted = np.flatnonzero((np.array(weights.values) != 0) | (np.array(weights.divisors) != 0))
    for row in counted.tolist():
        start, end = offsets[row], offsets[row + 1]
        yield row, list(zip(slots[start:end], inlined[start:end], strict=True))[::-1]


def _add_sample(node: Node, row: int, weights: Weights, *, flat: bool) -> None:
    value, divisor = weights.values[row], weights.divisors[row]
    node.add(value, divisor, flat=flat)
    if weights.tags:
        for tag in node.find_tags(weights.tags[row]):
            tag.add(value, divisor, flat=flat)


def _add_edge(source: Node, target: Node, value: int, divisor: int, *, inline: bool, residual: bool) -> None:
    edge = source.callees.get(target)
    if edge is None:
        edge = source.callees[target] = target.callers[source] = Edge(source, target, inline)
    edge.weight, edge.divisor = wrap(edge.weight + value), wrap(edge.divisor + divisor)
    edge.residual |= residual
    edge.inline &= inline


def build_paths(graph: Graph, weights: Weights) -> list[Node]:
    """Build the tree of call paths: a node for every distinct path; nodes without weight are left out."""
    children: dict[tuple[Node | None, int], Node] = {}
    nodes = graph.slot_node.tolist()
    for row, stack in _stacks(graph, weights):
        value, divisor = weights.values[row], weights.divisors[row]
        parent: Node | None = None
        for slot, inline in stack:
            node = children.get((parent, nodes[slot]))
            if node is None:
                info = graph.infos[nodes[slot]]
                function = parent, info._replace(address=0, line=0, column=0)
                node = children[parent, nodes[slot]] = Node(info.printable(), info=info, function=function)
            _add_sample(node, row, weights, flat=False)
            if parent is not None:
                _add_edge(parent, node, value, divisor, inline=inline, residual=False)
            parent = node
        if parent is not None:
            _add_sample(parent, row, weights, flat=True)
    return [node for node in children.values() if node.flat or node.cum]
