"""Text of pprof's reports: the header, the line of totals, the table.

Rules: character for character what `go tool pprof` prints, for the same numbers and options; the time zone is given.
Source of the wording: google/pprof, internal/report.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from pipeline import units
from pipeline.model.report import ReportOptions, TextReport


def render_top(report: TextReport, options: ReportOptions, zone: tzinfo = UTC) -> str:
    """Print a top report; times are shown in ``zone``."""
    numbers = _Numbers(report, options)
    lines = [] if options.compact_labels else _profile_labels(report, numbers, zone)
    if filters := options.filters.active():
        lines += ["Active filters:", *(f"   {_shorten(text)}" for text in filters)]
    lines += _shown_labels(report, numbers)
    lines.append(f"{'flat':>10} {'flat':>5}% {'sum':>5}% {'cum':>10} {'cum':>5}%")
    total = float(report.total)
    running = 0
    for row in report.rows:
        running = _wrap(running + row.flat)
        own, reached, whole = (units.percentage(value, total) for value in (row.flat, running, row.cum))
        inline = f" {row.inline}" if row.inline else ""
        lines.append(f"{numbers(row.flat):>10} {own} {reached} {numbers(row.cum):>10} {whole}  {row.name}{inline}")
    return "\n".join(lines) + "\n"


class _Numbers:
    """Prints values in the one unit chosen for the report."""

    def __init__(self, report: TextReport, options: ReportOptions) -> None:
        self.from_unit = report.sample_type.unit
        self.ratio = 1 / options.divide_by
        self.unit = options.unit if options.unit != "minimum" or not report.rows else self._choose(report)

    def __call__(self, value: int) -> str:
        return units.scaled_label(self._divided(value), self.from_unit, self.unit)

    def _divided(self, value: int) -> int:
        return int(value * self.ratio) if self.ratio > 0 and self.ratio != 1 else value

    def _choose(self, report: TextReport) -> str:
        """Find the unit of the smallest value, or of a hundred times it where values differ widely."""
        sizes = (abs(row.flat) or abs(row.cum) for row in report.rows)
        smallest = self._divided(min((size for size in sizes if size), default=report.total))
        largest = self._divided(report.total)
        low, high = (units.scale(value, self.from_unit, "minimum")[1] for value in (smallest, largest))
        unit = low
        if low != high and _wrap(smallest * 100) < largest:
            unit = units.scale(_wrap(100 * smallest), self.from_unit, "minimum")[1]
        return unit or self.from_unit


def _profile_labels(report: TextReport, numbers: _Numbers, zone: tzinfo) -> list[str]:
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


def _duration(report: TextReport, numbers: _Numbers) -> str:
    duration = report.header.duration_nanos
    spent, unit = units.scale(report.total, report.sample_type.unit, "nanoseconds")
    share = f"({units.percentage(int(spent), float(duration))})" if unit == "ns" and spent else ""
    length = units.label(duration, "nanoseconds")
    return f"Duration: {length}, Total samples = {numbers(report.total)} {share}"


def _shown_labels(report: TextReport, numbers: _Numbers) -> list[str]:
    shown = _wrap(sum(row.flat for row in report.rows))
    share = units.percentage(shown, float(report.total)).strip()
    lines = [f"Showing nodes accounting for {numbers(shown)}, {share} of {numbers(report.total)} total"]
    if report.total and report.dropped > 0:
        cutoff = numbers(abs(int(report.total * report.node_fraction)))
        lines.append(f"Dropped {report.dropped} node{'s' if report.dropped > 1 else ''} (cum <= {cutoff})")
    if report.total and 0 < len(report.rows) < report.node_total:
        lines.append(f"Showing top {len(report.rows)} nodes out of {report.node_total}")
    return lines


def _wrap(value: int) -> int:
    """Keep a sum in int64 as Go does: where it overflows, pprof prints what is left."""
    return (value + 2**63) % 2**64 - 2**63


def _shorten(text: str) -> str:
    """Cut a filter to 80 bytes, as pprof does; a character cut in half is left out."""
    whole = text.encode()
    return text if len(whole) <= 80 else f"{whole[:80].decode(errors='ignore')}…"
