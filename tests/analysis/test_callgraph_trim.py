"""Making call graphs smaller."""

from __future__ import annotations

import pytest

from pipeline.analysis import callgraph_trim as trim
from pipeline.analysis.callgraph import Edge, Node, Tag


def connect(source: Node, target: Node, weight: int, *, inline: bool = False, residual: bool = False) -> None:
    source.callees[target] = target.callers[source] = Edge(source, target, inline, residual, weight)


def nodes(*weights: tuple[str, int, int]) -> list[Node]:
    return [Node(name, flat=flat, cum=cum) for name, flat, cum in weights]


def names(found: list[Node]) -> list[str]:
    return [node.name for node in found]


def test_orders() -> None:
    found = nodes(("a", 1, 50), ("b", -9, 9), ("c", 9, 20))
    trim.sort_nodes(found, cum=False, picture=False)
    assert names(found) == ["b", "c", "a"]
    trim.sort_nodes(found, cum=True, picture=False)
    assert names(found) == ["a", "c", "b"]


def test_a_picture_shows_first_what_tells_most() -> None:
    through, leaf, root = nodes(("through", 0, 100), ("leaf", 100, 100), ("root", 0, 100))
    connect(root, through, 100)
    connect(through, leaf, 100)
    found = [through, root, leaf]
    trim.sort_nodes(found, cum=False, picture=True)
    assert names(found) == ["leaf", "root", "through"]


def test_light_edges_go_from_both_ends() -> None:
    a, b, c = nodes(("a", 0, 10), ("b", 1, 1), ("c", 9, 9))
    connect(a, b, -1)
    connect(a, c, 9)
    assert trim.trim_edges([a, b, c], 2) == 1
    assert (list(a.callees), b.callers) == ([c], {})


def test_light_labels_go() -> None:
    (node,) = nodes(("a", 0, 10))
    node.tags = {"x": Tag("x", flat=1), "y": Tag("y", cum=5)}
    node.numbers = {"": {"1": Tag("1", "bytes", 1, flat=-3), "2": Tag("2", "bytes", 2)}}
    trim.trim_tags([node], 2)
    assert (list(node.tags), list(node.numbers[""])) == (["y"], ["1"])


def test_labels_take_room_in_a_picture() -> None:
    first, second, third = nodes(("a", 3, 3), ("b", 2, 2), ("c", 1, 1))
    first.tags = {str(number): Tag(str(number), flat=1) for number in range(7)}
    assert names(trim.first_nodes([first, second, third], 6, picture=True)) == ["a", "b"]
    assert names(trim.first_nodes([first, second, third], 6, picture=False)) == ["a", "b", "c"]
    assert names(trim.first_nodes([first, second, third], 1, picture=False)) == ["a"]


@pytest.mark.parametrize("inline", [True, False])
def test_what_a_node_taken_out_called_is_called_by_its_caller(inline: bool) -> None:
    root, middle, leaf = nodes(("root", 0, 10), ("middle", 0, 10), ("leaf", 10, 10))
    connect(root, middle, 10, inline=inline)
    connect(middle, leaf, 10, inline=True)
    assert names(trim.trim_tree([middle, root, leaf], {root, leaf})) == ["root", "leaf"]
    edge = root.callees[leaf]
    assert (edge.source, edge.residual, edge.inline, leaf.callers) == (root, True, inline, {root: edge})
    assert list(root.callees) == [leaf]


def test_children_of_a_root_taken_out_become_roots() -> None:
    root, leaf = nodes(("root", 0, 10), ("leaf", 10, 10))
    connect(root, leaf, 10)
    assert names(trim.trim_tree([root, leaf], {leaf})) == ["leaf"]
    assert leaf.callers == {}


def test_residual_edges_go_where_another_path_leads() -> None:
    a, b, c = nodes(("a", 0, 10), ("b", 0, 10), ("c", 10, 10))
    connect(a, b, 9)
    connect(b, c, 9)
    connect(a, c, 1, residual=True)
    trim.remove_redundant_edges([a, b, c])
    assert (list(a.callees), list(c.callers)) == ([b], [b])


def test_residual_edges_stay_where_they_are_the_only_path_or_the_heaviest() -> None:
    a, b, c = nodes(("a", 0, 10), ("b", 0, 10), ("c", 10, 10))
    connect(a, c, 10, residual=True)
    connect(b, c, 5)
    trim.remove_redundant_edges([a, b, c])
    assert set(c.callers) == {a, b}


def test_negative_nodes_go() -> None:
    found = nodes(("a", -1, 5), ("b", 0, -5), ("c", 1, -5), ("d", 0, 5))
    assert names(trim.drop_negative(found)) == ["c", "d"]
