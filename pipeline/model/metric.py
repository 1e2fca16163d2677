"""Measurements with units, directions and sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["higher", "lower", "none"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured: ``unit`` as in `units`, ``better`` its direction, ``source`` where it comes from, in words."""

    name: str
    title: str
    unit: str
    better: Direction
    source: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one metric for one component of one run; ``evidence`` names the files it was computed from."""

    metric: str
    value: float
    component: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadResult:
    """A load test in its normal form: what was offered, what came back, how long it took.

    ``operations`` are the successful ones, ``operations_per_second`` their rate; ``quantiles`` maps a quantile (0.5,
    0.99, …; 1 is the maximum) to seconds; ``histogram`` holds (upper bound in seconds, count) buckets, bounds rising;
    ``status_codes`` counts answers by status (``200``, ``2xx``, ``OK``). ``open_loop`` tells whether requests were sent
    by the clock (True) or each after the answer before it (False); ``omission_corrected`` whether latencies count from
    when a request was due. None and empty mean that the tool does not tell. ``warnings`` are doubts, in words.
    """

    tool: str
    started: str
    duration_seconds: float
    operations: int
    errors: int
    operations_per_second: float
    mean_latency_seconds: float | None = None
    writes: int | None = None
    reads: int | None = None
    quantiles: tuple[tuple[float, float], ...] = ()
    histogram: tuple[tuple[float, int], ...] = ()
    status_codes: tuple[tuple[str, int], ...] = ()
    open_loop: bool | None = None
    omission_corrected: bool | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """What one program used from its start to its end, as the kernel counts it; None where it is not known.

    It includes what the program's own ended children used; ``max_rss_bytes`` is the largest of any one of them.
    ``elapsed_seconds`` is the wall clock, ``exit_code`` 128 + N after a signal N.
    """

    elapsed_seconds: float | None = None
    user_seconds: float | None = None
    system_seconds: float | None = None
    max_rss_bytes: int | None = None
    major_faults: int | None = None
    minor_faults: int | None = None
    exit_code: int | None = None
    command: str = ""
