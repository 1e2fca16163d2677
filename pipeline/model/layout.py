"""File names of a run, in the forms the guides use: name -> component, kind, phase, place in a series. Pure.

Rules: a name is only a hint (content decides how a file is read); unknown names are ``other`` until their content tells
more. Recognised are

    heap-before.prof  allocs-after.pb.gz  goroutine.prof  cpu.pprof      one service, phases
    <component>/heap0.pprof  <component>/cpu12.pprof                     interval series
    manager_heap.prof  heap_during_build.prof  heap-20251028-113000.pprof loose files, taken by hand
    heap-delta.prof  memstats-before.txt  memstats3.txt  trace.out       windows, runtime counters, a trace
    source.json                                                         source lines of hot functions
    load-test-results.json  *.bench.txt  *.time.txt  test.log  README.md what goes with them
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.model.run import DEFAULT_COMPONENT, Phase

ENDPOINTS: Final = ("heap", "allocs", "cpu", "goroutine", "goroutineleak", "block", "mutex", "threadcreate")
"""Profile kinds by the name they have in a run; every one but ``cpu`` (``profile``) is also its pprof endpoint."""

DELTAS: Final = ("heap-delta", "allocs-delta", "block-delta", "mutex-delta")
"""Kinds that cover a window (``?seconds=N``) and not the life of the process."""

RUN_NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
STAMPED: Final = re.compile(r"^(?P<stamp>\d{8}[_-]\d{6})(?:-(?P<label>.+))?$")
_KIND: Final = r"(?P<kind>heap|allocs|cpu|profile|goroutineleak|goroutine|block|mutex|threadcreate)"
_WHEN: Final = (
    r"(?:[-_]profile)?"
    r"(?:[-_.]?(?P<phase>before|during|after)(?:[-_][A-Za-z][A-Za-z0-9_-]*)?"
    r"|[-_]\d{8}[-_]\d{6}|[-_]?(?P<index>\d+))?(?:\.debug\d)?"
)
_PROFILE: Final = re.compile(rf"^{_KIND}{_WHEN}\.(?P<ext>prof|pprof|pb\.gz|pb|out|txt)$")
_PREFIXED: Final = re.compile(
    rf"^(?P<component>[A-Za-z][A-Za-z0-9_-]*?)[-_]{_KIND}{_WHEN}\.(?P<ext>prof|pprof|pb\.gz|pb|out)$"
)
_DELTA: Final = re.compile(r"^(?P<kind>(?:heap|allocs|block|mutex)-delta)\.(?:prof|pprof|pb\.gz|pb)$")
_MEMSTATS: Final = re.compile(r"^memstats(?:[-_](?P<phase>before|after)|(?P<index>\d+))?\.txt$")
_NO_COMPONENT: Final = frozenset({"before", "during", "after", "baseline", "default", "merged"})
_OTHERS: Final = (
    (re.compile(r"^trace\.out$"), "trace"),
    (re.compile(r"^run\.json$"), "manifest"),
    (re.compile(r"^load[-_]test.*\.(json|txt|csv)$|^.*\.load\.(json|txt|csv)$"), "load"),
    (re.compile(r"^.*\.bench(\.txt)?$"), "bench"),
    (re.compile(r"^.*\.time(\.txt)?$"), "time"),
    (re.compile(r"^.*\.log$"), "log"),
    (re.compile(r"^(README|notes|analysis)\.md$", re.IGNORECASE), "notes"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a file's path says about it."""

    component: str
    kind: str
    phase: Phase
    index: int | None


def endpoint(kind: str) -> str:
    """Name the pprof endpoint that serves a kind."""
    return "profile" if kind == "cpu" else kind


def is_run_name(name: str) -> bool:
    """Tell whether a directory name may be a run's name (and so a part of a URL)."""
    return bool(RUN_NAME.fullmatch(name)) and ".." not in name


def label_of(run_id: str) -> str:
    """Read the label out of a run id ``YYYYMMDD_HHMMSS[-label]``; other names are their own label."""
    match = STAMPED.match(run_id)
    if match is None:
        return run_id
    label = match["label"] or ""
    return (
        ""
        if label.isdigit()
        else re.sub(r"-\d{1,3}$", "", label)
        if re.search(r"[A-Za-z].*-\d{1,3}$", label)
        else label
    )


def started_of(run_id: str) -> str:
    """Read the start out of a run id as RFC 3339 UTC; empty when the name has no stamp."""
    match = STAMPED.match(run_id)
    if match is None:
        return ""
    digits = re.sub(r"\D", "", match["stamp"])
    date, clock = digits[:8], digits[8:]
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}Z"


def place(path: str) -> Place:
    """Say what a path inside a run directory is, by its name alone."""
    if path == "source.json":
        return Place("", "source", "", None)
    folder, _, name = path.rpartition("/")
    component = folder or DEFAULT_COMPONENT
    match = _PROFILE.match(name)
    if match is None and (prefixed := _PREFIXED.match(name)) and prefixed["component"] not in _NO_COMPONENT:
        match, component = prefixed, folder or prefixed["component"]
    if match is not None:
        kind = "cpu" if match["kind"] == "profile" else match["kind"]
        index = int(match["index"]) if match["index"] is not None else None
        named: dict[str | None, Phase] = {"before": "before", "during": "during", "after": "after"}
        phase: Phase = "series" if index is not None else named.get(match["phase"], usual_phase(kind))
        return Place(component, kind, phase, index)
    if (match := _DELTA.match(name)) is not None:
        return Place(component, match["kind"], "during", None)
    if (match := _MEMSTATS.match(name)) is not None:
        moment: Phase = "series" if match["index"] else "before" if match["phase"] == "before" else "after"
        return Place(component, "memstats", moment, int(match["index"]) if match["index"] else None)
    for pattern, kind in _OTHERS:
        if pattern.match(name):
            return Place(component if kind in {"load", "bench", "time", "trace"} else "", kind, "", None)
    if re.search(r"\.(prof|pprof|pb\.gz|pgo|folded|speedscope\.json)$", name):
        return Place(component, "profile", "", None)
    return Place("", "other", "", None)


def component_of(path: str) -> str:
    """Name the component of a file by its folder; empty for folders that are no component's."""
    folder = path.rpartition("/")[0]
    return folder if is_run_name(folder) else "" if folder else DEFAULT_COMPONENT


def usual_phase(kind: str) -> Phase:
    """Say when a profile of this kind is taken, if its name does not."""
    return "during" if kind == "cpu" else "after"
