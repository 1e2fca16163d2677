"""When what was taken: the load, the windows of the profiles and the snapshots of a run on one scale of time. Pure.

Rules: times are those collect wrote down, in UTC, of the machine that collected. A window that does not lie in the load
says something about another time than the load's numbers do; how much of it does is said in words. Pictures are drawn
to fill their row, so they hold no text; the table has every number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipeline import units
from pipeline.model.record import RunRecord
from pipeline.model.run import FileReport, Manifest
from pipeline.render.env import Html, trusted
from pipeline.render.profile_groups import kind_title

WIDTH: Final = 1000
HEIGHT: Final = 24
_LANES: Final = 16
_WINDOWS: Final = frozenset({"cpu", "heap-delta", "allocs-delta", "block-delta", "mutex-delta", "trace"})
_LEFT_OUT: Final = frozenset({"memstats"})
_TICKS: Final = 4
_SERIES: Final = 3
_PICTURE: Final = trusted(
    '<svg class="pb-lane" viewBox="0 0 {width} {height}" width="{width}" height="{height}" preserveAspectRatio="none" '
    'aria-hidden="true">{shapes}</svg>'
)

Span = tuple[float, float]
Taken = tuple[FileReport, Span]


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture."""

    title: str
    about: str
    picture: Html


@dataclass(frozen=True, slots=True)
class Moment:
    """One row of the table; ``place`` says where it lies to the load."""

    what: str
    file: str
    begins: str
    length: str
    place: str


@dataclass(frozen=True, slots=True)
class TimelineView:
    """The picture's rows, the marks of its axis as (share of the width, text), and the same in words and numbers."""

    sentence: str
    lanes: tuple[Lane, ...]
    marks: tuple[tuple[float, str], ...]
    moments: tuple[Moment, ...]
    left_out: int


