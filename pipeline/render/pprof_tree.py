"""Text of pprof's tree and peek reports: every node between its callers and its callees.

Rules: character for character what `go tool pprof` prints; a peek shows only nodes whose name matches.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Final

from pipeline import units
from pipeline.model.arithmetic import wrap
from pipeline.model.report import CallGraphReport, GraphEdge, GraphNode, NodeInfo, ReportOptions
from pipeline.render.pprof_report import Numbers, report_labels

_SEPARATOR: Final = "----------------------------------------------------------+-------------"
_LEGEND: Final = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t "


def render_tree(
    report: CallGraphReport,
    options: ReportOptions,
    zone: tzinfo = UTC,
    matches: Callable[[str], bool] = bool,
) -> str:
    """Print the nodes whose name matches; times are shown in ``zone``."""
    numbers = Numbers(report.text, options)
    lines = [*report_labels(report.text, options, numbers, zone), _SEPARATOR, _LEGEND]
    reached = 0
    for node in report.nodes:
        if not matches(node.info.printable()):
            continue
        reached = wrap(reached + node.flat)
        lines.append(_SEPARATOR)
        lines += [_edge(edge, edge.source.info, node.cum, numbers) for edge in node.callers]
        lines.append(_own(node, reached, report.text.total, numbers))
        lines += [_edge(edge, edge.target.info, node.cum, numbers) for edge in node.callees]
    lines += [_SEPARATOR] if report.nodes else []
    return "\n".join(lines) + "\n"


def _edge(edge: GraphEdge, other: NodeInfo, cum: int, numbers: Numbers) -> str:
    inline = " (inline)" if edge.inline else ""
    return f"{numbers(edge.weight):>50} {units.percentage(edge.weight, cum)} |   {other.printable()}{inline}"


def _own(node: GraphNode, reached: int, total: int, numbers: Numbers) -> str:
    own, running, whole = (units.percentage(value, total) for value in (node.flat, reached, node.cum))
    name = node.info.printable()
    return f"{numbers(node.flat):>10} {own} {running} {numbers(node.cum):>10} {whole}                | {name}"
