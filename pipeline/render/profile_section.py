"""The sections of a run page that show profiles: one for each component and kind. Pure.

Rules: one profile of a kind is shown in full (`profile_groups`); the others of a series or before/after pair are listed
with their totals. What could not be read is said where it would have been. Pictures come late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline import units
from pipeline.model.finding import Finding
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.target import Budget
from pipeline.render import encode, links
from pipeline.render.commands import commands
from pipeline.render.env import Html, trusted
from pipeline.render.figures import Cache, Figure, series_figures
from pipeline.render.flame_box import FlameBox, flame_box
from pipeline.render.late import Cell, LateCommands, LateTable
from pipeline.render.profile_groups import ProfileGroup, profile_groups
from pipeline.render.source_section import SourceView, source_view
from pipeline.render.tables import TopPanel, top_panel, top_rows

_ABOUT: Final[Mapping[str, str]] = {
    "cpu": "Where processor time went while the load ran.",
    "heap": "What was in use when the profile was taken, and everything allocated since the service started.",
    "allocs": "Everything allocated since the service started; what the run itself allocated is after minus before.",
    "goroutine": "Every goroutine and the stack it stood in.",
    "goroutineleak": "Goroutines the garbage collector proved can never wake up.",
    "mutex": "Time others waited because these functions held a lock.",
    "block": "Time spent waiting for locks, channels and conditions.",
    "threadcreate": "What made the runtime create operating-system threads.",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One profile in the list of its kind; ``href`` is empty when the raw file is not on the site, ``explore`` when it
    has no call tree.
    """

    path: str
    when: str
    totals: tuple[tuple[str, int, str], ...]
    href: str
    shown: bool
    explore: str = ""


@dataclass(frozen=True, slots=True)
class OtherType:
    """A sample type that is only named; ``explore`` leads to its top table, empty where there is no call tree."""

    type: str
    total: int
    unit: str
    explore: str


@dataclass(frozen=True, slots=True)
class KindSection:
    """Everything a run page shows about one kind of profile of one component."""

    group: ProfileGroup
    about: str
    panel: TopPanel | None
    rows: Html
    others: tuple[OtherType, ...]
    flame: FlameBox | None
    figures: tuple[Figure, ...]
    snapshots: tuple[Snapshot, ...]
    late: tuple[LateTable | LateCommands, ...]
    findings: tuple[Finding, ...]
    source: SourceView | None


@dataclass(frozen=True, slots=True)
class SectionRules:
    """What all sections of a site share."""

    flames: Mapping[str, str]
    charts: Cache
    profiles_dir: str
    site_url: str
    raw: bool
    budgets: Mapping[str, Budget] = field(default_factory=dict)


def kind_sections(record: RunRecord, rules: SectionRules) -> tuple[KindSection, ...]:
    """Make the sections of a run."""
    return tuple(_section(record, group, rules) for group in profile_groups(record))


def _section(record: RunRecord, group: ProfileGroup, rules: SectionRules) -> KindSection:
    run_id, shown = record.run.id, group.shown
    flame = flame_box(run_id, shown, rules.flames, url=links.run_page(run_id), rows=f"#{group.id}-row-")
    source = source_view(shown, record.source, group.id)
    panel = top_panel(shown.tables[shown.default_index]) if shown.tables else None
    snapshots = tuple(_snapshot(run_id, one, shown, raw=rules.raw) for one in group.taken)
    return KindSection(
        group=group,
        about=_ABOUT.get(group.kind, "A profile of a kind that has no page of its own."),
        panel=panel,
        rows=top_rows(panel, group.id, source.ids if source else {}) if panel else trusted(""),
        others=tuple(
            _other(run_id, shown, place) for place in range(len(shown.tables)) if place != shown.default_index
        ),
        flame=flame.coming_late(f"{group.id}-flame") if flame else None,
        figures=series_figures(group.taken, rules.charts, prefix=group.id),
        snapshots=snapshots,
        late=_late(record, group, snapshots, rules),
        findings=tuple(doubt for one in group.taken for doubt in one.findings),
        source=source,
    )


def _late(
    record: RunRecord, group: ProfileGroup, snapshots: Sequence[Snapshot], rules: SectionRules
) -> tuple[LateTable | LateCommands, ...]:
    """Make what a section shows when asked for: the other profiles of its kind, and commands."""
    places = {"profiles_dir": rules.profiles_dir, "site_url": rules.site_url}
    told = commands(record.run.id, group.taken, group.shown, **places, raw=rules.raw)
    made = LateCommands(f"{group.id}-commands", "Commands for go tool pprof", told)
    if len(snapshots) < 2:
        return (made,)
    heads = ("taken", "file", *(kind for kind, _, _ in snapshots[-1].totals))
    rows = tuple(_snapshot_row(one) for one in snapshots)
    numbers = tuple(range(2, len(heads)))
    return LateTable(f"{group.id}-all", f"All {len(rows)} profiles of this kind", heads, rows, numbers), made


def _snapshot_row(one: Snapshot) -> tuple[Cell, ...]:
    when = f"{one.when} (shown)" if one.shown else one.when
    path: Cell = (one.path, one.href) if one.href else one.path
    totals = (units.show(total, unit) for _, total, unit in one.totals)
    return ((when, one.explore) if one.explore else when, path, *totals)


def _other(run_id: str, profile: ProfileRecord, place: int) -> OtherType:
    table = profile.tables[place]
    kind = table.sample_type
    fragment = f"#v=top&t={encode.fragment_value(kind.type)}"
    explore = links.explore(run_id, profile.path, root="../../", fragment=fragment) if profile.tree else ""
    return OtherType(kind.type, table.total, kind.unit, explore)


def _snapshot(run_id: str, profile: ProfileRecord, shown: ProfileRecord, *, raw: bool) -> Snapshot:
    when = profile.phase if profile.index is None else f"snapshot {profile.index}"
    totals = tuple(
        (kind.type, total, kind.unit) for kind, total in zip(profile.sample_types, profile.totals, strict=False)
    )
    place = links.raw_file(run_id, profile.path) if raw and not profile.merged_of else ""
    href = links.root_of(links.run_page(run_id)) + encode.url_path(place) if place else ""
    explore = links.explore(run_id, profile.path, root="../../") if profile.tree else ""
    return Snapshot(profile.path, when or "–", totals, href, profile is shown, explore)
