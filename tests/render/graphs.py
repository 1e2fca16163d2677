"""Call graph reports drawn by hand."""

from __future__ import annotations

from pipeline.model.profile import SampleType
from pipeline.model.report import (
    CallGraphReport,
    GraphEdge,
    GraphEnd,
    GraphNode,
    NodeInfo,
    ReportHeader,
    ReportRow,
    TextReport,
)

SECOND = 10**9
MAIN = NodeInfo("main.main", "/src/main.go", 0x10, 3, object_file="/bin/app")
WORK = NodeInfo("main.(*T[...]).work", "/src/main.go", 0x1000000, 9, object_file="/bin/app")


def report(*, inline: bool = False, residual: bool = False, mean: int = SECOND) -> CallGraphReport:
    """Draw main, which calls work."""
    ends = GraphEnd(2, MAIN, "main.main"), GraphEnd(1, WORK, "main.(*T[...]).work")
    edge = GraphEdge(*ends, SECOND, mean, inline=inline, residual=residual)
    nodes = (
        GraphNode(WORK, "main.(*T[...]).work", SECOND, SECOND, (edge,), ()),
        GraphNode(MAIN, "main.main", -SECOND // 2, SECOND // 2, (), (edge,)),
    )
    rows = tuple(ReportRow(node.info.printable(), node.flat, node.cum) for node in nodes)
    text = TextReport(ReportHeader(file="app"), SampleType("cpu", "nanoseconds"), 2 * SECOND, rows, 2, 0, 0.0)
    return CallGraphReport(text, nodes, "app", 0, 0.0)
