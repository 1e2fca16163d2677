"""Comparisons of label groups and what may be concluded from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.model.court import Objection
from pipeline.model.difference import Difference
from pipeline.model.finding import Finding
from pipeline.model.metric import Metric
from pipeline.model.rules import RuleResult

Outcome = Literal["improved", "regressed", "unchanged", "inconclusive", "invalid"]


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One metric, base group against head group: medians of replicates, spread, and what the test says.

    ``base`` and ``head`` hold the values in run order; ``p`` is the two-sided Mann-Whitney probability (1.0 when a
    side is empty), ``q`` the same adjusted for the ``tests`` made together (None where the metric is not tested).
    Intervals are (lo, hi) at 95 %, None where the runs are too few. ``delta`` is head / base - 1 of the medians,
    ``delta_interval`` that of the ratio of a head run to a base run. ``detectable_effect`` is the smallest relative
    change that would be found 4 times of 5, ``runs_needed`` how many runs each side needs to find ``planned_effect``.
    """

    metric: Metric
    component: str
    base: tuple[float, ...]
    head: tuple[float, ...]
    base_center: float | None
    head_center: float | None
    p: float
    outcome: Outcome
    warnings: tuple[str, ...] = ()
    base_interval: tuple[float, float] | None = None
    head_interval: tuple[float, float] | None = None
    delta: float | None = None
    delta_interval: tuple[float, float] | None = None
    q: float | None = None
    tests: int = 0
    detectable_effect: float | None = None
    planned_effect: float | None = None
    runs_needed: int | None = None


@dataclass(frozen=True, slots=True)
class MetricMean:
    """One metric over ``components`` that both sides measured: geometric means of the medians, and head / base - 1."""

    metric: Metric
    components: int
    base: float
    head: float
    delta: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Base label against head label: all metrics, the functions of each sample type, the verdict and its reasons."""

    base_label: str
    head_label: str
    base_runs: tuple[str, ...]
    head_runs: tuple[str, ...]
    outcome: Outcome
    reasons: tuple[str, ...]
    metrics: tuple[MetricComparison, ...]
    functions: tuple[Difference, ...]
    findings: tuple[Finding, ...] = ()
    objections: tuple[Objection, ...] = ()
    rules: tuple[RuleResult, ...] = ()
    means: tuple[MetricMean, ...] = ()

    @property
    def slug(self) -> str:
        """Name the comparison as its URL does."""
        return f"{self.base_label}..{self.head_label}"
