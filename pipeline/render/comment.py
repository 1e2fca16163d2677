"""What a pull request, a job summary and a terminal are told of comparisons: the verdict first, then why. Pure.

Rules: no table and no HTML, so that a name can break neither; every foreign text is code or made of plain words. A text
fits its budget: what is left out is counted and linked. Lines never begin with foreign text: a CI log takes some lines
as commands. The same comparisons give the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.difference import Culprit, Difference
from pipeline.model.gate import CheckState, GateComparison, GateOutcome, GateResult
from pipeline.model.verdict import Comparison
from pipeline.render import headline_picture, links
from pipeline.render.encode import code_span, fragment_value, prose
from pipeline.render.metric_section import MetricRow, metric_rows
from pipeline.render.profile_groups import kind_title
from pipeline.render.state import OUTCOMES

SUMMARY_BYTES: Final = 900 << 10
"""Largest job summary; GitHub drops one above 1,024 KiB."""
_NAME: Final = 300
"""Longest function name that is shown whole."""
_PATH: Final = 12
_GATES: Final[Mapping[GateOutcome, str]] = {
    "passed": "✓ gate passed",
    "failed": "✕ gate failed",
    "partial": "! gate did not fail, but data is missing",
    "inconclusive": "? gate undecided",
}
_STATES: Final[Mapping[CheckState, str]] = {
    "failed": "✕ failed",
    "accepted": "✓ accepted",
    "unproved": "? not proved",
    "unmeasured": "? not measured",
    "passed": "✓ passed",
}


ProfilePaths = Mapping[str, Mapping[tuple[str, str], str]]
"""Run -> (component, kind) -> path of its last profile of that kind."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the text: what it costs to leave it out is told by ``name``; the first line is its heading."""

    name: str
    lines: tuple[str, ...]


def marker(key: str) -> str:
    """Write the line by which our comment is found again."""
    return f"<!-- profbook:{key} -->"


def sections(
    comparisons: Sequence[Comparison],
    gate: GateResult,
    *,
    url: str,
    headline: Sequence[str],
    profiles: ProfilePaths | None = None,
    movers: int = 10,
    pictures: bool = False,
) -> tuple[Section, ...]:
    """Make the parts of the text, most important first; ``url`` is the site's address (empty: no links).

    ``profiles`` are the paths of runs' profiles, for links into the explorer; the site may hold ``pictures``.
    """
    base = f"{url.rstrip('/')}/" if url else ""
    made = [_verdict(comparisons, gate, base)]
    seen = {one.slug: one for one in gate.comparisons}
    for one in comparisons:
        checks = _checks(one, seen.get(one.slug))
        culprits = _culprits(one, base, profiles or {}, movers)
        made += [checks, _metrics(one, headline, movers), _picture(one, headline, base if pictures else ""), culprits]
    made += [_notes(gate), _missing(comparisons)]
    return tuple(part for part in made if part.lines)


