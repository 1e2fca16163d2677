"""Goroutines by where they were started: the function they began in, how many more there are, what they wait for.

Rules: a group is told by the root of the stack, which profiles and dumps share, and where that is a library's by what
it was given to run: the first own function on the stack, else the first of another package than the library. A dump
adds the ``go`` statement, states and waits; it is not one more snapshot beside a profile. A goroutineleak profile
proves leaks: its goroutines are found again in their group. A growing group alone is no proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.analysis import graph as graphs
from pipeline.analysis.growth import DUMP, Taken, judge, moments
from pipeline.analysis.sites import origins_of
from pipeline.analysis.source import open_profile
from pipeline.model.finding import Finding
from pipeline.model.goroutine_group import GoroutineGroup, GoroutineGroups
from pipeline.model.growth import DEFAULT_RULES, LeakRules
from pipeline.model.origin import Origin, is_runtime
from pipeline.model.profile import Profile
from pipeline.model.symbol import package_of

GROUPS: Final = 50
"""How many groups are kept."""

_GREW: Final = 1.5
_TOLD: Final = 3
_STATES: Final = (
    ("runtime.selectgo", "select"),
    ("runtime.chanrecv", "chan receive"),
    ("runtime.chansend", "chan send"),
    ("runtime.netpollblock", "IO wait"),
    ("sync.runtime_SemacquireMutex", "sync.Mutex.Lock"),
    ("sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock"),
    ("sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"),
    ("sync.runtime_notifyListWait", "sync.Cond.Wait"),
    ("runtime.semacquire", "semacquire"),
    ("time.Sleep", "sleep"),
    ("syscall.Syscall", "syscall"),
    ("runtime.block", "select (no cases)"),
)
"""What a goroutine does, in the words of a dump, by a function of the runtime on its stack; the first that fits."""

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Stood:
    """The goroutines of one sample: their group, where they stand and what they do."""

    group: _Key
    count: int
    waits_in: str
    state: str
    labels: dict[str, str | int]


@dataclass(slots=True)
class _Told:
    """What the last snapshot and the dump say of one group."""

    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    creators: Counter[tuple[str, str]] = field(default_factory=Counter)
    minutes: int | None = None


def group_goroutines(
    component: str, taken: Taken, leaks: Taken, rules: LeakRules = DEFAULT_RULES, module: str = ""
) -> GoroutineGroups | None:
    """Group the goroutines of a component; None without a goroutine profile.

    ``taken`` are its goroutine profiles and dumps, ``leaks`` its goroutineleak profiles, ``module`` is the path of its
    own Go module, if known.
    """
    profiles, seconds = moments(taken)
    if not profiles:
        return None
    dumps = [pair for pair in taken if pair[1].format == DUMP]
    stood = [_stood(profile, module) for _, profile in profiles]
    told = _told(stood[-1], [one for _, profile in dumps for one in _stood(profile, module)])
    leaked = Counter[_Key]()
    for _, profile in leaks[-1:]:
        for one in _stood(profile, module):
            leaked[one.group] += one.count
    counts = [_by_group(one) for one in stood]
    totals = [profile.total(0) for _, profile in profiles]
    places = seconds or [float(place) for place in range(len(profiles))]
    groups = [
        _group(key, [count[key] for count in counts], places, told.get(key, _Told()), leaked[key], rules)
        for key in sorted({*leaked, *(key for count in counts for key in count)})
    ]
    groups.sort(key=lambda one: (-one.leaked, -one.grown, -one.counts[-1], one.entry, one.runs))
    return GoroutineGroups(
        component,
        tuple(file.path for file, _ in profiles),
        tuple(totals),
        judge(places, totals, rules, _least(totals, rules)),
        tuple(groups[:GROUPS]),
        len(groups),
        dump=dumps[-1][0].path if dumps else "",
        proof=leaks[-1][0].path if leaks else "",
    )


def _group(
    key: _Key, counts: Sequence[int], at: Sequence[float], told: _Told, leaked: int, rules: LeakRules
) -> GoroutineGroup:
    (waits_in, state), creator = _most(told.places), _most(told.creators)
    return GoroutineGroup(
        entry=key[0],
        runs=key[1],
        counts=tuple(counts),
        trend=judge(at, counts, rules, _least(counts, rules)),
        created_by=creator[0],
        created_at=creator[1],
        waits_in=waits_in,
        state=state,
        wait_minutes=told.minutes,
        leaked=leaked,
    )


def _least(counts: Sequence[int], rules: LeakRules) -> float:
    return max(rules.min_goroutines, rules.min_share * counts[0])


def _most(counted: Counter[tuple[str, str]]) -> tuple[str, str]:
    return min(counted, key=lambda one: (-counted[one], one), default=("", ""))


def _by_group(stood: Iterable[_Stood]) -> Counter[_Key]:
    counted = Counter[_Key]()
    for one in stood:
        counted[one.group] += one.count
    return counted


def _told(last: Iterable[_Stood], dumped: Iterable[_Stood]) -> dict[_Key, _Told]:
    """Put together what the last snapshot shows and what the dumps say; where both tell a state, the dump's counts."""
    told: dict[_Key, _Told] = {}
    for source in (list(dumped), list(last)):
        known = {key for key, one in told.items() if one.places}
        for one in source:
            about = told.setdefault(one.group, _Told())
            if one.group not in known:
                about.places[one.waits_in, str(one.labels.get("state", one.state))] += one.count
            if creator := str(one.labels.get("created_by", "")):
                about.creators[creator, str(one.labels.get("created_at", ""))] += one.count
            minutes = one.labels.get("wait_minutes")
            if isinstance(minutes, int):
                about.minutes = max(minutes, about.minutes or 0)
    return told


