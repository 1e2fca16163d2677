"""When enough has been measured: looks at a comparison while its runs are collected, and when to stop.

Rules: looking again and again finds a "difference" sooner or later, so the looks are planned before the first run and
share one error rate: what look k may spend is the growth of ``alpha * (rounds / most rounds) ** 2`` (Kim & DeMets 1987,
rho = 2), and a claim needs a q within it. The shares add up to at most alpha, so at most alpha of collections without a
difference end in a claim, however looks and metrics hang together (Bonferroni; BH among the metrics of one look). "Not
changed" takes an interval of the change at the same level (repeated confidence intervals, Jennison & Turnbull 1989)
that leaves out every change that is asked about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pipeline import units
from pipeline.compare import power, stats
from pipeline.compare.ranks import critical_u
from pipeline.compare.thresholds import holds
from pipeline.model.verdict import Comparison, MetricComparison

LOOKS: Final = (6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)
"""Rounds after which there is a look: few, because every look costs, and even, so that sides are balanced in time."""
_RHO: Final = 2
_SURE_OF_NOISE: Final = 8
_HOPELESS: Final = 4
_NAMED: Final = 3

StopReason = Literal["different", "unchanged", "invalid", "limit"]


@dataclass(frozen=True, slots=True)
class Look:
    """A look after so many rounds; a claim needs a q of at most ``level``."""

    rounds: int
    level: float


@dataclass(frozen=True, slots=True)
class Continue:
    """More runs are needed; the sentence says what for."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Stop:
    """No more runs are needed, or none would help; the sentence says why."""

    reason: StopReason
    sentence: str


def plan_looks(most: int, base_runs: int | None = None, alpha: float = stats.ALPHA) -> tuple[Look, ...]:
    """Plan the looks of a collection of at most ``most`` rounds; ``base_runs`` where the base is measured already.

    A level is one that the test can reach; what it cannot use of its share is left to the next look, and a look that
    could claim nothing is left out.
    """
    found: list[Look] = []
    spent = 0.0
    for rounds in (*(one for one in LOOKS if one < most), most):
        _, tail = critical_u(base_runs or rounds, rounds, alpha * (rounds / most) ** _RHO - spent)
        spent += 2 * tail
        if tail > 0 or rounds == most:
            found.append(Look(rounds, 2 * tail))
    return tuple(found)


def next_step(
    comparison: Comparison,
    rounds: int,
    looks: Sequence[Look],
    *,
    headline: Collection[str],
    margins: Mapping[str, float] | None = None,
) -> Stop | Continue:
    """Decide after a round whether to go on; ``margins`` are the changes asked about by metric (0.1 is 10 %).

    Only the ``headline`` metrics count. Between looks a collection ends only where more runs would not help.
    """
    if comparison.outcome == "invalid":
        return Stop("invalid", f"more runs would not help: {'; '.join(comparison.reasons[:_NAMED])}")
    tested = [one for one in comparison.metrics if one.metric.name in headline and one.q is not None]
    if not tested:
        return Stop("invalid", "more runs would not help: no headline metric was measured on both sides")
    look = next((one for one in looks if one.rounds == rounds), None)
    if look is None:
        return Continue("no look yet")
    asked = {one.metric.name: power.EFFECT for one in tested} | dict(margins or {})
    return _look(tested, look, looks[-1].rounds, asked)


