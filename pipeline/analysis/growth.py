"""How the heap and the number of goroutines grew over the snapshots of a run, and whether that is a leak.

Rules: sizes are in-use bytes and counts, never the size of a file. The trend is the Theil-Sen slope: the median of the
slopes between all pairs of snapshots, which a few odd snapshots do not move. The first snapshot is left out of it
where there are enough (start-up is not growth), and so are those of a process before its last restart. Two snapshots
have no trend, and three or four can show growth but no leak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from pipeline.analysis.sites import heap_sites
from pipeline.analysis.slope import fit
from pipeline.model.finding import Finding
from pipeline.model.growth import DEFAULT_RULES, Growth, LeakRules, SiteGrowth, SiteKind, Snapshot, Trend, TrendVerdict
from pipeline.model.memstats import MemStats
from pipeline.model.metric import Measurement, Metric
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile

METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "heap_inuse_growth", "Heap in use, growth", "bytes", "lower", "inuse_space of the last heap profile - first"
    ),
    Metric(
        "heap_slope", "Heap in use, slope", "bytes/s", "lower", "median of the slopes between snapshots (Theil-Sen)"
    ),
    Metric("goroutines_growth", "Goroutines, growth", "goroutines", "lower", "last goroutine profile - first"),
    Metric(
        "goroutines_slope",
        "Goroutines, slope",
        "goroutines/s",
        "lower",
        "median of the slopes between snapshots (Theil-Sen)",
    ),
)
DUMP: Final = "goroutine debug=2"
"""The format of a profile that was read from a goroutine dump."""

SITES: Final = 50
"""How many sites of either kind are kept."""

_FEWEST: Final = 3
_TOLD: Final = 3
_PHASES: Final = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}

One = tuple[RawFile, Profile]
Taken = Sequence[One]


def in_order(taken: Taken) -> tuple[list[tuple[RawFile, Profile]], list[float] | None]:
    """Sort profiles of one kind by when they were taken, with the seconds since the first (None: not known).

    A text form of the same moment as a profile with a time is left out. Times that contradict the numbers of a series
    are not believed.
    """
    known = {(file.phase, file.index) for file, profile in taken if profile.time_nanos > 0}
    kept = [pair for pair in taken if pair[1].time_nanos > 0 or (pair[0].phase, pair[0].index) not in known]
    times = [profile.time_nanos for _, profile in kept]
    if kept and min(times) > 0 and len(set(times)) == len(times):
        by_time = sorted(kept, key=lambda pair: pair[1].time_nanos)
        numbers = [file.index for file, _ in by_time if file.index is not None]
        if numbers == sorted(numbers):
            return by_time, [(profile.time_nanos - min(times)) / 1e9 for _, profile in by_time]
    return sorted(kept, key=lambda pair: (_PHASES[pair[0].phase], pair[0].index or 0, pair[0].path)), None


def judge(at: Sequence[float], values: Sequence[int], rules: LeakRules, least: float) -> Trend:
    """Judge a series; ``at`` holds seconds or places, ``least`` the growth below which nothing is called growth."""
    total = len(values)
    if total >= rules.min_snapshots:
        at, values = at[1:], values[1:]
    steps = [after - before for before, after in pairwise(values)]
    rose, fell = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    if len(values) < _FEWEST:
        change = values[-1] - values[0] if steps else 0
        told: TrendVerdict = _direction(change, least) if steps else "unclear"
        return Trend(told, len(values), steps=len(steps), rose=rose, fell=fell)
    slope, low, high = fit(at, values, rules.confidence)
    span = at[-1] - at[0]
    verdict = _direction(slope * span, least)
    if verdict == "growing":
        leaks = total >= rules.min_snapshots and (len(steps) - fell) >= rules.min_steps * len(steps)
        verdict = "unclear" if low <= 0 else "leaking" if leaks and _goes_on(at, values, slope, rules) else "growing"
    elif (verdict == "shrinking" and high >= 0) or (verdict == "steady" and max(-low, high) * span >= 2 * least):
        verdict = "unclear"
    return Trend(verdict, len(values), slope, low, high, len(steps), rose, fell)


def _moments(seconds: Sequence[float] | None, count: int) -> Sequence[float | None]:
    return seconds if seconds is not None else [None] * count


def _direction(change: float, least: float) -> TrendVerdict:
    return "growing" if change >= least else "shrinking" if change <= -least else "steady"


def _goes_on(at: Sequence[float], values: Sequence[int], slope: float, rules: LeakRules) -> bool:
    """Tell whether the later half still grows: a cache that fills up does not."""
    begin = min(len(values) // 2, len(values) - _FEWEST)
    return fit(at[begin:], values[begin:], rules.confidence)[0] >= rules.min_late * slope


def heap_growth(
    component: str,
    taken: Taken,
    memstats: Sequence[MemStats] = (),
    rules: LeakRules = DEFAULT_RULES,
    module: str = "",
) -> Growth | None:
    """Follow the heap of a component and its allocation sites; None without two heap profiles.

    ``memstats`` are the component's in order of time: they tell whether collections were forced. ``module`` is the path
    of the own Go module, if known.
    """
    profiles, seconds = in_order([pair for pair in taken if _index(pair[1], "inuse_space") is not None])
    if len(profiles) < 2:
        return None
    snapshots = tuple(
        Snapshot(file.path, _total(profile, "inuse_space"), _total(profile, "inuse_objects"), at)
        for (file, profile), at in zip(profiles, _moments(seconds, len(profiles)), strict=True)
    )
    allocated = [_total(profile, "alloc_space") for _, profile in profiles]
    begins = max((place for place, (old, new) in enumerate(pairwise(allocated), 1) if new < old), default=0)
    least = max(rules.min_bytes, rules.min_share * snapshots[begins].value)
    places = seconds or [float(place) for place in range(len(profiles))]
    sizes = [one.value for one in snapshots]
    found = _sites([profile for _, profile in profiles], module)
    kept = [one for kind in ("own", "flat") for one in _largest(found, kind)]
    return Growth(
        component=component,
        kind="heap",
        snapshots=snapshots,
        peak=max(range(len(sizes)), key=sizes.__getitem__),
        trend=judge(places[begins:], sizes[begins:], rules, least),
        begins=begins,
        confidence=rules.confidence,
        forced=_forced(memstats, len(snapshots)),
        sites=tuple(
            SiteGrowth(name, kind, values, judge(places[begins:], values[begins:], rules, least))
            for (kind, name), values in kept
        ),
        site_count=len(found),
    )


def _forced(memstats: Sequence[MemStats], snapshots: int) -> bool | None:
    """Tell whether somebody asked for a collection before each snapshot; None where the counters do not show it."""
    counts = [one.num_forced_gc for one in memstats]
    if len(counts) < 2 or any(after < before for before, after in pairwise(counts)):
        return None
    # Of two, the first may be from after the first snapshot and the last from before the last one.
    made = counts[-1] - counts[0] if len(counts) > 2 else counts[-1]
    return True if made >= min(len(counts), snapshots) - 1 else False if made == 0 else None


Sites = Mapping[tuple[SiteKind, str], tuple[int, ...]]


def _sites(profiles: Sequence[Profile], module: str) -> Sites:
    """Find the bytes in use of every site: kind and function -> value at each snapshot."""
    each = [heap_sites(profile, module) for profile in profiles]
    keys = sorted({key for sites in each for key in sites})
    return {key: tuple(sites.get(key, 0) for sites in each) for key in keys}


def _largest(sites: Sites, kind: str) -> list[tuple[tuple[SiteKind, str], tuple[int, ...]]]:
    """Choose the sites of a kind that had most in use at any time, those that grew most first."""
    mine = [(key, values) for key, values in sites.items() if key[0] == kind and any(values)]
    mine = sorted(mine, key=lambda pair: (-max(pair[1]), pair[0]))[:SITES]
    return sorted(mine, key=lambda pair: (pair[1][0] - pair[1][-1], -pair[1][-1], pair[0]))


def goroutine_growth(component: str, taken: Taken, rules: LeakRules = DEFAULT_RULES, since: int = 0) -> Growth | None:
    """Follow the number of goroutines of a component; None without two goroutine profiles.

    ``since`` is when the process that is judged was first seen (nanoseconds, 0: it was there all the time).
    """
    profiles, seconds = moments(taken)
    if len(profiles) < 2:
        return None
    snapshots = tuple(
        Snapshot(file.path, profile.total(0), seconds=at)
        for (file, profile), at in zip(profiles, _moments(seconds, len(profiles)), strict=True)
    )
    counts = [one.value for one in snapshots]
    begins = sum(profile.time_nanos < since for _, profile in profiles) if seconds else 0
    begins = min(begins, len(counts) - 1)
    places = seconds or [float(place) for place in range(len(profiles))]
    least = max(rules.min_goroutines, rules.min_share * counts[begins])
    peak = max(range(len(counts)), key=counts.__getitem__)
    trend = judge(places[begins:], counts[begins:], rules, least)
    return Growth(component, "goroutine", snapshots, peak, trend, begins, rules.confidence)


def moments(taken: Taken) -> tuple[list[tuple[RawFile, Profile]], list[float] | None]:
    """Sort goroutine profiles by time; a dump counts like a profile, but is not one more moment beside it."""
    return in_order([pair for pair in taken if pair[1].format != DUMP] or taken)


def measure_growth(component: str, heap: Taken, goroutines: Taken, *, restarted: bool) -> list[Measurement]:
    """Measure how heap and goroutines grew: from the first to the last, and by time where there are three or more.

    Of a component that was restarted nothing is measured: two processes have no growth in common.
    """
    if restarted:
        return []
    heap = [pair for pair in heap if _index(pair[1], "inuse_space") is not None]
    measured: list[Measurement] = []
    for prefix, name, (profiles, seconds) in (
        ("heap_inuse_growth", "heap_slope", in_order(heap)),
        ("goroutines_growth", "goroutines_slope", moments(goroutines)),
    ):
        if len(profiles) < 2:
            continue
        values = [profile.total(_index(profile, "inuse_space") or 0) for _, profile in profiles]
        paths = tuple(file.path for file, _ in profiles)
        measured.append(Measurement(prefix, float(values[-1] - values[0]), component, (paths[0], paths[-1])))
        slope = judge(seconds, values, DEFAULT_RULES, 0.0).slope if seconds else None
        if slope is not None:
            measured.append(Measurement(name, slope, component, paths))
    return measured


def leak_findings(growth: Growth) -> tuple[Finding, ...]:
    """Say which sites of a heap leak: those of the service's own code, else those that allocate, else the heap."""
    leaking = [site for site in growth.sites if site.trend.verdict == "leaking"]
    chosen = [site for site in leaking if site.kind == "own"] or leaking
    chosen = sorted(chosen, key=lambda site: (-(site.trend.slope or 0), site.function))
    if not chosen and growth.trend.verdict == "leaking":
        return (_leak(growth, "the service", growth.trend),)
    return tuple(_leak(growth, site.function, site.trend) for site in chosen[:_TOLD])


def _leak(growth: Growth, name: str, trend: Trend) -> Finding:
    last, (slope, low, high) = growth.snapshots[-1], growth.rates(trend)
    gc = {True: "", False: "; collections were not forced", None: "; not known whether collections were forced"}
    return Finding(
        "heap_leak",
        "warning",
        f"Heap leak: what {name} allocates stays in use and grows steadily.",
        last.path,
        f"{slope} ({growth.confidence * 100:g} % interval {low} to {high}), {trend.judged} snapshots judged, "
        f"{trend.rose} of {trend.steps} steps rose{gc[growth.forced]}",
        "Find who keeps these objects: open the heap profile by inuse_space at this function.",
    )


def _index(profile: Profile, sample_type: str) -> int | None:
    names = [kind.type for kind in profile.sample_types]
    return names.index(sample_type) if sample_type in names else None


def _total(profile: Profile, sample_type: str) -> int:
    index = _index(profile, sample_type)
    return 0 if index is None else profile.total(index)
