"""Labels in a dot graph: small boxes beside a node, numbers gathered into a few ranges.

Rules: as pprof, at most four texts per node and four ranges of numbers per text. Source: google/pprof, internal/graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline import units
from pipeline.model.arithmetic import divide
from pipeline.model.report import GraphNode, GraphTag
from pipeline.render.pprof_report import Numbers

_LIMIT: Final = 4


def nodelets(number: int, node: GraphNode, numbers: Numbers) -> list[str]:
    """Print the boxes of a node; none when its labels weigh nothing."""
    # Inner nodes show what labels weigh in themselves, leaves also what was left out below them.
    own = bool(node.callees)
    groups = dict(node.numbers)
    lines: list[str] = []
    for place, tag in enumerate(_sort(node.tags, own=own)[:_LIMIT]):
        value = _flat(tag) if own else _cum(tag)
        if not value:
            continue
        shown = numbers(value)
        box = f"N{number}_{place}"
        lines.append(f'{box} [label = "{tag.name}" id="{box}" fontsize=8 shape=box3d tooltip="{shown}"]')
        lines.append(f"N{number} -> {box} [{_edge_label(shown)}]")
        lines += _number_boxes(groups.get(tag.name, ()), box, own=own, numbers=numbers)
    return lines + _number_boxes(groups.get("", ()), f"N{number}", own=own, numbers=numbers)


def _edge_label(shown: str) -> str:
    return f'label=" {shown}" weight=100 tooltip="{shown}" labeltooltip="{shown}"'


def _number_boxes(tags: Sequence[GraphTag], source: str, *, own: bool, numbers: Numbers) -> list[str]:
    lines = []
    for place, tag in enumerate(_gather(tags, own=own)):
        value, style = _cum(tag), ' style="dotted"'
        if own or _flat(tag) == _cum(tag):
            value, style = _flat(tag), ""
        if value:
            shown = numbers(value)
            box = f"N{source}_{place}"
            lines.append(f'{box} [label = "{tag.name}" id="{box}" fontsize=8 shape=box3d tooltip="{shown}"]')
            lines.append(f"{source} -> {box} [{_edge_label(shown)}{style}]")
    return lines


def _sort(tags: Sequence[GraphTag], *, own: bool) -> list[GraphTag]:
    return sorted(tags, key=lambda tag: (0 if own else -abs(tag.cum), -abs(tag.flat), tag.name))


def _gather(tags: Sequence[GraphTag], *, own: bool) -> list[GraphTag]:
    """Put lighter numbers into the group of the heavy number nearest to them."""
    tags = _sort(tags, own=own)
    if len(tags) <= _LIMIT:
        return tags
    groups = [[tag] for tag in tags[:_LIMIT]]
    for tag in tags[_LIMIT:]:
        min(groups, key=lambda group: _distance(tag, group[0])).append(tag)
    return _sort([_range(group) for group in groups], own=own)


def _distance(tag: GraphTag, other: GraphTag) -> float:
    return abs(units.scale(other.value, other.unit, tag.unit)[0] - float(tag.value))


def _range(group: list[GraphTag]) -> GraphTag:
    low = high = first = group[0]
    if len(group) == 1:
        return GraphTag(units.label(first.value, first.unit), "", 0, _flat(first), _cum(first))
    for tag in group[1:]:
        low = tag if int(units.scale(tag.value, tag.unit, low.unit)[0]) < low.value else low
        high = tag if int(units.scale(tag.value, tag.unit, high.unit)[0]) > high.value else high
    flat, cum = sum(tag.flat for tag in group), sum(tag.cum for tag in group)
    divisors = (sum(tag.divisors[0] for tag in group), sum(tag.divisors[1] for tag in group))
    name = f"{units.label(low.value, low.unit)}..{units.label(high.value, high.unit)}"
    return GraphTag(name, "", 0, divide(flat, divisors[0]), divide(cum, divisors[1]))


def _flat(tag: GraphTag) -> int:
    return divide(tag.flat, tag.divisors[0])


def _cum(tag: GraphTag) -> int:
    return divide(tag.cum, tag.divisors[1])
