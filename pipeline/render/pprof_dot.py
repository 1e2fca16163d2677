"""Text of pprof's dot report, for Graphviz.

Rules: nodes grow with their own weight and redden with their inclusive weight, green is negative; labels are small
boxes beside their node. Source of the wording and the colours: google/pprof, internal/graph.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, tzinfo

from pipeline import units
from pipeline.model.arithmetic import divide, wrap
from pipeline.model.report import CallGraphReport, GraphEdge, GraphNode, NodeInfo, ReportOptions, base_name
from pipeline.render.pprof_nodelets import nodelets
from pipeline.render.pprof_report import Numbers, active_filters, profile_labels, shown_labels

_SHIFT = 0.7
_HELP = "\nSee https://git.io/JfYMW for how to read the graph"


def render_dot(report: CallGraphReport, options: ReportOptions, zone: tzinfo = UTC) -> str:
    """Print the graph; times in its legend are shown in ``zone``."""
    numbers = Numbers(report.text, options)
    lines = [f'digraph "{report.title or "unnamed"}" {{', 'node [style=filled fillcolor="#f8f8f8"]']
    lines += _legend(report, options, numbers, zone)
    largest = max((abs(node.flat) for node in report.nodes), default=0)
    total = report.text.total
    with_labels = set()
    for number, node in enumerate(report.nodes, 1):
        lines.append(_node(number, node, largest, total, numbers))
        if own := nodelets(number, node, numbers):
            lines += own
            with_labels.add(number)
    edges = sorted((edge for node in report.nodes for edge in node.callees), key=_heaviest)
    lines += [_edge(edge, total, numbers, with_labels=edge.source.position in with_labels) for edge in edges]
    return "\n".join([*lines, "}"]) + "\n"


def _heaviest(edge: GraphEdge) -> tuple[int, str, str]:
    return -abs(edge.weight), edge.source.info.printable(), edge.target.info.printable()


def _legend(report: CallGraphReport, options: ReportOptions, numbers: Numbers, zone: tzinfo) -> Iterator[str]:
    labels = [*profile_labels(report.text, numbers, zone), *active_filters(options)]
    labels += [*shown_labels(report.text, numbers, report.dropped_edges, report.edge_fraction), _HELP]
    labels = [_escape(label) for label in labels]
    text = "\\l".join(labels)
    tooltip = f' tooltip="{report.title}"' if report.title else ""
    yield f'subgraph cluster_L {{ "{labels[0]}" [shape=box fontsize=16 label="{text}\\l"{tooltip}] }}'


def _node(number: int, node: GraphNode, largest: int, total: int, numbers: Numbers) -> str:
    shown = numbers(node.flat)
    label = _lines_of_name(node) + (f"{shown} ({_share(node.flat, total)})" if node.flat else "0")
    whole = shown
    if node.cum != node.flat:
        whole = numbers(node.cum)
        label += ("\\n" if node.flat else " ") + f"of {whole} ({_share(node.cum, total)})"
    size = 8
    if largest and node.flat:
        size += math.ceil(16.0 * math.sqrt(abs(node.flat) / largest))
    score = _ratio(node.cum, abs(total))
    return (
        f'N{number} [label="{label}" id="node{number}" fontsize={size} shape=box '
        f'tooltip="{_escape(node.info.printable())} ({whole})" '
        f'color="{dot_color(score, background=False)}" fillcolor="{dot_color(score, background=True)}"]'
    )


def _share(value: int, total: int) -> str:
    return units.percentage(value, total).strip()


def _ratio(value: int, total: int) -> float:
    if total:
        return value / total
    return math.copysign(math.inf, value) if value else math.nan


def _lines_of_name(node: GraphNode) -> str:
    name = _escape(node.short_name).replace("::", "\\n")
    # The three dots of Go's type parameters are not package separators.
    name = name.replace("[...]", "[…]").replace(".", "\\n")
    info = node.info
    shown: NodeInfo = info._replace(name=name, file=base_name(info.file) if info.file else "")
    return "".join(f"{part}\\n" for part in shown.components())


def _edge(edge: GraphEdge, total: int, numbers: Numbers, *, with_labels: bool) -> str:
    value = edge.mean
    shown = numbers(value)
    inline = "\\n (inline)" if edge.inline else ""
    attributes = [f'label=" {shown}{inline}"']
    if total:
        weight = 1 + min(abs(divide(wrap(value * 100), total)), 100)
        width = 1 + min(abs(divide(wrap(value * 5), total)), 5)
        attributes += [f"weight={weight}"] if weight > 1 else []
        attributes += [f"penwidth={width}"] if width > 1 else []
        attributes.append(f'color="{dot_color(_ratio(value, abs(total)), background=False)}"')
    arrow = "..." if edge.residual else "->"
    names = [_escape(end.info.printable()) for end in (edge.source, edge.target)]
    tooltip = f'"{names[0]} {arrow} {names[1]} ({shown})"'
    attributes.append(f"tooltip={tooltip} labeltooltip={tooltip}")
    attributes += ['style="dotted"'] if edge.residual else []
    attributes += ["minlen=2"] if with_labels else []
    return f"N{edge.source.position} -> N{edge.target.position} [{' '.join(attributes)}]"


def dot_color(score: float, *, background: bool) -> str:
    """Give the colour of a share from -1 (green) over 0 (grey) to 1 (red)."""
    saturation, value = (0.1, 0.93) if background else (1.0, 0.7)
    score = score if math.isnan(score) else max(-1.0, min(1.0, score))
    if abs(score) < 0.2:
        saturation *= abs(score) / 0.2
    if score > 0.0:
        score = score ** (1.0 - _SHIFT)
    if score < 0.0:
        score = -((-score) ** (1.0 - _SHIFT))
    red = green = value
    if score < 0.0:
        red = value * (1 + saturation * score)
    else:
        green = value * (1 - saturation * score)
    parts = (red, green, value * (1 - saturation))
    return "#" + "".join(f"{0 if math.isnan(part) else int(part * 255.0):02x}" for part in parts)


def _escape(text: str) -> str:
    """Escape for Graphviz; line breaks become left-aligned ones."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l")
