"""What the site needs to know of every run, whichever page it makes: small, and kept beside the run's record.

Rules: lists, search, neighbours and trends are made of these alone, so that one run more costs the reading of one
record and not of all. Nothing here is shown without passing through render.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pipeline.model.finding import Finding

SHOWN_FAILURES = 10
"""How many findings of severity error a summary keeps; `RunSummary.errors` counts all."""


# A site makes a hundred thousand of the next two: a tuple is made in less than half the time of a dataclass.


class SummaryMeasurement(NamedTuple):
    """One value of one metric for one component, as `model.metric.Measurement`, without its evidence."""

    metric: str
    value: float
    component: str


class SummaryProfile(NamedTuple):
    """One profile of a run: where it is, what it is, its data file (``tree``, empty without samples).

    ``sample_type`` is the type shown first, empty when the profile has none.
    """

    path: str
    component: str
    kind: str
    phase: str
    index: int | None  # type: ignore[assignment] # nobody looks for a place in this tuple
    tree: str
    sample_type: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What lists, search, neighbours and trends need of a run.

    ``key`` is that of the record it was made from, ``started`` in UTC (RFC 3339) or empty, ``dirty`` None when unknown,
    ``state`` a key of `render.state.STATES`; ``measurements`` are all, without their evidence, ``functions`` the names
    search finds the run by, ``failures`` the first findings of severity error.
    """

    id: str
    key: str
    label: str
    started: str
    branch: str
    commit: str
    dirty: bool | None
    components: tuple[str, ...]
    state: str
    errors: int
    warnings: int
    measurements: tuple[SummaryMeasurement, ...]
    functions: tuple[str, ...]
    profiles: tuple[SummaryProfile, ...]
    failures: tuple[Finding, ...] = ()
