"""The sections of a run page that say what a run cost: where it goes, contention, churn, benchmarks. Pure.

Rules: the last profile of each kind is shown, its default sample type first and open. What is long
comes late; a topic's name leads to its functions in the explorer. What a
group is, and from when a value counts, is said in words beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline import units
from pipeline.model.benchmark import RunBenchmarks
from pipeline.model.cost import Churn, Contention, Rollup, Since
from pipeline.model.origin import Origin
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.render import encode, links
from pipeline.render.late import LateTable
from pipeline.render.profile_groups import kind_title, shown_order
from pipeline.render.state import DIRECTIONS

ORIGIN_WORDS: Final[Mapping[Origin, str]] = {
    "own": "own module",
    "dependency": "dependencies",
    "standard": "standard library",
    "runtime": "Go runtime",
    "other": "no Go package",
}
_SINCE: Final[Mapping[Since, str]] = {
    "before": "between the first and the last profile",
    "start": "since the service started",
    "window": "in a window of its own",
}
_SHOWN: Final = ("cpu", "allocs", "heap", "mutex", "block")


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group of code: shares are of the total, None where that is 0; ``style`` names its colour."""

    name: str
    style: str
    flat: int
    flat_share: float | None
    cum: int
    cum_share: float | None
    href: str = ""


@dataclass(frozen=True, slots=True)
class CostPanel:
    """One sample type by whose code it is."""

    type: str
    unit: str
    total: int
    origins: tuple[GroupLine, ...]
    late: tuple[LateTable, ...]
    topics: tuple[GroupLine, ...]
    untouched: tuple[str, ...]
    union: int
    union_share: float | None
    overlap: bool


@dataclass(frozen=True, slots=True)
class CostBlock:
    """One kind of profile of one component, by its default sample type or the first that counted something."""

    id: str
    title: str
    component: str
    panel: CostPanel


@dataclass(frozen=True, slots=True)
class WaitLine:
    """One component's contention of one kind; ``where`` is the own function most of it comes from."""

    component: str
    title: str
    found: Contention
    covers: str
    per_op: float | None
    where: str
    where_share: float | None


@dataclass(frozen=True, slots=True)
class ChurnLine:
    """One function that allocated."""

    name: str
    origin: str
    objects: int
    share: float | None
    size_bytes: int
    mean_bytes: float | None
    per_op: float | None


@dataclass(frozen=True, slots=True)
class ChurnView:
    """What one component allocated, in facts and by function."""

    component: str
    facts: tuple[tuple[str, str], ...]
    late: LateTable


@dataclass(frozen=True, slots=True)
class BenchmarkLine:
    """One benchmark and unit over its repeats; all values are shown."""

    name: str
    center: str
    ends: str
    count: int
    direction: str


@dataclass(frozen=True, slots=True)
class BenchmarkView:
    """One file of benchmark results."""

    path: str
    lines: tuple[BenchmarkLine, ...]


@dataclass(frozen=True, slots=True)
class CostSections:
    """Everything about cost on a run page."""

    blocks: tuple[CostBlock, ...]
    waits: tuple[WaitLine, ...]
    churn: tuple[ChurnView, ...]
    benchmarks: tuple[BenchmarkView, ...]

    def late(self) -> tuple[LateTable, ...]:
        """List the tables that come late."""
        of_blocks = (table for block in self.blocks for table in block.panel.late)
        return *of_blocks, *(view.late for view in self.churn)

    def toc(self) -> tuple[tuple[str, str], ...]:
        """List the sections there are, as (anchor, text)."""
        known = (
            ("cost", "Where it goes", self.blocks),
            ("contention", "Contention", self.waits),
            ("churn", "Churn", self.churn),
            ("benchmarks", "Benchmarks", self.benchmarks),
        )
        return tuple((anchor, text) for anchor, text, found in known if found)


