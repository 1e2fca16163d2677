"""Text of pprof's reports: the header, the line of totals, the table.

Rules: character for character what `go tool pprof` prints, for the same numbers and options; the time zone is given.
Source of the wording: google/pprof, internal/report.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from pipeline import units
from pipeline.model.arithmetic import wrap
from pipeline.model.report import ReportOptions, TextReport


def render_top(report: TextReport, options: ReportOptions, zone: tzinfo = UTC) -> str:
    """Print a top report; times are shown in ``zone``."""
    numbers = Numbers(report, options)
    lines = report_labels(report, options, numbers, zone)
    lines.append(f"{'flat':>10} {'flat':>5}% {'sum':>5}% {'cum':>10} {'cum':>5}%")
    total = float(report.total)
    running = 0
    for row in report.rows:
        running = wrap(running + row.flat)
        own, reached, whole = (units.percentage(value, total) for value in (row.flat, running, row.cum))
        inline = f" {row.inline}" if row.inline else ""
        lines.append(f"{numbers(row.flat):>10} {own} {reached} {numbers(row.cum):>10} {whole}  {row.name}{inline}")
    return "\n".join(lines) + "\n"


def report_labels(report: TextReport, options: ReportOptions, numbers: Numbers, zone: tzinfo) -> list[str]:
    """Print the lines above the rows: the profile, the filters, what is shown of how much."""
    lines = [] if options.compact_labels else profile_labels(report, numbers, zone)
    return [*lines, *active_filters(options), *shown_labels(report, numbers)]


def active_filters(options: ReportOptions) -> list[str]:
    """Print the filters that are set; none print nothing."""
    filters = options.filters.active()
    return ["Active filters:", *(f"   {_shorten(text)}" for text in filters)] if filters else []


class Numbers:
    """Prints values in the one unit chosen for the report; ``whole`` is for reports that can only show integers."""

    def __init__(self, report: TextReport, options: ReportOptions, *, whole: bool = False) -> None:
        self.from_unit = report.sample_type.unit
        self.ratio = 1 / options.divide_by
        self.whole = whole
        self._shown: dict[int, str] = {}
        self.unit = options.unit if options.unit != "minimum" or not report.rows else self._choose(report)

    def __call__(self, value: int) -> str:
        """Print a value; most of a report's values are shown many times."""
        shown = self._shown.get(value)
        if shown is None:
            shown = self._shown[value] = units.scaled_label(self._divided(value), self.from_unit, self.unit)
        return shown

    def _divided(self, value: int) -> int:
        return int(value * self.ratio) if self.ratio > 0 and self.ratio != 1 else value

    def _choose(self, report: TextReport) -> str:
        """Find the unit of the smallest value, or of a hundred times it where values differ widely."""
        sizes = (abs(row.flat) or abs(row.cum) for row in report.rows)
        smallest = self._divided(min((size for size in sizes if size), default=report.total))
        largest = self._divided(report.total)
        low, high = (units.scale(value, self.from_unit, "minimum")[1] for value in (smallest, largest))
        unit = low
        if low != high and not self.whole and wrap(smallest * 100) < largest:
            unit = units.scale(wrap(100 * smallest), self.from_unit, "minimum")[1]
        return unit or self.from_unit


def profile_labels(report: TextReport, numbers: Numbers, zone: tzinfo) -> list[str]:
    """Print what the profile says about itself; times are shown in ``zone``."""
    header = report.header
    facts = (("File: ", header.file), ("Build ID: ", header.build_id))
    lines = [f"{name}{value}" for name, value in facts if value]
    lines += header.comments
    facts = (("Type: ", report.sample_type.type), ("Doc: ", header.doc_url))
    lines += [f"{name}{value}" for name, value in facts if value]
    if header.time_nanos:
        moment = datetime.fromtimestamp(header.time_nanos // 10**9, zone)
        lines.append(f"Time: {moment:%Y-%m-%d %H:%M:%S %Z}")
    if header.duration_nanos:
        lines.append(_duration(report, numbers))
    return lines


def _duration(report: TextReport, numbers: Numbers) -> str:
    duration = report.header.duration_nanos
    spent, unit = units.scale(report.total, report.sample_type.unit, "nanoseconds")
    share = f"({units.percentage(int(spent), float(duration))})" if unit == "ns" and spent else ""
    length = units.label(duration, "nanoseconds")
    return f"Duration: {length}, Total samples = {numbers(report.total)} {share}"


def shown_labels(report: TextReport, numbers: Numbers, dropped_edges: int = 0, edge_fraction: float = 0.0) -> list[str]:
    """Print how much of the total is shown, and what was left out."""
    shown = wrap(sum(row.flat for row in report.rows))
    share = units.percentage(shown, float(report.total)).strip()
    lines = [f"Showing nodes accounting for {numbers(shown)}, {share} of {numbers(report.total)} total"]
    if report.total and report.dropped > 0:
        cutoff = numbers(abs(int(report.total * report.node_fraction)))
        lines.append(f"Dropped {report.dropped} node{'s' if report.dropped > 1 else ''} (cum <= {cutoff})")
    if report.total and dropped_edges > 0:
        cutoff = numbers(abs(int(report.total * edge_fraction)))
        lines.append(f"Dropped {dropped_edges} edge{'s' if dropped_edges > 1 else ''} (freq <= {cutoff})")
    if report.total and 0 < len(report.rows) < report.node_total:
        lines.append(f"Showing top {len(report.rows)} nodes out of {report.node_total}")
    return lines


def _shorten(text: str) -> str:
    """Cut a filter to 80 bytes, as pprof does; a character cut in half is left out."""
    whole = text.encode()
    return text if len(whole) <= 80 else f"{whole[:80].decode(errors='ignore')}…"
