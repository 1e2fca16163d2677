"""The page of one comparison: the verdict and its reasons, every metric, and the functions that moved. Pure.

Rules: a change is written as a change only where the judgement says so; ``~`` stands where it is not significant, as in
benchstat. The spread of a side is half its range, relative to its median.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.page import StampedPage
from pipeline.model.verdict import Comparison, MetricComparison, Mover, MoverTable
from pipeline.render import encode, links
from pipeline.render.env import Environment, render
from pipeline.render.figures import Cache, strip_figures
from pipeline.render.profile_section import kind_title
from pipeline.render.state import DIRECTIONS, OUTCOMES, SEVERITIES, State

NO_BREAK: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of a comparison, ready to print; ``seen`` is a change that is shown but not claimed, ``warnings`` are
    those the verdict does not tell already, ``pair`` both medians in short.
    """

    compared: MetricComparison
    base: str
    head: str
    delta: str
    seen: str
    p: str
    n: str
    state: State
    direction: str
    headline: bool
    warnings: tuple[str, ...]
    pair: str


@dataclass(frozen=True, slots=True)
class MoverRow:
    """One function that moved; ``share`` is its change relative to the largest change of the table, signed."""

    mover: Mover
    change: float
    share: float


@dataclass(frozen=True, slots=True)
class MoverView:
    """One table of movers; ``unit`` is the sample type's, per operation where it is."""

    id: str
    title: str
    unit: str
    table: MoverTable
    rows: tuple[MoverRow, ...]


def compare_page(
    env: Environment, comparison: Comparison, cache: Cache, *, headline: Sequence[str], known_runs: frozenset[str]
) -> StampedPage:
    """Make the page of one comparison; ``known_runs`` have pages to link to."""
    url = links.compare_page(comparison)
    rows = metric_rows(comparison, headline)
    many = len({table.component for table in comparison.movers}) > 1
    movers = tuple(_mover_view(table, many=many) for table in comparison.movers)
    body = render(
        env,
        "pages/compare.html.j2",
        root=links.root_of(url),
        comparison=comparison,
        state=OUTCOMES[comparison.outcome],
        rows=rows,
        many_components=len({row.compared.component for row in rows}) > 1,
        movers=movers,
        figures=strip_figures(comparison, headline, cache),
        sides=_sides(comparison, links.root_of(url), known_runs),
        severities=SEVERITIES,
    )
    return StampedPage(url, title_of(comparison), body, _toc(comparison, movers, rows))


def title_of(comparison: Comparison) -> str:
    """Name a comparison in words."""
    return f"{comparison.head_label} against {comparison.base_label}"


def metric_rows(comparison: Comparison, headline: Sequence[str]) -> tuple[MetricRow, ...]:
    """Prepare the metric table, headline metrics first within a component."""
    compared = sorted(comparison.metrics, key=lambda one: (one.component, one.metric.name not in headline))
    return tuple(_row(one, one.metric.name in headline, comparison.reasons) for one in compared)


def _row(one: MetricComparison, headline: bool, told: Sequence[str]) -> MetricRow:
    change = units.show_delta(one.base_center, one.head_center)
    claimed = one.outcome in {"improved", "regressed"}
    both = bool(one.base and one.head)
    return MetricRow(
        compared=one,
        base=_center(one.base, one.base_center, one.metric.unit),
        head=_center(one.head, one.head_center, one.metric.unit),
        delta=change if claimed else "~" if both else "–",
        seen="" if claimed or not both or change == "–" else change,
        p=f"{one.p:.3f}" if both else "–",
        n=f"{len(one.base)}+{len(one.head)}",
        state=OUTCOMES[one.outcome],
        direction=DIRECTIONS[one.metric.better][1],
        headline=headline,
        warnings=tuple(warning for warning in one.warnings if warning not in told),
        pair=_pair(one),
    )


def _pair(one: MetricComparison) -> str:
    """Write both medians, the unit once where it is the same: ``9.8 → 5.2 kB/op``."""
    base, head = (units.show(center, one.metric.unit) for center in (one.base_center, one.head_center))
    number, _, unit = base.partition(" ")
    return f"{number} → {head}" if unit and head.endswith(f" {unit}") else f"{base} → {head}"


def _center(values: Sequence[float], center: float | None, unit: str) -> str:
    """Write a median with its spread: ``12.4 kB/op ± 3 %``; one value has no spread to show."""
    text = units.show(center, unit)
    if center is None or len(values) < 2:
        return text
    half = (max(values) - min(values)) / 2
    spread = f"± {half / abs(center) * 100:.0f} %" if center else f"± {units.show(half, unit)}"
    return f"{text} {spread.replace(' ', NO_BREAK)}"


def _mover_view(table: MoverTable, *, many: bool) -> MoverView:
    changes = [row.head_flat - row.base_flat for row in table.rows]
    largest = max((abs(change) for change in changes), default=0.0) or 1.0
    unit = f"{table.sample_type.unit}/op" if table.per_op else table.sample_type.unit
    component = f"{table.component}: " if many else ""
    title = f"{component}{kind_title(table.kind)} ({table.sample_type.type})"
    identity = encode.anchor("moved", table.component, table.kind, table.sample_type.type)
    rows = tuple(MoverRow(row, change, change / largest) for row, change in zip(table.rows, changes, strict=True))
    return MoverView(identity, title, unit, table, rows)


def _sides(
    comparison: Comparison, root: str, known: frozenset[str]
) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """List both sides as (role, label, ((run, address), …)); a run without a page has no address."""
    sides = (
        ("base", comparison.base_label, comparison.base_runs),
        ("head", comparison.head_label, comparison.head_runs),
    )
    return tuple(
        (
            role,
            label,
            tuple((run, links.to_page(links.run_page(run), root=root) if run in known else "") for run in runs),
        )
        for role, label, runs in sides
    )


def _toc(comparison: Comparison, movers: Sequence[MoverView], rows: Sequence[MetricRow]) -> tuple[tuple[str, str], ...]:
    entries = [("verdict", "Verdict"), ("metrics", "Metrics")]
    if any(row.headline and row.compared.base and row.compared.head for row in rows):
        entries.append(("runs-drawn", "Every run"))
    if movers:
        entries.append(("movers", "What moved"))
        entries += [(view.id, view.title) for view in movers]
    if comparison.findings:
        entries.append(("findings", "Findings"))
    entries.append(("sides", "Runs"))
    return tuple(entries)