def units16(text: str) -> int:
    """Count a text as GitHub's interface may: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def comment_text(parts: Sequence[Section], *, key: str, limit: int, url: str = "") -> str:
    """Put the parts together within ``limit`` characters: whole lines, the first parts first, then what is left out."""
    head = marker(key)
    left = limit - units16(head) - 400
    lines, dropped = [head], 0
    for part in parts:
        for place, line in enumerate(part.lines):
            cost = units16(line) + 2
            if dropped or cost > left:
                dropped += not line.startswith("#") and bool(line)
                continue
            left -= cost
            lines += ["", line] if place < 1 or line.startswith("#") else [line]
    if dropped:
        more = f": [the report](<{url}>) has them" if url else "; the report has them"
        lines += ["", f"{units.counted(dropped, 'line')} left out{more}."]
    return "\n".join(lines) + "\n"


def summary_text(parts: Sequence[Section], *, limit: int = SUMMARY_BYTES) -> str:
    """Put the parts together within ``limit`` bytes; parts that do not fit are left out whole, and named."""
    kept, dropped, left = [], [], limit - 4096
    for part in parts:
        text = "\n".join(part.lines) + "\n\n"
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > left:
            dropped.append(part.name)
        else:
            left -= size
            kept.append(text)
    if dropped:
        names = list(dict.fromkeys(dropped))
        kept.append(f"Left out, because a summary has a limit: {', '.join(names)}.\n")
    return "".join(kept)


# --- parts -------------------------------------------------------------------------------------------------------


def _verdict(comparisons: Sequence[Comparison], gate: GateResult, base: str) -> Section:
    doubted = gate.outcome == "passed" and any(one.outcome in {"inconclusive", "invalid"} for one in gate.comparisons)
    head = "? gate did not fail, but proves little" if doubted else _GATES[gate.outcome]
    lines = [f"## {head}", *(f"- {prose(_short(reason))}" for reason in gate.reasons)]
    for one in comparisons:
        state = OUTCOMES[one.outcome]
        name = f"{code_span(_short(one.head_label))} against {code_span(_short(one.base_label))}"
        runs = f"{len(one.base_runs)}+{len(one.head_runs)} runs"
        link = f"; [full report](<{base}{links.compare_page(one)}>)" if base else ""
        lines.append(f"### {state.sign} {state.word}: {name}")
        lines.append(f"- {runs}{link}")
        lines += [f"- {prose(_short(reason))}" for reason in one.reasons]
    return Section("verdict", tuple(lines))


def _checks(one: Comparison, seen: GateComparison | None) -> Section:
    if seen is None:
        return Section("gate", ())
    order = ("failed", "accepted", "unproved")
    checks = sorted((check for check in seen.checks if check.state in order), key=lambda one: order.index(one.state))
    lines = []
    for check in checks:
        result = check.result
        where = f"{code_span(_short(result.component))} " if result.component else ""
        tail = check.accepted or check.expired
        told = f"{result.title}: {result.sentence}" + (f" ({tail})" if tail else "")
        lines.append(f"- {_STATES[check.state]}: {where}{prose(_short(told))}")
    lines += [f"- {prose(_short(objection.sentence))}" for objection in seen.objections]
    return Section("gate", (f"#### Gate of {code_span(_short(one.slug))}", *lines) if lines else ())


def _metrics(one: Comparison, headline: Sequence[str], movers: int) -> Section:
    rows = [row for row in metric_rows(one, headline) if row.compared.outcome in {"improved", "regressed"}]
    rows.sort(key=lambda row: (row.compared.outcome != "regressed", not row.headline, -abs(row.compared.delta or 0.0)))
    lines = [_metric(row) for row in rows[:movers]]
    if len(rows) > movers:
        lines.append(f"- … and {units.counted(len(rows) - movers, 'metric')} more")
    return Section("metrics", (f"#### What changed: {code_span(_short(one.slug))}", *lines) if lines else ())


def _picture(one: Comparison, headline: Sequence[str], base: str) -> Section:
    """Refer to the picture of every run; its address changes with the runs, as GitHub keeps what it has fetched."""
    if not base or not any(each.metric.name in headline and each.base and each.head for each in one.metrics):
        return Section("picture", ())
    address = f"{base}{links.compare_page(one)}{headline_picture.FILE}?v={headline_picture.version(one)}"
    title = f"#### Every run: {code_span(_short(one.slug))}"
    return Section("picture", (title, f"![Every run of both sides as a dot, by headline metric](<{address}>)"))


def _metric(row: MetricRow) -> str:
    compared = row.compared
    where = f"{code_span(_short(compared.component))} " if compared.component else ""
    told = f"{compared.metric.title}: {row.base} → {row.head} ({row.delta}, p = {row.p}, n = {row.n})"
    return f"- {row.state.sign} {row.state.word}: {where}{prose(_short(told))}"


def _culprits(one: Comparison, base: str, profiles: ProfilePaths, movers: int) -> Section:
    lines = []
    for part in _dearest(one):
        for culprit in part.culprits:
            under = f" under {code_span(_short(culprit.under))}" if culprit.under else ""
            path = " → ".join(_short(name) for name in culprit.path[-_PATH:])
            lines.append(
                f"- {_title(part)}: {code_span(_short(culprit.function))}{under}: {prose(_short(culprit.how))}"
                f"{_view(one, (part, culprit), base, profiles)}; path {code_span(path)}"
            )
    if not lines:
        return Section("call paths", ())
    more = [f"- … and {len(lines) - movers} more"] if len(lines) > movers else []
    return Section("call paths", (f"#### Call paths behind it: {code_span(_short(one.slug))}", *lines[:movers], *more))


def _dearest(one: Comparison) -> list[Difference]:
    """Order the sample types: those that got dearer first, the largest relative change first."""

    def weight(part: Difference) -> tuple[bool, float]:
        total = part.total.judged
        return part.outcome != "regressed", -abs(total.delta / total.base if total.base else total.delta)

    return sorted((part for part in one.functions if part.culprits), key=weight)


def _title(part: Difference) -> str:
    total = part.total.judged
    where = f"{code_span(_short(part.component))} " if part.component else ""
    change = units.show_delta(total.base, total.head)
    return f"{where}{prose(_short(f'{kind_title(part.kind)} ({part.sample_type.type}) {change}'))}"


def _view(one: Comparison, what: tuple[Difference, Culprit], base: str, profiles: ProfilePaths) -> str:
    """Link the function in the explorer, in the last runs of both sides; else the section of the comparison's page."""
    part, culprit = what
    if not base:
        return ""
    kind = part.component, part.kind
    head, old = (
        next(((run, profiles[run][kind]) for run in reversed(runs) if kind in profiles.get(run, {})), None)
        for runs in (one.head_runs, one.base_runs)
    )
    if head is None or old is None:
        return f" ([details](<{base}{links.compare_page(one)}#culprits>))"
    scale = "&sc=perop" if part.per_op else ""
    view = f"#t={fragment_value(part.sample_type.type)}{scale}&d=sandwich&c={fragment_value(culprit.function)}"
    address = links.explore(*head, root=base, base=old, fragment=view if len(culprit.function) <= _NAME else "")
    return f" ([in the explorer](<{address.replace('index.html', '', 1)}>))"


