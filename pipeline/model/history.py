"""What changed over the runs of a label: lasting steps of a metric, or of what a function costs.

Rules: a step that is ``certain`` has stood its test, adjusted for all series searched together; any other is a
candidate and is called one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.model.metric import Direction

Effect = Literal["worse", "better"]


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
