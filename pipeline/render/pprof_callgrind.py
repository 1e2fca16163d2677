"""Text of pprof's callgrind report, for KCachegrind.

Rules: names are written once and then by number; addresses are relative to the node before, where that is shorter.
Source of the format: google/pprof, internal/report; valgrind's "callgrind format specification".
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import units
from pipeline.model.report import CallGraphReport, GraphEdge, NodeInfo, ReportOptions
from pipeline.render.pprof_report import Numbers


def render_callgrind(report: CallGraphReport, options: ReportOptions) -> str:
    """Print the call graph."""
    writer = _Writer(report, options)
    lines = ["positions: instr line", f"events: {report.text.sample_type.type}({writer.unit})"]
    before: NodeInfo | None = None
    for node in report.nodes:
        info = node.info
        if before is None or (info.object_file, info.file, info.name) != (before.object_file, before.file, before.name):
            lines += writer.place(info)
        lines.append(f"{_address(before, info.address)} {info.line} {writer.whole(node.flat)}")
        for edge in node.callees:
            lines += writer.call(edge, before)
        before = info
    return "\n".join(lines) + "\n"


class _Writer:
    """Numbers names and scales values."""

    def __init__(self, report: CallGraphReport, options: ReportOptions) -> None:
        self.source_unit = report.text.sample_type.unit
        self.unit = Numbers(report.text, options, whole=True).unit
        self.shown: dict[int, int] = {}
        self.objects: dict[str, int] = {}
        self.files: dict[str, int] = {}
        self.names: dict[str, int] = {}

    def whole(self, value: int) -> int:
        shown = self.shown.get(value)
        if shown is None:
            shown = self.shown[value] = int(units.scale(value, self.source_unit, self.unit)[0])
        return shown

    def place(self, info: NodeInfo) -> Iterator[str]:
        yield ""
        yield f"ob={_numbered(self.objects, info.object_file)}"
        yield f"fl={_numbered(self.files, info.file)}"
        yield f"fn={_numbered(self.names, info.name)}"

    def call(self, edge: GraphEdge, before: NodeInfo | None) -> Iterator[str]:
        target = edge.target
        yield f"cfl={_numbered(self.files, target.info.file)}"
        yield f"cfn={_numbered(self.names, target.name)}"
        yield f"calls=0 {_address(before, target.info.address)} {target.info.line}"
        yield f"* * {self.whole(edge.weight)}"


def _numbered(names: dict[str, int], name: str) -> str:
    if not name:
        return ""
    if name in names:
        return f"({names[name]})"
    names[name] = len(names) + 1
    return f"({names[name]}) {name}"


def _address(before: NodeInfo | None, address: int) -> str:
    whole = f"{address:#x}"
    if before is None:
        return whole
    if before.address == address:
        return "*"
    distance = (address - before.address + 2**63) % 2**64 - 2**63
    relative = f"{distance:+d}"
    return relative if len(relative) < len(whole) else whole
