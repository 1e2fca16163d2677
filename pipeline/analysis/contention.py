"""Contention: how often and how long goroutines waited for locks (mutex) or for anything that blocks (block).

Rules: the counters only grow, so what a run waited is after - before, or a window's own profile; one profile alone
counts from the start of the service. Delay adds up over goroutines, so it can exceed the time that passed. An empty
profile looks the same whether nothing waited or the rate is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline import units
from pipeline.model.cost import Contention, Since
from pipeline.model.finding import Finding
from pipeline.model.metric import Direction, Measurement, Metric
from pipeline.model.profile import Profile
from pipeline.model.run import RawFile

KINDS: Final = ("mutex", "block")
_WORDS: Final = {"mutex": "Lock contention", "block": "Blocking"}
_BETTER: Final[dict[str, Direction]] = {"mutex": "lower", "block": "none"}
"""Goroutines that wait for work block too, so less blocking is not better in itself."""
_COVERS: Final = "after - before, a window, or since the service started"
METRICS: Final[tuple[Metric, ...]] = tuple(
    Metric(f"{kind}_{name}", f"{_WORDS[kind]}{title}", unit, _BETTER[kind], source)
    for kind in KINDS
    for name, title, unit, source in (
        ("contentions", ", events", "count", f"contentions of the {kind} profile: {_COVERS}"),
        ("delay", ", time waited", "seconds", f"delay of the {kind} profile: {_COVERS}"),
        ("delay_mean", ", mean wait", "seconds", "delay ÷ contentions"),
        ("delay_per_op", ", per op", "seconds/op", "delay of the run ÷ operations"),
    )
)
_CURES: Final = {
    "mutex": "Nothing waited for a lock, or the rate is 0: call runtime.SetMutexProfileFraction(5) in the program.",
    "block": "Nothing blocked, or the rate is 0: call runtime.SetBlockProfileRate(10000) in the program.",
}

Taken = Sequence[tuple[RawFile, Profile]]


def measure_contention(component: str, kind: str, taken: Taken, *, operations: int = 0) -> Contention | None:
    """Say what one component waited, from its profiles of a kind in the order they were taken, windows included.

    ``operations`` are those of the load test in that time, 0 where unknown. None where no profile counts contentions,
    or the counters shrank.
    """
    counted = [pair for pair in taken if {"contentions", "delay"} <= {one.type for one in pair[1].sample_types}]
    lives = [pair for pair in counted if pair[0].kind == kind]
    windows = [pair for pair in counted if pair[0].kind == f"{kind}-delta"]
    if len(lives) > 1:
        (first_file, first), (last_file, last) = lives[0], lives[-1]
        count, delay = (after - before for after, before in zip(_totals(last), _totals(first), strict=True))
        since: Since = "before"
        evidence: tuple[str, ...] = (first_file.path, last_file.path)
        if count < 0 or delay < 0:
            return None
    elif windows or lives:
        file, profile = (windows or lives)[-1]
        count, delay = _totals(profile)
        since, evidence = "window" if windows else "start", (file.path,)
    else:
        return None
    return Contention(component, kind, since, int(count), delay, 0 if since == "window" else operations, evidence)


def contention_measurements(one: Contention) -> list[Measurement]:
    """Give the metrics of a component's contention; without any event there is no mean."""
    values = [("contentions", float(one.contentions)), ("delay", one.delay_seconds), ("delay_mean", one.mean_seconds)]
    if one.operations:
        values.append(("delay_per_op", one.delay_seconds / one.operations))
    return [
        Measurement(f"{one.kind}_{name}", value, one.component, one.evidence)
        for name, value in values
        if value is not None
    ]


def rate_cure(doubt: Finding, kind: str) -> Finding:
    """Name the one rate that an empty profile of this kind hangs on, in a doubt that cannot know the kind."""
    kind = kind.removesuffix("-delta")
    if doubt.code != "no_samples" or kind not in _CURES:
        return doubt
    return Finding(doubt.code, doubt.severity, doubt.message, doubt.subject, doubt.evidence, _CURES[kind])


def _totals(profile: Profile) -> tuple[int, float]:
    """Give contentions and seconds of delay."""
    delay = profile.sample_index("delay")
    seconds, _ = units.scale(profile.total(delay), profile.sample_types[delay].unit, "seconds")
    return profile.total(profile.sample_index("contentions")), seconds
