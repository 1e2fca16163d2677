"""Reports in Markdown, to be read in a terminal or a repository: a run, its analysis, and two labels compared.

Rules: foreign text stands in code spans, where Markdown makes nothing of it; numbers have units, and a change is called
one only where the judgement says so. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pipeline import units
from pipeline.model.difference import Difference
from pipeline.model.metric import Metric
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.verdict import Comparison
from pipeline.render import encode
from pipeline.render.metric_section import metric_rows
from pipeline.render.profile_groups import shown_order
from pipeline.render.state import OUTCOMES

_TOP: Final = 15
_HEAVY: Final = {"cpu": "cpu", "heap": "inuse_space", "allocs": "alloc_space", "goroutine": "goroutine"}
"""The sample type each kind is read by."""


def run_report(record: RunRecord, metrics: Mapping[str, Metric], *, command: str = "") -> str:
    """Write the ``README.md`` of a run: what was taken, how, the numbers, and the heaviest functions of each kind."""
    run, manifest = record.run, record.run.manifest
    lines = [f"# Run {_code(run.id)}", ""]
    facts = [("label", run.label), ("started", run.started)]
    if manifest:
        env = manifest.environment
        load = " ".join(manifest.load.command) if manifest.load else ""
        facts += [
            ("plan", manifest.plan),
            ("commit", env.git_sha),
            ("Go", env.go_version),
            ("processor", env.cpu_model),
        ]
        facts += [("load", load), ("state", manifest.status)]
    lines += [f"- {name}: {_code(text)}" for name, text in facts if text]
    lines += ["", "## Metrics", "", *_metrics(record, metrics)]
    lines += _doubts(record)
    for profile in _shown(record):
        lines += _top(profile)
    lines += [
        "",
        "## Files",
        "",
        *(f"- {_code(file.path)} ({units.show(file.size_bytes, 'bytes')})" for file in run.files),
    ]
    if command:
        lines += ["", "## Look at it", "", f"    {command}"]
    return "\n".join([*lines, ""])


def analysis_report(record: RunRecord, metrics: Mapping[str, Metric]) -> str:
    """Write the ``analysis.md`` of a run: peak and growth of every component, topics, the heaviest functions."""
    lines = [f"# Analysis of {_code(record.run.id)}", ""]
    for one in record.growth:
        unit = "bytes" if one.kind == "heap" else "goroutines"
        peak, last = one.snapshots[one.peak], one.snapshots[-1]
        rates = one.rates(one.trend)
        lines += [f"## {_title(one.component, 'Heap' if one.kind == 'heap' else 'Goroutines')}", ""]
        lines += [f"- peak: {units.show(peak.value, unit)} in {_code(peak.path)}"]
        sign = "−" if one.grown < 0 else "+" if one.grown else ""
        change = f"{sign}{units.show(abs(one.grown), unit)}"
        lines += [f"- last: {units.show(last.value, unit)}, {change} since the first"]
        lines += [f"- {units.counted(len(one.snapshots), 'snapshot')}, verdict: {one.trend.verdict}"]
        lines += [f"- slope: {rates[0]} ({rates[1]} to {rates[2]})"] if rates else []
        values = ", ".join(units.show(snapshot.value, unit) for snapshot in one.snapshots)
        lines += [f"- over time: {values}", ""]
    lines += _topics(record)
    for profile in _shown(record):
        lines += _top(profile)
    lines += ["", "## Metrics", "", *_metrics(record, metrics), *_doubts(record)]
    return "\n".join([*lines, ""])


def versus_report(comparison: Comparison, headline: Sequence[str]) -> str:
    """Write ``A-vs-B.md``: the verdict and why, every metric, what changed the totals, the functions that changed."""
    head, base = _code(comparison.head_label), _code(comparison.base_label)
    lines = [f"# {head} against {base}", "", f"**{OUTCOMES[comparison.outcome].word}**", ""]
    lines += [f"- {_words(reason)}" for reason in comparison.reasons]
    lines += ["", f"Runs: {len(comparison.base_runs)} of {base}, {len(comparison.head_runs)} of {head}.", ""]
    rows = [
        (
            f"{_cell(row.compared.component)} " * bool(row.compared.component) + row.compared.metric.title,
            row.base,
            row.head,
            row.delta + (f" ({row.seen} seen)" if row.seen else ""),
            row.p,
            row.n,
            row.direction,
        )
        for row in metric_rows(comparison, headline)
    ]
    sides = (_cell(comparison.base_label), _cell(comparison.head_label))
    lines += ["## Metrics", "", *_table(("metric", *sides, "change", "p", "runs", "better is"), rows)]
    for part in comparison.functions:
        lines += _changes(part)
    if comparison.findings or comparison.objections:
        lines += ["", "## Doubts", ""]
        lines += [f"- {_words(one.sentence)}" for one in comparison.objections]
        lines += [f"- {one.code}: {_words(one.message)} {_code(one.subject)}" for one in comparison.findings]
    return "\n".join([*lines, ""])


def _changes(part: Difference) -> list[str]:
    told = [f"- {_code(one.sentence)}" for one in part.culprits]
    changed = [one for one in part.functions if one.outcome in {"regressed", "improved", "new", "gone"}]
    if not told and not changed:
        return []
    unit = part.sample_type.unit
    rows = [
        (_cell(one.name), units.show(one.flat.run.delta, unit), units.show(one.cum.run.delta, unit), one.outcome)
        for one in changed[:_TOP]
    ]
    lines = ["", f"## {_title(part.component, part.kind)}, {_code(str(part.sample_type))}", "", *told]
    heading = ("function", "flat, head minus base", "cum, head minus base", "is")
    return lines + (["", *_table(heading, rows)] if rows else [])


def _metrics(record: RunRecord, metrics: Mapping[str, Metric]) -> list[str]:
    rows = [
        (
            f"{_cell(one.component)} " * bool(one.component) + metrics[one.metric].title,
            units.show(one.value, metrics[one.metric].unit),
            metrics[one.metric].source,
        )
        for one in record.measurements
        if one.metric in metrics
    ]
    return _table(("metric", "value", "how it is measured"), rows) if rows else ["Nothing could be measured."]


def _doubts(record: RunRecord) -> list[str]:
    found = [
        f"- {one.severity}: {_words(one.message)}" + (f" {_code(one.subject)}" if one.subject else "")
        for one in record.all_findings
    ]
    return ["", "## Doubts", "", *found] if found else []


def _topics(record: RunRecord) -> list[str]:
    lines: list[str] = []
    for profile in _shown(record):
        for rollup in profile.rollups:
            rows = [
                (_cell(topic.name), units.show(topic.cum, rollup.sample_type.unit), _share(topic.cum, rollup.total))
                for topic in rollup.topics
            ]
            if rows:
                lines += [
                    f"## {_title(profile.component, profile.kind)}, topics by {_code(rollup.sample_type.type)}",
                    "",
                ]
                lines += [*_table(("topic", "weight", "share"), rows), ""]
    return lines


def _shown(record: RunRecord) -> list[ProfileRecord]:
    """Take the profile of each kind of each component that its page shows."""
    ordered = sorted(record.profiles, key=shown_order)
    shown = {(one.component, one.kind): one for one in ordered if one.tables}
    return [shown[key] for key in sorted(shown)]


def _top(profile: ProfileRecord) -> list[str]:
    wanted = _HEAVY.get(profile.kind)
    table = next(
        (one for one in profile.tables if one.sample_type.type == wanted), profile.tables[profile.default_index]
    )
    unit = table.sample_type.unit
    rows = [
        (
            units.show(row.flat, unit),
            _share(row.flat, table.total),
            units.show(row.cum, unit),
            _share(row.cum, table.total),
            _cell(row.name),
        )
        for row in table.rows[:_TOP]
    ]
    title = f"## {_title(profile.component, profile.kind)}, {_code(table.sample_type.type)}"
    about = f"{_code(profile.path)}, {units.show(table.total, unit)} in all, the first {len(rows)} of {table.count}:"
    return ["", title, "", about, "", *_table(("flat", "flat %", "cum", "cum %", "function"), rows)]


def _title(component: str, name: str) -> str:
    return f"{_code(component)}: {name}" if component else name


def _share(value: float, total: float) -> str:
    return f"{100 * value / total:.1f} %" if total else "–"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [heading, ["---"] * len(heading), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _code(text: str) -> str:
    return encode.code_span(text)


def _cell(text: str) -> str:
    return encode.code_span(text, table=True)


def _words(text: str) -> str:
    """Write a sentence of ours, which may quote a name, so that Markdown shows it as it is."""
    return encode.markdown_words(text)
