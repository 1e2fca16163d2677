"""What a history of runs is made of, and what changed over the runs of a label: lasting steps of a metric, or of what a
function costs.

Rules: a step that is ``certain`` has stood its test, adjusted for all series searched together; any other is a
candidate and is called one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.model.difference import Float
from pipeline.model.metric import Direction

Effect = Literal["worse", "better"]

PER_OPERATION: Final = frozenset({"cpu", "allocs"})
"""Kinds of profile that count what operations cause."""


class HistoryConfig(BaseModel):
    """How the runs of a label are searched for lasting changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: int = Field(100, ge=0, le=1000, description="Search so many of each label's newest runs; 0: do not search.")
    change: float = Field(0.02, ge=0, description="Smallest relative change of the median that is told: 0.02 is 2 %.")
    share: float = Field(
        0.02, gt=0, le=1, description="Search functions that hold this share of a profile in at least one run."
    )


@dataclass(frozen=True, slots=True)
class Series:
    """One value per run of a label: a metric by its ``title``, or the flat weight of a ``function``.

    ``measure`` names the metric or the sample type; ``unit`` is as in `units`.
    """

    label: str
    component: str
    measure: str
    title: str
    unit: str
    better: Direction
    function: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A lasting change: medians ``before`` and ``after`` it, over so many ``runs`` on either side.

    ``run`` is the first one after the change, ``previous`` the last one before it, ``commit`` that of ``run`` (empty
    where unknown). ``change`` is after / before - 1, None from 0. ``p`` is the Mann-Whitney probability, times the
    places the step could have been at, ``q`` the same adjusted for all series searched.
    """

    series: Series
    run: str
    previous: str
    commit: str
    before: float
    after: float
    change: float | None
    effect: Effect
    runs: tuple[int, int]
    p: float
    q: float
    certain: bool


@dataclass(frozen=True, slots=True)
class LabelHistory:
    """How much of a label was searched: ``runs`` of them (the newest), ``older`` left out, and so many ``series``."""

    label: str
    runs: int
    older: int
    series: int


@dataclass(frozen=True, slots=True)
class History:
    """``build/history.json``: the labels with enough runs, and the steps found, certain ones first, then newest."""

    labels: tuple[LabelHistory, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelSearch:
    """What the search of one label found: ``series`` were searched, ``changed`` of them have ``steps``.

    The steps are not adjusted yet (``q`` is 1): that takes the series of all labels.
    """

    label: LabelHistory
    changed: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What places a run in a history: ``started`` is UTC in RFC 3339, ``failed`` says that its load or collecting did.

    Empty where unknown.
    """

    id: str
    label: str
    started: str
    branch: str = ""
    commit: str = ""
    dirty: bool | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FunctionTable:
    """What the functions of one kind of profile weigh in a run, in the sample type's ``unit``, heaviest first.

    ``flat`` and ``cum`` float64[F]; ``total`` is that of the profiles, ``operations`` what they are divided by (0
    where a profile counts no operations or they are not known). ``path`` is the last of these profiles.
    """

    component: str
    kind: str
    sample_type: str
    unit: str
    path: str
    total: float
    operations: float
    names: tuple[str, ...]
    flat: Float
    cum: Float


@dataclass(frozen=True, slots=True, eq=False)
class RunHistory:
    """One run as its history keeps it: ``metrics`` are (component, metric, value)."""

    facts: RunFacts
    metrics: tuple[tuple[str, str, float], ...]
    tables: tuple[FunctionTable, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs that are kept together, in the order they started: ``runs`` are their names, ``key`` stands for all they
    hold. A ``closed`` one gets no more runs.
    """

    key: str
    runs: tuple[str, ...]
    labels: tuple[str, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class OverTime:
    """What the pages over time rest on: all stretches, the newest run of each of the newest labels, and how many runs
    have no start and so no place.

    ``orders`` say for 1, 2, … values which of them, from 1, bound the median with 95 % confidence (0: none does).
    """

    stretches: tuple[Stretch, ...] = ()
    newest: tuple[RunHistory, ...] = ()
    undated: int = 0
    orders: tuple[tuple[int, int], ...] = ()
