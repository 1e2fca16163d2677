"""The page of one run: what it can be trusted for, then its numbers, profiles, files and provenance. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.metric import LoadResult, Measurement, Metric
from pipeline.model.page import StampedPage
from pipeline.model.record import RunRecord
from pipeline.model.run import FileReport, Manifest, PodReport
from pipeline.model.summary import RunSummary
from pipeline.render import encode, links
from pipeline.render.budget_section import budget_rows
from pipeline.render.cost_section import CostSections, cost_sections
from pipeline.render.env import Environment, render
from pipeline.render.figures import load_figures
from pipeline.render.growth_section import group_views, growth_views
from pipeline.render.headline_section import headline
from pipeline.render.late import Late, LateTable, cut
from pipeline.render.permalinks import linked_headings
from pipeline.render.profile_section import KindSection, SectionRules, kind_sections
from pipeline.render.questions import Questions, questions
from pipeline.render.state import COMPARABLE, DIRECTIONS, SEVERITIES, run_state, state_key
from pipeline.render.timeline_section import Moment, timeline_view

_NOTES_LIMIT: Final = 100_000


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One measured value with everything needed to read it."""

    metric: Metric
    component: str
    value: float
    arrow: str
    direction: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of the run, or one that is missing (``status`` then says so)."""

    path: str
    kind: str
    phase: str
    size: int | None
    sha256: str
    href: str
    status: str = "ok"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A text file written beside the run, shown as it is."""

    path: str
    text: str
    cut: bool


def run_page(
    env: Environment,
    record: RunRecord,
    rules: SectionRules,
    *,
    metrics: Mapping[str, Metric],
    notes: Mapping[tuple[str, str], str],
    older: str = "",
    earlier: Sequence[RunSummary] = (),
    around: bool = True,
) -> tuple[StampedPage, tuple[Late, ...]]:
    """Make the page of one run, and what it shows when asked for.

    ``older`` is the id of the run before it; ``earlier`` are the runs of its label before it (`spread.earlier_runs`).
    The newer run and the comparisons, which later runs change, are shown by a script when it stands in a site with
    others ``around`` it, from the catalogue.
    """
    run = record.run
    url, sections = links.run_page(run.id), kind_sections(record, rules)
    lines = metric_lines(record.measurements, metrics)
    written, files = notes_of(run.id, notes), file_lines(record, raw=rules.raw)
    costs, timeline, budgets = cost_sections(record), timeline_view(record), budget_rows(record, rules.budgets)
    tables = _tables(lines, files, timeline.moments if timeline else ())
    toc = _toc(record, sections, costs, (bool(timeline), bool(budgets), bool(written)))
    body = render(
        env,
        "pages/run.html.j2",
        root=links.root_of(url),
        record=record,
        run=run,
        manifest=run.manifest,
        state=run_state(record),
        questions=_questions(toc, sections),
        headline=headline(lines, earlier, label=run.label, is_whole=state_key(record) in COMPARABLE),
        lines=lines,
        tables=tables,
        many_components=len({line.component for line in lines}) > 1,
        load=record.load,
        load_facts=load_facts(record.load) if record.load else (),
        load_figures=load_figures(record.load, prefix="load") if record.load else (),
        timeline=timeline,
        budgets=budgets,
        growth=growth_views(record),
        groups=group_views(record),
        sections=sections,
        lead=next((one.group for one in sections if one.flame), None),
        costs=costs,
        files=files,
        environment=environment_facts(run.manifest) if run.manifest else (),
        notes=written,
        older=links.to_page(links.run_page(older), root="../../") if older else "",
        older_id=older,
        around=encode.safe_name(run.id) if around else "",
        severities=SEVERITIES,
    )
    body, marked = cut(linked_headings(body))
    late = (*tables.values(), *(one for section in sections for one in section.late), *costs.late(), *marked)
    return StampedPage(url, run.id, body, toc), late


def _questions(toc: Sequence[tuple[str, str]], sections: Sequence[KindSection]) -> Questions:
    anchors = [anchor for anchor, _ in toc] + ["profiles"] * bool(sections)
    return questions(anchors, [(one.group.kind, one.group.id) for one in sections])


