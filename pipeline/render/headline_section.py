"""The headline values of a run, each among those of the runs of its label before it. Pure.

Rules: a value alone says little, so what the runs before spanned stands beside it; where there were none, that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pipeline.model.metric import Metric
from pipeline.model.summary import RunSummary
from pipeline.render.spread import Spread, spread, values_of

_TILES: Final = (
    "ops_per_sec",
    "latency_mean",
    "latency_p99",
    "cpu_per_op",
    "alloc_bytes_per_op",
    "heap_inuse_after",
    "goroutines_after",
    "error_rate",
    "elapsed",
    "rss_max",
)
_COUNT: Final = 8


class Line(Protocol):
    """One measured value, as the run page lists it."""

    @property
    def metric(self) -> Metric:
        """What is measured."""

    @property
    def component(self) -> str:
        """Of which component."""

    @property
    def value(self) -> float:
        """How much, in the unit of the metric."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline value; ``spread`` is None where no run before has one."""

    line: Line
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class TileGroup:
    """The headline values of one component."""

    component: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline values by component, and against what they stand, in a sentence."""

    groups: tuple[TileGroup, ...]
    about: str


def headline(lines: Sequence[Line], earlier: Sequence[RunSummary], *, label: str, is_whole: bool) -> Headline:
    """Choose the headline values of each component; those of a whole run are set among the ``earlier`` runs'."""
    before = [values_of(one) for one in earlier] if is_whole else []
    groups = []
    for component in dict.fromkeys(line.component for line in lines):
        mine = {line.metric.name: line for line in lines if line.component == component}
        chosen = [mine[name] for name in _TILES if name in mine][:_COUNT]
        if chosen:
            tiles = tuple(Tile(line, _spread(line, before)) for line in chosen)
            groups.append(TileGroup(component, tiles))
    if not is_whole:
        return Headline(tuple(groups), "In its state this run is not set among the others of its label.")
    return Headline(tuple(groups), _about(earlier, label))


def _spread(line: Line, before: Sequence[dict[tuple[str, str], float]]) -> Spread | None:
    metric = line.metric
    return spread((metric.name, line.component), line.value, before, title="", unit=metric.unit, better=metric.better)


def _about(earlier: Sequence[RunSummary], label: str) -> str:
    if not label:
        return "This run has no label, so there are no runs to set it among."
    if not earlier:
        return f"The first whole run of {label} on this site: nothing says yet how much its values vary."
    many = f"the {len(earlier)} whole runs" if len(earlier) > 1 else "the one whole run"
    return f"Among {many} of {label} before it: seen, not judged."