def _notes(gate: GateResult) -> Section:
    lines = [f"- {prose(_short(note))}" for note in gate.notes]
    return Section("notes", ("#### Notes", *lines) if lines else ())


def _missing(comparisons: Sequence[Comparison]) -> Section:
    lines = []
    for one in comparisons:
        for found in one.findings:
            where = f"{code_span(_short(found.subject))}: " if found.subject else ""
            lines.append(f"- {where}{prose(_short(found.message))}")
    lines = list(dict.fromkeys(lines))
    return Section("doubts", ("#### Doubts", *lines) if lines else ())


def _short(text: str) -> str:
    return text if len(text) <= _NAME else f"{text[: _NAME // 2]} … {text[-_NAME // 2 :]}"


# --- annotations -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceSpot:
    """A line of the repository that got dearer, and how."""

    path: str
    line: int
    function: str
    told: str


def annotation_lines(spots: Sequence[SourceSpot], limit: int) -> Iterator[str]:
    """Write workflow commands that mark lines; GitHub shows ten of a step."""
    for spot in list(dict.fromkeys(spots))[:limit]:
        facts = {"file": spot.path, "line": str(spot.line), "title": f"{_short(spot.function)} got dearer"}
        told = ",".join(f"{name}={_escape(value, also=':,')}" for name, value in facts.items())
        yield f"::warning {told}::{_escape(spot.told)}"


def _escape(text: str, also: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{also}" else char for char in text)
