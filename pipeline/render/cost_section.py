"""The sections of a run page that say what a run cost: where it goes, contention, churn, benchmarks. Pure.

Rules: the last profile of each kind is shown, its default sample type first and open. Everything long is folded. What a
group is, and from when a value counts, is said in words beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.benchmark import RunBenchmarks
from pipeline.model.cost import Churn, Contention, FunctionWeight, Rollup, Since
from pipeline.model.origin import Origin
from pipeline.model.record import ProfileRecord, RunRecord
from pipeline.render import encode
from pipeline.render.profile_section import kind_title, taken_order
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
_FOLDED: Final = frozenset({"mutex", "block"})
"""Kinds whose main figures have a section of their own."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group of code: shares are of the total, None where that is 0; ``style`` names its colour."""

    name: str
    style: str
    flat: int
    flat_share: float | None
    cum: int
    cum_share: float | None


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One own function: ``near`` holds the foreign code it called."""

    name: str
    file: str
    near: int
    near_share: float | None
    flat: int
    cum: int


@dataclass(frozen=True, slots=True)
class TopicLine:
    """One topic and its heaviest functions, as lines of name, flat and cum."""

    line: GroupLine
    pattern: str
    functions: tuple[GroupLine, ...]


@dataclass(frozen=True, slots=True)
class CostPanel:
    """One sample type by whose code it is."""

    type: str
    unit: str
    total: int
    origins: tuple[GroupLine, ...]
    packages: tuple[GroupLine, ...]
    left_out: int
    functions: tuple[OwnLine, ...]
    topics: tuple[TopicLine, ...]
    union: int
    union_share: float | None
    overlap: bool


@dataclass(frozen=True, slots=True)
class CostBlock:
    """One kind of profile of one component; the first panel is its default sample type, shown ``is_folded`` or not."""

    id: str
    title: str
    component: str
    path: str
    panels: tuple[CostPanel, ...]
    is_folded: bool


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
    lines: tuple[ChurnLine, ...]
    left_out: int


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
        blocks=_blocks(record.profiles),
        waits=tuple(_wait(one, rollups.get(one.evidence[-1], ())) for one in record.contention),
        churn=tuple(_churn(one) for one in record.churn),
        benchmarks=tuple(_benchmarks(one) for one in record.benchmarks if one.summaries),
    )


def _blocks(profiles: Sequence[ProfileRecord]) -> tuple[CostBlock, ...]:
    last: dict[tuple[str, int], ProfileRecord] = {}
    for profile in sorted(profiles, key=taken_order):
        if profile.kind in _SHOWN and any(rollup.total for rollup in profile.rollups):
            last[profile.component, _SHOWN.index(profile.kind)] = profile
    many = len({component for component, _ in last}) > 1
    counted = {component for component, kind in last if _SHOWN[kind] == "allocs"}
    return tuple(_block(last[key], many=many, has_allocs=key[0] in counted) for key in sorted(last))


def _block(profile: ProfileRecord, *, many: bool, has_allocs: bool) -> CostBlock:
    """Prepare one kind; what a heap profile says of allocations is left to the allocs profile, where there is one."""
    default = profile.sample_types[profile.default_index]
    shown = [one for one in profile.rollups if one.total]
    if profile.kind == "heap" and has_allocs:
        shown = [one for one in shown if one.sample_type.type.startswith("inuse")]
    if profile.kind == "allocs":
        shown = [one for one in shown if one.sample_type.type.startswith("alloc")] or shown
    shown.sort(key=lambda one: one.sample_type != default)
    name = encode.anchor("cost", profile.component, profile.kind) if many else encode.anchor("cost", profile.kind)
    return CostBlock(
        id=name,
        title=kind_title(profile.kind),
        component=profile.component if many else "",
        path=profile.path,
        panels=tuple(_panel(one) for one in shown),
        is_folded=profile.kind in _FOLDED,
    )


def _panel(rollup: Rollup) -> CostPanel:
    total = rollup.total
    packages = sorted(rollup.packages, key=lambda one: (-abs(one.flat), -abs(one.cum), one.name))
    topics = tuple(
        TopicLine(
            _line(one.name, "", one.flat, one.cum, total),
            one.pattern,
            tuple(_line(row.name, "", row.flat, row.cum, total) for row in one.functions),
        )
        for one in rollup.topics
    )
    return CostPanel(
        type=rollup.sample_type.type,
        unit=rollup.sample_type.unit,
        total=total,
        origins=tuple(_line(ORIGIN_WORDS[one.origin], one.origin, one.flat, one.cum, total) for one in rollup.origins),
        packages=tuple(
            _line(one.name or ORIGIN_WORDS["other"], one.origin, one.flat, one.cum, total) for one in packages
        ),
        left_out=max(rollup.package_count - len(rollup.packages), 0),
        functions=tuple(_own(one, total) for one in rollup.functions),
        topics=topics,
        union=rollup.topic_union,
        union_share=_ratio(rollup.topic_union, total),
        overlap=sum(one.cum for one in rollup.topics) > rollup.topic_union,
    )


def _line(name: str, style: str, flat: int, cum: int, total: int) -> GroupLine:
    return GroupLine(name, style, flat, _ratio(flat, total), cum, _ratio(cum, total))


def _own(one: FunctionWeight, total: int) -> OwnLine:
    return OwnLine(one.name, one.file, one.near, _ratio(one.near, total), one.flat, one.cum)


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
    lines = tuple(
        ChurnLine(
            name=row.name,
            origin=ORIGIN_WORDS[row.origin],
            objects=row.objects,
            share=_ratio(row.objects, one.objects),
            size_bytes=row.size_bytes,
            mean_bytes=row.mean_bytes,
            per_op=row.objects / one.operations if one.operations else None,
        )
        for row in one.functions
    )
    return ChurnView(one.component, tuple(facts), lines, max(one.count - len(lines), 0))


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
