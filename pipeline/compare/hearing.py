"""What is heard by the court: two groups of runs, and the limits of the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pipeline.model.court import ComparisonConfig, Objection
from pipeline.model.record import RunRecord

Runs = tuple[RunRecord, ...]


@dataclass(frozen=True, slots=True)
class Hearing:
    """The runs of both sides in their order, their labels, and when they may be compared."""

    base: Runs
    head: Runs
    labels: tuple[str, str]
    limits: ComparisonConfig = field(default_factory=ComparisonConfig)

    @property
    def sides(self) -> tuple[Runs, Runs]:
        """Give both groups, the base first."""
        return self.base, self.head

    @property
    def runs(self) -> Runs:
        """Give the runs of both groups."""
        return self.base + self.head


Check = Callable[[Hearing], Iterator[Objection]]
"""One check: an objection for each thing it sees."""