def cost_sections(record: RunRecord) -> CostSections:
    """Prepare what a run page says about cost."""
    rollups = {one.path: one.rollups for one in record.profiles}
    return CostSections(
        blocks=_blocks(record),
        waits=tuple(_wait(one, rollups.get(one.evidence[-1], ())) for one in record.contention),
        churn=tuple(_churn(one) for one in record.churn),
        benchmarks=tuple(_benchmarks(one) for one in record.benchmarks if one.summaries),
    )


def _blocks(record: RunRecord) -> tuple[CostBlock, ...]:
    shown: dict[tuple[str, int], ProfileRecord] = {}
    for profile in sorted(record.profiles, key=shown_order):
        if profile.kind in _SHOWN and any(rollup.total for rollup in profile.rollups):
            shown[profile.component, _SHOWN.index(profile.kind)] = profile
    many = len({component for component, _ in shown}) > 1
    counted = {component for component, kind in shown if _SHOWN[kind] == "allocs"}
    told = ((shown[key], _told(shown[key], has_allocs=key[0] in counted)) for key in sorted(shown))
    return tuple(_block(record.run.id, profile, rollup, many=many) for profile, rollup in told if rollup)


def _told(profile: ProfileRecord, *, has_allocs: bool) -> Rollup | None:
    """Choose the sample type to tell, the default one if it can be; None when nothing is left to tell.

    What a heap profile says of allocations is left to the allocs profile, where there is one.
    """
    default = profile.sample_types[profile.default_index]
    shown = [one for one in profile.rollups if one.total]
    if profile.kind == "heap" and has_allocs:
        shown = [one for one in shown if one.sample_type.type.startswith("inuse")]
    if profile.kind == "allocs":
        shown = [one for one in shown if one.sample_type.type.startswith("alloc")] or shown
    return min(shown, key=lambda one: one.sample_type != default, default=None)


def _block(run_id: str, profile: ProfileRecord, rollup: Rollup, *, many: bool) -> CostBlock:
    name = encode.anchor("cost", profile.component, profile.kind) if many else encode.anchor("cost", profile.kind)
    address = links.explore(run_id, profile.path, root="../../") if profile.tree else ""
    return CostBlock(
        id=name,
        title=kind_title(profile.kind),
        component=profile.component if many else "",
        panel=_panel(rollup, address, tuple(_late(rollup, name))),
    )


def _panel(rollup: Rollup, explorer: str, late: tuple[LateTable, ...]) -> CostPanel:
    total = rollup.total
    touched = [one for one in rollup.topics if one.cum]
    prefix = f"{explorer}#v=top&t={encode.fragment_value(rollup.sample_type.type)}&f=" if explorer else ""
    return CostPanel(
        type=rollup.sample_type.type,
        unit=rollup.sample_type.unit,
        total=total,
        origins=tuple(_line(ORIGIN_WORDS[one.origin], one.origin, one.flat, one.cum, total) for one in rollup.origins),
        late=late,
        topics=tuple(
            replace(
                _line(one.name, "", one.flat, one.cum, total),
                href=prefix + encode.fragment_value(one.pattern) if prefix else "",
            )
            for one in touched
        ),
        untouched=tuple(one.name for one in rollup.topics if not one.cum),
        union=rollup.topic_union,
        union_share=_ratio(rollup.topic_union, total),
        overlap=sum(one.cum for one in rollup.topics) > rollup.topic_union,
    )


