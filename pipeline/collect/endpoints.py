"""Which files are taken of a service, and in what order: the plan's lists, and what the service adds to them.

Rules: a service's own ``profiles`` replace the plan's lists, but nothing is taken before the load that the plan takes
only after it. MemStats are read last before the load and first after it, so that no collection that we force lies
between them. What covers a window is taken during the load; a trace follows the CPU profile, which it would show up in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.collect.capture import request_seconds
from pipeline.model.config import CollectConfig
from pipeline.model.layout import DELTAS
from pipeline.model.run import Phase
from pipeline.model.target import TargetConfig

SNAPSHOT_SECONDS: Final = 20.0
_SECONDS: Final = re.compile(r"[?&]seconds=(\d+)")


@dataclass(frozen=True, slots=True)
class Target:
    """One file to take; ``seconds`` is the window of a profile that has one.

    ``debug`` asks for a text form, ``custom`` is the path of a profile of the user's own.
    """

    name: str
    kind: str
    phase: Phase
    seconds: float = 0
    deadline: float = SNAPSHOT_SECONDS
    debug: int = 0
    custom: str = ""


def chosen(part: TargetConfig, listed: Sequence[str], *, before: bool = False) -> tuple[str, ...]:
    """Say which kinds of a plan's list are taken of a service."""
    if not part.profiles:
        return tuple(listed)
    return tuple(kind for kind in listed if kind in part.profiles) if before else part.profiles


def before_load(plan: CollectConfig, part: TargetConfig) -> list[Target]:
    """List what is taken before the load."""
    kinds = _snapshots(chosen(part, plan.before, before=True))
    found = [Target(f"{kind}-before.prof", kind, "before") for kind in kinds]
    return found + ([Target("memstats-before.txt", "memstats", "before")] if plan.memstats else [])


def after_load(plan: CollectConfig, part: TargetConfig) -> list[Target]:
    """List what is taken after the load."""
    early = chosen(part, plan.before, before=True)
    found = [Target("memstats-after.txt", "memstats", "after")] if plan.memstats else []
    found += [
        Target(f"{kind}-after.prof" if kind in early else f"{kind}.prof", kind, "after")
        for kind in _snapshots(chosen(part, plan.after))
    ]
    if plan.goroutine_dump:
        found.append(Target("goroutine-after.debug2.txt", "goroutine", "after", debug=2))
    return found + [_custom(name, path, "after") for name, path in part.custom.items() if not custom_seconds(path)]


def during_load(plan: CollectConfig, part: TargetConfig, patience: float) -> list[list[Target]]:
    """List what is taken in the middle of the load: lanes that run at the same time, CPU first.

    ``patience`` is how many seconds the CPU profile may take in all, with what it waits for.
    """
    first: list[Target] = []
    if not part.profiles or "cpu" in part.profiles:
        deadline = max(request_seconds(plan.cpu_seconds), patience)
        first.append(Target("cpu.prof", "cpu", "during", plan.cpu_seconds, deadline))
    if plan.trace_seconds:
        first.append(_window("trace.out", "trace", plan.trace_seconds))
    lanes = [first] if first else []
    if plan.delta_seconds:
        wanted = [kind for kind in DELTAS if not part.profiles or kind.removesuffix("-delta") in part.profiles]
        lanes += [[_window(f"{kind}.prof", kind, plan.delta_seconds)] for kind in wanted]
    lanes += [[_custom(name, path, "during")] for name, path in part.custom.items() if custom_seconds(path)]
    return lanes


def once(plan: CollectConfig, part: TargetConfig, kinds: Sequence[str]) -> list[Target]:
    """List what a single snapshot takes of the kinds the plan allows."""
    found: list[Target] = []
    for kind in kinds:
        seconds = plan.snapshot_cpu_seconds if kind == "cpu" else 0
        found.append(_window("cpu.prof", kind, seconds) if seconds else Target(f"{kind}.prof", kind, "after"))
    for name, path in part.custom.items() if plan.mode == "both" else ():
        found.append(_custom(name, path, "during" if custom_seconds(path) else "after"))
    if plan.memstats and plan.mode != "cpu":
        found.insert(0, Target("memstats.txt", "memstats", "after"))
    return found


def series_kinds(plan: CollectConfig, part: TargetConfig, kinds: Sequence[str]) -> list[tuple[str, ...]]:
    """Group the kinds of a series into lanes: snapshots, and one for each profile that covers a window."""
    custom = part.custom if plan.mode == "both" else {}
    snapshots = [kind for kind in kinds if kind != "cpu"]
    snapshots += ["memstats"] if plan.memstats and snapshots else []
    snapshots += [name for name, path in custom.items() if not custom_seconds(path)]
    lanes = [tuple(snapshots)] if snapshots else []
    lanes += [("cpu",)] if "cpu" in kinds else []
    return lanes + [(name,) for name, path in custom.items() if custom_seconds(path)]


def tick(part: TargetConfig, kind: str, number: int, deadline: float) -> Target:
    """Make the target of one tick of a series, for anything but CPU."""
    if kind in part.custom:
        return _custom(kind, part.custom[kind], "series", number)
    ending = "txt" if kind == "memstats" else "pprof"
    return Target(f"{kind}{number}.{ending}", kind, "series", deadline=deadline)


def custom_seconds(path: str) -> int:
    """Read the window of a custom profile out of its query; 0 when it has none."""
    match = _SECONDS.search(path)
    return int(match[1]) if match else 0


def _snapshots(kinds: Sequence[str]) -> list[str]:
    return [kind for kind in kinds if kind != "cpu"]


def _window(name: str, kind: str, seconds: float) -> Target:
    return Target(name, kind, "during", seconds, request_seconds(seconds))


def _custom(name: str, path: str, phase: Phase, number: int | None = None) -> Target:
    seconds = custom_seconds(path)
    file = f"{name}.prof" if number is None else f"{name}{number}.pprof"
    return Target(file, "profile", phase, seconds, max(SNAPSHOT_SECONDS, request_seconds(seconds)), custom=path)
