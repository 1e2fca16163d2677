"""Go benchmark results: what ``go test -bench`` printed, with custom units and unit metadata.

Rules: values are in base units (``sec``, ``B``), the number and unit of the file are kept beside them. A name is kept
without its leading ``Benchmark``; its parts are derived. Results of one name stand as often as they were measured.

Format: golang.org/design/14313-benchmark-format, and the unit metadata of golang.org/x/perf/benchfmt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.model.finding import Finding
from pipeline.model.metric import Direction

_PROCS: Final = re.compile(r"(.*)-([0-9]+)", re.DOTALL | re.ASCII)
_USUAL: Final[dict[str, Direction]] = {"sec/op": "lower", "B/s": "higher", "B/op": "lower", "allocs/op": "lower"}


@dataclass(frozen=True, slots=True)
class BenchmarkValue:
    """One measurement in its base unit, and as the file has it."""

    value: float
    unit: str
    raw_value: float
    raw_unit: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One result line; ``config`` holds the ``key: value`` lines in force there, ``line`` counts from 1."""

    name: str
    iterations: int
    values: tuple[BenchmarkValue, ...]
    config: tuple[tuple[str, str], ...]
    line: int

    @property
    def base(self) -> str:
        """The name without its parts."""
        return self._split()[0]

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The sub-benchmark parts: ``/size=1K`` is ("size", "1K"), ``/fast`` ("", "fast")."""
        keys = (part.partition("=") for part in self._split()[1:])
        return tuple((key, value) if equals else ("", key) for key, equals, value in keys)

    @property
    def procs(self) -> int | None:
        """The GOMAXPROCS the name ends with; None when it tells none."""
        match = _PROCS.fullmatch(self.name)
        return int(match[2]) if match else None

    def value(self, unit: str) -> BenchmarkValue | None:
        """Find the measurement in a base unit."""
        return next((value for value in self.values if value.unit == unit), None)

    def _split(self) -> list[str]:
        match = _PROCS.fullmatch(self.name)
        return (match[1] if match else self.name).split("/")


@dataclass(frozen=True, slots=True)
class BenchmarkSummary:
    """All repeats of one benchmark in one base unit: ``center`` is their median, ``low`` and ``high`` their ends.

    ``package`` is the ``pkg`` of the file, empty where it names none; ``is_exact`` as the unit's metadata says.
    """

    package: str
    name: str
    unit: str
    better: Direction
    center: float
    low: float
    high: float
    count: int
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class UnitMetadata:
    """One ``key=value`` of a ``Unit`` line; ``unit`` is the base unit, ``raw_unit`` the one written there."""

    unit: str
    key: str
    value: str
    raw_unit: str
    line: int


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """A line that begins like one of the format and cannot be read."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class BenchmarkFile:
    """Everything one file says, in its order."""

    results: tuple[Benchmark, ...]
    units: tuple[UnitMetadata, ...] = ()
    faults: tuple[SyntaxFault, ...] = ()
    findings: tuple[Finding, ...] = ()

    def better(self, unit: str) -> Direction:
        """Tell which direction of a base unit is an improvement: what the file says, else what is usual."""
        said = self._metadata(unit, "better")
        if said is None:
            return _USUAL.get(unit, "none")
        return "higher" if said == "higher" else "lower" if said == "lower" else "none"

    def is_exact(self, unit: str) -> bool:
        """Tell whether values in a base unit are exact, so that repeating adds no confidence (``assume=exact``)."""
        return self._metadata(unit, "assume") == "exact"

    def _metadata(self, unit: str, key: str) -> str | None:
        return next((entry.value for entry in self.units if (entry.unit, entry.key) == (unit, key)), None)


@dataclass(frozen=True, slots=True)
class RunBenchmarks:
    """One file of benchmark results of a run: every repeat as it was read, and what the repeats come to."""

    path: str
    component: str
    file: BenchmarkFile
    summaries: tuple[BenchmarkSummary, ...]
