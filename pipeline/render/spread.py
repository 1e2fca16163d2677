"""What the runs of a label before one say about its values: median, lowest to highest, and where it stands. Pure.

Rules: only runs that started before are looked at, so a new run changes nothing that was said of an older one. A value
outside all that was seen before is told, not judged: after ten runs that vary by chance alone the next is outside 2
times in 11. Runs that failed, were interrupted or are empty do not count.
"""

from __future__ import annotations

import statistics
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline import units
from pipeline.model.metric import Direction
from pipeline.model.summary import RunSummary
from pipeline.render.env import Html
from pipeline.render.sparkline import sparkline
from pipeline.render.state import COMPARABLE, State

EARLIER: Final = 10
"""How many runs before one are looked at."""

_ENOUGH: Final = 3
_WITHIN: Final = State("within", "=", "plain", "")
_UNKNOWN: Final = State("too few runs before", "·", "plain", "")

Values = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """One value among those before it: ``text`` tells it in a sentence, ``picture`` draws it, newest last."""

    runs: int
    median: float
    low: float
    high: float
    change: str
    state: State
    text: str
    picture: Html


def earlier_runs(ordered: Sequence[RunSummary]) -> dict[str, tuple[RunSummary, ...]]:
    """Find for each run the runs of its label that started before it, oldest first; ``ordered`` is newest first."""
    last: defaultdict[str, deque[RunSummary]] = defaultdict(lambda: deque(maxlen=EARLIER))
    found: dict[str, tuple[RunSummary, ...]] = {}
    for one in reversed(ordered):
        mine = last[one.label]
        found[one.id] = tuple(mine) if one.label and one.started else ()
        if one.started and one.state in COMPARABLE:
            mine.append(one)
    return found


def values_of(summary: RunSummary) -> dict[tuple[str, str], float]:
    """Take a run's values by metric and component."""
    return {(one.metric, one.component): one.value for one in summary.measurements}


def spread(
    key: tuple[str, str], value: float, earlier: Sequence[Values], *, title: str, unit: str, better: Direction
) -> Spread | None:
    """Set a value among those of the runs before it; None where none of them has one.

    Without a ``title`` the picture has no words of its own: the text stands beside it.
    """
    before = [values[key] for values in earlier if key in values]
    if not before:
        return None
    low, high, median = min(before), max(before), statistics.median(before)
    told = f"{units.counted(len(before), 'run')} before: {_range(low, median, high, unit)}"
    return Spread(
        runs=len(before),
        median=median,
        low=low,
        high=high,
        change=units.show_delta(before[-1], value),
        state=_state(value, low, high, len(before), better),
        text=told,
        picture=sparkline(
            [*before, value], label=f"{title}: {told}; this run {units.show(value, unit)}" if title else ""
        ),
    )


def _range(low: float, median: float, high: float, unit: str) -> str:
    """Write lowest, median and highest; one value where they are the same to the reader."""
    shown = [units.show(value, unit) for value in (low, median, high)]
    if shown[0] == shown[2]:
        return shown[1]
    return f"{shown[0]} to {shown[2]}, median {shown[1]}"


def _state(value: float, low: float, high: float, runs: int, better: Direction) -> State:
    """Say where a value stands; better and worse only where the metric has a direction."""
    if runs < _ENOUGH:
        return _UNKNOWN
    if low <= value <= high:
        return _WITHIN
    above = value > high
    word = f"{'above' if above else 'below'} all {runs} before"
    if better == "none":
        return State(word, "↑" if above else "↓", "plain", "")
    good = above == (better == "higher")
    return State(f"{'better' if good else 'worse'}: {word}", "△" if good else "▽", "plain" if good else "doubt", "")
