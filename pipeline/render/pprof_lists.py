"""Text of pprof's reports that list instead of rank: traces, tags, comments.

Rules: character for character what `go tool pprof` prints. Source of the wording: google/pprof, internal/report.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from pipeline import units
from pipeline.model.report import ReportOptions, TagReport, TagTotal, Trace, TraceReport
from pipeline.render.pprof_report import Numbers, profile_labels

_SEPARATOR: Final = "-----------+-------------------------------------------------------"


def render_traces(report: TraceReport, options: ReportOptions, zone: tzinfo = UTC) -> str:
    """Print every trace; times are shown in ``zone``."""
    numbers = Numbers(report.text, options)
    lines = profile_labels(report.text, numbers, zone)
    for trace in report.traces:
        lines += [_SEPARATOR, *_trace(trace, numbers)]
    return "\n".join([*lines, _SEPARATOR]) + "\n"


def _trace(trace: Trace, numbers: Numbers) -> list[str]:
    lines = sorted(f"{key:>10}:  {' '.join(texts)}" for key, texts in trace.texts)
    lines += sorted(
        f"{key:>10}:  {' '.join(units.label(value, unit) for value in values)}" for key, values, unit in trace.numbers
    )
    for place, frame in enumerate(trace.frames):
        value = "" if place else numbers(trace.value)
        lines.append(f"{value:>10}   {frame.name}{' (inline)' if frame.inline else ''}")
    return lines


def render_tags(report: TagReport, options: ReportOptions) -> str:
    """Print the totals of labels, values aligned to the right."""
    numbers = Numbers(report.text, options)
    lines: list[str] = []
    for key in report.keys:
        lines += [*_tag_lines(key, report.text.total, numbers), ""]
    return "".join(f"{line}\n" for line in lines)


def _tag_lines(tag: TagTotal, total: int, numbers: Numbers) -> list[str]:
    name = f"{tag.key}:"
    share = f" ({units.percentage(tag.total, total)})" if total > 0 else ""
    values = [f"{numbers(value)}{_share(value, total)}:" for _, value in tag.values]
    first, second = len(name) + 1, max((len(value) for value in values), default=0) + 1
    lines = [f"{name:>{first}} Total {numbers(tag.total)} of {numbers(total)}{share}"]
    lines += [f"{'':>{first}}{value:>{second}} {text}" for value, (text, _) in zip(values, tag.values, strict=True)]
    return lines


def _share(value: int, total: int) -> str:
    return f" ({units.percentage(value, total)})" if total > 0 else ""


def render_comments(comments: Sequence[str]) -> str:
    """Print the comments of a profile, one a line."""
    return "".join(f"{comment}\n" for comment in comments)
