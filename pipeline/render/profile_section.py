"""The sections of a run page that show profiles: one for each component and kind. Pure.

Rules: the last profile of a kind is shown in full; the others of a series or before/after pair are listed with their
totals. What could not be read is said where it would have been.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pipeline import units
from pipeline.model.finding import Finding
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.model.summary import SummaryProfile
from pipeline.model.target import Budget
from pipeline.render import encode, links
from pipeline.render.commands import commands
from pipeline.render.env import Html, trusted
from pipeline.render.figures import Cache, Figure, series_figures
from pipeline.render.flame import linked
from pipeline.render.late import Cell, LateCommands, LateTable
from pipeline.render.source_section import SourceView, source_view
from pipeline.render.tables import TopPanel, top_panel, top_rows

_TALLEST: Final = 640
_KINDS: Final = ("cpu", "heap", "allocs", "goroutine", "goroutineleak", "mutex", "block", "threadcreate")
_PHASES: Final = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}
_TITLES: Final[Mapping[str, str]] = {
    "cpu": "CPU",
    "heap": "Heap",
    "allocs": "Allocations",
    "goroutine": "Goroutines",
    "goroutineleak": "Leaked goroutines",
    "mutex": "Mutex contention",
    "block": "Blocking",
    "threadcreate": "Thread creation",
    "profile": "Other profile",
}
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
class Flame:
    """A flame graph: ``src`` of its data, the key it registers under, and the still picture for readers without JS:
    its ``frame`` and what is ``inside``, which comes late (under ``late``) but for the page's first picture.
    """

    src: str
    key: str
    index: int
    frame: Html
    inside: Html
    late: str

    @property
    def is_tall(self) -> bool:
        """Tell whether it is higher than its box can be (css/flame.css): then there will be a minimap."""
        found = re.search(r' height="(\d+)"', self.frame)
        return found is not None and int(found[1]) > _TALLEST


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

    id: str
    title: str
    about: str
    component: str
    kind: str
    shown: ProfileRecord
    panel: TopPanel | None
    rows: Html
    others: tuple[OtherType, ...]
    flame: Flame | None
    figures: tuple[Figure, ...]
    snapshots: tuple[Snapshot, ...]
    late: tuple[LateTable | LateCommands, ...]
    findings: tuple[Finding, ...]
    source: SourceView | None

    @property
    def name(self) -> str:
        """Name the section so that no other of the page has the same name."""
        return f"{self.component}: {self.title}" if self.component else self.title


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
    """Make the sections of a run, by component, then by kind in the order people ask for them."""
    groups: dict[tuple[str, str], list[ProfileRecord]] = {}
    for profile in record.profiles:
        groups.setdefault((profile.component, profile.kind), []).append(profile)
    ordered = sorted(groups, key=lambda key: (key[0], _rank(key[1]), key[1]))
    single = len({component for component, _ in groups}) == 1
    made = tuple(_section(record, key, groups[key], rules, single=single) for key in ordered)
    return _lead_first(made)


def _lead_first(sections: tuple[KindSection, ...]) -> tuple[KindSection, ...]:
    """Let the first picture of a page be there at once."""
    lead = next((one for one in sections if one.flame), None)
    return tuple(
        replace(one, flame=replace(one.flame, late="")) if one is lead and one.flame else one for one in sections
    )


def kind_title(kind: str) -> str:
    """Name a kind of profile in words."""
    return _TITLES.get(kind, kind)


def taken_order(profile: ProfileRecord | SummaryProfile) -> tuple[int, int, str]:
    """Sort key of the profiles of one kind: in the order they were taken."""
    return _PHASES.get(profile.phase, 3), profile.index or 0, profile.path


def shown_order(profile: ProfileRecord) -> tuple[int, int, int, str]:
    """Sort key of the profiles of one kind, of which the last is shown whole.

    A CPU profile tells of its own time alone, and the last of a series often begins when the load has ended: so it is
    the heaviest. All others hold what came before.
    """
    weight = profile.totals[profile.default_index] if profile.kind == "cpu" and profile.totals else 0
    return weight, *taken_order(profile)


def _rank(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _section(
    record: RunRecord, key: tuple[str, str], group: Sequence[ProfileRecord], rules: SectionRules, *, single: bool
) -> KindSection:
    run_id, (component, kind) = record.run.id, key
    taken = sorted(group, key=taken_order)
    shown = max(taken, key=shown_order)
    identity = encode.anchor("profile", kind) if single else encode.anchor("profile", component, kind)
    title = kind_title(kind)
    source = source_view(shown, record.source, identity)
    panel = top_panel(shown.tables[shown.default_index]) if shown.tables else None
    snapshots = tuple(_snapshot(run_id, one, shown, raw=rules.raw) for one in taken)
    return KindSection(
        id=identity,
        title=title,
        about=_ABOUT.get(kind, "A profile of a kind that has no page of its own."),
        component="" if single else component,
        kind=kind,
        shown=shown,
        panel=panel,
        rows=top_rows(panel, identity, source.ids if source else {}) if panel else trusted(""),
        others=tuple(
            _other(run_id, shown, place) for place in range(len(shown.tables)) if place != shown.default_index
        ),
        flame=_flame(run_id, shown, rules.flames, identity),
        figures=series_figures(taken, rules.charts, prefix=identity),
        snapshots=snapshots,
        late=_late(record, identity, taken, snapshots, shown, rules),
        findings=tuple(doubt for one in taken for doubt in one.findings),
        source=source,
    )


def _late(
    record: RunRecord,
    identity: str,
    taken: Sequence[ProfileRecord],
    snapshots: Sequence[Snapshot],
    shown: ProfileRecord,
    rules: SectionRules,
) -> tuple[LateTable | LateCommands, ...]:
    """Make what a section shows when asked for: the other profiles of its kind, and commands."""
    places = {"profiles_dir": rules.profiles_dir, "site_url": rules.site_url}
    told = commands(record.run.id, taken, shown, **places, raw=rules.raw)
    made = LateCommands(f"{identity}-commands", "Commands for go tool pprof", told)
    if len(snapshots) < 2:
        return (made,)
    heads = ("taken", "file", *(kind for kind, _, _ in snapshots[-1].totals))
    rows = tuple(_snapshot_row(one) for one in snapshots)
    numbers = tuple(range(2, len(heads)))
    return LateTable(f"{identity}-all", f"All {len(rows)} profiles of this kind", heads, rows, numbers), made


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


def _flame(run_id: str, profile: ProfileRecord, flames: Mapping[str, str], identity: str) -> Flame | None:
    if not profile.tree:
        return None
    explorer = links.explore(run_id, profile.path, root="../../", fragment="#d=sandwich&c=")
    picture = linked(flames.get(profile.tree, ""), rows=f"{identity}-row-", explorer=explorer)
    src = f"../../{links.data_files(encode.url_path(profile.tree))[0]}"
    frame, end, inside = picture.partition(">") if picture.startswith("<svg") else ("", "", picture)
    late = f"{identity}-flame" if end else ""
    return Flame(
        src, profile.tree, profile.default_index, trusted(frame + end), trusted(inside.removesuffix("</svg>")), late
    )


def _snapshot(run_id: str, profile: ProfileRecord, shown: ProfileRecord, *, raw: bool) -> Snapshot:
    when = profile.phase if profile.index is None else f"snapshot {profile.index}"
    totals = tuple(
        (kind.type, total, kind.unit) for kind, total in zip(profile.sample_types, profile.totals, strict=False)
    )
    place = links.raw_file(run_id, profile.path) if raw and not profile.merged_of else ""
    href = links.root_of(links.run_page(run_id)) + encode.url_path(place) if place else ""
    explore = links.explore(run_id, profile.path, root="../../") if profile.tree else ""
    return Snapshot(profile.path, when or "–", totals, href, profile is shown, explore)
