"""What a pprof text report is asked for, and what it says: options in, rows and header facts out.

Rules: option names and defaults are pprof's; numbers stay in the unit of the sample type, `render.pprof_report` scales
them. `total` is what percentages are of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.model.profile import SampleType

Granularity = Literal["", "functions", "filefunctions", "files", "lines", "addresses"]


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
    """Options of a text report; ``node_count`` 0 or less means all, ``unit`` "minimum" lets the report choose."""

    sample_index: str = ""
    mean: bool = False
    cum_sort: bool = False
    granularity: Granularity = ""
    no_inlines: bool = False
    show_columns: bool = False
    node_count: int = 0
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
