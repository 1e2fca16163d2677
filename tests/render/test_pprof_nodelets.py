"""Labels beside the nodes of a dot graph."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.report import GraphNode, GraphTag, ReportOptions
from pipeline.render.pprof_nodelets import nodelets
from pipeline.render.pprof_report import Numbers
from tests.render.graphs import SECOND, report

NUMBERS = Numbers(report().text, ReportOptions())
LEAF, INNER = report().nodes


def sizes(*values: tuple[int, int]) -> tuple[GraphTag, ...]:
    return tuple(GraphTag(f"{value}B", "bytes", value, flat, flat) for value, flat in values)


def labels(node: GraphNode) -> list[str]:
    return [line.split('"')[1] for line in nodelets(1, node, NUMBERS) if "box3d" in line]


def test_texts_with_their_numbers() -> None:
    tags = (GraphTag("user:ann", "", 0, SECOND, SECOND),)
    node = replace(LEAF, tags=tags, numbers=(("user:ann", sizes((16, SECOND))), ("", sizes((8, SECOND // 2)))))
    assert nodelets(1, node, NUMBERS) == [
        'N1_0 [label = "user:ann" id="N1_0" fontsize=8 shape=box3d tooltip="1000ms"]',
        'N1 -> N1_0 [label=" 1000ms" weight=100 tooltip="1000ms" labeltooltip="1000ms"]',
        'NN1_0_0 [label = "16B" id="NN1_0_0" fontsize=8 shape=box3d tooltip="1000ms"]',
        'N1_0 -> NN1_0_0 [label=" 1000ms" weight=100 tooltip="1000ms" labeltooltip="1000ms"]',
        'NN1_0 [label = "8B" id="NN1_0" fontsize=8 shape=box3d tooltip="500ms"]',
        'N1 -> NN1_0 [label=" 500ms" weight=100 tooltip="500ms" labeltooltip="500ms"]',
    ]


def test_inner_nodes_show_own_weight_only() -> None:
    tags = (GraphTag("user:ann", "", 0, 0, SECOND),)
    assert nodelets(2, replace(INNER, tags=tags), NUMBERS) == []
    assert labels(replace(LEAF, tags=tags)) == ["user:ann"]


def test_what_was_below_a_leaf_is_dotted() -> None:
    node = replace(LEAF, numbers=(("", (GraphTag("8B", "bytes", 8, 1, SECOND),)),))
    assert nodelets(1, node, NUMBERS)[1].endswith('style="dotted"]')


def test_many_texts_are_cut_to_four() -> None:
    tags = tuple(GraphTag(f"t{number}", "", 0, number * SECOND, 0) for number in range(1, 7))
    assert labels(replace(INNER, tags=tags)) == ["t6", "t5", "t4", "t3"]


def test_many_numbers_are_gathered_into_ranges() -> None:
    tags = sizes((16, 9 * SECOND), (1024, 8 * SECOND), (4096, 7 * SECOND), (65536, 6 * SECOND), (24, SECOND), (900, 1))
    assert labels(replace(LEAF, numbers=(("", tags),))) == ["16B..24B", "900B..1kB", "4kB", "64kB"]


def test_means_of_gathered_numbers() -> None:
    tags = tuple(replace(tag, divisors=(2, 2)) for tag in sizes(*((2**power, 8 * SECOND) for power in range(5))))
    first = nodelets(1, replace(LEAF, numbers=(("", tags),)), NUMBERS)[0]
    assert 'tooltip="4000ms"' in first
