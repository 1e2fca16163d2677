"""Comparisons of label groups and what may be concluded from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.model.finding import Finding
from pipeline.model.metric import Metric
from pipeline.model.profile import SampleType

Outcome = Literal["improved", "regressed", "unchanged", "inconclusive", "invalid"]


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One metric, base group against head group: medians of replicates, spread, and what the test says.

    ``base`` and ``head`` hold the values in run order; ``p`` is the two-sided Mann-Whitney probability (1.0 when a
    side is empty).
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


@dataclass(frozen=True, slots=True)
class Mover:
    """One function whose share of a sample type changed, in the sample type's unit per operation (or per run when
    ``per_op`` is false).
    """

    name: str
    base_flat: float
    head_flat: float
    base_cum: float
    head_cum: float


@dataclass(frozen=True, slots=True)
class MoverTable:
    """Top movers of one kind of profile and sample type, largest absolute change first."""

    component: str
    kind: str
    sample_type: SampleType
    per_op: bool
    rows: tuple[Mover, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Base label against head label: all metrics, top movers, the verdict and its reasons."""

    base_label: str
    head_label: str
    base_runs: tuple[str, ...]
    head_runs: tuple[str, ...]
    outcome: Outcome
    reasons: tuple[str, ...]
    metrics: tuple[MetricComparison, ...]
    movers: tuple[MoverTable, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def slug(self) -> str:
        """Name the comparison as its URL does."""
        return f"{self.base_label}..{self.head_label}"
