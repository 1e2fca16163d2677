"""Making a call graph small enough to read: which nodes, labels and edges stay, and in which order.

Rules: as pprof, light nodes go first, then light labels and edges, then all but the first nodes, then edges that
other paths make redundant. Pictures order nodes by how much they tell (entropy), tables by weight.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from pipeline.analysis.callgraph import Edge, Node, Tag
from pipeline.model.arithmetic import wrap

MAX_LABELS: Final = 4


def drop_negative(nodes: list[Node]) -> list[Node]:
    """Leave out nodes whose weight is negative."""
    return [node for node in nodes if not (node.flat < 0 or (node.flat == 0 and node.cum < 0))]


def trim_tree(nodes: list[Node], kept: set[Node]) -> list[Node]:
    """Take nodes out of a tree; what they called is called by their caller, or becomes a root."""
    left = []
    for node in nodes:
        if node in kept:
            left.append(node)
            continue
        entry = next(iter(node.callers.values()), None)
        if entry is None:
            for edge in node.callees.values():
                edge.target.callers.pop(node, None)
            continue
        parent = entry.source
        entry = parent.callees.pop(node)
        for edge in node.callees.values():
            child = edge.target
            child.callers.pop(node, None)
            child.callers[parent] = parent.callees[child] = edge
            edge.source, edge.residual, edge.inline = parent, True, entry.inline and edge.inline
    remove_redundant_edges(left)
    return left


def trim_tags(nodes: Iterable[Node], cutoff: int) -> None:
    """Remove labels lighter than the cutoff."""

    def heavy(tags: dict[str, Tag]) -> dict[str, Tag]:
        return {name: tag for name, tag in tags.items() if abs(tag.flat) >= cutoff or abs(tag.cum) >= cutoff}

    for node in nodes:
        node.tags = heavy(node.tags)
        node.numbers = {text: heavy(tags) for text, tags in node.numbers.items()}


def trim_edges(nodes: Iterable[Node], cutoff: int) -> int:
    """Remove edges lighter than the cutoff; returns how many."""
    dropped = 0
    for node in nodes:
        for source, edge in list(node.callers.items()):
            if abs(edge.weight) < cutoff:
                del node.callers[source]
                source.callees.pop(node, None)
                dropped += 1
    return dropped


def remove_redundant_edges(nodes: list[Node]) -> None:
    """Remove residual edges, lightest first, where another path leads to the same node."""
    for node in reversed(nodes):
        for edge in sorted(node.callers.values(), key=Edge.order, reverse=True):
            if not edge.residual:
                break
            if _is_redundant(edge):
                edge.source.callees.pop(node, None)
                del node.callers[edge.source]


def _is_redundant(edge: Edge) -> bool:
    seen, queue = {edge.target}, deque([edge.target])
    while queue:
        for way in queue.popleft().callers.values():
            if way is edge or way.source in seen:
                continue
            if way.source is edge.source:
                return True
            seen.add(way.source)
            queue.append(way.source)
    return False


def count_labels(node: Node) -> int:
    """Count the labels of the node's own samples: they take room in a picture."""
    groups = (node.tags, *node.numbers.values())
    return sum(1 for tags in groups for tag in tags.values() if tag.flat)


def first_nodes(nodes: list[Node], limit: int, *, picture: bool) -> list[Node]:
    """Take the first nodes; in a picture, labels count as nodes."""
    if picture:
        count = 0
        for place, node in enumerate(nodes, 1):
            count += min(count_labels(node), MAX_LABELS) + 1
            if count >= limit:
                limit = place
                break
    return nodes[:limit]


def sort_nodes(nodes: list[Node], *, cum: bool, picture: bool) -> None:
    """Order nodes: by entropy in a picture, else by inclusive or own weight; then by name."""
    first: Callable[[Node], int] = _entropy_score if picture else _cum if cum else _flat
    second = _flat if picture or cum else _cum
    keys = {node: (-_size(first(node)), node.name, -_size(second(node))) for node in nodes}
    if len(set(keys.values())) < len(keys):
        nodes.sort(key=_spelt)
    nodes.sort(key=keys.__getitem__)


def _size(value: int) -> int:
    """Take the absolute value as Go does: that of the smallest int64 is itself."""
    return wrap(abs(value))


def _flat(node: Node) -> int:
    return node.flat


def _cum(node: Node) -> int:
    return node.cum


def _spelt(node: Node) -> str:
    """Spell a node out as Go prints its struct: what orders nodes of one name."""
    info = node.info
    return f"{{{info.name}  {info.address} {info.file} {info.start_line} {info.line} {info.column} {info.object_file}}}"


def _entropy_score(node: Node) -> int:
    """Score what a node tells: it tells little when one edge leads in and one leads out."""
    score = _edge_entropy(node.callers.values(), 0) if node.callers else 1.0
    score += _edge_entropy(node.callees.values(), node.flat) if node.callees else 1.0
    scaled = score * float(node.cum)
    # What cannot be an int64 becomes the smallest one, as on amd64; so does "not a number".
    whole = int(scaled) if abs(scaled) < 2**63 else -(2**63)
    return wrap(whole + node.flat)


def _edge_entropy(edges: Iterable[Edge], own: int) -> float:
    weights = [edge.weight for edge in edges]
    total = own + sum(weight for weight in weights if weight > 0)
    if total == 0:
        return 0.0
    parts = [abs(weight) / total for weight in weights]
    parts += [own / total] if own > 0 else []
    return sum(_bits(part) for part in parts)


def _bits(part: float) -> float:
    return -part * math.log2(part) if part > 0 else math.nan
