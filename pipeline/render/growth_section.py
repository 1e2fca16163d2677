"""The sections of a run page that follow heap and goroutines over the snapshots. Pure.

Rules: a verdict is a word, a sign and a sentence. What was not judged, and why, is said. The growth of the heap stands
with the largest snapshot named by its file; that is the one with most in use, not the largest file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.goroutine_group import GoroutineGroup, GoroutineGroups
from pipeline.model.growth import Growth, SiteGrowth, Trend
from pipeline.model.record import RunRecord
from pipeline.render import encode, links
from pipeline.render.state import State

SITE_ROWS: Final = 15
GROUP_ROWS: Final = 15
FILM_WIDTH: Final = 1000
FILM_HEIGHT: Final = 120
_ROOT: Final = "../../"
_VERDICTS: Final = {
    "leaking": State("leaking", "▲", "bad", "Grew steadily through all snapshots that were judged."),
    "growing": State("growing", "↗", "doubt", "Grew, too unsteadily or over too few snapshots to be called a leak."),
    "steady": State("steady", "=", "good", "Did not grow by an amount that matters."),
    "shrinking": State("shrinking", "↘", "plain", "Shrank."),
    "unclear": State("unclear", "?", "plain", "The snapshots vary too much to tell growth from noise."),
}
_OF_TWO: Final = {
    "growing": State("grew", "↗", "doubt", "Grew from the first to the last; two snapshots have no trend."),
    "steady": State("same", "=", "plain", "About the same at both; two snapshots have no trend."),
    "shrinking": State("shrank", "↘", "plain", "Shrank from the first to the last; two snapshots have no trend."),
    "unclear": State("unclear", "?", "plain", "One snapshot has no trend."),
}
_SITES_LEAK: Final = State(
    "leaking",
    "▲",
    "bad",
    "Sites below grew steadily through all snapshots that were judged; the whole is less regular.",
)
_FORCED: Final = {
    True: "A garbage collection was forced before each snapshot, so what is in use is live.",
    False: "Collections were not forced: what is in use is as of the last collection the runtime made by itself.",
    None: "It is not known whether collections were forced; without, garbage counts as in use until the next one.",
}


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """One snapshot in the table of growth; ``change`` is since the one before it, None for the first.

    ``x`` is its place in the picture; ``explore`` and ``grown`` lead to it in the explorer, alone and beside the first.
    """

    path: str
    at: str
    value: int
    change: int | None
    objects: int
    is_peak: bool
    is_judged: bool
    x: float = 0.0
    explore: str = ""
    grown: str = ""


@dataclass(frozen=True, slots=True)
class Film:
    """The curve over the snapshots, to run along with a slider: ``label`` says in words what it shows."""

    label: str
    line: str
    area: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One allocation site: ``slope`` and ``interval`` are texts, empty without a trend."""

    function: str
    first: int
    last: int
    slope: str
    interval: str
    steps: str
    state: State


