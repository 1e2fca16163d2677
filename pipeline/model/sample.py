"""What statistics say about repeated values of one thing: a summary, a test, a change with its interval.

Rules: the words and meanings are benchstat's (golang.org/x/perf/benchmath): a ``center`` with the interval ``lo`` to
``hi`` around it, and ``warnings`` that travel with the number they belong to. An interval that the values are too few
for is infinite in a `Summary` and None in a `Change`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Assumption = Literal["nothing", "exact"]
"""What may be assumed of repeated values: nothing, or that they are all the same (``assume=exact``)."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The center of a sample and its confidence interval; ``confidence`` is what the interval really has."""

    center: float
    lo: float
    hi: float
    confidence: float
    warnings: tuple[str, ...] = ()

    @property
    def is_bounded(self) -> bool:
        """Tell whether there were values enough for an interval."""
        return math.isfinite(self.lo) and math.isfinite(self.hi)


@dataclass(frozen=True, slots=True)
class Significance:
    """Whether two samples differ; ``p`` is 0 where the values are exact and nothing had to be tested."""

    p: float
    base_count: int
    head_count: int
    alpha: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A relative change: 0.12 is 12 % more. ``lo`` to ``hi`` is its interval, None where the values are too few."""

    delta: float | None
    lo: float | None = None
    hi: float | None = None
    confidence: float = 0.0
    warnings: tuple[str, ...] = ()