def _stood(profile: Profile, module: str) -> list[_Stood]:
    """Say of each sample of a goroutine profile which group it is of and where its goroutines stand."""
    profile = open_profile(profile)
    graph = graphs.build_graph(profile, graphs.NodeRules())
    names = [info.printable() for info in graph.infos]
    ranks = _ranks(graph, profile, module)
    nodes, offset = graph.slot_node[graph.stacks.slot], graph.stacks.offset.tolist()
    counts = profile.samples.values[:, 0].tolist()
    labels = _labels(profile)
    found = []
    for sample, count in enumerate(counts):
        stack = nodes[offset[sample] : offset[sample + 1]].tolist()
        functions = [names[node] for node in stack]
        key = _key(functions, [ranks[node] for node in stack])
        found.append(_Stood(key, count, *_standing(functions), labels.get(sample, {})))
    return found


def _ranks(graph: graphs.Graph, profile: Profile, module: str) -> list[int]:
    """Rank the functions of a graph by whose they are: 2 own, 1 of a dependency, 0 of Go itself."""
    ranks: dict[Origin, int] = {"own": 2, "dependency": 1}
    return [ranks.get(origin, 0) for origin in origins_of(graph, profile, module)]


def _key(functions: Sequence[str], ranks: Sequence[int]) -> _Key:
    """Name the group of a stack, leaf first: where it began, and what a library was given to run."""
    if not functions:
        return "", ""
    entry, library = functions[-1], package_of(functions[-1])
    if ranks[-1] == 2:
        return entry, ""
    downward = list(zip(functions, ranks, strict=True))[::-1]
    own = (name for name, rank in downward if rank == 2)
    others = (name for name, rank in downward if rank == 1 and ranks[-1] == 1 and package_of(name) != library)
    return entry, next(own, "") or next(others, "")


def _standing(functions: Sequence[str]) -> tuple[str, str]:
    """Find the function nearest to the leaf that is not the runtime's, and what it waits for."""
    place = next((name for name in functions if not _is_machinery(name)), functions[0] if functions else "")
    state = next((word for start, word in _STATES if any(start in name for name in functions)), "")
    return place, state


def _is_machinery(function: str) -> bool:
    package = package_of(function)
    return is_runtime(package) or package in {"sync", "internal/sync", "internal/poll", "syscall", "time"}


def _labels(profile: Profile) -> dict[int, dict[str, str | int]]:
    """Collect what a dump says of each sample."""
    if profile.format != DUMP:
        return {}
    labels, found = profile.labels, dict[int, dict[str, str | int]]()
    numbers = labels.number.tolist()
    for row, sample in enumerate(labels.sample.tolist()):
        value = numbers[row] if labels.is_number[row] else labels.text[row]
        found.setdefault(sample, {})[labels.key[row]] = value
    return found


def growth_finding(groups: GoroutineGroups, rules: LeakRules = DEFAULT_RULES) -> Finding | None:
    """Say that many more goroutines run than before, and where they began; a long series must show a trend too."""
    first, last = groups.totals[0], groups.totals[-1]
    if last - first < rules.min_goroutines or last < _GREW * first:
        return None
    if len(groups.totals) >= rules.min_snapshots and groups.trend.verdict not in {"growing", "leaking"}:
        return None
    grown = [one for one in sorted(groups.groups, key=lambda one: -one.grown) if one.grown > 0]
    where = f"; most of the new ones began in {_entry(grown[0])}" if grown else ""
    evidence = [
        f"{first:,} at first, {last:,} at last",
        *(f"+{one.grown:,}: {described(one)}" for one in grown[:_TOLD]),
    ]
    return Finding(
        "goroutine_growth",
        "warning",
        f"Many more goroutines ran at the end than at first{where}.",
        groups.paths[-1],
        "; ".join(evidence),
        "Let what starts them end them; a goroutineleak profile proves a leak.",
    )


def _entry(group: GoroutineGroup) -> str:
    return group.entry or "a function that the profile does not show"


def described(group: GoroutineGroup) -> str:
    """Say of a group what a reader of a finding needs: where it began, who started it, what it does."""
    parts = [f"began in {_entry(group)}"]
    parts += [f"running {group.runs}"] if group.runs else []
    parts += [f"started by {group.created_by} ({group.created_at})"] if group.created_by else []
    parts += [f"{group.state or 'standing'} in {group.waits_in}"] if group.waits_in else []
    parts += [f"waiting up to {group.wait_minutes:,} min"] if group.wait_minutes is not None else []
    return ", ".join(parts)