def _late(rollup: Rollup, identity: str) -> Iterable[LateTable]:
    """Make the tables that are long: own functions, and packages."""
    unit, total = rollup.sample_type.unit, rollup.total
    functions = tuple(
        (units.show(one.near, unit), _percent(one.near, total), units.show(one.flat, unit), one.name)
        for one in rollup.functions
    )
    if functions:
        summary = f"Own functions with the foreign code they called ({len(functions)})"
        heads = ("with callees", "share", "flat", "function")
        yield LateTable(f"{identity}-own", summary, heads, functions, (0, 1, 2))
    packages = sorted(rollup.packages, key=lambda one: (-abs(one.flat), -abs(one.cum), one.name))
    groups = tuple(
        (
            one.name or ORIGIN_WORDS["other"],
            units.show(one.flat, unit),
            _percent(one.flat, total),
            units.show(one.cum, unit),
            _percent(one.cum, total),
        )
        for one in packages
    )
    if groups:
        count = f"{len(groups)} of {rollup.package_count}" if rollup.package_count > len(groups) else f"{len(groups)}"
        columns = ("package", "flat", "flat %", "cum", "cum %")
        yield LateTable(f"{identity}-packages", f"By package ({count})", columns, groups, (1, 2, 3, 4))


def _percent(value: float, total: float) -> str:
    share = _ratio(value, total)
    return "–" if share is None else f"{share * 100:.1f} %"


def _line(name: str, style: str, flat: int, cum: int, total: int) -> GroupLine:
    return GroupLine(name, style, flat, _ratio(flat, total), cum, _ratio(cum, total))


def _wait(one: Contention, rollups: Sequence[Rollup]) -> WaitLine:
    delay = next((rollup for rollup in rollups if rollup.sample_type.type == "delay"), None)
    first = delay.functions[0] if delay and delay.functions else None
    return WaitLine(
        component=one.component,
        title=kind_title(one.kind),
        found=one,
        covers=_SINCE[one.since],
        per_op=one.delay_seconds / one.operations if one.operations else None,
        where=first.name if first else "",
        where_share=_ratio(first.near, delay.total) if first and delay else None,
    )


def _churn(one: Churn) -> ChurnView:
    facts = [
        (f"allocated {_SINCE[one.since]}", f"{units.show(one.size_bytes, 'bytes')} in {one.objects:,} objects"),
        ("mean allocated object", units.show(one.mean_bytes, "bytes")),
        ("in use at the end", f"{units.show(one.inuse_bytes, 'bytes')} in {one.inuse_objects:,} objects"),
        ("mean object in use", units.show(one.inuse_mean_bytes, "bytes")),
    ]
    if one.turnover is not None:
        facts.append(("turnover: allocated ÷ in use", units.show(one.turnover, "times")))
    if one.operations:
        facts.append(("objects per operation", units.show(one.objects / one.operations, "count")))
    return ChurnView(one.component, tuple(facts), _churners(one))


def _churners(one: Churn) -> LateTable:
    heads = ("objects", "share", "per operation", "bytes", "mean size", "whose code", "function")
    rows = tuple(
        (
            units.show(row.objects, "count"),
            _percent(row.objects, one.objects),
            units.show(row.objects / one.operations, "count") if one.operations else "–",
            units.show(row.size_bytes, "bytes"),
            units.show(row.mean_bytes, "bytes"),
            ORIGIN_WORDS[row.origin],
            row.name,
        )
        for row in one.functions
    )
    count = f"{len(rows)} of {one.count}" if one.count > len(rows) else f"{len(rows)}"
    summary = f"Functions that allocated most objects themselves ({count})"
    return LateTable(encode.anchor("churn", one.component), summary, heads, rows, (0, 1, 2, 3, 4))


def _benchmarks(one: RunBenchmarks) -> BenchmarkView:
    packages = {summary.package for summary in one.summaries}
    lines = []
    for row in one.summaries:
        arrow, direction = DIRECTIONS[row.better]
        low, high = units.show(row.low, row.unit), units.show(row.high, row.unit)
        lines.append(
            BenchmarkLine(
                name=f"{row.package} {row.name}" if len(packages) > 1 else row.name,
                center=units.show(row.center, row.unit),
                ends=low if low == high else f"{low} to {high}",
                count=row.count,
                direction=f"{arrow} {direction}",
            )
        )
    return BenchmarkView(one.path, tuple(lines))


def _ratio(value: float, total: float) -> float | None:
    return value / total if total else None