def _tables(lines: Sequence[MetricLine], files: Sequence[FileLine], moments: Sequence[Moment]) -> dict[str, LateTable]:
    """Make the page's own tables that come late, by their keys."""
    made = [_metric_table(lines), _file_table(files)]
    if moments:
        made.append(time_table(moments))
    return {one.key: one for one in made}


def _metric_table(lines: Sequence[MetricLine]) -> LateTable:
    heads = ("metric", "component", "value", "direction", "how it is measured", "evidence")
    rows = tuple(
        (
            line.metric.title,
            line.component,
            units.show(line.value, line.metric.unit),
            f"{line.arrow} {line.direction}",
            line.metric.source,
            ", ".join(line.evidence),
        )
        for line in lines
    )
    return LateTable("metrics", _whole(len(rows), "metric", "source"), heads, rows, (2,))


def _file_table(files: Sequence[FileLine]) -> LateTable:
    heads = ("file", "kind", "phase", "size", "sha256")
    rows = tuple(
        (
            (file.path, file.href) if file.href else file.path,
            file.kind,
            file.phase or "–",
            units.show(file.size, "bytes") if file.size is not None else file.status,
            file.sha256 or "–",
        )
        for file in files
    )
    return LateTable("files", _whole(len(rows), "file", "digest"), heads, rows, (3,))


def _whole(count: int, noun: str, beside: str) -> str:
    """Name a table that leaves nothing out."""
    return f"The one {noun}, with its {beside}" if count == 1 else f"All {count} {noun}s, with their {beside}s"


def time_table(moments: Sequence[Moment]) -> LateTable:
    """Make the table of a timeline."""
    heads = ("what", "file", "begins", "lasts", "to the load")
    rows = tuple((one.what, one.file or "–", one.begins, one.length, one.place or "–") for one in moments)
    return LateTable("times", f"All {len(rows)} times as a table", heads, rows, (2, 3))


def metric_lines(measurements: Sequence[Measurement], metrics: Mapping[str, Metric]) -> tuple[MetricLine, ...]:
    """Give each measurement its metric; a name the registry does not know is shown plainly, not dropped."""
    order = {name: place for place, name in enumerate(metrics)}
    known = sorted(measurements, key=lambda one: (one.component, order.get(one.metric, len(order)), one.metric))
    return tuple(_line(one, metrics.get(one.metric) or _unknown(one.metric)) for one in known)


def _line(one: Measurement, metric: Metric) -> MetricLine:
    arrow, direction = DIRECTIONS[metric.better]
    return MetricLine(metric, one.component, one.value, arrow, direction, one.evidence)


def _unknown(name: str) -> Metric:
    return Metric(name, name, "count", "none", "not in the registry of this version")


def load_facts(load: LoadResult) -> tuple[tuple[str, str], ...]:
    """Say what the load test did, as (name, text) pairs; quantiles and distribution have figures of their own."""
    attempts = load.operations + load.errors
    facts: list[tuple[str, str]] = [
        ("tool", load.tool),
        ("started", load.started),
        ("duration", units.show(load.duration_seconds, "s")),
        ("successful operations", f"{load.operations:,}"),
        ("errors", f"{load.errors:,} ({units.show(load.errors / attempts, 'ratio')})" if attempts else "0"),
        ("throughput", units.show(load.operations_per_second, "ops/s")),
        ("mean latency", units.show(load.mean_latency_seconds, "s")),
    ]
    if load.writes is not None:
        facts.append(("writes", f"{load.writes:,}"))
    if load.reads is not None:
        facts.append(("reads", f"{load.reads:,}"))
    facts.append(("loop", _loop(load)))
    facts.append(("answers by status", ", ".join(f"{code}: {count:,}" for code, count in load.status_codes)))
    facts += [("doubt", warning) for warning in load.warnings]
    return tuple((name, text) for name, text in facts if text)


def _loop(load: LoadResult) -> str:
    """Say how the load was offered; nothing where the tool does not tell."""
    if load.open_loop is None:
        return ""
    if not load.open_loop:
        return "closed: each request waited for the answer before it"
    corrected = "from when they were due" if load.omission_corrected else "from when they were sent"
    return f"open: requests were sent by the clock; latencies count {corrected}"