def timeline_view(record: RunRecord) -> TimelineView | None:
    """Prepare the timeline; None where too little was written down to draw one."""
    manifest = record.run.manifest
    if manifest is None:
        return None
    taken = [(one, span) for one in manifest.files if (span := _span(one)) is not None]
    load = _load(manifest)
    if len(taken) + (load is not None) < 2:
        return None
    starts, ends = ([span[place] for _, span in taken] + ([load[place]] if load else []) for place in (0, 1))
    start, end = min(starts), max(ends)
    if end - start <= 0:
        return None
    scale = _Scale(start, end, load)
    lanes = [Lane("load", units.show(load[1] - load[0], "s"), scale.picture([scale.bar(load, "load")]))] if load else []
    lanes += _lanes(taken, scale, _values(record))
    moments = [Moment("load", "", scale.since(load[0]), units.show(load[1] - load[0], "s"), "")] if load else []
    moments += [_moment(one, span, scale) for one, span in taken]
    return TimelineView(
        _sentence(taken, load), tuple(lanes[:_LANES]), scale.marks(), tuple(moments), max(0, len(lanes) - _LANES)
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Seconds to places in the picture, from the first moment to the last."""

    start: float
    end: float
    load: Span | None

    def x(self, at: float) -> float:
        return round((at - self.start) / (self.end - self.start) * WIDTH, 1)

    def since(self, at: float) -> str:
        return units.show(round(at - self.start, 3), "s")

    def bar(self, span: Span, style: str) -> Html:
        left = self.x(span[0])
        return trusted('<rect class="pb-lane__{}" x="{:g}" y="4" width="{:g}" height="{}"/>').format(
            style, left, max(round(self.x(span[1]) - left, 1), 2.0), HEIGHT - 8
        )

    def ticks(self, moments: Iterable[float]) -> Html:
        drawn = "".join(f"M{x:g},4v{HEIGHT - 8}" for x in sorted({self.x(at) for at in moments}))
        return trusted('<path class="pb-lane__tick" d="{}"/>').format(drawn)

    def curve(self, points: Sequence[tuple[float, float]]) -> Html:
        top = max(value for _, value in points) or 1.0
        drawn = [(self.x(at), round(HEIGHT - 2 - value / top * (HEIGHT - 5), 1)) for at, value in points]
        line = " ".join(f"{x:g},{y:g}" for x, y in drawn)
        area = f"{drawn[0][0]:g},{HEIGHT - 2} {line} {drawn[-1][0]:g},{HEIGHT - 2}"
        return trusted(
            '<polygon class="pb-lane__area" points="{}"/><polyline class="pb-lane__line" points="{}"/>'
        ).format(area, line)

    def picture(self, shapes: Iterable[Html]) -> Html:
        behind = [self.bar(self.load, "behind")] if self.load else []
        return _PICTURE.format(width=WIDTH, height=HEIGHT, shapes=trusted("").join([*behind, *shapes]))

    def marks(self) -> tuple[tuple[float, str], ...]:
        span = self.end - self.start
        return tuple(
            (place / _TICKS, units.show(round(span * place / _TICKS, 1), "s") if place else "0 s")
            for place in range(_TICKS + 1)
        )


def _span(one: FileReport) -> Span | None:
    """Say from when to when a file was taken, in seconds since 1970; None where that is not known."""
    begins, ends = _seconds(one.started), _seconds(one.finished)
    if one.status != "ok" or one.kind in _LEFT_OUT or begins is None or ends is None or ends < begins:
        return None
    return begins, ends


def _load(manifest: Manifest) -> Span | None:
    if manifest.load is None:
        return None
    begins, ends = _seconds(manifest.load.started), _seconds(manifest.load.finished)
    return (begins, ends) if begins is not None and ends is not None and ends > begins else None


def _seconds(text: str) -> float | None:
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return None
    return made.timestamp() if made.tzinfo is not None else None


def _values(record: RunRecord) -> dict[str, float]:
    """Find what each snapshot of a series counted, by its file."""
    return {one.path: float(one.value) for growth in record.growth for one in growth.snapshots}


def _lanes(taken: Sequence[Taken], scale: _Scale, values: Mapping[str, float]) -> Iterable[Lane]:
    """Give windows and series a row each; what was taken once or twice shares one row of its component."""
    components: dict[str, dict[str, list[Taken]]] = {}
    for one, span in sorted(taken, key=lambda pair: (pair[0].component, pair[0].kind, pair[1])):
        components.setdefault(one.component, {}).setdefault(one.kind, []).append((one, span))
    for component, kinds in components.items():
        before = f"{component}: " if len(components) > 1 and component else ""
        windows = [kind for kind in kinds if kind in _WINDOWS]
        series = [kind for kind in kinds if kind not in windows and len(kinds[kind]) >= _SERIES]
        for kind in windows:
            picture = scale.picture(scale.bar(span, "window") for _, span in kinds[kind])
            yield Lane(before + kind_title(kind), units.counted(len(kinds[kind]), "window"), picture)
        for kind in series:
            yield _series(before + kind_title(kind), kinds[kind], scale, values)
        single = [span for kind in kinds if kind not in (*windows, *series) for _, span in kinds[kind]]
        if single:
            picture = scale.picture([scale.ticks(span[0] for span in single)])
            yield Lane(f"{before}other profiles", units.counted(len(single), "snapshot"), picture)


def _series(title: str, group: Sequence[Taken], scale: _Scale, values: Mapping[str, float]) -> Lane:
    points = sorted((span[0], values[one.path]) for one, span in group if one.path in values)
    curve = [scale.curve(points)] if len(points) >= _SERIES else []
    ticks = scale.ticks(span[0] for _, span in group)
    return Lane(title, units.counted(len(group), "snapshot"), scale.picture([*curve, ticks]))


def _moment(one: FileReport, span: Span, scale: _Scale) -> Moment:
    begins, ends = span
    length = units.show(round(ends - begins, 3), "s") if one.kind in _WINDOWS else "at once"
    what = f"{kind_title(one.kind)}{f' of {one.component}' if one.component else ''}"
    return Moment(what, one.path, scale.since(begins), length, _place(span, scale.load))


def _place(span: Span, load: Span | None) -> str:
    if load is None:
        return ""
    if span[1] <= load[0]:
        return "before the load"
    if span[0] >= load[1]:
        return "after the load"
    return "during the load" if _inside(span, load) >= 0.99 else f"{_inside(span, load) * 100:.0f} % during the load"


def _inside(span: Span, load: Span) -> float:
    """Say which share of a span lies in the load."""
    length = span[1] - span[0]
    common = max(0.0, min(span[1], load[1]) - max(span[0], load[0]))
    return common / length if length > 0 else float(load[0] <= span[0] <= load[1])


def _sentence(taken: Sequence[Taken], load: Span | None) -> str:
    windows = [span for one, span in taken if one.kind == "cpu"]
    if load is None:
        return "No load was run by the collector, so nothing says whether the profiles were taken under load."
    if not windows:
        return "No CPU profile was taken while the load ran."
    apart = _apart(windows)
    length = sum(ends - begins for begins, ends in apart)
    within = sum(_inside(span, load) * (span[1] - span[0]) for span in apart)
    if not length:
        return ""
    seen = min(within / (load[1] - load[0]), 1.0)
    return (
        f"{within / length * 100:.0f} % of the time CPU was sampled lies in the load, and "
        f"{seen * 100:.0f} % of the load was sampled."
    )


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap, so that no moment counts twice."""
    joined: list[Span] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return joined
