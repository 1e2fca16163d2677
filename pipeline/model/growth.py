"""How a quantity grew over the snapshots of a run, and what may be said of it.

Rules: sizes are what a profile counts (in-use bytes, goroutines), never the size of a file. A trend is judged over
snapshots of one process; of fewer than three there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline import units

TrendVerdict = Literal["leaking", "growing", "steady", "shrinking", "unclear"]
SiteKind = Literal["flat", "own"]


@dataclass(frozen=True, slots=True)
class LeakRules:
    """When growth is called what; see the settings ``[leak]``.

    Growth is material from ``min_bytes`` (or ``min_goroutines``) and from ``min_share`` of the whole at the first
    snapshot judged. Leaking needs ``min_snapshots`` in all, an interval of the slope (at ``confidence``) above 0, at
    least ``min_steps`` of the steps without a fall, and ``min_late`` of the slope still there in the later half.
    """

    min_snapshots: int = 5
    min_bytes: int = 1 << 20
    min_share: float = 0.05
    min_goroutines: int = 20
    min_steps: float = 0.75
    min_late: float = 0.5
    confidence: float = 0.95


DEFAULT_RULES = LeakRules()


@dataclass(frozen=True, slots=True)
class Trend:
    """A verdict on one series, and what it rests on.

    ``slope`` is the median of the slopes between all pairs of the ``judged`` snapshots (Theil-Sen), with ``low`` and
    ``high`` as its interval, in units per second, or per snapshot where the times are not known; None of fewer than
    three. Of the ``steps`` from one judged snapshot to the next, ``rose`` went up and ``fell`` went down.
    """

    verdict: TrendVerdict
    judged: int
    slope: float | None = None
    low: float | None = None
    high: float | None = None
    steps: int = 0
    rose: int = 0
    fell: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment: ``value`` in the unit of the series; ``objects`` in use (heap only); ``seconds`` since the first."""

    path: str
    value: int
    objects: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SiteGrowth:
    """One place that allocates, over all snapshots: ``values`` in bytes, in their order.

    ``kind`` is ``flat``: the function that allocated; or ``own``: the function of the service's own code that is
    nearest to the allocation on the stack. Of either kind each byte counts once.
    """

    function: str
    kind: SiteKind
    values: tuple[int, ...]
    trend: Trend


@dataclass(frozen=True, slots=True)
class Growth:
    """A component's heap (bytes) or goroutines (count) over the snapshots of a run, in the order they were taken.

    ``peak`` is the place of the largest in ``snapshots``. ``begins`` is the place of the first snapshot of the process
    that is judged: later than 0 where the service was restarted. ``confidence`` is that of the intervals. ``forced``
    says whether collections were forced before the snapshots, None where that is not known. ``sites`` are the largest
    of each kind, ``site_count`` says how many there were.
    """

    component: str
    kind: Literal["heap", "goroutine"]
    snapshots: tuple[Snapshot, ...]
    peak: int
    trend: Trend
    begins: int = 0
    confidence: float = DEFAULT_RULES.confidence
    forced: bool | None = None
    sites: tuple[SiteGrowth, ...] = ()
    site_count: int = 0

    @property
    def timed(self) -> bool:
        """Tell whether slopes are per second."""
        return self.snapshots[0].seconds is not None

    @property
    def grown(self) -> int:
        """Subtract the first value from the last."""
        return self.snapshots[-1].value - self.snapshots[0].value

    def rates(self, trend: Trend) -> tuple[str, ...]:
        """Write the slope and its interval for reading: by the minute, or by the snapshot; empty without a slope."""
        if trend.slope is None or trend.low is None or trend.high is None:
            return ()
        unit = "bytes" if self.kind == "heap" else "goroutines"
        factor, per = (60.0, "min") if self.timed else (1.0, "snapshot")
        return tuple(units.show(value * factor, f"{unit}/{per}") for value in (trend.slope, trend.low, trend.high))
