"""Several pods of one component: their profiles as one, how far apart they are, and which one is not like the others.

Rules: only files that every pod has are added up, so that all sums are over the same pods; the time of a sum of CPU
profiles is that of the longest, because they ran side by side. Cumulative profiles (allocs) of pods of which one was
restarted are not added up, and no difference is made of them. An outlier needs four pods: it is further from the median
than 3 times the median absolute deviation (scaled by 1.4826, to be a standard deviation where values are normal), and
than a fifth of the median. With fewer pods only the largest ratio is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from pipeline import units
from pipeline.analysis import gc, metrics
from pipeline.analysis.merge import combine
from pipeline.errors import UsageError
from pipeline.model.finding import Finding
from pipeline.model.metric import LoadResult, Measurement
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile, Run

NOT_AFTER_RESTART: Final = frozenset({
    "alloc_bytes_per_op", "alloc_objects_per_op", "total_alloc_per_op", "mallocs_per_op",
})  # fmt: skip
"""Metrics that are differences of what a process counts from its start."""

_CUMULATIVE: Final = frozenset({"allocs", "block", "mutex"})
_FEWEST: Final = 4
_DEVIATIONS: Final = 3.0
_NORMAL: Final = 1.4826
_LEAST_SHARE: Final = 0.2
_WIDE_RATIO: Final = 1.5

Decoded = Sequence[tuple[RawFile, Profile]]


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of several pods lie: name of a pod -> value, their median and median absolute deviation.

    ``outliers`` names pods unlike the others, furthest first; ``ratio`` is largest ÷ smallest, None when that is zero.
    """

    values: tuple[tuple[str, float], ...]
    median: float
    deviation: float
    outliers: tuple[str, ...]
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Merged:
    """A profile added up over pods; ``parts`` are the paths it is made of."""

    file: RawFile
    profile: Profile
    parts: tuple[str, ...]


def groups_of(run: Run) -> dict[str, str]:
    """Say which folders of a run are replicas: folder -> component of the settings."""
    pods = run.manifest.pods if run.manifest else ()
    return {pod.component: pod.group for pod in pods if pod.component != pod.group}


def restarted(run: Run) -> frozenset[str]:
    """Name the components, folders and groups, in which more than one process was profiled."""
    seen: dict[str, set[tuple[str, int]]] = {}
    pods = run.manifest.pods if run.manifest else ()
    for pod in pods:
        seen.setdefault(pod.component, set()).add((pod.uid, pod.restarts))
    return frozenset(name for pod in pods if len(seen[pod.component]) > 1 for name in (pod.component, pod.group))


def spread(values: Mapping[str, float]) -> Spread:
    """Describe the values of several pods; raises ValueError when there are none."""
    if not values:
        raise ValueError("no values")
    middle = float(median(values.values()))
    deviation = float(median(abs(value - middle) for value in values.values()))
    lowest, highest = min(values.values()), max(values.values())
    limit = max(_DEVIATIONS * _NORMAL * deviation, _LEAST_SHARE * abs(middle))
    far = [name for name in sorted(values) if len(values) >= _FEWEST and abs(values[name] - middle) > limit]
    return Spread(
        tuple(sorted(values.items())),
        middle,
        deviation,
        tuple(sorted(far, key=lambda name: -abs(values[name] - middle))),
        highest / lowest if lowest > 0 else None,
    )


def merge_replicas(run: Run, decoded: Decoded) -> tuple[tuple[Merged, ...], tuple[Finding, ...]]:
    """Add up the profiles of the pods of each component, file by file."""
    groups, again = groups_of(run), restarted(run)
    merged: list[Merged] = []
    doubts: list[Finding] = []
    for group in sorted(set(groups.values())):
        pods = [name for name in sorted(groups) if groups[name] == group]
        files: dict[str, dict[str, tuple[RawFile, Profile]]] = {}
        for file, profile in decoded:
            if file.component in pods:
                files.setdefault(file.path.rpartition("/")[2], {})[file.component] = (file, profile)
        lacking = sorted({pod for parts in files.values() for pod in pods if pod not in parts})
        if lacking:
            doubts.append(_lacking(group, lacking, sum(len(parts) < len(pods) for parts in files.values())))
        for name, parts in sorted(files.items()):
            kind = next(iter(parts.values()))[0].kind
            if len(parts) == len(pods) and not (group in again and kind in _CUMULATIVE):
                merged += _merged(group, name, [parts[pod] for pod in pods], doubts)
    return tuple(merged), tuple(doubts)


