"""Call graphs as values to print."""

from __future__ import annotations

from pipeline.analysis.callgraph_report import call_graph_of
from pipeline.analysis.scope import open_scope
from pipeline.analysis.source import open_profile
from pipeline.model.profile import Profile
from pipeline.model.report import CallGraphReport, GraphNode, ReportKind, ReportOptions
from tests.analysis.drawing import drawn, labelled

PROFILE = open_profile(drawn([(["main", "mid", "heavy"], [1, 900]), (["main", "b"], [1, 99]), (["tiny"], [1, 1])]))


def report(kind: ReportKind, options: ReportOptions | None = None, profile: Profile = PROFILE) -> CallGraphReport:
    return call_graph_of(open_scope(profile, options or ReportOptions(), kind))


def shown(found: tuple[GraphNode, ...]) -> list[tuple[str, int, int]]:
    return [(node.info.name, node.flat, node.cum) for node in found]


def test_nodes_are_trimmed_and_ordered() -> None:
    tree = report("tree")
    assert shown(tree.nodes) == [("heavy", 900, 900), ("b", 99, 99), ("main", 0, 999), ("mid", 0, 900)]
    assert (tree.text.dropped, tree.text.node_total, tree.text.total, tree.title) == (1, 4, 1000, "app")
    assert len(report("tree", ReportOptions(trim=False)).nodes) == 5


def test_edges_are_ordered_and_know_their_ends() -> None:
    main = report("tree").nodes[2]
    assert [(edge.target.info.name, edge.weight, edge.target.position) for edge in main.callees] == [
        ("mid", 900, 4),
        ("b", 99, 2),
    ]


def test_a_limit_leaves_residual_edges() -> None:
    tree = report("tree", ReportOptions(node_count=3))
    assert [node.info.name for node in tree.nodes] == ["heavy", "b", "main"]
    assert [(edge.target.info.name, edge.residual) for edge in tree.nodes[2].callees] == [("heavy", True), ("b", False)]


def test_light_edges_are_counted() -> None:
    assert report("tree", ReportOptions(edge_fraction=0.5, node_count=0)).dropped_edges == 1


def test_paths_of_one_function_get_numbers() -> None:
    profile = open_profile(drawn([(["a", "x"], [1, 10]), (["b", "x"], [1, 5])]))
    nodes = report("callgrind", ReportOptions(call_tree=True), profile).nodes
    names = {edge.target.name for node in nodes for edge in node.callees}
    assert names == {"x [1/2]", "x [2/2]"}
    assert len(report("tree", ReportOptions(call_tree=True), profile).nodes) == 3


def test_only_pictures_show_labels() -> None:
    profile = open_profile(labelled([(["f"], 5, {"user": "ann", "bytes": (2048, "bytes"), "id": (7, "")})]))
    (node,) = report("dot", profile=profile).nodes
    assert [tag.name for tag in node.tags] == ["user:ann"]
    assert [(text, [tag.name for tag in tags]) for text, tags in node.numbers] == [("user:ann", ["2kB"])]
    assert report("tree", profile=profile).nodes[0].tags == ()


def test_means() -> None:
    profile = open_profile(drawn([(["f", "g"], [4, 10])]))
    f = next(node for node in report("dot", ReportOptions(mean=True), profile).nodes if node.info.name == "f")
    assert [(f.cum, edge.weight, edge.mean) for edge in f.callees] == [(2, 10, 2)]