def _look(tested: Sequence[MetricComparison], look: Look, most: int, margins: Mapping[str, float]) -> Stop | Continue:
    claimed = [one for one in tested if _is_claimed(one, look.level)]
    seeming = [one for one in tested if one not in claimed and _is_claimed(one, stats.ALPHA)]
    worse = [one for one in claimed if _is_worse(one)]
    if worse or (claimed and not any(_is_worse(one) for one in seeming)):
        verdict = "regressed" if worse else "improved"
        return Stop("different", f"{verdict}: {_list(_change(one, look) for one in worse or claimed)}")
    inside = [one for one in tested if _is_inside(one, look.level, margins[one.metric.name])]
    out = [one for one in tested if one not in inside and _is_hopeless(one, look, most)]
    if inside and not claimed and not seeming and len(inside) + len(out) == len(tested):
        return Stop("unchanged", _unchanged(inside, out, most, margins))
    open_ = [*claimed, *seeming, *(one for one in tested if one not in (*claimed, *seeming, *inside))]
    missing = _list(_missing(one, look, margins[one.metric.name]) for one in open_)
    if look.rounds == most:
        return Stop("limit", f"not settled after {most} rounds: {missing}")
    return Continue(f"{_closest(tested, look)}; open: {missing}")


def _is_claimed(one: MetricComparison, level: float) -> bool:
    return one.q is not None and holds("<=", one.q, level) and one.base_center != one.head_center


def _is_worse(one: MetricComparison) -> bool:
    return ((one.head_center or 0.0) > (one.base_center or 0.0)) == (one.metric.better == "lower")


def _is_inside(one: MetricComparison, level: float, margin: float) -> bool:
    """Tell whether a change as large as the margin is excluded; a factor of 1 + margin or its inverse."""
    if len({*one.base, *one.head}) == 1:
        return level > 0
    interval = _interval(one, level)
    return interval is not None and 1 / (1 + margin) - 1 < interval[0] and interval[1] < margin


def _interval(one: MetricComparison, level: float) -> tuple[float, float] | None:
    change = stats.delta_interval(one.base, one.head, 1 - level)
    return None if level <= 0 or change.lo is None or change.hi is None else (change.lo, change.hi)


def _is_hopeless(one: MetricComparison, look: Look, most: int) -> bool:
    """Tell whether the rounds left would not settle it: at a fourth of the runs needed the chance is 3 in 10."""
    return look.rounds >= _SURE_OF_NOISE and (one.runs_needed is None or one.runs_needed > _HOPELESS * most)


def _unchanged(
    inside: Sequence[MetricComparison], out: Sequence[MetricComparison], most: int, margins: Mapping[str, float]
) -> str:
    within = _list(f"{_name(one)} within ±{margins[one.metric.name] * 100:g} %" for one in inside)
    left = _list(f"{_name(one)} ({_needs(one)})" for one in out)
    return f"unchanged: {within}" + (f"; not to be settled in {most} rounds: {left}" if left else "")


def _needs(one: MetricComparison) -> str:
    return f"it takes about {one.runs_needed} rounds" if one.runs_needed else "no number of rounds is known to"


def _closest(tested: Sequence[MetricComparison], look: Look) -> str:
    return _change(min(tested, key=lambda one: (one.q, -abs(one.delta or 0.0))), look)


def _change(one: MetricComparison, look: Look) -> str:
    seen = units.show_delta(one.base_center, one.head_center)
    return f"{_name(one)} {seen}, q = {one.q:.4f} where {look.level:.4f} settles it"


def _missing(one: MetricComparison, look: Look, margin: float) -> str:
    """Say what is not known of a metric yet."""
    if _is_claimed(one, look.level):
        return f"{_name(one)} differs"
    if _is_claimed(one, stats.ALPHA):
        return f"{_name(one)} seems {'worse' if _is_worse(one) else 'better'} (q = {one.q:.4f})"
    interval = _interval(one, look.level)
    if interval is None:
        return f"{_name(one)} has no interval yet"
    low, high = (f"{end * 100:+.1f} %".replace("-", "−") for end in interval)
    return f"{_name(one)} may differ by {low} to {high}, and {margin * 100:g} % is asked about"


def _name(one: MetricComparison) -> str:
    return f"{one.component}: {one.metric.title}" if one.component else one.metric.title


def _list(words: Iterable[str]) -> str:
    known = list(words)
    more = f"; and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return "; ".join(known[:_NAMED]) + more