def file_lines(record: RunRecord, *, raw: bool) -> tuple[FileLine, ...]:
    """List the files of a run in order of path, then those that should be there and are not."""
    run = record.run
    root = links.root_of(links.run_page(run.id))
    lines, scrubbed = [], dict(record.scrubbed)
    for file in run.files:
        place = links.raw_file(run.id, file.path) if raw and scrubbed.get(file.path, "as it is") else ""
        href = root + encode.url_path(place) if place else ""
        lines.append(FileLine(file.path, file.kind, file.phase, file.size_bytes, file.sha256, href))
    present = {file.path for file in run.files}
    reports = run.manifest.files if run.manifest else ()
    absent = (report for report in reports if report.status != "ok" and report.path not in present)
    return (*sorted(lines, key=lambda line: line.path), *(_absent(report) for report in absent))


def _absent(report: FileReport) -> FileLine:
    reason = ": ".join(part for part in (report.code, report.last_error) if part)
    return FileLine(report.path, report.kind, report.phase, None, "", "", report.status, reason)


def environment_facts(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Say where and how a run was taken, as (name, text) pairs; what is unknown is left out."""
    env = manifest.environment
    dirty = {None: "", True: "with uncommitted changes", False: "clean"}[env.git_dirty]
    facts = (
        ("started", manifest.started),
        ("finished", manifest.finished),
        ("plan", manifest.plan),
        ("variant", manifest.variant),
        ("load command", " ".join(manifest.load.command) if manifest.load else ""),
        (
            "load exit code",
            str(manifest.load.exit_code) if manifest.load and manifest.load.exit_code is not None else "",
        ),
        ("commit", f"{env.git_sha} {dirty}".strip() if env.git_sha else ""),
        ("branch", env.git_branch),
        ("Go", env.go_version),
        ("platform", "/".join(part for part in (env.goos, env.goarch) if part)),
        ("GOMAXPROCS", env.gomaxprocs),
        ("GOGC", env.gogc),
        ("GOMEMLIMIT", env.gomemlimit),
        ("processor", env.cpu_model),
        ("cores", str(env.cpu_count) if env.cpu_count else ""),
        ("kernel", env.kernel),
        ("service arguments", " ".join(manifest.args)),
        *((f"pod of {pod.component}", _pod(pod)) for pod in manifest.pods),
        ("collected by", f"profbook {manifest.tool_version}" if manifest.tool_version else ""),
    )
    return tuple((name, text) for name, text in facts if text)


def _pod(pod: PodReport) -> str:
    """Say which pod a component was profiled in."""
    limits = ", ".join(f"{name} limit {text}" for name, text in pod.limits)
    restarts = units.counted(pod.restarts, "restart") if pod.restarts else ""
    return "; ".join(part for part in (f"{pod.namespace}/{pod.pod}", ", ".join(pod.images), limits, restarts) if part)


def notes_of(run_id: str, notes: Mapping[tuple[str, str], str]) -> tuple[Note, ...]:
    """Take the notes of one run, in order of path, cut at a length no page can bear."""
    mine = sorted((path, text) for (run, path), text in notes.items() if run == run_id)
    return tuple(Note(path, text[:_NOTES_LIMIT], len(text) > _NOTES_LIMIT) for path, text in mine)


def _toc(
    record: RunRecord, sections: Sequence[KindSection], costs: CostSections, has: tuple[bool, bool, bool]
) -> tuple[tuple[str, str], ...]:
    """List the sections; ``has`` tells of the timeline, the budgets and the notes."""
    known = (
        ("verdict", "Can it be trusted?", True),
        ("metrics", "Metrics", True),
        ("load", "Load test", record.load is not None),
        ("timeline", "When it was taken", has[0]),
        ("growth", "Growth", bool(record.growth or record.goroutines)),
        ("budgets", "Budgets", has[1]),
    )
    entries = [(anchor, text) for anchor, text, there in known if there]
    many = len({section.group.component for section in sections}) > 1
    seen: set[str] = set()
    for section in sections:
        if not many:
            entries.append((section.group.id, section.group.title))
        elif section.group.component not in seen:
            seen.add(section.group.component)
            entries.append((section.group.id, section.group.component))
    entries += costs.toc()
    entries.append(("files", "Files"))
    entries += [("provenance", "Provenance")] if record.run.manifest is not None else []
    entries += [("notes", "Notes")] if has[2] else []
    return tuple(entries)