@dataclass(frozen=True, slots=True)
class SiteTable:
    """The sites of one kind; ``is_open`` for the one that is shown at once."""

    title: str
    lines: tuple[SiteLine, ...]
    left_out: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class GrowthView:
    """Heap or goroutines of one component over its snapshots."""

    id: str
    title: str
    component: str
    unit: str
    state: State
    facts: tuple[tuple[str, str], ...]
    lines: tuple[SnapshotLine, ...]
    tables: tuple[SiteTable, ...]
    note: str
    film: Film | None = None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group of goroutines; ``state`` is the verdict on its counts."""

    group: GoroutineGroup
    state: State


@dataclass(frozen=True, slots=True)
class GroupsView:
    """The groups of goroutines of one component."""

    id: str
    component: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[GroupLine, ...]
    left_out: int
    many: bool


def growth_views(record: RunRecord) -> tuple[GrowthView, ...]:
    """Prepare the growth of every component of a run."""
    single = len({one.component for one in record.growth}) == 1
    drawn = frozenset(profile.path for profile in record.profiles if profile.tree)
    return tuple(_growth(one, record.run.id, drawn, single=single) for one in record.growth)


def group_views(record: RunRecord) -> tuple[GroupsView, ...]:
    """Prepare the groups of goroutines of every component of a run."""
    single = len({one.component for one in record.goroutines}) == 1
    return tuple(_groups(one, single=single) for one in record.goroutines)


def trend_state(trend: Trend) -> State:
    """Say a verdict in words: of two snapshots nothing more than that it grew or shrank."""
    return (_OF_TWO if trend.judged < 3 else _VERDICTS)[trend.verdict]


def _growth(growth: Growth, run_id: str, drawn: Collection[str], *, single: bool) -> GrowthView:
    heap = growth.kind == "heap"
    own = [site for site in growth.sites if site.kind == "own"]
    flat = [site for site in growth.sites if site.kind == "flat"]
    tables = (
        _table(growth, "By the service's own code", own, is_open=True),
        _table(growth, "By the function that allocated", flat, is_open=not own),
    )
    return GrowthView(
        id=encode.anchor("growth", growth.kind) if single else encode.anchor("growth", growth.component, growth.kind),
        title="Heap in use" if heap else "Number of goroutines",
        component="" if single else growth.component,
        unit="bytes" if heap else "count",
        state=_state(growth),
        facts=tuple(_facts(growth)),
        lines=_lines(growth, run_id, drawn),
        tables=tuple(table for table in tables if table.lines),
        note=_FORCED[growth.forced] if heap else "",
        film=_film(growth),
    )


def _state(growth: Growth) -> State:
    """Say the verdict on the whole; that a site of it leaks goes before."""
    if any(site.trend.verdict == "leaking" for site in growth.sites) and growth.trend.verdict != "leaking":
        return _SITES_LEAK
    return trend_state(growth.trend)


def _facts(growth: Growth) -> Iterable[tuple[str, str]]:
    unit = "bytes" if growth.kind == "heap" else "goroutines"
    last, peak = growth.snapshots[-1], growth.snapshots[growth.peak]
    yield "largest", f"{units.show(peak.value, unit)} in {peak.path}"
    sign = "+" if growth.grown > 0 else "−" if growth.grown < 0 else ""
    over = f" in {units.show(last.seconds, 's')}" if last.seconds else ""
    yield "first to last", f"{sign}{units.show(abs(growth.grown), unit)}{over}"
    if rates := growth.rates(growth.trend):
        yield "slope", f"{rates[0]}, {growth.confidence * 100:g} % interval {rates[1]} to {rates[2]}"
        yield "judged", f"{growth.trend.judged} of {len(growth.snapshots)} snapshots; {_steps(growth.trend)}"
    if growth.begins:
        before = growth.snapshots[growth.begins].path
        yield "restarted", f"before {before}; only what came after is judged"


def _steps(trend: Trend) -> str:
    return f"rose in {trend.rose}, fell in {trend.fell} of {trend.steps} steps"


def _lines(growth: Growth, run_id: str, drawn: Collection[str]) -> tuple[SnapshotLine, ...]:
    judged = len(growth.snapshots) - growth.trend.judged
    places, first = _places(growth), growth.snapshots[0].path
    lines = []
    for place, one in enumerate(growth.snapshots):
        base = (run_id, first) if place and first in drawn and one.path in drawn else None
        lines.append(
            SnapshotLine(
                path=one.path,
                at="–" if one.seconds is None else units.show(one.seconds, "s"),
                value=one.value,
                change=one.value - growth.snapshots[place - 1].value if place else None,
                objects=one.objects,
                is_peak=place == growth.peak,
                is_judged=place >= judged,
                x=places[place],
                explore=links.explore(run_id, one.path, root=_ROOT) if one.path in drawn else "",
                grown=links.explore(run_id, one.path, root=_ROOT, base=base) if base else "",
            )
        )
    return tuple(lines)


def _places(growth: Growth) -> list[float]:
    """Place the snapshots along the picture: by time where it is known and passes, else evenly."""
    times = [one.seconds for one in growth.snapshots]
    known = [float(place) if at is None else at for place, at in enumerate(times)]
    if None in times or known[-1] <= known[0] or known != sorted(known):
        known = [float(place) for place in range(len(times))]
    span = known[-1] - known[0] or 1.0
    return [round((at - known[0]) / span * FILM_WIDTH, 1) for at in known]


def _film(growth: Growth) -> Film | None:
    """Draw the curve from 0 up; None of fewer than three snapshots."""
    shots = growth.snapshots
    if len(shots) < 3:
        return None
    top = max(one.value for one in shots) or 1
    heights = [round(FILM_HEIGHT - one.value / top * (FILM_HEIGHT - 6), 1) for one in shots]
    line = " ".join(f"{x:g},{y:g}" for x, y in zip(_places(growth), heights, strict=True))
    unit = "bytes" if growth.kind == "heap" else "goroutines"
    first, last, peak = (units.show(one.value, unit) for one in (shots[0], shots[-1], shots[growth.peak]))
    what = "Heap in use" if growth.kind == "heap" else "Goroutines"
    label = f"{what} over {len(shots)} snapshots, from 0 up: first {first}, largest {peak}, last {last}"
    return Film(label, line, f"0,{FILM_HEIGHT} {line} {FILM_WIDTH},{FILM_HEIGHT}", FILM_WIDTH, FILM_HEIGHT)


def _table(growth: Growth, title: str, sites: Sequence[SiteGrowth], *, is_open: bool) -> SiteTable:
    shown = [site for site in sites if site.values[0] or site.values[-1]][:SITE_ROWS]
    return SiteTable(title, tuple(_site(growth, site) for site in shown), len(sites) - len(shown), is_open)


def _site(growth: Growth, site: SiteGrowth) -> SiteLine:
    rates = growth.rates(site.trend)
    return SiteLine(
        function=site.function,
        first=site.values[0],
        last=site.values[-1],
        slope=rates[0] if rates else "–",
        interval=f"{rates[1]} to {rates[2]}" if rates else "",
        steps=f"{site.trend.rose}/{site.trend.steps}",
        state=trend_state(site.trend),
    )


def _groups(groups: GoroutineGroups, *, single: bool) -> GroupsView:
    shown = groups.groups[:GROUP_ROWS]
    many = len(groups.paths) > 1
    facts = [("counted in", f"{groups.paths[0]} to {groups.paths[-1]}" if many else groups.paths[0])]
    facts += [("states and waits", groups.dump)] if groups.dump else []
    facts += [("proof of leaks", groups.proof)] if groups.proof else []
    return GroupsView(
        id=encode.anchor("groups") if single else encode.anchor("groups", groups.component),
        component="" if single else groups.component,
        facts=tuple(facts),
        lines=tuple(GroupLine(one, trend_state(one.trend)) for one in shown),
        left_out=groups.group_count - len(shown),
        many=many,
    )
