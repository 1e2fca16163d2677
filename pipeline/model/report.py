"""What a pprof report is asked for, and what it says: options in, rows, edges and header facts out.

Rules: option names and defaults are pprof's; numbers stay in the unit of the sample type, `render.pprof_report` scales
them. `total` is what percentages are of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from pipeline.model.profile import SampleType

Granularity = Literal["", "functions", "filefunctions", "files", "lines", "addresses"]
ReportKind = Literal[
    "top", "text", "tree", "peek", "traces", "tags", "raw", "comments", "proto", "topproto", "dot", "callgrind", "list"
]


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """Which samples and frames a report counts; every field but ``prune_from`` is a pattern in Go's regexp syntax."""

    focus: str = ""
    ignore: str = ""
    hide: str = ""
    show: str = ""
    show_from: str = ""
    tagfocus: str = ""
    tagignore: str = ""
    tagshow: str = ""
    taghide: str = ""
    prune_from: str = ""

    def active(self) -> tuple[str, ...]:
        """List the filters that are set, as a report's header shows them (``prune_from`` is not shown there)."""
        names = ("focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore", "tagshow", "taghide")
        return tuple(f"{name}={value}" for name in names if (value := getattr(self, name)))


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Options of a report; ``node_count`` 0 means all, -1 what suits the report; ``unit`` "minimum" lets it choose.

    ``tag_root`` and ``tag_leaf`` are label keys whose values become frames; ``symbol`` is what a peek or list
    looks for.
    """

    sample_index: str = ""
    mean: bool = False
    cum_sort: bool = False
    granularity: Granularity = ""
    no_inlines: bool = False
    show_columns: bool = False
    node_count: int = -1
    node_fraction: float = 0.005
    edge_fraction: float = 0.001
    trim: bool = True
    drop_negative: bool = False
    relative_percentages: bool = False
    filters: FilterOptions = FilterOptions()
    trim_path: str = ""
    source_path: str = ""
    unit: str = "minimum"
    divide_by: float = 1.0
    compact_labels: bool = False
    call_tree: bool = False
    tag_root: tuple[str, ...] = ()
    tag_leaf: tuple[str, ...] = ()
    symbol: str = ""


class NodeInfo(NamedTuple):
    """What tells one node from another; fields the granularity does not use are empty."""

    name: str = ""
    file: str = ""
    address: int = 0
    line: int = 0
    column: int = 0
    start_line: int = 0
    object_file: str = ""

    def printable(self) -> str:
        """Name the node as reports do."""
        return " ".join(self.components())

    def components(self) -> list[str]:
        """List the parts of the name: address, function, place in the source or binary."""
        parts = [f"{self.address:016x}"] if self.address else []
        parts += [self.name] if self.name else []
        if self.line:
            parts.append(f"{self.file}:{self.line}" + (f":{self.column}" if self.column else ""))
        elif self.file:
            parts.append(self.file)
        elif not self.name:
            parts.append(f"[{base_name(self.object_file)}]" if self.object_file else "<unknown>")
        return parts


def base_name(path: str) -> str:
    """Take the last element of a path as Go's ``filepath.Base`` does: ``/`` of only slashes, ``.`` of nothing."""
    if not path:
        return "."
    stripped = path.rstrip("/")
    return stripped.rpartition("/")[2] if stripped else "/"


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """Facts about a profile that a report prints above its rows; empty or 0 where the profile does not say."""

    file: str = ""
    build_id: str = ""
    comments: tuple[str, ...] = ()
    doc_url: str = ""
    time_nanos: int = 0
    duration_nanos: int = 0


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One node: its printable name, own and inclusive value, and ``(inline)`` or ``(partial-inline)`` if it was."""

    name: str
    flat: int
    cum: int
    inline: str = ""


@dataclass(frozen=True, slots=True)
class TextReport:
    """A finished top report: rows in order, what was left out of them, and doubts worth a line of their own.

    ``node_total`` counts the nodes before ``node_count`` cut them, ``dropped`` those under the node fraction.
    """

    header: ReportHeader
    sample_type: SampleType
    total: int
    rows: tuple[ReportRow, ...]
    node_total: int
    dropped: int
    node_fraction: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphTag:
    """A label of a node's samples: text (``unit`` empty) or number, and what its samples weigh in and below the node.

    ``divisors`` are those of flat and cum, 0 unless means are asked for.
    """

    name: str
    unit: str
    value: int
    flat: int
    cum: int
    divisors: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class GraphEnd:
    """One end of an edge: its place among the nodes shown from 1 on (0: not shown) and its name where names differ."""

    position: int
    info: NodeInfo
    name: str


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """Calls from one node to another: ``weight`` as summed, ``mean`` divided where means are asked for.

    ``residual`` edges lead over nodes that are not shown.
    """

    source: GraphEnd
    target: GraphEnd
    weight: int
    mean: int
    inline: bool
    residual: bool


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node with its edges, heaviest first; ``numbers`` are numeric labels under each text label ("" for none)."""

    info: NodeInfo
    short_name: str
    flat: int
    cum: int
    callers: tuple[GraphEdge, ...]
    callees: tuple[GraphEdge, ...]
    tags: tuple[GraphTag, ...] = ()
    numbers: tuple[tuple[str, tuple[GraphTag, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class CallGraphReport:
    """A call graph, trimmed: ``text`` has its totals and header, its rows are the nodes in order."""

    text: TextReport
    nodes: tuple[GraphNode, ...]
    title: str
    dropped_edges: int
    edge_fraction: float


@dataclass(frozen=True, slots=True)
class TraceFrame:
    """One frame of a trace, and whether it was inlined into the next."""

    name: str
    inline: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """One sample: its value, its labels by key (texts, then numbers with their unit), its frames from the leaf on."""

    value: int
    texts: tuple[tuple[str, tuple[str, ...]], ...]
    numbers: tuple[tuple[str, tuple[int, ...], str], ...]
    frames: tuple[TraceFrame, ...]


@dataclass(frozen=True, slots=True)
class TraceReport:
    """All samples with a stack; ``text`` has the header and no rows."""

    text: TextReport
    traces: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class TagTotal:
    """What the samples weigh that carry a label key, and each of its values, heaviest first."""

    key: str
    total: int
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TagReport:
    """All labels by key; ``text`` has the total and no rows."""

    text: TextReport
    keys: tuple[TagTotal, ...]
