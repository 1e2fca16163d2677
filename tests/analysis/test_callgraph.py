"""Nodes and calls, in a graph and along paths."""

from __future__ import annotations

from pipeline.analysis.callgraph import Node, SampleTags, Weights, build_nodes, build_paths
from pipeline.analysis.graph import NodeRules, build_graph
from pipeline.model.profile import Profile
from pipeline.model.report import NodeInfo
from tests.analysis.drawing import drawn, inlined_profile


def weights_of(profile: Profile) -> Weights:
    values = profile.samples.values[:, 1].tolist()
    return Weights(values, [0] * len(values))


def graph_of(profile: Profile, kept: set[str] | None = None) -> dict[str, Node]:
    infos = {NodeInfo(name) for name in kept} if kept is not None else None
    nodes = build_nodes(build_graph(profile, NodeRules()), weights_of(profile), infos)
    return {node.name: node for node in nodes}


def calls(node: Node) -> dict[str, tuple[int, bool, bool]]:
    return {target.name: (edge.weight, edge.inline, edge.residual) for target, edge in node.callees.items()}


def test_calls_count_once_per_stack() -> None:
    nodes = graph_of(drawn([(["f", "g", "f", "g"], [1, 10]), (["f"], [1, 5])]))
    assert (nodes["f"].flat, nodes["f"].cum) == (5, 15)
    assert (nodes["g"].flat, nodes["g"].cum) == (10, 10)
    assert calls(nodes["f"]) == {"g": (10, False, False)}
    assert calls(nodes["g"]) == {"f": (10, False, False)}
    assert nodes["f"].callers[nodes["g"]] is nodes["g"].callees[nodes["f"]]


def test_a_function_does_not_call_itself() -> None:
    assert calls(graph_of(drawn([(["f", "f"], [1, 10])]))["f"]) == {}


def test_edges_over_frames_not_kept_are_residual_and_their_leaf_has_no_own_weight() -> None:
    nodes = graph_of(drawn([(["a", "b", "c", "d"], [1, 10])]), {"a", "c"})
    assert calls(nodes["a"]) == {"c": (10, False, True)}
    assert (nodes["c"].flat, nodes["c"].cum) == (0, 10)


def test_inlined_calls() -> None:
    nodes = graph_of(inlined_profile())
    assert calls(nodes["middle"]) == {"leaf": (10, True, False)}
    assert calls(nodes["outer"]) == {"middle": (10, False, False)}


def test_nodes_without_weight_are_left_out_but_stay_at_the_ends_of_edges() -> None:
    nodes = graph_of(drawn([(["a", "b"], [1, 10]), (["c", "b"], [1, -10])]))
    assert sorted(nodes) == ["a", "c"]
    assert calls(nodes["a"]) == {"b": (10, False, False)}


def test_sums_wrap_like_int64() -> None:
    nodes = graph_of(drawn([(["f"], [1, 2**63 - 1]), (["f"], [1, 2])]))
    assert nodes["f"].flat == -(2**63) + 1


def test_every_path_is_a_node() -> None:
    profile = drawn([(["a", "x"], [1, 10]), (["b", "x"], [1, 5]), (["a", "x", "x"], [1, 1])])
    nodes = build_paths(build_graph(profile, NodeRules()), weights_of(profile))
    assert sorted((node.name, node.flat, node.cum) for node in nodes) == [
        ("a", 0, 11),
        ("b", 0, 5),
        ("x", 1, 1),
        ("x", 5, 5),
        ("x", 10, 11),
    ]
    assert len({node.function for node in nodes}) == 5


def test_labels_are_counted_at_nodes() -> None:
    profile = drawn([(["a", "b"], [1, 10])])
    tags = (SampleTags("user:ann", (("16B", 16, "bytes"),)),)
    weights = Weights([10], [0], tags)
    a, b = sorted(build_nodes(build_graph(profile, NodeRules()), weights), key=lambda node: node.name)
    assert (a.tags["user:ann"].flat, a.tags["user:ann"].cum) == (0, 10)
    assert (b.tags["user:ann"].flat, b.numbers["user:ann"]["16B"].flat) == (10, 10)