def _merged(group: str, name: str, parts: Sequence[tuple[RawFile, Profile]], doubts: list[Finding]) -> list[Merged]:
    path, (first, _) = f"{group}/{name}", parts[0]
    try:
        profile = combine([profile for _, profile in parts])
    except UsageError as error:
        cure = "Do all pods run the same program?"
        doubts.append(
            Finding("pods_differ", "warning", "The pods' profiles cannot be added up.", path, str(error), cure)
        )
        return []
    digest = hashlib.sha256("".join(file.sha256 for file, _ in parts).encode()).hexdigest()
    file = RawFile(path, group, first.kind, first.phase, digest, sum(file.size_bytes for file, _ in parts), first.index)
    longest = max(profile.duration_nanos for _, profile in parts)
    return [Merged(file, replace(profile, duration_nanos=longest), tuple(file.path for file, _ in parts))]


def measure_replicas(
    run: Run,
    decoded: Decoded,
    merged: Sequence[Merged],
    load: Mapping[str, LoadResult],
    memstats: gc.Taken = (),
) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    """Measure a run as `metrics.measure` does: components by the sum over their pods, and each pod by itself.

    The load belongs to all pods together, so nothing per operation is said of one.
    """
    pods = groups_of(run)
    whole = [pair for pair in decoded if pair[0].component not in pods]
    whole += [(one.file, one.profile) for one in merged]
    others = [pair for pair in memstats if pair[0].component not in pods]
    measured, doubts = metrics.measure(run, whole, load, others)
    if not pods:
        return measured, doubts
    each = [pair for pair in decoded if pair[0].component in pods]
    mine = [pair for pair in memstats if pair[0].component in pods]
    apart, more = metrics.measure(run, each, {}, mine)
    again = restarted(run)
    kept = tuple(one for one in measured if not (one.component in again and one.metric in NOT_AFTER_RESTART))
    return (*kept, *apart), tuple(dict.fromkeys((*doubts, *more)))


def compare_replicas(run: Run, decoded: Decoded) -> tuple[Finding, ...]:
    """Say which pod of a component is not like the others, and how far apart few pods are."""
    groups = groups_of(run)
    pods = {pod.component: pod.pod for pod in (run.manifest.pods if run.manifest else ())}
    findings: list[Finding] = []
    for group in sorted(set(groups.values())):
        mine = [pair for pair in decoded if groups.get(pair[0].component) == group]
        for title, unit, values in _values(mine):
            if len(values) > 1:
                findings += _told(group, title, unit, spread(values), pods)
    return tuple(findings)


def _values(decoded: Decoded) -> list[tuple[str, str, dict[str, float]]]:
    """Take what pods are compared by: the last heap, the last count of goroutines, and CPU by time."""
    order = {"before": 0, "during": 1, "series": 2, "": 3, "after": 4}
    taken = sorted(decoded, key=lambda pair: (order[pair[0].phase], pair[0].index or 0))
    heap: dict[str, float] = {}
    goroutines: dict[str, float] = {}
    busy: dict[str, list[int]] = {}
    for file, profile in taken:
        types = [kind.type for kind in profile.sample_types]
        if file.kind == "heap" and "inuse_space" in types:
            heap[file.component] = profile.total(types.index("inuse_space"))
        elif file.kind == "goroutine":
            goroutines[file.component] = profile.total(0)
        elif file.kind == "cpu" and "cpu" in types and profile.duration_nanos > 0:
            used = busy.setdefault(file.component, [0, 0])
            used[0] += profile.total(types.index("cpu"))
            used[1] += profile.duration_nanos
    cpu = {name: spent / window for name, (spent, window) in busy.items()}
    return [("heap in use", "bytes", heap), ("goroutines", "count", goroutines), ("CPU", "ratio", cpu)]


def _told(group: str, title: str, unit: str, found: Spread, pods: Mapping[str, str]) -> list[Finding]:
    values = dict(found.values)
    many = f"{len(values)} pods of {group}"
    if len(values) >= _FEWEST:
        return [
            Finding(
                "pod_outlier",
                "warning",
                f"{name} ({pods.get(name, 'pod unknown')}) is not like the other pods of {group}: {title}.",
                name,
                f"{units.show(values[name], unit)}; median of {many} {units.show(found.median, unit)}, "
                f"median absolute deviation {units.show(found.deviation, unit)}",
                "Compare its profile with that of another pod; does it lead, or get other work?",
            )
            for name in found.outliers
        ]
    if found.ratio is None or found.ratio < _WIDE_RATIO:
        return []
    lowest, highest = (choice(values, key=lambda name: (values[name], name)) for choice in (min, max))
    return [
        Finding(
            "pod_spread",
            "info",
            f"The {many} are far apart: {title}.",
            group,
            f"{highest} {units.show(values[highest], unit)}, {lowest} {units.show(values[lowest], unit)}: "
            f"{found.ratio:.1f} times as much",
            "With fewer than four pods no one of them can be called the odd one.",
        )
    ]


def _lacking(group: str, pods: Sequence[str], files: int) -> Finding:
    return Finding(
        "replica_missing",
        "warning",
        f"Not every pod of {group} has every profile; {files} files are not added up.",
        group,
        f"missing of {', '.join(pods[:10])}",
        "See why these files did not come; sums are only made over all pods.",
    )
