"""The metric table of a comparison, in benchstat's form: both medians with their intervals, the delta, p, n. Pure.

Rules: a change is written as a change only where the judgement says so; ``~`` stands where it is not significant, with
what was seen behind it. ``±`` is the farther end of the 95 % interval of the median, relative to the median; ``± ∞``
says that there are too few runs for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.verdict import Comparison, MetricComparison
from pipeline.render.state import DIRECTIONS, OUTCOMES, State

NO_BREAK: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of a comparison, ready to print; ``seen`` is a change that is shown but not claimed, ``warnings`` are
    those the verdict does not tell already, ``pair`` both medians in short, ``power`` what the runs could have shown.
    """

    compared: MetricComparison
    base: str
    head: str
    delta: str
    seen: str
    interval: str
    p: str
    q: str
    n: str
    power: str
    state: State
    direction: str
    headline: bool
    warnings: tuple[str, ...]
    pair: str

    @property
    def is_open(self) -> bool:
        """Tell whether the row is shown at once: the verdict rests on it, or it got worse."""
        return self.headline or self.compared.outcome == "regressed"


@dataclass(frozen=True, slots=True)
class MeanRow:
    """One metric over several components, ready to print."""

    title: str
    components: str
    base: str
    head: str
    delta: str


def metric_rows(comparison: Comparison, headline: Sequence[str]) -> tuple[MetricRow, ...]:
    """Prepare the metric table, headline metrics first within a component."""
    compared = sorted(comparison.metrics, key=lambda one: (one.component, one.metric.name not in headline))
    return tuple(_row(one, one.metric.name in headline, comparison.reasons) for one in compared)


def mean_rows(comparison: Comparison) -> tuple[MeanRow, ...]:
    """Prepare the rows of geometric means over components."""
    return tuple(
        MeanRow(
            one.metric.title,
            f"{one.components} components",
            units.show(one.base, one.metric.unit),
            units.show(one.head, one.metric.unit),
            _signed_percent(one.delta),
        )
        for one in comparison.means
    )


def _row(one: MetricComparison, headline: bool, told: Sequence[str]) -> MetricRow:
    change = units.show_delta(one.base_center, one.head_center)
    claimed = one.outcome in {"improved", "regressed"}
    both = bool(one.base and one.head)
    return MetricRow(
        compared=one,
        base=_center(one.base_center, one.base_interval, one.metric.unit),
        head=_center(one.head_center, one.head_interval, one.metric.unit),
        delta=change if claimed else "~" if both else "–",
        seen="" if claimed or not both or change == "–" else change,
        interval=_interval(one),
        p=f"{one.p:.3f}" if both else "–",
        q=f"{one.q:.3f}" if one.q is not None and one.tests > 1 else "",
        n=f"{len(one.base)}+{len(one.head)}",
        power="" if claimed else _power(one),
        state=OUTCOMES[one.outcome],
        direction=DIRECTIONS[one.metric.better][1],
        headline=headline,
        warnings=tuple(warning for warning in one.warnings if warning not in told),
        pair=_pair(one),
    )


def _pair(one: MetricComparison) -> str:
    """Write both medians, the unit once where it is the same: ``9.8 → 5.2 kB/op``."""
    base, head = (units.show(center, one.metric.unit) for center in (one.base_center, one.head_center))
    number, _, unit = base.partition(" ")
    return f"{number} → {head}" if unit and head.endswith(f" {unit}") else f"{base} → {head}"


def _center(center: float | None, interval: tuple[float, float] | None, unit: str) -> str:
    """Write a median with its interval: ``12.4 kB/op ± 3 %``."""
    text = units.show(center, unit)
    if center is None:
        return text
    return f"{text} {_range(center, interval, unit)}".replace("± ", f"±{NO_BREAK}")


def _range(center: float, interval: tuple[float, float] | None, unit: str) -> str:
    if interval is None:
        return "± ∞"
    lo, hi = interval
    if lo == center == hi:
        return f"± 0{NO_BREAK}%"
    if center == 0 or lo / center < 0 or hi / center < 0:
        return f"({units.show(lo, unit)} to {units.show(hi, unit)})"
    return f"± {100 * max(abs(hi - center), abs(center - lo)) / abs(center):.0f}{NO_BREAK}%"


def _interval(one: MetricComparison) -> str:
    """Write the interval of the change: ``+3.1 % to +8.0 %``."""
    return " to ".join(_signed_percent(end) for end in one.delta_interval) if one.delta_interval else ""


def _signed_percent(share: float) -> str:
    text = f"{abs(share) * 100:.1f}"
    sign = "" if text == "0.0" else "+" if share > 0 else "−"
    return f"{sign}{text}{NO_BREAK}%"


def _power(one: MetricComparison) -> str:
    """Say which change these runs would have shown, and how many runs the planned one takes."""
    parts = []
    if one.detectable_effect is not None:
        size = f"{one.detectable_effect * 100:.1f}"
        parts.append("would find any change" if size == "0.0" else f"would find a change of {size}{NO_BREAK}% or more")
    if one.planned_effect is not None and one.runs_needed and one.runs_needed > min(len(one.base), len(one.head)):
        parts.append(f"{one.planned_effect * 100:g}{NO_BREAK}% takes {one.runs_needed} runs a side")
    return "; ".join(parts)
